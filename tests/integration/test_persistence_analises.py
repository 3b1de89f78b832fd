from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from sqlalchemy import update

from dominio.situacao import StatusProtocolo
from persistence import analises, lotes, protocolos, tabelas

if TYPE_CHECKING:
    from integration.exemplos import Cadastro, FabricaDeLote

    from persistence.banco import Banco
    from persistence.protocolos import GuiaGuardada, ItemGuardado, Protocolo

ZERO = Decimal("0.00")
GUIA = Decimal("1234567.89")
_Lido = tuple["Protocolo", tuple["GuiaGuardada", ...], tuple["ItemGuardado", ...]]


def _concluir(
    banco: Banco,
    cadastro: Cadastro,
    lote_novo: FabricaDeLote,
    glosas: dict[tuple[int, int], Decimal],
    cancelada: int = 0,
) -> _Lido:
    novo = lote_novo()
    with banco.escrita() as conn:
        registrado = lotes.registrar(conn, novo)
        guia = tabelas.guia.c
        conn.execute(
            update(tabelas.guia)
            .where(guia.lote_id == registrado.lote_id, guia.posicao == cancelada)
            .values(status=int(StatusProtocolo.CANCELADO))
        )
        analises.concluir(conn, registrado.lote_id, glosas)
    with banco.leitura() as conn:
        protocolo = protocolos.por_numero(conn, cadastro.operadora.id, registrado.numero)
        assert protocolo is not None
        guias = protocolos.guias(conn, registrado.lote_id)
        return protocolo, guias, protocolos.itens(conn, registrado.lote_id)


def _valores(linha: Protocolo | GuiaGuardada | ItemGuardado) -> tuple[Decimal, Decimal, Decimal]:
    return linha.processado, linha.glosa, linha.liberado


def test_sem_glosas_tudo_o_que_foi_informado_e_liberado(
    banco: Banco, cadastro: Cadastro, lote_novo: FabricaDeLote
) -> None:
    """Sem glosas, processado e liberado são o informado em cada nível, à vista do prestador."""
    protocolo, guias, itens = _concluir(banco, cadastro, lote_novo, {})
    assert protocolo.analise_visivel
    assert _valores(protocolo) == (2 * GUIA, ZERO, 2 * GUIA)
    assert [_valores(g) for g in guias] == [(GUIA, ZERO, GUIA)] * 2
    informados = [i.item.valor_total for i in itens]
    assert [_valores(i) for i in itens] == [(v, ZERO, v) for v in informados]


def test_glosas_descem_do_item_a_guia_e_ao_protocolo(
    banco: Banco, cadastro: Cadastro, lote_novo: FabricaDeLote
) -> None:
    """Cada glosa sai do item, da sua guia e do protocolo, e de mais nenhum."""
    glosas = {(1, 1): Decimal("0.01"), (1, 2): Decimal("100.10"), (2, 1): Decimal("1000.00")}
    protocolo, guias, itens = _concluir(banco, cadastro, lote_novo, glosas)
    assert [i.glosa for i in itens] == [*glosas.values(), ZERO]
    assert [i.liberado for i in itens] == [i.processado - i.glosa for i in itens]
    das_guias = [Decimal("100.11"), Decimal("1000.00")]
    assert [_valores(g) for g in guias] == [(GUIA, v, GUIA - v) for v in das_guias]
    total = sum(das_guias, ZERO)
    assert _valores(protocolo) == (2 * GUIA, total, 2 * GUIA - total)


def test_guia_cancelada_fica_fora_da_analise(
    banco: Banco, cadastro: Cadastro, lote_novo: FabricaDeLote
) -> None:
    """Uma guia cancelada e os seus itens ficam como estavam, e o protocolo não a soma."""
    protocolo, guias, itens = _concluir(
        banco, cadastro, lote_novo, {(1, 1): Decimal("5.00")}, cancelada=1
    )
    assert _valores(protocolo) == (GUIA, ZERO, GUIA)
    assert _valores(guias[0]) == (ZERO, ZERO, ZERO)
    assert [_valores(i) for i in itens if i.guia_posicao == 1] == [(ZERO, ZERO, ZERO)] * 2


def test_analise_refeita_esquece_as_glosas_anteriores(
    banco: Banco, cadastro: Cadastro, lote_novo: FabricaDeLote
) -> None:
    """Concluir outra vez vale pelas glosas dadas agora."""
    protocolo, _, _ = _concluir(banco, cadastro, lote_novo, {(1, 1): Decimal("7.00")})
    assert protocolo.lote_id is not None
    with banco.escrita() as conn:
        analises.concluir(conn, protocolo.lote_id, {(2, 1): Decimal("3.00")})
    with banco.leitura() as conn:
        guias = protocolos.guias(conn, protocolo.lote_id)
    assert [g.glosa for g in guias] == [ZERO, Decimal("3.00")]
