"""Situação de um protocolo, na versão de quem pergunta."""

from __future__ import annotations

from handlers.status_protocolo.assunto import StatusProtocolo

__all__ = ["StatusProtocolo"]
