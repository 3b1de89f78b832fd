"""A mesma mensagem, o mesmo lote ou o mesmo número outra vez, também ao mesmo tempo."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from integration.recepcao import (
    EM_VIGOR,
    achar,
    assinatura,
    com_hash_em_utf8,
    conferir_erro,
    lote,
    pronta,
)

from dominio import erros
from dominio.lote import TipoGuia
from dominio.situacao import StatusProtocolo
from dominio.versoes import VERSOES
from persistence import prestadores
from prestador.valores import identificado

if TYPE_CHECKING:
    from collections.abc import Callable

    from integration.recepcao import AbrirMesa, Mesa, Resposta

S = StatusProtocolo
PROTOCOLO = "10000001"


def _ao_mesmo_tempo(tarefas: list[Callable[[], Resposta]]) -> list[Resposta]:
    with ThreadPoolExecutor(len(tarefas)) as executor:
        return [f.result() for f in [executor.submit(tarefa) for tarefa in tarefas]]


# --- os mesmos bytes ------------------------------------------------------------------------------


def test_os_mesmos_bytes_recebem_a_mesma_resposta(mesa: Mesa) -> None:
    """Mandar de novo os mesmos bytes devolve a resposta byte por byte, sem executar."""
    dados = pronta(lote(TipoGuia.SADT, guias=2))
    primeira = mesa.enviar(dados)
    antes = mesa.contagens()
    segunda = mesa.enviar(dados)
    assert primeira.resultado.corpo == segunda.resultado.corpo
    assert antes == mesa.contagens()
    assert (primeira.resultado.repetida, segunda.resultado.repetida) == (False, True)


def test_arquivo_diz_de_que_mensagem_e_a_repeticao(mesa: Mesa) -> None:
    """A repetição tem a sua linha no arquivo, que aponta para a mensagem executada."""
    dados = pronta(lote())
    primeira, segunda, terceira = (mesa.enviar(dados) for _ in range(3))
    assert mesa.arquivada(primeira.id).detalhes is None
    for repetida in (segunda, terceira):
        assert {"repeticao_de": primeira.id} == mesa.arquivada(repetida.id).detalhes


def test_os_mesmos_bytes_de_outro_endereco_continuam_repetidos(mesa: Mesa) -> None:
    """A repetição não depende de onde veio."""
    dados = pronta(lote())
    mesa.enviar(dados)
    assert mesa.enviar(dados, endereco="198.51.100.7").resultado.repetida


def test_consulta_repetida_e_respondida_de_novo(mesa: Mesa) -> None:
    """O que não muda estado executa-se sempre: a situação dita é a de agora."""
    mesa.enviar_lote()
    antes = mesa.perguntar(PROTOCOLO)
    mesa.transitar(PROTOCOLO, S.EM_ANALISE)
    depois = mesa.perguntar(PROTOCOLO)
    assert (antes.situacao.status, depois.situacao.status) == (1, 2)
    assert not depois.resultado.repetida


def test_vinte_copias_ao_mesmo_tempo_dao_um_protocolo(mesa: Mesa) -> None:
    """Vinte threads com os mesmos bytes recebem vinte vezes a mesma resposta."""
    dados = pronta(lote(TipoGuia.SADT, guias=5))
    respostas = _ao_mesmo_tempo([lambda: mesa.enviar(dados)] * 20)
    assert len({r.resultado.corpo for r in respostas}) == 1
    assert [r.recibo.protocolo for r in respostas] == [PROTOCOLO] * 20
    assert Counter(r.resultado.repetida for r in respostas) == {False: 1, True: 19}
    contagens = mesa.contagens()
    assert (contagens["protocolo"], contagens["historico"], contagens["guia"]) == (1, 1, 5)


# --- o mesmo lote noutra mensagem -----------------------------------------------------------------


def _espacada() -> bytes:
    original = pronta(lote(guias=2))
    return original.replace(b"><ans:", b">\n    <ans:").replace(b"></ans:", b">\n  </ans:")


@pytest.mark.parametrize(
    "outra",
    [
        lambda: pronta(lote(guias=2, sequencial="2")),
        lambda: pronta(lote(guias=2, prefixo="tiss")),
        lambda: pronta(lote(guias=2, prefixo=None)),
        _espacada,
    ],
    ids=["outro sequencial", "outro prefixo", "sem prefixo", "espaços entre elementos"],
)
def test_o_mesmo_lote_noutra_mensagem_tem_o_mesmo_protocolo(
    mesa: Mesa, outra: Callable[[], bytes]
) -> None:
    """O mesmo conteúdo sob outra mensagem devolve o protocolo já dado, sem novo lote."""
    primeiro = mesa.enviar(pronta(lote(guias=2))).recibo
    antes = mesa.contagens()
    resposta = mesa.enviar(outra())
    assert primeiro == resposta.recibo
    assert not resposta.resultado.repetida
    assert antes | {"execucao": 2} == mesa.contagens()


def _com_guia_assinada(valor: str, sequencial: str) -> bytes:
    mensagem = lote(TipoGuia.HONORARIOS, sequencial=sequencial)
    guia = achar(mensagem, "guiaHonorarios")
    guia.append(assinatura("assinaturaDigitalGuia", valor))
    return pronta(mensagem)


def test_assinatura_de_guia_nao_muda_o_lote(mesa: Mesa) -> None:
    """A assinatura de uma guia muda a cada vez que se assina, e não faz outro lote."""
    enviadas = [
        pronta(lote(TipoGuia.HONORARIOS)),
        _com_guia_assinada("AAAA", "2"),
        _com_guia_assinada("BBBB", "3"),
    ]
    assert [mesa.enviar(dados).recibo.protocolo for dados in enviadas] == [PROTOCOLO] * 3


def test_vinte_mensagens_com_o_mesmo_lote_dao_um_protocolo(mesa: Mesa) -> None:
    """O mesmo lote em vinte mensagens diferentes ao mesmo tempo recebe um só protocolo."""
    dados = [pronta(lote(guias=2, sequencial=str(n))) for n in range(20)]
    respostas = _ao_mesmo_tempo([lambda d=d: mesa.enviar(d) for d in dados])  # type: ignore[misc]
    assert [r.recibo.protocolo for r in respostas] == [PROTOCOLO] * 20
    assert mesa.contagens()["lote"] == 1


def test_operadora_pode_recusar_o_mesmo_lote(nova_mesa: AbrirMesa) -> None:
    """Com a política de recusar, nem o mesmo conteúdo é aceito noutra mensagem."""
    mesa = nova_mesa(operadora={"lote_repetido": "recusar"})
    mesa.enviar(pronta(lote()))
    conferir_erro(mesa.enviar(pronta(lote(sequencial="2"))), erros.LOTE_REPETIDO)
    assert mesa.contagens()["lote"] == 1


def test_operadora_que_recusa_ainda_repete_os_mesmos_bytes(nova_mesa: AbrirMesa) -> None:
    """A política de recusar não alcança a mesma mensagem, que recebe a resposta guardada."""
    mesa = nova_mesa(operadora={"lote_repetido": "recusar"})
    dados = pronta(lote())
    primeira = mesa.enviar(dados)
    assert primeira.resultado.corpo == mesa.enviar(dados).resultado.corpo


# --- o mesmo número com outro conteúdo ------------------------------------------------------------


@pytest.mark.parametrize("versao", VERSOES)
def test_o_mesmo_numero_com_outro_conteudo_e_recusado(mesa: Mesa, versao: str) -> None:
    """O número de um lote vivo não serve a outro lote: 3268, ou 5053 antes de 4.03.00."""
    mesa.enviar_lote(versao=versao)
    antes = mesa.contagens()
    resposta = mesa.enviar(pronta(lote(versao=versao, semente=2)), versao=versao)
    conferir_erro(resposta, erros.LOTE_REPETIDO, versao)
    assert ("3268" if versao == EM_VIGOR else "5053") == resposta.codigo
    assert antes == mesa.contagens()


def test_numero_de_outro_prestador_nao_e_o_mesmo(mesa: Mesa) -> None:
    """Cada prestador numera os seus lotes sem ver os dos outros."""
    mesa.outro_prestador("500001", cnpj=None)
    mesa.enviar_lote("7")
    assert mesa.enviar_lote("7", quem=identificado("codigo", "500001")).protocolo == "10000002"


def test_numeros_de_lote_comparam_se_como_texto(mesa: Mesa) -> None:
    """``7`` e ``07`` são dois lotes, porque o número é texto do prestador."""
    assert [mesa.enviar_lote(n).protocolo for n in ("7", "07")] == ["10000001", "10000002"]


@pytest.mark.parametrize(
    "caminho",
    [(S.CANCELADO,), (S.EM_ANALISE, S.ENCERRADO_SEM_PAGAMENTO)],
    ids=["cancelado", "encerrado"],
)
def test_numero_fica_livre_quando_o_lote_acaba(
    mesa: Mesa, caminho: tuple[StatusProtocolo, ...]
) -> None:
    """Cancelado ou encerrado o lote, o número recebe outro conteúdo com outro protocolo."""
    mesa.enviar_lote()
    mesa.transitar(PROTOCOLO, *caminho)
    assert mesa.enviar(pronta(lote(semente=2))).recibo.protocolo == "10000002"


def test_vinte_lotes_com_um_numero_dao_um_protocolo_e_dezenove_recusas(mesa: Mesa) -> None:
    """Entre vinte lotes diferentes com o mesmo número, ao mesmo tempo, um só entra."""
    dados = [pronta(lote(semente=n)) for n in range(20)]
    respostas = _ao_mesmo_tempo([lambda d=d: mesa.enviar(d) for d in dados])  # type: ignore[misc]
    assert {None: 1, erros.LOTE_REPETIDO.chave: 19} == Counter(r.resultado.erro for r in respostas)
    contagens = mesa.contagens()
    assert tuple(contagens[t] for t in ("lote", "protocolo", "guia", "execucao")) == (1, 1, 1, 1)


def test_lotes_diferentes_ao_mesmo_tempo_nao_se_perdem(mesa: Mesa) -> None:
    """Vinte lotes de números diferentes ao mesmo tempo recebem vinte protocolos diferentes."""
    dados = [pronta(lote(numero=str(n), semente=n)) for n in range(20)]
    respostas = _ao_mesmo_tempo([lambda d=d: mesa.enviar(d) for d in dados])  # type: ignore[misc]
    assert len({r.recibo.protocolo for r in respostas}) == 20
    assert mesa.contagens()["lote"] == 20


# --- recusada e corrigida -------------------------------------------------------------------------


def test_mensagem_recusada_executa_se_depois_de_curada_a_causa(mesa: Mesa) -> None:
    """Os mesmos bytes que uma regra recusou são executados quando a causa deixa de existir."""
    quem = identificado("codigo", "013950", codigo="700001")
    dados = pronta(lote(TipoGuia.HONORARIOS, quem=quem))
    conferir_erro(mesa.enviar(dados), erros.EXECUTANTE_DESCONHECIDO)
    executante = mesa.outro_prestador("700001", cnpj=None)
    conferir_erro(mesa.enviar(dados), erros.EXECUTANTE_ALHEIO)
    _permitir(mesa, executante.id)
    resposta = mesa.enviar(dados)
    assert resposta.recibo.protocolo == PROTOCOLO
    assert not resposta.resultado.repetida


def test_lote_recusado_pelo_numero_entra_quando_o_numero_fica_livre(mesa: Mesa) -> None:
    """A recusa por número em uso não impede os mesmos bytes depois de cancelado o outro lote."""
    mesa.enviar_lote()
    dados = pronta(lote(semente=2))
    conferir_erro(mesa.enviar(dados), erros.LOTE_REPETIDO)
    mesa.transitar(PROTOCOLO, S.CANCELADO)
    assert mesa.enviar(dados).recibo.protocolo == "10000002"


def test_prestador_credenciado_depois_ve_a_mensagem_aceita(mesa: Mesa) -> None:
    """A mensagem de quem ainda não era prestador é aceita depois do credenciamento."""
    dados = pronta(lote(quem=identificado("codigo", "600001")))
    assert mesa.enviar(dados).palavra == "RemetenteInvalido"
    mesa.outro_prestador("600001", cnpj=None)
    assert mesa.enviar(dados).recibo.protocolo == PROTOCOLO


def _permitir(mesa: Mesa, executante_id: int) -> None:
    with mesa.banco.escrita() as conn:
        prestadores.permitir_envio(conn, mesa.prestador.id, executante_id)


def test_o_mesmo_lote_cuja_codificacao_so_o_http_disse(mesa: Mesa) -> None:
    """Bytes em Windows-1252 sem declaração: o mesmo lote em mensagem nova é reconhecido."""
    for sequencial in ("1", "2"):
        mensagem = lote(sequencial=sequencial)
        achar(mensagem, "nomeProfissional").text = "Médico • Fictício"
        em_utf8 = com_hash_em_utf8(mensagem).partition(b"?>")[2].decode()
        resposta = mesa.enviar(em_utf8.strip().encode("windows-1252"), charset="windows-1252")
        assert resposta.recibo.protocolo == PROTOCOLO
