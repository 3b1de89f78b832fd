"""Uma mensagem em linhas que se leem, com o que está errado marcado no lugar.

O que não se consegue ler como XML mostra-se como veio. Valores longos, como o de um documento em
base64, aparecem só no começo.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lxml import etree

from dominio.transacoes import NS_TISS
from mensagem.parse import Limites, parse
from mensagem.recusa import Recusa

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mensagem.erros_de_esquema import ErroDeEsquema

MAIS_LINHAS = 4_000
_MAIOR_VALOR = 300
_Q = f"{{{NS_TISS}}}"
_GUIAS = (
    "guiaConsulta", "guiaSP-SADT", "guiaResumoInternacao", "guiaHonorarios", "guiaOdonto",
)  # fmt: skip


class Linha(NamedTuple):
    """Uma linha.

    Attributes:
        recuo: quantos níveis para dentro.
        texto: a etiqueta com o seu valor.
        erro: o que está errado ali; vazio, nada.
    """

    recuo: int
    texto: str
    erro: str


class Legivel(NamedTuple):
    """Uma mensagem para ler.

    Attributes:
        linhas: pela ordem.
        cortada: se há mais do que se mostra.
    """

    linhas: tuple[Linha, ...]
    cortada: bool


def legivel(dados: bytes, erros: Iterable[ErroDeEsquema] = (), limite: int = 0) -> Legivel:
    """Uma mensagem em linhas.

    Args:
        dados: os bytes, já com a senha do prestador escondida.
        erros: os de esquema, que se marcam no elemento de que falam.
        limite: bytes que se aceita ler; zero, os comuns.
    """
    try:
        raiz = parse(dados, Limites(tamanho=limite) if limite else Limites())
    except Recusa:
        texto = dados[: MAIS_LINHAS * 80].decode("utf-8", "replace")
        linhas = [Linha(0, linha, "") for linha in texto.splitlines()]
        return Legivel(tuple(linhas[:MAIS_LINHAS]), len(dados) > len(texto.encode()))
    marcas = _marcas(raiz, erros)
    feitas: list[Linha] = []
    for linha in _andar(raiz, 0, marcas):
        if len(feitas) == MAIS_LINHAS:
            return Legivel(tuple(feitas), cortada=True)
        feitas.append(linha)
    return Legivel(tuple(feitas), cortada=False)


def _andar(
    elemento: etree._Element, recuo: int, marcas: dict[etree._Element, str]
) -> Iterator[Linha]:
    nome = _nome(elemento)
    atributos = "".join(f' {etree.QName(k).localname}="{v}"' for k, v in elemento.items())
    erro = marcas.get(elemento, "")
    filhos = [filho for filho in elemento if isinstance(filho.tag, str)]
    if not filhos:
        valor = (elemento.text or "").strip()
        if len(valor) > _MAIOR_VALOR:
            valor = f"{valor[:_MAIOR_VALOR]}… ({len(valor)} caracteres)"
        fim = f">{valor}</{nome}>" if valor else "/>"
        yield Linha(recuo, f"<{nome}{atributos}{fim}", erro)
        return
    yield Linha(recuo, f"<{nome}{atributos}>", erro)
    for filho in filhos:
        yield from _andar(filho, recuo + 1, marcas)
    yield Linha(recuo, f"</{nome}>", "")


def _nome(elemento: etree._Element) -> str:
    local = etree.QName(elemento).localname
    return f"{elemento.prefix}:{local}" if elemento.prefix else local


def _marcas(raiz: etree._Element, erros: Iterable[ErroDeEsquema]) -> dict[etree._Element, str]:
    """O elemento de que fala cada erro; o que falta marca-se em quem o devia ter."""
    guias = [e for nome in _GUIAS for e in raiz.iter(_Q + nome)]
    marcas: dict[etree._Element, str] = {}
    for erro in erros:
        onde = raiz
        if erro.guia is not None and 0 < erro.guia <= len(guias):
            onde = guias[erro.guia - 1]
        if erro.item is not None:
            do_item = _do_item(onde, erro.item)
            onde = onde if do_item is None else do_item
        alvo = next(onde.iter(_Q + erro.campo), None) if erro.campo else None
        alvo = onde if alvo is None else alvo
        marcas[alvo] = "; ".join(filter(None, (marcas.get(alvo), str(erro))))
    return marcas


def _do_item(onde: etree._Element, item: str) -> etree._Element | None:
    for sequencial in onde.iter(_Q + "sequencialItem"):
        if (sequencial.text or "").strip() == item:
            return sequencial.getparent()
    return None
