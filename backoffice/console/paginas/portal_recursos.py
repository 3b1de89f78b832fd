"""Os recursos de glosa do prestador."""

from __future__ import annotations

from backoffice.console.area import Area

area = Area("portal_recursos")
