TABELA = {"GET /guias": "leitura", "GET /portal/guias": "prestador"}
