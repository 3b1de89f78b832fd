"""O que alguém que já provou a senha ainda tem de fazer antes de usar o console."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime

    from backoffice.console.casa import Ajustes
    from backoffice.console.pessoas import Pessoa
    from persistence.sessoes import Sessao

TERMOS = "2026-11"
"""Versão dos termos de uso; mudá-la faz que todos os aceitem de novo."""


class Pendencia(NamedTuple):
    """O que falta.

    Attributes:
        caminho: a página em que se faz.
        rotas: as que se podem abrir enquanto não se faz.
    """

    caminho: str
    rotas: frozenset[str]


_SAIR = "POST /sair"
_CODIGO = Pendencia("/segundo-fator", frozenset({
    "GET /segundo-fator", "POST /segundo-fator", _SAIR,
}))  # fmt: skip
_SENHA = Pendencia("/minha-conta/senha", frozenset({
    "GET /minha-conta/senha", "POST /minha-conta/senha", _SAIR,
}))  # fmt: skip
_CONFIGURAR = Pendencia("/minha-conta/segundo-fator", frozenset({
    "GET /minha-conta/segundo-fator", "POST /minha-conta/segundo-fator",
    "GET /minha-conta/segundo-fator/qr.svg", _SAIR,
}))  # fmt: skip
_TERMOS = Pendencia("/termos", frozenset({"GET /termos", "POST /termos", _SAIR}))
_ESCOLHER = Pendencia("/escolher", frozenset({
    "GET /escolher", "POST /escolher", "GET /minha-conta", "GET /minha-conta/senha",
    "POST /minha-conta/senha", "POST /minha-conta/sessoes", _SAIR,
}))  # fmt: skip


def pendencia(
    pessoa: Pessoa, sessao: Sessao, ajustes: Ajustes, agora: datetime
) -> Pendencia | None:
    """A primeira coisa que falta, ou ``None``."""
    if not sessao.confirmada:
        return _CODIGO
    if pessoa.dono.senha_vencida(agora):
        return _SENHA
    if pessoa.usuario is not None:
        falta = ajustes.exigir_segundo_fator and not pessoa.tem_segundo_fator
        return _CONFIGURAR if falta else None
    assert pessoa.conta is not None  # noqa: S101 - não é da operadora
    if pessoa.conta.termos != TERMOS:
        return _TERMOS
    return _ESCOLHER if pessoa.prestador is None else None
