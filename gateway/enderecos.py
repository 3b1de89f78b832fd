"""Endereços dos serviços TISS, na forma própria e nos nomes que se encontram em campo."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from dominio.transacoes import POR_SERVICO, Transacao

_EXTENSAO = r"(?:\.(?:svc|asmx))?"
_PROPRIO = re.compile(rf"/tiss/(?:(?P<versao>[0-9.]{{5,10}})/)?(?P<servico>\w+?){_EXTENSAO}/?")
_DE_CAMPO = re.compile(
    rf"/(?:tiss/)?(?P<servico>tiss\w+?)V(?P<a>[0-9]{{1,2}})_(?P<b>[0-9]{{2}})_(?P<c>[0-9]{{2}}){_EXTENSAO}/?"
)
_POR_MINUSCULAS = {nome.lower(): t for nome, t in POR_SERVICO.items()}


class Rota(NamedTuple):
    """Serviço e versão de um endereço.

    Attributes:
        transacao: linha da tabela; ``None`` quando não há serviço com esse nome.
        versao: ``None`` quando o endereço não a diz e vale a de ``Padrao``.
    """

    transacao: Transacao | None
    versao: str | None


@lru_cache(maxsize=1024)
def achar(caminho: str) -> Rota | None:
    """Rota de um caminho; ``None`` quando o caminho não é de serviço TISS."""
    campo = _DE_CAMPO.fullmatch(caminho)
    if campo:
        versao = f"{int(campo['a'])}.{campo['b']}.{campo['c']}"
        return Rota(_POR_MINUSCULAS.get(campo["servico"].lower()), versao)
    proprio = _PROPRIO.fullmatch(caminho)
    if proprio is None:
        return None
    return Rota(_POR_MINUSCULAS.get(proprio["servico"].lower()), proprio["versao"])


def proprio(transacao: Transacao, versao: str) -> str:
    """Caminho de um serviço numa versão: ``/tiss/4.03.00/tissLoteGuias``."""
    return f"/tiss/{versao}/{transacao.servico}"
