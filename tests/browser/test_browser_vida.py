"""A vida de um lote e do seu recurso, clicada pelos dois lados, do arquivo à resposta lida."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest
from integration import arquivos

from dominio.lote import TipoGuia

if TYPE_CHECKING:
    from collections.abc import Callable

    from browser.aba import Aba
    from playwright.sync_api import Page

_LOTE = "8801"


class Lados(NamedTuple):
    """Quem trabalha na operadora e quem fala pelo prestador, cada um na sua aba."""

    operadora: Aba
    prestador: Aba

    def ver(self, protocolo: str) -> str:
        """O que o prestador lê na página do lote."""
        self.prestador.abrir(f"/portal/lotes/{protocolo}")
        return self.prestador.page.locator("main").inner_text().replace("\xa0", " ")


@pytest.fixture
def lados(nova_aba: Callable[..., Aba]) -> Lados:
    """Os dois já entraram."""
    ambos = Lados(nova_aba(), nova_aba())
    ambos.operadora.entrar_na_operadora()
    ambos.prestador.entrar_no_prestador()
    return ambos


def test_do_arquivo_enviado_a_resposta_do_recurso(lados: Lados) -> None:
    """Envio, análise com glosa, liberação, pagamento, demonstrativo, recurso, decisão, resposta."""
    protocolo = _enviar(lados.prestador)
    glosado = _analisar(lados, protocolo)
    _pagar(lados.operadora, protocolo)
    _ler_o_demonstrativo(lados.prestador, protocolo, glosado)
    recurso = _recorrer(lados.prestador, protocolo)
    page = lados.operadora.abrir(f"/recursos/{recurso}")
    page.get_by_label("Valor aceito").fill("0,00")
    page.get_by_label("Justificativa da operadora").fill("O preço é o do contrato.")
    page.get_by_role("button", name="Responder e fechar").click()
    _confirmar(page)
    page.get_by_text("Recurso respondido.").wait_for()
    lados.operadora.conferir()
    page = lados.prestador.abrir(f"/portal/recursos/{recurso}")
    assert "O preço é o do contrato." in page.locator("main").inner_text()


def _enviar(aba: Aba) -> str:
    dados = arquivos.bytes_de(
        arquivos.lote_em_arquivo(_LOTE, tipo=TipoGuia.SADT, guias=2, semente=88)
    )
    page = aba.abrir("/portal/envio")
    page.get_by_label("Arquivos", exact=True).set_input_files(
        {"name": "lote.xml", "mimeType": "application/xml", "buffer": dados}
    )
    page.get_by_role("button", name="Enviar", exact=True).click()
    link = page.locator(".recado.certo a")
    link.wait_for()
    aba.conferir()
    return link.inner_text()


def _analisar(lados: Lados, protocolo: str) -> str:
    """Guia a guia com o teclado; devolve o que se glosou."""
    aba = lados.operadora
    page = aba.abrir("/analise")
    page.keyboard.press("g")
    page.keyboard.press("a")
    page.wait_for_url("**/analise")
    # os do mesmo servidor são muitos, e a lista continua ao descer
    page.get_by_label("Protocolo", exact=True).fill(protocolo)
    page.get_by_role("button", name="Filtrar").click()
    page.locator("#fila").get_by_role("link", name=protocolo).click()
    page.get_by_role("link", name="Analisar a guia 1").click()
    page.wait_for_url(f"**/analise/{protocolo}/guias/1")
    aba.conferir()
    # o primeiro campo já tem o foco: aceitar cada item leva ao seguinte
    primeiro = page.locator("[data-item]").first
    assert primeiro.locator('[data-v="processado"]').evaluate("c => c === document.activeElement")
    primeiro.get_by_role("button", name="Como informado").click()
    inteiro = primeiro.get_by_label("Liberado").input_value()
    for n, (codigo, valor) in enumerate((("1705", "1,00"), ("1714", "0,50")), 1):
        # escrever numa glosa abre lugar para outra
        glosa = primeiro.get_by_role("group", name=f"Glosa {n}")
        glosa.get_by_label("Glosa", exact=True).fill(codigo)
        glosa.get_by_label("Valor", exact=True).fill(valor)
        glosa.get_by_label("Justificativa").fill("Acima do preço do contrato.")
    assert _reais(primeiro.get_by_label("Liberado").input_value()) == _reais(inteiro) - 150
    assert page.locator("[data-total=glosa]").inner_text().replace("\xa0", " ") == "R$ 1,50"
    for item in page.locator("[data-item]").all()[1:]:
        item.get_by_role("button", name="Como informado").click()
    aba.conferir()
    page.keyboard.press("Control+Enter")
    page.wait_for_url(f"**/analise/{protocolo}/guias/2")
    # o prestador ainda não vê nada, nem o que já se decidiu
    assert "Glosado R$ 0,00" in " ".join(lados.ver(protocolo).split())
    page.get_by_role("button", name="Aceitar a guia como informada").click()
    page.get_by_text("Todas as outras têm resultado.").wait_for()
    aba.conferir()
    page.get_by_role("button", name="Finalizar a análise").click()
    _confirmar(page)
    page.get_by_text("Análise finalizada; o prestador já a vê.").wait_for()
    aba.conferir()
    page.locator("#guias tbody a").first.click()
    page.get_by_role("region", name="Itens").wait_for()
    aba.conferir()
    assert "Glosado R$ 1,50" in " ".join(lados.ver(protocolo).split())
    return "1,50"


def _pagar(aba: Aba, protocolo: str) -> None:
    page = aba.abrir("/pagamentos/liberacao")
    page.get_by_role("checkbox", name=f"Lote {protocolo}").check()
    page.get_by_role("button", name="Liberar os escolhidos").click()
    _confirmar(page)
    page.get_by_text("Liberado para pagamento.").wait_for()
    aba.abrir("/pagamentos/novo?prestador=013950")
    for outro in page.locator("#a-pagar input").all():
        outro.uncheck()
    page.get_by_role("checkbox", name=f"Protocolo {protocolo}").check()
    page.get_by_role("button", name="Criar e ver a prévia").click()
    page.get_by_role("button", name="Confirmar pagamento").wait_for()
    aba.conferir()
    page.get_by_role("button", name="Confirmar pagamento").click()
    _confirmar(page)
    page.get_by_text("Pagamento confirmado.").wait_for()
    aba.conferir()


def _ler_o_demonstrativo(aba: Aba, protocolo: str, glosado: str) -> None:
    page = aba.abrir("/portal/demonstrativos")
    page.locator("#protocolos").get_by_role("link", name=protocolo).click()
    page.locator("article.folha").first.wait_for()
    aba.conferir()
    assert glosado in page.locator("main").inner_text()
    page.emulate_media(media="print")
    assert not page.locator("nav.menu").is_visible()
    page.emulate_media(media="screen")


def _recorrer(aba: Aba, protocolo: str) -> str:
    page = aba.abrir("/portal/recursos/novo")
    page.locator("#recursaveis").get_by_role("link", name=protocolo).click()
    page.get_by_role("checkbox").first.check()
    page.get_by_label("Justificativa").first.fill("O contrato foi reajustado.")
    page.get_by_role("button", name="Guardar rascunho").click()
    page.get_by_role("button", name="Enviar recurso").click()
    _confirmar(page)
    page.get_by_text("Recurso gravado com sucesso.").wait_for()
    aba.conferir()
    return page.url.split("?")[0].rsplit("/", 1)[-1]


def _confirmar(page: Page) -> None:
    page.get_by_role("dialog").get_by_role("button", name="Confirmar").click()


def _reais(texto: str) -> int:
    """Centavos do que um campo mostra."""
    return int(texto.replace(".", "").replace(",", ""))
