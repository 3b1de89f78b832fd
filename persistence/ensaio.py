"""Um banco em que se escreve sem que nada fique, para executar outra vez o que já se executou."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import delete

from persistence import tabelas
from persistence.banco import Banco, nao_cifrar

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection


class _Desfazer(Exception):
    """Faz uma transação que deu certo terminar desfeita."""


class BancoDeEnsaio(Banco):
    """As mesmas conexões de outro banco; toda escrita é desfeita ao terminar.

    Do que se escreve nada fica, salvo os números que uma sequência do PostgreSQL já deu. Quem o
    usa não o fecha: as conexões são do outro.

    Args:
        banco: o de verdade.
        sha256: digest de uma mensagem que dentro das escritas é como se nunca se tivesse
            executado.
    """

    def __init__(self, banco: Banco, sha256: str) -> None:
        self._banco = banco
        self._sha256 = sha256
        super().__init__(banco._de_ler, banco._de_escrever)  # noqa: SLF001 - a mesma casa

    @property
    def cifra(self) -> None:
        """Nenhuma: o que se desfaz não há de precisar das chaves."""

    @contextmanager
    def escrita(self) -> Iterator[Connection]:
        """Uma transação que se desfaz, termine como terminar.

        Raises:
            BancoIndisponivel: se o banco não atendeu.
        """
        x = tabelas.execucao
        try:
            with self._banco.escrita() as conn:
                nao_cifrar(conn)
                conn.execute(delete(x).where(x.c.sha256 == self._sha256))
                yield conn
                raise _Desfazer
        except _Desfazer:
            return
