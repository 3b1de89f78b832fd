"""Recursos ao mesmo tempo: nunca se contesta mais do que se glosou."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import TYPE_CHECKING

from integration.recurso import Recorrente, guia, item, recibo
from sqlalchemy import func, select

from dominio import erros_de_recurso as recusas
from dominio.dinheiro import ZERO
from persistence import recursos, tabelas
from prestador.recursos import DoProtocolo

if TYPE_CHECKING:
    from prestador.recursos import NovoRecurso
    from prestador.respostas_de_recurso import ReciboDeRecurso

COPIAS = 20
GRAUS = ("00", "01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12", "13")


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
