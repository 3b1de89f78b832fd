"""O texto de impressos: as páginas de um PDF do fpdf2 e os blocos de um HTML."""

from __future__ import annotations

import re
import zlib
from typing import NamedTuple

from lxml import html

from backoffice.impressos.papel import medir

_FLUXO = re.compile(rb"stream\n(.*?)\nendstream", re.DOTALL)
_TEXTO = re.compile(r"BT ([0-9.-]+) ([0-9.-]+) Td \((.*)\) Tj ET")
_FONTE = re.compile(r"BT /F([0-9]+) ([0-9.]+) Tf ET")
_TAMANHO = re.compile(rb"/MediaBox \[0 0 ([0-9.]+) ([0-9.]+)\]")
_PONTO = 25.4 / 72
"""Milímetros de um ponto."""
_REAIS = re.compile(r"-?[0-9]{1,3}(?:\.[0-9]{3})*,[0-9]{2}")


class Escrito(NamedTuple):
    """Um texto numa página, com a linha de base em pontos a partir do canto de baixo."""

    x: float
    y: float
    texto: str
    tamanho: float
    forte: bool

    @property
    def fim(self) -> float:
        """Onde o texto acaba, à direita."""
        return self.x + medir(self.texto, self.tamanho, forte=self.forte) / _PONTO


class Pagina(NamedTuple):
    """Uma página de um PDF."""

    escritos: tuple[Escrito, ...]

    @property
    def textos(self) -> list[str]:
        """Os textos na ordem em que se escreveram."""
        return [escrito.texto for escrito in self.escritos]


def paginas(pdf: bytes) -> list[Pagina]:
    """As páginas de um PDF, na ordem."""
    assert pdf.startswith(b"%PDF-")
    lidas = []
    for fluxo in _FLUXO.finditer(pdf):
        conteudo = zlib.decompress(fluxo[1]).decode("iso-8859-1")
        escritos, tamanho, forte = [], 0.0, False
        for linha in conteudo.split("\n"):
            if (fonte := _FONTE.search(linha)) is not None:
                # a primeira fonte que se usa é a comum
                tamanho, forte = float(fonte[2]), fonte[1] != "1"
            if (achado := _TEXTO.search(linha)) is not None:
                texto = re.sub(r"\\(.)", r"\1", achado[3])
                escritos.append(Escrito(float(achado[1]), float(achado[2]), texto, tamanho, forte))
        lidas.append(Pagina(tuple(escritos)))
    return lidas


def tamanhos(pdf: bytes) -> list[tuple[float, float]]:
    """Largura e altura de cada página, em pontos; a que não as diz tem as da raiz."""
    objetos = pdf.split(b"endobj")
    [raiz] = [_tamanho(objeto) for objeto in objetos if b"/Type /Pages" in objeto]
    return [_tamanho(objeto) or raiz for objeto in objetos if b"/Contents " in objeto]


def _tamanho(objeto: bytes) -> tuple[float, float] | None:
    achado = _TAMANHO.search(objeto)
    return None if achado is None else (float(achado[1]), float(achado[2]))


def textos_do_pdf(pdf: bytes) -> list[str]:
    """Todos os textos de um PDF, na ordem."""
    return [texto for pagina in paginas(pdf) for texto in pagina.textos]


def textos_do_html(dados: bytes) -> list[str]:
    """Todos os textos do corpo de uma página, na ordem."""
    corpo = html.fromstring(dados).find("body")
    assert corpo is not None
    return [str(texto).strip() for texto in corpo.itertext() if str(texto).strip()]


def cifras(textos: list[str]) -> list[str]:
    """Os textos que são só um valor em reais, na ordem."""
    return [texto for texto in textos if _REAIS.fullmatch(texto)]
