"""PHP SoapClient e node-soap, como vêm, a partir do WSDL servido."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from acceptance.numeros import novo_lote
from acceptance.servidor import HOSPITAL, LOGIN, REGISTRO, SENHA

from dominio.lote import TipoGuia
from prestador.cabecalho import cabecalho
from prestador.lotes import corpo_lote

if TYPE_CHECKING:
    from acceptance.servidor import Servidor

CLIENTES = Path(__file__).parent / "clientes"
VERSOES = ("3.05.00", "4.00.00", "4.01.00", "4.03.00")


def _mensagem(pasta: Path, versao: str, **extras: str) -> Path:
    dados: dict[str, Any] = {
        "cabecalho": cabecalho(
            "ENVIO_LOTE_GUIAS", versao, HOSPITAL, REGISTRO, login=LOGIN, senha=SENHA
        ),
        "loteGuias": corpo_lote(
            TipoGuia.SADT, versao, prestador=HOSPITAL, registro_ans=REGISTRO,
            numero_lote=novo_lote(), guias=2,
        ),
        "dadosPrestador": HOSPITAL.contratado(versao),
        **extras,
    }  # fmt: skip
    arquivo = pasta / "mensagem.json"
    arquivo.write_text(json.dumps(dados, ensure_ascii=False), "utf-8")
    return arquivo


def _rodar(*comando: str, **ambiente: str) -> dict[str, Any]:
    feito = subprocess.run(
        comando, capture_output=True, text=True, timeout=120, check=False,
        env=os.environ | ambiente,
    )  # fmt: skip
    assert feito.returncode == 0, feito.stderr[-2000:]
    lido: dict[str, Any] = json.loads(feito.stdout.splitlines()[-1])
    return lido


@pytest.fixture(scope="session")
def node_soap(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Pasta com o pacote soap do npm, onde se pode instalá-lo."""
    npm = shutil.which("npm")
    if shutil.which("node") is None or npm is None:
        pytest.skip("node e npm não estão instalados")
    pasta = tmp_path_factory.mktemp("node-soap")
    shutil.copy(CLIENTES / "package.json", pasta)
    instalado = subprocess.run(
        [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts"],
        cwd=pasta, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    if instalado.returncode:
        pytest.skip("o pacote soap não pôde ser instalado pelo npm")
    return str(pasta)


@pytest.mark.parametrize("versao", VERSOES)
def test_php_envia_lote_e_pergunta(
    gateway: Servidor, php: str, tmp_path: Path, versao: str
) -> None:
    """O SoapClient do PHP envia um lote e lê a situação do protocolo."""
    lido = _rodar(
        php, str(CLIENTES / "cliente.php"), gateway.base, versao, str(_mensagem(tmp_path, versao))
    )
    assert lido["protocolo"].isdigit()
    assert str(lido["status"]) == "1"


def test_php_le_a_falha(gateway: Servidor, php: str, tmp_path: Path) -> None:
    """O SoapClient do PHP lê a palavra do tissFault e o texto."""
    mensagem = _mensagem(tmp_path, "4.03.00", hash="0" * 32)
    lido = _rodar(php, str(CLIENTES / "cliente.php"), gateway.base, "4.03.00", str(mensagem))
    assert lido["fault"] == "HashInvalido"
    assert "hash" in lido["text"]


@pytest.mark.parametrize("versao", VERSOES)
def test_node_envia_lote_e_pergunta(
    gateway: Servidor, node_soap: str, tmp_path: Path, versao: str
) -> None:
    """O pacote soap do Node envia um lote e lê a situação do protocolo."""
    lido = _rodar(
        "node", str(CLIENTES / "cliente.mjs"), gateway.base, versao,
        str(_mensagem(tmp_path, versao)), NODE_SOAP_DIR=node_soap,
    )  # fmt: skip
    assert lido["protocolo"].isdigit()
    assert str(lido["status"]) == "1"


def test_node_le_a_falha(gateway: Servidor, node_soap: str, tmp_path: Path) -> None:
    """O pacote soap do Node lê a palavra do tissFault."""
    mensagem = _mensagem(tmp_path, "4.03.00", hash="0" * 32)
    lido = _rodar(
        "node", str(CLIENTES / "cliente.mjs"), gateway.base, "4.03.00", str(mensagem),
        NODE_SOAP_DIR=node_soap,
    )  # fmt: skip
    assert lido["fault"] == "HashInvalido"
