"""As tabelas, para SQLite e PostgreSQL.

Valores em reais são centavos (sufixo nenhum, tipo ``_reais``); quantidades e fatores são inteiros
escalados; instantes são UTC. Toda chave estrangeira só é conferida no commit: a mensagem que dá
origem a um protocolo é arquivada por último, na mesma transação.
"""

from persistence.tabelas.acesso import (
    acerto_login,
    acesso_operadora,
    acesso_prestador,
    certificado_prestador,
    cota_endereco,
)
from persistence.tabelas.analise import (
    analise,
    analise_apontamento,
    analise_registro,
    glosa,
    politica_cobranca,
    preco,
    regra_analise,
    resultado_guia,
    resultado_item,
)
from persistence.tabelas.arquivo import execucao, mensagem, repasse_em_curso
from persistence.tabelas.auditoria import auditoria, auditoria_titular, segredo, token_api
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
from persistence.tabelas.calendario import periodo
from persistence.tabelas.cobranca import nota_arquivo, pedido_feito, recado, recado_anexo
from persistence.tabelas.confianca import certificado_confiavel, lcr, revogado
from persistence.tabelas.console import (
    acesso_conta,
    conta_prestador,
    convite_prestador,
    segundo_fator,
    sessao,
)
from persistence.tabelas.demonstrativos import demonstrativo
from persistence.tabelas.documentos import documento
from persistence.tabelas.limites import balde, esquema_compativel, limite
from persistence.tabelas.lotes import critica, guia, historico, item, lote, protocolo
from persistence.tabelas.pagamento import (
    lancamento,
    nota_fiscal,
    pagamento,
    pagamento_parte,
    retencao,
)
from persistence.tabelas.particoes import particao_largada
from persistence.tabelas.recurso import (
    politica_anexo,
    recurso,
    recurso_anexo,
    recurso_linha,
    recurso_parcela,
    recurso_rascunho,
)
from persistence.tabelas.relatorios import relatorio
from persistence.tabelas.selos import chave, folha, selo
from persistence.tabelas.trabalhos import posse, trabalho
from persistence.tabelas.usuarios import convite, usuario
from persistence.tabelas.webhooks import entrega, webhook

__all__ = [
    "acerto_login",
    "acesso_conta",
    "acesso_operadora",
    "acesso_prestador",
    "analise",
    "analise_apontamento",
    "analise_registro",
    "auditoria",
    "auditoria_titular",
    "balde",
    "beneficiario",
    "certificado_confiavel",
    "certificado_prestador",
    "chave",
    "conta_prestador",
    "convite",
    "convite_prestador",
    "cota_endereco",
    "credencial",
    "critica",
    "demonstrativo",
    "documento",
    "entrega",
    "envia_por",
    "esquema_compativel",
    "execucao",
    "folha",
    "glosa",
    "guia",
    "historico",
    "item",
    "lancamento",
    "lcr",
    "limite",
    "lote",
    "mensagem",
    "metadados",
    "nota_arquivo",
    "nota_fiscal",
    "operadora",
    "pagamento",
    "pagamento_parte",
    "particao_largada",
    "pedido_feito",
    "periodo",
    "politica_anexo",
    "politica_cobranca",
    "posse",
    "preco",
    "prestador",
    "protocolo",
    "recado",
    "recado_anexo",
    "recurso",
    "recurso_anexo",
    "recurso_linha",
    "recurso_parcela",
    "recurso_rascunho",
    "regra_ajuste",
    "regra_analise",
    "relatorio",
    "repasse_em_curso",
    "resultado_guia",
    "resultado_item",
    "retencao",
    "revogado",
    "segredo",
    "segundo_fator",
    "selo",
    "serie",
    "sessao",
    "tentativa_login",
    "token_api",
    "trabalho",
    "usuario",
    "webhook",
]
