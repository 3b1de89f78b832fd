TABELA = {
    "GET /inicio": "admin, analise, conteudo, leitura, pagamento",
    "GET /portal": "prestador",
}
