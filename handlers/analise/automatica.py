"""A primeira análise, feita pelo programa: preços, códigos, duplicados e autorização."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, NamedTuple

from dominio.analise import Glosa, GuiaAnalisada, ItemAnalisado, Politica, Valores, integral
from dominio.dinheiro import ZERO
from handlers import da_operadora
from handlers.analise import exame, regras
from handlers.analise.base import em_curso, recusar_se, resposta
from handlers.analise.conta import Conta
from handlers.analise.finalizacao import finalizar
from handlers.analise.pedido import AnaliseAtual, PedidoDeFinalizacao
from handlers.analise.regras import Acao
from persistence import analises, apontamentos, politicas_de_cobranca, precos, resultados
from persistence.apontamentos import Apontamento
from persistence.precos import Procura

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from dominio.lote import Item
    from handlers.analise.regras import RegraDeAnalise
    from handlers.da_operadora import Autor

_UM = Decimal(1)


class Automatica(NamedTuple):
    """O que a primeira análise fez.

    Attributes:
        analise: em que pé ficou.
        apontamentos: o que virou crítica ou espera por uma pessoa.
        guias: quantas tiveram resultado agora.
    """

    analise: AnaliseAtual
    apontamentos: tuple[Apontamento, ...]
    guias: int


def analisar(
    conn: Connection, operadora_id: int, numero: int, autor: Autor, *, finaliza: bool = False
) -> Automatica:
    """Dá resultado às guias que ainda não o têm, pelas regras e preços da operadora.

    Processa-se o informado, até preço x quantidade x fator; o que passa, o código sem preço, o
    duplicado e a guia sem senha seguem o que a operadora escolheu para cada regra. O que uma
    pessoa já registrou fica.

    Args:
        conn: transação de escrita.
        operadora_id: de quem é o lote.
        numero: do protocolo.
        autor: quem pede.
        finaliza: se se finaliza quando nada ficou para uma pessoa.

    Raises:
        Impedimento: o pedido não se faz; a transação deve ser desfeita.
    """
    protocolo = da_operadora.trancar_lote(conn, operadora_id, numero)
    protocolo, analise = em_curso(conn, protocolo, autor)
    assert protocolo.lote_id is not None  # noqa: S101 - é de lote
    conta = Conta.ler(conn, protocolo)
    feitas = {g.posicao for g in resultados.ler(conn, protocolo.id, protocolo.lote_id)}
    exame_ = _Exame.preparar(conn, operadora_id, conta)
    antigos = [a for a in apontamentos.do_protocolo(conn, protocolo.id) if a.guia_posicao in feitas]
    for posicao in feitas & conta.guias.keys():
        exame_.lembrar(posicao)
    novas = [exame_.guia(posicao) for posicao in conta.guias if posicao not in feitas]
    completas = [guia for guia in novas if guia is not None]
    for guia in completas:
        recusar_se(exame.da_guia(conta, exame_.politica, guia))
    resultados.gravar(conn, protocolo.id, protocolo.lote_id, completas, origem="regra")
    achados = (*antigos, *exame_.achados)
    apontamentos.substituir(conn, protocolo.id, achados)
    atual = resposta(protocolo, analises.avancar(conn, analise))
    if finaliza and not any(achado.acao == Acao.PESSOA for achado in achados):
        atual = finalizar(conn, operadora_id, PedidoDeFinalizacao(numero), autor)
    return Automatica(atual, tuple(achados), len(completas))


class _Exame:
    """As regras diante de uma conta."""

    def __init__(
        self,
        conta: Conta,
        politica: Politica,
        escolhidas: Mapping[str, RegraDeAnalise],
        tabela: Mapping[Procura, Decimal],
    ) -> None:
        self.politica = politica
        self.achados: list[Apontamento] = []
        self._conta = conta
        self._regras = escolhidas
        self._precos = tabela
        self._vistos: set[tuple[object, ...]] = set()

    @classmethod
    def preparar(cls, conn: Connection, operadora_id: int, conta: Conta) -> _Exame:
        procuras = (_procura(item) for itens in conta.itens.values() for item in itens.values())
        return cls(
            conta,
            politicas_de_cobranca.ler(conn, operadora_id).valores,
            regras.da_operadora(conn, operadora_id),
            precos.vigentes(conn, operadora_id, procuras),
        )

    def lembrar(self, posicao: int) -> None:
        """Conta os procedimentos de uma guia já decidida: repeti-los é duplicar."""
        for item in self._conta.itens[posicao].values():
            self._duplicado(posicao, item)

    def guia(self, posicao: int) -> GuiaAnalisada | None:
        """O resultado de uma guia; ``None`` se ficou para uma pessoa."""
        antes = len(self.achados)
        glosar_tudo: str | None = None
        guia = self._conta.guias[posicao]
        if guia.senha is None:
            regra = self._regras[regras.SEM_AUTORIZACAO.chave]
            if regra.acao is Acao.GLOSA:
                glosar_tudo = regra.codigo
            else:
                self._apontar(regra, posicao, None)
        itens = [
            self._item(posicao, n, item, glosar_tudo)
            for n, item in self._conta.itens[posicao].items()
        ]
        if any(a.acao == Acao.PESSOA for a in self.achados[antes:]):
            return None
        return GuiaAnalisada(posicao, tuple(itens))

    def _item(self, guia: int, posicao: int, item: Item, glosar_tudo: str | None) -> ItemAnalisado:
        informado = self._conta.informados[guia][posicao]
        glosa = glosar_tudo
        for regra in (self._duplicado(guia, item), self._sem_preco(item)):
            if regra is None:
                continue
            if regra.acao is Acao.GLOSA:
                glosa = glosa or regra.codigo
            else:
                self._apontar(regra, guia, posicao)
        if glosa is not None:
            return self._cortado(posicao, item, informado, Glosa(glosa, informado))
        calculado = self._calculado(item)
        if calculado is not None and informado > calculado:
            regra = self._regras[regras.PRECO_MAIOR.chave]
            if regra.acao is Acao.GLOSA:
                corte = Glosa(regra.codigo, informado - calculado)
                return self._cortado(posicao, item, informado, corte)
            self._apontar(regra, guia, posicao)
        return integral(posicao, item, informado)

    def _cortado(self, posicao: int, item: Item, informado: Decimal, glosa: Glosa) -> ItemAnalisado:
        liberado = informado - glosa.valor
        processado = informado if self.politica is Politica.PADRAO else liberado
        paga = item.quantidade if liberado else ZERO
        valores = Valores(informado, processado, liberado, glosa.valor)
        return ItemAnalisado(posicao, valores, item.quantidade, paga, (glosa,))

    def _calculado(self, item: Item) -> Decimal | None:
        preco = self._precos.get(_procura(item))
        if preco is None:
            return None
        fator = _UM if item.fator is None else item.fator
        return (preco * item.quantidade * fator).quantize(ZERO, ROUND_HALF_UP)

    def _sem_preco(self, item: Item) -> RegraDeAnalise | None:
        return None if _procura(item) in self._precos else self._regras[regras.SEM_PRECO.chave]

    def _duplicado(self, guia: int, item: Item) -> RegraDeAnalise | None:
        # materiais e medicamentos repetem-se no mesmo dia; procedimentos, não
        if item.despesa:
            return None
        marca = (
            self._conta.guias[guia].beneficiario.carteira,
            *_procura(item),
            item.hora_inicial,
            item.graus,
            item.dente,
            item.regiao,
            item.face,
        )
        if marca not in self._vistos:
            self._vistos.add(marca)
            return None
        return self._regras[regras.DUPLICADO.chave]

    def _apontar(self, regra: RegraDeAnalise, guia: int, item: int | None) -> None:
        if regra.acao in (Acao.CRITICA, Acao.PESSOA):
            self.achados.append(
                Apontamento(guia, item, regra.chave, regra.acao.value, regra.codigo, regra.texto)
            )


def _procura(item: Item) -> Procura:
    return Procura(item.tabela, item.codigo, item.data)
