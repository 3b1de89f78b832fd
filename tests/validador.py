"""O único validador de respostas: toda resposta que um teste recebe passa por aqui."""

from __future__ import annotations

import hashlib
from copy import deepcopy
from typing import TYPE_CHECKING

from lxml import etree

import tiss_xsd
from dominio.transacoes import NS_TISS, TRANSACOES
from mensagem.escrita import DECLARACAO

if TYPE_CHECKING:
    from collections.abc import Mapping

SOAP_11 = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP_12 = "http://www.w3.org/2003/05/soap-envelope"
PALAVRAS = {
    "DestinatarioInvalido", "RemetenteInvalido", "LoginInvalido", "VersaoInvalida",
    "HashInvalido", "SchemaInvalido", "ErroInesperadoServidor",
}  # fmt: skip
_Q = f"{{{NS_TISS}}}"
_RESPOSTAS = {_Q + t.raiz_resposta: t for t in TRANSACOES}
_NO_ARQUIVO = {_Q + t.corpo_resposta_arquivo: t for t in TRANSACOES}
_ARQUIVO = f"{_Q}mensagemTISS"
_COMECO_DO_ARQUIVO = b'<?xml version="1.0" encoding="ISO-8859-1"?>'
_FORA_DO_HASH = {"hash", "epilogo", "Signature", "Signatures"}
_CODIGOS = {
    SOAP_11: {"Client", "Server", "MustUnderstand", "VersionMismatch"},
    SOAP_12: {"Sender", "Receiver", "MustUnderstand", "VersionMismatch"},
}
_SEM_PALAVRA = {"MustUnderstand", "VersionMismatch"}


def arvore(elemento: str) -> etree._Element:
    """A árvore de um elemento que o gateway escreve como texto."""
    nome, fecho, resto = elemento.partition(">")
    vazio = "/" if nome.endswith("/") else ""
    return etree.fromstring(f"{nome.removesuffix('/')}{DECLARACAO}{vazio}{fecho}{resto}")


def validar_resposta(xml: bytes, versao: str) -> etree._Element:
    """Confere tudo o que uma resposta tem de ter, com ou sem envelope.

    De uma falha SOAP, a estrutura da sua versão do SOAP e o ``tissFaultWS`` no detalhe; de uma
    mensagem, raiz e tipo de transação da tabela, versão, esquema, codificação do texto e hash.

    Args:
        xml: envelope SOAP 1.1 ou 1.2, ou só a mensagem; em arquivo, ``mensagemTISS`` em
            ISO-8859-1.
        versao: a do pedido, que tem de ser a da resposta.

    Returns:
        A mensagem, ou o elemento ``Fault``.

    Raises:
        AssertionError: com o que está errado.
    """
    raiz = etree.fromstring(xml, etree.XMLParser(resolve_entities=False, no_network=True))
    soap = next((s for s in (SOAP_11, SOAP_12) if raiz.tag == f"{{{s}}}Envelope"), None)
    if soap is None:
        if raiz.tag == _ARQUIVO:
            assert xml.startswith(_COMECO_DO_ARQUIVO), f"o arquivo começa por {xml[:60]!r}"
        return _validar_mensagem(raiz, versao)
    nomes = [filho.tag for filho in raiz]
    assert [f"{{{soap}}}Body"] == nomes, f"o envelope deve ter só um Body: {nomes}"
    assert len(raiz[0]) == 1, f"o Body deve ter um só filho, tem {len(raiz[0])}"
    conteudo = raiz[0][0]
    if conteudo.tag != f"{{{soap}}}Fault":
        return _validar_mensagem(conteudo, versao)
    if soap == SOAP_11:
        codigo, detalhe = _ler_falha_11(conteudo)
    else:
        codigo, detalhe = _ler_falha_12(conteudo)
    _validar_codigo(codigo, soap)
    _validar_detalhe(detalhe, versao, codigo)
    return conteudo


def _validar_mensagem(mensagem: etree._Element, versao: str) -> etree._Element:
    if mensagem.tag == _ARQUIVO:
        corpo = mensagem.find(f"{_Q}operadoraParaPrestador/*")
        assert corpo is not None, "o arquivo não traz uma resposta de operadora"
        transacao, lugar = _NO_ARQUIVO.get(str(corpo.tag)), f"{_Q}epilogo/{_Q}hash"
    else:
        transacao, lugar = _RESPOSTAS.get(str(mensagem.tag)), f"{_Q}hash"
    assert transacao is not None, f"{mensagem.tag!s} não é uma resposta do padrão"
    padrao = mensagem.findtext(f"{_Q}cabecalho/{_Q}Padrao")
    assert versao == padrao, f"Padrao é {padrao}, esperava-se {versao}"
    erros = tiss_xsd.esquema(versao).erros(mensagem)
    assert not erros, f"inválida no esquema {versao}: {erros}"
    tipo = mensagem.findtext(f"{_Q}cabecalho/{_Q}identificacaoTransacao/{_Q}tipoTransacao")
    tipos = transacao.tipos_resposta
    assert tipo in tipos, f"tipoTransacao é {tipo}, esperava-se um de {tipos}"
    fora = {c for c in "".join(mensagem.itertext()) if ord(c) > 0xFF}
    assert not fora, f"texto fora de ISO-8859-1: {fora}"
    esperado, informado = _hash(mensagem), mensagem.findtext(lugar)
    assert esperado == informado, f"o hash informado é {informado}, o do conteúdo é {esperado}"
    return mensagem


def _hash(mensagem: etree._Element) -> str:
    copia = deepcopy(mensagem)
    for parte in list(copia):
        if etree.QName(parte).localname in _FORA_DO_HASH:
            copia.remove(parte)
    textos = [e.text or "" for e in copia.iter(etree.Element) if len(e) == 0]
    return hashlib.md5("".join(textos).encode("iso-8859-1")).hexdigest()


def _ler_falha_11(falha: etree._Element) -> tuple[etree._Element, etree._Element | None]:
    nomes = [str(filho.tag) for filho in falha]
    ordem = ["faultcode", "faultstring", "faultactor", "detail"]
    assert nomes == [n for n in ordem if n in nomes], f"filhos do Fault fora de ordem: {nomes}"
    assert {"faultcode", "faultstring"} <= set(nomes), f"faltam filhos no Fault: {nomes}"
    assert (falha.findtext("faultstring") or "").strip(), "faultstring vazio"
    return falha[0], falha.find("detail")


def _ler_falha_12(falha: etree._Element) -> tuple[etree._Element, etree._Element | None]:
    q = f"{{{SOAP_12}}}"
    nomes = [str(filho.tag).removeprefix(q) for filho in falha]
    ordem = ["Code", "Reason", "Node", "Role", "Detail"]
    assert nomes == [n for n in ordem if n in nomes], f"filhos do Fault fora de ordem: {nomes}"
    assert {"Code", "Reason"} <= set(nomes), f"faltam filhos no Fault: {nomes}"
    valor = falha.find(f"{q}Code/{q}Value")
    frase = falha.find(f"{q}Reason/{q}Text")
    assert valor is not None, "Code sem Value"
    assert frase is not None, "Reason sem Text"
    assert (frase.text or "").strip(), "Reason vazio"
    lingua = frase.get("{http://www.w3.org/XML/1998/namespace}lang")
    assert lingua, "Reason sem xml:lang"
    return valor, falha.find(f"{q}Detail")


def _validar_codigo(codigo: etree._Element, soap: str) -> None:
    prefixo, _, local = (codigo.text or "").rpartition(":")
    prefixos: Mapping[str | None, str] = codigo.nsmap
    assert soap == prefixos.get(prefixo or None), f"prefixo do código não é do SOAP: {codigo.text}"
    assert local in _CODIGOS[soap], f"código de falha desconhecido: {local}"


def _validar_detalhe(detalhe: etree._Element | None, versao: str, codigo: etree._Element) -> None:
    local = (codigo.text or "").rpartition(":")[2]
    if detalhe is None:
        assert local in _SEM_PALAVRA, f"falha {local} sem detalhe"
        return
    assert [f"{_Q}tissFaultWS"] == [e.tag for e in detalhe], "o detalhe não é um tissFaultWS"
    erros = tiss_xsd.esquema(versao).erros(detalhe[0])
    assert not erros, f"tissFaultWS inválido no esquema {versao}: {erros}"
    palavra = detalhe[0].findtext(f"{_Q}tissFault")
    assert palavra in PALAVRAS, f"tissFault desconhecido: {palavra}"
