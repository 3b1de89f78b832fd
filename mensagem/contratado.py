"""``ct_contratadoDados``: de que prestador uma mensagem fala."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dominio.lote import Identificacao
from dominio.transacoes import NS_TISS

if TYPE_CHECKING:
    from lxml import etree

ELEMENTOS = {
    "codigo": "codigoPrestadorNaOperadora",
    "cnpj": "cnpjContratado",
    "cpf": "cpfContratado",
}
"""O nome do elemento de cada forma de identificar."""

FORMAS = {nome: forma for forma, nome in ELEMENTOS.items()}
"""A forma que cada elemento diz."""

_POR_TAG = {f"{{{NS_TISS}}}{nome}": forma for nome, forma in FORMAS.items()}


def ler(dados: etree._Element) -> Identificacao:
    """A identificação que um elemento deste tipo traz à frente.

    Args:
        dados: já conferido pelo esquema, que lhe garante uma das três formas.
    """
    unica = dados[0]
    return Identificacao(_POR_TAG[str(unica.tag)], unica.text or "")
