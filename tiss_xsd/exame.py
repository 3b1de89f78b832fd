"""Examina os arquivos de um conjunto antes de os compilar: DTD, ligações e espaços de nomes."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from lxml import etree

from dominio.transacoes import NS_TISS
from tiss_xsd import conhecidos
from tiss_xsd.conhecidos import ASSINATURA
from tiss_xsd.pacote import PacoteRecusado

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

XS = "{http://www.w3.org/2001/XMLSchema}"
NS_DS = "http://www.w3.org/2000/09/xmldsig#"
"""Espaço de nomes das assinaturas XML, o único além do TISS que um esquema pode importar."""


def examinar(arquivos: Mapping[str, bytes]) -> dict[str, tuple[bytes, etree._Element]]:
    """Confere cada arquivo de um conjunto.

    Args:
        arquivos: conteúdo por nome.

    Returns:
        Por nome, o conteúdo que se pode instalar e a sua raiz. É o que veio, salvo no esquema de
        assinaturas do W3C, que perde o DOCTYPE: clientes SOAP que recusam DTD não leriam o WSDL.

    Raises:
        PacoteRecusado: XML malformado, DTD, raiz ou espaço de nomes que não é de esquema TISS, ou
            ligação para fora do conjunto.
    """
    examinados = {nome: _ler(nome, conteudo) for nome, conteudo in arquivos.items()}
    for nome, (_, raiz) in examinados.items():
        _confere_raiz(nome, raiz)
        _confere_ligacoes(nome, raiz, arquivos)
    return examinados


def _ler(nome: str, conteudo: bytes) -> tuple[bytes, etree._Element]:
    leitor = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        raiz = etree.fromstring(conteudo, leitor)
    except etree.XMLSyntaxError as erro:
        raise PacoteRecusado(f"{nome} não é XML bem formado (linha {erro.lineno})") from erro
    if raiz.getroottree().docinfo.internalDTD is None:
        return conteudo, raiz
    if nome != ASSINATURA or not conhecidos.assinatura(hashlib.sha256(conteudo).hexdigest()):
        raise PacoteRecusado(f"{nome} tem DTD")
    limpo = etree.tostring(raiz, xml_declaration=True, encoding="UTF-8", with_tail=False)
    return limpo, etree.fromstring(limpo, leitor)


def _confere_raiz(nome: str, raiz: etree._Element) -> None:
    if raiz.tag != f"{XS}schema":
        raise PacoteRecusado(f"{nome} não é um esquema XML")
    esperado = NS_DS if nome == ASSINATURA else NS_TISS
    if raiz.get("targetNamespace") != esperado:
        raise PacoteRecusado(f"{nome} não declara o espaço de nomes {esperado}")


def _confere_ligacoes(nome: str, raiz: etree._Element, conjunto: Collection[str]) -> None:
    if next(raiz.iter(f"{XS}redefine", f"{XS}override"), None) is not None:
        raise PacoteRecusado(f"{nome} redefine outro esquema")
    for ligacao in raiz.iter(f"{XS}include", f"{XS}import"):
        alvo = ligacao.get("schemaLocation", "")
        if "://" in alvo or alvo.startswith("//"):
            raise PacoteRecusado(f"{nome} liga a um endereço de rede")
        importa = ligacao.tag == f"{XS}import"
        if importa and (nome == ASSINATURA or ligacao.get("namespace") != NS_DS):
            raise PacoteRecusado(f"{nome} importa um espaço de nomes desconhecido")
        if alvo not in conjunto:
            raise PacoteRecusado(f"{nome} inclui {alvo!a}, que não está no conjunto")
        if importa != (alvo == ASSINATURA):
            raise PacoteRecusado(f"{nome} liga {alvo} de modo errado")
