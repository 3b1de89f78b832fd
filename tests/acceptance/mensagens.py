"""Envelopes prontos para mandar por soquete."""

from __future__ import annotations

from typing import TYPE_CHECKING

from acceptance.numeros import novo_lote
from acceptance.servidor import HOSPITAL, LOGIN, REGISTRO, SENHA

from dominio.lote import TipoGuia
from dominio.transacoes import POR_SERVICO
from prestador.cabecalho import cabecalho
from prestador.lotes import corpo_lote, corpo_status
from prestador.mensagem_xml import envelope, mensagem_ws

if TYPE_CHECKING:
    from lxml import etree


def lote(
    versao: str = "4.03.00",
    *,
    numero: str | None = None,
    guias: int = 1,
    tipo: TipoGuia = TipoGuia.CONSULTA,
    prefixo: str = "ans",
    sequencial: str = "1",
    semente: int = 1,
) -> etree._Element:
    """Mensagem ``loteGuiasWS`` válida e selada."""
    return mensagem_ws(
        POR_SERVICO["tissLoteGuias"],
        cabecalho(
            "ENVIO_LOTE_GUIAS", versao, HOSPITAL, REGISTRO,
            login=LOGIN, senha=SENHA, sequencial=sequencial,
        ),
        corpo_lote(
            tipo, versao, prestador=HOSPITAL, registro_ans=REGISTRO,
            numero_lote=numero or novo_lote(), guias=guias, semente=semente,
        ),
        prefixo=prefixo,
    )  # fmt: skip


def status(protocolo: str, versao: str = "4.03.00") -> etree._Element:
    """Mensagem ``solicitacaoStatusProtocoloWS`` válida e selada."""
    return mensagem_ws(
        POR_SERVICO["tissSolicitacaoStatusProtocolo"],
        cabecalho("SOLIC_STATUS_PROTOCOLO", versao, HOSPITAL, REGISTRO, login=LOGIN, senha=SENHA),
        corpo_status(versao, HOSPITAL, protocolo),
    )


def envelopado(mensagem: etree._Element, **opcoes: str) -> bytes:
    return envelope(mensagem, **opcoes)  # type: ignore[arg-type]
