"""O prestador vê a prévia de um pagamento e manda a nota fiscal pelo console."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

import pytest
from console.navegador import Console
from integration.cobranca import Cobranca
from integration.exemplos import Cadastro

from handlers.envio_documentos import Deposito
from handlers.pagamento import notas
from persistence.arquivos import Pasta
from prestador.arquivos_inventados import pdf

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from console.navegador import Navegador, Pagina
    from integration.recepcao import Mesa


class Cena(NamedTuple):
    """Um pagamento previsto de 120,00, o console com depósito, e quem fala pelo prestador."""

    console: Console
    casa: Cobranca
    pagamento: int
    bia: Navegador

    def mandar(self, acao: str = "enviar", **campos: str) -> Pagina:
        """Preenche e envia o formulário da nota."""
        caminho = f"/portal/notas/{self.pagamento}"
        ditos = {"nota": "123", "serie": "1", "emissao": "2026-03-20", **campos}
        self.bia.abrir(caminho)
        return self.bia.enviar_arquivos(
            caminho, [("arquivo", "nota.pdf", pdf())], **ditos, acao=acao
        )


@pytest.fixture
def cena(mesa_em_sqlite: Mesa, tmp_path: Path) -> Iterator[Cena]:
    """O pagamento de um lote liberado, que espera uma nota fiscal."""
    mesa = mesa_em_sqlite
    casa = Cobranca(mesa.banco, Cadastro(mesa.operadora, mesa.prestador))
    previsto = casa.pagar(casa.liberado(["120.00"]))
    pasta = tmp_path / "documentos"
    with ThreadPoolExecutor(2) as executor:
        console = Console(mesa, executor, deposito=Deposito(Pasta(pasta)))
        yield Cena(console, casa, previsto.pagamento.id, console.do_prestador())


def test_lista_diz_o_que_espera_nota(cena: Cena) -> None:
    """Data, situação, nota e valor de cada pagamento."""
    (linha,) = cena.bia.abrir("/portal/notas").linhas("pagamentos")
    assert linha[0] == str(cena.pagamento)
    assert linha[1].startswith("31/03/2026")
    assert linha[4] == "R$ 120,00"


def test_previa_na_tela_e_em_pdf(cena: Cena) -> None:
    """A prévia diz o lote e o valor; o mesmo endereço dá o PDF."""
    pagina = cena.bia.abrir(f"/portal/notas/{cena.pagamento}")
    assert "Prévia de pagamento" in pagina.texto
    assert "120,00" in pagina.texto
    pdf_da_previa = cena.bia.abrir(f"/portal/notas/{cena.pagamento}", formato="pdf")
    assert pdf_da_previa.corpo.startswith(b"%PDF-")


def test_nota_enviada_fica_em_analise_com_o_seu_arquivo(cena: Cena) -> None:
    """Enviada, a nota já não se muda, e o arquivo volta igual."""
    pagina = cena.mandar()
    assert "Nota enviada." in pagina.texto
    assert "Em análise" in pagina.texto
    assert "Nova nota fiscal" not in pagina.texto
    (endereco,) = pagina.arvore.xpath("//a[contains(@href, '/arquivo')]/@href")
    assert cena.bia.abrir(endereco.removeprefix("/console")).corpo == pdf()


def test_rascunho_guarda_se_envia_se_e_apaga_se(cena: Cena) -> None:
    """Um rascunho espera; depois envia-se, ou apaga-se para fazer outro."""
    pagina = cena.mandar("guardar")
    assert "Rascunho guardado." in pagina.texto
    apagada = cena.bia.preencher(1)
    assert "Ainda não foi informada nenhuma nota fiscal" in apagada.texto
    cena.mandar("guardar")
    enviada = cena.bia.preencher(0)
    assert "Em análise" in enviada.texto


def test_recusada_diz_porque_e_deixa_mandar_outra(cena: Cena) -> None:
    """O motivo da recusa aparece, e o formulário volta."""
    cena.mandar()
    with cena.console.mesa.banco.escrita() as conn:
        notas.decidir(
            conn, cena.console.mesa.operadora.id, 1, cena.casa.autor(), aceitar=False,
            motivo="série errada",
        )  # fmt: skip
    pagina = cena.bia.abrir(f"/portal/notas/{cena.pagamento}")
    assert "série errada" in pagina.texto
    assert "Nova nota fiscal" in pagina.texto


@pytest.mark.parametrize(
    ("campos", "campo"),
    [({"nota": ""}, "nota"), ({"serie": " "}, "serie"), ({"emissao": "ontem"}, "emissao")],
)
def test_o_que_falta_diz_se_no_campo(cena: Cena, campos: dict[str, str], campo: str) -> None:
    """O erro fica no campo, e o que se digitou continua lá."""
    pagina = cena.mandar(**campos)
    assert pagina.status == 422
    assert set(pagina.erros()) == {campo}


def test_arquivo_que_nao_e_o_que_diz_nao_entra(cena: Cena) -> None:
    """Um executável chamado nota.pdf não se guarda, nem a nota."""
    caminho = f"/portal/notas/{cena.pagamento}"
    cena.bia.abrir(caminho)
    pagina = cena.bia.enviar_arquivos(
        caminho, [("arquivo", "nota.pdf", b"MZ\x90executavel")], nota="1", serie="1",
        emissao="2026-03-20", acao="enviar",
    )  # fmt: skip
    assert pagina.status == 422
    assert "Ainda não foi informada nenhuma nota fiscal" in pagina.texto


def test_pagamento_de_outro_e_404(cena: Cena) -> None:
    """Nem a prévia, nem a nota, nem o arquivo, nem enviar ou apagar o que é de outro."""
    cena.mandar("guardar")
    outro = cena.console.mesa.outro_prestador("770001", cnpj="45997418000153")
    alheio = cena.console.do_prestador(outro, login="45997418000153")
    assert alheio.abrir("/portal/notas").linhas("pagamentos") == []
    base = f"/portal/notas/{cena.pagamento}"
    for caminho in (base, f"{base}/1/arquivo"):
        assert alheio.abrir(caminho).status == 404
    alheio.abrir("/portal/notas")
    for fim in ("/1/enviar", "/1/excluir"):
        assert alheio.enviar(base + fim).status == 404
    assert "rascunho" in cena.bia.abrir(base).texto
