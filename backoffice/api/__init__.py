"""A API em ``/api/v1``."""

from __future__ import annotations

from backoffice.api.aplicacao import criar
from backoffice.api.envio import LimitesDoEnvio
from backoffice.api.problemas import Problema

__all__ = ["LimitesDoEnvio", "Problema", "criar"]
