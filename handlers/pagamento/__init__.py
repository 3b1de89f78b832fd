"""Os pagamentos aos prestadores: liberar, pagar, estornar, prever e receber notas fiscais."""

from handlers.pagamento.confirmacao import cancelar, confirmar
from handlers.pagamento.criacao import criar
from handlers.pagamento.estorno import estornar
from handlers.pagamento.liberacao import liberar, prever, retirar, totais_previstos
from handlers.pagamento.montagem import ler
from handlers.pagamento.pedido import (
    Alvo,
    DoProtocolo,
    Liberado,
    PagamentoAtual,
    PedidoDePagamento,
)
from persistence.consultas.previsao import Previsto

__all__ = [
    "Alvo",
    "DoProtocolo",
    "Liberado",
    "PagamentoAtual",
    "PedidoDePagamento",
    "Previsto",
    "cancelar",
    "confirmar",
    "criar",
    "estornar",
    "ler",
    "liberar",
    "prever",
    "retirar",
    "totais_previstos",
]
