"""As listas do console sobre cem mil lotes: ``python -m bench.console``.

O banco enche-se como o de ``bench.api``, e as páginas pedem-se à aplicação ASGI no próprio
processo, uma de cada vez, com a sessão de quem pode tudo. Ao lado do tempo vai o que viaja na
primeira vez: a página mais o estilo, o programa e o htmx, estes em gzip.
"""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple

import click
from sqlalchemy import insert

from backoffice.console import RAIZ, Casa, criar, estaticos
from bench import bancos
from bench.api import PROTOCOLOS, povoar
from dominio.competencia import agora
from handlers.credenciais import Credenciais
from handlers.recepcao import Recepcao
from persistence import sessoes, tabelas
from persistence.banco import Banco
from persistence.tokens import Escopo

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.applications import Starlette

PEDIDOS = 30
_AQUECEM = 3
_LISTAS = {
    "início": "/inicio",
    "lotes": "/lotes",
    "lotes, de uma situação": "/lotes?situacao=3",
    "lotes, por qualquer número": "/lotes?busca=10050000",
    "guias": "/guias",
    "análise": "/analise",
    "liberação": "/pagamentos/liberacao",
    "pagamento novo": "/pagamentos/novo",
    "pagamentos": "/pagamentos",
    "mensagens": "/mensagens",
    "recursos": "/recursos",
    "recados": "/recados",
    "notas": "/notas",
    "prestadores": "/prestadores",
    "previsão": "/pagamentos/previsao",
}


class Medida(NamedTuple):
    """Uma página; milissegundos e bytes."""

    nome: str
    p50: float
    p99: float
    primeira: int


def medir(url: str, quantos: int, pedidos: int) -> Iterator[Medida]:
    """Povoa o banco e mede cada lista."""
    banco = Banco.abrir(url)
    try:
        povoar(banco, quantos)
        cookie = _entrar(banco)
        fixos = sum(len(arquivo.comprimido) for arquivo in estaticos.todos().values())
        with ThreadPoolExecutor(2) as executor:
            recepcao = Recepcao(banco, {}, Credenciais(banco))
            aplicacao = criar(Casa(banco, executor, agora, recepcao))
            for nome, caminho in _LISTAS.items():
                medida = asyncio.run(_medir(aplicacao, nome, caminho, cookie, pedidos))
                yield medida._replace(primeira=medida.primeira + fixos)
    finally:
        banco.fechar()


def _entrar(banco: Banco) -> str:
    with banco.escrita() as conn:
        usuario_id = conn.execute(
            insert(tabelas.usuario)
            .values(
                operadora_id=1, email="bench@operadora.exemplo.br", nome="Bench",
                escopos=sorted(Escopo), ativo=True, criado_em=agora(), trocada_em=agora(),
            )
            .returning(tabelas.usuario.c.id)
        ).scalar_one()  # fmt: skip
        texto = sessoes.criar(
            conn, usuario_id=usuario_id, confirmada=True, endereco="127.0.0.1", agora=agora()
        )
    return f"tiss-sessao={texto}"


async def _medir(
    aplicacao: Starlette, nome: str, caminho: str, cookie: str, pedidos: int
) -> Medida:
    tempos: list[float] = []
    tamanho = 0
    for n in range(pedidos + _AQUECEM):
        inicio = time.perf_counter()
        tamanho = await _pedir(aplicacao, caminho, cookie)
        if n >= _AQUECEM:
            tempos.append((time.perf_counter() - inicio) * 1000)
    tempos.sort()
    p99 = tempos[int(len(tempos) * 0.99)]
    return Medida(nome, tempos[len(tempos) // 2], p99, tamanho)


async def _pedir(aplicacao: Starlette, endereco: str, cookie: str) -> int:
    caminho, _, consulta = endereco.partition("?")
    escopo: dict[str, Any] = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET",
        "scheme": "http", "path": f"{RAIZ}{caminho}", "raw_path": b"", "root_path": "",
        "query_string": consulta.encode(), "client": ("127.0.0.1", 1), "server": ("bench", 80),
        "headers": [(b"host", b"bench"), (b"cookie", cookie.encode())],
    }  # fmt: skip
    situacoes: list[int] = []
    bytes_: list[int] = []

    async def receber() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def enviar(evento: Any) -> None:
        if evento["type"] == "http.response.start":
            situacoes.append(evento["status"])
        else:
            bytes_.append(len(evento.get("body", b"")))

    await aplicacao(escopo, receber, enviar)
    if situacoes != [200]:
        raise click.ClickException(f"{endereco} respondeu {situacoes}")
    return sum(bytes_)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--protocolos", default=PROTOCOLOS, show_default=True)
@click.option("--pedidos", default=PEDIDOS, show_default=True)
@click.option("--banco", "tipos", multiple=True, type=click.Choice(bancos.TIPOS))
def principal(protocolos: int, pedidos: int, tipos: tuple[str, ...]) -> None:
    """Mede as listas do console e escreve uma tabela Markdown por banco."""
    for tipo in tipos or bancos.TIPOS:
        print(f"\n{tipo}\n\n| página | p50 ms | p99 ms | primeira vez, bytes |")
        print("| :-- | --: | --: | --: |")
        with bancos.fabrica(tipo) as novo:  # type: ignore[arg-type]
            for um in medir(novo(), protocolos, pedidos):
                print(f"| {um.nome} | {um.p50:.1f} | {um.p99:.1f} | {um.primeira:,} |", flush=True)


if __name__ == "__main__":
    principal()
