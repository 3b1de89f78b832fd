"""O que uma versão não comporta da resposta a um recurso feito noutra."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dominio import erros, listas
from dominio.dinheiro import cabe
from dominio.versoes import VERSOES, ordem
from mensagem.recusa import RegraRecusada

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from persistence.recursos_valores import Linha

_VALORES_MAIORES = (4, 2, 0)
"""Versão em que os valores de item passaram de 8 para 10 dígitos."""


def exigir_que_caiba(respostas: Iterable[Any], linhas: Sequence[Linha], versao: str) -> None:
    """Confere códigos e valores contra a versão em que se pergunta.

    Args:
        respostas: as que a resposta leva; as de item têm valores e procedimento.
        linhas: as do recurso.
        versao: da resposta.

    Raises:
        RegraRecusada: não cabe; o texto diz em que versão perguntar.
    """
    prontas = tuple(respostas)
    if not _cabe(prontas, linhas, versao):
        servem = [v for v in VERSOES if _cabe(prontas, linhas, v)]
        motivo = f"Pergunte na versão {servem[-1]}." if servem else None
        raise RegraRecusada(erros.NAO_CABE_NA_VERSAO, motivo)


def _cabe(respostas: Iterable[Any], linhas: Iterable[Linha], versao: str) -> bool:
    if not all(listas.tem("dm_tipoGlosa", linha.codigo, versao) for linha in linhas):
        return False
    digitos = 10 if ordem(versao) >= _VALORES_MAIORES else 8
    return all(
        cabe(r.recursado, digitos)
        and cabe(r.acatado, digitos)
        and listas.tem("dm_tabela", r.item.tabela, versao)
        for r in respostas
        if hasattr(r, "item")
    )
