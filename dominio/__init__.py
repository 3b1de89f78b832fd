"""As palavras do padrão TISS em Python: tabelas, códigos, situações e valores.

Sem XML, HTTP ou banco.
"""
