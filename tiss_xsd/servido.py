"""Os esquemas como são servidos a quem lê o WSDL."""

from __future__ import annotations

from functools import cache
from html import escape

from lxml import etree

from tiss_xsd.catalogo import ler

_XS = "{http://www.w3.org/2001/XMLSchema}"
_MARCA = "@endereco@"


@cache
def _modelo(versao: str, nome: str) -> bytes:
    raiz = etree.fromstring(ler(versao, nome))
    for ligacao in raiz.iter(f"{_XS}include", f"{_XS}import"):
        ligacao.set("schemaLocation", f"{_MARCA}?xsd={ligacao.get('schemaLocation')}")
    return etree.tostring(raiz, xml_declaration=True, encoding="UTF-8")


def esquecer() -> None:
    """Deixa de guardar o que se preparou para servir."""
    _modelo.cache_clear()


def publicado(versao: str, nome: str, endereco: str) -> bytes:
    """Um arquivo de esquema com os que ele inclui apontando para o endereço do serviço.

    Args:
        versao: na forma do elemento ``Padrao``.
        nome: nome do arquivo.
        endereco: URL do serviço, sem a parte depois de ``?``.

    Returns:
        O esquema em UTF-8, com ``schemaLocation`` na forma ``<endereco>?xsd=<nome>``.

    Raises:
        ArquivoDesconhecido: se a versão não está instalada ou não tem esse arquivo.
    """
    return _modelo(versao, nome).replace(_MARCA.encode(), escape(endereco).encode())
