"""Operadora e prestador trocam recados sobre um lote, cada um nas suas páginas."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest
from console.idor import conferir_alheio
from integration.recepcao import abrir_mesa

from persistence.tokens import Escopo

if TYPE_CHECKING:
    from console.navegador import Console, Navegador


class Cena(NamedTuple):
    """Um lote de duas guias e os dois lados dele."""

    console: Console
    numero: str
    ana: Navegador
    bia: Navegador

    def da_ana(self, texto: str) -> None:
        """A operadora escreve."""
        self.ana.abrir(f"/lotes/{self.numero}/recados")
        self.ana.enviar(f"/lotes/{self.numero}/recados", texto=texto, chave=texto)


@pytest.fixture
def cena(console: Console) -> Cena:
    """Quem analisa e quem fala pelo prestador, diante do mesmo lote."""
    numero = console.mesa.enviar_lote("L-7", guias=2).protocolo
    assert numero is not None
    ana = console.da_operadora(Escopo.LEITURA, Escopo.ANALISE)
    return Cena(console, numero, ana, console.do_prestador())


def _forma(navegador: Navegador) -> int:
    """Que formulário da página é o do recado novo."""
    assert navegador.pagina is not None
    formas = navegador.pagina.formularios()
    formas = [f for f in formas if not (f.action or "").endswith("/sair")]
    formas = [f for f in formas if f.get("method") != "dialog"]
    return next(n for n, f in enumerate(formas) if "texto" in f.fields)


def test_vai_volta_e_da_se_por_lido(cena: Cena) -> None:
    """O recado do prestador espera na lista da operadora até ela responder; o dela, até ele ler."""
    cena.bia.abrir(f"/portal/lotes/{cena.numero}/recados")
    pagina = cena.bia.preencher(_forma(cena.bia), texto="Segue o laudo?", guia="2")
    assert "Recado enviado." in pagina.texto
    assert "ainda não lido" in pagina.texto
    (linha,) = cena.ana.abrir("/recados").linhas("por-ler")
    assert linha[:2] == [cena.numero, "1"]
    cena.ana.abrir(f"/lotes/{cena.numero}/recados")
    pagina = cena.ana.preencher(_forma(cena.ana), texto="Segue, sim.")
    assert cena.ana.abrir("/recados").linhas("por-ler") == []
    pagina = cena.bia.abrir(f"/portal/lotes/{cena.numero}/recados")
    assert "1 por ler" in pagina.texto
    assert "ainda não lido" not in pagina.texto
    lida = cena.bia.enviar(
        f"/portal/lotes/{cena.numero}/recados/lidos",
        ate=pagina.arvore.xpath("//input[@name='ate']/@value")[0],
    )
    assert "por ler" not in lida.texto


def test_prestador_nao_ve_quem_da_operadora_escreveu(cena: Cena) -> None:
    """Do outro lado fala a operadora, não uma pessoa dela; a guia diz-se pelo seu número."""
    cena.da_ana("Falta a assinatura.")
    pagina = cena.bia.abrir(f"/portal/lotes/{cena.numero}/recados")
    (recado,) = pagina.arvore.xpath("//ol[@class='conversa']/li")
    assert "Falta a assinatura." in recado.text_content()
    assert "Ana" not in recado.text_content()
    assert "pessoa" not in recado.text_content()


def test_o_que_chegou_entretanto_continua_por_ler(cena: Cena) -> None:
    """Dar por lidos só alcança o que a página mostrava."""
    cena.da_ana("primeiro")
    pagina = cena.bia.abrir(f"/portal/lotes/{cena.numero}/recados")
    ate = pagina.arvore.xpath("//input[@name='ate']/@value")[0]
    cena.da_ana("segundo")
    pagina = cena.bia.enviar(f"/portal/lotes/{cena.numero}/recados/lidos", ate=ate)
    assert "1 por ler" in pagina.texto


def test_enviado_duas_vezes_escreve_se_uma(cena: Cena) -> None:
    """O botão apertado duas vezes leva a mesma chave, e não repete o recado."""
    cena.bia.abrir(f"/portal/lotes/{cena.numero}/recados")
    for _ in range(2):
        cena.bia.enviar(f"/portal/lotes/{cena.numero}/recados", texto="Olá", chave="a-mesma")
    pagina = cena.bia.abrir(f"/portal/lotes/{cena.numero}/recados")
    assert len(pagina.arvore.xpath("//ol[@class='conversa']/li")) == 1


@pytest.mark.parametrize("texto", [" ", "x" * 2001])
def test_recado_que_nao_serve_volta_com_o_que_se_digitou(cena: Cena, texto: str) -> None:
    """Vazio ou grande demais: o erro fica no campo, e o que se digitou também."""
    cena.bia.abrir(f"/portal/lotes/{cena.numero}/recados")
    pagina = cena.bia.enviar(f"/portal/lotes/{cena.numero}/recados", texto=texto, chave="k")
    assert pagina.status == 422
    assert set(pagina.erros()) == {"texto"}
    assert texto.strip() in pagina.texto


def test_texto_de_um_lado_nao_vira_marcacao_do_outro(cena: Cena) -> None:
    """O que se escreve sai como texto."""
    cena.da_ana("<b>negrito</b>")
    pagina = cena.bia.abrir(f"/portal/lotes/{cena.numero}/recados")
    assert "<b>negrito</b>" in pagina.texto


def test_quem_so_le_nao_escreve(cena: Cena) -> None:
    """Sem o papel de análise a operadora lê a conversa, e a página não oferece responder."""
    rui = cena.console.da_operadora(Escopo.LEITURA)
    pagina = rui.abrir(f"/lotes/{cena.numero}/recados")
    assert pagina.status == 200
    assert not pagina.arvore.xpath("//textarea")


def test_lote_de_outro_prestador_nao_tem_conversa(cena: Cena) -> None:
    """Ler, escrever ou dar por lido o que é de outro é 404, e nada se grava."""
    outro = cena.console.mesa.outro_prestador("770001", cnpj="45997418000153")
    alheio = cena.console.do_prestador(outro, login="45997418000153")
    base = "/portal/lotes/{}/recados"
    conferir_alheio(alheio, base, cena.numero)
    conferir_alheio(alheio, base, cena.numero, texto="oi", chave="k")
    conferir_alheio(alheio, f"{base}/lidos", cena.numero, ate="1")
    assert "Ainda não se disse nada" in cena.ana.abrir(f"/lotes/{cena.numero}/recados").texto


def test_conversa_e_guias_de_outra_operadora_nao_existem(cena: Cena) -> None:
    """De outra operadora não se lê, não se escreve, não se dá por lido nem se acha nada."""
    outra = abrir_mesa(
        cena.console.mesa.banco,
        operadora={
            "registro_ans": "888888", "cnpj": "11222333000181", "nome": "Outra",
            "inicio_serie": 500,
        },
    )  # fmt: skip
    alheio = outra.enviar_lote("9", registro_ans="888888").protocolo
    base = "/lotes/{}/recados"
    conferir_alheio(cena.ana, base, alheio)
    conferir_alheio(cena.ana, base, alheio, texto="oi", chave="k")
    conferir_alheio(cena.ana, f"{base}/lidos", alheio, ate="1")
    assert {linha[6] for linha in cena.ana.abrir("/guias").linhas("guias")} == {cena.numero}
