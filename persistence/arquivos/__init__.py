"""Onde fica o conteúdo dos documentos: conteúdo por digest, cifrado, sem nome de ninguém."""

from __future__ import annotations

from persistence.arquivos.deposito import (
    ArquivoAusente,
    ArquivoEstragado,
    Arquivos,
    DepositoSemResposta,
    chave,
)
from persistence.arquivos.pasta import Pasta

__all__ = [
    "ArquivoAusente",
    "ArquivoEstragado",
    "Arquivos",
    "DepositoSemResposta",
    "Pasta",
    "chave",
]
