"""O sistema de um prestador que importa o que a operadora devolve, pelas regras do seu manual.

Lê os arquivos ``mensagemTISS`` por conta própria: não usa os leitores do projeto. Confere (V1 a
V5), acha remessa e contas (M1 a M3), acerta os itens (M4 e M5) e recebe digitado o número do
recurso (M6).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from lxml import etree

if TYPE_CHECKING:
    from collections.abc import Iterator

Chave = tuple[str, str, str, str]
"""Sequencial, tabela, código e data de um item."""


class Contrato(NamedTuple):
    """Como o prestador numera os lotes do convênio.

    Attributes:
        composto: número de remessa composto.
        da_remessa: número de lote baseado na remessa ou fatura.
        unidade: de faturamento.
        convenio: código.
    """

    composto: bool = False
    da_remessa: bool = False
    unidade: int = 1
    convenio: int = 2


def lote_esperado(contrato: Contrato, *, remessa: str, fatura: str, informado: str) -> str:
    """O número de lote que se espera no arquivo, na ordem de prioridade do manual."""
    if contrato.composto:
        return f"{contrato.unidade:04d}{contrato.convenio:04d}{remessa}"
    if contrato.da_remessa:
        if not remessa.isdigit() and fatura.isdigit():
            return fatura
        return remessa
    return informado


class Parado(Exception):
    """A importação para: a conferência que falhou."""


@dataclass
class Item:
    """Um item da conta na gestão de glosa."""

    situacao: str = "Enviado"
    liberado: Decimal | None = None
    motivos: list[str] = field(default_factory=list)
    recursado: Decimal | None = None
    acatado: Decimal | None = None


@dataclass
class Conta:
    """Uma conta enviada, com os dois números da guia."""

    numero: str
    numero_operadora: str | None
    itens: dict[Chave, Item]


@dataclass
class Gestao:
    """A gestão de glosa de uma fatura.

    Attributes:
        registro: ANS do convênio.
        codigos: credenciais do prestador principal.
        lote: o número esperado.
        protocolo: da fatura; ausente se ninguém o anotou.
        finalizada: se a conta se fechou.
        recurso: número do recibo, digitado.
    """

    registro: str
    codigos: frozenset[str]
    lote: str
    protocolo: str | None
    contas: list[Conta]
    finalizada: bool = False
    recurso: str | None = None

    def importar(self, arquivo: bytes) -> list[str]:
        """Importa uma análise de conta ou a resposta de um recurso; dá o registro do que notou.

        Raises:
            Parado: uma conferência falhou; nada mudou.
        """
        raiz = etree.fromstring(arquivo)
        analise = _achar(raiz, "demonstrativoAnaliseConta")
        if analise is not None:
            self._conferir(analise, lote="numeroLotePrestador")
            return self._analise(analise)
        for nome in ("reciboGlosa", "reciboGlosaOdonto"):
            recibo = _achar(raiz, nome)
            if recibo is not None:
                self._conferir(recibo, lote="numeroLote")
                return self._resposta(recibo)
        raise Parado("arquivo")

    def digitar_recurso(self, numero: str) -> None:
        """O número do recibo não se importa: digita-se, e só aceita até doze algarismos."""
        if not numero.isascii() or not numero.isdigit() or len(numero) > 12:
            raise Parado("M6")
        self.recurso = numero

    def _conferir(self, raiz: etree._Element, *, lote: str) -> None:
        if _texto(raiz, "registroANS") != self.registro:
            raise Parado("V1")
        codigo = _texto(raiz, "codigoPrestadorNaOperadora") or _texto(raiz, "codigoPrestador")
        if codigo not in self.codigos:
            raise Parado("V2")
        protocolo = _texto(raiz, "numeroProtocolo")
        if protocolo is not None and self.protocolo is not None and protocolo != self.protocolo:
            raise Parado("V3")
        if _texto(raiz, lote) != self.lote:
            raise Parado("V4")
        if self.finalizada:
            raise Parado("V5")

    def _analise(self, raiz: etree._Element) -> list[str]:
        registro: list[str] = []
        achadas: list[Conta] = []
        for guia in _todos(raiz, "relacaoGuias"):
            conta = self._conta(guia, registro)
            if conta is None:
                continue
            achadas.append(conta)
            for detalhe in _todos(guia, "detalhesGuia"):
                item = _item(conta, detalhe, registro)
                if item is None:
                    continue
                item.liberado = _reais(detalhe, "valorLiberado")
                menor = item.liberado < _reais(detalhe, "valorInformado")
                item.situacao = "Glosa" if menor else "Liberado"
                item.motivos = [
                    _texto(g, "tipoGlosa") or "" for g in _todos(detalhe, "relacaoGlosa")
                ]
        registro += [f"sem XML: {c.numero}" for c in self.contas if c not in achadas]
        return registro

    def _resposta(self, raiz: etree._Element) -> list[str]:
        registro: list[str] = []
        for nome in ("respostaGuiaItens", "respostaRecursoItemOdonto"):
            for guia in _todos(raiz, nome):
                conta = self._conta(guia, registro)
                partes = list(_todos(guia, "recursoProcedimento")) or [guia]
                for parte in partes if conta is not None else ():
                    assert conta is not None
                    self._item_respondido(conta, parte, registro)
        return registro

    @staticmethod
    def _item_respondido(conta: Conta, parte: etree._Element, registro: list[str]) -> None:
        item = _item(conta, parte, registro)
        if item is None:
            return
        recursado = _reais(parte, "valorRecursado")
        nome = "valorAcatadado" if _texto(parte, "valorAcatadado") is not None else "valorAcatado"
        acatado = _reais(parte, nome)
        item.recursado, item.acatado = recursado, acatado
        item.situacao = leitura_util(recursado, acatado)
        if leitura_literal(recursado, acatado) != item.situacao:
            registro.append(f"M4: {conta.numero}: o manual diria o contrário")

    def _conta(self, guia: etree._Element, registro: list[str]) -> Conta | None:
        da_operadora, do_prestador = (
            _texto(guia, nome) for nome in ("numeroGuiaOperadora", "numeroGuiaPrestador")
        )
        achada = next(
            (c for c in self.contas if da_operadora and c.numero_operadora == da_operadora), None
        ) or next((c for c in self.contas if c.numero == do_prestador), None)
        if achada is None:
            registro.append(f"sem conta: {do_prestador}")
        elif not achada.itens:
            registro.append(f"sem itens: {do_prestador}")
            return None
        return achada


def leitura_util(recursado: Decimal, acatado: Decimal) -> str:
    """O que se aceitou por inteiro está liberado; o resto continua glosado."""
    return "Glosa" if acatado < recursado else "Liberado"


def leitura_literal(recursado: Decimal, acatado: Decimal) -> str:
    """Como o manual escreve, ao contrário: recursado menor que acatado seria glosa."""
    return "Glosa" if recursado < acatado else "Liberado"


def _item(conta: Conta, parte: etree._Element, registro: list[str]) -> Item | None:
    nomes = ("sequencialItem", "codigoTabela", "codigoProcedimento", "dataRealizacao")
    chave = tuple(_texto(parte, nome) or "" for nome in nomes)
    item = conta.itens.get(chave)  # type: ignore[call-overload]
    if item is None:
        registro.append(f"item sem par: {conta.numero}")
    return item  # type: ignore[no-any-return]


def _todos(pai: etree._Element, nome: str) -> Iterator[etree._Element]:
    return pai.iter(f"{{*}}{nome}")


def _achar(pai: etree._Element, nome: str) -> etree._Element | None:
    return next(_todos(pai, nome), None)


def _texto(pai: etree._Element, nome: str) -> str | None:
    achado = _achar(pai, nome)
    return None if achado is None else achado.text


def _reais(pai: etree._Element, nome: str) -> Decimal:
    return Decimal(_texto(pai, nome) or "0")
