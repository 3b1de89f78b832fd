"""As listas que a operadora vê: só leitura, aos pedaços, cada uma pelo índice que a sustenta."""
