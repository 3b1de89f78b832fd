TABELA = {
    "GET /prestadores": "admin",
    "GET /prestadores/novo": "admin",
    "POST /prestadores/novo": "admin",
    "GET /prestadores/{codigo}": "admin",
    "GET /prestadores/{codigo}/editar": "admin",
    "POST /prestadores/{codigo}/editar": "admin",
    "POST /prestadores/{codigo}/logins": "admin",
    "POST /prestadores/{codigo}/logins/revogar": "admin",
    "GET /prestadores/{codigo}/homologacao": "admin",
    "POST /prestadores/{codigo}/homologacao": "admin",
}
