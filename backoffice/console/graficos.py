"""Gráficos pequenos em SVG, um por pergunta; as cores e as letras são da folha de estilo.

Só atributos, que a política de segurança das páginas não deixa pôr estilo num elemento.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from markupsafe import Markup

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_LARGURA = 480
_ALTURA = 22
_ROTULO = 190
_NUMERO = 90
_COLUNAS_ALTURA = 120
_NOME_EMBAIXO = 44
"""Largura do nome de uma coluna."""


def barras(
    pergunta: str,
    partes: Sequence[tuple[str, int | Decimal]],
    *,
    escrever: Callable[[int | Decimal], str] = str,
    classes: Sequence[str] = (),
) -> Markup:
    """Barras deitadas, uma por linha, cada uma com o seu nome e o seu número.

    Args:
        pergunta: a que o gráfico responde; é o seu título.
        partes: nome e valor, que não é negativo.
        escrever: como se escreve um valor.
        classes: classe de cada barra, como ``s5``; sem elas, a comum.
    """
    maior = max((v for _, v in partes), default=0) or 1
    espaco = _LARGURA - _ROTULO - _NUMERO
    linhas = []
    for n, (nome, valor) in enumerate(partes):
        y = n * _ALTURA
        comprimento = max(int(Decimal(valor) / Decimal(maior) * espaco), 1 if valor else 0)
        classe = classes[n] if n < len(classes) else "comum"
        linhas.append(
            Markup(
                '<text x="{x}" y="{yt}" text-anchor="end">{nome}</text>'
                '<rect class="barra {classe}" x="{xb}" y="{yb}" width="{w}" height="14" rx="2"/>'
                '<text x="{xn}" y="{yt}">{numero}</text>'
            ).format(
                x=_ROTULO - 8,
                yt=y + 15,
                nome=_curto(nome),
                classe=classe,
                xb=_ROTULO,
                yb=y + 4,
                w=comprimento,
                xn=_ROTULO + comprimento + 6,
                numero=escrever(valor),
            )
        )
    return _figura(pergunta, partes, escrever, _ALTURA * max(len(partes), 1), linhas)


def colunas(
    pergunta: str,
    partes: Sequence[tuple[str, int | Decimal]],
    *,
    escrever: Callable[[int | Decimal], str] = str,
) -> Markup:
    """Colunas em pé, para o que corre no tempo; os nomes ficam embaixo.

    Args:
        pergunta: a que o gráfico responde; é o seu título.
        partes: nome e valor, que não é negativo, do mais velho ao mais novo.
        escrever: como se escreve um valor.
    """
    maior = max((v for _, v in partes), default=0) or 1
    passo = _LARGURA / max(len(partes), 1)
    # os nomes que não cabem ficam por escrever; o último, que é o de agora, nunca
    cada = max(1, -(-_NOME_EMBAIXO // int(passo)))
    linhas = []
    for n, (nome, valor) in enumerate(partes):
        altura = max(int(Decimal(valor) / Decimal(maior) * (_COLUNAS_ALTURA - 40)), 0)
        x = n * passo
        linhas.append(
            Markup(
                '<rect class="barra comum" x="{x:.1f}" y="{y}" width="{w:.1f}" height="{h}"/>'
                '<text x="{m:.1f}" y="{ym}" text-anchor="middle">{numero}</text>'
                '<text x="{m:.1f}" y="{yn}" text-anchor="middle">{nome}</text>'
            ).format(
                x=x + passo * 0.15,
                y=_COLUNAS_ALTURA - 20 - altura,
                w=passo * 0.7,
                h=altura,
                m=x + passo / 2,
                ym=_COLUNAS_ALTURA - 24 - altura,
                yn=_COLUNAS_ALTURA - 5,
                numero=escrever(valor) if valor else "",
                nome="" if (len(partes) - 1 - n) % cada else nome,
            )
        )
    return _figura(pergunta, partes, escrever, _COLUNAS_ALTURA, linhas)


def _figura(
    pergunta: str,
    partes: Sequence[tuple[str, int | Decimal]],
    escrever: Callable[[int | Decimal], str],
    altura: int,
    linhas: list[Markup],
) -> Markup:
    # quem ouve a página recebe o mesmo que quem vê
    dito = "; ".join(f"{nome}: {escrever(valor)}" for nome, valor in partes) or "nada a mostrar"
    return Markup(
        '<figure class="grafico"><figcaption>{pergunta}</figcaption>'
        '<svg viewBox="0 0 {w} {h}" role="img" aria-label="{dito}">{linhas}</svg></figure>'
    ).format(
        pergunta=pergunta, w=_LARGURA, h=altura, dito=f"{pergunta} {dito}",
        linhas=Markup("").join(linhas),
    )  # fmt: skip


def _curto(nome: str) -> str:
    return nome if len(nome) <= 28 else nome[:27] + "…"
