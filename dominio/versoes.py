"""Versões do componente de comunicação do padrão TISS: as do projeto e a forma de todas."""

from __future__ import annotations

import re

_FORMA = re.compile(r"[0-9]+\.[0-9]{2}\.[0-9]{2}")

VERSOES = ("3.05.00", "4.00.00", "4.00.01", "4.01.00", "4.02.00", "4.03.00")
"""As que vêm com o projeto, da mais antiga para a mais nova, na forma de ``Padrao`` (``4.03.00``).

O operador pode instalar outras; as instaladas são as de ``tiss_xsd.versoes``.
"""


def ordem(versao: str) -> tuple[int, ...]:
    """Chave que ordena versões como números: ``4.03.00`` -> ``(4, 3, 0)``."""
    return tuple(int(parte) for parte in versao.split("."))


def referencia(versao: str) -> str:
    """A versão do projeto cujas tabelas valem para outra: a mesma, ou a mais nova antes dela.

    Para uma versão anterior a todas vale a mais antiga.
    """
    anteriores = [v for v in VERSOES if ordem(v) <= ordem(versao)]
    return anteriores[-1] if anteriores else VERSOES[0]


def tem_forma(texto: str) -> bool:
    """Diz se o texto tem a forma de uma versão do padrão, conhecida ou não."""
    return _FORMA.fullmatch(texto) is not None


def sufixo(versao: str) -> str:
    """Sufixo dos arquivos da ANS: ``4.03.00`` -> ``V4_03_00``."""
    return "V" + versao.replace(".", "_")


def compacta(versao: str) -> str:
    """Forma usada nos espaços de nomes dos WSDL: ``4.03.00`` -> ``v40300``."""
    return "v" + versao.replace(".", "")
