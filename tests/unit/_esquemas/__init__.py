"""Apoio às provas dos esquemas: de onde vem a referência, componentes, mensagens geradas."""
