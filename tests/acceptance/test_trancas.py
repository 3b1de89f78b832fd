"""As trancas do login entre processos de verdade: o que um tranca, os outros sabem."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import pytest
from acceptance.servidor import CODIGO, LOGIN, SENHA, Servidor, _porta_livre
from integration.recepcao import lote, pronta
from validador import validar_resposta

from prestador.valores import identificado

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from integration.banco_de_teste import Postgres

QUEM = identificado("codigo", CODIGO, nome="Hospital São Lázaro")


@pytest.fixture(params=["sqlite", "postgresql"])
def dois(
    request: pytest.FixtureRequest, novo_servidor: Callable[..., Servidor]
) -> Iterator[tuple[Servidor, Servidor]]:
    """Dois gateways, cada um o seu processo, sobre o mesmo banco."""
    url = None
    if request.param == "postgresql":
        postgres: Postgres = request.getfixturevalue("postgres")
        url = postgres.nova_base()
    um = novo_servidor(url)
    outro = copy.copy(um)
    outro.porta = _porta_livre()
    outro._ambiente = um._ambiente | {"TISS_GATEWAY_SERVER__PORT": str(outro.porta)}
    um.iniciar()
    try:
        outro.iniciar()
        yield um, outro
    finally:
        outro.encerrar()


def _entra(servidor: Servidor, senha: str, numero: str) -> bool:
    dados = pronta(lote(quem=QUEM, login=LOGIN, senha=senha, numero=numero))
    resposta = servidor.postar(dados)
    validar_resposta(resposta.corpo, "4.03.00")
    recusado = b"LoginInvalido" in resposta.corpo
    assert recusado != (b"numeroProtocolo" in resposta.corpo)
    return not recusado


def test_processos_partilham_a_tranca(dois: tuple[Servidor, Servidor]) -> None:
    """Cinco erros repartidos por dois processos trancam os dois, e o que recomeça continua."""
    um, outro = dois
    for vez in range(5):
        assert not _entra(dois[vez % 2], f"errada {vez}", "1")
    assert not _entra(um, SENHA, "1")
    assert not _entra(outro, SENHA, "1")
    assert um.parar() == 0
    um.iniciar()
    assert not _entra(um, SENHA, "1")


def test_dono_da_senha_entra_sob_palpites_do_seu_endereco(
    dois: tuple[Servidor, Servidor],
) -> None:
    """Depois de um acerto num processo, palpites noutro não trancam o dono em nenhum."""
    um, outro = dois
    assert _entra(um, SENHA, "1")
    for vez in range(8):
        assert not _entra(outro, f"errada {vez}", "2")
    assert _entra(outro, SENHA, "3")
    assert _entra(um, SENHA, "4")
