TABELA = {
    "GET /notas": "leitura",
    "POST /notas/{nota}/decisao": "pagamento",
    "GET /notas/{nota}/arquivo": "conteudo",
}
