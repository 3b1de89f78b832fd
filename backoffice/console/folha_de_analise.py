"""O formulário de uma guia em análise: as suas linhas, o que nelas se lê e o que se guarda.

Uma linha é um item, ou a parte de um grau de participação dele. Os campos de cada uma levam a chave
da linha: ``processado-3``, ou ``processado-3g12`` para o grau 12 do item 3.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from backoffice.console.filtros import Leitor
from dominio.analise import Glosa, GuiaAnalisada, Politica
from dominio.dinheiro import ZERO
from dominio.numeros import natural
from handlers.analise import QualGuia, ResultadoDeGuia, ResultadoDeItem

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from backoffice.console.formulario import Campos
    from backoffice.console.uma_analise import Lida
    from dominio.analise import ItemAnalisado
    from dominio.lote import Item

POR_PAGINA = 60
MAIOR_TEXTO = 500
_GLOSAS_VAZIAS = 1
_QUANTIDADE = re.compile(r"[0-9]{1,5}(\.[0-9]{1,4})?")
_DA_GUIA = ("processado", "liberado", "glosa")


class Linha(NamedTuple):
    """O que se analisa de uma vez.

    Attributes:
        chave: nos nomes dos campos.
        posicao: do item na guia.
        grau: de participação; vazio é o item inteiro.
        item: como foi informado.
        informado: reais; ausente na parte de um grau, que quem analisa diz.
        feito: o que já se decidiu.
        repartivel: se o item se pode repartir pelos seus graus.
    """

    chave: str
    posicao: int
    grau: str
    item: Item
    informado: Decimal | None
    feito: ItemAnalisado | None
    repartivel: bool


def linhas(lida: Lida, posicao: int, repartidos: Collection[int] = ()) -> tuple[Linha, ...]:
    """Todas as linhas de uma guia.

    Args:
        lida: a análise.
        posicao: da guia.
        repartidos: itens que se querem por grau.
    """
    guia = lida.resultados.get(posicao, GuiaAnalisada(posicao))
    feitos = {(i.posicao, i.grau): i for i in guia.itens}
    partidos = {i.posicao for i in guia.itens if i.grau} | set(repartidos)
    prontas: list[Linha] = []
    for n, item in lida.conta.itens[posicao].items():
        graus = [g for g in (item.graus or "").split(",") if g]
        if n in partidos and graus:
            for grau in dict.fromkeys(graus):
                feito = feitos.get((n, grau))
                informado = None if feito is None else feito.valores.informado
                prontas.append(Linha(f"{n}g{grau}", n, grau, item, informado, feito, False))
        else:
            informado = lida.conta.informados[posicao][n]
            feito = feitos.get((n, ""))
            prontas.append(Linha(str(n), n, "", item, informado, feito, len(set(graus)) > 1))
    return tuple(prontas)


def guardados(lida: Lida, posicao: int, mostradas: Sequence[Linha]) -> dict[str, str]:
    """O que cada campo mostra: o que está guardado."""
    guia = lida.resultados.get(posicao, GuiaAnalisada(posicao))
    campos = {"observacao": guia.observacao or ""}
    campos |= {f"guia-{nome}": _escrito(getattr(guia, nome)) for nome in _DA_GUIA}
    campos |= glosas_guardadas("guia", guia.glosas)
    for linha in mostradas:
        feito = linha.feito
        valores = None if feito is None else feito.valores
        for nome in ("processado", "liberado", "glosa"):
            campos[f"{nome}-{linha.chave}"] = _escrito(valores and getattr(valores, nome))
        campos[f"informado-{linha.chave}"] = _escrito(linha.informado)
        campos[f"executada-{linha.chave}"] = _numero(feito and feito.quantidade)
        campos[f"paga-{linha.chave}"] = _numero(feito and feito.quantidade_paga)
        campos |= glosas_guardadas(linha.chave, () if feito is None else feito.glosas)
    return campos


def glosas_guardadas(chave: str, feitas: Sequence[Glosa]) -> dict[str, str]:
    """Os campos das glosas de uma linha, com um lugar vazio no fim."""
    campos: dict[str, str] = {}
    vazias = [None] * _GLOSAS_VAZIAS
    for n, glosa in enumerate([*feitas, *vazias], 1):
        campos[f"codigo-{chave}-{n}"] = "" if glosa is None else glosa.codigo
        campos[f"valor-{chave}-{n}"] = "" if glosa is None else _escrito(glosa.valor)
        campos[f"texto-{chave}-{n}"] = "" if glosa is None else glosa.texto or ""
    return campos


class Folha:
    """O formulário preenchido de uma guia.

    Args:
        lida: a análise que a página mostrava ou, se mudou, a de agora.
        posicao: da guia.
        campos: o que se enviou.
        informados: chaves das linhas que se aceitam como informadas.
    """

    def __init__(
        self, lida: Lida, posicao: int, campos: Campos, informados: Collection[str] = ()
    ) -> None:
        self._lida = lida
        self._posicao = posicao
        self._campos = campos
        self._nomes = {nome for nome, _ in campos.pares}
        self._leitor = Leitor(campos)
        self._outros: dict[str, str] = {}
        self._informados = informados
        self.vistas = frozenset(campos.textos("linha"))

    @property
    def erros(self) -> dict[str, str]:
        """Campo -> o que corrigir."""
        return self._leitor.erros | self._outros

    def resultado(self) -> ResultadoDeGuia:
        """O resultado da guia; os itens que a página não mostrava ficam como estavam."""
        antes = self._lida.resultados.get(self._posicao, GuiaAnalisada(self._posicao))
        tratadas = linhas(self._lida, self._posicao, repartidos(self.vistas))
        tratadas = tuple(linha for linha in tratadas if linha.chave in self.vistas)
        vistos = {linha.posicao for linha in tratadas}
        itens = [_como_estava(item) for item in antes.itens if item.posicao not in vistos]
        itens += [item for linha in tratadas if (item := self._item(linha)) is not None]
        livre = self._lida.politica is Politica.LIVRE
        ditos = {n: self._leitor.reais(f"guia-{n}") for n in _DA_GUIA} if livre else {}
        return ResultadoDeGuia(
            QualGuia(self._posicao),
            tuple(sorted(itens, key=lambda i: (i.posicao or 0, i.grau))),
            self.glosas("guia"),
            **ditos,
            observacao=self.texto("observacao"),
        )

    def glosas(self, chave: str) -> tuple[Glosa, ...]:
        """As glosas escritas numa linha; a que está toda vazia não conta."""
        return tuple(self._glosas(chave))

    def texto(self, nome: str) -> str | None:
        """Um texto para o prestador; ausente se vazio."""
        dito = self._campos.texto(nome)
        if len(dito) > MAIOR_TEXTO:
            self._outros[nome] = f"até {MAIOR_TEXTO} caracteres"
        return dito or None

    def _glosas(self, chave: str) -> Iterator[Glosa]:
        n = 1
        while f"codigo-{chave}-{n}" in self._nomes:
            codigo = self._campos.texto(f"codigo-{chave}-{n}")
            valor = self._leitor.reais(f"valor-{chave}-{n}")
            texto = self.texto(f"texto-{chave}-{n}")
            if codigo:
                yield Glosa(codigo, ZERO if valor is None else valor, texto)
            elif valor is not None or texto is not None:
                self._outros[f"codigo-{chave}-{n}"] = "diga o código da glosa"
            n += 1

    def _item(self, linha: Linha) -> ResultadoDeItem | None:
        chave = linha.chave
        informado = linha.informado
        if linha.grau:
            informado = self._leitor.reais(f"informado-{chave}")
        if chave in self._informados and informado is not None:
            return ResultadoDeItem(
                informado, informado, linha.posicao, grau=linha.grau,
                informado=informado if linha.grau else None,
            )  # fmt: skip
        processado = self._leitor.reais(f"processado-{chave}")
        liberado = self._leitor.reais(f"liberado-{chave}")
        glosas = self.glosas(chave)
        nomes = (f"processado-{chave}", f"liberado-{chave}")
        if processado is None and liberado is None and not glosas:
            return None
        for nome, valor in zip(nomes, (processado, liberado), strict=True):
            if valor is None:
                self._outros.setdefault(nome, "diga quanto, ainda que 0,00")
        if linha.grau and informado is None:
            self._outros.setdefault(f"informado-{chave}", "diga a parte deste grau")
        return ResultadoDeItem(
            processado or ZERO,
            liberado or ZERO,
            linha.posicao,
            glosas=glosas,
            glosa=self._da_politica_livre(f"glosa-{chave}"),
            grau=linha.grau,
            informado=informado if linha.grau else None,
            quantidade=self._quantidade(f"executada-{chave}"),
            quantidade_paga=self._quantidade(f"paga-{chave}"),
        )

    def _da_politica_livre(self, nome: str) -> Decimal | None:
        """O total das glosas, que só a política livre deixa ser outro que a soma delas."""
        return self._leitor.reais(nome) if self._lida.politica is Politica.LIVRE else None

    def _quantidade(self, nome: str) -> Decimal | None:
        dita = self._campos.texto(nome)
        if not dita:
            return None
        limpa = dita.replace(".", "").replace(",", ".") if "," in dita else dita
        if not _QUANTIDADE.fullmatch(limpa):
            self._outros[nome] = "é uma quantidade, como 2 ou 1,5"
            return None
        return Decimal(limpa)


def repartidos(chaves: Collection[str]) -> frozenset[int]:
    """Os itens que um formulário traz por grau."""
    partes = (chave.partition("g") for chave in chaves)
    return posicoes(item for item, _, grau in partes if grau)


def posicoes(ditas: Iterable[str]) -> frozenset[int]:
    """As posições de itens que um campo traz; o que não é uma posição não conta."""
    lidas = (natural(dita, 4) for dita in ditas)
    return frozenset(lida for lida in lidas if lida is not None)


def _como_estava(item: ItemAnalisado) -> ResultadoDeItem:
    return ResultadoDeItem(
        item.valores.processado,
        item.valores.liberado,
        item.posicao,
        glosas=item.glosas,
        glosa=item.valores.glosa,
        grau=item.grau,
        informado=item.valores.informado if item.grau else None,
        quantidade=item.quantidade,
        quantidade_paga=item.quantidade_paga,
    )


def _escrito(valor: Decimal | None) -> str:
    return "" if valor is None else f"{valor:.2f}".replace(".", ",")


def _numero(valor: Decimal | None) -> str:
    return "" if valor is None else f"{valor.normalize():f}".replace(".", ",")
