"""Validação em fluxo, para mensagens grandes demais para validar com segurança pela árvore.

Ao validar uma árvore, a libxml2 escreve o caminho de cada erro contando os irmãos anteriores do
elemento, e a lxml guarda todos os erros: com muitos irmãos e muitos erros, poucos megabytes custam
minutos e centenas de megabytes. Em fluxo o custo é proporcional ao tamanho e a leitura para quando
há erros que bastem. Em troca lê-se a mensagem outra vez, o que só compensa nas grandes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from lxml import etree

from dominio.transacoes import NS_TISS
from tiss_xsd.erro import ErroEsquema, de_entrada

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lxml.etree._parser import CustomTargetParser
    from lxml.etree._saxparser import ParserTarget

_TRECHO = 65_536
# bytes lidos entre uma verificação de erros e a seguinte

_DO_PAI = frozenset(
    {
        "SCHEMAV_CVC_TYPE_3_1_2",
        "SCHEMAV_CVC_COMPLEX_TYPE_2_1",
        "SCHEMAV_CVC_COMPLEX_TYPE_2_2",
    }
)
# ditos quando começa um filho, mas do elemento que não o podia ter
_TEXTO_SOLTO = "SCHEMAV_CVC_COMPLEX_TYPE_2_3"
# dito onde o texto está, que pode ser depois de um filho já terminado

_IDS = "descendant-or-self::*[namespace-uri() = $ds or namespace-uri() = $ans]/@Id"
_NS_DS = "http://www.w3.org/2000/09/xmldsig#"


class _Silencio:
    """Alvo de leitura que não guarda nada."""

    def close(self) -> None:
        """Fim da leitura."""


class _Rastro:
    """Alvo de leitura que sabe em que elemento está, para dar caminho a cada erro."""

    def __init__(self) -> None:
        self.leitor: CustomTargetParser[None] | None = None
        self.caminhos: list[str] = []
        self._posicoes = [0]
        self._ultimo: tuple[int, ...] = ()

    def start(self, _nome: str, _atributos: object) -> None:
        """Entra num elemento."""
        self.confere()
        self._posicoes[-1] += 1
        self._ultimo = tuple(self._posicoes)
        self._posicoes.append(0)

    def end(self, _nome: str) -> None:
        """Sai do elemento."""
        self.confere()
        self._posicoes.pop()
        self._ultimo = tuple(self._posicoes)

    def close(self) -> None:
        """Fim da leitura."""
        self.confere()

    def confere(self) -> None:
        """Dá caminho aos erros novos.

        A validação de um evento acontece depois da chamada dele e antes da do seguinte.
        """
        if self.leitor is not None:
            for erro in list(self.leitor.feed_error_log)[len(self.caminhos) :]:
                self.caminhos.append(self._caminho(erro.type_name))

    def _caminho(self, tipo: str) -> str:
        passos = self._ultimo
        if tipo in _DO_PAI:
            passos = passos[:-1]
        elif tipo == _TEXTO_SOLTO:
            passos = tuple(self._posicoes[:-1])
        return "".join(f"/*[{posicao}]" for posicao in passos)


def valido(esquema: etree.XMLSchema, elemento: etree._Element) -> bool:
    """Diz se o elemento obedece ao esquema, parando no primeiro erro."""
    leitor = _leitor(esquema, _Silencio())
    if any(leitor.feed_error_log for _ in _le(leitor, elemento)):
        return False
    return not _repetido(elemento)


def validos(esquema: etree.XMLSchema, pedacos: Iterable[bytes]) -> bool:
    """Diz se um documento em pedaços obedece ao esquema, parando no primeiro erro.

    Raises:
        lxml.etree.XMLSyntaxError: se não é XML.
    """
    leitor = _leitor(esquema, _Silencio())
    for pedaco in pedacos:
        leitor.feed(pedaco)
        if leitor.feed_error_log:
            return False
    leitor.close()
    return not leitor.feed_error_log


def erros(
    esquema: etree.XMLSchema, elemento: etree._Element, limite: int
) -> tuple[ErroEsquema, ...]:
    """Os primeiros erros, na ordem da mensagem, com o caminho na forma ``/*[1]/*[2]``.

    Args:
        esquema: compilado; pode ser usado por outras linhas de execução ao mesmo tempo.
        elemento: o que se valida.
        limite: quantos erros no máximo.
    """
    rastro = _Rastro()
    rastro.leitor = leitor = _leitor(esquema, rastro)
    for _ in _le(leitor, elemento):
        if len(leitor.feed_error_log) >= limite:
            break
    rastro.confere()
    lidos = zip(leitor.feed_error_log, rastro.caminhos, strict=True)
    return (*(de_entrada(e, caminho) for e, caminho in lidos), *_repetido(elemento))[:limite]


def _repetido(elemento: etree._Element) -> tuple[ErroEsquema, ...]:
    """O primeiro identificador repetido nas assinaturas, que a leitura em fluxo não confere."""
    vistos: set[str] = set()
    for valor in elemento.xpath(_IDS, ds=_NS_DS, ans=NS_TISS):
        if (normal := valor.strip()) in vistos:
            dono = valor.getparent()
            texto = f"Element '{dono.tag}', attribute 'Id': repeated value of 'xs:ID'."
            caminho = _caminho(dono, elemento)
            return (ErroEsquema(caminho, "SCHEMAV_CVC_DATATYPE_VALID_1_2_1", texto, 0),)
        vistos.add(normal)
    return ()


def _caminho(elemento: etree._Element, raiz: etree._Element) -> str:
    passos = []
    for passo in (elemento, *elemento.iterancestors()):
        if passo is raiz:
            break
        passos.append(sum(1 for _ in passo.itersiblings("*", preceding=True)) + 1)
    return "".join(f"/*[{posicao}]" for posicao in (1, *reversed(passos)))


def _leitor(esquema: etree.XMLSchema, alvo: _Silencio | _Rastro) -> CustomTargetParser[None]:
    return etree.XMLParser(
        schema=esquema,
        target=cast("ParserTarget[None]", alvo),
        huge_tree=True,
        resolve_entities=False,
        no_network=True,
    )


def _le(leitor: CustomTargetParser[None], elemento: etree._Element) -> Iterator[None]:
    conteudo = etree.tostring(elemento, with_tail=False)
    for inicio in range(0, len(conteudo), _TRECHO):
        leitor.feed(conteudo[inicio : inicio + _TRECHO])
        yield
    leitor.close()
    yield
