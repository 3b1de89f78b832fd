TABELA = {
    "GET /mensagens": "leitura",
    "GET /mensagens/{id}": "conteudo",
    "GET /mensagens/{id}/pedido": "conteudo",
    "GET /mensagens/{id}/resposta": "conteudo",
    "POST /mensagens/{id}/conferir": "conteudo",
    "GET /mensagens/{id}/selo": "conteudo",
}
