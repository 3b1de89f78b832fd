"""Certificados, autoridades, ajustes de um prestador, recados com anexos, avisos e o selo."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import certificados as icp
from acceptance.servidor import LOGIN, SENHA
from integration.assinadas import ac
from integration.recepcao import CODIGO, lote, pronta

from dominio.situacao import StatusProtocolo
from persistence import protocolos

if TYPE_CHECKING:
    from collections.abc import Callable

    from browser.aba import Aba
    from playwright.sync_api import Page

S = StatusProtocolo


def _confirmar(page: Page) -> None:
    page.get_by_role("dialog").get_by_role("button", name="Confirmar").click()


def _enviar_lote(aba: Aba, numero: str) -> int:
    resposta = aba.casa.servidor.postar(pronta(lote(numero=numero, login=LOGIN, senha=SENHA)))
    return int(re.findall(rb"numeroProtocolo>(\d+)<", resposta.corpo)[0])


def test_certificado_autoridade_e_ajustes(nova_aba: Callable[..., Aba]) -> None:
    """Dá-se um certificado, confia-se numa raiz, ajusta-se o prestador, e volta-se ao que era."""
    aba = nova_aba()
    page = aba.entrar_na_operadora()
    aba.abrir("/cadastro")
    page.get_by_role("link", name="Certificados", exact=True).click()
    page.get_by_label("Código do prestador").fill(CODIGO)
    page.get_by_label("Ou cole o PEM").fill(ac().titular(nome="HOSPITAL").pem.decode())
    page.get_by_role("button", name="Dar certificado").click()
    page.get_by_text(f"Certificado dado ao prestador {CODIGO}.").wait_for()
    aba.conferir()
    page.get_by_role("link", name="Autoridades e revogados").click()
    raiz = {"name": "raiz.pem", "mimeType": "application/x-pem-file", "buffer": icp.raiz().pem}
    page.get_by_label("Arquivos das autoridades").set_input_files(files=[raiz])
    page.get_by_label("Confiar também nas raízes").check()
    page.get_by_role("button", name="Guardar autoridades").click()
    page.get_by_text("Compare a impressão digital").wait_for()
    aba.conferir()
    aba.abrir(f"/prestadores/{CODIGO}")
    page.get_by_role("link", name="Ajustes").click()
    aba.conferir()
    page.get_by_label("A análise de conta mostra").select_option("todos")
    page.locator("form[action$='/demonstrativo'] button").click()
    page.get_by_text("Itens do demonstrativo mudados").wait_for()
    for exige in ("ambos", "login"):
        page.get_by_label("Identifica-se").select_option(exige)
        page.locator("form[action$='/autenticacao'] button").click()
        _confirmar(page)
        page.get_by_text("Mudou com que se identifica").wait_for()
    aba.conferir()
    page.get_by_role("button", name="Tirar").click()
    _confirmar(page)
    page.get_by_text("Certificado retirado").wait_for()
    page.set_viewport_size({"width": 390, "height": 844})
    aba.conferir()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_label("A análise de conta mostra").select_option("glosados")
    page.locator("form[action$='/demonstrativo'] button").click()
    aba.abrir("/cadastro/confianca")
    page.get_by_role("button", name="Tirar").click()
    _confirmar(page)
    page.get_by_text("Já não se confia nesta autoridade.").wait_for()


def test_recado_com_anexo_aviso_e_selo(nova_aba: Callable[..., Aba]) -> None:
    """A operadora pede informação, o prestador lê o aviso e responde com um arquivo; e o selo."""
    aba, outra = nova_aba(), nova_aba()
    numero = _enviar_lote(aba, "961")
    servidor = aba.casa.servidor
    with servidor.banco.escrita() as conn:
        lido = protocolos.por_numero(conn, servidor.operadora.id, numero)
        assert lido is not None
        for situacao in (S.EM_ANALISE, S.AGUARDANDO_INFORMACAO):
            protocolos.transitar(conn, lido.id, situacao, "ana")
    portal = outra.entrar_no_prestador()
    outra.abrir("/portal")
    portal.locator("#avisos").get_by_text(str(numero)).wait_for()
    portal.get_by_role("button", name="Continuar").click()
    portal.get_by_text("Avisos dados por lidos.").wait_for()
    outra.conferir()
    outra.abrir(f"/portal/lotes/{numero}/recados")
    portal.get_by_label("Recado").fill("Segue o laudo.")
    anexo = {"name": "laudo.txt", "mimeType": "text/plain", "buffer": b"laudo inventado"}
    portal.get_by_label("Anexos").set_input_files(files=[anexo])
    portal.get_by_role("button", name="Enviar recado").click()
    portal.get_by_text("Recado enviado.").wait_for()
    outra.conferir()
    page = aba.entrar_na_operadora()
    aba.abrir(f"/lotes/{numero}/recados")
    with page.expect_download() as baixado:
        page.get_by_role("link", name="laudo.txt").click()
    assert baixado.value.path().read_bytes() == b"laudo inventado"
    page.get_by_role("link", name="Mensagem", exact=True).click()
    page.get_by_role("link", name="Conferir selo").click()
    page.get_by_role("heading", name="Selo da mensagem").wait_for()
    aba.conferir()
    page.get_by_text("Por selar.").wait_for()
