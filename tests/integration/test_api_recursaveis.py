"""O que se pode recursar, pela API: protocolos, guias e procedimentos com saldo e prazo."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest
from integration.api import abrir_api
from integration.exemplos import outra_operadora
from integration.recurso import Recorrente, item

from dominio.erros import Nivel
from persistence import auditoria, regras
from prestador.recursos import DoProtocolo

if TYPE_CHECKING:
    from collections.abc import Iterator

    from integration.api import Api
    from integration.recepcao import Mesa

_DOIS_DE_MAIO = datetime(2026, 5, 2, 15, tzinfo=UTC)


@pytest.fixture
def api(mesa: Mesa) -> Iterator[Api]:
    """A API num dia em que os pagamentos de março ainda estão no prazo."""
    with abrir_api(mesa, lambda: _DOIS_DE_MAIO) as aberta:
        yield aberta


# o que aqui se decide é igual nos dois bancos: basta num deles
_UM_BANCO = pytest.mark.parametrize("nova_url", ["sqlite"], indirect=True)


def _pagar(recorrente: Recorrente, protocolo: int, quando: date) -> None:
    recorrente.cobranca.liberar(protocolo)
    recorrente.cobranca.pago(protocolo, data=quando)


def _regra(recorrente: Recorrente, chave: str, **ajuste: Any) -> None:
    with recorrente.mesa.banco.escrita() as conn:
        regras.ajustar(conn, recorrente.mesa.operadora.id, None, chave, regras.Ajuste(**ajuste))


def _achados(api: Api, **consulta: Any) -> list[int]:
    dados = api.pegar("/recursaveis", **consulta).dados["protocolos"]
    return [int(p["numeroProtocolo"]) for p in dados]


def test_so_se_lista_aquilo_de_que_se_pode_recorrer(recorrente: Recorrente, api: Api) -> None:
    """Nem o que se analisa, nem o sem glosa, nem o já recursado, nem o de prazo acabado."""
    sem_prazo, no_prazo, vencido = (recorrente.analisado() for _ in "abc")
    _pagar(recorrente, no_prazo, date(2026, 3, 31))
    _pagar(recorrente, vencido, date(2026, 3, 2))
    sem_glosa, inteiro = recorrente.analisado({}), recorrente.analisado()
    em_analise = recorrente.cobranca.lote(["100.00"])
    recorrente.aceito(inteiro, DoProtocolo("1705"))
    assert _achados(api) == [no_prazo, sem_prazo]
    um, outro = api.pegar("/recursaveis").dados["protocolos"]
    assert (um["prazo"], outro["prazo"]) == ("2026-05-30", None)
    assert (um["saldoARecursar"], um["valorRecursado"], um["qtdGuias"]) == ("30.00", "0.00", 1)
    assert um["valores"]["glosado"] == "30.00"
    assert {sem_glosa, em_analise}.isdisjoint(_achados(api))
    _regra(recorrente, "recurso-prazo", tolerancia=90)
    assert _achados(api) == [vencido, no_prazo, sem_prazo]
    _regra(recorrente, "recurso-prazo", tolerancia=1_000_000)
    assert _achados(api) == [vencido, no_prazo, sem_prazo]
    _regra(recorrente, "recurso-prazo", nivel=Nivel.NOTA.value)
    assert vencido in _achados(api)
    _regra(recorrente, "recurso-prazo")
    assert _achados(api) == [no_prazo, sem_prazo]
    with recorrente.mesa.banco.escrita() as conn:
        prestador = recorrente.mesa.prestador
        regras.ajustar(
            conn, prestador.operadora_id, prestador.id, "recurso-prazo",
            regras.Ajuste(tolerancia=90),
        )  # fmt: skip
    assert _achados(api) == [vencido, no_prazo, sem_prazo]
    _regra(recorrente, "recurso-antes-do-pagamento", nivel=Nivel.RECUSA.value)
    assert _achados(api) == [vencido, no_prazo]
    assert api.pegar(f"/recursaveis/{sem_prazo}").problema(409)["motivo"] == "situacao"


def test_filtros_cursor_e_planilha_do_que_se_recursa(recorrente: Recorrente, api: Api) -> None:
    """Protocolo com zeros, lote, prestador e período; uma página de cada vez; e o CSV."""
    um, dois, tres = (recorrente.analisado() for _ in "abc")
    assert _achados(api, protocolo=f"000{dois}") == [dois]
    assert _achados(api, lote=recorrente.lote_de(um)) == [um]
    assert _achados(api, prestador="999") == _achados(api, homologacao=True) == []
    assert _achados(api, recebidoDe="2026-03-11") == _achados(api, recebidoAte="2026-03-09") == []
    pagina = api.pegar("/recursaveis", limite=2).dados
    assert pagina["haMais"]
    assert _achados(api, limite=2, cursor=pagina["proximo"]) == [um]
    titulos, *linhas = api.pegar("/recursaveis", formato="csv").linhas
    assert titulos[:2] == ["Protocolo", "Lote"]
    assert [linha[0] for linha in linhas] == [str(tres), str(dois), str(um)]
    outra = outra_operadora(recorrente.mesa.banco)
    dela = api.token(operadora=outra)
    assert api.pedir("GET", "/recursaveis", token=dela).dados["protocolos"] == []
    assert api.pedir("GET", f"/recursaveis/{um}", token=dela).status == 404


def test_guias_e_procedimentos_com_saldo(recorrente: Recorrente, api: Api) -> None:
    """As colunas das telas: de cada guia as somas e os códigos; de cada item, o que é e o saldo."""
    protocolo = recorrente.analisado({(1, 1): ("30.00",), (1, None): ("5.00",)}, guias=2)
    numero = recorrente.guia_de(protocolo)
    recorrente.aceito(protocolo, item(numero, 1, "20.00"))
    _pagar(recorrente, protocolo, date(2026, 3, 31))
    lido = api.pegar(f"/recursaveis/{protocolo:012d}", guia=f"00{numero}").dados
    [guia] = lido["guias"]
    assert guia == {
        "guia": 1, "numeroGuiaPrestador": numero, "glosas": ["1705"], "valorProcessado": "200.00",
        "valorLiberado": "165.00", "valorGlosado": "35.00", "valorRecursado": "20.00",
        "saldoARecursar": "15.00", "prazo": "2026-05-30", "noPrazo": True,
    }  # fmt: skip
    da_guia, do_item = lido["glosas"]
    assert (da_guia["item"], da_guia["saldoARecursar"], da_guia["recursado"]) == (
        None, "5.00", False,
    )  # fmt: skip
    assert (do_item["sequencialItem"], do_item["procedimento"], do_item["descricao"]) == (
        1, "40300001", "Exame",
    )  # fmt: skip
    assert (do_item["valorProcessado"], do_item["valorGlosado"]) == ("100.00", "30.00")
    assert (do_item["valorRecursado"], do_item["saldoARecursar"], do_item["recursado"]) == (
        "20.00", "10.00", True,
    )  # fmt: skip
    assert [d["codigo"] for d in lido["descricoes"]] == ["1705"]
    api.pegar(f"/recursaveis/{protocolo}", guia="nenhuma").problema(404)
    with recorrente.mesa.banco.escrita() as conn:
        dela = auditoria.de_titular(conn, recorrente.mesa.operadora.id, "00123")
    assert [(e.acao, e.alvo_tipo) for e in dela] == [("ler", "glosas")]


@_UM_BANCO
def test_descricao_da_glosa_e_a_oficial(
    recorrente: Recorrente, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Com a terminologia instalada, cada código vem com o seu nome; sem ela, sem nome."""
    protocolo = recorrente.analisado()
    for descricao in ("VALOR APRESENTADO A MAIOR", None):
        monkeypatch.setattr("dominio.terminologia.descricao_glosa", lambda _codigo, d=descricao: d)
        lido = api.pegar(f"/recursaveis/{protocolo}").dados
        assert lido["descricoes"] == [{"codigo": "1705", "descricao": descricao}]
        assert lido["glosas"][0]["glosa"]["descricao"] == descricao
