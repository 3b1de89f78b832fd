"""Um recado leva arquivos, que o outro lado baixa como vieram."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest
from console.idor import conferir_alheio

from persistence import donos_de_arquivos, politicas_de_anexos
from persistence.politicas_de_anexos import PoliticaDeAnexos
from persistence.tokens import Escopo

if TYPE_CHECKING:
    from console.navegador import Console, Navegador, Pagina

LAUDO = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


class Cena(NamedTuple):
    """Um lote e os dois lados dele."""

    console: Console
    numero: str
    ana: Navegador
    bia: Navegador

    def da_bia(self, *arquivos: tuple[str, bytes], texto: str = "Segue.", k: str = "k") -> Pagina:
        """O prestador escreve, com arquivos."""
        casa = f"/portal/lotes/{self.numero}/recados"
        self.bia.abrir(casa)
        partes = [("anexos", nome, dados) for nome, dados in arquivos]
        return self.bia.enviar_arquivos(casa, partes, texto=texto, chave=k)


@pytest.fixture
def cena(console: Console) -> Cena:
    """Quem analisa e quem fala pelo prestador, diante do mesmo lote."""
    numero = console.mesa.enviar_lote("L-7").protocolo
    assert numero is not None
    ana = console.da_operadora(Escopo.LEITURA, Escopo.CONTEUDO)
    return Cena(console, numero, ana, console.do_prestador())


def _links(pagina: Pagina) -> list[str]:
    achados = pagina.arvore.xpath("//ul[@class='anexos']//a/@href")
    return [str(link).removeprefix("/console") for link in achados]


def test_anexo_vai_e_baixa_se_do_outro_lado(cena: Cena) -> None:
    """Os bytes chegam como vieram, com o nome e o tipo; e o depósito sabe que têm dono."""
    pagina = cena.da_bia(("laudo.pdf", LAUDO), ("nota.txt", b"texto"))
    assert "Recado enviado." in pagina.texto
    assert len(_links(pagina)) == 2
    assert cena.bia.abrir(_links(pagina)[0]).corpo == LAUDO
    baixado = cena.ana.abrir(_links(cena.ana.abrir(f"/lotes/{cena.numero}/recados"))[0])
    assert baixado.corpo == LAUDO
    assert baixado.cabecalhos["content-type"] == "application/pdf"
    assert baixado.cabecalhos["content-disposition"].endswith("laudo.pdf")
    with cena.console.mesa.banco.leitura() as conn:
        assert len(donos_de_arquivos.todas(conn)) == 2


def test_a_mesma_chave_nao_repete_nem_serve_a_outro_arquivo(cena: Cena) -> None:
    """O botão apertado duas vezes escreve um recado; com outro arquivo a chave não serve."""
    cena.da_bia(("laudo.pdf", LAUDO))
    pagina = cena.da_bia(("laudo.pdf", LAUDO))
    assert len(_links(pagina)) == 1
    outro = cena.da_bia(("laudo.pdf", b"%PDF-1.5" + LAUDO[8:]))
    assert outro.status == 422
    assert len(_links(outro)) == 1


@pytest.mark.parametrize(
    "arquivos",
    [
        [("laudo.exe", b"MZ")],
        [("laudo.pdf", b"isto nao e um pdf")],
        [("vazio.pdf", b"")],
        [(f"{n}.txt", b"x") for n in range(11)],
    ],
)
def test_anexo_que_nao_serve_diz_se_no_campo(cena: Cena, arquivos: list[tuple[str, bytes]]) -> None:
    """Programa, bytes de outra coisa, vazio ou demais: nada se grava, e o texto fica."""
    pagina = cena.da_bia(*arquivos, texto="não se perde")
    assert (pagina.status, set(pagina.erros())) == (422, {"anexos"})
    assert "não se perde" in pagina.texto
    assert _links(cena.bia.abrir(f"/portal/lotes/{cena.numero}/recados")) == []


def test_so_os_formatos_que_a_operadora_aceita(cena: Cena) -> None:
    """A política de anexos da operadora vale também aqui."""
    with cena.console.mesa.banco.escrita() as conn:
        dona = cena.console.mesa.operadora.id
        politicas_de_anexos.gravar(conn, dona, PoliticaDeAnexos(("txt",), 1))
    assert set(cena.da_bia(("laudo.pdf", LAUDO)).erros()) == {"anexos"}
    assert "Recado enviado." in cena.da_bia(("laudo.txt", b"x")).texto


def test_quem_nao_ve_conteudo_sabe_que_ha_anexo_e_nao_o_baixa(cena: Cena) -> None:
    """Sem o papel de conteúdo vê-se o nome, sem link, e o endereço é proibido."""
    link = _links(cena.da_bia(("laudo.pdf", LAUDO)))[0].replace("/portal", "")
    rui = cena.console.da_operadora(Escopo.LEITURA)
    pagina = rui.abrir(f"/lotes/{cena.numero}/recados")
    assert "laudo.pdf" in pagina.texto
    assert _links(pagina) == []
    assert rui.abrir(link).status == 403


def test_anexo_de_outro_prestador_ou_de_outro_lote_nao_existe(cena: Cena) -> None:
    """Nem pelo lote dele, nem por outro lote de quem pede."""
    link = _links(cena.da_bia(("laudo.pdf", LAUDO)))[0]
    outro = cena.console.mesa.outro_prestador("770001", cnpj="45997418000153")
    alheio = cena.console.do_prestador(outro, login="45997418000153")
    base, _, anexo = link.rpartition("/")
    conferir_alheio(alheio, f"{base}/{{}}", anexo)
    segundo = cena.console.mesa.enviar_lote("L-8").protocolo
    conferir_alheio(cena.bia, f"/portal/lotes/{segundo}/recados/anexos/{{}}", anexo)
