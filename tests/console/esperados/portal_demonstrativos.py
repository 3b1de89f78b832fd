TABELA = {
    "GET /portal/demonstrativos/inss": "prestador",
    "GET /portal/demonstrativos/glosas": "prestador",
    "GET /portal/demonstrativos": "prestador",
    "GET /portal/demonstrativos/analise": "prestador",
    "GET /portal/demonstrativos/pagamento": "prestador",
}
