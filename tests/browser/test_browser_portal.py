"""O portal do prestador num navegador de verdade: enviar, ler, recorrer, mandar a nota."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, NamedTuple

import pytest
from integration import arquivos
from integration.cobranca import Cobranca, de_guia, de_item, glosa
from integration.exemplos import Cadastro

from dominio.competencia import agora, dia
from handlers import recados
from prestador.arquivos_inventados import pdf

if TYPE_CHECKING:
    from collections.abc import Callable

    from browser.aba import Aba, Pessoas
    from playwright.sync_api import Page


class Feito(NamedTuple):
    """Um protocolo pago com glosa, e um pagamento previsto."""

    pago: int
    pagamento: int


@pytest.fixture(scope="module")
def feito(casa: Pessoas) -> Feito:
    """O que a operadora já analisou, pagou e disse ao prestador."""
    servidor = casa.servidor
    contas = Cobranca(
        servidor.banco, Cadastro(servidor.operadora, servidor.prestador), "portal-",
        itertools.count(7001),
    )  # fmt: skip
    numero = contas.lote(["120.00"])
    contas.registrar(numero, de_guia(1, de_item(1, "120.00", glosa("20.00"))))
    contas.finalizar(numero)
    contas.liberar(numero)
    contas.pago(numero, data=dia(agora()))
    pedido = recados.PedidoDeRecado(numero, "Falta o laudo.", 1, "operadora", "portal-recado")
    with servidor.banco.escrita() as conn:
        recados.escrever(conn, servidor.operadora.id, pedido, contas.autor())
    return Feito(numero, contas.pagar(contas.liberado(["75.00"])).pagamento.id)


def _sobra(page: Page) -> int:
    """Quantos pixels a página tem a mais do que a janela, de largura."""
    return int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))


def _confirmar(page: Page) -> None:
    page.get_by_role("dialog").get_by_role("button", name="Confirmar").click()


def test_envia_um_arquivo_bom_e_um_quebrado(nova_aba: Callable[..., Aba]) -> None:
    """O bom dá um protocolo que se abre; do quebrado diz-se a guia e o campo."""
    aba = nova_aba()
    page = aba.entrar_no_prestador()
    bom = arquivos.bytes_de(arquivos.lote_em_arquivo(numero="7901"))
    inicio, _, fim = bom.rpartition(b"<ans:registroANS>999999<")
    page.get_by_role("link", name="Enviar XML").first.click()
    page.get_by_label("Arquivos", exact=True).set_input_files(
        [
            {"name": "bom.xml", "mimeType": "application/xml", "buffer": bom},
            {
                "name": "quebrado.xml",
                "mimeType": "application/xml",
                "buffer": inicio + b"<ans:registroANS>9<" + fim,
            },
        ]
    )
    page.get_by_role("button", name="Enviar", exact=True).click()
    page.get_by_role("heading", name="Resultado do envio").wait_for()
    aba.conferir()
    assert "registroANS" in page.get_by_role("table", name="Erros de quebrado.xml").inner_text()
    page.locator(".recado.certo a").click()
    page.get_by_role("table", name="Guias do lote").wait_for()
    assert "7901" in page.locator("main").inner_text()


def test_do_recado_e_do_prazo_ao_recurso_enviado(
    nova_aba: Callable[..., Aba], feito: Feito
) -> None:
    """Do começo responde-se a um recado e recorre-se da glosa: rascunho, confirmação, recurso."""
    aba = nova_aba()
    page = aba.entrar_no_prestador()
    page.locator("#pendencias a", has_text=str(feito.pago)).click()
    page.get_by_text("Falta o laudo.").wait_for()
    aba.conferir()
    page.get_by_role("textbox", name="Recado").fill("Segue em papel.")
    page.get_by_role("button", name="Enviar recado").click()
    page.get_by_text("Recado enviado.").wait_for()
    aba.abrir("/portal")
    page.locator("#prazos a", has_text=str(feito.pago)).click()
    page.get_by_role("checkbox").first.check()
    page.get_by_label("Justificativa").first.fill("O procedimento foi autorizado por telefone.")
    aba.conferir()
    page.get_by_role("button", name="Guardar rascunho").click()
    page.get_by_role("heading", name="Anexos").wait_for()
    aba.conferir()
    page.set_viewport_size({"width": 390, "height": 800})
    assert _sobra(page) <= 0
    page.get_by_role("button", name="Enviar recurso").click()
    _confirmar(page)
    page.get_by_text("Recurso gravado com sucesso.").wait_for()
    aba.conferir()
    assert "20,00" in page.locator("main").inner_text()


def test_manda_a_nota_fiscal(nova_aba: Callable[..., Aba], feito: Feito) -> None:
    """Com o arquivo, a nota vai para análise; o executável chamado .pdf volta com o porquê."""
    aba = nova_aba()
    page = aba.entrar_no_prestador()
    aba.abrir(f"/portal/notas/{feito.pagamento}")
    for conteudo, dito in ((b"MZ\x90", "[role=alert]"), (pdf(), "text=Nota enviada.")):
        page.get_by_label("Número").fill("123")
        page.get_by_label("Série").fill("1")
        page.get_by_label("Emissão").fill("2026-03-20")
        page.get_by_label("Arquivo").set_input_files(
            {"name": "nota.pdf", "mimeType": "application/pdf", "buffer": conteudo}
        )
        page.get_by_role("button", name="Enviar", exact=True).click()
        page.locator(dito).wait_for()
        # o Chromium reclama da própria página quando ela responde 422
        assert all("422" in dita for dita in aba.reclamacoes)
        aba.reclamacoes.clear()
        aba.conferir()
    assert "Em análise" in page.locator("main").inner_text()


def test_cada_pagina_cabe_num_telefone(nova_aba: Callable[..., Aba], feito: Feito) -> None:
    """A 390 px nenhuma página do portal rola para o lado, e todas passam no axe."""
    aba = nova_aba(color_scheme="dark")
    page = aba.entrar_no_prestador()
    page.set_viewport_size({"width": 390, "height": 800})
    for caminho in (
        "/portal", "/portal/envio", "/portal/lotes", f"/portal/lotes/{feito.pago}",
        f"/portal/lotes/{feito.pago}/guias/1", f"/portal/lotes/{feito.pago}/recados",
        "/portal/guias", "/portal/demonstrativos",
        f"/portal/demonstrativos/analise?protocolo={feito.pago}",
        f"/portal/demonstrativos/glosas?protocolo={feito.pago}", "/portal/recursos",
        "/portal/recursos/novo", "/portal/notas", f"/portal/notas/{feito.pagamento}",
    ):  # fmt: skip
        aba.abrir(caminho)
        assert _sobra(page) <= 0, caminho
    assert page.locator("nav.menu details").get_attribute("open") is None
