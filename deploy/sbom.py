"""A lista do que o gateway leva dentro (SBOM), em CycloneDX 1.6, do arquivo das versões travadas.

``make sbom``, ou ``python deploy/sbom.py > sbom.json``. Não vai à rede: nomes, versões e resumos
são os de ``requirements.lock``; a licença de cada pacote, a que ele declara se está instalado.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import tomllib
import uuid
from importlib import metadata
from pathlib import Path
from typing import Any

RAIZ = Path(__file__).resolve().parents[1]
_LINHA = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^ ;\\]+)", re.MULTILINE)
_RESUMO = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def componentes(travado: str) -> list[dict[str, Any]]:
    """Um componente por pacote, na ordem do arquivo.

    Args:
        travado: o texto de ``requirements.lock``.
    """
    achados = list(_LINHA.finditer(travado))
    fins = [a.start() for a in achados[1:]] + [len(travado)]
    return [
        _componente(a[1], a[2], _RESUMO.findall(travado[a.end() : fim]))
        for a, fim in zip(achados, fins, strict=True)
    ]


def _componente(nome: str, versao: str, resumos: list[str]) -> dict[str, Any]:
    purl = f"pkg:pypi/{re.sub(r'[-_.]+', '-', nome).lower()}@{versao}"
    componente: dict[str, Any] = {
        "type": "library",
        "bom-ref": purl,
        "name": nome,
        "version": versao,
        "purl": purl,
        # cada arquivo que se pode instalar, por máquina e por versão do Python, tem o seu
        "hashes": [{"alg": "SHA-256", "content": resumo} for resumo in resumos],
    }
    licenca = _licenca(nome)
    if licenca:
        componente["licenses"] = [{"license": {"name": licenca}}]
    return componente


def _licenca(nome: str) -> str | None:
    try:
        dados = metadata.metadata(nome)
    except metadata.PackageNotFoundError:
        return None
    if "License-Expression" in dados:
        return dados["License-Expression"]
    classes = [c.rpartition(" :: ")[2] for c in dados.get_all("Classifier") or () if "License" in c]
    if classes:
        return " / ".join(classes)
    # há quem ponha o texto inteiro no campo
    curta = dados["License"].strip() if "License" in dados else ""
    return curta if 0 < len(curta) <= 80 and "\n" not in curta else None


def documento(raiz: Path) -> dict[str, Any]:
    """O documento inteiro; o mesmo arquivo travado dá o mesmo documento."""
    travado = (raiz / "requirements.lock").read_text("utf-8")
    projeto = tomllib.loads((raiz / "pyproject.toml").read_text("utf-8"))["project"]
    nome, versao = projeto["name"], projeto["version"]
    proprio = f"pkg:pypi/{nome}@{versao}"
    serie = uuid.UUID(bytes=hashlib.sha256(travado.encode()).digest()[:16], version=4)
    partes = componentes(travado)
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{serie}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": proprio,
                "name": nome,
                "version": versao,
                "purl": proprio,
                "licenses": [{"license": {"id": projeto["license"]}}],
            }
        },
        "components": partes,
        "dependencies": [{"ref": proprio, "dependsOn": [p["bom-ref"] for p in partes]}],
    }


if __name__ == "__main__":
    json.dump(documento(RAIZ), sys.stdout, ensure_ascii=False, indent=1)
    sys.stdout.write("\n")
