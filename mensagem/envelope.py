"""O envelope SOAP 1.1 ou 1.2: abre pedidos, fecha respostas e falhas."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from lxml import etree

from dominio import erros
from dominio.transacoes import NS_TISS
from mensagem.recusa import Recusa

if TYPE_CHECKING:
    from dominio.erros import TissFault


class Soap(StrEnum):
    """Versão do SOAP de um envelope; o valor é o espaço de nomes."""

    V11 = "http://schemas.xmlsoap.org/soap/envelope/"
    V12 = "http://www.w3.org/2003/05/soap-envelope"


_CABECALHO_XML = b'<?xml version="1.0" encoding="UTF-8"?>\n'
_OPERACAO = "_Operation"


def versao_soap(raiz: etree._Element) -> Soap | None:
    """Versão do envelope, ou ``None`` se a raiz não é um Envelope."""
    for soap in Soap:
        if raiz.tag == f"{{{soap}}}Envelope":
            return soap
    return None


def abrir(raiz: etree._Element) -> etree._Element:
    """Tira a mensagem de um envelope com um só Body e um só filho.

    Um elemento a mais com o nome da operação em volta da mensagem é um engano comum e é aceito.

    Raises:
        Recusa: se o envelope não tem essa forma ou exige um cabeçalho que não se entende.
    """
    soap = versao_soap(raiz)
    if soap is None:
        raise Recusa(erros.ENVELOPE, "Falta o elemento Envelope do SOAP.")
    _sem_texto(raiz, "Envelope")
    corpos: list[etree._Element] = []
    cabecalhos = 0
    for filho in raiz:
        if filho.tag == f"{{{soap}}}Header":
            cabecalhos += 1
            if cabecalhos > 1 or corpos:
                raise Recusa(erros.ENVELOPE, "Só cabe um Header, antes do Body.")
            _conferir_cabecalhos(filho, soap)
        elif filho.tag == f"{{{soap}}}Body":
            corpos.append(filho)
        else:
            raise Recusa(erros.ENVELOPE, "Há um elemento que não é Header nem Body no Envelope.")
    if len(corpos) != 1:
        motivo = "Falta o Body." if not corpos else "Há mais de um Body."
        raise Recusa(erros.ENVELOPE, motivo)
    mensagem = _unico_filho(corpos[0], "Body")
    if etree.QName(mensagem).localname.endswith(_OPERACAO):
        mensagem = _unico_filho(mensagem, "elemento da operação")
    return mensagem


def _conferir_cabecalhos(cabecalho: etree._Element, soap: Soap) -> None:
    for bloco in cabecalho:
        if bloco.get(f"{{{soap}}}mustUnderstand", "").strip() in ("1", "true"):
            raise Recusa(erros.MUST_UNDERSTAND)


def _unico_filho(pai: etree._Element, nome: str) -> etree._Element:
    filhos = list(pai)
    if len(filhos) != 1:
        quantos = "está vazio" if not filhos else "tem mais de um elemento"
        raise Recusa(erros.ENVELOPE, f"O {nome} {quantos}.")
    _sem_texto(pai, nome)
    return filhos[0]


def _sem_texto(pai: etree._Element, nome: str) -> None:
    textos = (pai.text, *(filho.tail for filho in pai))
    if any(t and t.strip() for t in textos):
        raise Recusa(erros.ENVELOPE, f"O {nome} tem texto solto.")


def fechar(mensagem: bytes, soap: Soap) -> bytes:
    """Envelope em UTF-8 em volta de uma mensagem já serializada, sem tocar nela."""
    return (
        _CABECALHO_XML
        + f'<soap:Envelope xmlns:soap="{soap}"><soap:Body>'.encode()
        + mensagem
        + b"</soap:Body></soap:Envelope>"
    )


def falha(palavra: TissFault | None, texto: str, soap: Soap, codigo: str) -> bytes:
    """Envelope com uma falha cujo detalhe é ``tissFaultWS``.

    Args:
        palavra: palavra do padrão; ``None`` numa falha do próprio SOAP (MustUnderstand).
        texto: o que está errado, em português.
        soap: versão do envelope do pedido.
        codigo: ``Client``, ``Server`` ou ``MustUnderstand``.
    """

    def q(nome: str) -> str:
        return f"{{{soap}}}{nome}"

    raiz = etree.Element(q("Envelope"), nsmap={"soap": str(soap)})
    bloco = etree.SubElement(etree.SubElement(raiz, q("Body")), q("Fault"))
    if soap is Soap.V11:
        etree.SubElement(bloco, "faultcode").text = f"soap:{codigo}"
        etree.SubElement(bloco, "faultstring").text = texto
        detalhe = etree.SubElement(bloco, "detail") if palavra else None
    else:
        codigo_12 = {"Client": "Sender", "Server": "Receiver"}.get(codigo, codigo)
        valor = etree.SubElement(etree.SubElement(bloco, q("Code")), q("Value"))
        valor.text = f"soap:{codigo_12}"
        frase = etree.SubElement(etree.SubElement(bloco, q("Reason")), q("Text"))
        frase.set("{http://www.w3.org/XML/1998/namespace}lang", "pt-BR")
        frase.text = texto
        detalhe = etree.SubElement(bloco, q("Detail")) if palavra else None
    if detalhe is not None and palavra is not None:
        tiss = etree.SubElement(detalhe, f"{{{NS_TISS}}}tissFaultWS", nsmap={"ans": NS_TISS})
        etree.SubElement(tiss, f"{{{NS_TISS}}}tissFault").text = palavra
    return _CABECALHO_XML + etree.tostring(raiz, encoding="utf-8")
