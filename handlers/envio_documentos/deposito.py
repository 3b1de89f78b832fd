"""O que o assunto recebe da configuração: onde guardar, até que tamanho, quem examina."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from persistence.arquivos import Arquivos

MIB = 1_048_576

Antivirus: TypeAlias = Callable[[bytes], bool]
"""Diz se um conteúdo está limpo; levanta ``AntivirusSemResposta`` se não o soube."""


class AntivirusSemResposta(Exception):
    """O antivírus não respondeu, ou não disse se o arquivo está limpo."""


class Deposito(NamedTuple):
    """Onde e como se guardam documentos.

    Attributes:
        arquivos: quem guarda o conteúdo.
        tamanho: bytes de conteúdo que se aceitam.
        antivirus: quem examina cada arquivo; sem ele não se examina.
    """

    arquivos: Arquivos
    tamanho: int = 30 * MIB
    antivirus: Antivirus | None = None
