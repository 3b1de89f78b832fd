"""As regras: o que uma é, como se aplicam e como as suas críticas se mostram."""

from __future__ import annotations

from handlers.regras.regra import Achado, Regra, Tolerancia, Unidade

__all__ = ["Achado", "Regra", "Tolerancia", "Unidade"]
