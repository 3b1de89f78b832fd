"""Números de outro prestador e de outra operadora em todo lugar em que a mensagem os pode dizer.

Nenhuma resposta traz o que é de outro, nem muda o que é dele, nem deixa saber que existe.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest
from integration.recepcao import (
    CODIGO,
    LOTE,
    REGISTRO,
    STATUS,
    Mesa,
    Q,
    Resposta,
    abrir_mesa,
    achar,
    com,
    lote,
    pronta,
    status,
)
from sqlalchemy import select

from dominio import erros
from dominio.lote import TipoGuia
from dominio.versoes import VERSOES
from persistence import tabelas
from prestador.valores import identificado

if TYPE_CHECKING:
    from collections.abc import Callable

    from lxml import etree

ALHEIO = "500001"
DA_OUTRA = "888888"
CARTEIRA = "CANARIO0001"
NUMERO = "CANARIOLOTE"
EU = identificado("codigo", CODIGO)
OUTRO = identificado("codigo", ALHEIO)


class Vizinhos(NamedTuple):
    """Eu e outro prestador numa operadora, e outra operadora com um prestador de mesmo código.

    Attributes:
        mesa: a operadora em que estou.
        outra: a outra.
        protocolo: do lote do outro prestador.
        da_outra: do lote na outra operadora; o mesmo número que um meu pode ter.
    """

    mesa: Mesa
    outra: Mesa
    protocolo: str
    da_outra: str


def _canario(**opcoes: object) -> etree._Element:
    mensagem = lote(numero=NUMERO, **opcoes)  # type: ignore[arg-type]
    return com(mensagem, {"numeroCarteira": CARTEIRA})


@pytest.fixture
def vizinhos(mesa: Mesa) -> Vizinhos:
    """Cada vizinho com um lote em que há um canário."""
    outro = mesa.outro_prestador(ALHEIO, cnpj="99888777000100")
    mesa.dar_login("meu", "Minha#1")
    mesa.dar_login("dele", "Dele#1", outro)
    outra = abrir_mesa(mesa.banco, operadora={"registro_ans": DA_OUTRA, "inicio_serie": 555})
    do_outro = mesa.enviar(
        pronta(_canario(quem=OUTRO, login="dele", senha="Dele#1"))
    ).recibo.protocolo
    da_outra = outra.enviar(pronta(_canario(registro_ans=DA_OUTRA))).recibo.protocolo
    assert do_outro is not None
    assert da_outra is not None
    return Vizinhos(mesa, outra, do_outro, da_outra)


def _nada_alheio(resposta: Resposta) -> None:
    texto = "".join(resposta.raiz.itertext())
    assert CARTEIRA not in texto
    assert NUMERO not in texto


def _linhas(vizinhos: Vizinhos) -> list[tuple[object, ...]]:
    with vizinhos.mesa.banco.leitura() as conn:
        tudo = [
            tuple(linha)
            for tabela in (tabelas.lote, tabelas.protocolo, tabelas.historico, tabelas.guia)
            for linha in conn.execute(select(tabela).order_by(*tabela.primary_key))
        ]
    assert tudo
    return tudo


def _perguntar(mensagem: etree._Element, vizinhos: Vizinhos, versao: str) -> Resposta:
    return vizinhos.mesa.enviar(pronta(mensagem), versao=versao, servico=STATUS.servico)


PERGUNTAS: dict[str, Callable[[Vizinhos, str], etree._Element]] = {
    "protocolo do outro": lambda v, x: status(
        v.protocolo, versao=x, quem=EU, login="meu", senha="Minha#1"
    ),
    "protocolo do outro, com o código dele no corpo": lambda v, x: status(
        v.protocolo, versao=x, quem=EU, de=OUTRO, login="meu", senha="Minha#1"
    ),
    "protocolo do outro, com o meu login na origem dele": lambda v, x: status(
        v.protocolo, versao=x, quem=OUTRO, login="meu", senha="Minha#1"
    ),
    "protocolo do outro, com zeros": lambda v, x: status(
        f"000{v.protocolo}", versao=x, quem=EU, login="meu", senha="Minha#1"
    ),
    "protocolo da outra operadora": lambda v, x: status(
        v.da_outra, versao=x, quem=EU, login="meu", senha="Minha#1"
    ),
    "destino na outra, com o meu login": lambda v, x: status(
        v.da_outra, versao=x, quem=OUTRO, registro_ans=DA_OUTRA, login="meu", senha="Minha#1"
    ),
    "sem login na origem de quem o tem": lambda v, x: status(v.protocolo, versao=x, quem=EU),
}


@pytest.mark.parametrize("versao", VERSOES)
@pytest.mark.parametrize("nome", PERGUNTAS)
def test_pergunta_por_numero_alheio(vizinhos: Vizinhos, nome: str, versao: str) -> None:
    """A pergunta não traz nada do outro, e não muda nada."""
    antes = _linhas(vizinhos)
    resposta = _perguntar(PERGUNTAS[nome](vizinhos, versao), vizinhos, versao)
    _nada_alheio(resposta)
    assert resposta.resultado.erro != "inesperado"
    assert resposta.raiz.find(f".//{Q}situacaoDoProtocolo/{Q}lote/{Q}detalheLote") is None
    assert antes == _linhas(vizinhos)


def test_alheio_e_inexistente_se_respondem_igual(vizinhos: Vizinhos) -> None:
    """Não se sabe, pela resposta, se o número de outro existe."""
    textos = {
        _perguntar(
            status(numero, quem=EU, login="meu", senha="Minha#1"), vizinhos, VERSOES[-1]
        ).texto
        for numero in (vizinhos.protocolo, vizinhos.da_outra, "99999999")
    }
    assert len(textos) == 1


def test_o_mesmo_numero_de_lote_nao_e_o_lote_do_outro(vizinhos: Vizinhos) -> None:
    """Um lote meu com o número de um lote do outro é meu, com outro protocolo."""
    meu = lote(numero=NUMERO, quem=EU, login="meu", senha="Minha#1")
    recibo = vizinhos.mesa.enviar(pronta(meu)).recibo
    assert recibo.protocolo not in (None, vizinhos.protocolo, vizinhos.da_outra)


def test_o_lote_do_outro_reenviado_por_mim_nao_da_o_protocolo_dele(vizinhos: Vizinhos) -> None:
    """A mensagem do outro, com a minha origem e as guias dele, é recusada pelo executante."""
    mensagem = _canario(quem=OUTRO, login="meu", senha="Minha#1")
    achar(mensagem, "origem/identificacaoPrestador/codigoPrestadorNaOperadora").text = CODIGO
    antes = _linhas(vizinhos)
    resposta = vizinhos.mesa.enviar(pronta(mensagem))
    assert resposta.resultado.erro == erros.EXECUTANTE_ALHEIO.chave
    assert resposta.raiz.find(f".//{Q}numeroProtocolo") is None
    assert antes == _linhas(vizinhos)


def test_a_mensagem_do_outro_repetida_sem_login_e_recusada(vizinhos: Vizinhos) -> None:
    """Quem copia a mensagem de quem tem login, sem a senha dele, não recebe o recibo dela."""
    mesa = vizinhos.mesa
    mesa.enviar(pronta(lote(numero="MEU", login="meu", senha="Minha#1")))
    resposta = mesa.enviar(pronta(lote(numero="MEU")))
    assert resposta.palavra == "LoginInvalido"


@pytest.mark.parametrize("tipo", list(TipoGuia))
def test_executante_de_outro_em_cada_guia(vizinhos: Vizinhos, tipo: TipoGuia) -> None:
    """O código de outro prestador como executante recusa o lote, em cada tipo de guia."""
    mensagem = lote(tipo, quem=OUTRO, numero="EX", login="meu", senha="Minha#1")
    achar(mensagem, "origem/identificacaoPrestador/codigoPrestadorNaOperadora").text = CODIGO
    antes = _linhas(vizinhos)
    resposta = vizinhos.mesa.enviar(pronta(mensagem))
    assert resposta.resultado.erro == erros.EXECUTANTE_ALHEIO.chave
    _nada_alheio(resposta)
    assert antes == _linhas(vizinhos)


@pytest.mark.parametrize("tipo", list(TipoGuia))
def test_guia_de_outra_operadora(vizinhos: Vizinhos, tipo: TipoGuia) -> None:
    """Uma guia com o registro de outra operadora recusa o lote, em cada tipo de guia."""
    mensagem = lote(tipo, registro_ans=DA_OUTRA, numero="OP", login="meu", senha="Minha#1")
    achar(mensagem, "destino/registroANS").text = REGISTRO
    antes = _linhas(vizinhos)
    resposta = vizinhos.mesa.enviar(pronta(mensagem), servico=LOTE.servico)
    assert resposta.resultado.erro == erros.OPERADORA_DA_GUIA.chave
    _nada_alheio(resposta)
    assert antes == _linhas(vizinhos)


def test_login_de_uma_operadora_nao_abre_a_outra(vizinhos: Vizinhos) -> None:
    """O mesmo código e o mesmo login valem só na operadora que os registrou."""
    vizinhos.outra.dar_login("la", "La#1")
    mensagem = status(
        vizinhos.da_outra, quem=EU, registro_ans=DA_OUTRA, login="meu", senha="Minha#1"
    )
    resposta = vizinhos.outra.enviar(pronta(mensagem), servico=STATUS.servico)
    assert resposta.palavra == "LoginInvalido"
    _nada_alheio(resposta)
