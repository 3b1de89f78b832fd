"""Esquemas do padrão TISS por versão: achar, ler, compilar, publicar e instalar.

Sem HTTP nem mensagens.
"""

from __future__ import annotations

from tiss_xsd.catalogo import ArquivoDesconhecido, Procedencia, arquivos, ler, procedencia, versoes
from tiss_xsd.compilado import Esquema, conferir, esquema
from tiss_xsd.em_uso import usar_pasta
from tiss_xsd.erro import ErroEsquema
from tiss_xsd.instalacao import Relatorio, instalar
from tiss_xsd.pacote import PacoteIlegivel, PacoteRecusado
from tiss_xsd.pasta import PastaInvalida
from tiss_xsd.servido import publicado

__all__ = [
    "ArquivoDesconhecido",
    "ErroEsquema",
    "Esquema",
    "PacoteIlegivel",
    "PacoteRecusado",
    "PastaInvalida",
    "Procedencia",
    "Relatorio",
    "arquivos",
    "conferir",
    "esquema",
    "instalar",
    "ler",
    "procedencia",
    "publicado",
    "usar_pasta",
    "versoes",
]
