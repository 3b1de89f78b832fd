"""O dia de quem trabalha na operadora: o painel, um lote, a mudança de situação, as mensagens."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from acceptance.servidor import LOGIN, SENHA
from integration.recepcao import achar, lote, pronta

from dominio.lote import TipoGuia

if TYPE_CHECKING:
    from collections.abc import Callable

    from browser.aba import Aba, Pessoas


@pytest.fixture(scope="module")
def recebidos(casa: Pessoas) -> None:
    """Um lote de duas guias aceito e outro recusado por um campo."""
    opcoes = {"login": LOGIN, "senha": SENHA, "guias": 2}
    bom = lote(TipoGuia.SADT, numero="501", **opcoes)
    assert casa.servidor.postar(pronta(bom)).status == 200
    ruim = lote(TipoGuia.CONSULTA, numero="502", **opcoes)
    achar(ruim, "dataAtendimento", 1).text = "31/12/2025"
    assert casa.servidor.postar(pronta(ruim)).status == 500


@pytest.mark.usefixtures("recebidos")
def test_do_painel_ao_lote_e_a_outra_situacao(nova_aba: Callable[..., Aba]) -> None:
    """Do começo chega-se ao lote e às suas partes; mudar a situação pergunta antes."""
    aba = nova_aba()
    page = aba.entrar_na_operadora()
    page.get_by_role("table", name="Protocolos de hoje por situação").get_by_role(
        "link", name="Recebido"
    ).first.click()
    page.wait_for_url("**/lotes?**")
    aba.conferir()
    page.get_by_label("Lote do prestador").fill("501")
    page.get_by_role("button", name="Filtrar").click()
    page.wait_for_url("**lote=501**")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/lotes/1*")
    aba.conferir()
    endereco = page.url.removeprefix(f"{aba.casa.servidor.base}/console")
    for fim in ("/guias/1", "/criticas", "/historico", "/documentos"):
        aba.abrir(endereco + fim)
    aba.abrir(endereco)
    page.get_by_text("Mudar a situação").click()
    page.get_by_label("Motivo").fill("Conferência em papel")
    page.get_by_role("button", name="Mudar").click()
    page.get_by_role("dialog").get_by_role("button", name="Voltar").click()
    assert "Recebido" in page.get_by_role("heading", level=1).inner_text()
    page.get_by_role("button", name="Mudar").click()
    aba.conferir()
    page.get_by_role("dialog").get_by_role("button", name="Confirmar").click()
    page.get_by_text("Situação: Em análise.").wait_for()
    aba.conferir()


@pytest.mark.usefixtures("recebidos")
def test_mensagem_recusada_mostra_o_lugar_e_confere_se_de_novo(
    nova_aba: Callable[..., Aba],
) -> None:
    """O explorador marca o campo errado no XML, e conferir de novo dá o mesmo desfecho."""
    aba = nova_aba()
    page = aba.entrar_na_operadora()
    aba.abrir("/mensagens?desfecho=recusada")
    page.locator("#mensagens tbody a").first.click()
    page.get_by_role("heading", name="Cada conferência").wait_for()
    aba.conferir()
    assert page.locator("pre mark").inner_text().endswith("31/12/2025</ans:dataAtendimento>")
    page.get_by_role("button", name="Conferir de novo").click()
    page.get_by_text("Conferida de novo agora: o mesmo desfecho.").wait_for()
    aba.conferir()
    page.emulate_media(media="print")
    assert not page.locator("nav.menu").is_visible()


@pytest.mark.usefixtures("recebidos")
def test_lista_continua_ao_chegar_ao_fim(nova_aba: Callable[..., Aba]) -> None:
    """Ao aparecer o fim da lista vêm as linhas seguintes, na mesma página, sem repetir nenhuma."""
    aba = nova_aba()
    for n in range(52):
        um = lote(TipoGuia.CONSULTA, numero=str(1000 + n), semente=n, login=LOGIN, senha=SENHA)
        assert aba.casa.servidor.postar(pronta(um)).status == 200
    page = aba.entrar_na_operadora()
    aba.abrir("/lotes?tipo=consulta")
    linhas = page.locator("#lotes > tbody > tr:not(.mais)")
    assert linhas.count() == 50
    page.locator("tr.mais").scroll_into_view_if_needed()
    linhas.nth(51).wait_for()
    numeros = page.locator("#lotes > tbody > tr:not(.mais) > td:nth-child(2)").all_inner_texts()
    assert len(numeros) == len(set(numeros)) >= 52
    assert numeros == sorted(numeros, reverse=True)
    assert page.url.endswith("/lotes?tipo=consulta")
    aba.conferir()
