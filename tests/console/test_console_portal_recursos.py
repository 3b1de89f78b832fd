"""O prestador contesta glosas pelo console: escolhe, digita, anexa, envia e lê a resposta."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

import pytest
from console.idor import conferir_alheio
from console.navegador import Console
from integration.cobranca import Cobranca, de_guia, de_item, glosa
from integration.exemplos import Cadastro

from handlers.envio_documentos import Deposito
from persistence.arquivos import Pasta
from prestador.arquivos_inventados import pdf

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from console.navegador import Navegador, Pagina
    from integration.recepcao import Mesa

HOJE = datetime(2026, 4, 5, 15, 0, tzinfo=UTC)
"""Dentro do prazo de 60 dias do pagamento, que foi em 31/03/2026."""
ITEM = "g1-i1--1705"


class Cena(NamedTuple):
    """Um protocolo pago com glosas em dois itens da guia 1, e quem fala pelo prestador."""

    console: Console
    protocolo: int
    bia: Navegador

    def rascunho(self, **campos: str) -> Pagina:
        """Escolhe o primeiro item e guarda o rascunho."""
        self.bia.abrir(f"/portal/recursos/novo/{self.protocolo}")
        ditos = {
            "escolhida": ITEM, f"valor-{ITEM}": "15,00",
            f"justificativa-{ITEM}": "O valor é o da tabela.", **campos,
        }  # fmt: skip
        return self.bia.enviar(f"/portal/recursos/novo/{self.protocolo}", nivel="item", **ditos)


@pytest.fixture
def cena(mesa_em_sqlite: Mesa, tmp_path: Path) -> Iterator[Cena]:
    """30,00 de glosa em dois itens de 100,00 e 50,00."""
    mesa = mesa_em_sqlite
    casa = Cobranca(mesa.banco, Cadastro(mesa.operadora, mesa.prestador))
    numero = casa.lote(["100.00", "50.00"])
    resultado = de_guia(
        1, de_item(1, "100.00", glosa("20.00")), de_item(2, "50.00", glosa("10.00"))
    )
    casa.registrar(numero, resultado)
    casa.finalizar(numero)
    casa.liberar(numero)
    casa.pago(numero)
    with ThreadPoolExecutor(2) as executor:
        deposito = Deposito(Pasta(tmp_path / "documentos"))
        console = Console(mesa, executor, relogio=lambda: HOJE, deposito=deposito)
        yield Cena(console, numero, console.do_prestador())


def test_novo_recurso_mostra_saldo_e_prazo_como_data(cena: Cena) -> None:
    """Só aparecem protocolos de que hoje se recorre, com o último dia."""
    (linha,) = cena.bia.abrir("/portal/recursos/novo").linhas("recursaveis")
    assert linha[0] == str(cena.protocolo)
    assert linha[-3:] == ["R$ 30,00", "1", "30/05/2026"]


def test_protocolo_digitado_leva_as_suas_glosas(cena: Cena) -> None:
    """Com o número do protocolo, com zeros, chega-se direto às glosas dele."""
    pagina = cena.bia.abrir("/portal/recursos/novo", numero=f"00{cena.protocolo}")
    assert pagina.titulo.startswith(f"Recurso do protocolo {cena.protocolo}")
    assert "R$ 20,00" in pagina.texto
    assert "30/05/2026" in pagina.texto


@pytest.mark.parametrize(("nivel", "caixas"), [("item", 2), ("guia", 1), ("protocolo", 0)])
def test_cada_nivel_oferece_o_seu(cena: Cena, nivel: str, caixas: int) -> None:
    """Itens com o seu valor, guias por código de glosa, e o protocolo se tem glosas suas."""
    pagina = cena.bia.abrir(f"/portal/recursos/novo/{cena.protocolo}", nivel=nivel)
    assert len(pagina.arvore.xpath("//input[@name='escolhida']")) == caixas


def test_digita_anexa_envia_e_le(cena: Cena) -> None:
    """Do item escolhido ao recurso com número, origem Via Portal e o documento anexado."""
    pagina = cena.rascunho()
    assert "Rascunho guardado" in pagina.texto
    assert pagina.linhas("linhas")[0][-1] == "R$ 15,00"
    pagina = cena.bia.enviar_arquivos("/portal/rascunhos/1/anexos", [("arquivos", "a.pdf", pdf())])
    assert pagina.linhas("anexos")[0][4] == "Envio pendente"
    baixado = cena.bia.pedir("GET", "/portal/rascunhos/1/anexos/1")
    assert baixado.corpo == pdf()
    cena.bia.abrir("/portal/rascunhos/1")
    enviado = cena.bia.enviar("/portal/rascunhos/1/enviar")
    assert "Recurso gravado com sucesso. Protocolo do recurso:" in enviado.texto
    assert "15,00" in enviado.texto
    assert "a.pdf" in enviado.texto
    (linha,) = cena.bia.abrir("/portal/recursos").linhas("recursos")
    assert linha[0] == "PROTOCOLADO"
    assert linha[6] == "Via Portal"
    assert linha[8:11] == ["1", "1", "R$ 15,00"]
    impresso = cena.bia.abrir(
        cena.bia.pagina.arvore.xpath("//table[@id='recursos']//a/@href")[0].removeprefix("/console")
        if cena.bia.pagina is not None else "", formato="pdf",
    )  # fmt: skip
    assert impresso.corpo.startswith(b"%PDF-")


def test_guia_inteira_contesta_se_por_codigo(cena: Cena) -> None:
    """No nível da guia não se digita valor: é o saldo do código na guia."""
    caminho = f"/portal/recursos/novo/{cena.protocolo}"
    cena.bia.abrir(caminho, nivel="guia")
    pagina = cena.bia.enviar(
        caminho, nivel="guia", escolhida="g1-1705", **{"justificativa-g1-1705": "Nada se glosa."}
    )
    assert pagina.linhas("linhas")[0][0] == "Guia"
    assert pagina.linhas("linhas")[0][-1] == "R$ 30,00"


@pytest.mark.parametrize(
    ("campos", "campo"),
    [
        ({f"justificativa-{ITEM}": ""}, f"justificativa-{ITEM}"),
        ({f"justificativa-{ITEM}": "x" * 501}, f"justificativa-{ITEM}"),
        ({f"valor-{ITEM}": "20,01"}, f"valor-{ITEM}"),
        ({f"valor-{ITEM}": "0"}, f"valor-{ITEM}"),
        ({f"valor-{ITEM}": "-1"}, f"valor-{ITEM}"),
        ({f"valor-{ITEM}": "vinte"}, f"valor-{ITEM}"),
    ],
)
def test_o_que_esta_errado_fica_no_campo(cena: Cena, campos: dict[str, str], campo: str) -> None:
    """Sem justificativa, comprida demais, ou acima do saldo por um centavo: nada se guarda."""
    pagina = cena.rascunho(**campos)
    assert pagina.status == 422
    assert set(pagina.erros()) == {campo}
    assert cena.bia.abrir("/portal/recursos").linhas("rascunhos") == []


def test_sem_escolher_nada_diz_o_que_falta(cena: Cena) -> None:
    """Guardar sem marcar uma glosa não faz um rascunho vazio."""
    pagina = cena.rascunho(escolhida="")
    assert pagina.status == 422
    assert "Escolha pelo menos uma glosa." in pagina.texto


def test_depois_de_recursado_o_item_ja_nao_se_oferece(cena: Cena) -> None:
    """O que um recurso em curso contesta fica fechado, e o rascunho repetido não se envia."""
    cena.rascunho(**{f"valor-{ITEM}": "20,00"})
    cena.rascunho(**{f"valor-{ITEM}": "20,00"})
    cena.bia.enviar("/portal/rascunhos/1/enviar")
    pagina = cena.bia.abrir(f"/portal/recursos/novo/{cena.protocolo}")
    fechadas = pagina.arvore.xpath("//input[@name='escolhida' and @disabled]/@value")
    assert fechadas == [ITEM]
    repetido = cena.bia.enviar("/portal/rascunhos/2/enviar")
    assert repetido.status == 422
    assert repetido.titulo == "Rascunho 2"


def test_rascunho_apagado_some(cena: Cena) -> None:
    """Apagado, o rascunho já não se abre."""
    cena.rascunho()
    pagina = cena.bia.enviar("/portal/rascunhos/1/apagar")
    assert "Rascunho apagado." in pagina.texto
    assert cena.bia.abrir("/portal/rascunhos/1").status == 404


def test_executavel_com_nome_de_pdf_nao_se_anexa(cena: Cena) -> None:
    """Os bytes têm de confirmar o nome."""
    cena.rascunho()
    pagina = cena.bia.enviar_arquivos(
        "/portal/rascunhos/1/anexos", [("arquivos", "a.pdf", b"MZ\x90\x00executavel")]
    )
    assert pagina.status == 422
    assert set(pagina.erros()) == {"arquivos"}


def test_o_que_e_de_outro_nao_existe(cena: Cena) -> None:
    """Protocolo, rascunho, anexo e recurso de outro prestador respondem 404."""
    cena.rascunho()
    cena.bia.enviar_arquivos("/portal/rascunhos/1/anexos", [("arquivos", "a.pdf", pdf())])
    cena.rascunho()
    cena.bia.enviar("/portal/rascunhos/2/enviar")
    recurso = cena.bia.abrir("/portal/recursos").linhas("recursos")[0][1]
    outro = cena.console.mesa.outro_prestador("770001", cnpj="45997418000153")
    alheio = cena.console.do_prestador(outro, login="45997418000153")
    conferir_alheio(alheio, "/portal/recursos/novo/{}", cena.protocolo)
    conferir_alheio(alheio, "/portal/recursos/{}", recurso)
    conferir_alheio(alheio, "/portal/rascunhos/{}", 1)
    conferir_alheio(alheio, "/portal/rascunhos/{}/anexos/1", 1)
    for fim in ("enviar", "apagar", "anexos/1/tirar"):
        conferir_alheio(alheio, f"/portal/rascunhos/{{}}/{fim}", 1, x="1")
    assert alheio.abrir("/portal/recursos").linhas("recursos") == []
    assert cena.bia.abrir("/portal/rascunhos/1").status == 200


def test_textos_das_telas_sao_os_do_manual(cena: Cena) -> None:
    """O que se pede, o que se pergunta antes de enviar e o que se diz depois."""
    pedido = "Informe o número do protocolo e se necessário em seguida o número da guia"
    assert pedido in cena.bia.abrir("/portal/recursos/novo").texto
    pagina = cena.rascunho()
    perguntas = pagina.arvore.xpath("//form[contains(@action, '/enviar')]/@data-confirmar")
    assert perguntas == ["Sim, incluir novo recurso?"]
    enviado = cena.bia.enviar(f"{pagina.caminho}/enviar")
    assert "Recurso gravado com sucesso. Protocolo do recurso:" in enviado.texto
