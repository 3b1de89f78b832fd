"""A lista de lotes: filtros no endereço, do mais novo ao mais velho, sem fim."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from integration.recepcao import abrir_mesa

from dominio.lote import TipoGuia
from dominio.situacao import StatusProtocolo
from persistence.tokens import Escopo

if TYPE_CHECKING:
    from console.navegador import Console, Navegador


@pytest.fixture
def ana(console: Console) -> Navegador:
    """Quem pode ler lotes, e só."""
    return console.da_operadora(Escopo.LEITURA)


def _protocolos(ana: Navegador, **filtros: object) -> list[str]:
    return [linha[1] for linha in ana.abrir("/lotes", **filtros).linhas("lotes")]


def test_lista_mostra_as_colunas_de_manutencao_de_lotes(console: Console, ana: Navegador) -> None:
    """Sequencial, números, data, críticas, guias, tipo, valor e situação de cada lote."""
    recibo = console.mesa.enviar_lote("77", guias=3)
    [linha] = ana.abrir("/lotes").linhas("lotes")
    assert linha[0] == "00000001"
    assert linha[1:3] == [recibo.protocolo, "77"]
    assert linha[4] == console.mesa.prestador.nome
    assert linha[6:8] == ["3", "Consulta"]
    assert linha[8].startswith("R$")
    assert linha[9] == "Recebido"


def test_lista_continua_por_onde_parou(
    console_nos_dois: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    """O link Mais leva às linhas seguintes, com os mesmos filtros, sem repetir nem saltar."""
    ana = console_nos_dois.da_operadora(Escopo.LEITURA)
    numeros = [console_nos_dois.mesa.enviar_lote(str(n)).protocolo for n in range(1, 6)]
    monkeypatch.setattr("backoffice.console.paginas.lotes.POR_PAGINA", 2)
    vistos: list[str] = []
    pagina = ana.abrir("/lotes", tipo="consulta")
    while True:
        vistos += [linha[1] for linha in pagina.linhas("lotes")]
        mais = pagina.arvore.xpath("//tr[@class='mais']//a/@href")
        if not mais:
            break
        assert "tipo=consulta" in mais[0]
        pagina = ana.abrir(str(mais[0]).removeprefix("/console"))
    assert vistos == numeros[::-1]


def test_filtros_escolhem_e_ficam_no_formulario(console_nos_dois: Console) -> None:
    """Cada filtro deixa só o que se pediu; zeros à esquerda não contam."""
    ana = console_nos_dois.da_operadora(Escopo.LEITURA)
    mesa = console_nos_dois.mesa
    um = mesa.enviar_lote("1").protocolo
    dois = mesa.enviar_lote("2", tipo=TipoGuia.SADT).protocolo
    mesa.transitar(dois, StatusProtocolo.EM_ANALISE)
    assert _protocolos(ana) == [dois, um]
    assert _protocolos(ana, numero=f"0000{um}"[-12:]) == [um]
    assert _protocolos(ana, lote="2") == [dois]
    assert _protocolos(ana, prestador="outro") == []
    assert _protocolos(ana, tipo=TipoGuia.SADT.value) == [dois]
    assert _protocolos(ana, situacao=["1"]) == [um]
    assert _protocolos(ana, situacao=["1", "2"]) == [dois, um]
    assert _protocolos(ana, de="01/01/2020", ate="2020-12-31") == []
    assert _protocolos(ana, competencia="01/2020") == []
    assert _protocolos(ana, origem="upload") == []
    for busca in (um, f"0{um}", "1", "00000001", "1001", "001001"):
        assert _protocolos(ana, busca=busca) == [um], busca
    assert _protocolos(ana, busca="3999") == []
    assert _protocolos(ana, busca="' or 1=1") == []
    pagina = ana.abrir("/lotes", lote="2", situacao="2")
    assert pagina.arvore.xpath("//input[@name='lote']/@value") == ["2"]
    assert pagina.arvore.xpath("//input[@name='situacao'][@checked]/@value") == ["2"]


def test_filtro_que_nao_se_entende_diz_o_que_espera(ana: Navegador) -> None:
    """Letras num número e datas que não há voltam com o erro no campo."""
    erros = ana.abrir("/lotes", numero="12a", de="31/02/2026", competencia="13/2026").erros()
    assert set(erros) == {"numero", "de", "competencia"}


def test_lote_de_outra_operadora_nao_aparece(console: Console, ana: Navegador) -> None:
    """A lista é só da operadora de quem entrou."""
    outra = abrir_mesa(
        console.mesa.banco,
        operadora={"registro_ans": "888888", "cnpj": "11222333000181", "nome": "Outra"},
    )
    outra.enviar_lote("9", registro_ans="888888")
    assert _protocolos(ana) == []
