"""O que o gateway respondeu, lido do XML da resposta.

Fonte: ``ct_recebimentoLote`` e ``ct_situacaoProtocolo``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from dominio.transacoes import NS_TISS

if TYPE_CHECKING:
    from lxml import etree

_NS = {"t": NS_TISS}
_GUIAS = tuple(f"{{{NS_TISS}}}{nome}" for nome in ("dadosGuias", "dadosGuiasOdonto", "guias"))


class RespostaInvalida(Exception):
    """A resposta não é a que o padrão manda: forma, hash, cabeçalho ou protocolo HTTP."""


@dataclass(frozen=True, slots=True)
class Motivo:
    """Uma mensagem de erro, crítica ou glosa: ``ct_motivoGlosa``."""

    codigo: str
    descricao: str | None


@dataclass(frozen=True, slots=True)
class Valores:
    """Os três valores de ``ct_valorTotal``, em reais."""

    processado: Decimal
    glosa: Decimal
    liberado: Decimal


@dataclass(frozen=True, slots=True)
class GuiaRespondida:
    """Uma guia como o recibo ou a situação a descreve.

    Attributes:
        numero: o dado pelo prestador.
        numero_operadora: o dado pela operadora, quando há.
        carteira: do beneficiário.
        data_realizacao: ausente na odontologia.
        valores: ausentes no recibo.
        motivos: da guia.
        motivos_dos_itens: ``sequencialItem`` e motivo, na ordem da resposta.
    """

    numero: str
    numero_operadora: str | None
    carteira: str
    data_realizacao: date | None
    valores: Valores | None
    motivos: tuple[Motivo, ...]
    motivos_dos_itens: tuple[tuple[int, Motivo], ...]


@dataclass(frozen=True, slots=True)
class Recibo:
    """Resposta ao envio de um lote: ou um protocolo, ou um erro.

    Attributes:
        protocolo: ``numeroProtocolo``.
        numero_lote: o que a operadora ecoou.
        data_envio: ``dataEnvioLote``.
        valor_total: ``valorTotalProtocolo``, em reais.
        motivos: do protocolo inteiro.
        erro: ``mensagemErro``, quando o lote não foi aceito; os demais campos ficam vazios.
    """

    protocolo: str | None = None
    numero_lote: str | None = None
    data_envio: date | None = None
    valor_total: Decimal | None = None
    motivos: tuple[Motivo, ...] = ()
    guias: tuple[GuiaRespondida, ...] = ()
    erro: Motivo | None = None


@dataclass(frozen=True, slots=True)
class Situacao:
    """Resposta à consulta de um protocolo: ou a situação, ou um erro.

    Attributes:
        status: ``dm_statusProtocolo``.
        erro: ``mensagemErro`` da mensagem ou do lote; os demais campos ficam vazios.
    """

    status: int | None = None
    protocolo: str | None = None
    numero_lote: str | None = None
    data_envio: date | None = None
    valores: Valores | None = None
    guias: tuple[GuiaRespondida, ...] = ()
    erro: Motivo | None = None


def ler_recibo(corpo: etree._Element) -> Recibo:
    """Lê ``recebimentoLote``.

    Raises:
        RespostaInvalida: se falta o que o tipo exige.
    """
    erro = corpo.find("t:mensagemErro", _NS)
    if erro is not None:
        return Recibo(erro=_motivo(erro))
    protocolo = _parte(corpo, "t:protocoloRecebimento")
    detalhe = _parte(protocolo, "t:detalheProtocolo")
    return Recibo(
        protocolo=_texto(detalhe, "t:numeroProtocolo"),
        numero_lote=_texto(protocolo, "t:numeroLote"),
        data_envio=date.fromisoformat(_texto(protocolo, "t:dataEnvioLote")),
        valor_total=Decimal(_texto(detalhe, "t:valorTotalProtocolo")),
        motivos=_motivos(detalhe, "t:glosaProtocolo/t:motivosGlosa/t:motivoGlosa"),
        guias=_guias(_parte(detalhe, "t:dadosGuiasProtocolo")),
    )


def ler_situacao(corpo: etree._Element) -> Situacao:
    """Lê ``situacaoProtocolo`` na parte que responde por lotes de guias.

    Raises:
        RespostaInvalida: se falta o que o tipo exige.
    """
    erro = corpo.find("t:mensagemErro", _NS)
    if erro is None:
        erro = corpo.find("t:situacaoDoProtocolo/t:lote/t:mensagemErro", _NS)
    if erro is not None:
        return Situacao(erro=_motivo(erro))
    lote = _parte(corpo, "t:situacaoDoProtocolo/t:lote/t:detalheLote")
    return Situacao(
        status=int(_texto(lote, "t:statusProtocolo")),
        protocolo=_texto(lote, "t:numeroProtocolo"),
        numero_lote=_texto(lote, "t:numeroLote"),
        data_envio=date.fromisoformat(_texto(lote, "t:dataEnvioLote")),
        valores=_valores(_parte(lote, "t:valorTotalLote")),
        guias=_guias(_parte(lote, "t:guiasTISS")),
    )


def _guias(pai: etree._Element) -> tuple[GuiaRespondida, ...]:
    return tuple(_guia(guia) for guia in pai.iter(*_GUIAS))


def _guia(guia: etree._Element) -> GuiaRespondida:
    valores = guia.find("t:vlInformadoGuia", _NS)
    dia = guia.findtext("t:dataRealizacao", namespaces=_NS)
    itens = guia.iterfind("t:procedimentosRealizados/t:procedimentoRealizado", _NS)
    carteira = "t:numeroCarteira"
    if guia.find(carteira, _NS) is None:
        carteira = "t:dadosBeneficiario/t:numeroCarteira"
    return GuiaRespondida(
        numero=_texto(guia, "t:numeroGuiaPrestador"),
        numero_operadora=guia.findtext("t:numeroGuiaOperadora", namespaces=_NS),
        carteira=_texto(guia, carteira),
        data_realizacao=date.fromisoformat(dia) if dia else None,
        valores=None if valores is None else _valores(valores),
        motivos=_motivos(guia, "t:glosaGuia/t:motivoGlosa"),
        motivos_dos_itens=tuple(
            (int(_texto(item, "t:sequencialItem")), motivo)
            for item in itens
            for motivo in _motivos(item, "t:glosasProcedimento/t:motivoGlosa")
        ),
    )


def _valores(pai: etree._Element) -> Valores:
    return Valores(
        processado=Decimal(_texto(pai, "t:valorProcessado")),
        glosa=Decimal(_texto(pai, "t:valorGlosa")),
        liberado=Decimal(_texto(pai, "t:valorLiberado")),
    )


def _motivos(pai: etree._Element, caminho: str) -> tuple[Motivo, ...]:
    return tuple(_motivo(m) for m in pai.iterfind(caminho, _NS))


def _motivo(pai: etree._Element) -> Motivo:
    return Motivo(
        codigo=_texto(pai, "t:codigoGlosa"),
        descricao=pai.findtext("t:descricaoGlosa", namespaces=_NS),
    )


def _parte(pai: etree._Element, caminho: str) -> etree._Element:
    achado = pai.find(caminho, _NS)
    if achado is None:
        raise RespostaInvalida(f"falta {caminho.replace('t:', '')} na resposta")
    return achado


def _texto(pai: etree._Element, caminho: str) -> str:
    return _parte(pai, caminho).text or ""
