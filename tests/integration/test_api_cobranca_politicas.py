"""As políticas de cobrança pela API: o que a prévia usa muda-se, confere-se e audita-se."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from integration.cobranca_na_api import Contas
from integration.exemplos import outra_operadora
from integration.recepcao import CODIGO

from persistence import auditoria, demonstrativos, precos
from persistence.precos import Procura
from persistence.tokens import Escopo

if TYPE_CHECKING:
    from integration.api import Api

_UM_BANCO = pytest.mark.parametrize("nova_url", ["sqlite"], indirect=True)
"""O que se recusa antes de chegar ao banco é igual nos dois."""


def _reter(api: Api, *ditas: tuple[str, str], prestador: str = "") -> Any:
    caminho = f"/retencoes?prestador={prestador}" if prestador else "/retencoes"
    corpo = {"retencoes": [{"tipo": t, "percentual": p} for t, p in ditas]}
    return api.enviar("PUT", caminho, corpo)


def _auditados(api: Api) -> list[tuple[str, str, str]]:
    with api.mesa.banco.leitura() as conn:
        eventos = auditoria.listar(conn, api.mesa.operadora.id)
    return [(e.acao, e.alvo_tipo, e.alvo) for e in eventos]


def test_previa_usa_o_que_se_mudou_pela_api(api: Api) -> None:
    """Retenções, tarifa e exigência de nota mudadas pela API estão na prévia seguinte."""
    _reter(api, ("01", "1.5"), ("02", "5"))
    _reter(api, ("02", "2"), prestador=CODIGO)
    mudanca = {"exigeNota": "todos", "tarifaBancaria": "3.10", "bancosSemTarifa": ["041", "748"]}
    assert api.enviar("PATCH", "/cobranca", mudanca).dados == {"valores": "padrao", **mudanca}
    contas = Contas(api)
    criado = contas.pagar(contas.liberado(), forma="1", banco="001").dados
    [base] = criado["bases"]
    bruto = float(base["valorBase"])
    assert (float(base["irrf"]), float(base["iss"])) == (
        round(bruto * 0.015 + 1e-9, 2),
        round(bruto * 0.02 + 1e-9, 2),
    )
    assert [x["valor"] for x in criado["lancamentos"] if x["origem"] == "tarifa"] == ["3.10"]
    assert criado["situacao"] == "Aguardando nota fiscal"


def test_o_que_nao_se_diz_fica_como_esta(api: Api) -> None:
    """Uma mudança não desfaz a anterior, e a política de valores muda com as outras."""
    api.enviar("PATCH", "/cobranca", {"tarifaBancaria": "3.10"})
    depois = api.enviar("PATCH", "/cobranca", {"valores": "glosa-com-sinal"}).dados
    assert depois == api.pegar("/cobranca").dados
    assert (depois["valores"], depois["tarifaBancaria"]) == ("glosa-com-sinal", "3.10")


def test_retencao_diz_de_quem_e_o_percentual(api: Api) -> None:
    """Do prestador veem-se as dele e as da operadora que lhe valem; vazias, deixam de valer."""
    _reter(api, ("01", "1.5"), ("03", "11"))
    _reter(api, ("03", "20"), prestador=CODIGO)
    vistas = api.pegar("/retencoes", prestador=CODIGO).dados["retencoes"]
    assert [(r["tipo"], float(r["percentual"]), r["origem"]) for r in vistas] == [
        ("01", 1.5, "operadora"),
        ("03", 20.0, "prestador"),
    ]
    assert _reter(api).dados["retencoes"] == []
    assert [r["tipo"] for r in api.pegar("/retencoes", prestador=CODIGO).dados["retencoes"]] == [
        "03"
    ]


@_UM_BANCO
@pytest.mark.parametrize(
    ("ditas", "campo"),
    [
        ([("07", "1")], "retencoes"),
        ([("10", "1")], "retencoes.0.tipo"),
        ([("01", "1"), ("01", "2")], "retencoes"),
        ([("01", "60"), ("02", "41")], "retencoes"),
        ([("01", "0")], "retencoes.0.percentual"),
        ([("01", "100.01")], "retencoes.0.percentual"),
        ([("01", "1.23456")], "retencoes.0.percentual"),
        ([("01", "-1")], "retencoes.0.percentual"),
    ],
    ids=str,
)
def test_retencao_que_nao_serve_e_recusada(
    api: Api, ditas: list[tuple[str, str]], campo: str
) -> None:
    """O que não é tributo, se repete ou passa de cem por cento: 422, e nada muda."""
    assert _reter(api, *ditas).campos() == {campo}
    assert api.pegar("/retencoes").dados["retencoes"] == []


@_UM_BANCO
@pytest.mark.parametrize(
    ("corpo", "campo"),
    [
        ({"exigeNota": "sempre"}, "exigeNota"),
        ({"tarifaBancaria": "-1"}, "tarifaBancaria"),
        ({"tarifaBancaria": "1.234"}, "tarifaBancaria"),
        ({"bancosSemTarifa": ["Banrisul"]}, "bancosSemTarifa.0"),
        ({"valores": "outra"}, "valores"),
        ({"nota": True}, "nota"),
    ],
    ids=str,
)
def test_politica_que_nao_serve_e_recusada(api: Api, corpo: dict[str, Any], campo: str) -> None:
    """Valor fora da lista, negativo ou com casas a mais: 422 com o campo."""
    assert api.enviar("PATCH", "/cobranca", corpo).campos() == {campo}


def test_regra_da_analise_muda_se_pela_api(api: Api) -> None:
    """A ação escolhida vale, o código tem de existir, e a regra que não há é recusada."""
    caminho = "/analise/regras/sem-autorizacao"
    regras = api.enviar("PUT", caminho, {"acao": "glosa", "codigo": "1404"}).dados["regras"]
    assert regras == api.pegar("/analise/regras").dados["regras"]
    [mudada] = [r for r in regras if r["regra"] == "sem-autorizacao"]
    assert (mudada["acao"], mudada["codigo"]) == ("glosa", "1404")
    api.enviar("PUT", caminho, {"acao": "glosa", "codigo": "0000"}).problema(422)
    assert api.enviar("PUT", "/analise/regras/inventada", {"acao": "glosa"}).status in {404, 422}


def test_itens_do_demonstrativo_escolhem_se_pela_api(api: Api) -> None:
    """O prestador passa a ver todos os itens, e depois só os glosados."""
    caminho = f"/prestadores/{CODIGO}/demonstrativo"
    for itens in ("todos", "glosados"):
        assert api.enviar("PUT", caminho, {"itens": itens}).dados == {"itens": itens}
        assert api.pegar(caminho).dados == {"itens": itens}
        with api.mesa.banco.leitura() as conn:
            assert demonstrativos.mostra_todos(conn, api.mesa.prestador.id) == (itens == "todos")


def _preco(valor: str, inicio: str, **campos: Any) -> dict[str, Any]:
    return {"tabela": "22", "codigo": "40304361", "valor": valor, "inicio": inicio, **campos}


def test_precos_gravam_se_e_leem_se_pela_api(api: Api) -> None:
    """O mesmo início troca o preço, outro começa uma vigência; a análise automática usa-os."""
    velho = _preco("10.00", "2025-01-01")
    api.enviar("PUT", "/precos", {"precos": [velho, _preco("12.00", "2026-01-01")]})
    trocado = _preco("11.00", "2025-01-01", fim="2025-12-31")
    assert api.enviar("PUT", "/precos", {"precos": [trocado]}).dados == {"gravados": 1}
    lidos = api.pegar("/precos", tabela="22", codigo="40304361").dados["precos"]
    assert [(p["inicio"], p["fim"], p["valor"]) for p in lidos] == [
        ("2026-01-01", None, "12.00"),
        ("2025-01-01", "2025-12-31", "11.00"),
    ]
    with api.mesa.banco.leitura() as conn:
        procura = Procura("22", "40304361", date(2025, 6, 1))
        assert precos.vigentes(conn, api.mesa.operadora.id, [procura]) == {procura: Decimal(11)}
    assert api.pegar("/precos", tabela="22", codigo="1").dados["precos"] == []


@_UM_BANCO
@pytest.mark.parametrize(
    ("ruim", "campo"),
    [
        (_preco("-1", "2025-01-01"), "precos.1.valor"),
        (_preco("1.001", "2025-01-01"), "precos.1.valor"),
        (_preco("1", "2025-01-01", fim="2024-12-31"), "precos.1.fim"),
        (_preco("1", "2025-01-01", tabela="XX"), "precos.1.tabela"),
        (_preco("1", "2025-01-01", codigo="4.03"), "precos.1.codigo"),
        (_preco("1", "2026-01-01"), "precos"),
    ],
    ids=str,
)
def test_preco_que_nao_serve_deixa_todos_por_gravar(
    api: Api, ruim: dict[str, Any], campo: str
) -> None:
    """Um preço ruim recusa o pedido, e o bom que o acompanha não se grava."""
    corpo = {"precos": [_preco("10.00", "2026-01-01"), ruim]}
    assert api.enviar("PUT", "/precos", corpo).campos() == {campo}
    assert api.pegar("/precos", tabela="22", codigo="40304361").dados["precos"] == []


def test_cada_mudanca_fica_na_auditoria(api: Api) -> None:
    """Políticas, retenções, regras e itens deixam evento com o que se mudou."""
    _reter(api, ("01", "1.5"), prestador=CODIGO)
    api.enviar("PATCH", "/cobranca", {"tarifaBancaria": "3.10"})
    api.enviar("PUT", "/analise/regras/duplicado", {"acao": "glosa"})
    api.enviar("PUT", f"/prestadores/{CODIGO}/demonstrativo", {"itens": "todos"})
    assert set(_auditados(api)) >= {
        ("mudar", "retencoes", CODIGO),
        ("mudar", "cobranca", "999999"),
        ("ajustar", "regra de análise", "duplicado"),
        ("mudar-demonstrativo", "prestador", CODIGO),
    }


def test_politicas_de_outra_operadora_nao_se_veem(api: Api) -> None:
    """As mudanças de uma não chegam à outra, e o prestador de uma não existe na outra."""
    alheia = outra_operadora(api.mesa.banco)
    _reter(api, ("01", "1.5"))
    api.enviar("PATCH", "/cobranca", {"tarifaBancaria": "3.10"})
    dela = api.token(Escopo.LEITURA, operadora=alheia)
    assert api.pedir("GET", "/retencoes", token=dela).dados["retencoes"] == []
    assert api.pedir("GET", "/cobranca", token=dela).dados["tarifaBancaria"] == "0.00"
    api.pedir("GET", f"/retencoes?prestador={CODIGO}", token=dela).problema(404)
