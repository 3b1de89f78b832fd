"""``/api/v1/pagamentos``: criar, ver a prévia, confirmar, cancelar e estornar."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from backoffice.api import cursores, formas, listas, planilhas
from backoffice.api import formas_de_pagamento as f
from backoffice.api.autorizacao import ComLeitura, ComPagamento
from backoffice.api.base import da
from backoffice.api.campos import Dia, Texto
from backoffice.api.chaves import ler_chave
from backoffice.api.etiquetas import Chave, IfMatch, etiqueta, visto
from backoffice.api.formas import Forma, Prestador, Reais
from backoffice.api.operacoes import autor, consultar, fazer
from dominio.pagamento import EstadoPagamento
from handlers import pagamento as casos
from handlers.pagamento import montagem
from persistence.consultas import pagamentos as consultas

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from backoffice.api.base import Quem
    from handlers.pagamento import PagamentoAtual
    from persistence.consultas.pagamentos import Linha, Recebedor

rotas = APIRouter(tags=["pagamentos"])


class Filtros(listas.PedidoDeLista):
    """Os filtros da lista de pagamentos."""

    prestador: Texto | None = Field(None, description="Código na operadora.")
    estado: list[EstadoPagamento] = Field([], max_length=4, description="Repita para mais de um.")
    de: Dia | None = Field(None, description="Pela data paga ou, até lá, pela prevista.")
    ate: Dia | None = None


class PagamentoNaLista(Forma):
    """Um pagamento na lista; o líquido do previsto está na sua prévia."""

    id: int
    prestador: Prestador
    estado: str
    situacao: str
    data_prevista: date
    data_pagamento: date | None
    bruto: Reais
    liquido: Reais | None
    revisao: int


class Pagamentos(Forma):
    """Uma página, do mais novo ao mais velho."""

    pagamentos: list[PagamentoNaLista]
    proximo: str | None
    ha_mais: bool


_TITULOS = (
    "Pagamento", "Código do prestador", "Prestador", "Situação", "Data prevista",
    "Data do pagamento", "Valor bruto", "Valor líquido",
)  # fmt: skip


@rotas.get("/pagamentos", response_model=Pagamentos, summary="Pagamentos")
async def listar(
    pedido: Request, quem: ComLeitura, campos: Annotated[Filtros, Query()]
) -> Response:
    """Os pagamentos da operadora, do mais novo ao mais velho."""
    listas.conferir_operadora(quem, campos.operadora)
    antes = None if campos.cursor is None else cursores.PAGAMENTO.ler(campos.cursor)
    limite = listas.quantas(pedido, campos)
    filtro = consultas.Filtro(campos.prestador, tuple(campos.estado), campos.de, campos.ate)
    lidas = await da(pedido).ler(
        lambda conn: consultas.listar(
            conn, quem.operadora.id, filtro, antes_de=antes, limite=limite + 1
        )
    )
    mostradas, ha_mais = [_na_lista(linha) for linha in lidas[:limite]], len(lidas) > limite
    proximo = cursores.PAGAMENTO.escrever(mostradas[-1].id) if ha_mais else None
    ligacao = listas.ligacao(pedido, proximo or "", ha_mais=ha_mais)
    if listas.quer_planilha(pedido, campos.formato):
        linhas = (
            (
                p.id, p.prestador.codigo, p.prestador.nome, p.situacao, p.data_prevista,
                p.data_pagamento, p.bruto, p.liquido,
            )
            for p in mostradas
        )  # fmt: skip
        return planilhas.resposta("pagamentos", _TITULOS, linhas, ligacao)
    pronta = Pagamentos(pagamentos=mostradas, proximo=proximo, ha_mais=ha_mais)
    return formas.resposta(pronta, ligacao)


@rotas.post("/pagamentos", response_model=f.PagamentoInteiro, summary="Criar um pagamento")
async def criar(
    pedido: Request, quem: ComPagamento, corpo: f.PagamentoPedido, chave: Chave
) -> Response:
    """Prende guias liberadas num pagamento por confirmar, e dá a prévia dele."""
    feito = casos.PedidoDePagamento(
        chave,
        corpo.prestador,
        corpo.data_prevista,
        corpo.forma,
        f.alvos(corpo.protocolos),
        corpo.banco,
        corpo.agencia,
        corpo.conta,
        tuple(f.desconto(d) for d in corpo.descontos),
    )
    return await _fazer(
        pedido,
        quem,
        lambda conn: casos.criar(conn, quem.operadora.id, feito, autor(pedido, quem)),
    )


@rotas.get(
    "/pagamentos/{pagamento}", response_model=f.PagamentoInteiro, summary="Um pagamento inteiro"
)
async def ler(pedido: Request, pagamento: str, quem: ComLeitura) -> Response:
    """Um pagamento; enquanto previsto, a sua prévia, com as retenções que se farão."""
    chave = ler_chave(pagamento, "pagamento")
    atual, recebedor = await consultar(
        pedido,
        lambda conn: com_recebedor(conn, quem, casos.ler(conn, quem.operadora.id, chave)),
    )
    return _resposta(quem, atual, recebedor)


@rotas.post(
    "/pagamentos/{pagamento}/confirmacao",
    response_model=f.PagamentoInteiro,
    summary="Confirmar um pagamento",
)
async def confirmar(
    pedido: Request,
    pagamento: str,
    quem: ComPagamento,
    corpo: f.Confirmacao,
    if_match: IfMatch = None,
) -> Response:
    """Diz que se pagou: as guias passam a 6; exige `If-Match` com o ETag do pagamento.

    Confirmar de novo com a mesma data responde o mesmo, sem nada mudar.
    """
    chave, revisao = ler_chave(pagamento, "pagamento"), visto(if_match)
    return await _fazer(
        pedido,
        quem,
        lambda conn: casos.confirmar(
            conn,
            quem.operadora.id,
            chave,
            autor(pedido, quem),
            data=corpo.data,
            revisao=revisao,
        ),
    )


@rotas.post(
    "/pagamentos/{pagamento}/cancelamento",
    response_model=f.PagamentoInteiro,
    summary="Cancelar um pagamento previsto",
)
async def cancelar(
    pedido: Request,
    pagamento: str,
    quem: ComPagamento,
    corpo: f.Cancelamento,
    if_match: IfMatch = None,
) -> Response:
    """Desfaz um pagamento que não se confirmou; as guias podem ir a outro. Exige `If-Match`."""
    chave, revisao = ler_chave(pagamento, "pagamento"), visto(if_match)
    return await _fazer(
        pedido,
        quem,
        lambda conn: casos.cancelar(
            conn,
            quem.operadora.id,
            chave,
            autor(pedido, quem),
            motivo=corpo.motivo,
            revisao=revisao,
        ),
    )


@rotas.post(
    "/pagamentos/{pagamento}/estorno",
    response_model=f.PagamentoInteiro,
    summary="Estornar um pagamento",
)
async def estornar(
    pedido: Request,
    pagamento: str,
    quem: ComPagamento,
    corpo: f.Estorno,
    if_match: IfMatch = None,
) -> Response:
    """Desfaz o que se pagou, inteiro ou em partes; as guias voltam a 3. Exige `If-Match`.

    O valor vira um débito 08 no próximo pagamento do prestador.
    """
    chave, revisao = ler_chave(pagamento, "pagamento"), visto(if_match)
    ditos = None if corpo.protocolos is None else f.alvos(corpo.protocolos)
    return await _fazer(
        pedido,
        quem,
        lambda conn: casos.estornar(
            conn,
            quem.operadora.id,
            chave,
            autor(pedido, quem),
            motivo=corpo.motivo,
            alvos=ditos,
            revisao=revisao,
        ),
    )


async def _fazer(
    pedido: Request, quem: Quem, acao: Callable[[Connection], PagamentoAtual]
) -> Response:
    atual, recebedor = await fazer(pedido, quem, lambda conn: com_recebedor(conn, quem, acao(conn)))
    return _resposta(quem, atual, recebedor)


def com_recebedor(
    conn: Connection, quem: Quem, atual: PagamentoAtual
) -> tuple[PagamentoAtual, Recebedor]:
    """Um pagamento com o prestador a quem se paga."""
    chave = atual.pagamento.prestador_id
    return atual, consultas.recebedores(conn, quem.operadora.id, [chave])[chave]


def _resposta(quem: Quem, atual: PagamentoAtual, recebedor: Recebedor) -> Response:
    pronto = f.inteiro(atual, recebedor, quem.operadora.largura_protocolo)
    return formas.resposta(pronto, {"ETag": etiqueta(atual.pagamento.revisao)})


def _na_lista(linha: Linha) -> PagamentoNaLista:
    nota = montagem.estado_da_nota(linha.nota, exigida=linha.exige_nota)
    previsto = linha.estado is EstadoPagamento.PREVISTO
    return PagamentoNaLista(
        id=linha.id,
        prestador=Prestador(codigo=linha.prestador_codigo, nome=linha.prestador_nome),
        estado=linha.estado.value,
        situacao=f.situacao(linha.estado, nota),
        data_prevista=linha.data_prevista,
        data_pagamento=linha.data,
        bruto=linha.bruto,
        liquido=None if previsto else linha.bruto - linha.debitos + linha.creditos,
        revisao=linha.revisao,
    )
