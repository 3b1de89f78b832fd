TABELA = {
    "GET /guias": "leitura",
    "GET /guias/em-branco": "leitura",
    "GET /portal/guias": "prestador",
    "GET /portal/guias/em-branco": "prestador",
}
