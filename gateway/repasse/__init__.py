"""Sistemas da operadora a que se repassam, ou copiam, mensagens."""

from __future__ import annotations

from gateway.repasse.nucleos import Nucleos

__all__ = ["Nucleos"]
