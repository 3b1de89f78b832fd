"""As contas dos prestadores no console: convidar, aceitar o convite, trocar a senha, os termos."""

from __future__ import annotations

from handlers.contas.caso import (
    TIPOS,
    Convite,
    ConviteInvalido,
    LoginInvalido,
    SemAcessos,
    SoComASenha,
    aceitar,
    aceitar_termos,
    convidar,
    juntar,
    login_normal,
    redefinir,
    trocar_senha,
)

__all__ = [
    "TIPOS",
    "Convite",
    "ConviteInvalido",
    "LoginInvalido",
    "SemAcessos",
    "SoComASenha",
    "aceitar",
    "aceitar_termos",
    "convidar",
    "juntar",
    "login_normal",
    "redefinir",
    "trocar_senha",
]
