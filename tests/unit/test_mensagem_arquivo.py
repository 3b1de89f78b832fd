"""``mensagemTISS``: o pedido que se lê e a resposta que se escreve."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from random import Random

import pytest
from _esquemas.componentes import ler_pasta
from _esquemas.gerador import Gerador
from lxml import etree
from mensagens import INSTANTE, LOTE, REGISTRO, STATUS, Q, cabecalho_lido, lote
from validador import arvore, validar_resposta

import tiss_xsd
from dominio import erros
from dominio.transacoes import NS_TISS, TRANSACOES, Transacao
from dominio.versoes import VERSOES
from mensagem import arquivo
from mensagem.escrita import elemento
from mensagem.recusa import Recusa
from mensagem.resposta import RespostaInvalida, corpo_de_erro, montar

UTILIZAVEIS = [(t, v) for t in TRANSACOES for v in VERSOES if t.utilizavel_em(v)]
_nome = lambda x: getattr(x, "servico", x)  # noqa: E731 - só dá nomes aos casos


@cache
def _gerador(versao: str) -> Gerador:
    return Gerador(ler_pasta(Path(tiss_xsd.__file__).parent / versao), Random(versao))


def _em_arquivo(transacao: Transacao, versao: str, corpo: str) -> bytes:
    return montar(
        transacao,
        corpo,
        cabecalho_lido(transacao.tipo_pedido, versao),
        registro_ans=REGISTRO,
        versao=versao,
        agora=INSTANTE,
        em_arquivo=True,
    )


def _em_texto(corpo: etree._Element) -> str:
    """O corpo como o gateway o escreve: com o prefixo de sempre."""
    novo = etree.Element(corpo.tag, nsmap={"ans": NS_TISS})
    novo[:] = list(corpo)
    etree.cleanup_namespaces(novo, top_nsmap={"ans": NS_TISS})
    return etree.tostring(novo, encoding="unicode")


def _arquivo(*corpos: str, direcao: str = "prestadorParaOperadora") -> etree._Element:
    return arvore(elemento("mensagemTISS", elemento(direcao, *corpos)))


@pytest.mark.parametrize("transacao", TRANSACOES, ids=_nome)
def test_corpo_diz_a_transacao(transacao: Transacao) -> None:
    """A transação de um arquivo é a do elemento que o prestador pôs dentro."""
    mensagem = _arquivo(elemento(transacao.corpo_arquivo))
    assert transacao is arquivo.transacao(mensagem)
    assert str(arquivo.corpo(mensagem).tag) == Q + transacao.corpo_arquivo


@pytest.mark.parametrize(
    ("mensagem", "trecho"),
    [
        (lote(), "deve ser um mensagemTISS"),
        (etree.Element("mensagemTISS"), "sem o espaço de nomes"),
        (_arquivo(), "não traz uma transação"),
        (_arquivo(elemento("outraCoisa")), "não traz uma transação"),
        (
            _arquivo(elemento("recebimentoLote"), direcao="operadoraParaPrestador"),
            "não traz uma transação",
        ),
    ],
    ids=["web service", "sem espaço de nomes", "vazio", "desconhecido", "de operadora"],
)
def test_o_que_nao_e_arquivo_de_prestador_e_recusado(mensagem: etree._Element, trecho: str) -> None:
    """Uma raiz ou um corpo que não serve é recusado com a frase que diz qual."""
    with pytest.raises(Recusa) as recusada:
        arquivo.transacao(mensagem)
    assert recusada.value.erro is erros.RAIZ_DESCONHECIDA
    assert trecho in recusada.value.texto


@pytest.mark.parametrize(("transacao", "versao"), UTILIZAVEIS, ids=_nome)
def test_toda_resposta_de_web_service_cabe_no_arquivo(transacao: Transacao, versao: str) -> None:
    """O corpo de qualquer resposta de web service, posto em arquivo, é válido na versão."""
    for _ in range(5):
        resposta = _gerador(versao).mensagem(Q + transacao.raiz_resposta)
        corpo = resposta.find(Q + transacao.corpo_resposta)
        assert corpo is not None
        try:
            validar_resposta(_em_arquivo(transacao, versao, _em_texto(corpo)), versao)
        except RespostaInvalida as erro:
            pytest.fail(str(erro))


@pytest.mark.parametrize(("transacao", "versao"), UTILIZAVEIS, ids=_nome)
def test_mensagem_de_erro_em_arquivo(transacao: Transacao, versao: str) -> None:
    """Em cada serviço e versão há um arquivo válido que só diz o erro, com o seu código."""
    corpo = corpo_de_erro(transacao, versao, erros.HASH, "Hash inválido: ã.")
    mensagem = validar_resposta(_em_arquivo(transacao, versao, corpo), versao)
    codigos = [e.text for e in mensagem.iter(f"{Q}codigoGlosa") if len(e) == 0]
    assert codigos == ["5014"]


@pytest.mark.parametrize(
    ("versao", "esperado"), [("3.05.00", "mensagemErro"), ("4.00.00", "codigoGlosa")]
    + [(v, "mensagemErro") for v in VERSOES[2:]],
)  # fmt: skip
def test_erro_da_elegibilidade_tem_a_forma_do_arquivo(versao: str, esperado: str) -> None:
    """No arquivo o erro da elegibilidade é mensagemErro, salvo em 4.00.00, que só dá o código."""
    transacao = next(t for t in TRANSACOES if t.servico == "tissVerificaElegibilidade")
    corpo = corpo_de_erro(transacao, versao, erros.HASH, "x")
    mensagem = validar_resposta(_em_arquivo(transacao, versao, corpo), versao)
    resposta = mensagem.find(f".//{Q}respostaElegibilidade")
    assert resposta is not None
    assert [Q + esperado] == [e.tag for e in resposta]


def test_arquivo_sai_em_latin1() -> None:
    """A resposta em arquivo declara ISO-8859-1 e está nessa codificação."""
    corpo = corpo_de_erro(LOTE, "4.03.00", erros.HASH, "não")
    dados = _em_arquivo(LOTE, "4.03.00", corpo)
    assert dados.startswith(b'<?xml version="1.0" encoding="ISO-8859-1"?>')
    assert "não".encode("iso-8859-1") in dados


def test_protocolo_de_uma_resposta() -> None:
    """O protocolo de uma resposta é o que ela diz; a que não diz nenhum não o tem."""
    erro = _em_arquivo(LOTE, "4.03.00", corpo_de_erro(LOTE, "4.03.00", erros.HASH, "x"))
    assert arquivo.protocolo(erro) is None
    dito = etree.tostring(arvore(elemento("situacao", elemento("numeroProtocolo", texto="0010"))))
    assert arquivo.protocolo(dito) == "0010"


def test_transacao_de_outro_servico_nao_se_confunde() -> None:
    """Status e lote têm corpos de nomes diferentes, e cada um acha o seu."""
    assert arquivo.transacao(_arquivo(elemento("solicitacaoStatusProtocolo"))) is STATUS
