TABELA = {
    "GET /analise": "leitura",
    "GET /analise/{numero}": "leitura",
    "POST /analise/{numero}": "analise",
    "POST /analise/{numero}/automatica": "analise",
    "POST /analise/{numero}/descarte": "analise",
    "POST /analise/{numero}/finalizacao": "analise",
    "POST /analise/{numero}/reabertura": "analise",
    "GET /analise/{numero}/guias/{posicao}": "leitura",
    "POST /analise/{numero}/guias/{posicao}": "analise",
    "POST /analise/{numero}/guias/{posicao}/descarte": "analise",
}
