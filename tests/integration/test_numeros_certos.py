"""Os números da análise e do pagamento, sobre histórias inventadas de muitos lotes.

Cada história é uma sequência de pedidos, possíveis ou não; depois de cada um, o banco inteiro é
conferido: somas ao centavo em cada nível, nada pago duas vezes, situação e histórico de acordo.
"""

from __future__ import annotations

import itertools
from collections import Counter
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from integration.cobranca import ZERO, Cobranca
from integration.cobranca import partes as partes_do_protocolo
from integration.exemplos import Cadastro

from dominio.analise import Glosa, Politica
from dominio.dinheiro import reais
from dominio.impedimento import Impedimento
from dominio.pagamento import EstadoPagamento
from dominio.situacao import CICLO, StatusProtocolo
from handlers.analise import QualGuia, ResultadoDeGuia, ResultadoDeItem
from handlers.pagamento import Alvo
from persistence import (
    glosas,
    lancamentos,
    operadoras,
    pagamentos,
    partes_pagas,
    politicas_de_cobranca,
    prestadores,
    protocolos,
)
from persistence.politicas_de_cobranca import PoliticaDeCobranca

if TYPE_CHECKING:
    from decimal import Decimal

    from handlers.pagamento import PagamentoAtual
    from persistence.banco import Banco

_S = StatusProtocolo
_COM_EQUACAO = [p for p in Politica if p is not Politica.LIVRE]
_CENTAVOS = st.integers(0, 100_000).map(reais)
_LOTES = st.lists(
    st.lists(st.lists(_CENTAVOS.map(str), min_size=1, max_size=3), min_size=1, max_size=3),
    min_size=1,
    max_size=3,
)
_PASSO = st.tuples(
    st.sampled_from(
        [
            "registrar", "registrar", "finalizar", "finalizar", "liberar", "liberar", "pagar",
            "pagar", "confirmar", "confirmar", "estornar", "cancelar", "retirar", "reabrir",
        ]
    ),
    st.integers(0, 11),
    st.integers(0, 10**6),
)  # fmt: skip
_HISTORIA = st.lists(_PASSO, min_size=8, max_size=40)
_contador = itertools.count(1)


class _Historia:
    """Uma operadora nova, os seus lotes, e o que se pede sobre eles."""

    def __init__(self, banco: Banco, politica: Politica, lotes: list[list[list[str]]]) -> None:
        n = next(_contador)
        with banco.escrita() as conn:
            operadora = operadoras.adicionar(
                conn, registro_ans=f"{n:06d}", cnpj="11222333000181", nome="Operadora"
            )
            prestador = prestadores.adicionar(
                conn, operadora.id, codigo="1", nome="Clínica", cpf="52998224725"
            )
            politicas_de_cobranca.gravar(conn, operadora.id, PoliticaDeCobranca(politica))
        self.politica = politica
        self.casa = Cobranca(banco, Cadastro(operadora, prestador), prefixo=f"h{n}-")
        self.numeros = [self.casa.lote(*guias) for guias in lotes]
        self.pagamentos: list[PagamentoAtual] = []
        self.feitos: Counter[str] = Counter()

    def passo(self, nome: str, qual: int, semente: int) -> None:
        """Faz um pedido; o que não se pode é impedido e nada muda."""
        antes = self.retrato()
        try:
            self._pedir(nome, qual, semente)
        except Impedimento:
            assert self.retrato() == antes
        else:
            self.feitos[nome] += 1

    def _pedir(self, nome: str, qual: int, semente: int) -> None:
        casa = self.casa
        numero = self.numeros[qual % len(self.numeros)]
        match nome:
            case "registrar":
                casa.registrar(
                    numero, *self._resultados(numero, semente), glosas=self._proprias(semente)
                )
            case "finalizar":
                casa.finalizar(numero, completar=True)
            case "liberar" | "retirar" | "reabrir":
                getattr(casa, nome)(numero)
            case "pagar":
                guias = [g.posicao for g in casa.guias(numero)]
                algumas = tuple(g for g in guias if semente >> g & 1)
                alvo = Alvo(numero, algumas or None)
                outro = self.numeros[(qual + 1) % len(self.numeros)]
                alvos = (alvo, Alvo(outro)) if semente % 5 == 0 and outro != numero else (alvo,)
                self.pagamentos.append(casa.pagar(*alvos))
            case _ if self.pagamentos:
                feito = self.pagamentos[qual % len(self.pagamentos)]
                if nome == "estornar" and semente % 2:
                    casa.estornar(feito, Alvo(feito.protocolos[0].protocolo))
                else:
                    getattr(casa, nome)(feito)

    def _resultados(self, numero: int, semente: int) -> list[ResultadoDeGuia]:
        return [
            ResultadoDeGuia(
                QualGuia(guia.posicao),
                tuple(
                    self._item(i.posicao, i.item.valor_total, semente + i.posicao)
                    for i in self.casa.itens(numero)
                    if i.guia_posicao == guia.posicao
                ),
                (Glosa("1705", reais(semente % 300)),) if semente % 3 == 0 else (),
            )
            for guia in self.casa.guias(numero)
            if (semente + guia.posicao) % 4
        ]

    def _item(self, posicao: int, informado: Decimal, semente: int) -> ResultadoDeItem:
        liberado = (informado * (semente % 5) / 4).quantize(ZERO)
        if self.politica is not Politica.COM_SINAL:
            liberado = min(liberado, informado)
        falta = informado - liberado
        partes = (falta / 3).quantize(ZERO)
        das_glosas = (Glosa("1714", partes), Glosa("1705", falta - partes)) if falta else ()
        processado = informado if self.politica is Politica.PADRAO else liberado
        return ResultadoDeItem(processado, liberado, posicao, glosas=das_glosas)

    def _proprias(self, semente: int) -> tuple[Glosa, ...] | None:
        return ((Glosa("1705", reais(semente % 97)),), (), None)[semente % 3]

    def retrato(self) -> object:
        """Tudo o que se vê dos lotes e dos pagamentos."""
        with self.casa.banco.leitura() as conn:
            return [
                (
                    protocolos.por_numero(conn, self.casa.operadora, numero),
                    protocolos.guias(conn, self.casa.protocolo(numero).lote_id or 0),
                )
                for numero in self.numeros
            ]

    def conferir(self) -> None:
        """As invariantes, sobre o que está gravado."""
        with self.casa.banco.leitura() as conn:
            for numero in self.numeros:
                protocolo = protocolos.por_numero(conn, self.casa.operadora, numero)
                assert protocolo is not None
                self._somas(conn, protocolo)
                _situacao(conn, protocolo)
                _pago_uma_vez(conn, protocolo)
            self._caixa(conn)

    def _somas(self, conn: Any, protocolo: Any) -> None:
        guias = protocolos.guias(conn, protocolo.lote_id)
        itens = protocolos.itens(conn, protocolo.lote_id)
        todas = glosas.do_protocolo(conn, protocolo.id)
        if not protocolo.analise_visivel:
            for linha in (protocolo, *guias, *itens):
                assert (linha.processado, linha.liberado, linha.glosa) == (ZERO, ZERO, ZERO)
            return
        a_parte = self.politica is Politica.A_PARTE
        for guia in guias:
            dela = [i for i in itens if i.guia_posicao == guia.posicao]
            propria = _soma(
                g.glosa.valor
                for g in todas
                if g.guia_posicao == guia.posicao and g.item_posicao is None
            )
            assert guia.processado == _soma(i.processado for i in dela)
            assert guia.glosa == _soma(i.glosa for i in dela) + propria
            tirado = ZERO if a_parte else propria
            assert guia.liberado == _soma(i.liberado for i in dela) - tirado
        for item in itens:
            assert item.glosa == _soma(
                g.glosa.valor
                for g in todas
                if (g.guia_posicao, g.item_posicao) == (item.guia_posicao, item.posicao)
            )
            assert self._equacao(item)
        proprias = _soma(g.glosa.valor for g in todas if g.guia_posicao is None)
        assert protocolo.processado == _soma(g.processado for g in guias)
        assert protocolo.glosa == _soma(g.glosa for g in guias) + proprias
        tirado = ZERO if a_parte else proprias
        assert protocolo.liberado == _soma(g.liberado for g in guias) - tirado

    def _equacao(self, item: Any) -> bool:
        match self.politica:
            case Politica.PADRAO:
                return bool(item.processado == item.liberado + item.glosa)
            case Politica.A_PARTE:
                return bool(item.processado == item.liberado)
            case _:
                return bool(item.glosa == item.item.valor_total - item.liberado)

    def _caixa(self, conn: Any) -> None:
        """O que o prestador recebeu é o das partes vivas, mais o que ainda se lhe há de tirar."""
        recebido = vivo = ZERO
        quem = self.casa.cadastro.prestador.id
        for estado in (EstadoPagamento.CONFIRMADO, EstadoPagamento.ESTORNADO):
            for feito in pagamentos.do_prestador(conn, self.casa.operadora, quem, estado):
                partes = partes_pagas.do_pagamento(conn, feito.id)
                descontos = lancamentos.do_pagamento(conn, feito.id)
                recebido += _soma(p.valores.liberado for p in partes)
                recebido -= _soma(x.desconto.valor for x in descontos)
                vivo += _soma(p.valores.liberado for p in partes if p.viva)
        esperam = lancamentos.pendentes(conn, self.casa.operadora, quem)
        assert recebido == vivo + _soma(x.desconto.valor for x in esperam)


def _situacao(conn: Any, protocolo: Any) -> None:
    historico = protocolos.historico(conn, protocolo.id)
    assert historico[0].de is None
    assert historico[0].para is _S.RECEBIDO
    for antes, depois in itertools.pairwise(historico):
        assert depois.de is antes.para
        assert depois.para in CICLO[antes.para]
        assert depois.em >= antes.em
        assert depois.quem
    assert historico[-1].para is protocolo.status
    das_guias = {g.status for g in protocolos.guias(conn, protocolo.lote_id)}
    permitidas = {
        _S.RECEBIDO: {_S.RECEBIDO},
        _S.EM_ANALISE: {_S.EM_ANALISE},
        _S.ANALISADO: {_S.ANALISADO, _S.ENCERRADO_SEM_PAGAMENTO},
        _S.LIBERADO: {_S.LIBERADO, _S.PAGO, _S.ENCERRADO_SEM_PAGAMENTO},
        _S.PAGO: {_S.PAGO, _S.ENCERRADO_SEM_PAGAMENTO},
        _S.ENCERRADO_SEM_PAGAMENTO: {_S.ENCERRADO_SEM_PAGAMENTO},
    }[protocolo.status]
    assert das_guias <= permitidas
    if protocolo.status not in (_S.RECEBIDO, _S.EM_ANALISE):
        assert protocolo.status in das_guias
        assert (protocolo.status is _S.ENCERRADO_SEM_PAGAMENTO) == (protocolo.liberado == 0)


def _pago_uma_vez(conn: Any, protocolo: Any) -> None:
    vivas = [p for p in partes_do_protocolo(conn, protocolo.id) if p.viva]
    posicoes = [p.guia_posicao for p in vivas]
    assert len(set(posicoes)) == len(posicoes)
    assert _soma(p.valores.liberado for p in vivas) <= protocolo.liberado
    pagas = partes_pagas.guias_pagas(conn, protocolo.id)
    guias = protocolos.guias(conn, protocolo.lote_id)
    assert {g.posicao for g in guias if g.status is _S.PAGO} == pagas
    if protocolo.status is _S.PAGO:
        assert _soma(p.valores.liberado for p in vivas) == protocolo.liberado


def _soma(valores: Any) -> Decimal:
    return sum(valores, ZERO)


def _contar(banco: Banco, politica: Politica, lotes: Any, historia: Any) -> None:
    contada = _Historia(banco, politica, lotes)
    for passo in historia:
        contada.passo(*passo)
        contada.conferir()


_COMUNS: dict[str, Any] = {
    "deadline": None,
    "derandomize": True,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large],
}


@settings(max_examples=60, **_COMUNS)
@given(politica=st.sampled_from(_COM_EQUACAO), lotes=_LOTES, historia=_HISTORIA)
def test_numeros_certos_em_qualquer_historia(
    no_sqlite: Banco, politica: Politica, lotes: Any, historia: Any
) -> None:
    """Em qualquer ordem de pedidos os números fecham, nada se paga duas vezes e o ciclo vale."""
    _contar(no_sqlite, politica, lotes, historia)


@settings(max_examples=8, **_COMUNS)
@given(politica=st.sampled_from(_COM_EQUACAO), lotes=_LOTES, historia=_HISTORIA)
def test_numeros_certos_no_postgresql(
    no_postgres: Banco, politica: Politica, lotes: Any, historia: Any
) -> None:
    """O mesmo no outro banco."""
    _contar(no_postgres, politica, lotes, historia)


def test_as_historias_chegam_ao_fim_do_ciclo(no_sqlite: Banco) -> None:
    """Uma história comprida passa por todos os pedidos: o que se confere aconteceu mesmo."""
    contada = _Historia(no_sqlite, Politica.PADRAO, [[["60.00", "40.00"], ["10.00"]], [["5.00"]]])
    pedidos = [
        ("registrar", 0, 4), ("finalizar", 0, 0), ("reabrir", 0, 0), ("finalizar", 0, 0),
        ("liberar", 0, 0), ("retirar", 0, 0), ("liberar", 0, 0), ("pagar", 0, 2),
        ("cancelar", 0, 0), ("pagar", 0, 1), ("confirmar", 1, 0), ("estornar", 1, 0),
        ("pagar", 0, 1), ("confirmar", 2, 0),
    ]  # fmt: skip
    for passo in pedidos:
        contada.passo(*passo)
        contada.conferir()
    assert contada.feitos == Counter(nome for nome, _, _ in pedidos)
    assert contada.casa.protocolo(contada.numeros[0]).status is _S.PAGO
