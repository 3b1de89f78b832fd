"""Recursos ao mesmo tempo, e ao acaso: nunca se contesta nem se paga mais do que se glosou."""

from __future__ import annotations

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from integration.cancelamento import cancelar, de_guias
from integration.recurso import Recorrente, aceita, guia, item, recibo
from sqlalchemy import func, select

from dominio import erros_de_recurso as recusas
from dominio.dinheiro import ZERO
from dominio.impedimento import Impedimento
from dominio.pagamento import TipoPagamento
from dominio.recurso import Estado
from persistence import pagamentos, recursos, tabelas
from prestador.cancelamentos import GuiaACancelar
from prestador.recursos import DoProtocolo

if TYPE_CHECKING:
    from integration.recepcao import Mesa

    from prestador.recursos import NovoRecurso
    from prestador.respostas_de_recurso import ReciboDeRecurso

COPIAS = 20
GRAUS = ("00", "01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12", "13")


@pytest.fixture
def recorrente(mesa: Mesa) -> Recorrente:
    """Um prestador com a operadora que lhe responde."""
    return Recorrente.em(mesa)


def _ao_mesmo_tempo(recorrente: Recorrente, novos: list[NovoRecurso]) -> list[ReciboDeRecurso]:
    def enviar(par: tuple[int, NovoRecurso]) -> ReciboDeRecurso:
        return recibo(recorrente.enviar(par[1], sequencial=str(par[0])))

    with ThreadPoolExecutor(len(novos)) as muitos:
        return list(muitos.map(enviar, enumerate(novos, 1)))


def test_vinte_recursos_da_mesma_glosa(recorrente: Recorrente) -> None:
    """De vinte ao mesmo tempo sobre o mesmo item, um só se aceita; os outros leem 2904."""
    protocolo = recorrente.analisado()
    contesta = item(recorrente.guia_de(protocolo), 1, "30.00")
    dados = _ao_mesmo_tempo(recorrente, [recorrente.novo(protocolo, contesta) for _ in range(20)])
    recusados = Counter(d.erro.codigo for d in dados if d.erro is not None)
    assert recusados == {recusas.RECURSO_ABERTO.glosa("4.03.00"): COPIAS - 1}


def test_vinte_chaves_diferentes_sobre_o_mesmo_saldo(recorrente: Recorrente) -> None:
    """Por grau, item, guia e protocolo ao mesmo tempo, a soma nunca passa do glosado."""
    protocolo = recorrente.analisado()
    numero = recorrente.guia_de(protocolo)
    novos = [recorrente.novo(protocolo, item(numero, 1, "4.00", grau=g)) for g in GRAUS]
    novos += [recorrente.novo(protocolo, item(numero, 1, "4.00")) for _ in range(2)]
    novos += [recorrente.novo(protocolo, guia(numero)) for _ in range(2)]
    novos += [recorrente.novo(protocolo, DoProtocolo("1705")) for _ in range(2)]
    assert len(novos) == COPIAS
    dados = _ao_mesmo_tempo(recorrente, novos)
    aceitos = [d.total for d in dados if d.total is not None]
    assert ZERO < sum(aceitos, ZERO) <= Decimal("30.00")
    codigos = {d.erro.codigo for d in dados if d.erro is not None}
    assert codigos <= {recusas.RECURSO_ABERTO.glosa("4.03.00"), recusas.SALDO.glosa("4.03.00")}
    with recorrente.mesa.banco.leitura() as conn:
        presas = recursos.presas(conn, recorrente.cobranca.protocolo(protocolo).id)
    assert sum((valor for _, valor in presas), ZERO) == sum(aceitos, ZERO)


def test_vinte_copias_do_mesmo_recurso(recorrente: Recorrente) -> None:
    """O mesmo recurso em vinte mensagens tem um só número."""
    protocolo = recorrente.analisado()
    novo = recorrente.novo(protocolo, item(recorrente.guia_de(protocolo), 1, "30.00"))
    dados = _ao_mesmo_tempo(recorrente, [novo] * COPIAS)
    assert len({d.numero for d in dados}) == 1
    with recorrente.mesa.banco.leitura() as conn:
        assert conn.execute(select(func.count()).select_from(tabelas.recurso)).scalar_one() == 1


@pytest.mark.parametrize("semente", range(3))
def test_ao_acaso_as_somas_fecham(recorrente: Recorrente, semente: int) -> None:
    """Por recursos, respostas, pagamentos e cancelamentos ao acaso, cada soma fecha."""
    acaso = random.Random(semente)
    glosas = {
        (g, n): (f"{acaso.randrange(1, 9999) / 100:.2f}",) for g in (1, 2) for n in (None, 1, 2, 3)
    }
    protocolo = recorrente.analisado(
        glosas, guias=2, itens=3, do_protocolo=("12.34",), valor="1000.00"
    )
    recorrente.cobranca.liberar(protocolo)
    vivos: dict[int, str] = {}
    for volta in range(25):
        match acaso.choice(("recorrer", "recorrer", "decidir", "cancelar", "pagar")):
            case "recorrer":
                _recorrer(recorrente, acaso, protocolo, vivos, volta)
            case "decidir" if vivos:
                numero = acaso.choice(list(vivos))
                for linha in recorrente.linhas(numero):
                    centavos = acaso.randint(0, int(linha.recursado * 100))
                    valor = Decimal(centavos).scaleb(-2)
                    recorrente.decidir(
                        numero, aceita(linha.posicao, f"{valor}")._replace(aceita=True)
                    )
                del vivos[numero]
            case "cancelar" if vivos:
                numero = acaso.choice(list(vivos))
                alvo = GuiaACancelar(vivos.pop(numero), tipo="3")
                assert cancelar(recorrente.mesa, de_guias(alvo, sequencial=str(volta))) == [1]
            case "pagar":
                _pagar(recorrente, acaso, protocolo)
        _conferir(recorrente, protocolo)


def _recorrer(
    recorrente: Recorrente,
    acaso: random.Random,
    protocolo: int,
    vivos: dict[int, str],
    volta: int,
) -> None:
    numero = recorrente.guia_de(protocolo, acaso.randint(1, 2))
    valor = f"{acaso.randrange(1, 4000) / 100:.2f}"
    contesta = acaso.choice(
        (item(numero, acaso.randint(1, 3), valor), guia(numero), DoProtocolo("1705"))
    )
    dado = recorrente.recorrer(protocolo, contesta, numero=f"A{volta}")
    if dado.numero is not None:
        vivos[int(dado.numero)] = f"A{volta}"


def _pagar(recorrente: Recorrente, acaso: random.Random, protocolo: int) -> None:
    with recorrente.mesa.banco.leitura() as conn:
        todos = recursos.do_protocolo(conn, recorrente.cobranca.protocolo(protocolo).id)
    if not todos:
        return
    try:
        feito = recorrente.cobranca.pagar(acaso.choice(todos).numero)
    except Impedimento:
        return
    acao = acaso.choice(("confirmar", "cancelar", "estornar"))
    if acao == "cancelar":
        recorrente.cobranca.cancelar(feito)
        return
    feito = recorrente.cobranca.confirmar(feito)
    if acao == "estornar":
        recorrente.cobranca.estornar(feito)


def _conferir(recorrente: Recorrente, protocolo: int) -> None:
    original = recorrente.cobranca.protocolo(protocolo).id
    with recorrente.mesa.banco.leitura() as conn:
        for saldo in recursos.saldos_do_protocolo(conn, original).values():
            assert ZERO <= saldo.preso <= saldo.glosado
        partes = [p for _, p in pagamentos.partes_do_protocolo(conn, original) if p.viva]
        for recurso in recursos.do_protocolo(conn, original):
            linhas = recursos.linhas(conn, recurso.protocolo_id)
            assert recurso.recursado == sum((x.recursado for x in linhas), ZERO)
            for linha in linhas:
                assert linha.recursado == sum((p.recursado for p in linha.parcelas), ZERO)
                if linha.estado.decidido:
                    aceito = sum((p.acatado or ZERO for p in linha.parcelas), ZERO)
                    assert linha.acatado == aceito
            if all(linha.estado.decidido for linha in linhas):
                assert recurso.acatado == sum((x.acatado or ZERO for x in linhas), ZERO)
            dele = [p for p in partes if p.recurso_id == recurso.protocolo_id]
            assert all(p.tipo is TipoPagamento.RECURSO for p in dele)
            pago = sum((p.valores.liberado for p in dele), ZERO)
            assert pago in (ZERO, recurso.acatado)
            if linhas[0].estado is Estado.CANCELADO:
                assert not dele
