TABELA = {
    "GET /portal/lotes": "prestador",
    "POST /portal/avisos/lidos": "prestador",
    "GET /portal/lotes/{numero}": "prestador",
    "GET /portal/lotes/{numero}/guias/{posicao}": "prestador",
    "GET /portal/lotes/{numero}/criticas": "prestador",
    "GET /portal/lotes/{numero}/historico": "prestador",
    "GET /portal/lotes/{numero}/documentos": "prestador",
    "GET /portal/lotes/{numero}/documentos/{documento}": "prestador",
    "GET /portal/lotes/{numero}/capa": "prestador",
    "GET /portal/lotes/{numero}/relatorio": "prestador",
    "POST /portal/lotes/{numero}/cancelar": "prestador",
    "POST /portal/lotes/{numero}/guias/{posicao}/cancelar": "prestador",
}
