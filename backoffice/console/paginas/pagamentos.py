"""A liberação, os pagamentos e os estornos."""

from __future__ import annotations

from backoffice.console.area import Area

area = Area("pagamentos")
