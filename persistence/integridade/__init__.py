"""O banco confere consigo mesmo: somas, históricos, selos e folhas, e linhas sem o seu par.

Cada verificação é uma consulta que só devolve o que está errado, lida à medida que chega: um banco
grande não enche a memória de quem o confere. O que os bytes do arquivo provam é de
``gateway.arquivo.conferencia``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from persistence.integridade import (
    arquivo,
    documentos,
    historias,
    orfaos,
    pagamentos,
    particoes,
    somas,
)
from persistence.integridade.verificacao import Achado, aplicar

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from persistence.arquivos import Arquivos
    from persistence.banco import Banco

__all__ = ["VERIFICACOES", "Achado", "conferir", "do_banco"]

VERIFICACOES = (
    *orfaos.VERIFICACOES,
    *somas.VERIFICACOES,
    *historias.VERIFICACOES,
    *pagamentos.VERIFICACOES,
    *arquivo.VERIFICACOES,
)


def conferir(banco: Banco, arquivos: Arquivos) -> Iterator[Achado]:
    """O que não confere, no banco e entre ele e o depósito.

    Args:
        banco: com o esquema em dia; pode estar em uso.
        arquivos: o depósito dos documentos.

    Raises:
        BancoIndisponivel: o banco não atendeu.
        OSError: o depósito não se pôde ler.
    """
    with banco.leitura() as conn:
        if banco.dialeto == "postgresql":
            # conferir um banco grande dura mais do que um comando do dia a dia
            conn.exec_driver_sql("SET LOCAL statement_timeout = 0")
        yield from do_banco(conn)
    yield from documentos.conferir(banco, arquivos)


def do_banco(conn: Connection) -> Iterator[Achado]:
    """O que não confere entre as linhas, tudo sobre a mesma fotografia do banco."""
    for verificacao in VERIFICACOES:
        yield from aplicar(conn, verificacao)
    yield from particoes.conferir(conn)
