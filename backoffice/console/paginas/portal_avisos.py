"""Os avisos não lidos de quem fala por um prestador: o que a operadora processou desde então."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from backoffice.console.erros import PaginaDeErro
from backoffice.console.paginas.portal_lotes import area
from backoffice.console.papeis import PRESTADOR
from dominio.situacao import StatusProtocolo
from persistence import avisos
from persistence.consultas import painel_do_prestador

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection
    from starlette.responses import Response

    from backoffice.console.visita import Visita
    from persistence.consultas.painel_do_prestador import Mudanca

_S = StatusProtocolo
_QUE_SE_AVISAM = (
    _S.LIBERADO, _S.ENCERRADO_SEM_PAGAMENTO, _S.ANALISADO, _S.PAGO, _S.AGUARDANDO_INFORMACAO,
    _S.BLOQUEIO_JUDICIAL,
)  # fmt: skip
"""As situações a que só a operadora passa um protocolo."""
_MAIS_VELHO = timedelta(days=30)
"""Um aviso que ninguém leu em tanto tempo já não é novidade."""
_ENVIADOS = timedelta(days=365)
_MOSTRADOS = 50


class PorLer(NamedTuple):
    """Os avisos que a pessoa ainda não deu por lidos.

    Attributes:
        avisos: do mais novo ao mais velho.
        ate: até que instante o botão os dá por lidos; vazio se não há nenhum.
    """

    avisos: tuple[Mudanca, ...]
    ate: str


def mudancas(v: Visita, conn: Connection) -> tuple[Mudanca, ...]:
    """O que a operadora fez há pouco dos lotes e recursos do prestador, do mais novo ao mais velho.

    É desta lista que saem os avisos e o que o começo diz que mudou: a consulta faz-se uma vez.
    """
    return painel_do_prestador.mudancas(
        conn,
        v.operadora.id,
        v.prestador.id,
        para=_QUE_SE_AVISAM,
        desde=v.agora - _MAIS_VELHO,
        enviados_desde=v.agora - _ENVIADOS,
        limite=_MOSTRADOS,
    )


def por_ler(v: Visita, conn: Connection, todas: Sequence[Mudanca]) -> PorLer:
    """As que quem entrou ainda não leu, pelo prestador por quem fala."""
    leitura = avisos.leitura(conn, v.operadora.id, _acesso(v))
    novas = tuple(
        m for m in todas if m.em >= leitura.desde and (leitura.ate is None or m.em > leitura.ate)
    )
    return PorLer(novas, novas[0].em.isoformat() if novas else "")


@area.formulario("/portal/avisos/lidos", para=PRESTADOR)
def dar_por_lidos(v: Visita) -> Response:
    """Dá por lidos os avisos que a página mostrava; um que chegou entretanto continua por ler."""
    try:
        ate = datetime.fromisoformat(v.formulario.texto("ate"))
    except ValueError:
        raise PaginaDeErro(400, "O formulário está malformado.") from None
    if ate.tzinfo is None or ate > v.agora:
        raise PaginaDeErro(400, "O formulário está malformado.")
    with v.escrita() as conn:
        avisos.dar_por_lidos(conn, v.operadora.id, _acesso(v), ate)
    return v.ir("/portal", "Avisos dados por lidos.")


def _acesso(v: Visita) -> int:
    """O acesso por que a pessoa entrou: cada conta lê os avisos por si."""
    return next(a.id for a in v.quem.acessos if a.prestador.id == v.prestador.id)
