TABELA = {
    "GET /portal/recursos": "prestador",
    "GET /portal/recursos/{numero}": "prestador",
    "GET /portal/recursos/novo": "prestador",
    "GET /portal/recursos/novo/{numero}": "prestador",
    "POST /portal/recursos/novo/{numero}": "prestador",
    "GET /portal/rascunhos/{rascunho}": "prestador",
    "POST /portal/rascunhos/{rascunho}/enviar": "prestador",
    "POST /portal/rascunhos/{rascunho}/apagar": "prestador",
    "POST /portal/rascunhos/{rascunho}/anexos": "prestador",
    "GET /portal/rascunhos/{rascunho}/anexos/{anexo}": "prestador",
    "POST /portal/rascunhos/{rascunho}/anexos/{anexo}/tirar": "prestador",
}
