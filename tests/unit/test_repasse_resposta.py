from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from mensagens import REGISTRO, status
from nucleo_falso import Q, Saida, com, elemento, envelopada, erro_a, resposta_a
from validador import arvore, validar_resposta

from dominio.erros import TissFault
from dominio.transacoes import POR_SERVICO, TRANSACOES, Transacao
from dominio.versoes import VERSOES
from handlers.repasse.nucleo import Desfecho, NucleoFalhou, RespostaDoNucleo
from handlers.repasse.resposta import Esperado, conferir
from mensagem import cabecalho, envelope, escrita
from mensagem.envelope import Soap, fechar
from mensagem.parse import Limites, parse
from mensagem.recusa import Recusa
from persistence.operadoras import Operadora
from persistence.prestadores import Prestador
from prestador.cabecalho import cabecalho as cabecalho_de_pedido
from prestador.mensagem_xml import elemento as elemento_de_pedido
from prestador.mensagem_xml import envelope as envelope_de_pedido
from prestador.mensagem_xml import selar
from prestador.valores import identificado

if TYPE_CHECKING:
    from lxml import etree

CNPJ = "11222333000181"
PEDIDO = envelope_de_pedido(status())
TRANSACAO = POR_SERVICO["tissSolicitacaoStatusProtocolo"]


def _operadora() -> Operadora:
    valores = dict.fromkeys(Operadora._fields) | {"id": 1, "registro_ans": REGISTRO}
    return Operadora(**valores)  # type: ignore[arg-type]


def _prestador() -> Prestador:
    valores = dict.fromkeys(Prestador._fields) | {"id": 1, "codigo": "013950", "cnpj": CNPJ}
    return Prestador(**valores)  # type: ignore[arg-type]


def _esperado(
    pedido: bytes = PEDIDO, transacao: Transacao = TRANSACAO, versao: str = "4.03.00"
) -> Esperado:
    lido = cabecalho.ler(envelope.abrir(parse(pedido, Limites())))
    return Esperado(transacao, versao, lido, _operadora(), _prestador())


def _entregue(saida: Saida, charset: str | None = "utf-8") -> RespostaDoNucleo:
    assert saida.corpo is not None
    return RespostaDoNucleo(saida.http, charset, saida.corpo)


def _pedido(transacao: Transacao, versao: str) -> bytes:
    """Só o cabeçalho, que é o que a resposta tem de acompanhar."""
    cab = cabecalho_de_pedido(
        transacao.tipo_pedido, versao, identificado("codigo", "013950"), REGISTRO
    )
    return envelope_de_pedido(
        elemento_de_pedido(transacao.raiz_pedido, {"cabecalho": cab, "hash": ""})
    )


@pytest.mark.parametrize(
    ("transacao", "versao"),
    [
        pytest.param(t, v, id=f"{t.servico}-{v}")
        for t in TRANSACOES
        for v in VERSOES
        if t.utilizavel_em(v)
    ],
)
def test_resposta_boa_passa_sem_mudar_um_byte(transacao: Transacao, versao: str) -> None:
    """Uma resposta válida de cada serviço em cada versão sai com os bytes que vieram."""
    pedido = _pedido(transacao, versao)
    mensagem = resposta_a(pedido)
    esperado = _esperado(pedido, transacao, versao)
    obtida = conferir(_entregue(envelopada(mensagem)), esperado)
    assert (elemento(mensagem), False) == obtida
    validar_resposta(obtida.mensagem, versao)


def test_erro_passa_e_diz_se_erro() -> None:
    """Uma resposta que só traz mensagemErro passa, e sabe-se que nada foi feito."""
    dados = erro_a(PEDIDO)
    assert (dados, True) == conferir(_entregue(envelopada(dados)), _esperado())


def test_resposta_em_soap_12_passa() -> None:
    """O sistema pode responder num envelope SOAP 1.2."""
    dados = elemento(resposta_a(PEDIDO))
    assert dados == conferir(_entregue(Saida(fechar(dados, Soap.V12))), _esperado()).mensagem


def test_resposta_em_latin1_sai_em_utf8() -> None:
    """Uma resposta em ISO-8859-1 sai em UTF-8 e continua válida."""
    mensagem = resposta_a(PEDIDO)
    texto = f'<e:Envelope xmlns:e="{Soap.V11}"><e:Body>{elemento(mensagem).decode()}</e:Body>'
    dados = f'<?xml version="1.0" encoding="ISO-8859-1"?>{texto}</e:Envelope>'
    saida = Saida(dados.encode("iso-8859-1"))
    assert elemento(mensagem) == conferir(_entregue(saida), _esperado()).mensagem


def test_destino_pode_ser_outra_identificacao_do_prestador() -> None:
    """Quem pergunta pelo código pode ser respondido pelo CNPJ registrado."""
    mensagem = resposta_a(PEDIDO)
    destino = mensagem.find(f"{Q}cabecalho/{Q}destino/{Q}identificacaoPrestador")
    assert destino is not None
    destino[0] = arvore(escrita.elemento("CNPJ", texto=CNPJ))
    dados = elemento(selar(mensagem))
    assert dados == conferir(_entregue(envelopada(dados)), _esperado()).mensagem


def _com_hash_errado(mensagem: etree._Element) -> etree._Element:
    next(mensagem.iter(f"{Q}hash")).text = "0" * 32
    return mensagem


_MENTIRAS = {
    "hash": (_com_hash_errado, "hash"),
    "versao": (lambda m: com(m, "Padrao", "4.02.00"), "outra versão"),
    "destino": (lambda m: com(m, "codigoPrestadorNaOperadora", "999999"), "destino"),
    "sequencial": (lambda m: com(m, "sequencialTransacao", "77"), "sequencialTransacao"),
    "tipo": (lambda m: com(m, "tipoTransacao", "PROTOCOLO_RECEBIMENTO"), "tipoTransacao"),
    "origem": (
        lambda m: com(m, "registroANS", "111111"),
        "a origem da resposta não é a operadora",
    ),
    "esquema": (lambda m: com(m, "dataRegistroTransacao", "ontem"), "esquema"),
}


@pytest.mark.parametrize(("mentir", "motivo"), _MENTIRAS.values(), ids=_MENTIRAS)
def test_resposta_que_mente_e_recusada(mentir: object, motivo: str) -> None:
    """Cada coisa que a resposta diz errado a faz inválida, com o motivo para o arquivo."""
    assert callable(mentir)
    mensagem = mentir(resposta_a(PEDIDO))
    with pytest.raises(NucleoFalhou, match=motivo) as falhou:
        conferir(_entregue(envelopada(mensagem)), _esperado())
    assert Desfecho.RESPOSTA_INVALIDA is falhou.value.desfecho


@pytest.mark.parametrize(
    ("saida", "motivo"),
    [
        (Saida(b"<html><body>Erro</body></html>"), "não tem Envelope"),
        (Saida(b""), "ilegível: corpo-vazio"),
        (Saida(b"<a>"), "ilegível: xml-malformado"),
        (Saida(b"<!DOCTYPE a><a/>"), "ilegível: dtd"),
        (Saida(fechar(b"", Soap.V11)), "envelope da resposta"),
        (Saida(fechar(elemento(status()), Soap.V11)), "raiz"),
        (Saida(fechar(elemento(resposta_a(PEDIDO)), Soap.V11), 500), "HTTP 500"),
        (
            Saida(
                fechar(
                    f'<f:Fault xmlns:f="{Soap.V11}"><faultcode>f:Server</faultcode>'
                    "<faultstring>x</faultstring></f:Fault>".encode(),
                    Soap.V11,
                ),
                500,
            ),
            "sem palavra",
        ),
    ],
)
def test_o_que_nao_e_resposta_e_recusado(saida: Saida, motivo: str) -> None:
    """HTML, vazio, XML quebrado, pedido devolvido ou falha sem tissFaultWS não são respostas."""
    with pytest.raises(NucleoFalhou, match=motivo):
        conferir(_entregue(saida), _esperado())


@pytest.mark.parametrize("palavra", list(TissFault))
@pytest.mark.parametrize("soap", list(Soap))
def test_falha_do_padrao_passa_com_texto_nosso(palavra: TissFault, soap: Soap) -> None:
    """De uma falha do padrão passa a palavra; o texto do sistema, que pode ter dados, não."""
    corpo = envelope.falha(palavra, "carteira 00123 de Maria", soap, "Client")
    with pytest.raises(Recusa) as recusada:
        conferir(RespostaDoNucleo(500, "utf-8", corpo), _esperado())
    assert palavra is recusada.value.erro.fault
    assert "Maria" not in recusada.value.texto


def test_declaracao_do_xml_vale_sobre_o_charset_do_http() -> None:
    """O charset do HTTP só conta quando o XML não declara o seu."""
    dados = elemento(resposta_a(PEDIDO))
    assert dados == conferir(_entregue(envelopada(dados), "iso-8859-1"), _esperado()).mensagem
