"""Que versões cada prestador pode usar, até quando, e a versão de quem não tem endereço."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from integration.recepcao import (
    EM_VIGOR,
    LOTE,
    achar,
    com,
    conferir_erro,
    conferir_falha,
    lote,
    pronta,
)

from dominio import erros
from dominio.versoes import VERSOES
from persistence.prestadores import VersaoAceita

if TYPE_CHECKING:
    from collections.abc import Callable

    from integration.recepcao import AbrirMesa, Mesa

ONTEM, HOJE, AMANHA = date(2026, 11, 19), date(2026, 11, 20), date(2026, 11, 21)
MEIO_DIA = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
ANTIGA = {"dataAtendimento": "2026-03-10"}


@pytest.fixture(autouse=True)
def _ao_meio_dia(no_instante: Callable[[datetime], None]) -> None:
    no_instante(MEIO_DIA)


def _envia(mesa: Mesa, versao: str = EM_VIGOR) -> bool:
    mensagem = com(lote(versao=versao, numero=versao), ANTIGA)
    resposta = mesa.enviar(pronta(mensagem), versao=versao)
    assert resposta.resultado.erro in (None, erros.VERSAO.chave)
    return resposta.resultado.erro is None


def _pergunta(mesa: Mesa, versao: str = EM_VIGOR) -> bool:
    resposta = mesa.perguntar("1", versao=versao)
    assert resposta.resultado.erro in (None, erros.VERSAO.chave)
    return resposta.resultado.erro is None


def test_prestador_sem_limite_usa_todas_as_versoes(mesa: Mesa) -> None:
    """Quem não tem versões escolhidas usa as seis."""
    assert all(_envia(mesa, versao) and _pergunta(mesa, versao) for versao in VERSOES)


def test_prestador_limitado_usa_so_as_suas(nova_mesa: AbrirMesa) -> None:
    """Com versões escolhidas, só elas valem, para enviar e para perguntar."""
    suas = ("4.01.00", "4.03.00")
    mesa = nova_mesa(prestador={"versoes": [VersaoAceita(v) for v in suas]})
    assert {v: v in suas for v in VERSOES} == {v: _envia(mesa, v) for v in VERSOES}
    assert {v: v in suas for v in VERSOES} == {v: _pergunta(mesa, v) for v in VERSOES}


@pytest.mark.parametrize(
    ("envio_ate", "consulta_ate", "envia", "pergunta"),
    [
        (HOJE, HOJE, True, True),
        (ONTEM, None, False, True),
        (ONTEM, AMANHA, False, True),
        (None, ONTEM, True, False),
        (ONTEM, ONTEM, False, False),
    ],
)
def test_enviar_e_perguntar_acabam_cada_um_no_seu_dia(
    nova_mesa: AbrirMesa,
    envio_ate: date | None,
    consulta_ate: date | None,
    envia: bool,
    pergunta: bool,
) -> None:
    """O último dia de cada coisa ainda vale, e uma pode continuar sem a outra."""
    aceita = VersaoAceita(EM_VIGOR, envio_ate, consulta_ate)
    mesa = nova_mesa(prestador={"versoes": [aceita]})
    assert (envia, pergunta) == (_envia(mesa), _pergunta(mesa))


def test_o_ultimo_dia_e_o_de_sao_paulo(
    nova_mesa: AbrirMesa, no_instante: Callable[[datetime], None]
) -> None:
    """A versão vale até a meia-noite de São Paulo, três horas depois da de UTC."""
    mesa = nova_mesa(prestador={"versoes": [VersaoAceita(EM_VIGOR, HOJE)]})
    no_instante(datetime(2026, 11, 21, 2, 59, 59, tzinfo=UTC))
    assert _envia(mesa)
    no_instante(datetime(2026, 11, 21, 3, 0, 0, tzinfo=UTC))
    assert not _envia(mesa)


@pytest.mark.parametrize(("desde", "aceita"), [(ONTEM, False), (HOJE, False), (AMANHA, True)])
def test_operadora_recusa_uma_versao_desde_um_dia(
    nova_mesa: AbrirMesa, desde: date, aceita: bool
) -> None:
    """A versão recusada pela operadora deixa de valer no dia marcado, e só ela."""
    mesa = nova_mesa(operadora={"versoes_recusadas": {"3.05.00": desde}})
    assert aceita == _envia(mesa, "3.05.00")
    assert aceita == _pergunta(mesa, "3.05.00")
    assert _envia(mesa, "4.00.00")


def test_recusa_da_operadora_vence_a_licenca_do_prestador(nova_mesa: AbrirMesa) -> None:
    """O prestador com a versão escolhida não a usa depois que a operadora a recusa."""
    mesa = nova_mesa(
        operadora={"versoes_recusadas": {EM_VIGOR: HOJE}},
        prestador={"versoes": [VersaoAceita(EM_VIGOR)]},
    )
    assert not _envia(mesa)


@pytest.mark.parametrize("politica", ["fault", "mensagemErro"])
def test_versao_nao_aceita_segue_a_politica_de_recusas(nova_mesa: AbrirMesa, politica: str) -> None:
    """A recusa é VersaoInvalida ou o código 5028, conforme a política."""
    mesa = nova_mesa(operadora={"recusa": politica}, prestador={"versoes": []})
    for versao in VERSOES:
        resposta = mesa.enviar(pronta(lote(versao=versao)), versao=versao)
        if politica == "fault":
            conferir_falha(resposta, erros.VERSAO)
        else:
            conferir_erro(resposta, erros.VERSAO, versao)
            assert resposta.codigo == "5028"


# --- Padrao e endereço ----------------------------------------------------------------------------


def test_padrao_de_outra_versao_que_a_do_endereco(mesa: Mesa) -> None:
    """Em cada par de versões diferentes, a do endereço e a de ``Padrao``, há recusa."""
    pares = [(e, p) for e in VERSOES for p in VERSOES if e != p]
    for endereco, padrao in pares:
        resposta = mesa.enviar(pronta(lote(versao=padrao)), versao=endereco)
        conferir_falha(resposta, erros.VERSAO)
        assert endereco in resposta.texto
    assert mesa.contagens()["lote"] == 0


@pytest.mark.parametrize("versao", VERSOES)
def test_sem_versao_no_endereco_vale_padrao(mesa: Mesa, versao: str) -> None:
    """O endereço sem versão responde na versão que a mensagem declara."""
    mensagem = com(lote(versao=versao), ANTIGA)
    resposta = mesa.enviar(pronta(mensagem), versao=versao, sem_versao=True)
    assert resposta.recibo.protocolo == "10000001"
    assert versao == achar(resposta.raiz, "Padrao").text
    assert versao == mesa.arquivada(resposta.id).versao


@pytest.mark.parametrize("padrao", ["9.99.99", "4.3.0", "", "abc"])
@pytest.mark.parametrize("politica", ["fault", "mensagemErro"])
def test_sem_versao_no_endereco_e_padrao_que_nao_se_tem(
    nova_mesa: AbrirMesa, politica: str, padrao: str
) -> None:
    """Sem uma versão instalada em que responder, a recusa é sempre falha."""
    mesa = nova_mesa(operadora={"recusa": politica})
    mensagem = com(lote(), {"Padrao": padrao})
    conferir_falha(mesa.enviar(pronta(mensagem), sem_versao=True), erros.VERSAO)


def test_sem_padrao_o_esquema_do_endereco_diz_o_que_falta(mesa: Mesa) -> None:
    """Sem ``Padrao``, vale a versão do endereço, e o esquema aponta o elemento que falta."""
    mensagem = lote()
    cabecalho = achar(mensagem, "cabecalho")
    cabecalho.remove(achar(mensagem, "Padrao"))
    resposta = mesa.enviar(pronta(mensagem))
    conferir_falha(resposta, erros.ESQUEMA)
    assert "Padrao" in resposta.texto


def test_sem_servico_no_endereco_vale_a_raiz(mesa: Mesa) -> None:
    """Um canal sem endereço de serviço acha a transação pela raiz da mensagem."""
    resposta = mesa.enviar(pronta(com(lote(), ANTIGA)), servico=None)
    assert resposta.recibo.protocolo == "10000001"
    assert LOTE.servico == resposta.resultado.servico


def test_versao_de_amanha_ainda_vale_hoje(nova_mesa: AbrirMesa) -> None:
    """Os dias das políticas contam-se do recebimento, não do relógio de quem envia."""
    mesa = nova_mesa(prestador={"versoes": [VersaoAceita(EM_VIGOR, HOJE)]})
    mensagem = com(lote(), ANTIGA | {"dataRegistroTransacao": str(HOJE + timedelta(days=30))})
    assert mesa.enviar(pronta(mensagem)).recibo.protocolo == "10000001"
