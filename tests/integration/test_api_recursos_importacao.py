"""Respostas a muitos recursos num arquivo, pela API, e os avisos de um recurso."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from integration.recepcao import REGISTRO
from integration.recurso import Recorrente, aceita, item

from dominio.competencia import agora
from gateway.webhooks.assinatura import corpo
from persistence import entregas, webhooks
from persistence.entregas import Destino
from prestador.recursos import DoProtocolo

if TYPE_CHECKING:
    from integration.api import Api, Resposta


# o que se lê de um arquivo é igual nos dois bancos: basta num deles
_UM_BANCO = pytest.mark.parametrize("nova_url", ["sqlite"], indirect=True)


def _importar(
    api: Api, linhas: list[str], tipo: str = "application/x-ndjson", **como: str
) -> Resposta:
    aceito = como.pop("aceita", "application/json")
    return api.pedir(
        "POST", "/importacoes/recursos", token=api.token(), corpo="\n".join(linhas).encode(),
        consulta=como, cabecalhos={"content-type": tipo, "accept": aceito},
    )  # fmt: skip


def _do_item(recorrente: Recorrente) -> int:
    protocolo = recorrente.analisado()
    return recorrente.aceito(protocolo, item(recorrente.guia_de(protocolo), 1, "30.00"))


def _linha(recurso: int | str, valor: str = "30.00", **campos: Any) -> str:
    decisao = {"linha": 1, "valorAcatado": valor, "justificativa": "De acordo.", **campos}
    return json.dumps({"recurso": str(recurso), "decisoes": [decisao]})


_RUINS = [
    ("{nao", "Não é JSON."),
    ("[]", "Onde se espera um objeto há outra coisa."),
    ('{"recurso": "A", "decisoes": [{}]}', "recurso não é um número de até doze algarismos."),
    ('{"recurso": "1", "decisoes": []}', "decisoes está vazia."),
    ('{"recurso": "1", "decisoes": {}}', "decisoes não é uma lista."),
    (_linha(1, inventado=1), "Há um campo desconhecido"),
    (_linha(1, "NaN"), "Um valor não é um número em reais."),
    (_linha(1, "1e3"), "Um valor não é um número em reais."),
    (_linha(1, linha=-1), "linha, guia e item são posições, a partir de 1."),
    (_linha(1, aceita="S"), "justificativa é um texto, e aceita é true ou false."),
    (_linha(1, partes=[{"valorAcatado": "1.00", "item": "x"}]), "linha, guia e item são posições"),
]
_SEM_ESSE = "recurso-ausente"


def test_arquivo_json_responde_e_diz_o_que_nao_serviu(recorrente: Recorrente, api: Api) -> None:
    """Sem parcial nada se grava; com ele, gravam-se os bons; o mesmo arquivo não repete."""
    numeros = [_do_item(recorrente) for _ in "ab"]
    linhas = [
        _linha(f"{numeros[0]:012d}", "12.50"), "", _linha(numeros[1], "30.01"), _linha(77),
        *(ruim for ruim, _ in _RUINS),
    ]  # fmt: skip
    recusado = _importar(api, linhas).problema(422)
    assert recusado["gravados"] == 0
    assert recorrente.linhas(numeros[0])[0].acatado is None
    relatorio = _importar(api, linhas, parcial="true").dados
    assert (relatorio["lidos"], relatorio["gravados"]) == (3 + len(_RUINS), 1)
    recusados = relatorio["recusados"]
    assert [(r["linha"], r["motivo"]) for r in recusados[:2]] == [
        (3, "acatado-invalido"), (4, _SEM_ESSE),
    ]  # fmt: skip
    for recusa, (_, texto) in zip(recusados[2:], _RUINS, strict=True):
        assert recusa["motivo"] == "linha-invalida"
        assert recusa["texto"].startswith(texto)
    assert _importar(api, linhas, parcial="true").dados["repetidos"] == 1
    assert recorrente.perguntar(numeros[0]).acatado == Decimal("12.50")


def test_arquivo_csv_com_progresso(recorrente: Recorrente, api: Api) -> None:
    """O CSV serve também aqui, com vírgula decimal; a última linha do progresso é o relatório."""
    numero = _do_item(recorrente)
    linhas = ["recurso;linha;acatado;justificativa", f'{numero};1;7,25;"Em parte; o resto não."']
    resposta = _importar(api, linhas, "text/csv", aceita="application/x-ndjson")
    [ultima] = [json.loads(linha) for linha in resposta.corpo.splitlines()]
    assert ultima["relatorio"]["gravados"] == 1
    [linha] = recorrente.linhas(numero)
    assert (linha.acatado, linha.resposta) == (Decimal("7.25"), "Em parte; o resto não.")


@_UM_BANCO
def test_csv_que_nao_se_le_ate_ao_fim_diz_onde(recorrente: Recorrente, api: Api) -> None:
    """Uma célula sem fim, maior do que um CSV pode ter, é uma linha recusada, e não um erro."""
    numero = _do_item(recorrente)
    linhas = [
        "recurso;linha;acatado;justificativa",
        f"{numero};1;1;x",
        f'{numero};2;1;"{"x" * 140_000}',
    ]
    recusado = _importar(api, linhas, "text/csv").problema(422)
    assert [r["motivo"] for r in recusado["recusados"]] == ["linha-invalida"]
    assert _importar(api, ["a;b"], "text/csv").problema(422)["recusados"][0]["texto"] == (
        "Faltam as colunas recurso, linha, acatado."
    )
    assert recorrente.linhas(numero)[0].acatado is None


def test_recurso_tem_os_seus_proprios_avisos(recorrente: Recorrente) -> None:
    """Quem pede avisos de recursos os recebe com o número do recurso, e nenhum de protocolos."""
    mesa = recorrente.mesa
    with mesa.banco.escrita() as conn:
        criado = webhooks.criar(
            conn, mesa.operadora.id, url="https://x.example/", homologacao=False, agora=agora(),
            eventos=[f"recurso.{e}" for e in ("recebido", "respondido", "pago", "encerrado")],
        )  # fmt: skip
    acatado, negado = (
        _do_item(recorrente),
        recorrente.aceito(recorrente.analisado(), DoProtocolo("1705")),
    )
    recorrente.decidir(acatado, aceita(1, "30.00"))
    recorrente.cobranca.pago(acatado)
    recorrente.decidir(negado, aceita(1, "0.00"))
    with mesa.banco.leitura() as conn:
        avisos = sorted(entregas.listar(conn, criado.webhook), key=lambda e: e.id)
    assert [(a.evento, a.numero, a.para) for a in avisos] == [
        ("recurso.recebido", acatado, 1),
        ("recurso.recebido", negado, 1),
        ("recurso.respondido", acatado, 3),
        ("recurso.pago", acatado, 6),
        ("recurso.encerrado", negado, 4),
        ("recurso.respondido", negado, 4),
    ]
    dito = json.loads(corpo(Destino(criado.webhook, REGISTRO, 8, 12), avisos[0]))
    assert dito["numeroRecurso"] == f"{acatado:012d}"
    assert "numeroProtocolo" not in dito
