"""O caminho de uma mensagem e um assunto por pasta. Sem HTTP nem Spyne."""
