"""Uma folha em PDF: A4, com o cabeçalho em cada página e as páginas contadas."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from backoffice.impressos import formatos
from backoffice.impressos.folha import Assinaturas, Ficha, Tabela, Texto, rotulado
from backoffice.impressos.papel import MARGEM, Papel, altura

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from backoffice.impressos.folha import Bloco, Campo, Folha

_ROTULO, _LETRA, _TITULO, _DOCUMENTO = 5.5, 7.0, 7.5, 11.0
_FOLGA = 0.8
_CAMPO = 27.0
"""Largura de um campo de peso 1, antes de a linha se esticar até a margem."""
_JUNTO = 18.0
"""O que tem de caber debaixo de um título para ele não ficar só no fim da página."""
_ASSINATURA = 22.0
_A_MAO = 4.6
"""O que uma linha de tabela tem pelo menos, se nela se escreve à mão."""


def escrever(folhas: Sequence[Folha]) -> bytes:
    """As folhas num só arquivo, cada uma com as suas páginas contadas de 1 ao seu total."""
    papel = Papel(folhas[0].titulo, folhas[0].emissao)
    for folha in folhas:
        papel.comecar_folha()
        _Escrita(papel, folha).tudo()
        papel.numerar()
    return papel.bytes()


class _Celula(NamedTuple):
    x: float
    largura: float
    linhas: list[str]
    direita: bool


class _Escrita:
    def __init__(self, papel: Papel, folha: Folha) -> None:
        self._papel = papel
        self._folha = folha
        self._util = 0.0

    def tudo(self) -> None:
        self._nova_pagina()
        for bloco in self._folha.blocos:
            self._bloco(bloco)
        self._caber(altura(2, _LETRA))
        self._texto(f"Emitido em {formatos.data(self._folha.emissao)}")

    def _bloco(self, bloco: Bloco) -> None:
        match bloco:
            case Ficha():
                self._titulo(bloco.titulo)
                self._campos(bloco.campos, forte=bloco.forte)
            case Tabela():
                self._titulo(bloco.titulo)
                self._tabela(bloco)
            case Texto():
                self._titulo(bloco.titulo)
                self._texto(bloco.texto)
            case Assinaturas():
                self._assinaturas(bloco)

    def _nova_pagina(self) -> None:
        papel = self._papel
        papel.nova_pagina(deitada=self._folha.deitada)
        titulo = papel.quebrar(self._folha.titulo, papel.largura, _DOCUMENTO, forte=True)
        papel.escrever(MARGEM, papel.y, titulo, _DOCUMENTO, forte=True)
        papel.y += altura(len(titulo), _DOCUMENTO) + _FOLGA
        self._campos(self._folha.cabecalho)
        papel.y += 2 * _FOLGA
        self._util = papel.fim - papel.y

    def _caber(self, alto: float, depois: Callable[[], None] | None = None) -> None:
        """Passa à página seguinte se o que vem não cabe nesta."""
        if self._papel.y + alto > self._papel.fim:
            self._nova_pagina()
            if depois is not None:
                depois()

    def _titulo(self, texto: str | None) -> None:
        if texto is None:
            return
        papel = self._papel
        self._caber(_JUNTO)
        papel.y += 2 * _FOLGA
        linhas = papel.quebrar(texto, papel.largura - 2 * _FOLGA, _TITULO, forte=True)
        alto = altura(len(linhas), _TITULO) + _FOLGA
        papel.caixa(MARGEM, papel.y, papel.largura, alto, cheia=True)
        papel.escrever(MARGEM + _FOLGA, papel.y + _FOLGA / 2, linhas, _TITULO, forte=True)
        papel.y += alto + _FOLGA / 2

    def _campos(self, campos: Sequence[Campo], *, forte: bool = False) -> None:
        papel = self._papel
        for linha in _em_linhas(campos, papel.largura):
            total = sum(campo.peso for campo in linha)
            larguras = [papel.largura * campo.peso / total for campo in linha]
            prontos = [
                (
                    papel.quebrar(rotulado(c.rotulo, c.numero), w - 2 * _FOLGA, _ROTULO),
                    papel.quebrar(c.texto, w - 2 * _FOLGA, _LETRA, forte=forte),
                )
                for c, w in zip(linha, larguras, strict=True)
            ]
            do_rotulo = altura(max(len(r) for r, _ in prontos), _ROTULO)
            alto = do_rotulo + altura(max(len(v) for _, v in prontos), _LETRA) + _FOLGA
            self._caber(alto)
            x = MARGEM
            for (rotulo, valor), w in zip(prontos, larguras, strict=True):
                papel.caixa(x, papel.y, w, alto, cheia=forte)
                papel.escrever(x + _FOLGA, papel.y + _FOLGA / 2, rotulo, _ROTULO)
                y = papel.y + _FOLGA / 2 + do_rotulo
                papel.escrever(x + _FOLGA, y, valor, _LETRA, forte=forte)
                x += w
            papel.y += alto

    def _tabela(self, tabela: Tabela) -> None:
        papel = self._papel
        total = sum(coluna.peso for coluna in tabela.colunas)
        larguras = [papel.largura * coluna.peso / total for coluna in tabela.colunas]
        lugares = [MARGEM + sum(larguras[:n]) for n in range(len(larguras))]
        direitas = [coluna.direita for coluna in tabela.colunas]
        rotulos = [rotulado(coluna.rotulo, coluna.numero) for coluna in tabela.colunas]

        def celulas(textos: Sequence[str], tamanho: float, *, forte: bool) -> list[_Celula]:
            return [
                _Celula(
                    x, w, papel.quebrar(texto, w - 2 * _FOLGA, tamanho, forte=forte), direita
                )
                for x, w, texto, direita in zip(lugares, larguras, textos, direitas, strict=True)
            ]  # fmt: skip

        cabecas = celulas(rotulos, _ROTULO, forte=True)
        alto_das_cabecas = altura(max(len(c.linhas) for c in cabecas), _ROTULO) + _FOLGA

        def cabecalho() -> None:
            papel.caixa(MARGEM, papel.y, papel.largura, alto_das_cabecas, cheia=True)
            self._linha(cabecas, _ROTULO, forte=True)
            papel.y += alto_das_cabecas

        self._caber(alto_das_cabecas + altura(2, _LETRA))
        cabecalho()
        for textos in tabela.linhas:
            linha = celulas(textos, _LETRA, forte=False)
            for parte in self._em_partes(linha, alto_das_cabecas):
                alto = altura(max(len(c.linhas) for c in parte), _LETRA) + _FOLGA
                if tabela.a_mao:
                    alto = max(alto, _A_MAO)
                self._caber(alto, cabecalho)
                self._linha(parte, _LETRA, forte=False)
                if tabela.a_mao:
                    for c in parte:
                        papel.caixa(c.x, papel.y, c.largura, alto, cheia=False)
                papel.y += alto
                papel.traco(MARGEM, papel.y, papel.largura)

    def _linha(self, celulas: Sequence[_Celula], tamanho: float, *, forte: bool) -> None:
        y = self._papel.y + _FOLGA / 2
        for c in celulas:
            direita = c.x + c.largura - _FOLGA if c.direita else None
            self._papel.escrever(
                c.x + _FOLGA, y, c.linhas, tamanho, forte=forte, direita=direita
            )  # fmt: skip

    def _em_partes(self, linha: list[_Celula], cabecas: float) -> Iterator[list[_Celula]]:
        """A linha inteira ou, se é mais alta do que uma página, em pedaços que cabem."""
        cabem = max(1, int((self._util - cabecas - _FOLGA) / altura(1, _LETRA)))
        maior = max(len(celula.linhas) for celula in linha)
        for inicio in range(0, maior, cabem):
            yield [
                celula._replace(linhas=celula.linhas[inicio : inicio + cabem]) for celula in linha
            ]

    def _texto(self, texto: str) -> None:
        papel = self._papel
        for linha in papel.quebrar(texto, papel.largura - 2 * _FOLGA, _LETRA):
            self._caber(altura(1, _LETRA))
            papel.escrever(MARGEM + _FOLGA, papel.y + _FOLGA / 2, [linha], _LETRA)
            papel.y += altura(1, _LETRA)

    def _assinaturas(self, bloco: Assinaturas) -> None:
        papel = self._papel
        self._caber(_ASSINATURA)
        y = papel.y + _ASSINATURA - 6
        cada = papel.largura / len(bloco.quem)
        for n, quem in enumerate(bloco.quem):
            x = MARGEM + n * cada
            papel.traco(x, y, cada - 6)
            papel.escrever(x, y + _FOLGA, papel.quebrar(quem, cada - 6, _LETRA), _LETRA)
        papel.y += _ASSINATURA


def _em_linhas(campos: Sequence[Campo], largura: float) -> Iterator[list[Campo]]:
    linha: list[Campo] = []
    peso = 0.0
    for campo in campos:
        if linha and (peso + campo.peso) * _CAMPO > largura:
            yield linha
            linha, peso = [], 0.0
        linha.append(campo)
        peso += campo.peso
    if linha:
        yield linha
