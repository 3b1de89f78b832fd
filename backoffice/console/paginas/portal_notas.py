"""As notas fiscais do prestador."""

from __future__ import annotations

from backoffice.console.area import Area

area = Area("portal_notas")
