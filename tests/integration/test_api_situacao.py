"""``POST /api/v1/protocolos/{numero}/situacao``: o ciclo de vida por quem decide."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from integration.api import Api, abrir_api
from integration.recepcao import abrir_mesa

from backoffice.api.protocolos import ROTAS_DAS_PASSAGENS
from dominio.impedimentos import (
    PASSAGEM_DA_ANALISE,
    PASSAGEM_DA_LIBERACAO,
    PASSAGEM_DA_REABERTURA,
    PASSAGEM_DA_RETIRADA,
    PASSAGEM_DO_ESTORNO,
    PASSAGEM_DO_PAGAMENTO,
)
from dominio.situacao import CICLO, StatusProtocolo
from persistence import protocolos

if TYPE_CHECKING:
    from integration.recepcao import Mesa

    from dominio.impedimento import Motivo
    from persistence.banco import Banco
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


def _ultima(mesa: Mesa, numero: str | None) -> Passagem:
    with mesa.banco.leitura() as conn:
        return protocolos.historico(conn, mesa.protocolo(numero).id)[-1]


_PROPRIAS = {
    S.RECEBIDO: {S.EM_ANALISE, S.AGUARDANDO_INFORMACAO, S.CANCELADO},
    S.EM_ANALISE: {S.AGUARDANDO_INFORMACAO, S.CANCELADO},
    S.AGUARDANDO_INFORMACAO: {S.EM_ANALISE, S.CANCELADO},
    S.ANALISADO: {S.BLOQUEIO_JUDICIAL},
    S.LIBERADO: {S.BLOQUEIO_JUDICIAL},
    S.BLOQUEIO_JUDICIAL: {S.ANALISADO},
}
"""O que se muda por este endereço; o resto do ciclo é da análise e do pagamento."""


@pytest.mark.parametrize("de", list(_ATE), ids=lambda s: s.name)
def test_so_as_passagens_do_ciclo_se_fazem(api: Api, de: StatusProtocolo) -> None:
    """De cada situação passa-se só às do ciclo que são daqui; às outras, 409, e nada muda."""
    numero = api.mesa.enviar_lote("1").protocolo
    api.mesa.transitar(numero, *_ATE[de])
    for para in set(S) - _PROPRIAS.get(de, set()):
        problema = api.mudar(numero, int(para)).problema(409)
        assert problema["motivo"].startswith("passagem-" if para in CICLO[de] else "situacao") or (
            de is S.BLOQUEIO_JUDICIAL
        )
        if problema["motivo"] == "situacao":
            permitidas = [p["codigo"] for p in problema.get("permitidas", [])]
            assert permitidas == sorted(int(s) for s in CICLO[de])
        assert api.mesa.protocolo(numero).status is de
    for n, para in enumerate(sorted(_PROPRIAS.get(de, set())), 2):
        outro = api.mesa.enviar_lote(str(n)).protocolo
        api.mesa.transitar(outro, *_ATE[de])
        assert api.mudar(outro, int(para)).dados["situacao"]["codigo"] == int(para)
        assert api.mesa.protocolo(outro).status is para


@pytest.mark.parametrize(
    ("de", "para", "motivo"),
    [
        (S.EM_ANALISE, S.ANALISADO, PASSAGEM_DA_ANALISE),
        (S.EM_ANALISE, S.ENCERRADO_SEM_PAGAMENTO, PASSAGEM_DA_ANALISE),
        (S.ANALISADO, S.EM_ANALISE, PASSAGEM_DA_REABERTURA),
        (S.ANALISADO, S.ENCERRADO_SEM_PAGAMENTO, PASSAGEM_DA_REABERTURA),
        (S.ENCERRADO_SEM_PAGAMENTO, S.EM_ANALISE, PASSAGEM_DA_REABERTURA),
        (S.ANALISADO, S.LIBERADO, PASSAGEM_DA_LIBERACAO),
        (S.LIBERADO, S.ANALISADO, PASSAGEM_DA_RETIRADA),
        (S.LIBERADO, S.PAGO, PASSAGEM_DO_PAGAMENTO),
        (S.PAGO, S.LIBERADO, PASSAGEM_DO_ESTORNO),
    ],
    ids=lambda v: v.name if isinstance(v, S) else "",
)
def test_passagem_de_outro_caso_diz_o_endereco_dele(
    api: Api, de: StatusProtocolo, para: StatusProtocolo, motivo: Motivo
) -> None:
    """O que é da análise ou do pagamento não se faz aqui, e o problema diz onde se faz."""
    numero = api.mesa.enviar_lote("1").protocolo
    api.mesa.transitar(numero, *_ATE[de])
    problema = api.mudar(numero, int(para)).problema(409)
    assert problema["motivo"] == motivo.chave
    assert ROTAS_DAS_PASSAGENS[motivo] in problema["detail"]
    assert api.mesa.protocolo(numero).status is de


@pytest.fixture(scope="module")
def documentados(banco_do_modulo: Banco) -> dict[str, Any]:
    """Os endereços que a API documenta."""
    with abrir_api(abrir_mesa(banco_do_modulo)) as api:
        caminhos: dict[str, Any] = api.aplicacao.openapi()["paths"]
    return caminhos


# a documentação não vem do banco
@pytest.mark.parametrize("banco_do_modulo", ["sqlite"], indirect=True, scope="module")
@pytest.mark.parametrize("rota", ROTAS_DAS_PASSAGENS.values())
def test_os_enderecos_que_a_recusa_nomeia_existem(documentados: dict[str, Any], rota: str) -> None:
    """Quem segue a recusa acha o endereço e o método."""
    metodo, caminho = rota.split()
    assert metodo.lower() in documentados[caminho]


@pytest.mark.parametrize("antes", [S.ANALISADO, S.LIBERADO], ids=lambda s: s.name)
def test_do_bloqueio_volta_se_aonde_se_estava(api: Api, antes: StatusProtocolo) -> None:
    """O bloqueio judicial não serve de atalho para liberar, nem para retirar a liberação."""
    numero = api.mesa.enviar_lote("1").protocolo
    api.mesa.transitar(numero, *_ATE[antes])
    assert api.mudar(numero, 10).status == 200
    outra = S.LIBERADO if antes is S.ANALISADO else S.ANALISADO
    assert str(int(antes)) in api.mudar(numero, int(outra)).problema(409)["detail"]
    assert api.mudar(numero, int(antes)).dados["situacao"]["codigo"] == int(antes)


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
    for para in (2, 8, 2, 9):
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
    assert api.mudar(numero, 8, visto=mudado.cabecalhos["etag"]).status == 200


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
