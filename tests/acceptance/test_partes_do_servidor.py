"""Partes do gateway em endereços próprios: ``admin_listen`` e ``serve --only``."""

from __future__ import annotations

import http.client
import socket
from typing import TYPE_CHECKING

import pytest
from acceptance.mensagens import envelopado, lote
from acceptance.servidor import Servidor

from gateway import escuta
from gateway.escuta import Escuta

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOTES = "/tiss/4.03.00/tissLoteGuias"


@pytest.fixture(scope="module")
def partido(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servidor]:
    """Um gateway de dois processos sem console, com a API e as métricas em endereço seu."""
    pasta: Path = tmp_path_factory.mktemp("partido")
    with socket.create_server(("127.0.0.1", 0)) as livre:
        porta = livre.getsockname()[1]
    servidor = Servidor(
        f"sqlite:///{pasta / 'gateway.db'}",
        pasta,
        TISS_GATEWAY_SERVER__ADMIN_LISTEN=f"127.0.0.1:{porta}",
    ).iniciar("--workers", "2", "--only", "soap,api")
    yield servidor
    servidor.encerrar()


def _porta_da_administracao(gateway: Servidor) -> int:
    linha = next(x for x in gateway.linhas_do_registro() if x["event"] == "escutando")
    return int(linha["administracao"].rpartition(":")[2])


def _situacao(porta: int, caminho: str, corpo: bytes | None = None) -> int:
    conexao = http.client.HTTPConnection("127.0.0.1", porta, timeout=30)
    metodo = "GET" if corpo is None else "POST"
    conexao.request(metodo, caminho, corpo, {"Content-Type": "text/xml"})
    resposta = conexao.getresponse()
    resposta.read()
    conexao.close()
    return resposta.status


def test_cada_endereco_serve_as_suas_partes_e_nada_mais(partido: Servidor) -> None:
    """Serviços num endereço, API e métricas no outro, a saúde nos dois, o console em nenhum."""
    publica, outra = partido.porta, _porta_da_administracao(partido)
    esperado = {
        f"{LOTES}?wsdl": (200, 404),
        "/": (200, 404),
        "/api/v1/openapi.json": (404, 200),
        "/api/v1/protocolos": (404, 401),
        "/metrics": (404, 200),
        "/console/entrar": (404, 404),
        "/health/live": (200, 200),
        "/health/ready": (200, 200),
    }
    # várias vezes cada um: as conexões repartem-se pelos dois processos
    for caminho, situacoes in esperado.items():
        for _ in range(3):
            assert (_situacao(publica, caminho), _situacao(outra, caminho)) == situacoes, caminho


def test_mensagens_so_no_publico_e_envios_so_no_da_administracao(partido: Servidor) -> None:
    """Um POST ao endereço que não é o seu não se atende."""
    publica, outra = partido.porta, _porta_da_administracao(partido)
    corpo = envelopado(lote())
    assert (_situacao(publica, LOTES, corpo), _situacao(outra, LOTES, corpo)) == (200, 404)
    envio = "/api/v1/mensagens"
    assert (_situacao(publica, envio, b"<a/>"), _situacao(outra, envio, b"<a/>")) == (404, 200)


@pytest.mark.parametrize(
    ("onde", "servidor", "esperado"),
    [
        ("127.0.0.1:9090", ("127.0.0.1", 9090), True),
        ("127.0.0.1:9090", ("127.0.0.1", 8080), False),
        ("127.0.0.1:9090", ("10.0.0.5", 9090), False),
        ("0.0.0.0:9090", ("10.0.0.5", 9090), True),
        ("[::1]:9090", ("::1", 9090), True),
        ("localhost:9090", ("127.0.0.1", 9090), True),
        ("localhost:9090", None, False),
    ],
)
def test_conhece_se_por_onde_uma_conexao_entrou(
    onde: str, servidor: tuple[str, int] | None, esperado: bool
) -> None:
    """O lado de cá da conexão diz se é o endereço da administração."""
    assert escuta.ler(onde).e(servidor) is esperado


@pytest.mark.parametrize(
    "onde", ["9090", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:70000", "um.exemplo:9090", "::1:9090"]
)
def test_so_se_entende_endereco_e_porta(onde: str) -> None:
    """Um nome, ou um endereço sem porta, não se adivinha."""
    with pytest.raises(ValueError, match="deve ser endereço IP e porta"):
        escuta.ler(onde)


def test_so_loopback_e_local() -> None:
    """Fora de loopback pede-se TLS, e é isto que o decide."""
    assert Escuta("127.0.0.1", 1).local
    assert Escuta("localhost", 1).local
    assert not Escuta("0.0.0.0", 1).local  # noqa: S104 - é o que não se deixa passar
