"""A aplicação de uma lista de regras a um pedido."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from dominio.erros import Nivel
from handlers.regras.politica import em_vigor
from mensagem.recusa import RegraRecusada
from persistence.lotes import Critica

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from handlers.regras.regra import Achado, Regra
    from persistence.regras import Ajustes

E = TypeVar("E")


def aplicar(
    regras: Sequence[Regra[E]],
    ajustes: Ajustes,
    exame: E,
    *,
    versao: str,
    citar: Callable[[Sequence[Achado]], str],
) -> tuple[Critica, ...]:
    """Confere cada regra, na ordem.

    Args:
        regras: as que há.
        ajustes: o que a operadora mudou nelas.
        exame: o que as regras olham.
        versao: do pedido, que dá o código de cada crítica.
        citar: frase que diz, numa recusa, onde a regra falhou.

    Returns:
        O que as regras que não recusam acharam.

    Raises:
        RegraRecusada: a primeira regra que recusa.
    """
    criticas: list[Critica] = []
    for regra in regras:
        vigor = em_vigor(regra, ajustes)
        if vigor.nivel is Nivel.DESLIGADA:
            continue
        achados = list(regra.conferir(exame, vigor.tolerancia))
        if not achados:
            continue
        if vigor.nivel is Nivel.RECUSA:
            erro = replace(regra.erro, texto=vigor.texto)
            raise RegraRecusada(erro, citar(achados))
        codigo = regra.erro.glosa(versao)
        criticas += [
            Critica(
                achado.guia,
                achado.item,
                regra.chave,
                codigo,
                vigor.nivel.value,
                f"{vigor.texto} {achado.detalhe}" if achado.detalhe else vigor.texto,
            )
            for achado in achados
        ]
    return tuple(criticas)
