"""Quem administra cria webhooks, pausa-os, troca o segredo e manda avisos outra vez."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from backoffice.console import criar
from persistence import entregas, operadoras, webhooks

if TYPE_CHECKING:
    from console.navegador import Console, Navegador

URL = "https://avisos.exemplo.br/tiss"


@pytest.fixture
def ana(console: Console) -> Navegador:
    """Quem administra, com um webhook já criado."""
    ana = console.da_operadora()
    ana.abrir("/webhooks")
    ana.preencher(0, url=URL, eventos=["protocolo.recebido"])
    return ana


def _segredo(navegador: Navegador) -> str:
    assert navegador.pagina is not None
    return str(navegador.pagina.arvore.xpath("//input[@id='segredo']/@value")[0])


def test_o_segredo_so_se_mostra_ao_criar_e_ao_trocar(console: Console, ana: Navegador) -> None:
    """Nem a lista nem a página o trazem; trocado, é outro."""
    assert ana.pagina is not None
    assert ana.pagina.titulo == "Webhook criado"
    primeiro = _segredo(ana)
    with console.mesa.banco.leitura() as conn:
        (feito,) = webhooks.listar(conn, console.mesa.operadora.id)
        assert webhooks.segredos(conn, feito, console.relogio())[0] == primeiro
    assert feito.eventos == ("protocolo.recebido",)
    lista = ana.abrir("/webhooks")
    assert lista.linhas("webhooks")[0][:3] == [URL, "1", "Ativo"]
    pagina = ana.abrir(f"/webhooks/{feito.id}")
    assert primeiro not in pagina.corpo.decode() + lista.corpo.decode()
    ana.enviar(f"/webhooks/{feito.id}/segredo")
    assert _segredo(ana) != primeiro
    assert "Segredo anterior" in ana.abrir(f"/webhooks/{feito.id}").texto


def test_pausa_retoma_e_muda(ana: Navegador) -> None:
    """Em pausa diz-se; mudar o endereço não o tira da pausa; sem eventos, são todos."""
    ana.abrir("/webhooks/1")
    assert "Em pausa" in ana.preencher(0).texto
    pagina = ana.enviar("/webhooks/1", url="https://outro.exemplo.br/")
    assert "Em pausa" in pagina.texto
    assert ana.abrir("/webhooks").linhas("webhooks")[0][:3] == [
        "https://outro.exemplo.br/", "Todos", "Em pausa",
    ]  # fmt: skip
    ana.abrir("/webhooks/1")
    assert "Avisos retomados." in ana.preencher(0).texto


def test_aviso_de_teste_reenvia_se(console: Console, ana: Navegador) -> None:
    """O aviso aparece com a sua resposta e, reenviado, volta a esperar."""
    ana.abrir("/webhooks/1")
    pagina = ana.enviar("/webhooks/1/teste")
    assert pagina.linhas("avisos")[0][1:4] == ["webhook.teste", "—", "Por entregar"]
    with console.mesa.banco.escrita() as conn:
        feito = webhooks.por_id(conn, console.mesa.operadora.id, 1)
        assert feito is not None
        (aviso,) = entregas.recentes(conn, feito)
        entregas.confirmar(conn, aviso, console.relogio(), "HTTP 204")
    pagina = ana.abrir("/webhooks/1", estado="entregue")
    assert pagina.linhas("avisos")[0][6] == "HTTP 204"
    pagina = ana.enviar(f"/webhooks/1/avisos/{aviso.id}/reenvio")
    assert pagina.linhas("avisos")[0][3] == "Por entregar"
    assert ana.enviar("/webhooks/1/avisos/999/reenvio").status == 404


def test_lista_de_avisos_continua(console: Console, ana: Navegador) -> None:
    """Do mais novo ao mais velho, sem repetir nem saltar nenhum."""
    with console.mesa.banco.escrita() as conn:
        for _ in range(60):
            webhooks.anotar_a_um(conn, 1, "webhook.teste", em=console.relogio())
    pagina = ana.abrir("/webhooks/1")
    assert len(pagina.linhas("avisos")) == 50
    (resto,) = pagina.arvore.xpath("//tr[@class='mais']//a/@href")
    assert len(ana.abrir(resto.removeprefix("/console")).linhas("avisos")) == 10


@pytest.mark.parametrize("url", ["ftp://exemplo.br/", "https://ana:x@exemplo.br/", "nada"])
def test_endereco_que_nao_serve(ana: Navegador, url: str) -> None:
    """O que não é de web, traz senha ou não é um endereço diz-se no campo."""
    ana.abrir("/webhooks")
    pagina = ana.preencher(0, url=url)
    assert pagina.status == 422
    assert set(pagina.erros()) == {"url"}


def test_destino_que_o_gateway_nao_deixa(console: Console, ana: Navegador) -> None:
    """A política de destinos do gateway também vale no formulário."""

    def nenhum(_url: str) -> None:
        raise ValueError("endereço da rede de dentro")

    ana._aplicacao = criar(replace(console.casa, conferir_destino=nenhum))
    ana.abrir("/webhooks")
    assert ana.preencher(0, url=URL).erros() == {"url": "endereço da rede de dentro"}
    ana.abrir("/webhooks/1")
    assert ana.enviar("/webhooks/1", url=URL).erros() == {"url": "endereço da rede de dentro"}


def test_apaga_o_seu_e_nunca_o_de_outra(console: Console, ana: Navegador) -> None:
    """O webhook de outra operadora não existe em nenhum endereço."""
    with console.mesa.banco.escrita() as conn:
        outra = operadoras.adicionar(
            conn, registro_ans="888888", cnpj="11222333000181", nome="Outra Operadora"
        )
    alheia = console.da_operadora(operadora=outra)
    assert alheia.abrir("/webhooks/1").status == 404
    alheia.abrir("/webhooks")
    for fim in ("", "/pausa", "/segredo", "/teste", "/apagar", "/avisos/1/reenvio"):
        assert alheia.enviar(f"/webhooks/1{fim}", url=URL).status == 404
    ana.abrir("/webhooks/1")
    assert ana.enviar("/webhooks/1/apagar").linhas("webhooks") == []
