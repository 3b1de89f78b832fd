"""A capa e o relatório de um lote e a declaração de INSS; e como uma folha se responde."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from backoffice import rotulos
from backoffice.api import formas
from backoffice.api.autorizacao import ComLeitura
from backoffice.api.base import Acesso, Quem, da
from backoffice.api.campos import Competencia, Pedido, Texto
from backoffice.api.chaves import ler_numero
from backoffice.api.formas import Forma, Instante, Prestador, Reais, Situacao, Valores
from backoffice.api.guias import Beneficiario
from backoffice.api.problemas import nao_ha
from backoffice.impressos import html, inss, pdf
from backoffice.impressos import lote as do_lote
from dominio.competencia import competencia, dia
from dominio.pagamento import TipoLancamento
from handlers.demonstrativo import mes
from persistence.consultas import impressos as consultas

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Connection

    from backoffice.impressos.folha import Folha
    from persistence.consultas.impressos import GuiaImpressa, LoteImpresso
    from persistence.operadoras import Operadora

rotas = APIRouter(tags=["impressos"])

PDF, HTML = "application/pdf", "text/html; charset=utf-8"
_POR_ACCEPT = {
    "application/pdf": "pdf",
    "text/html": "html",
    "application/xml": "xml",
    "text/xml": "xml",
}
_DE_NOME = re.compile(r"[^A-Za-z0-9._-]+")

RESPOSTAS: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/pdf": {}, "text/html": {}}, "description": "O que se pediu."}
}
"""Os conteúdos que um impresso tem além do JSON, para o OpenAPI."""


class FormatoDeImpresso(Pedido):
    """Como se quer um impresso."""

    formato: Literal["json", "html", "pdf"] | None = Field(
        None, description="Sem ele, vale o cabeçalho Accept; sem nenhum, JSON."
    )


class PedidoDeInss(FormatoDeImpresso):
    """De quem e de que mês é a declaração."""

    prestador: Texto = Field(description="Código na operadora.")
    competencia: Competencia = Field(description="Mês dos pagamentos, AAAAMM ou MM/AAAA.")


class Totais(Forma):
    """O resumo da capa."""

    guias_apresentadas: int
    guias_com_glosas: int
    itens_apresentados: int
    itens_com_glosas: int


class GuiaDaCapa(Forma):
    """Uma guia na capa."""

    numero_guia_prestador: str
    numero_guia_operadora: str | None
    senha: str | None
    beneficiario: Beneficiario
    data: date | None
    situacao: Situacao
    valores: Valores


class Capa(Forma):
    """O que a capa e o relatório de um lote dizem."""

    numero_protocolo: str
    numero_lote_prestador: str | None
    data_protocolo: date
    competencia: str
    tipo_guia: str | None
    prestador: Prestador
    situacao: Situacao
    totais: Totais
    valores: Valores
    guias: list[GuiaDaCapa]


class Retida(Forma):
    """Uma retenção de um pagamento."""

    pagamento: str
    data: date
    base: Reais
    descricao: str
    valor: Reais
    estornado_em: Instante | None


class Declaracao(Forma):
    """As retenções de INSS de um prestador num mês."""

    prestador: Prestador
    competencia: str
    base: Reais
    retido: Reais
    retidas: list[Retida]


@rotas.get(
    "/protocolos/{numero}/capa", response_model=Capa, responses=RESPOSTAS, summary="Capa do lote"
)
async def capa(
    pedido: Request, numero: str, quem: ComLeitura, campos: Annotated[FormatoDeImpresso, Query()]
) -> Response:
    """A capa de um lote, que vai com os documentos em papel."""
    return await _do_lote(pedido, numero, quem, campos.formato, do_lote.capa)


@rotas.get(
    "/protocolos/{numero}/relatorio",
    response_model=Capa,
    responses=RESPOSTAS,
    summary="Relatório do lote",
)
async def relatorio(
    pedido: Request, numero: str, quem: ComLeitura, campos: Annotated[FormatoDeImpresso, Query()]
) -> Response:
    """O relatório de um lote, com os itens e as críticas; em JSON é o que a capa diz."""
    return await _do_lote(pedido, numero, quem, campos.formato, do_lote.relatorio)


@rotas.get(
    "/demonstrativos/inss",
    response_model=Declaracao,
    responses=RESPOSTAS,
    summary="Retenções de INSS num mês",
)
async def declaracao_de_inss(
    pedido: Request, quem: ComLeitura, campos: Annotated[PedidoDeInss, Query()]
) -> Response:
    """As retenções de INSS dos pagamentos feitos a um prestador num mês."""
    inicio, fim = mes(campos.competencia)
    operadora_id = quem.operadora.id

    def ler(conn: Connection) -> inss.Declaracao | None:
        prestador = consultas.prestador(conn, operadora_id, campos.prestador)
        if prestador is None:
            return None
        retidas = consultas.retidas(
            conn, operadora_id, prestador.id, TipoLancamento.INSS, inicio=inicio, fim=fim
        )
        return inss.Declaracao(prestador, campos.competencia, retidas)

    base = da(pedido)
    lida = await base.ler(ler)
    if lida is None:
        raise nao_ha("prestador")
    formato = qual_formato(pedido, campos.formato)
    if formato != "json":
        folha = inss.montar(quem.operadora, lida, dia(base.relogio()))
        return await em_folha(pedido, [folha], formato)
    return formas.resposta(
        Declaracao(
            prestador=Prestador(codigo=lida.prestador.codigo, nome=lida.prestador.nome),
            competencia=lida.competencia,
            base=lida.base,
            retido=lida.retido,
            retidas=[
                Retida(
                    pagamento=str(r.pagamento_id),
                    data=r.data,
                    base=r.base,
                    descricao=r.descricao,
                    valor=r.valor,
                    estornado_em=r.estornado_em,
                )
                for r in lida.retidas
            ],
        )
    )


def qual_formato(pedido: Request, dito: str | None) -> str:
    """O formato pedido no campo ou, sem ele, no cabeçalho Accept; senão, JSON."""
    if dito is not None:
        return dito
    primeiro = pedido.headers.get("accept", "").split(",")[0].split(";")[0].strip().lower()
    return _POR_ACCEPT.get(primeiro, "json")


async def em_folha(pedido: Request, folhas: Sequence[Folha], formato: str) -> Response:
    """As folhas em ``html`` ou ``pdf``; fazem-se numa thread, que muitas páginas demoram."""
    if formato == "pdf":
        dados = await da(pedido).fazer(lambda: pdf.escrever(folhas))
        return Response(
            dados,
            media_type=PDF,
            headers={
                "Content-Disposition": f'inline; filename="{nome_de_arquivo(folhas[0].nome)}.pdf"',
                "Cache-Control": "no-store",
                "X-Content-Type-Options": "nosniff",
            },
        )
    dados = await da(pedido).fazer(lambda: html.escrever(folhas))
    return Response(
        dados, media_type=HTML, headers={"Cache-Control": "no-store", **html.CABECALHOS}
    )


def nome_de_arquivo(texto: str) -> str:
    """Um nome que serve num cabeçalho e num disco."""
    return _DE_NOME.sub("-", texto)


async def _do_lote(
    pedido: Request,
    numero: str,
    quem: Quem,
    formato_dito: str | None,
    montar: Callable[[Operadora, LoteImpresso, date], Folha],
) -> Response:
    chave = ler_numero(numero)
    base = da(pedido)
    lido = await base.ler(lambda conn: consultas.lote(conn, quem.operadora.id, chave))
    if lido is None:
        raise nao_ha("lote")
    carteiras = frozenset(impressa.guia.beneficiario.carteira for impressa in lido.guias)
    formato = qual_formato(pedido, formato_dito)
    detalhes = {"impresso": montar.__name__, "formato": formato}
    await base.auditar(quem, Acesso("ler", "protocolo", str(chave), carteiras, detalhes))
    if formato != "json":
        folha = montar(quem.operadora, lido, dia(base.relogio()))
        return await em_folha(pedido, [folha], formato)
    return formas.resposta(_capa(lido, quem.operadora.largura_protocolo))


def _capa(lido: LoteImpresso, largura: int) -> Capa:
    p = lido.protocolo
    recebido = dia(p.recebido_em)
    return Capa(
        numero_protocolo=rotulos.numero(p.numero, largura),
        numero_lote_prestador=p.lote_numero,
        data_protocolo=recebido,
        competencia=competencia(recebido),
        tipo_guia=p.lote_tipo,
        prestador=Prestador(codigo=lido.prestador.codigo, nome=lido.prestador.nome),
        situacao=formas.situacao(p.status),
        totais=Totais(
            guias_apresentadas=len(lido.guias),
            guias_com_glosas=lido.guias_com_glosas,
            itens_apresentados=lido.itens,
            itens_com_glosas=lido.itens_com_glosas,
        ),
        valores=formas.valores(p),
        guias=[_guia(impressa) for impressa in lido.guias],
    )


def _guia(impressa: GuiaImpressa) -> GuiaDaCapa:
    guia = impressa.guia
    return GuiaDaCapa(
        numero_guia_prestador=guia.numero_prestador,
        numero_guia_operadora=guia.numero_operadora,
        senha=guia.senha,
        beneficiario=Beneficiario(carteira=guia.beneficiario.carteira, nome=impressa.nome),
        data=guia.data_inicio or guia.data_realizacao,
        situacao=formas.situacao(guia.status),
        valores=formas.valores(guia),
    )
