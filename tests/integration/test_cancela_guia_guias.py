"""Cancelar guias de um lote: em cada versão, uma ou todas, e os totais que ficam."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from integration.cancelamento import cancelamento, cancelar, de_guias, enviar, recibo
from integration.recepcao import EM_VIGOR, EU, Q, achar, conferir_erro, lote, pronta
from sqlalchemy import select

from dominio.erros_de_documentos import SEM_IDENTIFICADOR
from dominio.situacao import StatusProtocolo
from dominio.versoes import VERSOES
from persistence import protocolos, tabelas
from prestador.cancelamentos import GuiaACancelar
from prestador.valores import identificado

if TYPE_CHECKING:
    from integration.recepcao import Mesa

    from persistence.protocolos import GuiaGuardada

S = StatusProtocolo
P1 = "10000001"
G1, G2, G3 = "1001", "1002", "1003"


def _guias(mesa: Mesa, numero: str = P1) -> tuple[GuiaGuardada, ...]:
    lote_id = mesa.protocolo(numero).lote_id
    assert lote_id is not None
    with mesa.banco.leitura() as conn:
        return protocolos.guias(conn, lote_id)


@pytest.mark.parametrize("versao", VERSOES)
def test_uma_guia_de_tres_e_cancelada(mesa: Mesa, versao: str) -> None:
    """Só a guia pedida fica cancelada e sai da situação; o protocolo continua."""
    mesa.enviar_lote(guias=3, versao=versao)
    [alvo] = recibo(enviar(mesa, de_guias(G2, versao=versao), versao)).alvos
    assert (alvo.status, alvo.numero, alvo.tipo) == (1, G2, "2")
    assert [g.status for g in _guias(mesa)] == [S.RECEBIDO, S.CANCELADO, S.RECEBIDO]
    situacao = mesa.perguntar(P1, versao=versao).situacao
    assert (situacao.status, [g.numero for g in situacao.guias]) == (1, [G1, G3])


def test_total_do_protocolo_muda_as_claras(mesa: Mesa) -> None:
    """O protocolo soma as guias que ficam, e o histórico diz de quanto a quanto passou."""
    mesa.enviar_lote(guias=3)
    antes = mesa.protocolo(P1).informado
    cancelar(mesa, de_guias(G1, G3))
    depois = mesa.protocolo(P1)
    assert depois.informado == _guias(mesa)[1].informado
    with mesa.banco.leitura() as conn:
        passagem = protocolos.historico(conn, depois.id)[-1]
    assert (passagem.de, passagem.para, passagem.quem) == (S.RECEBIDO, S.RECEBIDO, "prestador")
    assert passagem.motivo == (
        f"guias canceladas (posição 1, 3): informado de R$ {antes} a R$ {depois.informado}"
    )


def test_mudanca_parcial_e_vista_por_quem_acompanha(mesa: Mesa) -> None:
    """Cancelar uma guia põe o protocolo de novo na ordem das mudanças."""
    mesa.enviar_lote(guias=2)
    posicao = select(tabelas.protocolo.c.alteracao)
    with mesa.banco.leitura() as conn:
        antes = conn.execute(posicao).scalar_one()
    cancelar(mesa, de_guias(G1))
    with mesa.banco.leitura() as conn:
        assert conn.execute(posicao).scalar_one() > antes


@pytest.mark.parametrize("versao", VERSOES)
def test_todas_as_guias_canceladas_cancelam_o_protocolo(mesa: Mesa, versao: str) -> None:
    """Canceladas todas as guias, o protocolo é 9, com elas na lista, e o número fica livre."""
    mesa.enviar_lote(guias=2, versao=versao)
    assert cancelar(mesa, de_guias(G1, G2, versao=versao), versao) == [1, 1]
    assert mesa.protocolo(P1).status is S.CANCELADO
    assert len(mesa.perguntar(P1).situacao.guias) == 2
    novo = pronta(lote(guias=2, versao=versao, sequencial="2"))
    assert mesa.enviar(novo, versao=versao).recibo.protocolo == "10000002"


def test_a_ultima_guia_cancela_o_protocolo(mesa: Mesa) -> None:
    """Canceladas uma a uma, a última leva o protocolo consigo."""
    mesa.enviar_lote(guias=2)
    assert cancelar(mesa, de_guias(G1)) == [1]
    assert mesa.protocolo(P1).status is S.RECEBIDO
    assert cancelar(mesa, de_guias(G2)) == [1]
    assert mesa.protocolo(P1).status is S.CANCELADO


@pytest.mark.parametrize("versao", VERSOES)
def test_guia_desconhecida_nao_impede_as_outras(mesa: Mesa, versao: str) -> None:
    """Cada guia tem a sua resposta, na ordem em que foi pedida."""
    mesa.enviar_lote(guias=2, versao=versao)
    assert cancelar(mesa, de_guias("9999", G1, versao=versao), versao) == [3, 1]


def test_guia_repetida_no_pedido_e_no_seguinte(mesa: Mesa) -> None:
    """A guia já cancelada responde 1 de novo, no mesmo pedido ou noutro."""
    mesa.enviar_lote(guias=2)
    assert cancelar(mesa, de_guias(G1, G1)) == [1, 1]
    antes = mesa.contagens()
    assert cancelar(mesa, de_guias(G1, sequencial="2")) == [1]
    assert antes | {"execucao": 3} == mesa.contagens()


@pytest.mark.parametrize("versao", VERSOES)
def test_protocolo_desconhecido(mesa: Mesa, versao: str) -> None:
    """Um protocolo que não é do prestador é 6, ou 3 onde o 6 não existe."""
    mesa.enviar_lote(versao=versao)
    esperado = 6 if versao in VERSOES[3:] else 3
    pedido = de_guias(GuiaACancelar(G1, protocolo="10000099"), versao=versao)
    assert cancelar(mesa, pedido, versao) == [esperado]
    assert _guias(mesa)[0].status is S.RECEBIDO


@pytest.mark.parametrize("versao", VERSOES)
def test_protocolo_dito_escolhe_entre_lotes(mesa: Mesa, versao: str) -> None:
    """A mesma guia em dois lotes: com o protocolo cancela-se a dele, e só ela."""
    mesa.enviar_lote("1", guias=2, versao=versao)
    mensagem = lote(numero="2", guias=2, versao=versao)
    for guia in mensagem.iter(f"{Q}numeroGuiaPrestador"):
        guia.text = (guia.text or "").replace("200", "100", 1)
    assert mesa.enviar(pronta(mensagem), versao=versao).recibo.protocolo == "10000002"
    assert cancelar(mesa, de_guias(G1, versao=versao), versao) == [2]
    pedido = de_guias(GuiaACancelar(G1, protocolo="10000002"), versao=versao)
    assert cancelar(mesa, pedido, versao) == [1]
    assert _guias(mesa)[0].status is S.RECEBIDO
    assert _guias(mesa, "10000002")[0].status is S.CANCELADO


def test_cancelamento_antigo_nao_toca_na_guia_reenviada(mesa: Mesa) -> None:
    """Preso ao protocolo antigo, o pedido poupa a mesma guia reenviada em lote novo."""
    mesa.enviar_lote(guias=1)
    cancelar(mesa, de_guias(G1))
    mesa.enviar(pronta(lote(guias=1, sequencial="2")))
    pedido = de_guias(GuiaACancelar(G1, protocolo=P1), sequencial="3")
    assert cancelar(mesa, pedido) == [1]
    assert _guias(mesa, "10000002")[0].status is S.RECEBIDO


def test_guia_reenviada_e_paga_nao_se_cancela(mesa: Mesa) -> None:
    """A guia de um lote cancelado, reenviada e já liberada: não cancelada."""
    mesa.enviar_lote(guias=1)
    cancelar(mesa, de_guias(G1))
    mesa.enviar(pronta(lote(guias=1, sequencial="2")))
    mesa.transitar("10000002", S.EM_ANALISE, S.ANALISADO, S.LIBERADO)
    assert cancelar(mesa, de_guias(G1, sequencial="3")) == [2]


def test_guia_de_outro_prestador_e_como_se_nao_existisse(mesa: Mesa) -> None:
    """A guia de outro é inexistente, com ou sem o protocolo dele."""
    mesa.outro_prestador("500001", cnpj=None)
    mesa.enviar_lote()
    outro = identificado("codigo", "500001")
    pedido = de_guias(G1, GuiaACancelar(G1, protocolo=P1), quem=outro)
    assert cancelar(mesa, pedido) == [3, 6]
    assert _guias(mesa)[0].status is S.RECEBIDO


@pytest.mark.parametrize(
    "caminho",
    [(S.EM_ANALISE, S.ANALISADO), (S.EM_ANALISE, S.ANALISADO, S.LIBERADO, S.PAGO)],
    ids=["analisado", "pago"],
)
def test_guia_de_lote_analisado_nao_se_cancela(
    mesa: Mesa, caminho: tuple[StatusProtocolo, ...]
) -> None:
    """Terminada a análise, cancelar responde 2 e nada muda."""
    mesa.enviar_lote(guias=2)
    mesa.transitar(P1, *caminho)
    antes = mesa.protocolo(P1)
    assert cancelar(mesa, de_guias(G1)) == [2]
    assert mesa.protocolo(P1) == antes


@pytest.mark.parametrize("tipo", ["1", "3"], ids=["solicitação", "recurso"])
def test_guia_que_nao_e_de_cobranca_nao_existe(mesa: Mesa, tipo: str) -> None:
    """Um número de solicitação ou de recurso não alcança a guia de cobrança de mesmo número."""
    mesa.enviar_lote()
    assert cancelar(mesa, de_guias(GuiaACancelar(G1, tipo=tipo))) == [3]
    assert _guias(mesa)[0].status is S.RECEBIDO


def _com_numero_da_operadora(numero: str, versao: str = EM_VIGOR) -> bytes:
    """Um lote de uma consulta cuja guia traz o número que a operadora lhe deu."""
    mensagem = lote(versao=versao)
    novo = mensagem.makeelement(f"{Q}numeroGuiaOperadora")
    novo.text = numero
    achar(mensagem, "cabecalhoConsulta").addnext(novo)
    return pronta(mensagem)


def test_numero_da_operadora_se_conhecido_tem_de_ser_o_da_guia(mesa: Mesa) -> None:
    """Um numeroGuiaOperadora que não é o da guia não a encontra."""
    mesa.enviar(_com_numero_da_operadora("OP1"))
    errada = GuiaACancelar(G1, numero_operadora="OP2")
    certa = GuiaACancelar(G1, numero_operadora="OP1")
    assert cancelar(mesa, de_guias(errada, certa)) == [3, 1]


def _soltas(*ocorrencias: dict[str, str]) -> bytes:
    """Um pedido de 4.00.00 com as ocorrências exatamente como dadas."""
    corpo = {
        "dadosPrestador": EU.contratado("4.00.00"),
        "tipoCancelamento": {"tipoCancelamentoGuia": list(ocorrencias)},
    }
    return pronta(cancelamento(corpo, versao="4.00.00"))


def test_4_00_00_junta_ocorrencias_seguidas(mesa: Mesa) -> None:
    """Tipo, número e protocolo soltos são uma guia; um número que volta começa outra."""
    mesa.enviar_lote(guias=3, versao="4.00.00")
    pedido = _soltas(
        {"tipoGuia": "2"},
        {"numeroGuiaPrestador": G1},
        {"numeroProtocolo": P1},
        {"numeroGuiaPrestador": G2},
        {"tipoGuia": "2"},
        {"numeroGuiaPrestador": G3},
        {"numeroProtocolo": "10000099"},
    )
    alvos = recibo(enviar(mesa, pedido, "4.00.00")).alvos
    assert [(a.numero, a.status) for a in alvos] == [(G1, 1), (G2, 1), (G3, 3)]


def test_4_00_00_sem_numero_de_guia_e_recusado(mesa: Mesa) -> None:
    """Um tipo sem número nenhum não diz o que cancelar: 5052."""
    resposta = enviar(mesa, _soltas({"tipoGuia": "2"}), "4.00.00")
    conferir_erro(resposta, SEM_IDENTIFICADOR, "4.00.00")
    assert resposta.codigo == "5052"


def test_4_00_00_pelo_numero_da_operadora(mesa: Mesa) -> None:
    """Só com o número da operadora, acha-se a guia e a resposta diz o do prestador."""
    mesa.enviar(_com_numero_da_operadora("OP1", "4.00.00"), versao="4.00.00")
    resposta = enviar(mesa, _soltas({"numeroGuiaOperadora": "OP1"}), "4.00.00")
    [alvo] = recibo(resposta).alvos
    assert (alvo.status, alvo.numero, alvo.numero_operadora) == (1, G1, "OP1")


def test_guias_diferentes_ao_mesmo_tempo(mesa: Mesa) -> None:
    """Dez cancelamentos de guias diferentes do mesmo lote não se perdem: o protocolo acaba em 9."""
    mesa.enviar_lote(guias=10)
    pedidos = [de_guias(f"1{n:03d}", sequencial=str(n)) for n in range(1, 11)]
    with ThreadPoolExecutor(10) as executor:
        respostas = list(executor.map(lambda dados: cancelar(mesa, dados), pedidos))
    assert respostas == [[1]] * 10
    assert mesa.protocolo(P1).status is S.CANCELADO
    with mesa.banco.leitura() as conn:
        assert len(protocolos.historico(conn, mesa.protocolo(P1).id)) == 11


def test_cem_guias_num_pedido(mesa: Mesa) -> None:
    """Um pedido com as cem guias de um lote cancela todas."""
    mesa.enviar_lote(guias=100)
    assert cancelar(mesa, de_guias(*(f"1{n:03d}" for n in range(1, 101)))) == [1] * 100
    assert mesa.protocolo(P1).status is S.CANCELADO
