"""O lado da operadora de um recurso de glosa: analisar, responder, reabrir, importar respostas."""

from handlers.decisao_de_recurso.decisao import analisar, decidir, finalizar, permitidas
from handlers.decisao_de_recurso.importacao import importar, ler_csv, ler_json
from handlers.decisao_de_recurso.pedido import (
    Acao,
    Decisao,
    ParteAcatada,
    PedidoDeDecisao,
    RecursoAtual,
)
from handlers.decisao_de_recurso.reabertura import reabrir

__all__ = [
    "Acao",
    "Decisao",
    "ParteAcatada",
    "PedidoDeDecisao",
    "RecursoAtual",
    "analisar",
    "decidir",
    "finalizar",
    "importar",
    "ler_csv",
    "ler_json",
    "permitidas",
    "reabrir",
]
