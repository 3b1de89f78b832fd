TABELA = {
    "GET /lotes": "leitura",
    "GET /lotes/{numero}": "leitura",
    "GET /lotes/{numero}/guias/{posicao}": "leitura",
    "GET /lotes/{numero}/criticas": "leitura",
    "GET /lotes/{numero}/historico": "leitura",
    "GET /lotes/{numero}/documentos": "leitura",
    "GET /lotes/{numero}/documentos/{documento}": "conteudo",
    "GET /lotes/{numero}/capa": "leitura",
    "GET /lotes/{numero}/relatorio": "leitura",
    "POST /lotes/{numero}/situacao": "analise",
}
