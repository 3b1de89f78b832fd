"""Quantas mensagens se aceitam, como um formulário o diz."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dominio.numeros import natural
from persistence.baldes import Limite

if TYPE_CHECKING:
    from backoffice.console.visita import Visita

MAIOR = 1_000_000
"""O maior limite que se pode dizer, em mensagens."""


def limite_dito(v: Visita) -> tuple[Limite | None, dict[str, str]]:
    """O limite do formulário, e o que está errado em cada campo; em branco, não se diz nenhum."""
    ditos = {nome: v.formulario.texto(nome) for nome in ("por_minuto", "rajada")}
    if not ditos["por_minuto"]:
        if ditos["rajada"]:
            return None, {"por_minuto": "diga também quantas por minuto"}
        return None, {}
    lidos = {nome: natural(texto) for nome, texto in ditos.items() if texto}
    erros = {
        nome: f"é um número de {menor} a {MAIOR}"
        for nome, menor in (("por_minuto", 0), ("rajada", 1))
        if nome in lidos and not menor <= _ou(lidos[nome], -1) <= MAIOR
    }
    if erros:
        return None, erros
    por_minuto = _ou(lidos["por_minuto"], 0)
    return Limite(por_minuto, _ou(lidos.get("rajada"), max(1, por_minuto // 3))), {}


def _ou(valor: int | None, senao: int) -> int:
    return senao if valor is None else valor
