"""O gateway inteiro nos outros Python que a máquina tem."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement

RAIZ = Path(__file__).resolve().parents[2]
_PACOTES = (
    "dominio", "tiss_xsd", "wsdl", "mensagem", "persistence", "handlers", "backoffice", "prestador",
    "gateway",
)  # fmt: skip
_OUTRAS = [v for v in ("3.11", "3.12", "3.13") if v != f"3.{sys.version_info[1]}"]


def _presente(versao: str) -> bool:
    programa = shutil.which(f"python{versao}")
    return (
        programa is not None
        and subprocess.run([programa, "-c", ""], capture_output=True, check=False).returncode == 0
    )


def _precisos() -> set[str]:
    """Nomes de tudo o que o gateway e o cliente instalam, sem o que só serve aos testes."""
    nomes: set[str] = set()
    # os do projeto leem-se do arquivo: a instalação pode ser de antes de ele mudar
    projeto = tomllib.loads((RAIZ / "pyproject.toml").read_text("utf-8"))["project"]
    fila = [("tiss-gateway", frozenset[str]())]
    while fila:
        nome, extras = fila.pop()
        try:
            textos = (
                [*projeto["dependencies"], *projeto["optional-dependencies"]["prestador"]]
                if nome == "tiss-gateway"
                else requires(nome) or []
            )
        except ModuleNotFoundError:
            # o que só outra versão do Python instala não está aqui; dele não depende mais nada
            continue
        for texto in textos:
            pedido = Requirement(texto)
            so_do_extra = pedido.marker is not None and "extra" in str(pedido.marker)
            if so_do_extra and not any(
                pedido.marker is not None and pedido.marker.evaluate({"extra": e}) for e in extras
            ):
                continue
            normal = re.sub(r"[-_.]+", "-", pedido.name).lower()
            if normal not in nomes:
                nomes.add(normal)
                fila.append((pedido.name, frozenset(pedido.extras)))
    return nomes


def _travas(nomes: set[str]) -> str:
    blocos = re.split(r"\n(?=\S)", (RAIZ / "requirements.lock").read_text("utf-8"))
    return "\n".join(b for b in blocos if b.split("==")[0].strip() in nomes) + "\n"


@pytest.mark.parametrize("versao", _OUTRAS)
def test_demonstracao_em_outro_python(tmp_path: Path, versao: str) -> None:
    """A demonstração, com cliente e servidor, chega ao fim em cada Python presente."""
    if not _presente(versao):
        pytest.skip(f"python{versao} não está instalado")
    travas = tmp_path / "travas.txt"
    travas.write_text(_travas(_precisos()), "utf-8")
    ambiente = tmp_path / "venv"
    subprocess.run([f"python{versao}", "-m", "venv", str(ambiente)], check=True, timeout=120)
    python = str(ambiente / "bin" / "python")
    subprocess.run(
        [python, "-m", "pip", "install", "-q", "--require-hashes", "-r", str(travas)],
        check=True, timeout=600, capture_output=True,
    )  # fmt: skip
    for pacote in _PACOTES:
        (tmp_path / pacote).symlink_to(RAIZ / pacote)
    # o programa diz a sua versão pelos metadados, que uma pasta de atalhos não tem
    metadados = tmp_path / "tiss_gateway-0.dist-info"
    metadados.mkdir()
    (metadados / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: tiss-gateway\nVersion: 0\n", "utf-8"
    )
    feito = subprocess.run(
        [python, "-W", "error::SyntaxWarning:gateway", "-m", "gateway", "demo"],
        cwd=tmp_path, capture_output=True, text=True, timeout=180, check=False,
        env=os.environ | {"TMPDIR": str(tmp_path)},
    )  # fmt: skip
    assert feito.returncode == 0, feito.stdout[-1000:] + feito.stderr[-3000:]
    assert feito.stdout.rstrip().endswith("Demonstração concluída.")
