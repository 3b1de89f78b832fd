"""Compila o esquema de uma versão e dá veredito e erros de uma mensagem."""

from __future__ import annotations

from functools import cache, partial
from itertools import islice
from threading import Lock
from typing import TYPE_CHECKING

from lxml import etree

from dominio.versoes import sufixo
from tiss_xsd import corrido
from tiss_xsd.catalogo import ArquivoDesconhecido, alterados, ler, versoes
from tiss_xsd.erro import ErroEsquema, de_entrada

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from lxml.etree._docloader import _InputDocument

_PREFIXO = "tiss-xsd:/"
# endereço que não existe fora do processo: o que o esquema inclui só pode vir do catálogo

_LIMITE = 50

_GRANDE = etree.XPath(
    "boolean(descendant::node()[60001])"
    " or (boolean(descendant::*[20001]) and boolean(.//*[2001]))"
    " or boolean((descendant::*/@*)[2001])"
)
# até 60.000 nós, ou 20.000 quando algum tem mais de 2.000 filhos, a mais hostil das mensagens
# custa menos de um segundo na validação pela árvore; um lote de 100 guias comuns tem 16.000
# elementos e nenhum atributo, e não deve pagar a segunda leitura


class _Catalogo(etree.Resolver):
    """Dá à libxml2 os arquivos de uma versão e recusa todo outro endereço."""

    def __init__(self, versao: str, ler_arquivo: Callable[[str], bytes]) -> None:
        super().__init__()
        self._ler = ler_arquivo
        self._pasta = f"{_PREFIXO}{versao}/"

    def resolve(
        self, system_url: str | None, _public_id: str | None, context: object, /
    ) -> _InputDocument:
        nome = (system_url or "").removeprefix(self._pasta)
        return self.resolve_string(self._ler(nome), context, base_url=self._pasta + nome)


class Esquema:
    """Esquema compilado de uma versão; uma instância serve todas as linhas de execução.

    São duas compilações: a do veredito é usada sem trava, porque só o resultado dela é lido; a dos
    erros fica sob trava, porque a lista de erros da lxml pertence ao objeto e outra validação ao
    mesmo tempo a esvaziaria.

    Args:
        versao: na forma do elemento ``Padrao``.

    Raises:
        ArquivoDesconhecido: se a versão não está instalada ou falta um arquivo que outro inclui.
        lxml.etree.XMLSchemaParseError: se os esquemas não compilam.
    """

    def __init__(self, versao: str) -> None:
        self.versao = versao
        self._veredito = _compila(versao)
        self._relato = _compila(versao)
        self._trava = Lock()

    def valida(self, elemento: etree._Element) -> bool:
        """Diz se o elemento, com tudo o que contém, obedece ao esquema."""
        if _GRANDE(elemento):
            return corrido.valido(self._veredito, elemento)
        return self._veredito.validate(elemento)

    def valida_pedacos(self, pedacos: Iterable[bytes]) -> bool:
        """O mesmo que :meth:`valida`, de um documento em pedaços, sem fazer a sua árvore.

        Não confere que identificadores de assinaturas não se repetem.

        Raises:
            lxml.etree.XMLSyntaxError: se não é XML.
        """
        return corrido.validos(self._veredito, pedacos)

    def erros(self, elemento: etree._Element, limite: int = _LIMITE) -> tuple[ErroEsquema, ...]:
        """Valida de novo e devolve os primeiros erros, na ordem da mensagem.

        Args:
            elemento: o mesmo que se deu a :meth:`valida`.
            limite: quantos erros no máximo.

        Returns:
            Os erros; vazio quando o elemento obedece ao esquema.
        """
        if _GRANDE(elemento):
            return corrido.erros(self._veredito, elemento, limite)
        with self._trava:
            if self._relato.validate(elemento):
                return ()
            entradas = islice(iter(self._relato.error_log), limite)
            return tuple(de_entrada(entrada, entrada.path or "") for entrada in entradas)


def compilar(versao: str, ler_arquivo: Callable[[str], bytes]) -> etree.XMLSchema:
    """Compila uma versão a partir de ``tissWebServices``, sem rede nem outros arquivos.

    Args:
        versao: na forma do elemento ``Padrao``.
        ler_arquivo: dá o conteúdo de um arquivo pelo nome.

    Raises:
        LookupError: o que ``ler_arquivo`` levantar para um nome que não tem.
        lxml.etree.XMLSyntaxError: se a entrada não é XML.
        lxml.etree.XMLSchemaParseError: se os esquemas não compilam.
    """
    nome = f"tissWebServices{sufixo(versao)}.xsd"
    leitor = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    leitor.resolvers.add(_Catalogo(versao, ler_arquivo))
    raiz = etree.fromstring(ler_arquivo(nome), leitor, base_url=f"{_PREFIXO}{versao}/{nome}")
    return etree.XMLSchema(raiz)


def _compila(versao: str) -> etree.XMLSchema:
    return compilar(versao, partial(ler, versao))


_travas: dict[str, Lock] = {}


@cache
def _guardado(versao: str) -> Esquema:
    return Esquema(versao)


def esquecer() -> None:
    """Deixa de guardar o que se compilou."""
    _guardado.cache_clear()


def esquema(versao: str) -> Esquema:
    """Esquema de uma versão, compilado na primeira vez que o processo o pede.

    A entrada é ``tissWebServices``, que inclui ``mensagemTISS``: serve às mensagens dos dois meios.

    Raises:
        ArquivoDesconhecido: se a versão não está instalada.
    """
    if versao not in versoes():
        raise ArquivoDesconhecido(versao)
    with _travas.setdefault(versao, Lock()):
        return _guardado(versao)


def conferir(versao: str) -> tuple[str, ...]:
    """Compila de novo os arquivos de uma versão e confere os resumos dos instalados.

    Returns:
        O que está errado, uma frase por defeito; vazio quando tudo está certo.

    Raises:
        ArquivoDesconhecido: se a versão não está instalada.
    """
    if versao not in versoes():
        raise ArquivoDesconhecido(versao)
    if mudados := alterados(versao):
        return tuple(f"{nome} já não é como foi instalado" for nome in mudados)
    try:
        _compila(versao)
    except ArquivoDesconhecido as erro:
        return (str(erro),)
    except (etree.XMLSchemaParseError, etree.XMLSyntaxError) as erro:
        return tuple(dict.fromkeys(str(e.message) for e in erro.error_log)) or (str(erro),)
    return ()
