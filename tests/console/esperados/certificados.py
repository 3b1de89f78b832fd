TABELA = {
    "GET /cadastro/certificados": "admin",
    "POST /cadastro/certificados": "admin",
    "POST /cadastro/certificados/tirar": "admin",
    "GET /cadastro/confianca": "admin",
    "POST /cadastro/confianca": "admin",
    "POST /cadastro/confianca/tirar": "admin",
    "POST /cadastro/confianca/listas": "admin",
    "POST /cadastro/confianca/buscar": "admin",
    "GET /cadastro/assinaturas": "admin",
    "POST /cadastro/assinaturas": "admin",
}
