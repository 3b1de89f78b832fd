"""A API sobre cem mil protocolos: ``python -m bench.api``; milissegundos de cada pedido inteiro.

Os pedidos são feitos à aplicação ASGI no próprio processo, um de cada vez: o que se mede é o
banco, a conferência do token, a montagem do JSON e a auditoria, e não a rede.
"""

from __future__ import annotations

import asyncio
import random
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from backoffice.api import Base, LimitesDoEnvio, criar
from backoffice.api.cursores import de_guia, de_posicao
from bench import bancos
from dominio.competencia import agora
from handlers.credenciais import Credenciais
from handlers.recepcao import Recepcao
from persistence import tokens
from persistence.alteracoes import Posicao
from persistence.banco import Banco
from persistence.consultas.guias import Lugar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fastapi import FastAPI

PROTOCOLOS = 100_000
PEDIDOS = 300
_SEMENTE = 7

_SERIE = {
    "sqlite": (
        "WITH RECURSIVE serie(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM serie WHERE n < {n}) "
    ),
    "postgresql": "WITH serie AS (SELECT generate_series(1, {n}) AS n) ",
}
_RECEBIDO = {
    "sqlite": "strftime('%Y-%m-%d %H:%M:%f000', '2026-01-01', '+' || (n * 5) || ' minutes')",
    "postgresql": "timestamptz '2026-01-01 00:00Z' + n * interval '5 minutes'",
}
_TABELAS = {
    "lote": (
        "id, operadora_id, prestador_id, numero, tipo, quantidade_guias, vivo",
        "n, 1, 1, CAST(n AS TEXT), 'guiaConsulta', 1, true",
    ),
    "protocolo": (
        """
        id, operadora_id, numero, prestador_id, tipo, lote_id, mensagem_id, versao, canal,
        status, recebido_em, data_envio, homologacao, informado, processado, liberado, glosa,
        analise_visivel, alteracao
        """,
        """
        n, 1, 10000000 + n, 1, 'lote', n, 'm', '4.03.00', 'soap', 1 + n % 5, {recebido},
        '2026-01-01', false, 10000, 0, 0, 0, false, n % 500
        """,
    ),
    "historico": (
        "protocolo_id, em, para, quem",
        "n, {recebido}, 1, 'bench'",
    ),
    "guia": (
        """
        lote_id, posicao, numero_prestador, carteira, atendimento_rn, executante_forma,
        executante_valor, data_inicio, status, informado, processado, liberado, glosa
        """,
        """
        n, 1, CAST(n AS TEXT), CAST(100000 + n % 20000 AS TEXT), 'N', 'codigo', '1',
        '2026-01-01', 1, 10000, 0, 0, 0
        """,
    ),
    "item": (
        """
        lote_id, guia_posicao, posicao, despesa, sequencial, data, tabela, codigo, quantidade,
        valor_unitario, informado, processado, liberado, glosa
        """,
        "n, 1, 1, false, 1, '2026-01-01', '22', '10101012', 10000, 10000, 10000, 0, 0, 0",
    ),
    "critica": (
        "lote_id, regra, codigo, nivel, texto",
        "n, 'guia-ja-apresentada', '1308', 'critica', 'Uma frase inventada para medir.'",
    ),
}


class Medida(NamedTuple):
    """Milissegundos de um tipo de pedido."""

    nome: str
    p50: float
    p99: float


def povoar(banco: Banco, quantos: int) -> None:
    """Cria protocolos de uma guia, direto nas tabelas."""
    dialeto = banco.dialeto
    with banco.escrita() as conn:
        if dialeto == "postgresql":
            conn.exec_driver_sql("SET LOCAL statement_timeout = 0")
        conn.exec_driver_sql(
            "INSERT INTO mensagem (id, recebida_em, canal, tamanho, sha256, integral, desfecho)"
            " VALUES ('m', CURRENT_TIMESTAMP, 'soap', 1, 'x', true, 'respondida')"
        )
        serie = _SERIE[dialeto].format(n=quantos)
        for tabela, (colunas, valores) in _TABELAS.items():
            dados = valores.format(recebido=_RECEBIDO[dialeto])
            sql = f"INSERT INTO {tabela} ({colunas}) {serie}SELECT {dados} FROM serie"  # noqa: S608
            conn.exec_driver_sql(sql.replace("%", "%%") if dialeto == "postgresql" else sql)
    with banco.escrita() as conn:
        conn.exec_driver_sql("ANALYZE")


def medir(url: str, quantos: int, pedidos: int) -> Iterator[Medida]:
    """Povoa o banco e mede cada tipo de pedido."""
    banco = Banco.abrir(url)
    try:
        povoar(banco, quantos)
        with banco.escrita() as conn:
            token = tokens.criar(
                conn, 1, nome="bench", escopos=tuple(tokens.Escopo), agora=agora(),
                validade=timedelta(hours=1), por_minuto=10**9,
            ).texto  # fmt: skip
        with ThreadPoolExecutor(2) as executor:
            recepcao = Recepcao(banco, {}, Credenciais(banco))
            base = Base(banco, executor, agora)
            aplicacao = criar(recepcao, LimitesDoEnvio(), executor, base)
            for nome, caminho in _casos(quantos).items():
                yield asyncio.run(_medir(aplicacao, nome, caminho, token, pedidos))
    finally:
        banco.fechar()


def _casos(quantos: int) -> dict[str, Callable[[random.Random], str]]:
    def cursor(sorteio: random.Random) -> str:
        return de_posicao(Posicao(sorteio.randrange(500), sorteio.randrange(quantos)))

    def numero(sorteio: random.Random) -> int:
        return 10_000_001 + sorteio.randrange(quantos)

    return {
        "página de 100, de um cursor qualquer": lambda s: f"/protocolos?cursor={cursor(s)}",
        "a mesma, de uma situação": lambda s: f"/protocolos?status=2&cursor={cursor(s)}",
        "a mesma, de uma competência": (
            lambda s: f"/protocolos?competencia=2026{s.randrange(1, 11):02d}"
        ),
        "por número": lambda s: f"/protocolos?numero={numero(s)}",
        "por número de lote": lambda s: f"/protocolos?lote={s.randrange(1, quantos)}",
        "um protocolo inteiro": lambda s: f"/protocolos/{numero(s)}",
        "guias de um protocolo": lambda s: f"/protocolos/{numero(s)}/guias",
        "página de 100 guias": (
            lambda s: f"/guias?cursor={de_guia(Lugar(s.randrange(quantos), 0))}"
        ),
    }


async def _medir(
    aplicacao: FastAPI,
    nome: str,
    caminho: Callable[[random.Random], str],
    token: str,
    pedidos: int,
) -> Medida:
    sorteio = random.Random(_SEMENTE)
    tempos = []
    for n in range(pedidos + 20):
        endereco = caminho(sorteio)
        inicio = time.perf_counter()
        await _pedir(aplicacao, endereco, token)
        if n >= 20:  # os primeiros aquecem
            tempos.append((time.perf_counter() - inicio) * 1000)
    tempos.sort()
    return Medida(nome, tempos[len(tempos) // 2], tempos[int(len(tempos) * 0.99)])


async def _pedir(aplicacao: FastAPI, endereco: str, token: str) -> None:
    caminho, _, consulta = endereco.partition("?")
    escopo: dict[str, Any] = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET",
        "scheme": "http", "path": f"/api/v1{caminho}", "raw_path": b"", "root_path": "",
        "query_string": consulta.encode(), "client": ("127.0.0.1", 1), "server": ("bench", 80),
        "headers": [(b"authorization", f"Bearer {token}".encode())],
    }  # fmt: skip
    situacoes: list[int] = []

    async def receber() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def enviar(evento: Any) -> None:
        if evento["type"] == "http.response.start":
            situacoes.append(evento["status"])

    await aplicacao(escopo, receber, enviar)
    if situacoes != [200]:
        raise click.ClickException(f"{endereco} respondeu {situacoes}")


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--protocolos", default=PROTOCOLOS, show_default=True)
@click.option("--pedidos", default=PEDIDOS, show_default=True)
def principal(protocolos: int, pedidos: int) -> None:
    """Mede a API nos dois bancos e escreve uma tabela Markdown."""
    print("| pedido | SQLite p50 ms | p99 ms | PostgreSQL p50 ms | p99 ms |")
    print("| :-- | --: | --: | --: | --: |")
    colunas: list[list[Medida]] = []
    for tipo in bancos.TIPOS:
        with bancos.fabrica(tipo) as novo:
            colunas.append(list(medir(novo(), protocolos, pedidos)))
    for sqlite, postgres in zip(*colunas, strict=True):
        valores = (sqlite.p50, sqlite.p99, postgres.p50, postgres.p99)
        print(f"| {sqlite.nome} | {' | '.join(f'{v:.1f}' for v in valores)} |")


if __name__ == "__main__":
    principal()
