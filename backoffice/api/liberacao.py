"""``/api/v1/protocolos/{numero}/liberacao``, ``/previsao`` e ``/lancamentos``."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from backoffice import rotulos
from backoffice.api import formas, listas, planilhas
from backoffice.api import formas_de_pagamento as f
from backoffice.api.autorizacao import ComLeitura, ComPagamento
from backoffice.api.base import da
from backoffice.api.campos import Pedido, Texto
from backoffice.api.chaves import ler_numero
from backoffice.api.etiquetas import Chave, IfMatch, visto
from backoffice.api.formas import Forma, Prestador, Reais, Situacao
from backoffice.api.operacoes import autor, exigir_alteracao, fazer
from backoffice.api.problemas import nao_ha
from dominio.competencia import dia
from dominio.dinheiro import ZERO
from dominio.situacao import StatusProtocolo
from handlers import pagamento as casos
from handlers.pagamento import avulsos
from persistence import lancamentos
from persistence.consultas import pagamentos as consultas

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from backoffice.api.base import Quem
    from handlers.pagamento import Liberado, Previsto
    from persistence.consultas.pagamentos import Recebedor
    from persistence.lancamentos import Lancamento

rotas = APIRouter(tags=["pagamentos"])


class ProtocoloLiberado(Forma):
    """Um protocolo liberado, ou de que a liberação se retirou."""

    numero_protocolo: str
    situacao: Situacao
    data_prevista: date | None
    valor_liberado: Reais


class FiltroDaPrevisao(listas.Formato):
    """De quem é a previsão."""

    prestador: Texto | None = Field(None, description="Código na operadora.")


class LinhaPrevista(Forma):
    """O que se espera pagar de um protocolo liberado."""

    data_prevista: date
    prestador: Prestador
    numero_protocolo: str
    numero_lote_prestador: str
    situacao: Situacao
    valor_liberado: Reais
    pagamento: int | None


class TotalPrevisto(Forma):
    """O que se espera pagar num dia."""

    data_prevista: date
    valor_liberado: Reais


class Previsao(Forma):
    """O que se espera pagar, e a soma de cada dia."""

    linhas: list[LinhaPrevista]
    totais: list[TotalPrevisto]


class LancamentoDito(f.DescontoDito):
    """Um débito ou crédito para o próximo pagamento de um prestador."""

    prestador: Texto = Field(description="Código na operadora.")


class FiltroDeLancamentos(Pedido):
    """De quem são."""

    prestador: Texto = Field(description="Código na operadora.")


class Lancamentos(Forma):
    """Os que esperam o próximo pagamento de um prestador."""

    lancamentos: list[f.LancamentoFeito]


_TITULOS = (
    "Data prevista", "Código do prestador", "Prestador", "Protocolo", "Lote do prestador",
    "Valor liberado", "Pagamento",
)  # fmt: skip


@rotas.post(
    "/protocolos/{numero}/liberacao", response_model=ProtocoloLiberado, summary="Liberar um lote"
)
async def liberar(
    pedido: Request, numero: str, quem: ComPagamento, if_match: IfMatch = None
) -> Response:
    """Passa um lote analisado (5) a liberado para pagamento (3).

    Exige `If-Match` com o ETag do protocolo. Liberar o já liberado responde o mesmo.
    """
    chave, lida = ler_numero(numero), visto(if_match)

    def acao(conn: Connection) -> Liberado:
        exigir_alteracao(conn, quem, chave, lida)
        return casos.liberar(conn, quem.operadora.id, chave, autor(pedido, quem))

    return _liberado(quem, await fazer(pedido, quem, acao))


@rotas.post(
    "/protocolos/{numero}/liberacao/retirada",
    response_model=ProtocoloLiberado,
    summary="Retirar a liberação",
)
async def retirar(
    pedido: Request,
    numero: str,
    quem: ComPagamento,
    corpo: f.Cancelamento,
    if_match: IfMatch = None,
) -> Response:
    """Volta um lote liberado, e ainda em nenhum pagamento, a analisado (5). Exige `If-Match`."""
    chave, lida = ler_numero(numero), visto(if_match)

    def acao(conn: Connection) -> Liberado:
        exigir_alteracao(conn, quem, chave, lida)
        quando = autor(pedido, quem)
        return casos.retirar(conn, quem.operadora.id, chave, quando, motivo=corpo.motivo)

    return _liberado(quem, await fazer(pedido, quem, acao))


@rotas.get("/previsao", response_model=Previsao, summary="Previsão de pagamentos")
async def prever(
    pedido: Request, quem: ComLeitura, campos: Annotated[FiltroDaPrevisao, Query()]
) -> Response:
    """O que se espera pagar dos protocolos liberados (3): o valor liberado, por data."""
    base = da(pedido)
    hoje = dia(base.relogio())

    def ler(conn: Connection) -> tuple[Sequence[Previsto], dict[int, Recebedor]] | None:
        prestador_id = None
        if campos.prestador is not None:
            prestador_id = consultas.chave_do_prestador(conn, quem.operadora.id, campos.prestador)
            if prestador_id is None:
                return None
        previstos = casos.prever(conn, quem.operadora.id, hoje, prestador_id=prestador_id)
        ids = [p.prestador_id for p in previstos]
        return previstos, consultas.recebedores(conn, quem.operadora.id, ids)

    lidos = await base.ler(ler)
    if lidos is None:
        raise nao_ha("prestador")
    linhas = [_prevista(quem, p, lidos[1][p.prestador_id]) for p in lidos[0]]
    if listas.quer_planilha(pedido, campos.formato):
        celulas = (
            (
                x.data_prevista, x.prestador.codigo, x.prestador.nome, x.numero_protocolo,
                x.numero_lote_prestador, x.valor_liberado, x.pagamento,
            )
            for x in linhas
        )  # fmt: skip
        return planilhas.resposta("previsao", _TITULOS, celulas, {})
    somas: dict[date, list[LinhaPrevista]] = {}
    for linha in linhas:
        somas.setdefault(linha.data_prevista, []).append(linha)
    totais = [
        TotalPrevisto(
            data_prevista=data, valor_liberado=sum((x.valor_liberado for x in delas), ZERO)
        )
        for data, delas in somas.items()
    ]
    return formas.resposta(Previsao(linhas=linhas, totais=totais))


@rotas.get("/lancamentos", response_model=Lancamentos, summary="Débitos e créditos à espera")
async def pendentes(
    pedido: Request, quem: ComLeitura, campos: Annotated[FiltroDeLancamentos, Query()]
) -> Response:
    """Os débitos e créditos que esperam o próximo pagamento de um prestador."""

    def ler(conn: Connection) -> Sequence[Lancamento] | None:
        chave = consultas.chave_do_prestador(conn, quem.operadora.id, campos.prestador)
        return None if chave is None else lancamentos.pendentes(conn, quem.operadora.id, chave)

    lidos = await da(pedido).ler(ler)
    if lidos is None:
        raise nao_ha("prestador")
    return formas.resposta(Lancamentos(lancamentos=[f.lancamento(x) for x in lidos]))


@rotas.post("/lancamentos", response_model=Lancamentos, summary="Lançar um débito ou crédito")
async def lancar(
    pedido: Request, quem: ComPagamento, corpo: LancamentoDito, chave: Chave
) -> Response:
    """Põe um débito ou crédito à espera do próximo pagamento do prestador."""
    lidos = await fazer(
        pedido,
        quem,
        lambda conn: avulsos.lancar(
            conn,
            quem.operadora.id,
            corpo.prestador,
            f.desconto(corpo),
            autor(pedido, quem),
            chave=chave,
        ),
    )
    return formas.resposta(Lancamentos(lancamentos=[f.lancamento(x) for x in lidos]))


def _liberado(quem: Quem, feito: Liberado) -> Response:
    return formas.resposta(
        ProtocoloLiberado(
            numero_protocolo=rotulos.numero(feito.protocolo, quem.operadora.largura_protocolo),
            situacao=formas.situacao(feito.status),
            data_prevista=feito.data_prevista,
            valor_liberado=feito.liberado,
        )
    )


def _prevista(quem: Quem, p: Previsto, recebedor: Recebedor) -> LinhaPrevista:
    return LinhaPrevista(
        data_prevista=p.data,
        prestador=Prestador(codigo=recebedor.codigo, nome=recebedor.nome),
        numero_protocolo=rotulos.numero(p.protocolo, quem.operadora.largura_protocolo),
        numero_lote_prestador=p.lote,
        situacao=formas.situacao(StatusProtocolo.LIBERADO),
        valor_liberado=p.liberado,
        pagamento=p.pagamento_id,
    )
