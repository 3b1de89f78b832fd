"""Uma página A4 do fpdf2: texto medido e quebrado, traços e números de página.

Usa uma fonte que todo leitor de PDF já tem, que só sabe ISO-8859-1: o que está fora disso é
transliterado.
"""

from __future__ import annotations

from datetime import datetime, time
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING

from dominio.competencia import FUSO
from dominio.textos import transliterar

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from fpdf import FPDF

MARGEM = 10.0
"""Milímetros de cada lado."""
_RODAPE = 6.0
_PONTO = 0.352778
"""Milímetros de um ponto tipográfico."""
_ENTRELINHA = 1.2
_FONTE = "Helvetica"
_NUMERO = 7.0


def _novo() -> FPDF:
    # trinta MiB que só se gastam no processo que imprime
    from fpdf import FPDF  # noqa: PLC0415

    return FPDF(unit="mm", format="A4")


class Papel:
    """Um PDF em construção; as medidas são em milímetros, a partir do alto à esquerda.

    Args:
        titulo: do documento, nos seus metadados.
        emissao: a data dos metadados; a mesma folha dá sempre os mesmos bytes.
    """

    def __init__(self, titulo: str, emissao: date) -> None:
        self._pdf = _novo()
        self._pdf.set_auto_page_break(False)
        self._pdf.set_margin(MARGEM)
        self._pdf.set_title(titulo)
        self._pdf.set_lang("pt-BR")
        self._pdf.set_creation_date(datetime.combine(emissao, time(), FUSO))
        self._pdf.set_font(_FONTE, size=7)
        self._pdf.set_line_width(0.1)
        self._pdf.set_fill_color(225)
        self._primeira = 1
        self.y = MARGEM

    @property
    def largura(self) -> float:
        """Entre as margens."""
        return self._pdf.w - 2 * MARGEM

    @property
    def fim(self) -> float:
        """Até onde se escreve numa página."""
        return self._pdf.h - MARGEM - _RODAPE

    def comecar_folha(self) -> None:
        """As páginas que vierem contam-se de novo a partir de 1."""
        self._primeira = self._pdf.page + 1

    def nova_pagina(self, *, deitada: bool) -> None:
        """Passa a uma página em branco."""
        self._pdf.add_page(orientation="landscape" if deitada else "portrait")
        self.y = MARGEM

    def numerar(self) -> None:
        """Escreve ``Pág. x/y`` em cada página da folha que acabou."""
        ultima = self._pdf.page
        total = ultima - self._primeira + 1
        for n in range(1, total + 1):
            self._pdf.page = self._primeira + n - 1
            # a fonte se diz em cada página; sem mudar, o fpdf2 a daria por dita
            self._letra(_NUMERO - 1, forte=False)
            self._letra(_NUMERO, forte=False)
            texto = f"Pág. {n}/{total}"
            largura = medir(texto, _NUMERO)
            direita = MARGEM + self.largura - largura
            self._pdf.text(direita, self._pdf.h - MARGEM, texto)
        self._pdf.page = ultima

    def _letra(self, tamanho: float, *, forte: bool) -> None:
        self._pdf.set_font(_FONTE, "B" if forte else "", tamanho)

    def quebrar(
        self, texto: str, largura: float, tamanho: float, *, forte: bool = False
    ) -> list[str]:
        """O texto em linhas que cabem na largura; uma palavra maior que ela parte-se."""
        limpo = limpar(texto)
        if not limpo:
            return [""]
        if medir(limpo, tamanho, forte=forte) <= largura:
            return [limpo]
        linhas: list[str] = []
        atual = ""
        for palavra in limpo.split(" "):
            junta = f"{atual} {palavra}" if atual else palavra
            if medir(junta, tamanho, forte=forte) <= largura:
                atual = junta
                continue
            if atual:
                linhas.append(atual)
            *cheias, atual = self._partir(palavra, largura, tamanho, forte=forte)
            linhas += cheias
        return [*linhas, atual]

    def _partir(self, palavra: str, largura: float, tamanho: float, *, forte: bool) -> list[str]:
        pedacos: list[str] = []
        resto = palavra
        while medir(resto, tamanho, forte=forte) > largura:
            somas = accumulate(medir(c, tamanho, forte=forte) for c in resto)
            cabem = max(1, sum(soma <= largura for soma in somas))
            pedacos.append(resto[:cabem])
            resto = resto[cabem:]
        return [*pedacos, resto]

    def escrever(
        self,
        x: float,
        y: float,
        linhas: Sequence[str],
        tamanho: float,
        *,
        forte: bool = False,
        direita: float | None = None,
    ) -> None:
        """Escreve linhas já quebradas, a primeira com o alto em ``y``.

        Args:
            x: margem esquerda das linhas.
            y: alto da primeira.
            linhas: de ``quebrar``.
            tamanho: da letra, em pontos.
            forte: em negrito.
            direita: se dada, as linhas acabam aí, em lugar de começar em ``x``.
        """
        self._letra(tamanho, forte=forte)
        base = y + tamanho * _PONTO
        for linha in linhas:
            onde = x if direita is None else direita - medir(linha, tamanho, forte=forte)
            self._pdf.text(onde, base, linha)
            base += altura(1, tamanho)

    def traco(self, x: float, y: float, largura: float) -> None:
        """Um traço horizontal."""
        self._pdf.line(x, y, x + largura, y)

    def caixa(self, x: float, y: float, largura: float, alto: float, *, cheia: bool) -> None:
        """Um retângulo; cheio, de cinza claro."""
        self._pdf.rect(x, y, largura, alto, style="DF" if cheia else "D")

    def bytes(self) -> bytes:
        """O arquivo PDF."""
        return bytes(self._pdf.output())


@lru_cache(maxsize=2)
def _larguras(forte: bool) -> dict[str, float]:
    """Milímetros de cada caractere numa letra de um ponto."""
    pdf = _novo()
    pdf.set_font(_FONTE, "B" if forte else "", 1)
    caracteres = bytes(range(256)).decode("iso-8859-1")
    return {c: pdf.get_string_width(c) for c in caracteres if c >= " "}


def medir(texto: str, tamanho: float, *, forte: bool = False) -> float:
    """Largura de um texto já limpo, em milímetros; nesta fonte é a soma das dos caracteres."""
    return tamanho * sum(map(_larguras(forte).__getitem__, texto))


def altura(linhas: int, tamanho: float) -> float:
    """Milímetros que tantas linhas ocupam."""
    return linhas * tamanho * _PONTO * _ENTRELINHA


def limpar(texto: str) -> str:
    """O texto numa linha só, dentro de ISO-8859-1 e sem o que não se imprime."""
    junto = " ".join(texto.split())
    if junto.isascii() and junto.isprintable():
        return junto
    return "".join(c for c in transliterar(junto) if c.isprintable() or c == "\xa0")
