"""O lado do prestador: inventa lotes, monta mensagens e fala SOAP com o gateway."""
