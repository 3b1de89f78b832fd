"""Situações do protocolo e o ciclo de vida que não se pode abandonar.

Fonte: ``dm_statusProtocolo`` do componente de comunicação; o ciclo é o do projeto.
"""

from __future__ import annotations

from enum import IntEnum

from dominio.versoes import ordem


class TransicaoProibida(ValueError):
    """A situação não pode passar diretamente à outra."""

    def __init__(self, de: StatusProtocolo, para: StatusProtocolo) -> None:
        permitidas = ", ".join(str(int(s)) for s in sorted(CICLO[de])) or "nenhuma"
        super().__init__(f"de {int(de)} não se passa a {int(para)}; permitidas: {permitidas}")
        self.de = de
        self.para = para


class StatusProtocolo(IntEnum):
    """``dm_statusProtocolo``: situação de protocolo, guia, demonstrativo e recurso."""

    RECEBIDO = 1
    EM_ANALISE = 2
    LIBERADO = 3
    ENCERRADO_SEM_PAGAMENTO = 4
    ANALISADO = 5
    PAGO = 6
    NAO_LOCALIZADO = 7
    AGUARDANDO_INFORMACAO = 8
    CANCELADO = 9
    BLOQUEIO_JUDICIAL = 10

    @property
    def texto(self) -> str:
        """Nome para telas e relatórios."""
        return _TEXTOS[self]

    @property
    def vivo(self) -> bool:
        """Se o número do lote continua ocupado: livre de novo quando cancelado ou encerrado."""
        return self not in (
            StatusProtocolo.CANCELADO,
            StatusProtocolo.ENCERRADO_SEM_PAGAMENTO,
        )

    def em(self, versao: str) -> StatusProtocolo:
        """O que se diz numa versão que ainda não tem esta situação."""
        if self is StatusProtocolo.CANCELADO and ordem(versao) < (4, 1, 0):
            return StatusProtocolo.ENCERRADO_SEM_PAGAMENTO
        if self is StatusProtocolo.BLOQUEIO_JUDICIAL and ordem(versao) < (4, 2, 0):
            return StatusProtocolo.ANALISADO
        return self


_S = StatusProtocolo

_TEXTOS = {
    _S.RECEBIDO: "Recebido",
    _S.EM_ANALISE: "Em análise",
    _S.LIBERADO: "Liberado para pagamento",
    _S.ENCERRADO_SEM_PAGAMENTO: "Encerrado sem pagamento",
    _S.ANALISADO: "Analisado e aguardando liberação",
    _S.PAGO: "Pagamento efetuado",
    _S.NAO_LOCALIZADO: "Não localizado",
    _S.AGUARDANDO_INFORMACAO: "Aguardando informação complementar",
    _S.CANCELADO: "Cancelado",
    _S.BLOQUEIO_JUDICIAL: "Bloqueio judicial",
}

CICLO: dict[StatusProtocolo, frozenset[StatusProtocolo]] = {
    _S.RECEBIDO: frozenset({_S.EM_ANALISE, _S.AGUARDANDO_INFORMACAO, _S.CANCELADO}),
    _S.EM_ANALISE: frozenset(
        {_S.ANALISADO, _S.ENCERRADO_SEM_PAGAMENTO, _S.AGUARDANDO_INFORMACAO, _S.CANCELADO}
    ),
    _S.AGUARDANDO_INFORMACAO: frozenset({_S.EM_ANALISE, _S.CANCELADO}),
    _S.ANALISADO: frozenset(
        {_S.LIBERADO, _S.ENCERRADO_SEM_PAGAMENTO, _S.EM_ANALISE, _S.BLOQUEIO_JUDICIAL}
    ),
    _S.LIBERADO: frozenset({_S.PAGO, _S.ANALISADO, _S.BLOQUEIO_JUDICIAL}),
    _S.ENCERRADO_SEM_PAGAMENTO: frozenset({_S.EM_ANALISE}),
    _S.PAGO: frozenset({_S.LIBERADO}),
    _S.BLOQUEIO_JUDICIAL: frozenset({_S.LIBERADO, _S.ANALISADO}),
    _S.CANCELADO: frozenset(),
    _S.NAO_LOCALIZADO: frozenset(),
}
"""Situação -> situações a que pode passar. 7 é só uma resposta, nunca uma situação guardada."""


def transitar(de: StatusProtocolo, para: StatusProtocolo) -> StatusProtocolo:
    """Confere uma passagem do ciclo de vida e a devolve.

    Raises:
        TransicaoProibida: se o ciclo não tem essa passagem.
    """
    if para not in CICLO[de]:
        raise TransicaoProibida(de, para)
    return para
