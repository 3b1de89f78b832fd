"""Os limites de mensagens por prestador e o balde em que os processos somam o que já passou.

Um balde é um só instante: aquele em que volta a estar cheio. Cada mensagem o adia pelo tempo que o
limite lhe dá, e quando ele passa de uma rajada à frente de agora não sobra nenhuma.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import BigInteger, bindparam, cast, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from persistence import tabelas
from persistence.prontos import Pronto

if TYPE_CHECKING:
    from typing import Any

    from sqlalchemy import ColumnElement, Connection

_MINUTO_US = 60_000_000
_l = tabelas.limite
_b = tabelas.balde


class Limite(NamedTuple):
    """Quantas mensagens se aceitam.

    Attributes:
        por_minuto: com o tempo; 0 é sem limite.
        rajada: de uma vez, com o balde cheio.
    """

    por_minuto: int
    rajada: int

    @property
    def intervalo_us(self) -> int:
        """Microssegundos que o limite dá a cada mensagem."""
        return _MINUTO_US // self.por_minuto


class LimiteDito(NamedTuple):
    """Um limite do cadastro.

    Attributes:
        operadora_id: de quem é.
        prestador_id: para quem vale; ausente, para os que não têm o seu.
        limite: quanto.
    """

    operadora_id: int
    prestador_id: int | None
    limite: Limite


_TODOS = Pronto(select(_l.c.operadora_id, _l.c.prestador_id, _l.c.por_minuto, _l.c.rajada))


def de_todas(conn: Connection) -> list[LimiteDito]:
    """Os limites ditos por todas as operadoras, que são poucos: cada processo os lembra."""
    return [LimiteDito(o, p, Limite(m, r)) for o, p, m, r in _TODOS.linhas(conn)]


def da_operadora(conn: Connection, operadora_id: int) -> list[tuple[str | None, Limite]]:
    """Os limites ditos por uma operadora: o dela, sem código, e os dos prestadores por código."""
    prestador = tabelas.prestador
    linhas = conn.execute(
        select(prestador.c.codigo, _l.c.por_minuto, _l.c.rajada)
        .select_from(_l.outerjoin(prestador, prestador.c.id == _l.c.prestador_id))
        .where(_l.c.operadora_id == operadora_id)
        .order_by(func.coalesce(prestador.c.codigo, ""))
    )
    return [(codigo, Limite(m, r)) for codigo, m, r in linhas]


def definir(
    conn: Connection, operadora_id: int, prestador_id: int | None, limite: Limite | None
) -> None:
    """Troca o limite de uma operadora ou de um prestador dela; sem limite dito, tira-o."""
    conn.execute(
        delete(_l).where(
            _l.c.operadora_id == operadora_id,
            _l.c.prestador_id.is_(None)
            if prestador_id is None
            else _l.c.prestador_id == prestador_id,
        )
    )
    if limite is not None:
        valores = {"operadora_id": operadora_id, "prestador_id": prestador_id}
        conn.execute(_l.insert().values(**valores, **limite._asdict()))


def _adiar(maior: Any, menor: Any) -> dict[str, ColumnElement[int]]:
    agora = cast(bindparam("agora"), BigInteger)
    # um relógio que andou para trás, ou o de outro nó, não prende ninguém além de duas rajadas
    teto = agora + 2 * cast(bindparam("cabe"), BigInteger)
    return {
        "cheio_em": menor(maior(_b.c.cheio_em, agora), teto) + cast(bindparam("mais"), BigInteger)
    }


def _somar(inserir: Any, maior: Any, menor: Any) -> Any:
    valores: dict[str, Any] = {
        c: bindparam(f"p_{c}") for c in ("prestador_id", "operadora_id", "cheio_em")
    }
    return (
        inserir(_b)
        .values(**valores)
        .on_conflict_do_update(index_elements=[_b.c.prestador_id], set_=_adiar(maior, menor))
        .returning(_b.c.cheio_em)
    )


_SOMAR = Pronto(
    _somar(postgresql.insert, func.greatest, func.least),
    sqlite=_somar(sqlite.insert, func.max, func.min),
)


def gastar(
    conn: Connection,
    operadora_id: int,
    prestador_id: int,
    *,
    mensagens: int,
    limite: Limite,
    agora_us: int,
) -> int:
    """Tira do balde de um prestador mensagens que um processo já deixou passar.

    Args:
        conn: transação de escrita.
        operadora_id: a do prestador.
        prestador_id: de quem é o balde.
        mensagens: quantas.
        limite: o que vale para ele, com mensagens por minuto.
        agora_us: instante Unix em microssegundos.

    Returns:
        Microssegundos até haver lugar para outra; 0 se já há.
    """
    mais = mensagens * limite.intervalo_us
    cabe = limite.rajada * limite.intervalo_us
    linha = _SOMAR.primeira(
        conn,
        {
            "p_prestador_id": prestador_id,
            "p_operadora_id": operadora_id,
            "p_cheio_em": agora_us + mais,
            "agora": agora_us,
            "cabe": cabe,
            "mais": mais,
        },
    )
    assert linha is not None  # noqa: S101 - insere ou muda
    return max(0, int(linha[0]) - agora_us - cabe)
