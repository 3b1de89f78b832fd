"""As mesmas mensagens por outros caminhos: a pilha comum de Python, e o JDK sem mais nada."""
