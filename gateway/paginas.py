"""Os endereços que não são de serviço: página pública, saúde e métricas."""

from __future__ import annotations

from contextlib import suppress
from html import escape
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DatabaseError
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

import tiss_xsd
from dominio.competencia import agora
from dominio.transacoes import TRANSACOES, Transacao
from gateway import confianca, enderecos, metricas
from gateway.origem import Origem
from gateway.trabalhos import medidas
from persistence import operadoras
from persistence.erros import BancoIndisponivel
from persistence.esquema import estado

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from starlette.requests import Request

    from gateway.secoes.servidor import Servidor
    from persistence.banco import Banco

_MODELO = Template(files("gateway").joinpath("modelos/inicio.html").read_text("utf-8"))
_SEGURANCA = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def criar(
    banco: Banco,
    servidor: Servidor,
    oferecidos: frozenset[str],
    dias_de_aviso: int = 30,
    vencem: Mapping[str, datetime] | None = None,
) -> Starlette:
    """Aplicação dos endereços públicos que não são SOAP.

    Args:
        banco: para a saúde e os nomes das operadoras.
        servidor: endereço público.
        oferecidos: serviços que têm assunto.
        dias_de_aviso: antes do vencimento de um certificado em que a saúde o diz.
        vencem: quando vence cada certificado deste gateway.
    """
    origem = Origem(servidor)

    def inicio(pedido: Request) -> Response:
        base = origem.base(pedido.scope)
        try:
            with banco.leitura() as conn:
                nomes = [(o.registro_ans, o.nome) for o in operadoras.listar(conn)]
        except (BancoIndisponivel, DatabaseError):
            # sem banco, ou com um ainda sem tabelas, a página ainda diz os endereços
            nomes = []
        return HTMLResponse(_pagina(base, nomes, oferecidos), headers=_SEGURANCA)

    def vivo(_pedido: Request) -> Response:
        return JSONResponse({"situacao": "vivo"})

    def pronto(_pedido: Request) -> Response:
        motivos, avisos = _do_banco(banco)
        situacao = "pronto" if not motivos else "indisponível"
        corpo: dict[str, Any] = {"situacao": situacao, "motivos": motivos}
        if not motivos:
            # o que vence avisa quem vigia, e não tira o gateway do ar
            corpo["avisos"] = [
                *avisos,
                *confianca.avisos(banco, agora(), dias_de_aviso, vencem or {}),
            ]
        return JSONResponse(corpo, status_code=503 if motivos else 200)

    def expor_metricas(_pedido: Request) -> Response:
        with suppress(BancoIndisponivel, DatabaseError):
            confianca.medir(banco, agora(), vencem or {})
        medidas.atualizar(banco)
        corpo, tipo = metricas.texto()
        return Response(corpo, headers={"Content-Type": tipo})

    def nao_achado(_pedido: Request, _erro: Exception) -> Response:
        return PlainTextResponse("Não encontrado.\n", status_code=404)

    aplicacao = Starlette(
        routes=[
            Route("/", inicio),
            Route("/tiss", inicio),
            Route("/tiss/", inicio),
            Route("/health/live", vivo),
            Route("/health/ready", pronto),
            Route("/metrics", expor_metricas),
        ],
        exception_handlers={404: nao_achado},
    )
    # um redirecionamento repetiria o Host de quem pede, que pode ser qualquer um
    aplicacao.router.redirect_slashes = False
    return aplicacao


def _do_banco(banco: Banco) -> tuple[list[str], list[str]]:
    """Por que não se pode atender, e o que se deve saber ainda que se possa."""
    try:
        if not banco.vivo():
            raise BancoIndisponivel
        if not banco.escreve():
            return ["o banco de dados não aceita escritas"], []
        esquema = estado(banco)
    except BancoIndisponivel:
        return ["o banco de dados não responde"], []
    if not esquema.serve:
        return ["o banco de dados não está na versão deste programa"], []
    avisos = []
    if esquema.mais_novo:
        avisos.append("o banco de dados já é de um programa mais novo")
    elif not esquema.em_dia:
        avisos.append("o banco de dados espera por db upgrade --fase depois")
    if banco.replica is not None and not banco.replica.serve():
        avisos.append("a réplica não responde ou está atrasada; lê-se só do principal")
    return [], avisos


def _pagina(base: str, nomes: list[tuple[str, str]], oferecidos: frozenset[str]) -> str:
    itens = "".join(f"<li>{escape(r)}: {escape(n)}</li>" for r, n in nomes)
    return _MODELO.substitute(
        base=escape(base),
        versao=tiss_xsd.versoes()[-1],
        operadoras=f"<ul>{itens}</ul>" if itens else "<p>Nenhuma cadastrada.</p>",
        servicos="\n".join(_linha(base, t, t.servico in oferecidos) for t in TRANSACOES),
    )


def _linha(base: str, transacao: Transacao, oferecido: bool) -> str:
    ligacoes = "".join(
        f'<a href="{escape(base + enderecos.proprio(transacao, v))}?wsdl">{v}</a>'
        for v in reversed(tiss_xsd.versoes())
        if transacao.utilizavel_em(v)
    )
    situacao = "oferecido" if oferecido else "não oferecido"
    return f"<tr><td>{transacao.servico}</td><td>{situacao}</td><td>{ligacoes}</td></tr>"
