"""Os comandos, um módulo por assunto."""
