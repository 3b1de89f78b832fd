TABELA = {
    "GET /portal/notas": "prestador",
    "GET /portal/notas/{pagamento}": "prestador",
    "POST /portal/notas/{pagamento}": "prestador",
    "POST /portal/notas/{pagamento}/{nota}/enviar": "prestador",
    "POST /portal/notas/{pagamento}/{nota}/excluir": "prestador",
    "GET /portal/notas/{pagamento}/{nota}/arquivo": "prestador",
}
