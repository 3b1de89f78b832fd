"""As pessoas da operadora: convidar, aceitar o convite e conferir a senha."""

from __future__ import annotations

from handlers.usuarios.caso import (
    Convite,
    ConviteInvalido,
    aceitar,
    convidar,
    e_a_senha,
    trocar_senha,
)

__all__ = ["Convite", "ConviteInvalido", "aceitar", "convidar", "e_a_senha", "trocar_senha"]
