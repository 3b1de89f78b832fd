"""Entrar e ver a lista de lotes num navegador de verdade, pelos dois lados."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from browser.aba import Aba


def test_da_operadora_entra_filtra_e_sai(nova_aba: Callable[..., Aba]) -> None:
    """Entra, vai aos lotes pelo teclado, filtra, vê os erros no campo, e sai."""
    aba = nova_aba()
    aba.abrir("/entrar")
    page = aba.entrar_na_operadora()
    assert page.url.endswith("/console/inicio")
    page.keyboard.press("g")
    page.keyboard.press("l")
    page.wait_for_url("**/console/lotes")
    aba.conferir()
    page.get_by_label("Protocolo").fill("abc")
    page.get_by_role("button", name="Filtrar").click()
    page.wait_for_url("**numero=abc**")
    assert page.locator("#numero-erro").inner_text() == "só algarismos, até doze"
    aba.conferir()
    for caminho in ("/legenda", "/atalhos", "/minha-conta", "/minha-conta/senha",
                    "/minha-conta/segundo-fator", "/nao-existe"):  # fmt: skip
        aba.page.goto(f"{aba.casa.servidor.base}/console{caminho}")
        aba.reclamacoes = [r for r in aba.reclamacoes if "404" not in r]
        aba.conferir()
    page.get_by_role("link", name="Voltar ao início").click()
    page.get_by_role("button", name="Sair").click()
    page.wait_for_url("**/console/entrar")


def test_do_prestador_entra(nova_aba: Callable[..., Aba]) -> None:
    """Quem fala pelo prestador entra com o CNPJ e chega ao seu começo."""
    aba = nova_aba(color_scheme="dark")
    page = aba.entrar_no_prestador()
    assert page.url.endswith("/console/portal")
    assert page.get_by_role("heading", level=1).inner_text() == "Hospital São Lázaro"


def test_no_telefone_nada_fica_fora_da_tela(nova_aba: Callable[..., Aba]) -> None:
    """Numa tela estreita as páginas não rolam para o lado, e o menu começa fechado."""
    aba = nova_aba()
    aba.page.set_viewport_size({"width": 360, "height": 740})
    page = aba.entrar_na_operadora()
    for caminho in ("/inicio", "/lotes", "/mensagens", "/minha-conta"):
        aba.abrir(caminho)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, caminho
        assert page.locator("[data-menu]").get_attribute("open") is None
    page.set_viewport_size({"width": 1280, "height": 740})
    page.get_by_role("link", name="Lotes", exact=True).click()
    page.wait_for_url("**/lotes")
