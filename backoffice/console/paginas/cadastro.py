"""Regras, calendário, certificados, webhooks, ajustes."""

from __future__ import annotations

from backoffice.console.area import Area

area = Area("cadastro")
