"""A análise das contas, guia por guia."""

from __future__ import annotations

from backoffice.console.area import Area

area = Area("analise")
