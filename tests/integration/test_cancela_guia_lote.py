"""Cancelar um lote inteiro: o que se responde, o que fica no banco e o que se pode fazer depois."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from integration.cancelamento import cancelamento, cancelar, de_lote, enviar, recibo
from integration.recepcao import EM_VIGOR, EU, com_hash_em_utf8, conferir_erro, lote, pronta

from dominio import erros
from dominio.situacao import StatusProtocolo
from dominio.versoes import VERSOES
from persistence import protocolos
from prestador.cancelamentos import corpo_cancelamento_lote
from prestador.valores import identificado

if TYPE_CHECKING:
    from integration.recepcao import Mesa

S = StatusProtocolo
P1 = "10000001"
COM_LOTE = VERSOES[1:]
OUTRO = identificado("codigo", "500001")


@pytest.mark.parametrize("versao", COM_LOTE)
def test_lote_recebido_e_cancelado(mesa: Mesa, versao: str) -> None:
    """O lote passa a Cancelado com todas as guias, e a resposta diz o protocolo que ele tinha."""
    mesa.enviar_lote(versao=versao, guias=2)
    [alvo] = recibo(enviar(mesa, de_lote(versao=versao), versao)).alvos
    assert (alvo.status, alvo.numero, alvo.protocolo) == (1, "1", P1)
    protocolo = mesa.protocolo(P1)
    assert protocolo.status is S.CANCELADO
    with mesa.banco.leitura() as conn:
        assert protocolo.lote_id is not None
        assert {g.status for g in protocolos.guias(conn, protocolo.lote_id)} == {S.CANCELADO}


def test_historico_diz_quem_cancelou(mesa: Mesa) -> None:
    """A passagem a Cancelado fica no histórico em nome do prestador."""
    mesa.enviar_lote()
    cancelar(mesa, de_lote())
    with mesa.banco.leitura() as conn:
        ultima = protocolos.historico(conn, mesa.protocolo(P1).id)[-1]
    assert (ultima.de, ultima.para, ultima.quem) == (S.RECEBIDO, S.CANCELADO, "prestador")
    assert ultima.motivo == "lote cancelado"


def test_situacao_perguntada_depois_e_cancelado(mesa: Mesa) -> None:
    """A consulta passa a dizer 9, com as guias do lote; antes de 4.01.00, 4."""
    mesa.enviar_lote(guias=2)
    cancelar(mesa, de_lote())
    agora = mesa.perguntar(P1).situacao
    assert (agora.status, len(agora.guias)) == (9, 2)
    assert mesa.perguntar(P1, versao="4.00.00").situacao.status == 4


@pytest.mark.parametrize("protocolo", [P1, "0010000001"], ids=["como dito", "com zeros"])
def test_protocolo_dito_se_confere_e_se_repete(mesa: Mesa, protocolo: str) -> None:
    """O protocolo pode vir com zeros à esquerda, e a resposta o repete como veio."""
    mesa.enviar_lote()
    [alvo] = recibo(enviar(mesa, de_lote(protocolo=protocolo))).alvos
    assert (alvo.status, alvo.protocolo) == (1, protocolo)


@pytest.mark.parametrize("versao", COM_LOTE)
def test_lote_desconhecido(mesa: Mesa, versao: str) -> None:
    """Um número que o prestador nunca usou é lote inexistente em toda versão que cancela lotes."""
    mesa.enviar_lote(versao=versao)
    antes = mesa.contagens()
    assert cancelar(mesa, de_lote("2", versao=versao), versao) == [5]
    assert antes | {"execucao": 2} == mesa.contagens()
    assert mesa.protocolo(P1).status is S.RECEBIDO


@pytest.mark.parametrize(
    ("versao", "status"), [(v, 3 if v in VERSOES[:3] else 6) for v in COM_LOTE]
)
@pytest.mark.parametrize("protocolo", ["10000099", "ABC"])
def test_protocolo_desconhecido(mesa: Mesa, versao: str, status: int, protocolo: str) -> None:
    """Um protocolo que não há é 6, ou 3 nas versões que não têm o 6."""
    mesa.enviar_lote(versao=versao)
    assert cancelar(mesa, de_lote(protocolo=protocolo, versao=versao), versao) == [status]
    assert mesa.protocolo(P1).status is S.RECEBIDO


def test_protocolo_de_outro_lote_nao_cancela_nenhum(mesa: Mesa) -> None:
    """Número de um lote com o protocolo de outro: nenhum dos dois é cancelado."""
    mesa.enviar_lote("1")
    mesa.enviar_lote("2")
    assert cancelar(mesa, de_lote("2", P1)) == [5]
    assert {mesa.protocolo(p).status for p in (P1, "10000002")} == {S.RECEBIDO}


def test_lote_de_outro_prestador_e_como_se_nao_existisse(mesa: Mesa) -> None:
    """Nem o número, nem o protocolo de outro prestador dizem que ele tem tal lote."""
    mesa.outro_prestador("500001", cnpj=None)
    mesa.enviar_lote()
    assert cancelar(mesa, de_lote(quem=OUTRO)) == [5]
    assert cancelar(mesa, de_lote(protocolo=P1, quem=OUTRO)) == [6]
    assert mesa.protocolo(P1).status is S.RECEBIDO


def test_nao_se_cancela_em_nome_de_outro_prestador(mesa: Mesa) -> None:
    """Dizer em dadosPrestador um prestador que não se é não alcança os lotes dele."""
    mesa.outro_prestador("500001", cnpj=None)
    mesa.enviar_lote(quem=OUTRO)
    assert cancelar(mesa, de_lote(de=OUTRO)) == [5]
    assert mesa.protocolo(P1).status is S.RECEBIDO


def test_prestador_pode_se_dizer_de_outra_forma(mesa: Mesa) -> None:
    """A origem pelo código e dadosPrestador pelo CNPJ são o mesmo prestador."""
    mesa.enviar_lote()
    assert cancelar(mesa, de_lote(de=identificado("cnpj", "11222333000181"))) == [1]


@pytest.mark.parametrize(
    ("caminho", "status"),
    [
        ((S.EM_ANALISE,), 1),
        ((S.AGUARDANDO_INFORMACAO,), 1),
        ((S.EM_ANALISE, S.ANALISADO), 2),
        ((S.EM_ANALISE, S.ANALISADO, S.BLOQUEIO_JUDICIAL), 2),
        ((S.EM_ANALISE, S.ANALISADO, S.LIBERADO), 2),
        ((S.EM_ANALISE, S.ANALISADO, S.LIBERADO, S.PAGO), 2),
        ((S.EM_ANALISE, S.ENCERRADO_SEM_PAGAMENTO), 2),
    ],
    ids=lambda v: "-".join(str(int(s)) for s in v) if isinstance(v, tuple) else None,
)
def test_ciclo_de_vida_decide(
    mesa: Mesa, caminho: tuple[StatusProtocolo, ...], status: int
) -> None:
    """Cancela-se até a análise terminar; analisado, liberado, pago ou encerrado fica como está."""
    mesa.enviar_lote()
    mesa.transitar(P1, *caminho)
    assert cancelar(mesa, de_lote(protocolo=P1)) == [status]
    assert mesa.protocolo(P1).status is (S.CANCELADO if status == 1 else caminho[-1])


def test_cancelar_de_novo_responde_cancelado(mesa: Mesa) -> None:
    """Um segundo pedido, noutra mensagem, responde 1 outra vez e não deixa segunda passagem."""
    mesa.enviar_lote()
    assert cancelar(mesa, de_lote()) == [1]
    antes = mesa.contagens()
    assert cancelar(mesa, de_lote(sequencial="2")) == [1]
    assert cancelar(mesa, de_lote(protocolo=P1, sequencial="3")) == [1]
    assert antes | {"execucao": 4} == mesa.contagens()


def test_os_mesmos_bytes_recebem_a_mesma_resposta(mesa: Mesa) -> None:
    """O pedido repetido devolve a resposta guardada."""
    mesa.enviar_lote()
    dados = de_lote()
    primeira, segunda = enviar(mesa, dados), enviar(mesa, dados)
    assert primeira.resultado.corpo == segunda.resultado.corpo
    assert segunda.resultado.repetida


def test_numero_fica_livre_e_o_novo_lote_tem_outro_protocolo(mesa: Mesa) -> None:
    """Cancelado o lote, o mesmo número com o mesmo conteúdo recebe outro protocolo."""
    mesa.enviar_lote()
    cancelar(mesa, de_lote())
    assert mesa.enviar(pronta(lote(sequencial="2"))).recibo.protocolo == "10000002"


def test_cancelamento_repetido_nao_toca_no_lote_novo(mesa: Mesa) -> None:
    """O pedido antigo, repetido em bytes ou preso ao protocolo antigo, poupa o lote novo."""
    mesa.enviar_lote()
    antigo = de_lote()
    cancelar(mesa, antigo)
    mesa.enviar(pronta(lote(sequencial="2")))
    assert cancelar(mesa, antigo) == [1]
    assert cancelar(mesa, de_lote(protocolo=P1, sequencial="9")) == [1]
    assert mesa.protocolo("10000002").status is S.RECEBIDO


def test_pedido_sem_protocolo_cancela_o_lote_em_vigor(mesa: Mesa) -> None:
    """Um pedido novo, só com o número, é do lote que hoje o ocupa."""
    mesa.enviar_lote()
    cancelar(mesa, de_lote())
    mesa.enviar(pronta(lote(sequencial="2")))
    [alvo] = recibo(enviar(mesa, de_lote(sequencial="9"))).alvos
    assert (alvo.status, alvo.protocolo) == (1, "10000002")


def test_dois_cancelamentos_ao_mesmo_tempo(mesa: Mesa) -> None:
    """Dez pedidos do mesmo lote ao mesmo tempo respondem todos 1, com uma só passagem."""
    mesa.enviar_lote(guias=3)
    pedidos = [de_lote(sequencial=str(n)) for n in range(10)]
    with ThreadPoolExecutor(10) as executor:
        respostas = list(executor.map(lambda dados: cancelar(mesa, dados), pedidos))
    assert respostas == [[1]] * 10
    assert mesa.contagens()["historico"] == 2


def test_cancelar_e_reenviar_ao_mesmo_tempo(mesa: Mesa) -> None:
    """Entre cancelar e reenviar o mesmo número, nunca há dois lotes vivos nem protocolo perdido."""
    mesa.enviar_lote()
    tarefas = [
        lambda: enviar(mesa, de_lote(protocolo=P1)),
        *(lambda n=n: mesa.enviar(pronta(lote(sequencial=str(n)))) for n in range(2, 8)),
    ]
    with ThreadPoolExecutor(7) as executor:
        respostas = [f.result() for f in [executor.submit(t) for t in tarefas]]
    assert not any(r.resultado.falha for r in respostas)
    assert mesa.protocolo(P1).status is S.CANCELADO
    dados = {r.recibo.protocolo for r in respostas[1:]}
    assert dados <= {P1, "10000002"}


def test_identificador_fora_de_latin1_e_recusado(mesa: Mesa) -> None:
    """Um número que não se pode repetir na resposta é recusado com palavras."""
    corpo = corpo_cancelamento_lote(EM_VIGOR, EU, "1")
    mensagem = cancelamento(corpo)
    next(mensagem.iter("{*}numeroLote")).text = "1–2"
    resposta = enviar(mesa, com_hash_em_utf8(mensagem))
    conferir_erro(resposta, erros.IDENTIFICADOR_FORA_DE_LATIN1)


def test_arquivo_diz_o_que_se_respondeu(mesa: Mesa) -> None:
    """A mensagem arquivada traz as situações respondidas, sem números de guias."""
    mesa.enviar_lote()
    resposta = enviar(mesa, de_lote())
    detalhes = mesa.arquivada(resposta.id).detalhes
    assert detalhes is not None
    assert detalhes["cancelamento"] == [1]
