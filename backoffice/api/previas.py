"""``GET /api/v1/pagamentos/{pagamento}/previa``: a prévia de um pagamento, também impressa."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from backoffice import rotulos
from backoffice.api import formas
from backoffice.api import formas_de_pagamento as f
from backoffice.api.autorizacao import ComLeitura
from backoffice.api.base import da
from backoffice.api.chaves import ler_chave
from backoffice.api.impressos import RESPOSTAS, FormatoDeImpresso, em_folha, qual_formato
from backoffice.api.operacoes import consultar
from backoffice.api.pagamentos import com_recebedor
from backoffice.impressos import previa as folha
from dominio.competencia import dia
from handlers import pagamento as casos
from handlers.pagamento import montagem

if TYPE_CHECKING:
    from handlers.pagamento import PagamentoAtual
    from persistence.consultas.pagamentos import Recebedor
    from persistence.operadoras import Operadora

rotas = APIRouter(tags=["impressos"])


@rotas.get(
    "/pagamentos/{pagamento}/previa",
    response_model=f.PagamentoInteiro,
    responses=RESPOSTAS,
    summary="Prévia de um pagamento",
)
async def previa(
    pedido: Request,
    pagamento: str,
    quem: ComLeitura,
    campos: Annotated[FormatoDeImpresso, Query()],
) -> Response:
    """Bases, retenções, lotes com a taxa administrativa, débitos e créditos de um pagamento."""
    chave = ler_chave(pagamento, "pagamento")
    atual, recebedor = await consultar(
        pedido, lambda conn: com_recebedor(conn, quem, casos.ler(conn, quem.operadora.id, chave))
    )
    formato = qual_formato(pedido, campos.formato)
    if formato == "json":
        return formas.resposta(f.inteiro(atual, recebedor, quem.operadora.largura_protocolo))
    hoje = dia(da(pedido).relogio())
    pronta = folha.montar(quem.operadora, previa_de(quem.operadora, atual, recebedor), hoje)
    return await em_folha(pedido, [pronta], formato)


def previa_de(operadora: Operadora, atual: PagamentoAtual, recebedor: Recebedor) -> folha.Previa:
    """O que a folha da prévia diz de um pagamento."""
    largura = operadora.largura_protocolo
    return folha.Previa(
        atual,
        recebedor,
        f.situacao(atual.pagamento.estado, atual.nota),
        tuple(
            (
                rotulos.numero(lote.protocolo, largura),
                lote.lote,
                rotulos.tipo_guia(lote.tipo) or lote.tipo,
                lote.valores.informado,
                lote.valores.glosa,
                lote.valores.liberado,
                taxa,
            )
            for lote, taxa in zip(atual.protocolos, montagem.taxas(atual), strict=True)
        ),
    )
