"""``INSERT .. ON CONFLICT DO NOTHING``: a unicidade do banco decide, sem estragar a transação.

No PostgreSQL a inserção espera a outra transação que tenta a mesma chave; só então se sabe.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy.dialects import postgresql, sqlite

from persistence.prontos import Pronto

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Column, Connection, Table, TextClause


class InsercaoUnica:
    """Insere uma linha numa tabela, ou nada faz se uma chave única já existe.

    Args:
        tabela: onde inserir.
        devolver: colunas da linha inserida.
        indice: colunas do índice único que pode conflitar; sem ele, qualquer um.
        onde: condição do índice, escrita como nele, quando é parcial.
    """

    def __init__(
        self,
        tabela: Table,
        devolver: Sequence[Column[Any]],
        *,
        indice: Sequence[Column[Any]] | None = None,
        onde: TextClause | None = None,
    ) -> None:
        no_postgres, no_sqlite = (
            inserir(tabela)
            .on_conflict_do_nothing(index_elements=indice, index_where=onde)
            .returning(*devolver)
            for inserir in (postgresql.insert, sqlite.insert)
        )
        self._comando = Pronto(no_postgres, sqlite=no_sqlite)

    def executar(self, conn: Connection, valores: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """Insere coluna -> valor e dá as colunas pedidas, ou ``None`` se a linha já existia."""
        return self._comando.primeira(conn, valores)
