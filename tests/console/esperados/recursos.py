TABELA = {
    "GET /recursos": "leitura",
    "GET /recursos/{numero}": "leitura",
    "POST /recursos/{numero}/analise": "analise",
    "POST /recursos/{numero}/decisoes": "analise",
    "POST /recursos/{numero}/finalizacao": "analise",
    "POST /recursos/{numero}/reabertura": "analise",
}
