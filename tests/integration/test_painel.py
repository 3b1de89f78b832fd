"""O começo do console e a previsão: as somas do banco são as que se fazem linha a linha."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, update

from bench import operadora_cheia
from dominio.competencia import agora, dia
from dominio.situacao import StatusProtocolo
from persistence import operadoras, prestadores, tabelas
from persistence.consultas import painel, previsao

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Row

    from persistence.banco import Banco

QUANTOS = 700
OUTRA = "888888"
_p = tabelas.protocolo.c
_x = tabelas.pagamento_parte.c
_ABERTAS = set(painel.ABERTAS)


@pytest.fixture
def cheio(banco: Banco) -> Banco:
    """Uma operadora com história; umas linhas são de homologação, e outras de outra operadora."""
    with banco.escrita() as conn:
        for registro, cnpj in (("999999", "45123987000170"), (OUTRA, "11222333000181")):
            operadoras.adicionar(conn, registro_ans=registro, cnpj=cnpj, nome="Operadora Inventada")
        prestadores.adicionar(conn, 1, codigo="013950", nome="Hospital", cnpj="45997418000153")
    operadora_cheia.povoar(banco, QUANTOS)
    with banco.escrita() as conn:
        conn.execute(update(tabelas.protocolo).where(_p.id % 11 == 0).values(homologacao=True))
        conn.execute(update(tabelas.protocolo).where(_p.id % 13 == 0).values(operadora_id=2))
        conn.execute(update(tabelas.protocolo).where(_p.id.between(200, 204)).values(status=10))
        # uns chegaram agora mesmo, e as glosas não são todas iguais
        conn.execute(
            update(tabelas.protocolo)
            .where(_p.id.between(600, 615))
            .values(recebido_em=agora() - timedelta(minutes=1))
        )
        conn.execute(
            update(tabelas.protocolo)
            .where(_p.id % 3 == 0, _p.analise_visivel)
            .values(glosa=Decimal("25.50"), informado=Decimal("130.25"))
        )
    return banco


def _reais(conn: Connection) -> Sequence[Row[Any]]:
    consulta = select(tabelas.protocolo).where(_p.operadora_id == 1, ~_p.homologacao)
    return conn.execute(consulta).all()


def _por_situacao(linhas: Sequence[Row[Any]]) -> list[tuple[Any, ...]]:
    juntas: dict[tuple[bool, int], list[Row[Any]]] = defaultdict(list)
    for linha in linhas:
        juntas[linha.tipo == "recurso", linha.status].append(linha)
    return [
        (
            *chave, len(delas), sum((x.informado for x in delas), Decimal(0)),
            min(x.recebido_em for x in delas),
        )
        for chave, delas in sorted(juntas.items())
    ]  # fmt: skip


def test_comeco_confere_com_as_somas_feitas_linha_a_linha(cheio: Banco) -> None:
    """Abertos, recebidos de um dia e por dia, idade e glosa de cada mês são os das linhas."""
    instante = agora()
    hoje = dia(instante)
    limites = (2, 7, 15, 30)
    inicios = [hoje - timedelta(days=n) for n in (250, 180, 120)]
    with cheio.leitura() as conn:
        linhas = _reais(conn)
        abertos = painel.abertos(conn, 1)
        recebidos = painel.recebidos(conn, 1, hoje)
        por_dia = painel.por_dia(conn, 1, hoje, 14)
        quantos = sum(um.quantos for um in abertos)
        por_idade = painel.por_idade(conn, 1, instante, limites, quantos)
        glosa = painel.glosa_por_mes(conn, 1, inicios)
        espera = painel.recursos_a_espera(conn, 1)
    que_esperam = [x for x in linhas if x.status in _ABERTAS]
    assert list(abertos) == _por_situacao(que_esperam)
    assert {um.status for um in abertos} == _ABERTAS
    de_hoje = [x for x in linhas if dia(x.recebido_em) == hoje]
    assert de_hoje
    assert list(recebidos) == _por_situacao(de_hoje)
    chegados = Counter(dia(x.recebido_em) for x in linhas)
    dias = [hoje - timedelta(days=n) for n in reversed(range(14))]
    assert por_dia == tuple((um, chegados[um]) for um in dias)
    idades = Counter(
        next((n for n, d in enumerate(limites) if instante - x.recebido_em <= timedelta(d)), 4)
        for x in que_esperam
    )
    assert por_idade == tuple(idades[n] for n in range(5))
    assert min(por_idade) > 0
    analisadas = [x for x in linhas if x.analise_visivel and x.tipo != "recurso"]
    for mes, (de, ate) in zip(glosa, pairwise(inicios), strict=True):
        delas = [x for x in analisadas if de <= dia(x.recebido_em) < ate]
        assert mes == (de, sum(x.informado for x in delas), sum(x.glosa for x in delas))
    por_decidir = sorted(
        (x.recebido_em, x.numero) for x in linhas if x.tipo == "recurso" and x.status in (1, 2)
    )
    assert [(um.recebido_em, um.numero) for um in espera] == por_decidir[:8]


def test_sem_nada_analisado_o_mes_nao_aparece(cheio: Banco) -> None:
    """Um mês sem contas analisadas não tem taxa; um dia sem chegadas tem zero."""
    velhos = [date(2020, 1, 1), date(2020, 2, 1), date(2020, 3, 1)]
    with cheio.leitura() as conn:
        assert painel.glosa_por_mes(conn, 1, velhos) == ()
        assert painel.por_dia(conn, 1, date(2020, 1, 2), 2) == (
            (date(2020, 1, 1), 0), (date(2020, 1, 2), 0),
        )  # fmt: skip


def test_previsao_confere_com_as_somas_feitas_linha_a_linha(cheio: Banco) -> None:
    """Cada parte espera-se na data do seu pagamento, o resto na data dita, e nada se repete."""
    prevista = date(2026, 11, 30)
    with cheio.leitura() as conn:
        liberados = {x.id: x for x in _reais(conn) if x.status == StatusProtocolo.LIBERADO}
        pagamentos = {x.id: x for x in conn.execute(select(tabelas.pagamento))}
        partes = [
            x
            for x in conn.execute(select(tabelas.pagamento_parte).where(_x.viva, _x.tipo == "1"))
            if x.protocolo_id in liberados
        ]
        linhas = previsao.listar(conn, 1, prevista)
        totais = previsao.totais(conn, 1, prevista)
        aos_poucos = [
            um
            for passadas in range(0, len(linhas) + 7, 7)
            for um in previsao.listar(conn, 1, prevista, passadas=passadas, limite=7)
        ]
        de_um = previsao.listar(conn, 1, prevista, prestador_id=1, sem_pagamento=True)
    falta = {chave: x.liberado for chave, x in liberados.items()}
    esperadas = []
    for parte in partes:
        falta[parte.protocolo_id] -= parte.liberado
        pagamento = pagamentos[parte.pagamento_id]
        if pagamento.estado == "previsto":
            x = liberados[parte.protocolo_id]
            esperadas.append(
                (pagamento.data_prevista, x.prestador_id, x.numero, parte.liberado, pagamento.id)
            )
    presas = len(esperadas)
    esperadas += [
        (prevista, liberados[chave].prestador_id, liberados[chave].numero, valor, None)
        for chave, valor in falta.items()
        if valor > 0
    ]
    assert 0 < presas < len(esperadas)
    esperadas.sort(key=lambda x: x[:3])
    assert [(x[0], x[1], x[2], x[4], x[5]) for x in linhas] == esperadas
    assert aos_poucos == list(linhas)
    somas: dict[date, Decimal] = defaultdict(Decimal)
    for data, *_, valor, _pagamento in esperadas:
        somas[data] += valor
    assert totais == somas
    assert list(totais) == sorted(totais)
    assert de_um == tuple(x for x in linhas if x.prestador_id == 1 and x.pagamento_id is None)


def test_recebido_no_futuro_conta_como_novo(cheio: Banco) -> None:
    """O relógio de outra máquina, um pouco adiantado, não faz um lote parecer velho."""
    instante = datetime(2026, 3, 1, 12, tzinfo=UTC)
    with cheio.escrita() as conn:
        conn.execute(update(tabelas.protocolo).values(recebido_em=instante + timedelta(minutes=5)))
    with cheio.leitura() as conn:
        quantos = sum(um.quantos for um in painel.abertos(conn, 1))
        assert painel.por_idade(conn, 1, instante, (2, 7), quantos) == (quantos, 0, 0)
