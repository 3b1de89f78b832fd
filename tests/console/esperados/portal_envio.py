TABELA = {
    "GET /portal/envio": "prestador",
    "POST /portal/envio": "prestador",
    "GET /portal/envio/{mensagem}": "prestador",
}
