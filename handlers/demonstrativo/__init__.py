"""Os demonstrativos: análise de conta, pagamento e pagamento odontológico."""

from __future__ import annotations

from handlers.demonstrativo.assunto import Demonstrativos
from handlers.demonstrativo.leitura import mes
from handlers.demonstrativo.modelo import (
    Demonstrativo,
    DemonstrativoAnalise,
    DemonstrativoPagamento,
    SituacaoDoPedido,
    Tipo,
)
from handlers.demonstrativo.pedido import Pedido, PedidoDeAnalise, PedidoDePagamento
from handlers.demonstrativo.saida import Emitidos, em_arquivo, emitir

__all__ = [
    "Demonstrativo",
    "DemonstrativoAnalise",
    "DemonstrativoPagamento",
    "Demonstrativos",
    "Emitidos",
    "Pedido",
    "PedidoDeAnalise",
    "PedidoDePagamento",
    "SituacaoDoPedido",
    "Tipo",
    "em_arquivo",
    "emitir",
    "mes",
]
