TABELA = {
    "GET /recados": "leitura",
    "GET /lotes/{numero}/recados": "leitura",
    "POST /lotes/{numero}/recados": "analise",
    "POST /lotes/{numero}/recados/lidos": "analise",
    "GET /lotes/{numero}/recados/anexos/{anexo}": "conteudo",
    "GET /portal/lotes/{numero}/recados": "prestador",
    "POST /portal/lotes/{numero}/recados": "prestador",
    "POST /portal/lotes/{numero}/recados/lidos": "prestador",
    "GET /portal/lotes/{numero}/recados/anexos/{anexo}": "prestador",
}
