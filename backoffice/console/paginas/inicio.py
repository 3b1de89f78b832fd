"""O começo de quem trabalha na operadora: o que chegou, o que espera e por quem, o que falha."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from backoffice.console import formatos, graficos
from backoffice.console.area import Area
from backoffice.console.papeis import DA_OPERADORA, Papel, Porta
from dominio.competencia import dia
from dominio.erros import ERROS
from dominio.situacao import StatusProtocolo
from persistence.consultas import painel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup
    from sqlalchemy import Connection
    from starlette.responses import Response

    from backoffice.console.visita import Visita
    from persistence.consultas.painel import DaSituacao, Espera, Falha

area = Area("inicio")
area.no_menu("Início", "/inicio", ordem=0, atalho="i")

_S = StatusProtocolo
_POR_QUEM = {
    _S.RECEBIDO: "pela operadora: por analisar",
    _S.EM_ANALISE: "pela operadora: em análise",
    _S.AGUARDANDO_INFORMACAO: "pelo prestador: informação",
    _S.ANALISADO: "pela operadora: liberação",
    _S.LIBERADO: "pela operadora: pagamento",
    _S.BLOQUEIO_JUDICIAL: "pela justiça",
}
_DIAS_RECEBIDOS = 14
_DIAS_DE_RECUSAS = 7
_IDADES = (2, 7, 15, 30)
_MESES = 6


class Painel(NamedTuple):
    """O que a página mostra.

    Attributes:
        recebidos: os de hoje, por situação.
        abertos: os que esperam, por situação.
        espera: quantos esperam e por quem.
        chegada: quantos chegaram por dia.
        idade: quantos esperam há quanto tempo.
        glosa: a taxa de cada mês.
        recursos: os por decidir há mais tempo.
        motivos: por que se recusaram mensagens.
        prestadores: de quem.
    """

    recebidos: tuple[DaSituacao, ...]
    abertos: tuple[DaSituacao, ...]
    espera: Markup
    chegada: Markup
    idade: Markup
    glosa: Markup | None
    recursos: tuple[Espera, ...]
    motivos: tuple[tuple[Falha, str], ...]
    prestadores: tuple[Falha, ...]


@area.pagina("/inicio", para=DA_OPERADORA)
def inicio(v: Visita) -> Response:
    """O painel; quem não pode ler lotes vê só o menu."""
    hoje = dia(v.agora)
    feito: Painel | None = None
    if v.pode(Papel.LEITURA):
        with v.leitura() as conn:
            feito = _painel(v, conn, hoje)
    return v.mostrar(
        "inicio/inicio.html", hoje=hoje, painel=feito, por_quem=_POR_QUEM, dia=dia,
        desde=hoje - timedelta(days=_DIAS_DE_RECUSAS),
    )  # fmt: skip


@area.pagina("/atalhos", para=Porta.PESSOA)
def atalhos(v: Visita) -> Response:
    """As teclas que o console entende."""
    return v.mostrar("inicio/atalhos.html")


@area.pagina("/legenda", para=Porta.PESSOA)
def legenda(v: Visita) -> Response:
    """A legenda completa das situações."""
    return v.mostrar("inicio/legenda.html")


def _painel(v: Visita, conn: Connection, hoje: date) -> Painel:
    operadora_id = v.operadora.id
    desde = v.agora - timedelta(days=_DIAS_DE_RECUSAS)
    abertos = painel.abertos(conn, operadora_id)
    motivos = painel.recusas_por_motivo(conn, operadora_id, desde)
    return Painel(
        recebidos=painel.recebidos(conn, operadora_id, hoje),
        abertos=abertos,
        espera=_espera(abertos),
        chegada=_chegada(painel.por_dia(conn, operadora_id, hoje, _DIAS_RECEBIDOS)),
        idade=_idade(painel.por_idade(conn, operadora_id, v.agora, _IDADES, _quantos(abertos))),
        glosa=_glosa(painel.glosa_por_mes(conn, operadora_id, _inicios(hoje))),
        recursos=painel.recursos_a_espera(conn, operadora_id),
        motivos=tuple((f, _texto(f.nome)) for f in motivos),
        prestadores=painel.recusas_por_prestador(conn, operadora_id, desde),
    )


def _quantos(abertos: Sequence[DaSituacao]) -> int:
    return sum(um.quantos for um in abertos)


def _espera(abertos: Sequence[DaSituacao]) -> Markup:
    somados: dict[StatusProtocolo, int] = {}
    for um in abertos:
        somados[um.status] = somados.get(um.status, 0) + um.quantos
    return graficos.barras(
        "Por quem se espera?",
        [(_POR_QUEM[s], somados.get(s, 0)) for s in _POR_QUEM],
        escrever=_inteiro,
        classes=[f"s{int(s)}" for s in _POR_QUEM],
    )


def _chegada(dias: Sequence[tuple[date, int]]) -> Markup:
    return graficos.colunas(
        f"Quantos chegaram por dia, nos últimos {_DIAS_RECEBIDOS}?",
        [(f"{um.day:02d}/{um.month:02d}", quantos) for um, quantos in dias],
        escrever=_inteiro,
    )


def _idade(quantos: Sequence[int]) -> Markup:
    nomes = ["até 2 dias", "de 2 a 7", "de 7 a 15", "de 15 a 30", "mais de 30 dias"]
    return graficos.barras(
        "Há quanto tempo esperam?", list(zip(nomes, quantos, strict=True)), escrever=_inteiro
    )


def _glosa(meses: Sequence[painel.Mes]) -> Markup | None:
    """A taxa de cada mês com algo analisado; sem nenhum, não há pergunta a responder."""
    taxas = [
        (f"{um.inicio.month:02d}/{um.inicio.year}", um.glosa / um.informado)
        for um in meses
        if um.informado
    ]
    if not taxas:
        return None
    return graficos.barras(
        "Que parte do apresentado se glosou, por mês de recepção?",
        [(nome, max(taxa, Decimal(0))) for nome, taxa in taxas],
        escrever=lambda valor: formatos.porcento(Decimal(valor)),
    )


def _inicios(hoje: date) -> list[date]:
    """O primeiro dia dos últimos meses e, no fim, o do mês que vem."""
    ultimo = hoje.year * 12 + hoje.month
    meses = range(ultimo - _MESES + 1, ultimo + 2)
    return [date((n - 1) // 12, (n - 1) % 12 + 1, 1) for n in meses]


def _texto(chave: str | None) -> str:
    erro = ERROS.get(chave or "")
    return "" if erro is None else erro.texto


def _inteiro(valor: int | Decimal) -> str:
    return formatos.quantidade(int(valor))
