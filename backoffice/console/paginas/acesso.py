"""As pessoas da operadora, os tokens e a auditoria."""

from __future__ import annotations

from backoffice.console.area import Area

area = Area("acesso")
