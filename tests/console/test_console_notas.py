"""Quem paga vê as notas fiscais que chegaram e aceita-as ou recusa-as."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

import pytest
from console.idor import conferir_alheio
from console.navegador import Console
from integration.cobranca import HOJE, Cobranca
from integration.exemplos import Cadastro

from handlers.envio_documentos import Deposito
from handlers.pagamento import notas
from handlers.pagamento.arquivo_da_nota import anexar
from handlers.pagamento.notas import DadosDaNota
from persistence import operadoras
from persistence.arquivos import Pasta
from prestador.arquivos_inventados import pdf

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from console.navegador import Navegador
    from integration.recepcao import Mesa


class Cena(NamedTuple):
    """Uma nota enviada, com o seu arquivo, e quem a decide."""

    console: Console
    nota: int
    ana: Navegador


@pytest.fixture
def cena(mesa_em_sqlite: Mesa, tmp_path: Path) -> Iterator[Cena]:
    """A nota de um pagamento previsto de 120,00."""
    mesa = mesa_em_sqlite
    casa = Cobranca(mesa.banco, Cadastro(mesa.operadora, mesa.prestador))
    previsto = casa.pagar(casa.liberado(["120.00"]))
    deposito = Deposito(Pasta(tmp_path / "documentos"))
    dados = DadosDaNota("123", "1", previsto.brutos.liberado, HOJE)
    with mesa.banco.escrita() as conn:
        nota = notas.incluir(
            conn, mesa.operadora.id, previsto.pagamento.id, dados, casa.autor("bia")
        )
        anexar(
            conn, deposito.arquivos, mesa.operadora.id, nota.id, casa.autor("bia"),
            nome="nota.pdf", conteudo=pdf(),
        )  # fmt: skip
        notas.enviar(conn, mesa.operadora.id, nota.id, casa.autor("bia"))
    with ThreadPoolExecutor(2) as executor:
        console = Console(mesa, executor, deposito=deposito)
        yield Cena(console, nota.id, console.da_operadora())


def test_lista_e_arquivo(cena: Cena) -> None:
    """A nota aparece em análise, com o arquivo que veio."""
    (linha,) = cena.ana.abrir("/notas", estado="em-analise").linhas("notas")
    assert linha[0] == "123 série 1"
    assert linha[4:6] == ["R$ 120,00", "Em análise"]
    assert cena.ana.abrir(f"/notas/{cena.nota}/arquivo").corpo == pdf()
    assert cena.ana.abrir("/notas", estado="aceita").linhas("notas") == []


def test_aceita(cena: Cena) -> None:
    """Aceita, fica dito quem e quando, e já não se decide."""
    cena.ana.abrir("/notas")
    pagina = cena.ana.preencher(1)
    assert "Nota aceita." in pagina.texto
    assert pagina.linhas("notas")[0][5] == "Aceita"
    repetida = cena.ana.enviar(f"/notas/{cena.nota}/decisao", acao="recusar", motivo="tarde")
    assert repetida.status == 409


def test_recusada_exige_motivo(cena: Cena) -> None:
    """Sem motivo não se recusa; com ele, o prestador o lê."""
    cena.ana.abrir("/notas")
    sem = cena.ana.enviar(f"/notas/{cena.nota}/decisao", acao="recusar", motivo="")
    assert sem.status == 422
    cena.ana.abrir("/notas")
    pagina = cena.ana.preencher(2, motivo="série errada")
    assert "Nota recusada." in pagina.texto
    assert pagina.linhas("notas")[0][5] == "Recusada série errada"


def test_nota_de_outra_operadora_nao_existe(cena: Cena) -> None:
    """Nem na lista, nem o arquivo, nem a decisão."""
    with cena.console.mesa.banco.escrita() as conn:
        outra = operadoras.adicionar(
            conn, registro_ans="888888", cnpj="11222333000181", nome="Outra Operadora"
        )
    alheia = cena.console.da_operadora(operadora=outra)
    assert alheia.abrir("/notas").linhas("notas") == []
    conferir_alheio(alheia, "/notas/{}/arquivo", cena.nota)
    conferir_alheio(alheia, "/notas/{}/decisao", cena.nota, acao="aceitar")
