"""As regras da própria operadora, que vêm de pacotes instalados ao lado do gateway.

Um pacote anuncia uma ``Regra`` no grupo de pontos de entrada ``tiss_gateway.regras``.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import metadata
from typing import Any

from dominio import listas
from dominio.erros import ERROS
from dominio.textos import cabe_em_latin1
from dominio.versoes import VERSOES
from handlers.regras.regra import NIVEIS, Regra

GRUPO = "tiss_gateway.regras"
MAIOR_TEXTO = 200
"""Caracteres de uma frase: com o detalhe, ainda cabe nos 500 da mensagem."""

_CHAVE = re.compile(r"[a-z0-9][a-z0-9.-]{2,59}")


class RegraExternaInvalida(Exception):
    """Um pacote anuncia como regra o que não serve; o gateway não começa com ela."""

    def __init__(self, nome: str, motivo: str) -> None:
        super().__init__(f"regra {nome} do grupo {GRUPO}: {motivo}")


@cache
def externas() -> tuple[Regra[Any], ...]:
    """As regras anunciadas, por ordem de chave; lidas uma vez por processo.

    Raises:
        RegraExternaInvalida: não carrega, ou não é uma regra que se possa usar.
    """
    regras: dict[str, Regra[Any]] = {}
    for ponto in metadata.entry_points(group=GRUPO):
        try:
            regra = ponto.load()
        except Exception as erro:
            raise RegraExternaInvalida(ponto.name, f"não carrega ({type(erro).__name__})") from erro
        defeito = _defeito(regra)
        if defeito is None and regra.chave in regras:
            defeito = "a chave já é de outra regra"
        if defeito is not None:
            raise RegraExternaInvalida(ponto.name, defeito)
        regras[regra.chave] = regra
    return tuple(regras[chave] for chave in sorted(regras))


def codigo(chave: str, guardado: str, versao: str) -> str | None:
    """Código de glosa de uma regra numa versão.

    Args:
        chave: da regra.
        guardado: o código da versão em que ela falhou; vale para a regra que já não existe.
        versao: em que se vai dizer.

    Returns:
        ``None`` se a regra já não existe e a versão não tem o código guardado.
    """
    erro = ERROS.get(chave) or next((r.erro for r in externas() if r.chave == chave), None)
    if erro is not None:
        return erro.glosa(versao)
    return guardado if listas.tem("dm_tipoGlosa", guardado, versao) else None


def _defeito(regra: Any) -> str | None:
    if not isinstance(regra, Regra):
        return "não é uma Regra"
    erro = regra.erro
    textos = (erro.texto, erro.corrigir)
    sem_codigo = [v for v in VERSOES if not listas.tem("dm_tipoGlosa", erro.glosa(v), v)]
    conferencias = (
        (
            _CHAVE.fullmatch(erro.chave),
            "a chave é de 3 a 60 letras minúsculas, algarismos, pontos e hífens",
        ),
        (erro.chave not in ERROS, "a chave já é de um erro do gateway"),
        (erro.nivel in NIVEIS, "o nível não é de regra"),
        (
            all(t.strip() and len(t) <= MAIOR_TEXTO and cabe_em_latin1(t) for t in textos),
            f"texto e corrigir são frases em ISO-8859-1 de até {MAIOR_TEXTO} caracteres",
        ),
        (not sem_codigo, f"o código não existe em {', '.join(sem_codigo)}"),
    )
    return next((motivo for serve, motivo in conferencias if not serve), None)
