"""Os bancos dos testes de integração, também para os de vários nós."""

from __future__ import annotations

from integration.conftest import banco, nova_url, sqlite_migrado

__all__ = ["banco", "nova_url", "sqlite_migrado"]
