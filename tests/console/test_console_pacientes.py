"""Cada página do console, aberta com um lote de canários: quem os vê fica na auditoria."""

from __future__ import annotations

import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

import pytest
from console.navegador import Console
from integration import documento
from integration.documento import mesa_com_deposito
from integration.recepcao import abrir_mesa, lote, pronta
from security import canario
from security.canario import marcar

from backoffice.console import registro
from backoffice.console.papeis import Papel, Porta
from dominio.lote import TipoGuia
from handlers.envio_documentos import Deposito
from persistence.arquivos import Pasta
from persistence.banco import Banco
from prestador.valores import identificado

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from console.navegador import Navegador

    from backoffice.console.area import Rota

DO_PACIENTE = (
    canario.CARTEIRA, canario.SENHA_DA_GUIA, canario.OBSERVACAO, canario.INDICACAO,
    canario.VALIDACAO, canario.DESCRICAO,
)  # fmt: skip
ALHEIO = "500001"
PAGINAS = [r for r in registro.rotas() if r.metodo == "GET" and r.para is not Porta.PUBLICA]


class Cena(NamedTuple):
    """Um lote de canários e quem olha para ele.

    Attributes:
        partes: o que pôr em cada parte variável dos endereços.
        da_casa: a pessoa da operadora que pode tudo.
        dono: quem fala pelo prestador do lote.
        outro: quem fala por outro prestador da mesma operadora.
        de_fora: quem pode tudo em outra operadora.
    """

    partes: dict[str, str]
    da_casa: Navegador
    dono: Navegador
    outro: Navegador
    de_fora: Navegador


@pytest.fixture(scope="module")
def cena(sqlite_migrado: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cena]:
    """Tudo o que o paciente tem é canário; o lote, o documento e a mensagem são do outro."""
    pasta = tmp_path_factory.mktemp("pacientes")
    shutil.copy(sqlite_migrado, pasta / "b.db")
    banco = Banco.abrir(f"sqlite:///{pasta / 'b.db'}")
    mesa = mesa_com_deposito(banco, pasta / "documentos")
    alheio = mesa.outro_prestador(ALHEIO, cpf="52998224725")
    fora = abrir_mesa(
        banco, operadora={"registro_ans": "888888", "cnpj": "11222333000181", "nome": "Fora"}
    )
    quem = identificado("codigo", ALHEIO)
    resposta = mesa.enviar(pronta(marcar(lote(TipoGuia.SADT, quem=quem))))
    numero = resposta.recibo.protocolo
    anexo = documento.mandar(mesa, protocolo=numero, quem=quem)
    with ThreadPoolExecutor(2) as executor:
        console = Console(mesa, executor, deposito=Deposito(Pasta(pasta / "documentos")))
        yield Cena(
            {
                "numero": str(numero), "protocolo": str(numero), "posicao": "1", "guia": "1",
                "id": resposta.id, "mensagem": resposta.id,
                "documento": str(int(anexo.protocolo or 0)),
            },
            console.da_operadora(),
            console.do_prestador(alheio, login="52998224725"),
            console.do_prestador(),
            console.da_operadora(operadora=fora.operadora),
        )  # fmt: skip
    banco.fechar()


def _endereco(rota: Rota, partes: dict[str, str]) -> str:
    return re.sub(r"\{([a-z_]+)\}", lambda m: partes.get(m[1], "1"), rota.caminho)


def _do_portal(rota: Rota) -> bool:
    return isinstance(rota.para, frozenset) and Papel.PRESTADOR in rota.para


def _canarios(navegador: Navegador, caminho: str) -> set[str]:
    corpo = navegador.pedir("GET", caminho, seguir=False).corpo
    return {c.nome for c in DO_PACIENTE if any(forma in corpo for forma in c.formas)}


@pytest.mark.parametrize("rota", PAGINAS, ids=lambda r: r.nome)
def test_so_mostra_pacientes_a_pagina_que_audita(rota: Rota, cena: Cena) -> None:
    """A que não declara dados de pacientes não mostra nenhum, nem a quem pode tudo."""
    quem = cena.dono if _do_portal(rota) else cena.da_casa
    achados = _canarios(quem, _endereco(rota, cena.partes))
    assert rota.pacientes or not achados


@pytest.mark.parametrize("rota", PAGINAS, ids=lambda r: r.nome)
def test_o_que_e_de_outro_nao_se_ve_por_nenhum_endereco(rota: Rota, cena: Cena) -> None:
    """Com os números do lote alheio em cada endereço, nenhum canário, nem noutra operadora."""
    quem = cena.outro if _do_portal(rota) else cena.de_fora
    assert _canarios(quem, _endereco(rota, cena.partes)) == set()


def test_os_canarios_acham_se_onde_estao(cena: Cena) -> None:
    """O que se procura seria achado: o lote aberto por quem pode mostra a carteira."""
    caminho = f"/lotes/{cena.partes['numero']}"
    assert canario.CARTEIRA.nome in _canarios(cena.da_casa, caminho)
    assert canario.CARTEIRA.nome in _canarios(cena.dono, f"/portal{caminho}")
