"""As tabelas, para SQLite e PostgreSQL.

Valores em reais são centavos (sufixo nenhum, tipo ``_reais``); quantidades e fatores são inteiros
escalados; instantes são UTC. Toda chave estrangeira só é conferida no commit: a mensagem que dá
origem a um protocolo é arquivada por último, na mesma transação.
"""

from persistence.tabelas.arquivo import execucao, mensagem, repasse_em_curso
from persistence.tabelas.base import metadados
from persistence.tabelas.cadastro import (
    beneficiario,
    credencial,
    envia_por,
    operadora,
    prestador,
    regra_ajuste,
    serie,
    tentativa_login,
)
from persistence.tabelas.lotes import critica, guia, historico, item, lote, protocolo

__all__ = [
    "beneficiario",
    "credencial",
    "critica",
    "envia_por",
    "execucao",
    "guia",
    "historico",
    "item",
    "lote",
    "mensagem",
    "metadados",
    "operadora",
    "prestador",
    "protocolo",
    "regra_ajuste",
    "repasse_em_curso",
    "serie",
    "tentativa_login",
]
