"""Os recursos de glosa, do lado da operadora."""

from __future__ import annotations

from backoffice.console.area import Area

area = Area("recursos")
