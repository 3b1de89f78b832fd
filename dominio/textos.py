"""Textos que saem em mensagens: dentro de ISO-8859-1 e do tamanho que a versão permite."""

from __future__ import annotations

import unicodedata

_TROCAS = str.maketrans(
    {
        "–": "-", "—": "-", "‐": "-", "‑": "-", "−": "-",
        "‘": "'", "’": "'", "‚": "'", "“": '"', "”": '"', "„": '"',
        "…": "...", "•": "*", "€": "EUR", "™": "(TM)", "Œ": "OE", "œ": "oe",
    }
)  # fmt: skip


def cabe_em_latin1(texto: str) -> bool:
    """Diz se todo o texto existe em ISO-8859-1, a codificação do hash."""
    if texto.isascii():
        return True
    try:
        texto.encode("iso-8859-1")
    except UnicodeEncodeError:
        return False
    return True


def transliterar(texto: str) -> str:
    """Texto livre com cada caractere fora de ISO-8859-1 trocado pelo mais próximo, ou ``?``."""
    if cabe_em_latin1(texto):
        return texto
    trocado = texto.translate(_TROCAS)
    return "".join(c if ord(c) < 256 else _mais_proximo(c) for c in trocado)


def _mais_proximo(caractere: str) -> str:
    decomposto = unicodedata.normalize("NFKD", caractere)
    sem_marcas = "".join(c for c in decomposto if not unicodedata.combining(c))
    return sem_marcas if sem_marcas and cabe_em_latin1(sem_marcas) else "?"


def para_mensagem(texto: str, tamanho: int) -> str:
    """Texto livre pronto para um campo de ``tamanho`` caracteres."""
    return transliterar(texto)[:tamanho]
