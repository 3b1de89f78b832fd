"""A análise das contas: resultados, finalização e reabertura, pela própria operadora."""

from handlers.analise.descarte import descartar
from handlers.analise.finalizacao import finalizar, reabrir
from handlers.analise.pedido import (
    AnaliseAtual,
    PedidoDeDescarte,
    PedidoDeFinalizacao,
    PedidoDeRegistro,
    QualGuia,
    ResultadoDeGuia,
    ResultadoDeItem,
)
from handlers.analise.registro import registrar

__all__ = [
    "AnaliseAtual",
    "PedidoDeDescarte",
    "PedidoDeFinalizacao",
    "PedidoDeRegistro",
    "QualGuia",
    "ResultadoDeGuia",
    "ResultadoDeItem",
    "descartar",
    "finalizar",
    "reabrir",
    "registrar",
]
