"""Migrar com programas no ar: o que serve aos de antes, e o que espera que eles se vão."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import inspect
from varios_nos.programa_novo import programa_novo

from persistence import esquema
from persistence.banco import Banco
from persistence.esquema import EsquemaMaisNovo, Fase

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_de_uma_versao_a_outra_com_as_duas_no_ar(
    nova_url: Callable[[bool], str], tmp_path: Path
) -> None:
    """Depois da fase de antes servem os dois programas; depois da outra só o novo, e di-lo."""
    banco = Banco.abrir(nova_url(True))
    with programa_novo(tmp_path):
        assert not esquema.estado(banco).serve
        esquema.atualizar(banco, Fase.ANTES)
        do_novo = esquema.estado(banco)
        assert (do_novo.atual, do_novo.serve, do_novo.em_dia) == ("9001", True, False)
        assert _colunas(banco) == {"c9001"}

    do_velho = esquema.estado(banco)
    assert (do_velho.serve, do_velho.mais_novo) == (True, True)
    # o programa de antes, reiniciado, não tenta desfazer nem refazer nada
    esquema.atualizar(banco)
    assert esquema.estado(banco) == do_velho

    with programa_novo(tmp_path):
        esquema.atualizar(banco, Fase.DEPOIS)
        assert esquema.estado(banco).em_dia
        assert _colunas(banco) == {"c9001", "c9002"}

    assert not esquema.estado(banco).serve
    with pytest.raises(EsquemaMaisNovo, match="9002"):
        esquema.atualizar(banco)
    banco.fechar()


def _colunas(banco: Banco) -> set[str]:
    with banco.leitura() as conn:
        todas = {c["name"] for c in inspect(conn).get_columns("protocolo")}
    return todas & {"c9001", "c9002"}
