TABELA = {
    "GET /webhooks": "admin",
    "POST /webhooks": "admin",
    "GET /webhooks/{webhook}": "admin",
    "POST /webhooks/{webhook}": "admin",
    "POST /webhooks/{webhook}/pausa": "admin",
    "POST /webhooks/{webhook}/segredo": "admin",
    "POST /webhooks/{webhook}/teste": "admin",
    "POST /webhooks/{webhook}/apagar": "admin",
    "POST /webhooks/{webhook}/avisos/{aviso}/reenvio": "admin",
}
