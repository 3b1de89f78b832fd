from __future__ import annotations

import re
from random import Random
from typing import TYPE_CHECKING

import pytest
from _esquemas.componentes import Arquivo, ler_pasta
from _esquemas.referencia import REFERENCIAS, pasta

from tiss_xsd import catalogo

if TYPE_CHECKING:
    from pathlib import Path

MINIMO_DE_TIPOS = 300
"""Toda versão tem mais componentes do que isto; a prova não passa por falta do que comparar."""


@pytest.fixture(params=REFERENCIAS, ids="-".join)
def par(request: pytest.FixtureRequest) -> tuple[dict[str, Arquivo], dict[str, Arquivo]]:
    origem, versao = request.param
    return ler_pasta(pasta(origem, versao)), ler_pasta(catalogo.RAIZ / versao)


def test_mesmos_arquivos(par: tuple[dict[str, Arquivo], dict[str, Arquivo]]) -> None:
    """A versão tem os mesmos arquivos, com as mesmas inclusões e regras gerais."""
    referencia, nosso = par

    assert {n: a[:2] for n, a in referencia.items()} == {n: a[:2] for n, a in nosso.items()}


def test_mesmos_componentes(par: tuple[dict[str, Arquivo], dict[str, Arquivo]]) -> None:
    """Cada tipo e elemento global é igual ao da referência até o último código e atributo."""
    referencia, nosso = par
    esperado = {(nome, *chave) for nome, arquivo in referencia.items() for chave in arquivo.globais}

    diferentes = [
        (nome, *chave)
        for nome, arquivo in referencia.items()
        for chave, componente in arquivo.globais.items()
        if nosso[nome].globais.get(chave) != componente
    ]

    assert len(esperado) > MINIMO_DE_TIPOS
    assert esperado == {(nome, *chave) for nome, a in nosso.items() for chave in a.globais}
    assert not diferentes


def test_a_comparacao_ve_qualquer_alteracao(tmp_path: Path) -> None:
    """Alterar um único valor de atributo ou tirar uma única linha muda os componentes lidos."""
    sorteio = Random(818)
    for arquivo in sorted((catalogo.RAIZ / "4.03.00").glob("*.xsd")):
        original = arquivo.read_text(encoding="utf-8")
        valores = list(
            re.finditer(
                r'(?<!xmlns)(?<!:ds)(?<!:xs)(?<!encoding)(?<!\?xml version)="([^":]+)"', original
            )
        )
        vazias = list(re.finditer(r"\n *<[^/>]+/>(?=\n)", original))
        copia = tmp_path / arquivo.name
        copia.write_text(original, encoding="utf-8")
        esperado = ler_pasta(tmp_path)
        for achado in sorteio.sample(valores, min(25, len(valores))):
            copia.write_text(original[: achado.start(1)] + "Outro" + original[achado.end(1) :])
            assert esperado != ler_pasta(tmp_path), achado[0]
        for achado in sorteio.sample(vazias, min(25, len(vazias))):
            copia.write_text(original[: achado.start()] + original[achado.end() :])
            assert esperado != ler_pasta(tmp_path), achado[0]
        copia.unlink()
