"""Cada página abre-se a quem o seu papel permite e a mais ninguém: a tabela, célula a célula."""

from __future__ import annotations

import importlib
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from console.navegador import Console, Navegador
from integration.recepcao import abrir_mesa

from backoffice.console import registro
from backoffice.console.area import Area, RotaSemDono
from backoffice.console.papeis import LEITURA, Papel, Porta
from persistence.banco import Banco
from persistence.tokens import Escopo

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backoffice.console.area import Rota

ESPERADOS = Path(__file__).parent / "esperados"
_ACABAM = ("POST /sair", "POST /minha-conta/sessoes", "POST /termos")
"""Acabariam com as sessões dos outros casos; têm testes próprios."""
TODOS = (*Papel, None)
"""Os papéis e, por último, ninguém."""


def _esperados() -> dict[str, str]:
    """Página -> quem a abre, como cada área o escreveu fora do código."""
    tabela: dict[str, str] = {}
    for arquivo in sorted(ESPERADOS.glob("*.py")):
        tabela |= importlib.import_module(f"console.esperados.{arquivo.stem}").TABELA
    return tabela


@pytest.fixture(scope="module")
def navegadores(
    sqlite_migrado: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[Papel | None, Navegador]]:
    """Uma pessoa de cada papel, e ninguém, diante do mesmo console."""
    arquivo = tmp_path_factory.mktemp("papeis") / "papeis.db"
    shutil.copy(sqlite_migrado, arquivo)
    banco = Banco.abrir(f"sqlite:///{arquivo}")
    with ThreadPoolExecutor(2) as executor:
        console = Console(abrir_mesa(banco), executor)
        feitos: dict[Papel | None, Navegador] = {None: console.navegador()}
        for escopo in Escopo:
            feitos[Papel(escopo.value)] = console.da_operadora(escopo)
        feitos[Papel.PRESTADOR] = console.do_prestador()
        yield feitos
    banco.fechar()


def _abre(rota: Rota, papel: Papel | None) -> bool:
    """Se o que a tabela escrita fora do código diz é que este papel abre a página."""
    dito = _esperados()[rota.nome]
    if dito == "todos":
        return True
    if papel is None:
        return False
    if dito == "entrou":
        return True
    return papel in {parte.strip() for parte in dito.split(",")}


def test_cada_pagina_esta_na_tabela_e_so_ela() -> None:
    """Nenhuma página escapa à tabela, e nenhuma linha da tabela sobra."""
    assert {rota.nome for rota in registro.rotas()} == set(_esperados())


@pytest.mark.parametrize(
    "rota", [r for r in registro.rotas() if r.nome not in _ACABAM], ids=lambda r: r.nome
)
def test_papel_abre_so_o_que_e_seu(rota: Rota, navegadores: dict[Papel | None, Navegador]) -> None:
    """Quem não pode recebe 403, quem não entrou vai à entrada, e a página não diz nada a nenhum."""
    # um número que não há: quem pode enviar o formulário não desfaz nada do que os outros usam
    caminho = re.sub(r"\{[a-z_]+\}", "987654", rota.caminho)
    for papel in TODOS:
        navegador = navegadores[papel]
        if rota.metodo == "GET":
            pagina = navegador.pedir("GET", caminho, seguir=False)
        else:
            navegador.abrir("/minha-conta" if papel else "/entrar")
            pagina = navegador.enviar(caminho, seguir=False)
        if _abre(rota, papel):
            assert pagina.status not in (401, 403), (rota.nome, papel)
            assert not pagina.cabecalhos.get("location", "").startswith("/console/entrar?"), papel
            assert pagina.status < 500, (rota.nome, papel, pagina.texto)
        elif papel is None:
            assert pagina.status == 303, rota.nome
            assert pagina.cabecalhos["location"].startswith("/console/entrar"), rota.nome
        else:
            assert pagina.status == 403, (rota.nome, papel)


@pytest.mark.parametrize("caminho", ["sem-barra", "/Maiuscula", "//", "/a/", "/a?b=c"])
def test_endereco_que_nao_serve_nao_se_declara(caminho: str) -> None:
    """Um caminho fora da forma é um erro ao carregar o programa, não uma página perdida."""
    with pytest.raises(RotaSemDono):
        Area("teste").pagina(caminho, para=LEITURA)


def test_pagina_sem_dono_nao_se_declara() -> None:
    """Quem não diz quem pode abrir a página não a declara."""
    with pytest.raises(RotaSemDono):
        Area("teste").pagina("/a", para=frozenset())


def test_tabela_diz_o_mesmo_que_o_codigo() -> None:
    """O que se escreveu na tabela é o que cada página declara."""
    ditos = {
        rota.nome: {
            Porta.PUBLICA: "todos",
            Porta.PESSOA: "entrou",
        }.get(rota.para) if isinstance(rota.para, Porta) else ", ".join(sorted(rota.para))
        for rota in registro.rotas()
    }  # fmt: skip
    escritos = {
        nome: ", ".join(sorted(parte.strip() for parte in dito.split(",")))
        for nome, dito in _esperados().items()
    }
    assert escritos == ditos
