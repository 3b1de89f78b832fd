"""Esquemas do padrão TISS por versão: achar, ler, compilar e publicar. Sem HTTP nem mensagens."""

from __future__ import annotations

from tiss_xsd.catalogo import ArquivoDesconhecido, Procedencia, arquivos, ler, procedencia, versoes
from tiss_xsd.compilado import Esquema, conferir, esquema
from tiss_xsd.erro import ErroEsquema
from tiss_xsd.servido import publicado

__all__ = [
    "ArquivoDesconhecido",
    "ErroEsquema",
    "Esquema",
    "Procedencia",
    "arquivos",
    "conferir",
    "esquema",
    "ler",
    "procedencia",
    "publicado",
    "versoes",
]
