"""Pesquisa de guias: filtros no endereço, colunas, contagem, e cada um só vê as suas."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from impressos_lidos import paginas
from integration.cobranca import AGORA, Cobranca
from integration.exemplos import Cadastro

from dominio.lote import TipoGuia
from persistence import beneficiarios
from persistence.beneficiarios import Beneficiario
from persistence.consultas import guias
from persistence.tokens import Escopo

if TYPE_CHECKING:
    from console.navegador import Console


@pytest.fixture
def casa(console: Console) -> Cobranca:
    """Um lote de duas guias SP/SADT e um de uma consulta."""
    mesa = console.mesa
    feita = Cobranca(mesa.banco, Cadastro(mesa.operadora, mesa.prestador))
    with mesa.banco.escrita() as conn:
        beneficiarios.gravar(conn, mesa.operadora.id, [Beneficiario("00123", "Ana Inventada")])
    feita.lote(["10.00"], ["20.00"])
    feita.lote(["30.00"], tipo=TipoGuia.CONSULTA)
    return feita


@pytest.mark.usefixtures("casa")
def test_cada_filtro_acha_o_que_diz(console: Console) -> None:
    """Número, tipo, situação, período e beneficiário, e quantas se acharam."""
    bia = console.do_prestador()
    pagina = bia.abrir("/portal/guias")
    assert "3 resultados encontrados" in pagina.texto
    linhas = pagina.linhas("guias")
    assert [linha[3] for linha in linhas] == ["Consulta", "SP/SADT", "SP/SADT"]
    assert linhas[1][1].endswith("-1")
    assert linhas[2][1].endswith("-2")
    assert linhas[0][0].startswith("10/03/2026")
    assert linhas[0][-1] == console.mesa.operadora.nome
    assert linhas[0][5] == "Ana Inventada 00123"
    primeira = linhas[1][1]
    for consulta, quantas in (
        ({"guia": primeira}, 1),
        ({"tipo": TipoGuia.CONSULTA.value}, 1),
        ({"situacao": "1"}, 3),
        ({"situacao": "6"}, 0),
        ({"de": "2026-03-10", "ate": "2026-03-10"}, 3),
        ({"ate": "2026-03-09"}, 0),
        ({"beneficiario": "00123"}, 3),
        ({"beneficiario": "INVENT"}, 3),
        ({"beneficiario": "%"}, 0),
        ({"senha": "S1"}, 3),
        ({"senha": f"O{primeira}"}, 1),
        ({"senha": "não há"}, 0),
    ):
        achadas = bia.abrir("/portal/guias", **consulta).linhas("guias")
        assert len(achadas) == quantas, consulta


@pytest.mark.usefixtures("casa")
def test_guia_achada_abre_se(console: Console) -> None:
    """O número leva à página da guia, dos dois lados."""
    for navegador, onde in (
        (console.do_prestador(), "/portal/guias"),
        (console.da_operadora(Escopo.LEITURA), "/guias"),
    ):
        pagina = navegador.abrir(onde)
        link = pagina.arvore.xpath("//table[@id='guias']//a/@href")[0]
        aberta = navegador.abrir(link.removeprefix("/console"))
        assert aberta.status == 200
        assert aberta.titulo.startswith("Guia ")


@pytest.mark.usefixtures("casa")
def test_data_errada_diz_o_campo(console: Console) -> None:
    """Uma data que não há não filtra, e o erro fica no campo."""
    pagina = console.do_prestador().abrir("/portal/guias", de="31/02/2026")
    assert set(pagina.erros()) == {"de"}


def test_guias_de_outro_prestador_nao_se_acham(console: Console, casa: Cobranca) -> None:
    """Nem sem filtro, nem pelo número, nem dizendo-se outro; a operadora vê as dos dois."""
    outro = console.mesa.outro_prestador("770001", cnpj="45997418000153")
    dele = casa.lote(["40.00"], prestador=outro)
    ana = console.da_operadora(Escopo.LEITURA)
    assert len(ana.abrir("/guias").linhas("guias")) == 4
    assert len(ana.abrir("/guias", prestador="770001").linhas("guias")) == 1
    alheio = console.do_prestador(outro, login="45997418000153")
    meu = console.mesa.prestador.codigo
    for consulta in ({}, {"prestador": meu}, {"antes": "999-1"}, {"guia": "G1-1"}):
        lotes = [linha[6] for linha in alheio.abrir("/portal/guias", **consulta).linhas("guias")]
        assert set(lotes) <= {str(dele)}


def test_continua_de_onde_parou(console_nos_dois: Console) -> None:
    """Aos pedaços veem-se todas, uma vez cada, do recebido por último ao primeiro."""
    mesa = console_nos_dois.mesa
    casa = Cobranca(mesa.banco, Cadastro(mesa.operadora, mesa.prestador))
    for _ in range(2):
        casa.lote(["10.00"], ["20.00"], ["30.00"])
    vistas: list[tuple[int, int]] = []
    with mesa.banco.leitura() as conn:
        lugar = None
        while True:
            achadas = guias.procurar(
                conn, mesa.operadora.id, guias.Filtro(), prestador_id=mesa.prestador.id,
                antes_de=lugar, limite=2,
            )  # fmt: skip
            vistas += [(g.lote_id, g.posicao) for g in achadas.linhas]
            assert achadas.total == (6 if lugar is None else None)
            lugar = achadas.antes_de
            if lugar is None:
                break
        nenhuma = guias.Filtro(recebido_de=(AGORA + timedelta(days=1)).date(), nome="á_%")
        assert guias.procurar(conn, mesa.operadora.id, nenhuma).linhas == ()
    lotes = sorted({lote for lote, _ in vistas}, reverse=True)
    assert vistas == [(lote, posicao) for lote in lotes for posicao in (1, 2, 3)]


def test_guia_em_branco_imprime_se_dos_dois_lados(console: Console) -> None:
    """O botão da pesquisa dá um PDF do tipo pedido, ou de todos; no portal, com quem o preenche."""
    prestador = console.mesa.prestador.nome
    for navegador, onde, sabe in (
        (console.do_prestador(), "/portal/guias", True),
        (console.da_operadora(Escopo.LEITURA), "/guias", False),
    ):
        [formulario] = navegador.abrir(onde).arvore.xpath("//form[.//select[@id='em-branco']]")
        assert formulario.get("action") == f"/console{onde}/em-branco"
        tipos = formulario.xpath(".//option/@value")
        assert set(tipos) == {"", *(t.value for t in TipoGuia)}
        aberto = navegador.abrir(f"{onde}/em-branco", tipo=TipoGuia.SADT.value)
        assert aberto.cabecalhos["content-type"] == "application/pdf"
        [pagina] = paginas(aberto.corpo)
        assert console.mesa.operadora.nome in pagina.textos
        assert (prestador in pagina.textos) is sabe
        assert len(paginas(navegador.abrir(f"{onde}/em-branco").corpo)) == len(TipoGuia)
        assert navegador.abrir(f"{onde}/em-branco", tipo="outra").status == 404
