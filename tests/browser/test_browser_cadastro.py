"""Quem administra percorre o cadastro: muda uma regra, envia preços, cria e pausa um webhook."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from browser.aba import Aba

PAGINAS = (
    "/cadastro", "/cadastro/regras", "/cadastro/calendario", "/cadastro/calendario/novo",
    "/cadastro/cobranca", "/cadastro/anexos", "/cadastro/beneficiarios", "/webhooks",
    "/configuracao", "/configuracao/trabalhos", "/configuracao/versoes", "/configuracao/auditoria",
    "/cadastro/limites",
    "/cadastro/certificados", "/cadastro/confianca", "/cadastro/assinaturas",
)  # fmt: skip
PLANILHA = "tabela;codigo;preco;inicio;fim\n22;99999998;80,00;01/01/2026;\n22;1;dez;;\n"


def test_cada_pagina_do_cadastro_serve_a_todos(nova_aba: Callable[..., Aba]) -> None:
    """Numa janela estreita, sem erros, sem pedidos para fora, e o axe não acha nada."""
    aba = nova_aba()
    page = aba.entrar_na_operadora()
    page.set_viewport_size({"width": 390, "height": 844})
    for caminho in PAGINAS:
        aba.abrir(caminho)
        # o que é largo rola dentro da sua caixa, e não a página
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, caminho


def test_regra_precos_e_webhook(nova_aba: Callable[..., Aba]) -> None:
    """O caminho clicado, do menu até cada recado, e de volta ao que era."""
    aba = nova_aba()
    page = aba.entrar_na_operadora()
    page.get_by_role("link", name="Cadastro").click()
    page.get_by_role("link", name="Regras", exact=True).click()
    page.locator("#regras tbody a").first.click()
    page.get_by_label("Texto a quem enviou").fill("Confira antes de enviar.")
    page.get_by_role("button", name="Guardar").click()
    page.get_by_text("Regra mudada").wait_for()
    aba.conferir()
    page.locator("#regras tbody a").first.click()
    page.get_by_label("Texto a quem enviou").fill("")
    page.get_by_role("button", name="Guardar").click()
    page.get_by_text("Regra mudada").wait_for()
    page.get_by_role("link", name="Preços").click()
    ficheiro = {"name": "p.csv", "mimeType": "text/csv", "buffer": PLANILHA.encode()}
    page.get_by_label("Arquivo").set_input_files(files=[ficheiro])
    page.get_by_label("Gravar as linhas que servem").check()
    page.get_by_role("button", name="Enviar planilha").click()
    page.get_by_text("Preços gravados: 1. Linhas recusadas: 1.").wait_for()
    aba.conferir()
    aba.abrir("/webhooks")
    # ninguém o chama: os trabalhos deste gateway estão parados
    page.get_by_label("Endereço").fill("https://1.1.1.1/avisos")
    page.get_by_role("button", name="Criar webhook").click()
    page.get_by_role("heading", name="Webhook criado").wait_for()
    aba.conferir()
    page.get_by_role("link", name="Voltar").click()
    page.get_by_role("button", name="Pausar").click()
    page.get_by_role("dialog").get_by_role("button", name="Confirmar").click()
    page.get_by_text("Avisos em pausa.").wait_for()
    page.get_by_role("button", name="Mandar um teste").click()
    page.get_by_text("Aviso de teste por mandar.").wait_for()
    aba.conferir()
    page.get_by_role("button", name="Apagar").click()
    page.get_by_role("dialog").get_by_role("button", name="Confirmar").click()
    page.get_by_text("Webhook apagado.").wait_for()
