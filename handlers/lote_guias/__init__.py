"""Lote de guias: entra uma cobrança, sai um protocolo."""

from __future__ import annotations

from handlers.lote_guias.assunto import LoteGuias

__all__ = ["LoteGuias"]
