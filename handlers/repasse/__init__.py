"""Pôr o gateway diante de um sistema que já responde serviços da operadora."""

from __future__ import annotations

from handlers.repasse.caso import Repassada, Repasse

__all__ = ["Repassada", "Repasse"]
