from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from dominio.impedimento import Impedimento
from handlers.pagamento import Alvo
from persistence import lancamentos, tabelas

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from integration.cobranca import Cobranca


def _juntos(chamadas: Sequence[Callable[[], object]]) -> list[object]:
    """Faz as chamadas ao mesmo tempo e dá o que cada uma devolveu, ou a chave do impedimento."""
    largada = threading.Barrier(len(chamadas))

    def correr(chamar: Callable[[], object]) -> object:
        largada.wait(30)
        try:
            return chamar()
        except Impedimento as impedimento:
            return impedimento.chave

    with ThreadPoolExecutor(len(chamadas)) as fila:
        return list(fila.map(correr, chamadas))


def _vivas(casa: Cobranca) -> int:
    with casa.banco.leitura() as conn:
        partes = tabelas.pagamento_parte
        return int(
            conn.execute(select(func.count()).where(partes.c.viva).select_from(partes)).scalar_one()
        )


def test_dois_que_pagam_a_mesma_guia_ao_mesmo_tempo_so_um_consegue(casa: Cobranca) -> None:
    """Vários pedidos simultâneos prendem a guia uma só vez; os outros sabem que já está presa."""
    numero = casa.liberado(["60.00"], ["40.00"])
    feitos = _juntos([lambda: casa.pagar(numero)] * 4)
    assert sorted(f for f in feitos if isinstance(f, str)) == ["guia-ja-paga"] * 3
    assert _vivas(casa) == 2


def test_mesmos_protocolos_em_ordem_trocada_nao_se_travam(casa: Cobranca) -> None:
    """Pedidos que dizem os mesmos protocolos em ordens opostas acabam todos, sem impasse."""
    a, b = casa.liberado(["60.00"]), casa.liberado(["40.00"])
    feitos = _juntos([lambda: casa.pagar(a, b), lambda: casa.pagar(b, a)] * 2)
    assert sorted(f for f in feitos if isinstance(f, str)) == ["guia-ja-paga"] * 3
    assert _vivas(casa) == 2


def test_mesma_chave_ao_mesmo_tempo_cria_um_pagamento(casa: Cobranca) -> None:
    """O mesmo pedido repetido em paralelo dá a todos o mesmo pagamento."""
    numero = casa.liberado(["60.00"])
    feitos = _juntos([lambda: casa.pagar(numero, chave="c").pagamento.id] * 4)
    assert len(set(feitos)) == 1
    assert _vivas(casa) == 1


def test_confirmar_ao_mesmo_tempo_paga_uma_vez(casa: Cobranca) -> None:
    """Confirmações simultâneas do mesmo pagamento deixam uma só passagem a 6 no histórico."""
    numero = casa.liberado(["60.00"])
    previsto = casa.pagar(numero)
    feitos = _juntos([lambda: casa.confirmar(previsto).repetido] * 4)
    assert sorted(map(str, feitos)) == ["False", "True", "True", "True"]
    assert casa.situacoes(numero) == [1, 2, 5, 3, 6]


def test_estorno_simultaneo_lanca_um_so_debito(casa: Cobranca) -> None:
    """Dois estornos ao mesmo tempo desfazem uma vez, com um só débito 08."""
    pago = casa.pago(casa.liberado(["60.00"]))
    feitos = _juntos([lambda: casa.estornar(pago)] * 3)
    assert feitos.count("estado-do-pagamento") == 2
    with casa.banco.leitura() as conn:
        esperam = lancamentos.pendentes(conn, casa.operadora, casa.cadastro.prestador.id)
    assert [str(x.desconto.valor) for x in esperam] == ["60.00"]


def test_debito_que_esperava_nao_se_desconta_duas_vezes(casa: Cobranca) -> None:
    """Dois pagamentos do prestador confirmados juntos não levam ambos o mesmo débito 08."""
    casa.estornar(casa.pago(casa.liberado(["60.00"])))
    previstos = [casa.pagar(casa.liberado(["100.00"])) for _ in range(3)]
    _juntos([lambda p=p: casa.confirmar(p) for p in previstos])  # type: ignore[misc]
    with casa.banco.leitura() as conn:
        debitos = [
            x.desconto.valor
            for p in previstos
            for x in lancamentos.do_pagamento(conn, p.pagamento.id)
        ]
    assert [str(d) for d in debitos] == ["60.00"]


def test_guias_diferentes_pagas_ao_mesmo_tempo_fecham_o_protocolo(casa: Cobranca) -> None:
    """Confirmadas ao mesmo tempo as partes de um lote, o protocolo acaba em 6."""
    numero = casa.liberado(["1.00"], ["2.00"], ["3.00"])
    previstos = [casa.pagar(Alvo(numero, (n,))) for n in (1, 2, 3)]
    _juntos([lambda p=p: casa.confirmar(p) for p in previstos])  # type: ignore[misc]
    assert [int(g.status) for g in casa.guias(numero)] == [6, 6, 6]
    assert casa.situacoes(numero) == [1, 2, 5, 3, 6]


def test_finalizar_ao_mesmo_tempo_finaliza_uma_vez(casa: Cobranca) -> None:
    """Finalizações simultâneas deixam uma só passagem a 5."""
    numero = casa.lote(["60.00"])
    feitos = _juntos([lambda: casa.finalizar(numero, completar=True).repetido] * 4)
    assert sorted(map(str, feitos)) == ["False", "True", "True", "True"]
    assert casa.situacoes(numero) == [1, 2, 5]


def test_mesmo_resultado_registrado_ao_mesmo_tempo_grava_se_uma_vez(casa: Cobranca) -> None:
    """A mesma chave em paralelo grava uma revisão só."""
    numero = casa.lote(["60.00"])
    feitos = _juntos([lambda: casa.registrar(numero, chave="c").revisao] * 4)
    assert feitos == [1, 1, 1, 1]
