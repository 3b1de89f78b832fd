"""``POST /api/v1/protocolos/{numero}/situacao``: o ciclo de vida por quem decide."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from integration.api import Api, abrir_api

from dominio.situacao import CICLO, StatusProtocolo
from persistence import protocolos

if TYPE_CHECKING:
    from collections.abc import Iterator

    from integration.recepcao import Mesa

    from persistence.protocolos import Passagem

S = StatusProtocolo
_ATE = {
    S.RECEBIDO: (),
    S.EM_ANALISE: (S.EM_ANALISE,),
    S.ANALISADO: (S.EM_ANALISE, S.ANALISADO),
    S.LIBERADO: (S.EM_ANALISE, S.ANALISADO, S.LIBERADO),
    S.PAGO: (S.EM_ANALISE, S.ANALISADO, S.LIBERADO, S.PAGO),
    S.ENCERRADO_SEM_PAGAMENTO: (S.EM_ANALISE, S.ENCERRADO_SEM_PAGAMENTO),
    S.AGUARDANDO_INFORMACAO: (S.AGUARDANDO_INFORMACAO,),
    S.CANCELADO: (S.CANCELADO,),
    S.BLOQUEIO_JUDICIAL: (S.EM_ANALISE, S.ANALISADO, S.BLOQUEIO_JUDICIAL),
}


@pytest.fixture
def api(mesa: Mesa) -> Iterator[Api]:
    """A API sobre a mesa comum."""
    with abrir_api(mesa) as aberta:
        yield aberta


def _ultima(mesa: Mesa, numero: str | None) -> Passagem:
    with mesa.banco.leitura() as conn:
        return protocolos.historico(conn, mesa.protocolo(numero).id)[-1]


@pytest.mark.parametrize("de", list(_ATE), ids=lambda s: s.name)
def test_so_as_passagens_do_ciclo_se_fazem(api: Api, de: StatusProtocolo) -> None:
    """De cada situação passa-se às do ciclo; às outras, 409 com as permitidas, e nada muda."""
    numero = api.mesa.enviar_lote("1").protocolo
    api.mesa.transitar(numero, *_ATE[de])
    for para in set(S) - CICLO[de]:
        problema = api.mudar(numero, int(para)).problema(409)
        assert [p["codigo"] for p in problema["permitidas"]] == sorted(int(s) for s in CICLO[de])
        assert api.mesa.protocolo(numero).status is de
    for para in sorted(CICLO[de])[:1]:
        assert api.mudar(numero, int(para)).dados["situacao"]["codigo"] == int(para)
        assert api.mesa.protocolo(numero).status is para


def test_historico_diz_quem_mudou_e_por_que(api: Api) -> None:
    """A passagem fica com o prefixo do token e o motivo."""
    numero = api.mesa.enviar_lote("1").protocolo
    api.mudar(numero, 2, motivo="auditoria médica")
    passagem = _ultima(api.mesa, numero)
    assert passagem.quem.startswith("token ")
    assert (passagem.de, passagem.para, passagem.motivo) == (
        S.RECEBIDO, S.EM_ANALISE, "auditoria médica",
    )  # fmt: skip


def test_o_prestador_ve_a_situacao_que_a_operadora_pos(api: Api) -> None:
    """A consulta de situação do prestador acompanha o que se decidiu pela API."""
    numero = api.mesa.enviar_lote("1").protocolo
    for para in (2, 5, 3, 6):
        assert api.mudar(numero, para).status == 200
        assert api.mesa.perguntar(numero or "").situacao.status == para


def test_quem_decidiu_sobre_o_que_ja_mudou_recebe_412(api: Api) -> None:
    """O ETag do protocolo lido vale uma mudança; sobre outro estado, 412 e nada muda."""
    numero = api.mesa.enviar_lote("1").protocolo
    lido = api.pegar(f"/protocolos/{numero}").cabecalhos["etag"]
    mudado = api.mudar(numero, 2, visto=lido)
    assert mudado.status == 200
    api.mudar(numero, 9, visto=lido).problema(412)
    assert api.mesa.protocolo(numero).status is S.EM_ANALISE
    assert mudado.cabecalhos["etag"] == api.pegar(f"/protocolos/{numero}").cabecalhos["etag"]
    assert api.mudar(numero, 5, visto=mudado.cabecalhos["etag"]).status == 200


@pytest.mark.parametrize("visto", ["lixo", '"x"', 'W/"1"', '"99999999999999999999"', '""'])
def test_etag_que_nao_e_do_protocolo_e_412(api: Api, visto: str) -> None:
    """Um If-Match que não veio daqui não casa com nada."""
    numero = api.mesa.enviar_lote("1").protocolo
    api.mudar(numero, 2, visto=visto).problema(412)


def test_sem_if_match_nao_se_muda(api: Api) -> None:
    """Quem não diz o que leu recebe 428."""
    numero = api.mesa.enviar_lote("1").protocolo
    api.mudar(numero, 2, visto=None).problema(428)
    assert api.mesa.protocolo(numero).status is S.RECEBIDO


def test_reabrir_com_o_numero_ja_de_outro_lote_e_409(api: Api) -> None:
    """O encerrado cujo número de lote foi usado de novo não se reabre, e diz-se por qual."""
    velho = api.mesa.enviar_lote("1").protocolo
    api.mesa.transitar(velho, S.EM_ANALISE, S.ENCERRADO_SEM_PAGAMENTO)
    novo = api.mesa.enviar_lote("1", semente=2).protocolo
    problema = api.mudar(velho, 2).problema(409)
    assert problema["motivo"] == "numero-em-uso"
    assert novo is not None
    assert novo in problema["detail"]


@pytest.mark.parametrize(
    ("corpo", "campos"),
    [
        ({"motivo": "x"}, {"para"}),
        ({"para": 2}, {"motivo"}),
        ({"para": 2, "motivo": ""}, {"motivo"}),
        ({"para": 2, "motivo": "x" * 501}, {"motivo"}),
        ({"para": 2, "motivo": "a\u0000b"}, {"motivo"}),
        ({"para": 2, "motivo": "\ud800"}, {"motivo"}),
        ({"para": 2, "motivo": 7}, {"motivo"}),
        ({"para": 0, "motivo": "x"}, {"para"}),
        ({"para": 11, "motivo": "x"}, {"para"}),
        ({"para": "dois", "motivo": "x"}, {"para"}),
        ({"para": 2.5, "motivo": "x"}, {"para"}),
        ({"para": 10**30, "motivo": "x"}, {"para"}),
        ({"para": 2, "motivo": "x", "quem": "eu"}, {"quem"}),
        ([], {"corpo"}),
        ("x", {"corpo"}),
    ],
)
def test_corpo_que_nao_serve_e_recusado_pelo_campo(
    api: Api, corpo: object, campos: set[str]
) -> None:
    """Falta, sobra ou valor impossível: 422 com o nome do campo."""
    numero = api.mesa.enviar_lote("1").protocolo
    resposta = api.pedir(
        "POST", f"/protocolos/{numero}/situacao", token=api.token(),
        corpo=json.dumps(corpo).encode(),
        cabecalhos={"content-type": "application/json", "if-match": "*"},
    )  # fmt: skip
    assert resposta.campos() == campos
    assert api.mesa.protocolo(numero).status is S.RECEBIDO


@pytest.mark.parametrize("corpo", [b"{", b"\xff\xfe", b"{'para': 2}"])
def test_corpo_que_nao_e_json_e_400(api: Api, corpo: bytes) -> None:
    """O que não se lê como JSON é 400."""
    numero = api.mesa.enviar_lote("1").protocolo
    api.pedir(
        "POST", f"/protocolos/{numero}/situacao", token=api.token(), corpo=corpo,
        cabecalhos={"content-type": "application/json", "if-match": "*"},
    ).problema(400)  # fmt: skip
