"""A API em ``/api/v1``."""

from __future__ import annotations

from backoffice.api.aplicacao import EXTENSAO, criar
from backoffice.api.base import Base
from backoffice.api.envio import LimitesDoEnvio
from backoffice.api.problemas import Problema

__all__ = ["EXTENSAO", "Base", "LimitesDoEnvio", "Problema", "criar"]
