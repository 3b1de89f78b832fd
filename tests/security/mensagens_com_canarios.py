"""Mensagens em que todo campo que identifica alguém é um canário, certas e com cada defeito."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from acceptance.servidor import HOSPITAL, REGISTRO
from integration.recepcao import assinatura
from lxml import etree
from security import canario
from security.canario import marcar

from dominio.competencia import agora, dia
from dominio.lote import TipoGuia
from dominio.transacoes import NS_TISS, POR_SERVICO
from dominio.versoes import VERSOES
from prestador import mensagem_xml
from prestador.arquivos_inventados import pdf
from prestador.cabecalho import cabecalho
from prestador.cancelamentos import GuiaACancelar, corpo_cancelamento_guias
from prestador.demonstrativos import corpo_analise
from prestador.documentos import corpo_documento
from prestador.lotes import corpo_lote, corpo_status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Q = f"{{{NS_TISS}}}"
VELHA, NOVA = VERSOES[0], VERSOES[-1]
LOTE, STATUS, CANCELA, DOCUMENTO, DEMONSTRATIVO = (
    POR_SERVICO[nome]
    for nome in (
        "tissLoteGuias", "tissSolicitacaoStatusProtocolo", "tissCancelaGuia", "tissEnvioDocumentos",
        "tissSolicitacaoDemonstrativoRetorno",
    )
)  # fmt: skip


def _cabecalho(tipo: str, versao: str, **campos: str) -> Any:
    identidade = {"login": canario.LOGIN.valor, "senha": canario.SENHA.valor} | campos
    return cabecalho(tipo, versao, HOSPITAL, REGISTRO, **identidade)  # type: ignore[arg-type]


def lote(
    numero: str,
    versao: str = NOVA,
    tipo: TipoGuia = TipoGuia.SADT,
    *,
    guias: int = 1,
    **campos: str,
) -> etree._Element:
    """Um ``loteGuiasWS`` em que todo campo que identifica alguém é um canário."""
    corpo = corpo_lote(
        tipo, versao, prestador=HOSPITAL, registro_ans=REGISTRO, numero_lote=numero, guias=guias,
        semente=4,
    )  # fmt: skip
    cab = _cabecalho(LOTE.tipo_pedido, versao, **campos)
    return marcar(mensagem_xml.mensagem_ws(LOTE, cab, corpo))


def status(protocolo: str, versao: str = NOVA, **campos: str) -> etree._Element:
    """Uma ``solicitacaoStatusProtocoloWS``."""
    cab = _cabecalho(STATUS.tipo_pedido, versao, **campos)
    return mensagem_xml.mensagem_ws(STATUS, cab, corpo_status(versao, HOSPITAL, protocolo))


def documento(numero: str, protocolo: str, versao: str = NOVA, **campos: str) -> etree._Element:
    """Um ``envioDocumentoWS`` cujo conteúdo e cuja observação são canários."""
    conteudo = pdf(texto=canario.DOCUMENTO.valor.encode())
    corpo = corpo_documento(
        conteudo, numero_documento=numero, protocolo=protocolo, observacao=canario.OBSERVACAO.valor
    )
    return mensagem_xml.mensagem_ws(
        DOCUMENTO, _cabecalho(DOCUMENTO.tipo_pedido, versao, **campos), corpo
    )


def cancelamento(guia: str, versao: str = NOVA, **campos: str) -> etree._Element:
    """Um ``cancelaGuiaWS`` de uma guia."""
    corpo = corpo_cancelamento_guias(versao, HOSPITAL, [GuiaACancelar(guia)])
    return mensagem_xml.mensagem_ws(
        CANCELA, _cabecalho(CANCELA.tipo_pedido, versao, **campos), corpo
    )


def demonstrativo(protocolo: str, versao: str = NOVA, **campos: str) -> etree._Element:
    """Um ``solicitacaoDemonstrativoRetornoWS`` da análise de um protocolo."""
    corpo = corpo_analise(versao, HOSPITAL, [protocolo], dia(agora()))
    return mensagem_xml.mensagem_ws(
        DEMONSTRATIVO, _cabecalho(DEMONSTRATIVO.tipo_pedido, versao, **campos), corpo
    )


def pronta(mensagem: etree._Element) -> bytes:
    """Os bytes do envelope, com o hash refeito."""
    return mensagem_xml.envelope(mensagem_xml.selar(mensagem))


def em_arquivo(numero: str, **campos: str) -> etree._Element:
    """O mesmo lote como ``mensagemTISS``."""
    corpo = corpo_lote(
        TipoGuia.SADT, NOVA, prestador=HOSPITAL, registro_ans=REGISTRO, numero_lote=numero,
        semente=4,
    )  # fmt: skip
    cab = _cabecalho(LOTE.tipo_pedido, NOVA, **campos)
    return marcar(mensagem_xml.mensagem_arquivo(LOTE, cab, corpo))


def bytes_do_arquivo(mensagem: etree._Element) -> bytes:
    """O ``mensagemTISS`` como se envia, com o hash refeito."""
    selada = mensagem_xml.selar(mensagem)
    return etree.tostring(selada, encoding="ISO-8859-1", xml_declaration=True)


PEDIDOS: dict[str, Callable[..., etree._Element]] = {
    LOTE.servico: lambda **x: lote("R1", **x),
    STATUS.servico: lambda **x: status("10000001", **x),
    DOCUMENTO.servico: lambda **x: documento("R1", "10000001", **x),
    DEMONSTRATIVO.servico: lambda **x: demonstrativo("10000001", **x),
    CANCELA.servico: lambda **x: cancelamento("R1", **x),
}


def defeitos(mensagem: Callable[..., etree._Element]) -> Iterator[tuple[str, bytes]]:
    """Cada recusa que não depende do serviço, com canários na mensagem."""
    com_hash_errado = mensagem()
    com_hash_errado[-1].text = "0" * 32
    yield "hash", mensagem_xml.envelope(com_hash_errado)
    yield "login", pronta(mensagem(login=canario.INTRUSO.valor))
    yield "senha", pronta(mensagem(senha=canario.ERRADA.valor))
    em_claro = mensagem()
    achar(em_claro, "senhaPrestador").text = canario.SENHA.valor
    yield "senha em claro", pronta(em_claro)
    for campo in ("registroANS", "Padrao", "CNPJ", "tipoTransacao", "sequencialTransacao"):
        trocada = mensagem()
        achar(trocada, campo).text = canario.INTRUSO.valor
        yield campo, pronta(trocada)
    for campo, valor in (("registroANS", "704170"), ("CNPJ", "70417041704170")):
        trocada = mensagem()
        achar(trocada, campo).text = valor
        yield f"{campo} de ninguém", pronta(trocada)
    inteira = pronta(mensagem())
    yield "truncada", inteira[: len(inteira) * 2 // 3]
    yield (
        "com DOCTYPE",
        inteira.replace(
            b"<soapenv:Envelope", b"<!DOCTYPE a SYSTEM 'CANARIOINTRUSO0417'><soapenv:Envelope", 1
        ),
    )
    yield (
        "com elemento a mais",
        inteira.replace(
            b"</soapenv:Body>", b"<CANARIOINTRUSO0417>x</CANARIOINTRUSO0417></soapenv:Body>"
        ),
    )
    yield (
        "com atributo a mais",
        inteira.replace(
            b"<ans:cabecalho>", b'<ans:cabecalho CANARIOINTRUSO0417="CANARIOINTRUSO0417">', 1
        ),
    )
    yield "com entidade", inteira.replace(b"<ans:hash>", b"<ans:hash>&CANARIOINTRUSO0417;", 1)
    yield (
        "com instrução",
        inteira.replace(b"<ans:hash>", b"<ans:hash><?CANARIOINTRUSO0417 CANARIOINTRUSO0417?>", 1),
    )
    yield (
        "com espaço de nomes",
        inteira.replace(
            b"<ans:cabecalho>", b'<ans:cabecalho xmlns:CANARIOINTRUSO0417="CANARIOINTRUSO0417">', 1
        ),
    )
    yield "assinada de mentira", _assinada_de_mentira(mensagem())


def achar(mensagem: etree._Element, nome: str) -> etree._Element:
    """O primeiro elemento com um nome."""
    achado = next(mensagem.iter(f"{Q}{nome}"), None)
    assert achado is not None, nome
    return achado


def _assinada_de_mentira(mensagem: etree._Element) -> bytes:
    mensagem.append(assinatura("assinaturaDigital", canario.INTRUSO.valor))
    return mensagem_xml.envelope(mensagem)
