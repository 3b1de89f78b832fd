TABELA = {
    "GET /pagamentos": "leitura",
    "GET /pagamentos/liberacao": "leitura",
    "POST /pagamentos/liberacao": "pagamento",
    "GET /pagamentos/previsao": "leitura",
    "GET /pagamentos/lancamentos": "leitura",
    "POST /pagamentos/lancamentos": "pagamento",
    "GET /pagamentos/novo": "pagamento",
    "POST /pagamentos/novo": "pagamento",
    "GET /pagamentos/{pagamento}": "leitura",
    "POST /pagamentos/{pagamento}/confirmacao": "pagamento",
    "POST /pagamentos/{pagamento}/cancelamento": "pagamento",
    "POST /pagamentos/{pagamento}/estorno": "pagamento",
}
