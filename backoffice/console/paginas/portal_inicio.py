"""O começo de quem fala por um prestador: os seus lotes, o que se espera dele, o que mudou."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

from backoffice.console.area import Area
from backoffice.console.paginas import portal_avisos
from backoffice.console.papeis import PRESTADOR
from dominio.competencia import dia
from dominio.pagamento import EstadoNota, EstadoPagamento
from dominio.situacao import StatusProtocolo
from handlers.recurso_glosa import recursaveis as casos_recursaveis
from persistence import rascunhos, recados
from persistence.consultas import pagamentos, painel_do_prestador, recursaveis

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from starlette.responses import Response

    from backoffice.console.visita import Visita
    from handlers.recurso_glosa.recursaveis import Recursavel
    from persistence.consultas.painel_do_prestador import DaSituacao, Mudanca
    from persistence.recados import PorLer

area = Area("portal_inicio")
area.no_menu("Início", "/portal", ordem=0, atalho="i")

_SEM_NOTA = (None, EstadoNota.RASCUNHO, EstadoNota.RECUSADA)
_DIAS_DE_LOTES = 365
_DIAS_DE_AVISOS = 7
_MOSTRADOS = 8
_PROCURADOS = 100


class Painel(NamedTuple):
    """O que a página mostra.

    Attributes:
        situacoes: os lotes e recursos do último ano, por situação.
        por_informar: lotes que esperam informação do prestador.
        notas: pagamentos que esperam nota fiscal.
        por_ler: lotes com recados da operadora por ler.
        rascunhos: quantos recursos por enviar.
        prazos: de que protocolos se recorre, do prazo que acaba primeiro ao último.
        mudancas: o que a operadora fez nos últimos dias.
    """

    situacoes: tuple[DaSituacao, ...]
    por_informar: tuple[int, ...]
    notas: tuple[pagamentos.Linha, ...]
    por_ler: tuple[PorLer, ...]
    rascunhos: int
    prazos: tuple[Recursavel, ...]
    mudancas: tuple[Mudanca, ...]

    @property
    def pendente(self) -> bool:
        """Se se espera alguma coisa do prestador."""
        return bool(self.por_informar or self.notas or self.por_ler or self.rascunhos)


@area.pagina("/portal", para=PRESTADOR)
def inicio(v: Visita) -> Response:
    """Por quem se fala, o que há por fazer, e o que se pode fazer."""
    hoje = dia(v.agora)
    with v.leitura() as conn:
        mudancas = portal_avisos.mudancas(v, conn)
        painel = _painel(v, conn, hoje, mudancas)
        avisos = portal_avisos.por_ler(v, conn, mudancas)
    return v.mostrar(
        "portal_inicio/inicio.html",
        painel=painel,
        avisos=avisos,
        hoje=hoje,
        dia=dia,
        desde=hoje - timedelta(days=_DIAS_DE_LOTES),
        dias=_DIAS_DE_AVISOS,
    )


def _painel(v: Visita, conn: Connection, hoje: date, mudancas: tuple[Mudanca, ...]) -> Painel:
    operadora, prestador = v.operadora.id, v.prestador.id
    ano = v.agora - timedelta(days=_DIAS_DE_LOTES)
    semana = v.agora - timedelta(days=_DIAS_DE_AVISOS)
    return Painel(
        situacoes=painel_do_prestador.por_situacao(conn, operadora, prestador, ano),
        por_informar=painel_do_prestador.na_situacao(
            conn, operadora, prestador, StatusProtocolo.AGUARDANDO_INFORMACAO
        )[:_MOSTRADOS],
        notas=_notas(conn, operadora, v.prestador.codigo),
        por_ler=recados.por_ler(
            conn, operadora, recados.OPERADORA, limite=_MOSTRADOS, prestador_id=prestador
        ),
        rascunhos=len(rascunhos.listar(conn, operadora, {prestador})),
        prazos=_prazos(conn, operadora, v.prestador.codigo, hoje),
        mudancas=tuple(m for m in mudancas if m.em >= semana)[:_MOSTRADOS],
    )


def _notas(conn: Connection, operadora: int, codigo: str) -> tuple[pagamentos.Linha, ...]:
    filtro = pagamentos.Filtro(prestador=codigo, estados=(EstadoPagamento.PREVISTO,))
    previstos = pagamentos.listar(conn, operadora, filtro, limite=_PROCURADOS)
    return tuple(p for p in previstos if p.exige_nota and p.nota in _SEM_NOTA)[:_MOSTRADOS]


def _prazos(conn: Connection, operadora: int, codigo: str, hoje: date) -> tuple[Recursavel, ...]:
    filtro = recursaveis.Filtro(prestador=codigo)
    # o que acaba primeiro está entre os mais velhos dos que ainda estão no prazo
    achados = casos_recursaveis.listar(
        conn, operadora, filtro, hoje, limite=_PROCURADOS, do_menor=True
    )
    correm = (r for r in achados if r.prazo is not None)
    return tuple(sorted(correm, key=lambda r: r.prazo or hoje)[:_MOSTRADOS])
