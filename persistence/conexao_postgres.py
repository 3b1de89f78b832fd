"""O que o PostgreSQL precisa em cada conexão e a cada vez que se retira uma."""

from __future__ import annotations

import math
import os
import select
import uuid
from typing import TYPE_CHECKING, Any

import psycopg
from sqlalchemy import text

from persistence import direto

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.engine import URL

COMECAR_LEITURA = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
COMECAR_ESCRITA = "BEGIN"

SO_LEITURA = (
    psycopg.errors.ReadOnlySqlTransaction,
    # numa réplica, já ao pedir uma transação de escrita
    psycopg.errors.FeatureNotSupported,
)
"""O que o servidor responde a quem escreve num banco que só se lê."""

_PROVA = text("INSERT INTO posse (nome, dono, ficha, ate) VALUES (:nome, :dono, 0, now())")
_PROVA_BYTES = 32_768
"""De bytes que não se comprimem: menos caberia numa página que já existe, com o disco cheio."""


def argumentos(endereco: URL, limite_segundos: float) -> dict[str, Any]:
    """Argumentos de ``psycopg.connect``: limites de tempo, UTC e detecção de rede morta.

    As opções que a URL já traz valem por cima das daqui.
    """
    milissegundos = math.ceil(limite_segundos * 1000)
    opcoes = [
        "-c timezone=UTC",
        # compilar uma consulta de uma página custa mais do que executá-la
        "-c jit=off",
        f"-c statement_timeout={milissegundos}",
        f"-c lock_timeout={milissegundos}",
    ]
    proprias = endereco.query.get("options")
    if proprias:
        opcoes.append(proprias if isinstance(proprias, str) else " ".join(proprias))
    return {
        "options": " ".join(opcoes),
        # quem prepara é ``direto``: o psycopg, ao desfazer, esqueceria também o que não é seu
        "prepare_threshold": None,
        "connect_timeout": max(2, math.ceil(limite_segundos)),
        "application_name": "tiss-gateway",
        "keepalives_idle": 30,
        "keepalives_interval": 10,
        "keepalives_count": 3,
        "tcp_user_timeout": 2 * milissegundos,
    }


def comando(conn: Connection, sql: str) -> None:
    """Executa um comando sem valores nem resultado.

    Raises:
        psycopg.Error: o servidor recusou, ou não há servidor.
    """
    direto.de(conn).comando(sql.encode())


def experimentar(conn: Connection) -> None:
    """Grava uma linha que ocupa espaço novo, e desfaz: diz se o banco a aceitaria."""
    nome = f"prova/{uuid.uuid4().hex}"
    with conn.begin_nested() as ponto:
        conn.execute(_PROVA, {"nome": nome, "dono": os.urandom(_PROVA_BYTES).hex()})
        ponto.rollback()


def serve(conexao: psycopg.Connection[Any]) -> bool:
    """Diz se uma conexão guardada ainda é do servidor, sem ir a ele.

    Numa conexão parada não há nada para ler; se há, é o aviso de que o servidor se foi. Custa um
    ``poll`` de microssegundos em vez da ida e volta de um ping, e basta para que o reinício do
    servidor não chegue a quem pede a conexão.
    """
    if conexao.closed:
        return False
    vigia = select.poll()
    vigia.register(conexao.fileno(), select.POLLIN)
    return not vigia.poll(0)
