"""Os eventos que a operadora pode pedir que se lhe avisem, pelo nome estável de cada um.

O que vem antes do ponto é o assunto; os avisos de um mesmo número de um assunto são entregues na
ordem em que aconteceram.
"""

from __future__ import annotations

from dominio.situacao import StatusProtocolo

GUIAS_CANCELADAS = "protocolo.guias-canceladas"
"""O prestador cancelou algumas guias, e outras restam; a situação é a mesma."""
DOCUMENTO_RECEBIDO = "documento.recebido"
PAGAMENTO_CONFIRMADO = "pagamento.confirmado"
PAGAMENTO_ESTORNADO = "pagamento.estornado"
RECURSO_RESPONDIDO = "recurso.respondido"
"""Todas as linhas de um recurso têm resposta, e o prestador já as vê."""
RELATORIO_PRONTO = "relatorio.pronto"
RELATORIO_FALHOU = "relatorio.falhou"
"""Um relatório que se fazia em segundo plano acabou: pode baixar-se, ou não se deixou fazer."""
TESTE = "webhook.teste"
"""Pedido por quem quer ver se o seu endereço recebe; não se assina."""

_S = StatusProtocolo
_DA_SITUACAO = {
    _S.RECEBIDO: "protocolo.recebido",
    _S.EM_ANALISE: "protocolo.em-analise",
    _S.ANALISADO: "protocolo.analisado",
    _S.LIBERADO: "protocolo.liberado",
    _S.ENCERRADO_SEM_PAGAMENTO: "protocolo.encerrado",
    _S.PAGO: "protocolo.pago",
    _S.AGUARDANDO_INFORMACAO: "protocolo.aguardando-informacao",
    _S.CANCELADO: "protocolo.cancelado",
    _S.BLOQUEIO_JUDICIAL: "protocolo.bloqueado",
}

_DO_RECURSO = {
    situacao: f"recurso.{evento.partition('.')[2]}" for situacao, evento in _DA_SITUACAO.items()
}

EVENTOS = (
    *_DA_SITUACAO.values(),
    *_DO_RECURSO.values(),
    RECURSO_RESPONDIDO,
    GUIAS_CANCELADAS,
    DOCUMENTO_RECEBIDO,
    PAGAMENTO_CONFIRMADO,
    PAGAMENTO_ESTORNADO,
    RELATORIO_PRONTO,
    RELATORIO_FALHOU,
)
"""Os que se podem pedir."""


def de_situacao(para: StatusProtocolo, *, recurso: bool = False) -> str:
    """O evento de um protocolo, ou de um recurso, que passa a uma situação, venha de qual vier."""
    return (_DO_RECURSO if recurso else _DA_SITUACAO)[para]


def assunto(evento: str) -> str:
    """De que um evento fala, como ``protocolo``, ``recurso`` ou ``pagamento``."""
    return evento.partition(".")[0]
