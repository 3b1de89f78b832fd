"""Desfazer o que se registrou numa análise, até ela se finalizar; e a fila do que espera."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from integration.cobranca import Cobranca, de_guia, de_item, glosa

from dominio.impedimento import Impedimento
from dominio.situacao import StatusProtocolo
from handlers.analise import PedidoDeDescarte, descartar
from handlers.analise.automatica import analisar
from persistence import apontamentos, glosas, protocolos, resultados
from persistence.consultas import por_analisar
from persistence.consultas.protocolos import Filtro

if TYPE_CHECKING:
    from handlers.analise import AnaliseAtual

ABERTAS = Filtro(status=(StatusProtocolo.RECEBIDO, StatusProtocolo.EM_ANALISE))


def _descartar(casa: Cobranca, *dito: int | None) -> AnaliseAtual:
    with casa.banco.escrita() as conn:
        return descartar(conn, casa.operadora, PedidoDeDescarte(*dito))


def _guardado(casa: Cobranca, numero: int) -> tuple[list[int], list[int | None]]:
    """As guias com resultado e os lugares das glosas."""
    with casa.banco.leitura() as conn:
        protocolo = protocolos.por_numero(conn, casa.operadora, numero)
        assert protocolo is not None
        assert protocolo.lote_id is not None
        feitas = resultados.ler(conn, protocolo.id, protocolo.lote_id)
        das_glosas = glosas.do_protocolo(conn, protocolo.id)
        return [g.posicao for g in feitas], [g.guia_posicao for g in das_glosas]


def test_uma_guia_volta_a_nao_ter_resultado(casa: Cobranca) -> None:
    """Saem o resultado e as glosas dela; as outras guias e as glosas do lote ficam."""
    numero = casa.lote(["100.00"], ["50.00"])
    feita = casa.registrar(
        numero,
        de_guia(1, de_item(1, "100.00", glosa("20.00"))),
        de_guia(2, de_item(1, "50.00", glosa("5.00"))),
        glosas=(glosa("1.00"),),
    )
    depois = _descartar(casa, numero, 1, feita.revisao)
    assert depois.revisao == feita.revisao + 1
    assert _guardado(casa, numero) == ([2], [None, 2])


def test_tudo_se_desfaz_e_a_automatica_examina_de_novo(casa: Cobranca) -> None:
    """Nada fica do que se registrou nem do que a automática apontou; ela pode repetir-se."""
    numero = casa.lote(["100.00"], ["50.00"])
    with casa.banco.escrita() as conn:
        analisar(conn, casa.operadora, numero, casa.autor())
    casa.registrar(numero, de_guia(1, de_item(1, "100.00", glosa("20.00"))), observacao="x")
    _descartar(casa, numero)
    assert _guardado(casa, numero) == ([], [])
    with casa.banco.leitura() as conn:
        protocolo = protocolos.por_numero(conn, casa.operadora, numero)
        assert protocolo is not None
        assert apontamentos.do_protocolo(conn, protocolo.id) == ()
    with casa.banco.escrita() as conn:
        de_novo = analisar(conn, casa.operadora, numero, casa.autor()).apontamentos
    assert {a.guia_posicao for a in de_novo} == {1, 2}


def test_so_se_desfaz_o_que_ha_e_ainda_nao_se_finalizou(casa: Cobranca) -> None:
    """Sem análise, sem resultado, sobre leitura antiga ou depois de finalizar, nada se faz."""
    numero = casa.lote(["100.00"], ["50.00"])

    def motivo(*dito: int | None) -> str:
        with pytest.raises(Impedimento) as erro:
            _descartar(casa, *dito)
        return erro.value.chave

    assert motivo(numero) == "nada-a-desfazer"
    casa.registrar(numero, de_guia(1, de_item(1, "100.00")))
    assert motivo(numero, 2) == "nada-a-desfazer"
    assert motivo(numero, 1, 0) == "revisao-antiga"
    assert motivo(987654321) == "protocolo-ausente"
    casa.finalizar(numero, completar=True)
    assert motivo(numero) == "analise-finalizada"


def test_fila_vem_do_mais_velho_com_o_que_ja_se_fez(casa: Cobranca) -> None:
    """Cada lote diz as guias com resultado e as que esperam alguém; o finalizado sai da fila."""
    primeiro, segundo, terceiro = (casa.lote(["10.00"], ["20.00"]) for _ in range(3))
    casa.finalizar(segundo, completar=True)
    with casa.banco.escrita() as conn:
        analisar(conn, casa.operadora, primeiro, casa.autor("bia"))
    casa.registrar(primeiro, de_guia(1, de_item(1, "10.00")))
    with casa.banco.leitura() as conn:
        um, outro = por_analisar.fila(conn, casa.operadora, ABERTAS)
        seguinte = por_analisar.fila(conn, casa.operadora, ABERTAS, depois_de=primeiro)
        assert por_analisar.fila(conn, casa.operadora + 1, ABERTAS) == ()
    assert (um.numero, um.status) == (primeiro, StatusProtocolo.EM_ANALISE)
    assert (um.guias, um.feitas, um.com_pessoa, um.aberta_por) == (2, 1, 1, "bia")
    assert (outro.numero, outro.guias, outro.feitas, outro.aberta_por) == (terceiro, 2, 0, None)
    assert [e.numero for e in seguinte] == [terceiro]
