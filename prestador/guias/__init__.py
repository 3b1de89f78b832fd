"""Guias de cobrança inventadas, uma por módulo, de cada versão do padrão."""
