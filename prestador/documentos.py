"""Enviar documentos: o pedido e o que a operadora respondeu.

Fonte: ``ct_envioDocumentos`` e ``ct_reciboDocumentos``.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dominio.transacoes import NS_TISS
from prestador.respostas import Motivo, RespostaInvalida

if TYPE_CHECKING:
    from lxml import etree

    from prestador.valores import Corpo

_Q = f"{{{NS_TISS}}}"


@dataclass(frozen=True, slots=True)
class ReciboDeDocumento:
    """Resposta a um documento: ou o seu número, ou um erro.

    Attributes:
        protocolo: ``protocoloDoc``.
        numero_documento: o que a operadora ecoou; os demais, idem.
        erro: ``mensagemErro``, quando o documento não foi aceito; os demais campos ficam vazios.
    """

    protocolo: str | None = None
    numero_documento: str | None = None
    numero_lote: str | None = None
    numero_protocolo: str | None = None
    guia_prestador: str | None = None
    guia_operadora: str | None = None
    observacao: str | None = None
    erro: Motivo | None = None


def corpo_documento(
    conteudo: bytes,
    *,
    numero_documento: str = "1",
    formato: str = "02",
    tipo: str = "02",
    natureza: str = "2",
    numero_lote: str | None = None,
    protocolo: str | None = None,
    guia_prestador: str | None = None,
    guia_operadora: str | None = None,
    sequencial_item: int | None = None,
    observacao: str | None = None,
) -> Corpo:
    """Conteúdo de ``envioDOcumento``, o mesmo em toda versão que o tem de modo utilizável.

    Args:
        conteudo: os bytes do arquivo.
        numero_documento: até 20 caracteres.
        formato: ``dm_formatoDocumento``.
        tipo: ``dm_tipoDocumento``.
        natureza: ``dm_tipoGuia`` da guia que se cita.
        numero_lote: um destes quatro, ao menos, diz a que o documento se refere.
        protocolo: idem.
        guia_prestador: idem.
        guia_operadora: idem.
        sequencial_item: do item da guia.
        observacao: até 500 caracteres.
    """
    valores = {
        "numeroLote": numero_lote,
        "numeroProtocolo": protocolo,
        "numeroGuiaPrestador": guia_prestador,
        "numeroGuiaOperadora": guia_operadora,
        "numeroDocumento": numero_documento,
        "naturezaGuia": natureza,
        "formatoDocumento": formato,
        "seqReferenciaItem": None if sequencial_item is None else str(sequencial_item),
        "documento": base64.b64encode(conteudo).decode("ascii"),
        "tipoDocumento": tipo,
        "observacao": observacao,
    }
    return {nome: valor for nome, valor in valores.items() if valor is not None}


def ler_recibo_de_documento(corpo: etree._Element) -> ReciboDeDocumento:
    """Lê ``recebimentoDocumento``.

    Raises:
        RespostaInvalida: se falta o que o tipo exige.
    """
    erro = corpo.find(f"{_Q}mensagemErro")
    if erro is not None:
        return ReciboDeDocumento(
            erro=Motivo(
                erro.findtext(f"{_Q}codigoGlosa") or "", erro.findtext(f"{_Q}descricaoGlosa")
            )
        )
    recibo = corpo.find(f"{_Q}reciboDocumentos")
    protocolo = None if recibo is None else recibo.findtext(f"{_Q}protocoloDoc")
    if recibo is None or protocolo is None:
        raise RespostaInvalida("falta protocoloDoc na resposta")
    return ReciboDeDocumento(
        protocolo=protocolo,
        numero_documento=recibo.findtext(f"{_Q}numeroDocumento"),
        numero_lote=recibo.findtext(f"{_Q}numeroLote"),
        numero_protocolo=recibo.findtext(f"{_Q}numeroProtocolo"),
        guia_prestador=recibo.findtext(f"{_Q}numeroGuiaPrestador"),
        guia_operadora=recibo.findtext(f"{_Q}numeroGuiaOperadora"),
        observacao=recibo.findtext(f"{_Q}observacao"),
    )
