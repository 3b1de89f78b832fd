"""A análise das contas: resultados, finalização e reabertura, pela própria operadora."""

from handlers.analise.finalizacao import finalizar, reabrir
from handlers.analise.pedido import (
    AnaliseAtual,
    PedidoDeFinalizacao,
    PedidoDeRegistro,
    QualGuia,
    ResultadoDeGuia,
    ResultadoDeItem,
)
from handlers.analise.registro import registrar

__all__ = [
    "AnaliseAtual",
    "PedidoDeFinalizacao",
    "PedidoDeRegistro",
    "QualGuia",
    "ResultadoDeGuia",
    "ResultadoDeItem",
    "finalizar",
    "reabrir",
    "registrar",
]
