TABELA = {
    "GET /portal/demonstrativos": "prestador",
    "GET /portal/demonstrativos/analise": "prestador",
    "GET /portal/demonstrativos/pagamento": "prestador",
}
