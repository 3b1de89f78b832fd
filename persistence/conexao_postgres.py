"""O que o PostgreSQL precisa em cada conexão e em cada retirada do conjunto de conexões."""

from __future__ import annotations

import math
import select
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DisconnectionError

if TYPE_CHECKING:
    import psycopg
    from sqlalchemy.engine import URL

OPCOES_LEITURA = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}


def argumentos(endereco: URL, limite_segundos: float) -> dict[str, Any]:
    """Argumentos de ``psycopg.connect``: limites de tempo, UTC e detecção de rede morta.

    As opções que a URL já traz valem por cima das daqui.
    """
    milissegundos = math.ceil(limite_segundos * 1000)
    opcoes = [
        "-c timezone=UTC",
        f"-c statement_timeout={milissegundos}",
        f"-c lock_timeout={milissegundos}",
    ]
    proprias = endereco.query.get("options")
    if proprias:
        opcoes.append(proprias if isinstance(proprias, str) else " ".join(proprias))
    return {
        "options": " ".join(opcoes),
        "connect_timeout": max(2, math.ceil(limite_segundos)),
        "application_name": "tiss-gateway",
        "keepalives_idle": 30,
        "keepalives_interval": 10,
        "keepalives_count": 3,
        "tcp_user_timeout": 2 * milissegundos,
    }


def conferir(conexao: psycopg.Connection[Any], registro: object, representante: object) -> None:  # noqa: ARG001
    """Recusa uma conexão guardada que o servidor já fechou, sem ir ao servidor.

    Numa conexão parada não há nada para ler; se há, é o aviso de que o servidor se foi. Custa um
    ``poll`` de microssegundos em vez da ida e volta de um ping, e basta para que o reinício do
    servidor não chegue a quem pede a conexão.

    Raises:
        DisconnectionError: para que o conjunto de conexões faça outra.
    """
    if conexao.closed:
        raise DisconnectionError("conexão fechada")
    vigia = select.poll()
    vigia.register(conexao.fileno(), select.POLLIN)
    if vigia.poll(0):
        raise DisconnectionError("o servidor falou numa conexão parada")
