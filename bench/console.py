"""As listas do console sobre cem mil lotes: ``python -m bench.console``.

O banco enche-se por ``bench.operadora_cheia``, e as páginas pedem-se à aplicação ASGI no próprio
processo, uma de cada vez, com a sessão de quem pode tudo na operadora e com a do seu maior
prestador. Ao lado do tempo vai o que viaja na primeira vez: a página mais o estilo, o programa e
o htmx, estes em gzip.
"""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import click
from sqlalchemy import insert

from backoffice.console import RAIZ, Casa, criar, estaticos
from backoffice.console.pendencias import TERMOS
from bench import bancos, operadora_cheia
from bench.casos import CNPJ
from dominio.competencia import agora, dia
from handlers.credenciais import Credenciais
from handlers.recepcao import Recepcao
from persistence import sessoes, tabelas
from persistence.banco import Banco
from persistence.tokens import Escopo

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection
    from starlette.applications import Starlette

PROTOCOLOS = 100_000
PEDIDOS = 30
_AQUECEM = 3
_DA_OPERADORA = {
    "início": "/inicio",
    "lotes": "/lotes",
    "lotes, continuados": "/lotes?antes=10100000",
    "lotes, de uma situação": "/lotes?situacao=3",
    "lotes, de uma situação rara": "/lotes?situacao=10",
    "lotes, de um prestador": "/lotes?prestador=700010",
    "lotes, de um prestador e situação": "/lotes?prestador=700010&situacao=1",
    "lotes, de um mês": "/lotes?de={mes}&ate={fim}",
    "lotes, de homologação": "/lotes?homologacao=sim",
    "lotes, por qualquer número": "/lotes?busca=50000",
    "guias": "/guias",
    "guias, de um prestador": "/guias?prestador=700010",
    "guias, de uma carteira": "/guias?beneficiario=100777",
    "guias, por um nome que não há": "/guias?beneficiario=Fulano",
    "guias, por número": "/guias?guia=50000",
    "análise": "/analise",
    "análise, de um prestador": "/analise?prestador=700010",
    "liberação": "/pagamentos/liberacao",
    "liberação, de um prestador": "/pagamentos/liberacao?prestador=700010",
    "liberados": "/pagamentos/liberacao?quais=liberados",
    "previsão": "/pagamentos/previsao",
    "previsão, continuada": "/pagamentos/previsao?passadas=5000",
    "pagamento novo": "/pagamentos/novo",
    "pagamento novo, do maior": "/pagamentos/novo?prestador=013950",
    "pagamentos": "/pagamentos",
    "pagamentos, de um estado": "/pagamentos?estado=previsto",
    "pagamentos, de um prestador": "/pagamentos?prestador=700010",
    "mensagens": "/mensagens",
    "mensagens recusadas": "/mensagens?desfecho=recusada",
    "mensagens, por um erro raro": "/mensagens?erro=hash&prestador=700010",
    "mensagens, de um prestador": "/mensagens?prestador=700010",
    "mensagens, de um serviço que não há": "/mensagens?servico=tissCancelaGuia",
    "recursos": "/recursos",
    "recursos, por um número": "/recursos?recurso=10199999",
    "recursos, por uma palavra": "/recursos?busca=laudo",
    "recursos, de um prestador": "/recursos?prestador=700010",
    "recados": "/recados",
    "notas": "/notas",
    "notas, de um prestador": "/notas?prestador=700010",
    "prestadores": "/prestadores",
    "prestadores ativos": "/prestadores?ativo=sim",
    "acessos": "/acesso",
    "acessos de prestadores": "/acesso/prestadores",
    "tokens": "/acesso/tokens",
    "calendário": "/cadastro/calendario",
    "regras": "/cadastro/regras",
    "cobrança": "/cadastro/cobranca",
    "preços": "/cadastro/precos",
    "anexos": "/cadastro/anexos",
    "webhooks": "/webhooks",
    "trabalhos": "/configuracao/trabalhos",
}
_DO_PRESTADOR = {
    "início": "/portal",
    "lotes": "/portal/lotes",
    "lotes, de uma situação": "/portal/lotes?situacao=6",
    "guias": "/portal/guias",
    "guias, por número": "/portal/guias?guia=50000",
    "guias, por um nome que não há": "/portal/guias?beneficiario=Fulano",
    "recursos": "/portal/recursos",
    "recurso novo": "/portal/recursos/novo",
    "demonstrativos": "/portal/demonstrativos",
    "notas": "/portal/notas",
    "envio": "/portal/envio",
}


class Medida(NamedTuple):
    """Uma página; milissegundos e bytes."""

    nome: str
    p50: float
    p99: float
    primeira: int


def medir(url: str, quantos: int, pedidos: int) -> Iterator[Medida]:
    """Povoa o banco e mede cada lista, da operadora e do seu maior prestador."""
    banco = Banco.abrir(url)
    try:
        operadora_cheia.povoar(banco, quantos)
        operadora_cheia.manter(banco)
        hoje = dia(agora())
        mes = {"mes": hoje - timedelta(days=90), "fim": hoje - timedelta(days=60)}
        fixos = sum(len(arquivo.comprimido) for arquivo in estaticos.todos().values())
        with ThreadPoolExecutor(2) as executor:
            recepcao = Recepcao(banco, {}, Credenciais(banco))
            aplicacao = criar(Casa(banco, executor, agora, recepcao))
            for cookie, quem, paginas in (
                (_da_operadora(banco), "", _DA_OPERADORA),
                (_do_prestador(banco), "portal: ", _DO_PRESTADOR),
            ):
                for nome, caminho in paginas.items():
                    pedida = caminho.format(**mes)
                    medida = asyncio.run(_medir(aplicacao, quem + nome, pedida, cookie, pedidos))
                    yield medida._replace(primeira=medida.primeira + fixos)
    finally:
        banco.fechar()


def _da_operadora(banco: Banco) -> str:
    with banco.escrita() as conn:
        usuario_id = conn.execute(
            insert(tabelas.usuario)
            .values(
                operadora_id=1, email="bench@operadora.exemplo.br", nome="Bench",
                escopos=sorted(Escopo), ativo=True, criado_em=agora(), trocada_em=agora(),
            )
            .returning(tabelas.usuario.c.id)
        ).scalar_one()  # fmt: skip
        return _sessao(conn, usuario_id=usuario_id)


def _do_prestador(banco: Banco) -> str:
    with banco.escrita() as conn:
        conta_id = conn.execute(
            insert(tabelas.conta_prestador)
            .values(
                login=CNPJ, tipo="cnpj", nome="Bench", email="bench@prestador.exemplo.br",
                ativo=True, criado_em=agora(), trocada_em=agora(), termos=TERMOS,
                termos_em=agora(),
            )
            .returning(tabelas.conta_prestador.c.id)
        ).scalar_one()  # fmt: skip
        acesso_id = conn.execute(
            insert(tabelas.acesso_conta)
            .values(
                conta_id=conta_id, operadora_id=1, prestador_id=1, ativo=True, criado_em=agora()
            )
            .returning(tabelas.acesso_conta.c.id)
        ).scalar_one()
        return _sessao(conn, conta_id=conta_id, acesso_id=acesso_id)


def _sessao(conn: Connection, **de_quem: int) -> str:
    texto = sessoes.criar(conn, **de_quem, confirmada=True, endereco="127.0.0.1", agora=agora())
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
    """Mede as listas do console e escreve uma tabela Markdown, com um par de colunas por banco."""
    quais: tuple[bancos.Tipo, ...] = tipos or bancos.TIPOS  # type: ignore[assignment]
    print(
        f"| página |{''.join(f' {tipo} p50 ms | p99 ms |' for tipo in quais)} primeira vez, bytes |"
    )
    print(f"| :-- |{' --: | --: |' * len(quais)} --: |")
    colunas: list[list[Medida]] = []
    for tipo in quais:
        with bancos.fabrica(tipo) as novo:
            colunas.append(list(medir(novo(), protocolos, pedidos)))
    for linha in zip(*colunas, strict=True):
        tempos = "".join(f" {um.p50:.1f} | {um.p99:.1f} |" for um in linha)
        print(f"| {linha[0].nome} |{tempos} {max(um.primeira for um in linha):,} |")


if __name__ == "__main__":
    principal()
