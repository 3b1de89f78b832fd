"""Os comandos que fazem uma parte igual à tabela que ela compõe."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

from persistence import tabelas
from persistence.conexao_postgres import comando as executar

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, ForeignKeyConstraint

    from persistence.particoes.catalogo import Grupo

COMO_A_OUTRA = "INCLUDING DEFAULTS INCLUDING STORAGE INCLUDING COMPRESSION"

_POLITICAS = text(
    "SELECT polname, pg_get_expr(polqual, polrelid) FROM pg_policy"
    " WHERE polrelid = CAST(:tabela AS regclass) ORDER BY polname"
)


def criar(
    conn: Connection, grupo: Grupo, sufixo: str, de: int | None = None, ate: int | None = None
) -> None:
    """Faz, em todas as tabelas do grupo, a parte de um mês, ou a do resto se os meses faltam.

    As chaves estrangeiras dentro do grupo vão de parte a parte: as linhas de um lote estão todas no
    mesmo mês, conferem-se sem olhar os outros, e um mês larga-se sem os ler.
    """
    limites = "DEFAULT"
    if de is not None and ate is not None:
        limites = f"FOR VALUES FROM ({grupo.desde(de)}) TO ({grupo.desde(ate)})"
    for tabela in grupo.tabelas:
        nome = f"{tabela}_{sufixo}"
        comandos = [
            f"CREATE TABLE {nome} (LIKE {tabela} {COMO_A_OUTRA} INCLUDING CONSTRAINTS)",
            *protecao(conn, tabela, nome),
            # prender o que já existe pede uma tranca mais leve do que criá-lo preso
            f"ALTER TABLE {tabela} ATTACH PARTITION {nome} {limites}",
            *_as_irmas(grupo, tabela, sufixo),
        ]
        for comando in comandos:
            executar(conn, comando)


def protecao(conn: Connection, de: str, para: str) -> Iterator[str]:
    """As políticas de linhas de uma tabela, também noutra: uma parte lê-se como o todo."""
    politicas = conn.execute(_POLITICAS, {"tabela": de}).all()
    if politicas:
        yield f"ALTER TABLE {para} ENABLE ROW LEVEL SECURITY"
        yield f"ALTER TABLE {para} FORCE ROW LEVEL SECURITY"
    for nome, condicao in politicas:
        yield f"CREATE POLICY {nome} ON {para} USING ({condicao})"


def dentro_do_grupo(grupo: Grupo, tabela: str) -> list[ForeignKeyConstraint]:
    """As chaves estrangeiras de uma tabela que levam a outra do mesmo grupo."""
    todas = tabelas.metadados.tables[tabela].foreign_key_constraints
    return [chave for chave in todas if chave.referred_table.name in grupo.tabelas]


def _as_irmas(grupo: Grupo, tabela: str, sufixo: str) -> Iterator[str]:
    for chave in dentro_do_grupo(grupo, tabela):
        dela = ", ".join(chave.column_keys)
        da_outra = ", ".join(e.column.name for e in chave.elements)
        yield (
            f"ALTER TABLE {tabela}_{sufixo} ADD CONSTRAINT {chave.name} FOREIGN KEY ({dela})"
            f" REFERENCES {chave.referred_table.name}_{sufixo} ({da_outra})"
            " DEFERRABLE INITIALLY DEFERRED"
        )
