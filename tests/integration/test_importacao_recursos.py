"""Os recursos que vêm com os protocolos de outro sistema: número, linhas, respostas, saldo."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from integration.demonstrativo import Balcao
from integration.recurso import Recorrente, aceita
from integration.test_importacao import _antigo, _importar, _linhas

from dominio.situacao import StatusProtocolo
from dominio.versoes import VERSOES
from persistence import entregas, recursos, webhooks
from persistence.regras import Ajuste, ajustar
from prestador.recursos import DoItem

if TYPE_CHECKING:
    from integration.api import Api

_URL = "https://sistema.exemplo.com.br/avisos"
_UM_BANCO = pytest.mark.parametrize("nova_url", ["sqlite"], indirect=True)
"""O que se recusa antes de chegar ao banco é igual nos dois."""


_RESULTADO = {
    "item": 1, "valorProcessado": "100.00", "valorLiberado": "70.00",
    "glosas": [{"codigo": "1705", "valor": "30.00"}],
}  # fmt: skip
_PAGO = {
    "analise": {
        "guias": [{"guia": 1, "itens": [_RESULTADO]}],
        "finalizadaEm": "2025-03-20T10:00:00-03:00",
    },
    "pagamento": {"data": "2025-03-31", "forma": "1", "banco": "041"},
}


def _linha(recursado: str | None, acatado: str | None = None, **campos: Any) -> dict[str, Any]:
    return {
        "nivel": "item", "codigoGlosa": "1705", "justificativa": "Contrato, cláusula 4",
        "numeroGuiaPrestador": "G6", "sequencialItem": 1, "data": "2025-03-01", "tabela": "22",
        "codigo": "40304361", "valorRecursado": recursado,
        **({} if acatado is None else {"valorAcatado": acatado, "resposta": "Conforme a tabela"}),
        **campos,
    }  # fmt: skip


def _recurso(numero: int, situacao: int, *linhas: dict[str, Any], **campos: Any) -> dict[str, Any]:
    return {
        "recurso": f"{numero:012d}", "numeroGuiaRecGlosaPrestador": f"R{numero}",
        "recebidoEm": "2025-04-05T09:00:00-03:00", "situacao": situacao, "linhas": list(linhas),
        **campos,
    }  # fmt: skip


def _com(*ditos: dict[str, Any]) -> bytes:
    antigo = _antigo(6, 6, **deepcopy(_PAGO), recursos=list(ditos), numeroLotePrestador="606")
    return _linhas(antigo)


def _saldo(api: Api) -> list[tuple[Decimal, Decimal]]:
    with api.mesa.banco.leitura() as conn:
        chave = api.mesa.protocolo("6").id
        saldos = recursos.saldos_do_protocolo(conn, chave).values()
    return [(s.glosado, s.preso) for s in saldos]


@pytest.mark.parametrize("versao", [VERSOES[0], VERSOES[-1]])
def test_recurso_antigo_aberto_responde_pelo_seu_numero(api: Api, versao: str) -> None:
    """Com ou sem zeros, e pelo protocolo do lote, o recurso aberto responde em análise."""
    assert _importar(api, _com(_recurso(79, 2, _linha("20.00")))).dados["gravados"] == 1
    recorrente = Recorrente.em(api.mesa)
    for numero in ("79", "000000000079", "6"):
        dada = recorrente.perguntar(numero, versao=versao)
        assert (dada.numero, dada.status) == ("79", StatusProtocolo.EM_ANALISE)


def test_recurso_antigo_respondido_diz_o_que_se_acatou(api: Api) -> None:
    """O respondido traz recursado, acatado e a justificativa, como se respondido aqui."""
    _importar(
        api,
        _com(_recurso(79, 3, _linha("20.00", "15.00"), respondidoEm="2025-04-20T09:00:00-03:00")),
    )
    dada = Recorrente.em(api.mesa).perguntar("79")
    [item] = dada.linhas
    assert (item.valor_recursado, item.valor_acatado, item.justificativa) == (
        Decimal("20.00"),
        Decimal("15.00"),
        "Conforme a tabela",
    )
    historico = api.pegar("/protocolos/79").dados["historico"]
    vistas = [(p["para"]["codigo"], p["em"][:10]) for p in historico]
    assert vistas[0] == (1, "2025-04-05")
    assert vistas[-1] == (3, "2025-04-20")


def test_saldo_conta_os_recursos_antigos(api: Api) -> None:
    """O aberto prende o que contesta, o respondido o que se acatou, e só o resto se recorre."""
    _importar(
        api,
        _com(
            _recurso(79, 4, _linha("30.00", "0.00")),
            _recurso(80, 6, _linha("20.00", "15.00"), pagamento=_PAGO["pagamento"]),
        ),
    )
    assert _saldo(api) == [(Decimal("30.00"), Decimal("15.00"))]
    recorrente = Recorrente.em(api.mesa)
    with api.mesa.banco.escrita() as conn:
        # o prazo de 60 dias já passou: a operadora aceita ainda assim
        ajustar(conn, api.mesa.operadora.id, None, "recurso-prazo", Ajuste("nota", None, None))

    def contestar(valor: str) -> DoItem:
        return DoItem("G6", 1, date(2025, 3, 1), "22", "40304361", "1705", Decimal(valor))

    assert recorrente.recorrer(6, contestar("15.01")).erro is not None
    assert recorrente.aceito(6, contestar("15.00")) == 10000001


def test_recurso_antigo_pago_entra_no_demonstrativo_do_dia(api: Api) -> None:
    """O acatado pago lá é uma entrada de recurso no pagamento do dia em que se pagou."""
    pagamento = {"data": "2025-04-30", "forma": "1", "banco": "041"}
    _importar(api, _com(_recurso(79, 6, _linha("20.00", "15.00"), pagamento=pagamento)))
    pago = Balcao(api.mesa).pagamento(date(2025, 4, 30)).pagamento
    assert pago is not None
    assert (pago.bruto, pago.liquido) == (Decimal("15.00"), Decimal("15.00"))
    assert api.pegar("/protocolos/79").dados["situacao"]["codigo"] == 6


def test_recurso_antigo_aberto_responde_se_aqui(api: Api) -> None:
    """Aberto lá, a operadora responde aqui como a qualquer outro."""
    _importar(api, _com(_recurso(79, 1, _linha("20.00"))))
    atual = Recorrente.em(api.mesa).decidir(79, aceita(1, "20.00"))
    assert atual.status is StatusProtocolo.LIBERADO


def test_o_que_se_importa_nao_se_avisa(api: Api) -> None:
    """Nenhum aviso sai do importado; do que se recebe depois, sim."""
    with api.mesa.banco.escrita() as conn:
        criado = webhooks.criar(
            conn, api.mesa.operadora.id, url=_URL, eventos=None, homologacao=False,
            agora=datetime.now(UTC),
        )  # fmt: skip
    assert _importar(api, _com(_recurso(79, 3, _linha("20.00", "15.00")))).dados["gravados"] == 1
    api.mesa.enviar_lote("1")
    with api.mesa.banco.leitura() as conn:
        vistas = entregas.listar(conn, criado.webhook)
    assert [e.evento for e in vistas] == ["protocolo.recebido"]


@_UM_BANCO
@pytest.mark.parametrize(
    ("ditos", "motivo"),
    [
        ([_recurso(79, 2, _linha("30.01"))], "recurso-que-nao-se-importa"),
        ([_recurso(79, 2, _linha("20.00", codigoGlosa="1706"))], "recurso-que-nao-se-importa"),
        ([_recurso(79, 2, _linha("20.00", numeroGuiaPrestador="X"))], "recurso-que-nao-se-importa"),
        ([_recurso(79, 2, _linha("10.00")), _recurso(80, 2, _linha("10.00"))],
         "recurso-que-nao-se-importa"),
        ([_recurso(6, 2, _linha("20.00"))], "protocolo-existente"),
        ([_recurso(20000001, 2, _linha("20.00"))], "numero-da-serie"),
        ([_recurso(79, 3, _linha("20.00"))], "situacao-do-recurso"),
        ([_recurso(79, 3, _linha("20.00", "0.00"))], "situacao-do-recurso"),
        ([_recurso(79, 4, _linha("20.00", "1.00"))], "situacao-do-recurso"),
        ([_recurso(79, 1, _linha("20.00", "1.00"))], "situacao-do-recurso"),
        ([_recurso(79, 6, _linha("20.00", "1.00"))], "situacao-do-recurso"),
        ([_recurso(79, 3, _linha("20.00", "20.01"))], "acatado-invalido"),
        ([_recurso(79, 9, _linha("20.00"))], "linha-invalida"),
        ([_recurso(79, 2)], "linha-invalida"),
        ([_recurso(79, 2, {**_linha("20.00"), "sequencialItem": None})], "linha-invalida"),
        ([_recurso(79, 2, _linha("20.00", justificativa="x" * 501))], "linha-invalida"),
    ],
)  # fmt: skip
def test_recurso_que_nao_serve_recusa_a_linha(
    api: Api, ditos: list[dict[str, Any]], motivo: str
) -> None:
    """A linha inteira fica por gravar, com o seu número e o motivo."""
    corpo = b"\n".join((_linhas(_antigo(1, 1)), _com(*ditos)))
    [recusada] = _importar(api, corpo, parcial="true").dados["recusados"]
    assert (recusada["linha"], recusada["motivo"]) == (2, motivo)
    assert api.pegar("/protocolos/6").status == 404
