"""Bancos só da medição: um SQLite em pasta temporária ou um PostgreSQL próprio, já cadastrados."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from bench.casos import CNPJ, CODIGO, LOGIN, REGISTRO_ANS, SENHA
from handlers.credenciais import verificador
from persistence import esquema, operadoras, prestadores
from persistence.banco import Banco

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Tipo = Literal["sqlite", "postgresql"]
TIPOS: tuple[Tipo, ...] = ("sqlite", "postgresql")


class SemBanco(Exception):
    """Não há como ter um banco desse tipo nesta máquina; a mensagem diz por quê."""


@contextmanager
def fabrica(tipo: Tipo) -> Iterator[Callable[[], str]]:
    """Dá uma função que cria bancos migrados, com uma operadora e um prestador; ao sair, apaga-os.

    Raises:
        SemBanco: se não há PostgreSQL que se possa usar.
    """
    if tipo == "sqlite":
        with tempfile.TemporaryDirectory(prefix="tiss-bench-") as pasta:
            yield lambda: _cadastrado(f"sqlite:///{_arquivo_novo(Path(pasta))}")
        return
    # o mesmo PostgreSQL próprio dos testes
    from tests.integration import banco_de_teste  # noqa: PLC0415 - só quem mede nele precisa

    try:
        servidor = banco_de_teste.abrir()
    except banco_de_teste.SemPostgres as motivo:
        raise SemBanco(str(motivo)) from None
    try:
        yield lambda: _cadastrado(servidor.nova_base())
    finally:
        servidor.encerrar()


def _arquivo_novo(pasta: Path) -> Path:
    return pasta / f"{len(list(pasta.glob('*.db')))}.db"


def _cadastrado(url: str) -> str:
    banco = Banco.abrir(url)
    try:
        esquema.atualizar(banco)
        with banco.escrita() as conn:
            operadora = operadoras.adicionar(
                conn, registro_ans=REGISTRO_ANS, cnpj="45123987000170", nome="Operadora Inventada"
            )
            prestador = prestadores.adicionar(
                conn, operadora.id, codigo=CODIGO, nome="Hospital Inventado", cnpj=CNPJ
            )
            prestadores.adicionar_credencial(conn, prestador, LOGIN, verificador(SENHA))
    finally:
        banco.fechar()
    return url
