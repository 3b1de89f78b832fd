"""O calendário de faturamento: que execuções se podem enviar quando, e quando se espera pagar."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Connection, bindparam, delete, insert, or_, select

from persistence import tabelas
from persistence.prontos import Pronto

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date


class Periodo(NamedTuple):
    """O que se pode enviar numa janela; todos os dias são inclusive.

    Attributes:
        id: chave no banco; zero antes de gravado.
        operadora_id: de quem é o calendário.
        prestador_id: o único a quem vale; ausente, todos.
        competencia: ``AAAAMM`` a que se fatura.
        execucao_de: primeira data de execução.
        execucao_ate: última.
        envio_de: primeiro dia em que se recebe.
        envio_ate: último dia em que se recebe.
        pagamento: quando se espera pagar.
    """

    id: int
    operadora_id: int
    prestador_id: int | None
    competencia: str
    execucao_de: date
    execucao_ate: date
    envio_de: date
    envio_ate: date
    pagamento: date

    def executado(self, data: date) -> bool:
        """Se o que se executou numa data é deste período."""
        return self.execucao_de <= data <= self.execucao_ate


_t = tabelas.periodo.c
_CAMPOS = tuple(_t[nome] for nome in Periodo._fields)
_A_VENCER = Pronto(
    select(*_CAMPOS)
    .where(
        _t.operadora_id == bindparam("operadora_id"),
        _t.envio_ate >= bindparam("hoje", type_=_t.envio_ate.type),
        or_(
            _t.prestador_id.is_(None),
            _t.prestador_id == bindparam("prestador_id", type_=_t.prestador_id.type),
        ),
    )
    .order_by(_t.envio_ate, _t.id)
)


def abertos(
    conn: Connection, operadora_id: int, prestador_id: int, hoje: date
) -> tuple[Periodo, ...] | None:
    """Os períodos em que o prestador pode enviar hoje.

    Returns:
        Nenhum entre uma janela e a seguinte; ``None`` se não há calendário, ou o que há já acabou.
    """
    valores = {"operadora_id": operadora_id, "prestador_id": prestador_id, "hoje": hoje}
    a_vencer = [Periodo._make(linha) for linha in _A_VENCER.linhas(conn, valores)]
    if all(p.prestador_id is not None for p in a_vencer):
        # um período combinado com um prestador não faz calendário para o resto
        return None
    return tuple(p for p in a_vencer if p.envio_de <= hoje)


def enviar_ate(
    conn: Connection, operadora_id: int, prestador_id: int, executado: date
) -> date | None:
    """O último dia em que se recebe o que um prestador executou numa data."""
    consulta = (
        select(_t.envio_ate)
        .where(
            _t.operadora_id == operadora_id,
            or_(_t.prestador_id.is_(None), _t.prestador_id == prestador_id),
            _t.execucao_de <= executado,
            _t.execucao_ate >= executado,
        )
        .order_by(_t.envio_ate.desc())
        .limit(1)
    )
    ultimo: date | None = conn.execute(consulta).scalar_one_or_none()
    return ultimo


def listar(
    conn: Connection, operadora_id: int, *, competencia: str | None = None
) -> tuple[Periodo, ...]:
    """Os períodos de uma operadora, pela ordem em que acabam."""
    consulta = select(*_CAMPOS).where(_t.operadora_id == operadora_id)
    if competencia is not None:
        consulta = consulta.where(_t.competencia == competencia)
    consulta = consulta.order_by(_t.envio_ate, _t.id)
    return tuple(Periodo._make(linha) for linha in conn.execute(consulta))


def gravar(conn: Connection, novos: Iterable[Periodo]) -> tuple[Periodo, ...]:
    """Grava períodos e dá a cada um a sua chave."""
    gravados = []
    for novo in novos:
        valores = novo._asdict()
        del valores["id"]
        chave = conn.execute(insert(tabelas.periodo).returning(_t.id), valores).scalar_one()
        gravados.append(novo._replace(id=chave))
    return tuple(gravados)


def apagar(conn: Connection, operadora_id: int, periodo_id: int) -> bool:
    """Apaga um período da operadora; falso se não há."""
    apagados = conn.execute(
        delete(tabelas.periodo).where(_t.operadora_id == operadora_id, _t.id == periodo_id)
    )
    return apagados.rowcount == 1
