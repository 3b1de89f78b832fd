"""As etapas de uma mensagem: como se guardam e como se leem."""

from __future__ import annotations

import re

from handlers.etapas import NOMES, Etapa, Etapas, ler


def test_guardam_se_pela_ordem_com_o_que_demoraram() -> None:
    """Cada etapa fica com a sua letra e os seus microssegundos, pela ordem em que se fez."""
    etapas = Etapas()
    for etapa in (Etapa.LEITURA, Etapa.ESQUEMA, Etapa.HASH):
        etapas.comecar(etapa)
    guardadas = etapas.guardadas()
    assert guardadas is not None
    assert re.fullmatch(r"l\d+e\d+h\d+", guardadas)
    assert [(f.etapa, f.passou) for f in ler(guardadas)] == [
        (Etapa.LEITURA, True),
        (Etapa.ESQUEMA, True),
        (Etapa.HASH, True),
    ]


def test_a_que_recusou_e_a_ultima() -> None:
    """Depois de parar, o que se faz para responder já não conta."""
    etapas = Etapas()
    etapas.comecar(Etapa.LEITURA)
    etapas.comecar(Etapa.ESQUEMA)
    etapas.parar()
    etapas.comecar(Etapa.RESPOSTA)
    etapas.parar()
    assert [(f.etapa, f.passou) for f in ler(etapas.guardadas())] == [
        (Etapa.LEITURA, True),
        (Etapa.ESQUEMA, False),
    ]


def test_sem_etapas_nada_se_guarda() -> None:
    """O que a porta não deixou entrar não passou por nenhuma."""
    etapas = Etapas()
    etapas.parar()
    assert etapas.guardadas() is None
    assert ler(None) == ()


def test_letra_desconhecida_nao_se_da() -> None:
    """Uma etapa de um programa mais novo não impede de ler as outras."""
    assert [f.microssegundos for f in ler("l12z5h7")] == [12, 7]


def test_toda_etapa_tem_nome_e_letra_propria() -> None:
    """Cada uma se diz em português, e nenhuma letra serve a duas."""
    assert set(NOMES) == set(Etapa)
    assert len({e.value for e in Etapa}) == len(Etapa)
