"""Do elemento ``envioDOcumento`` ao documento."""

from __future__ import annotations

import binascii
from typing import TYPE_CHECKING

from dominio.cancelamento import NaturezaGuia
from dominio.transacoes import NS_TISS
from handlers.envio_documentos.caso import PedidoDeDocumento

if TYPE_CHECKING:
    from lxml import etree

_Q = f"{{{NS_TISS}}}"


def ler(corpo: etree._Element) -> PedidoDeDocumento:
    """Lê um pedido que já passou pelo esquema."""

    def texto(nome: str) -> str | None:
        dito = corpo.findtext(_Q + nome)
        return dito if dito and dito.strip() else None

    sequencial = texto("seqReferenciaItem")
    return PedidoDeDocumento(
        numero_lote=texto("numeroLote"),
        numero_protocolo=texto("numeroProtocolo"),
        guia_prestador=texto("numeroGuiaPrestador"),
        guia_operadora=texto("numeroGuiaOperadora"),
        numero_documento=corpo.findtext(f"{_Q}numeroDocumento") or "",
        natureza=NaturezaGuia(corpo.findtext(f"{_Q}naturezaGuia") or ""),
        formato=corpo.findtext(f"{_Q}formatoDocumento") or "",
        sequencial_item=None if sequencial is None else int(sequencial),
        conteudo=binascii.a2b_base64(corpo.findtext(f"{_Q}documento") or ""),
        tipo=corpo.findtext(f"{_Q}tipoDocumento") or "",
        observacao=texto("observacao"),
    )
