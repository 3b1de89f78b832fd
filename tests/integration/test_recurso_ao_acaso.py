"""Recursos, respostas, pagamentos e cancelamentos em qualquer ordem: o saldo e as somas fecham.

Um modelo sabe, sem olhar o banco, quanto cada recurso prende; depois de cada passo compara-se com
o que está gravado, com o histórico e com o que os pagamentos levam.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)
from integration import cobranca
from integration.cancelamento import cancelar, de_guias
from integration.recurso import Recorrente, aceita, guia, item, recibo

from dominio import erros_de_recurso as recusas
from dominio.competencia import agora
from dominio.dinheiro import ZERO
from dominio.impedimento import Impedimento
from dominio.pagamento import TipoPagamento
from dominio.recurso import Estado
from dominio.situacao import StatusProtocolo as S
from handlers import decisao_de_recurso
from persistence import protocolos, recursos
from prestador.cancelamentos import GuiaACancelar
from prestador.recursos import DoProtocolo

if TYPE_CHECKING:
    from integration.recepcao import Mesa

    from handlers.pagamento import PagamentoAtual
    from persistence.recursos_valores import Recurso
    from prestador.recursos import DaGuia, DoItem

GLOSADO = {(1, None): "7.77", (1, 1): "30.00", (1, 2): "0.01", (2, 1): "12.34", (2, 3): "99.99"}
DO_PROTOCOLO = "5.00"
TOTAL = sum((Decimal(v) for v in (*GLOSADO.values(), DO_PROTOCOLO)), ZERO)
TUDO = frozenset({"recurso", "resposta", "cancelamento", "reabertura", "confirmar"})
RECUSAS = {
    e.glosa("4.03.00") for e in (recusas.SALDO, recusas.RECURSO_ABERTO, recusas.OBJETO_SEM_GLOSA)
}
CENTESIMOS = st.sampled_from((0, 1, 33, 50, 99, 100))
"""Quanto se acata de cada linha, em centésimos do contestado."""


@dataclass
class _Feito:
    """O que o modelo sabe de um recurso vivo."""

    numero: int
    guia: str
    preso: Decimal
    respondido: bool = False
    reaberto: bool = False
    pago: bool = False


class Historia(RuleBasedStateMachine):
    """Tudo o que se pode fazer com os recursos de um protocolo pago.

    Args:
        recorrente: quem recorre e quem responde.
        houve: conta o que se conseguiu fazer, em todas as histórias.
    """

    em_curso = Bundle("em_curso")
    respondidos = Bundle("respondidos")

    def __init__(self, recorrente: Recorrente, houve: Counter[str]) -> None:
        super().__init__()
        self.r = recorrente
        self.houve = houve
        self.feitos: list[_Feito] = []
        self.cancelados: list[_Feito] = []
        self.protocolo = 0
        self.mensagens = 0

    @initialize()
    def analisar(self) -> None:
        """Um protocolo novo, com glosas em todos os níveis, já pago."""
        glosas = {onde: (valor,) for onde, valor in GLOSADO.items()}
        self.protocolo = self.r.analisado(
            glosas, guias=2, itens=3, do_protocolo=(DO_PROTOCOLO,), valor="1000.00"
        )
        self.r.cobranca.liberar(self.protocolo)
        # o prazo para recorrer corre do pagamento
        self.r.cobranca.pago(self.protocolo, data=agora().date())

    @rule(
        target=em_curso,
        nivel=st.sampled_from(("item", "guia", "protocolo")),
        qual=st.sampled_from((1, 2)),
        posicao=st.sampled_from((1, 2, 3)),
        centavos=st.sampled_from((1, 1000, 1234, 3000, 3001, 9999)),
    )
    def recorrer(self, nivel: str, qual: int, posicao: int, centavos: int) -> object:
        """Contesta; o que não cabe no saldo é recusado, e nada prende."""
        numero = self.r.guia_de(self.protocolo, qual)
        contesta: DoItem | DaGuia | DoProtocolo
        match nivel:
            case "item":
                contesta = item(numero, posicao, f"{Decimal(centavos).scaleb(-2)}")
            case "guia":
                contesta = guia(numero)
            case _:
                contesta = DoProtocolo("1705")
        novo = self.r.novo(self.protocolo, contesta)
        dado = recibo(self.r.enviar(novo))
        if dado.erro is not None:
            assert dado.erro.codigo in RECUSAS
            return multiple()
        assert dado.total is not None
        feito = _Feito(int(dado.numero or 0), novo.numero, dado.total)
        self.feitos.append(feito)
        self.houve["recurso"] += 1
        return feito

    @rule(target=respondidos, feito=consumes(em_curso), centesimos=CENTESIMOS)
    def responder(self, feito: _Feito, centesimos: int) -> object:
        """Acata uma parte, tudo ou nada, e nunca um centavo a mais; depois já não se cancela."""
        linhas = self.r.linhas(feito.numero)
        with pytest.raises(Impedimento):
            self.r.decidir(feito.numero, aceita(1, f"{linhas[0].recursado + _CENTAVO}"))
        ditas = [
            aceita(x.posicao, f"{_parte(x.recursado, centesimos)}")._replace(aceita=True)
            for x in linhas
        ]
        self.r.decidir(feito.numero, *ditas)
        assert self._cancelar(feito) == [2]
        feito.preso = sum((d.acatado for d in ditas), ZERO)
        feito.respondido = True
        self.houve["resposta"] += 1
        return feito

    @rule(target=em_curso, feito=consumes(respondidos))
    def reabrir(self, feito: _Feito) -> object:
        """Volta a prender o contestado, se ninguém o tomou e se não está num pagamento."""
        try:
            with self.r.mesa.banco.escrita() as conn:
                decisao_de_recurso.reabrir(
                    conn,
                    self.r.mesa.operadora.id,
                    feito.numero,
                    self.r.cobranca.autor(),
                    motivo="conta errada",
                )
        except Impedimento:
            return multiple()
        assert not feito.pago
        self.houve["reabertura"] += 1
        feito.preso = self.r.recurso(feito.numero).recursado
        feito.respondido, feito.reaberto = False, True
        return feito

    @rule(target=em_curso, feito=consumes(em_curso))
    def cancelar(self, feito: _Feito) -> object:
        """Sem resposta cancela-se, e repetido responde o mesmo; o reaberto já teve resposta."""
        if feito.reaberto:
            assert self._cancelar(feito) == [2]
            return feito
        assert (self._cancelar(feito), self._cancelar(feito)) == ([1], [1])
        feito.preso = ZERO
        self.cancelados.append(feito)
        self.houve["cancelamento"] += 1
        return multiple()

    def _cancelar(self, feito: _Feito) -> list[int]:
        alvo = GuiaACancelar(feito.guia, protocolo=str(feito.numero), tipo="3")
        # outra mensagem: a repetida receberia a resposta guardada
        self.mensagens += 1
        return cancelar(self.r.mesa, de_guias(alvo, sequencial=str(self.mensagens)))

    @rule(feito=respondidos, fim=st.sampled_from(("confirmar", "cancelar", "estornar")))
    def pagar(self, feito: _Feito, fim: str) -> None:
        """Paga-se o acatado uma só vez; cancelado ou estornado, volta a poder pagar-se."""
        try:
            previsto = self.r.cobranca.pagar(feito.numero)
        except Impedimento:
            assert feito.pago or feito.preso == ZERO or not feito.respondido
            return
        assert feito.respondido
        assert not feito.pago
        assert previsto.brutos.liberado == feito.preso
        self.houve[fim] += 1
        self._acabar(previsto, feito, fim)

    def _acabar(self, previsto: PagamentoAtual, feito: _Feito, fim: str) -> None:
        if fim == "cancelar":
            self.r.cobranca.cancelar(previsto)
            return
        confirmado = self.r.cobranca.confirmar(previsto)
        if fim == "estornar":
            self.r.cobranca.estornar(confirmado)
        feito.pago = fim == "confirmar"

    @invariant()
    def saldos(self) -> None:
        """O preso é o que o modelo diz, e nenhuma glosa prende mais do que o seu valor."""
        if not self.protocolo:
            return
        original = self.r.cobranca.protocolo(self.protocolo)
        assert original.status is S.PAGO
        with self.r.mesa.banco.leitura() as conn:
            gravados = recursos.saldos_do_protocolo(conn, original.id)
        assert sum((s.glosado for s in gravados.values()), ZERO) == TOTAL
        assert all(ZERO <= s.preso <= s.glosado for s in gravados.values())
        esperado = sum((f.preso for f in self.feitos), ZERO)
        assert sum((s.preso for s in gravados.values()), ZERO) == esperado

    def teardown(self) -> None:
        """No fim de cada história, cada recurso fecha consigo mesmo."""
        for feito in self.feitos:
            recurso, linhas = self.r.recurso(feito.numero), self.r.linhas(feito.numero)
            assert recurso.recursado == sum((x.recursado for x in linhas), ZERO)
            for linha in linhas:
                assert linha.recursado == sum((p.recursado for p in linha.parcelas), ZERO)
                if linha.estado.decidido:
                    acatado = sum((p.acatado or ZERO for p in linha.parcelas), ZERO)
                    assert linha.acatado == acatado <= linha.recursado
            if feito.respondido:
                assert recurso.acatado == feito.preso
            if feito in self.cancelados:
                assert {x.estado for x in linhas} == {Estado.CANCELADO}
            self._historico(recurso)

    def _historico(self, recurso: Recurso) -> None:
        with self.r.mesa.banco.leitura() as conn:
            passagens = protocolos.historico(conn, recurso.protocolo_id)
        assert passagens[0].de is None
        assert all(depois.de is antes.para for antes, depois in pairwise(passagens))
        assert passagens[-1].para is recurso.status

    @invariant()
    def pagamentos(self) -> None:
        """A diferença está num só pagamento vivo, inteira, e só a de quem foi pago."""
        if not self.protocolo:
            return
        original = self.r.cobranca.protocolo(self.protocolo).id
        with self.r.mesa.banco.leitura() as conn:
            partes = [
                p for p in cobranca.partes(conn, original) if p.viva and p.recurso_id is not None
            ]
        assert all(p.tipo is TipoPagamento.RECURSO for p in partes)
        levado: Counter[int | None] = Counter()
        for parte in partes:
            levado[parte.recurso_id] += int(parte.valores.liberado * 100)
        pagos = [f for f in self.feitos if f.pago]
        esperado = {self.r.recurso(f.numero).protocolo_id: int(f.preso * 100) for f in pagos}
        assert dict(levado) == esperado


_CENTAVO = Decimal("0.01")


def _parte(valor: Decimal, centesimos: int) -> Decimal:
    return (valor * centesimos / 100).quantize(_CENTAVO)


def _contar(mesa: Mesa, exemplos: int, esperados: frozenset[str] = TUDO) -> None:
    recorrente, houve = Recorrente.em(mesa), Counter[str]()
    run_state_machine_as_test(
        lambda: Historia(recorrente, houve),
        settings=settings(
            max_examples=exemplos,
            # encolher uma história custa minutos, e ela já vem com os seus passos
            phases=[Phase.generate],
            stateful_step_count=25,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
    # histórias em que tudo se recusa nada mostrariam
    assert esperados <= set(houve)


def test_em_qualquer_ordem_o_saldo_e_as_somas_fecham(mesa: Mesa) -> None:
    """Nunca se contesta mais do que se glosou, nem se acata mais, nem se paga duas vezes."""
    if mesa.banco.dialeto == "sqlite":
        _contar(mesa, 8)
    else:
        _contar(mesa, 3, frozenset({"recurso", "resposta"}))


@pytest.mark.longo
def test_em_qualquer_ordem_longamente(mesa: Mesa) -> None:
    """O mesmo, em muitas mais histórias."""
    _contar(mesa, 60)
