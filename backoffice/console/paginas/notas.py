"""As notas fiscais dos prestadores."""

from __future__ import annotations

from backoffice.console.area import Area

area = Area("notas")
