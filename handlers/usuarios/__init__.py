"""As pessoas da operadora: convidar, aceitar o convite, mudar e conferir a senha."""

from __future__ import annotations

from handlers.usuarios.caso import (
    Convite,
    ConviteInvalido,
    PodeMais,
    aceitar,
    convidar,
    e_a_senha,
    mudar,
    tirar_segundo_fator,
    trocar_senha,
)

__all__ = [
    "Convite",
    "ConviteInvalido",
    "PodeMais",
    "aceitar",
    "convidar",
    "e_a_senha",
    "mudar",
    "tirar_segundo_fator",
    "trocar_senha",
]
