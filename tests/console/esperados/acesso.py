TABELA = {
    "GET /acesso": "admin",
    "POST /acesso/usuarios": "admin",
    "POST /acesso/usuarios/{usuario}": "admin",
    "GET /acesso/prestadores": "admin",
    "POST /acesso/prestadores": "admin",
    "POST /acesso/prestadores/{acesso}/tirar": "admin",
    "GET /acesso/tokens": "admin",
    "POST /acesso/tokens": "admin",
    "POST /acesso/tokens/{prefixo}/revogar": "admin",
}
