"""Valores de tipos simples: um que obedece, sorteado, e os que provavelmente não obedecem."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

_LETRAS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .-/çãé"
_PEDACO = re.compile(r"\[(?P<classe>[^]]+)\](?:\{(?P<min>\d+)(?:,(?P<max>\d+))?\}|(?P<mais>\+))?")


def do_padrao(padrao: str, maximo: int, sorteio: Random) -> str:
    """Texto que obedece a um padrão feito de classes, quantidades e alternativas.

    Raises:
        AssertionError: se o padrão tem outra coisa.
    """
    alternativa = sorteio.choice(padrao.split("|"))
    assert not _PEDACO.sub("", alternativa), f"padrão não previsto: {padrao}"
    texto = ""
    for pedaco in _PEDACO.finditer(alternativa):
        minimo = int(pedaco["min"] or 1)
        ate = min(maximo, 8) if pedaco["mais"] else int(pedaco["max"] or minimo)
        letras = _classe(pedaco["classe"])
        texto += "".join(sorteio.choices(letras, k=sorteio.randint(minimo, ate)))
    return texto


def _classe(classe: str) -> str:
    def serie(achado: re.Match[str]) -> str:
        return "".join(map(chr, range(ord(achado[1]), ord(achado[2]) + 1)))

    return re.sub(r"(.)-(.)", serie, classe)


def do_tipo(tipo: str, facetas: dict[str, str], sorteio: Random) -> str:
    """Valor de um tipo embutido dentro das suas facetas de tamanho."""
    return _TIPOS[tipo](facetas, sorteio)


def _texto(facetas: dict[str, str], sorteio: Random) -> str:
    if "length" in facetas:
        tamanho = int(facetas["length"])
    else:
        minimo = int(facetas.get("minLength", 0))
        maximo = int(facetas.get("maxLength", 20))
        # os dois extremos são onde um limite errado aparece
        tamanho = sorteio.choice((minimo, maximo, sorteio.randint(minimo, min(maximo, 20))))
    return "".join(sorteio.choices(_LETRAS, k=tamanho))


def _decimal(facetas: dict[str, str], sorteio: Random) -> str:
    casas = int(facetas.get("fractionDigits", 0))
    inteiros = int(facetas.get("totalDigits", 6)) - casas
    inteiro = "".join(sorteio.choices("0123456789", k=sorteio.randint(1, max(inteiros, 1))))
    fracao = "".join(sorteio.choices("0123456789", k=sorteio.randint(0, casas)))
    return (inteiro if inteiros else "0") + ("." + fracao if fracao else "")


def _data(_facetas: dict[str, str], sorteio: Random) -> str:
    zona = sorteio.choice(("", "", "", "Z", "-03:00"))
    ano, mes, dia = sorteio.randint(1990, 2030), sorteio.randint(1, 12), sorteio.randint(1, 28)
    return f"{ano}-{mes:02}-{dia:02}{zona}"


def _hora(_facetas: dict[str, str], sorteio: Random) -> str:
    hora = f"{sorteio.randint(0, 23):02}:{sorteio.randint(0, 59):02}:{sorteio.randint(0, 59):02}"
    return sorteio.choice((hora, hora, hora + ".5", hora + "-03:00"))


def _identificador(_facetas: dict[str, str], sorteio: Random) -> str:
    return f"i{sorteio.getrandbits(64)}"


def _base64(_facetas: dict[str, str], sorteio: Random) -> str:
    return base64.b64encode(sorteio.randbytes(sorteio.randint(0, 20))).decode()


_TIPOS: dict[str, Callable[[dict[str, str], Random], str]] = {
    "string": _texto,
    "decimal": _decimal,
    "integer": lambda f, s: _decimal({**f, "fractionDigits": "0"}, s),
    "date": _data,
    "time": _hora,
    "dateTime": lambda f, s: f"{_data(f, s)[:10]}T{_hora(f, s)}",
    "boolean": lambda _f, s: s.choice(("true", "false", "0", "1")),
    "base64Binary": _base64,
    "anyURI": lambda _f, s: f"http://exemplo.invalid/{s.randint(1, 99)}",
    "ID": _identificador,
}

ESTRAGOS = (
    "", " ", "0", "-1", "+1", "1,50", "1.234567", "9" * 30, "abc", "ABCDEFGHIJ", "99", "999999",
    "X" * 41, "X" * 501, "X" * 1001, "2025-02-30", "2025-13-01", "20250101", "24:00:00", "25:00:00",
    "10:61:00", "3099", "S", "s", "01", "1", "00", "ENVIO_LOTE", "4.03.00", "3.05.00",
    "12345678901", "123456789012", "1234567890123", "12ABC34501DE35", "12abc34501de35", "\n",
    "a\tb", "não", "====",
)  # fmt: skip
"""Valores que estragam a maior parte dos campos e que em alguns ainda são válidos."""
