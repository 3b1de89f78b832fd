"""As guias em branco: uma página cada uma, com os campos do seu formulário e nada preenchido."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
from impressos_lidos import paginas, tamanhos

from backoffice.impressos import em_branco, pdf
from backoffice.impressos.em_branco import Contratado
from dominio.lote import TipoGuia

DIA = date(2026, 3, 31)
NOME = "Operadora Inventada de Assistência à Saúde dos Servidores do Interior Ltda"
OPERADORA: Any = SimpleNamespace(registro_ans="999999", nome=NOME)
CLINICA = Contratado("01395099990001", "Clínica Inventada de Especialidades do Interior", "8999999")
ULTIMOS = {
    TipoGuia.CONSULTA: 29,
    TipoGuia.SADT: 92,
    TipoGuia.INTERNACAO: 65,
    TipoGuia.HONORARIOS: 40,
}


def _textos(tipo: TipoGuia, de: Contratado | None = None) -> list[str]:
    dados = pdf.escrever(em_branco.montar(OPERADORA, (tipo,), DIA, de))
    [pagina] = paginas(dados)
    [(largura, altura)] = tamanhos(dados)
    assert largura > altura
    return pagina.textos


@pytest.mark.parametrize("tipo", TipoGuia)
@pytest.mark.parametrize("de", [None, CLINICA])
def test_cabe_numa_pagina_deitada_e_so_traz_o_que_se_sabe(
    tipo: TipoGuia, de: Contratado | None
) -> None:
    """Com nomes compridos cabe ainda; de preenchido, só a operadora e quem a vai preencher."""
    sem, com = Counter(_textos(tipo)), Counter(_textos(tipo, de))
    assert com["99999-9"] == 1
    assert "".join(NOME.split()) in "".join("".join(com).split())
    preenchidos = set(com - sem)
    assert preenchidos == (set() if de is None else {de.codigo, de.nome, de.cnes})


@pytest.mark.parametrize(("tipo", "ultimo"), ULTIMOS.items())
def test_cada_campo_tem_o_seu_numero(tipo: TipoGuia, ultimo: int) -> None:
    """Nenhum número se repete, e nenhum passa do último do formulário."""
    achados = [re.match(r"([0-9]+) - ", texto) for texto in _textos(tipo)]
    numeros = Counter(int(achado[1]) for achado in achados if achado)
    assert max(numeros) == ultimo
    assert set(numeros.values()) == {1}
    assert set(range(1, 8)) <= numeros.keys()
