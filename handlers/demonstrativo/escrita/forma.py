"""O que cada versão comporta: tamanho dos valores, códigos e textos."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from dominio import listas
from dominio.textos import para_mensagem
from dominio.versoes import ordem

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

    from dominio.situacao import StatusProtocolo

NUMERO, EMISSAO, CONTRATADO, OBSERVACAO = "\x01", "\x02", "\x03", "\x04"
"""Lacunas do texto: o que não é fato, e caracteres que o XML não tem."""

NAO_INFORMADO = "NAO INFORMADO"


class NaoCabe(Exception):
    """Um valor ou código que a versão não tem como dizer."""

    def __init__(self, campo: str) -> None:
        super().__init__(campo)
        self.campo = campo


class Forma:
    """Como se escreve numa versão; uma por versão.

    Attributes:
        versao: do padrão.
        nomes: se leva nomes de prestador e beneficiário.
        guias_pagas: se o pagamento diz as guias.
        observacao: se a análise tem observação.
        observacao_da_guia: se a guia da análise a tem, e o item o centro de consumo.
    """

    def __init__(self, versao: str) -> None:
        partes = ordem(versao)
        self.versao = versao
        self.nomes = partes < (4,)
        self.guias_pagas = partes >= (4,)
        self.observacao = partes >= (4, 2)
        self.observacao_da_guia = partes >= (4, 3)
        maiores = partes >= (4, 2)
        self.total = _reais(10)
        self.do_item = _reais(10 if maiores else 8)
        self.desconto = self.do_item
        self.da_guia_odonto = self.do_item
        self.do_odonto = _reais(10 if maiores else 7)
        self.liberado_odonto = _reais(7)
        self._quantidade = 10**4 if partes < (4,) else 10**5
        self._cnpj_so_de_digitos = partes < (4, 3)

    def codigo(self, lista: str, codigo: str) -> str:
        """Um código obrigatório.

        Raises:
            NaoCabe: a versão não o tem.
        """
        if not listas.tem(lista, codigo, self.versao):
            raise NaoCabe(lista)
        return codigo

    def eco(self, nome: str, lista: str, codigo: str | None) -> str:
        """Um elemento opcional de código; o que a versão não tem é omitido."""
        if codigo is None or not listas.tem(lista, codigo, self.versao):
            return ""
        return f"<ans:{nome}>{codigo}</ans:{nome}>"

    def quantidade(self, valor: Decimal) -> str:
        """``qtdExecutada``, sem zeros à direita.

        Raises:
            NaoCabe: é grande demais para a versão.
        """
        if not 0 <= valor < self._quantidade:
            raise NaoCabe("qtdExecutada")
        return f"{valor:.4f}".rstrip("0").rstrip(".")

    def cnpj(self, valor: str) -> str:
        """Um CNPJ; só desde 4.03.00 tem letras.

        Raises:
            NaoCabe: tem letras e a versão não as aceita.
        """
        if self._cnpj_so_de_digitos and not valor.isdigit():
            raise NaoCabe("CNPJ")
        return valor

    def situacao(self, status: StatusProtocolo) -> str:
        """A situação como a versão a diz."""
        return str(int(status.em(self.versao)))


@lru_cache(maxsize=16)
def da_versao(versao: str) -> Forma:
    """A forma de uma versão."""
    return Forma(versao)


def _reais(digitos: int) -> Callable[[Decimal], str]:
    limite = 10 ** (digitos - 2)

    def escrever(valor: Decimal) -> str:
        if not -limite < valor < limite:
            raise NaoCabe("valor em reais")
        return f"{valor:.2f}"

    return escrever


@lru_cache(maxsize=4096)
def texto(valor: str, tamanho: int) -> str:
    """Texto livre: dentro de ISO-8859-1, do tamanho do campo e escapado."""
    return escape(para_mensagem(valor, tamanho))


def exato(valor: str) -> str:
    """Um identificador, ecoado sem mudança."""
    return escape(valor)


def opcional(nome: str, valor: str | None) -> str:
    """Um identificador opcional."""
    return f"<ans:{nome}>{escape(valor)}</ans:{nome}>" if valor else ""


def livre(nome: str, valor: str | None, tamanho: int = 500) -> str:
    """Um texto livre opcional."""
    return f"<ans:{nome}>{texto(valor, tamanho)}</ans:{nome}>" if valor else ""
