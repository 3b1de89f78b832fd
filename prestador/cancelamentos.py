"""Cancelar lotes e guias: o pedido em cada versão e o que a operadora respondeu.

Fonte: ``ct_guiaCancelamento`` e ``ct_guiaCancelamentoRecibo``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dominio.transacoes import NS_TISS
from prestador.respostas import Motivo, RespostaInvalida

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lxml import etree

    from prestador.valores import Corpo, Identificado

_Q = f"{{{NS_TISS}}}"


@dataclass(frozen=True, slots=True)
class GuiaACancelar:
    """Uma guia a cancelar.

    Attributes:
        numero: o dado pelo prestador.
        numero_operadora: o dado pela operadora, quando se conhece.
        protocolo: o do lote em que a guia foi, se se quer prender o cancelamento a ele.
        tipo: ``dm_tipoGuia``.
    """

    numero: str
    numero_operadora: str | None = None
    protocolo: str | None = None
    tipo: str = "2"


@dataclass(frozen=True, slots=True)
class Cancelado:
    """O que foi de um alvo.

    Attributes:
        status: ``dm_statusCancelamento``.
        numero: do lote ou, no prestador, da guia.
        numero_operadora: da guia.
        protocolo: quando a resposta o diz.
        tipo: ``dm_tipoGuia``; ausente se o alvo é um lote.
    """

    status: int
    numero: str
    numero_operadora: str | None = None
    protocolo: str | None = None
    tipo: str | None = None


@dataclass(frozen=True, slots=True)
class ReciboDeCancelamento:
    """Resposta a um cancelamento: ou um desfecho por alvo, ou um erro.

    Attributes:
        alvos: na ordem da resposta.
        erro: ``mensagemErro``, quando nada se examinou.
    """

    alvos: tuple[Cancelado, ...] = ()
    erro: Motivo | None = None


def corpo_cancelamento_lote(
    versao: str, prestador: Identificado, numero_lote: str, protocolo: str | None = None
) -> Corpo:
    """Conteúdo de ``cancelaGuia`` que pede um lote inteiro; 3.05.00 não o tem.

    Raises:
        ValueError: se a versão só cancela guias.
    """
    if versao == "3.05.00":
        raise ValueError("3.05.00 só cancela guias")
    lote: Corpo = {"numeroLote": numero_lote}
    if protocolo is not None:
        lote["numeroProtocolo"] = protocolo
    return {
        "dadosPrestador": prestador.contratado(versao),
        "tipoCancelamento": {"tipoCancelamentoLote": lote},
    }


def corpo_cancelamento_guias(
    versao: str, prestador: Identificado, guias: Sequence[GuiaACancelar]
) -> Corpo:
    """Conteúdo de ``cancelaGuia`` que pede guias.

    Em 3.05.00 o tipo e o protocolo da primeira valem para todas.

    Raises:
        ValueError: se não há guia.
    """
    if not guias:
        raise ValueError("um cancelamento tem ao menos uma guia")
    if versao == "3.05.00":
        comuns: Corpo = {
            "tipoGuia": guias[0].tipo,
            "dadosPrestador": prestador.contratado(versao),
        }
        if guias[0].protocolo is not None:
            comuns["numeroProtocolo"] = guias[0].protocolo
        antigas = [{n: v for n, v in _campos(g).items() if n in _DE_GUIA} for g in guias]
        return {**comuns, "guiasCancelamento": antigas}
    ocorrencias = [_campos(guia) for guia in guias]
    if versao == "4.00.00":
        # ali cada ocorrência leva um só elemento
        ocorrencias = [{nome: valor} for guia in ocorrencias for nome, valor in guia.items()]
    return {
        "dadosPrestador": prestador.contratado(versao),
        "tipoCancelamento": {"tipoCancelamentoGuia": ocorrencias},
    }


def ler_cancelamento(corpo: etree._Element) -> ReciboDeCancelamento:
    """Lê ``reciboCancelaGuia``.

    Raises:
        RespostaInvalida: se falta o que o tipo exige.
    """
    erro = corpo.find(f"{_Q}mensagemErro")
    if erro is not None:
        return ReciboDeCancelamento(
            erro=Motivo(_texto(erro, "codigoGlosa"), erro.findtext(f"{_Q}descricaoGlosa"))
        )
    lote = next(corpo.iter(f"{_Q}loteCancelado"), None)
    if lote is not None:
        return ReciboDeCancelamento((_cancelado(lote, "numeroLote", "numeroprotocolo"),))
    return ReciboDeCancelamento(
        tuple(
            _cancelado(guia, "numeroGuiaPrestador", "numeroProtocolo")
            for guia in corpo.iter(f"{_Q}dadosGuia")
        )
    )


_DE_GUIA = ("numeroGuiaPrestador", "numeroGuiaOperadora")


def _campos(guia: GuiaACancelar) -> Corpo:
    valores = {
        "tipoGuia": guia.tipo,
        "numeroGuiaPrestador": guia.numero,
        "numeroGuiaOperadora": guia.numero_operadora,
        "numeroProtocolo": guia.protocolo,
    }
    return {nome: valor for nome, valor in valores.items() if valor is not None}


def _cancelado(pai: etree._Element, numero: str, protocolo: str) -> Cancelado:
    return Cancelado(
        status=int(_texto(pai, "statusCancelamento")),
        numero=_texto(pai, numero),
        numero_operadora=pai.findtext(f"{_Q}numeroGuiaOperadora"),
        protocolo=pai.findtext(_Q + protocolo),
        tipo=pai.findtext(f"{_Q}tipoGuia"),
    )


def _texto(pai: etree._Element, nome: str) -> str:
    texto = pai.findtext(_Q + nome)
    if texto is None:
        raise RespostaInvalida(f"falta {nome} na resposta")
    return texto
