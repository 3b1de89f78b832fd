"""O cadastro dos prestadores e dos seus acessos."""

from __future__ import annotations

from backoffice.console.area import Area

area = Area("prestadores")
