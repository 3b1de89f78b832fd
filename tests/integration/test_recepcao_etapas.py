"""O arquivo diz por que etapas passou cada mensagem, e em qual parou."""

from __future__ import annotations

from typing import TYPE_CHECKING

from integration.recepcao import com, lote, pronta

from handlers.etapas import Etapa, ler

if TYPE_CHECKING:
    from integration.recepcao import Mesa, Resposta

E = Etapa
ATE_AO_HASH = (
    E.LEITURA, E.TRANSACAO, E.VERSAO, E.ESQUEMA, E.CABECALHO, E.REMETENTE, E.CONTRATO,
    E.ASSINATURA, E.HASH,
)  # fmt: skip
TODAS = (*ATE_AO_HASH, E.CREDENCIAIS, E.POLITICA, E.EXECUCAO, E.RESPOSTA)


def _etapas(mesa: Mesa, resposta: Resposta) -> list[tuple[Etapa, bool]]:
    guardadas = mesa.arquivada(resposta.id).etapas
    return [(feita.etapa, feita.passou) for feita in ler(guardadas)]


def test_a_que_se_aceita_passa_por_todas(mesa: Mesa) -> None:
    """Um lote aceito fez o caminho todo, pela ordem, e nenhuma etapa recusou."""
    aceita = mesa.enviar(pronta(lote()))
    assert _etapas(mesa, aceita) == [(etapa, True) for etapa in TODAS]


def test_a_que_se_recusa_para_onde_se_recusou(mesa: Mesa) -> None:
    """Um hash errado deixa as etapas até ao hash, e nele o que recusou."""
    recusada = mesa.enviar(pronta(com(lote(), {"hash": "0" * 32}), selar=False))
    esperadas = [(etapa, True) for etapa in ATE_AO_HASH[:-1]]
    assert _etapas(mesa, recusada) == [*esperadas, (E.HASH, False)]


def test_regra_que_recusa_e_da_execucao(mesa: Mesa) -> None:
    """O mesmo número de lote com outro conteúdo para na execução, onde estão as regras."""
    mesa.enviar(pronta(lote(guias=1)))
    recusada = mesa.enviar(pronta(lote(guias=2)))
    assert _etapas(mesa, recusada)[-1] == (E.EXECUCAO, False)
