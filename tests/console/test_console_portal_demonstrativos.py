"""O prestador vê os seus demonstrativos no console: tela, XML e PDF."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from integration.cobranca import Cobranca, de_guia, de_item, glosa
from integration.exemplos import Cadastro
from validador import validar_resposta

from dominio.pagamento import TipoLancamento
from persistence import politicas_de_cobranca

if TYPE_CHECKING:
    from console.navegador import Console


@pytest.fixture
def pago(console: Console) -> int:
    """Um protocolo pago em 31/03/2026, com 20,00 de glosa em 120,00."""
    mesa = console.mesa
    casa = Cobranca(mesa.banco, Cadastro(mesa.operadora, mesa.prestador))
    numero = casa.lote(["120.00"])
    casa.registrar(numero, de_guia(1, de_item(1, "120.00", glosa("20.00"))))
    casa.finalizar(numero)
    casa.liberar(numero)
    casa.pago(numero)
    return numero


def test_lista_mostra_os_quatro_valores(console: Console, pago: int) -> None:
    """Protocolo, situação e os valores com o mês, como na lista dos manuais."""
    pagina = console.do_prestador().abrir("/portal/demonstrativos", numero=f"000{pago}")
    (linha,) = pagina.linhas("protocolos")
    assert linha[1] == str(pago)
    assert linha[4:8] == ["Pagamento efetuado", "R$ 120,00", "R$ 20,00", "R$ 100,00"]
    assert linha[8:] == ["03", "2026"]


def test_analise_na_tela_em_xml_e_em_pdf(console: Console, pago: int) -> None:
    """Os três dizem o mesmo; o XML é o do padrão, com o seu hash."""
    navegador = console.do_prestador()
    pagina = navegador.abrir("/portal/demonstrativos/analise", protocolo=pago)
    assert pagina.status == 200
    assert "20,00" in pagina.texto
    xml = navegador.abrir("/portal/demonstrativos/analise", protocolo=pago, formato="xml")
    assert xml.cabecalhos["content-type"] == "application/xml"
    validar_resposta(xml.corpo, "4.03.00")
    pdf = navegador.abrir("/portal/demonstrativos/analise", protocolo=pago, formato="pdf")
    assert pdf.corpo.startswith(b"%PDF-")


def test_pagamento_do_mes(console: Console, pago: int) -> None:
    """O que se pagou no mês, com o líquido a receber."""
    pagina = console.do_prestador().abrir("/portal/demonstrativos/pagamento", competencia="03/2026")
    assert pagina.status == 200
    assert str(pago) in pagina.texto
    assert "100,00" in pagina.texto


def test_mes_sem_pagamento_volta_com_o_que_ha_de_errado(console: Console) -> None:
    """Sem pagamentos no mês, a página diz isso e não se perde o que se digitou."""
    pagina = console.do_prestador().abrir("/portal/demonstrativos/pagamento", competencia="01/2020")
    assert pagina.status == 422
    assert pagina.arvore.xpath("//input[@name='competencia']/@value") == ["01/2020"]


@pytest.mark.parametrize(
    ("consulta", "campo"),
    [
        ({}, "competencia"),
        ({"competencia": "13/2026"}, "competencia"),
        ({"data": "31/02/2026"}, "data"),
        ({"data": "2026-03-10", "competencia": "03/2026"}, "competencia"),
    ],
)
def test_periodo_errado_diz_o_campo(console: Console, consulta: dict[str, str], campo: str) -> None:
    """Sem mês nem dia, com os dois, ou com datas que não há, o erro fica no campo."""
    pagina = console.do_prestador().abrir("/portal/demonstrativos/pagamento", **consulta)
    assert pagina.status == 422
    assert campo in pagina.erros()


def test_protocolo_de_outro_nao_se_demonstra(console: Console, pago: int) -> None:
    """O protocolo de outro prestador é como se não existisse, na lista e no endereço."""
    outro = console.mesa.outro_prestador("770001", cnpj="45997418000153")
    alheio = console.do_prestador(outro, login="45997418000153")
    assert alheio.abrir("/portal/demonstrativos").linhas("protocolos") == []
    pagina = alheio.abrir("/portal/demonstrativos/analise", protocolo=pago)
    assert pagina.status == 422
    assert "100,00" not in pagina.texto


def test_mais_de_trinta_nao_cabem(console: Console) -> None:
    """O padrão dá até trinta protocolos num pedido, e a página diz isso."""
    pagina = console.do_prestador().abrir(
        "/portal/demonstrativos/analise", protocolo=list(range(1, 32))
    )
    assert pagina.status == 422
    assert "1 a 30" in pagina.texto


def test_declaracao_de_inss_do_mes(console: Console) -> None:
    """O retido nos pagamentos do mês, na tela e em PDF; o de outro prestador não aparece."""
    mesa = console.mesa
    with mesa.banco.escrita() as conn:
        politicas_de_cobranca.gravar_retencoes(
            conn, mesa.operadora.id, None, {TipoLancamento.INSS: Decimal(11)}
        )
    casa = Cobranca(mesa.banco, Cadastro(mesa.operadora, mesa.prestador))
    casa.pago(casa.liberado(["100.00"]))
    navegador = console.do_prestador()
    pagina = navegador.abrir("/portal/demonstrativos/inss", mes="03/2026")
    assert "11,00" in pagina.texto
    pdf = navegador.abrir("/portal/demonstrativos/inss", mes="03/2026", formato="pdf")
    assert pdf.corpo.startswith(b"%PDF-")
    outro = mesa.outro_prestador("770001", cnpj="45997418000153")
    alheio = console.do_prestador(outro, login="45997418000153")
    assert "11,00" not in alheio.abrir("/portal/demonstrativos/inss", mes="03/2026").texto
    for mes in ("", "13/2026"):
        errada = navegador.abrir("/portal/demonstrativos/inss", mes=mes)
        assert errada.status == 422
        assert set(errada.erros()) == {"mes"}


def test_relatorio_de_glosas_na_tela_em_pdf_e_em_planilha(console: Console, pago: int) -> None:
    """Cada glosa com o seu código e valor, nos três formatos."""
    navegador = console.do_prestador()
    pagina = navegador.abrir("/portal/demonstrativos/glosas", protocolo=f"00{pago}")
    assert "1705" in pagina.texto
    assert "20,00" in pagina.texto
    onde = "/portal/demonstrativos/glosas"
    assert navegador.abrir(onde, protocolo=pago, formato="pdf").corpo.startswith(b"%PDF-")
    planilha = navegador.abrir(onde, protocolo=pago, formato="csv").corpo.decode("utf-8-sig")
    assert ";1705;" in planilha
    assert planilha.splitlines()[1].endswith(";20,00")


def test_glosas_so_do_que_e_seu_e_se_analisou(console: Console, pago: int) -> None:
    """O de outro, o que não se analisou e o que não há dizem o mesmo, no campo."""
    mesa = console.mesa
    por_analisar = mesa.enviar_lote("L-8").protocolo
    outro = mesa.outro_prestador("770001", cnpj="45997418000153")
    alheio = console.do_prestador(outro, login="45997418000153")
    casos = ((alheio, pago), (console.do_prestador(), por_analisar), (alheio, 999), (alheio, "x"))
    for navegador, protocolo in casos:
        pagina = navegador.abrir("/portal/demonstrativos/glosas", protocolo=protocolo)
        assert pagina.status == 422
        assert set(pagina.erros()) == {"protocolo"}
        assert "1705" not in pagina.texto


def test_lote_pago_leva_ao_demonstrativo_e_ao_recurso(console: Console, pago: int) -> None:
    """Do lote com glosas chega-se ao demonstrativo, às glosas, ao recurso e aos recados."""
    navegador = console.do_prestador()
    pagina = navegador.abrir(f"/portal/lotes/{pago}")
    for caminho in (
        f"/portal/demonstrativos/analise?protocolo={pago}",
        f"/portal/demonstrativos/glosas?protocolo={pago}",
        f"/portal/recursos/novo/{pago}",
        f"/portal/lotes/{pago}/recados",
    ):
        assert pagina.arvore.xpath(f"//main//a[@href='/console{caminho}']"), caminho
        assert navegador.abrir(caminho).status == 200
