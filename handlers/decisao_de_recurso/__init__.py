"""O lado da operadora de um recurso de glosa: analisar, responder, reabrir, importar respostas."""

from handlers.decisao_de_recurso.decisao import analisar, decidir
from handlers.decisao_de_recurso.importacao import importar, ler_csv
from handlers.decisao_de_recurso.pedido import (
    Decisao,
    ParteAcatada,
    PedidoDeDecisao,
    RecursoAtual,
)
from handlers.decisao_de_recurso.reabertura import reabrir

__all__ = [
    "Decisao",
    "ParteAcatada",
    "PedidoDeDecisao",
    "RecursoAtual",
    "analisar",
    "decidir",
    "importar",
    "ler_csv",
    "reabrir",
]
