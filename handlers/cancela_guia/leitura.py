"""Do elemento ``cancelaGuia`` ao pedido, nas três formas que ele teve.

Em 3.05.00 só há guias, com um tipo e um protocolo para todas. Em 4.00.00 cada ocorrência de
``tipoCancelamentoGuia`` leva um só elemento, e as seguidas descrevem uma guia enquanto vierem na
ordem do padrão. De 4.00.01 em diante cada ocorrência é uma guia.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dominio.cancelamento import NaturezaGuia
from dominio.transacoes import NS_TISS
from handlers.cancela_guia.pedido import AlvoGuia, AlvoLote, PedidoDeCancelamento
from mensagem import contratado

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lxml import etree

    from dominio.lote import Identificacao

_Q = f"{{{NS_TISS}}}"
_CAMPOS = ("tipoGuia", "numeroGuiaPrestador", "numeroGuiaOperadora", "numeroProtocolo")
"""A ordem em que descrevem uma guia."""


def ler(corpo: etree._Element) -> PedidoDeCancelamento:
    """Lê um pedido que já passou pelo esquema."""
    prestador = _prestador(corpo)
    escolha = corpo.find(f"{_Q}tipoCancelamento")
    if escolha is None:
        return PedidoDeCancelamento(prestador, guias=_guias_antigas(corpo))
    lote = escolha.find(f"{_Q}tipoCancelamentoLote")
    if lote is not None:
        dito = _valores(lote)
        return PedidoDeCancelamento(
            prestador, lote=AlvoLote(dito["numeroLote"], dito.get("numeroProtocolo"))
        )
    ocorrencias = escolha.iterfind(f"{_Q}tipoCancelamentoGuia")
    return PedidoDeCancelamento(
        prestador, guias=tuple(_alvo(g) for g in _juntar(_valores(o) for o in ocorrencias))
    )


def _prestador(corpo: etree._Element) -> Identificacao:
    dados = corpo.find(f"{_Q}dadosPrestador")
    assert dados is not None  # noqa: S101 - garantido pelo esquema
    return contratado.ler(dados)


def _guias_antigas(corpo: etree._Element) -> tuple[AlvoGuia, ...]:
    comuns = {n: v for n, v in _valores(corpo).items() if n in ("tipoGuia", "numeroProtocolo")}
    return tuple(
        _alvo({**comuns, **_valores(guia)}) for guia in corpo.iterfind(f"{_Q}guiasCancelamento")
    )


def _valores(pai: etree._Element) -> dict[str, str]:
    """O texto de cada filho que o tem, pelo nome."""
    return {
        str(filho.tag).removeprefix(_Q): filho.text
        for filho in pai
        if filho.text and filho.text.strip()
    }


def _juntar(ocorrencias: Iterable[Mapping[str, str]]) -> list[dict[str, str]]:
    """Une as ocorrências de um só elemento que descrevem a mesma guia (4.00.00)."""
    guias: list[dict[str, str]] = []
    ultimo = len(_CAMPOS)
    for ocorrencia in ocorrencias:
        ordens = [_CAMPOS.index(nome) for nome in ocorrencia]
        if len(ordens) != 1 or ordens[0] <= ultimo:
            guias.append({})
        guias[-1].update(ocorrencia)
        # uma ocorrência completa não continua na seguinte
        ultimo = ordens[0] if len(ordens) == 1 else len(_CAMPOS)
    return guias


def _alvo(guia: Mapping[str, str]) -> AlvoGuia:
    return AlvoGuia(
        NaturezaGuia(guia.get("tipoGuia", NaturezaGuia.FATURAMENTO)),
        guia.get("numeroGuiaPrestador"),
        guia.get("numeroGuiaOperadora"),
        guia.get("numeroProtocolo"),
    )
