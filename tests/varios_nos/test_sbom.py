"""O SBOM diz o que o arquivo das versões travadas diz, e mais nada."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

RAIZ = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def sbom() -> dict[str, Any]:
    """O que o programa escreve."""
    saida = subprocess.run(
        [sys.executable, "deploy/sbom.py"], cwd=RAIZ, check=True, capture_output=True, text=True
    )
    lido: dict[str, Any] = json.loads(saida.stdout)
    return lido


def test_cada_pacote_travado_e_um_componente_com_os_seus_resumos(sbom: dict[str, Any]) -> None:
    """Nome, versão e quantidade de SHA-256 são os do arquivo, e nenhum pacote falta."""
    texto = (RAIZ / "requirements.lock").read_text("utf-8")
    travados = re.findall(r"^([\w.-]+)(?:\[.*?\])?==([^ ;]+)", texto, re.MULTILINE)
    assert travados
    assert [(c["name"], c["version"]) for c in sbom["components"]] == travados
    resumos = [h["content"] for c in sbom["components"] for h in c["hashes"]]
    assert resumos == re.findall(r"sha256:(\w{64})", texto)


def test_documento_tem_a_forma_do_cyclonedx(sbom: dict[str, Any]) -> None:
    """As chaves que o formato exige, referências únicas, e as dependências todas declaradas."""
    assert (sbom["bomFormat"], sbom["specVersion"], sbom["version"]) == ("CycloneDX", "1.6", 1)
    assert re.fullmatch(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", sbom["serialNumber"])
    referencias = [c["bom-ref"] for c in sbom["components"]]
    assert len(referencias) == len(set(referencias))
    [dependencias] = sbom["dependencies"]
    assert dependencias["ref"] == sbom["metadata"]["component"]["bom-ref"]
    assert dependencias["dependsOn"] == referencias
    assert all(c["purl"].startswith("pkg:pypi/") for c in sbom["components"])
    assert any("licenses" in c for c in sbom["components"])
