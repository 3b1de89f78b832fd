TABELA = {
    "GET /configuracao": "admin",
    "GET /configuracao/trabalhos": "admin",
    "GET /configuracao/versoes": "admin",
    "GET /configuracao/auditoria": "admin",
}
