TABELA = {
    "GET /cadastro": "admin",
    "POST /cadastro": "admin",
    "GET /cadastro/regras": "admin",
    "GET /cadastro/regras/{regra}": "admin",
    "POST /cadastro/regras/{regra}": "admin",
    "GET /cadastro/calendario": "admin",
    "POST /cadastro/calendario/anos": "admin",
    "GET /cadastro/calendario/novo": "admin",
    "POST /cadastro/calendario/novo": "admin",
    "POST /cadastro/calendario/{periodo}/apagar": "admin",
}
