"""O que se cancela e o que se responde: ``dm_tipoGuia`` e ``dm_statusCancelamento``."""

from __future__ import annotations

from enum import IntEnum, StrEnum

from dominio import listas


class NaturezaGuia(StrEnum):
    """``dm_tipoGuia``: de que espécie é a guia que um cancelamento ou um documento cita."""

    SOLICITACAO = "1"
    FATURAMENTO = "2"
    RECURSO = "3"


class StatusCancelamento(IntEnum):
    """``dm_statusCancelamento``: o que foi de cada coisa que se pediu para cancelar."""

    CANCELADO = 1
    NAO_CANCELADO = 2
    GUIA_INEXISTENTE = 3
    EM_PROCESSAMENTO = 4
    LOTE_INEXISTENTE = 5
    PROTOCOLO_INEXISTENTE = 6

    def em(self, versao: str) -> StatusCancelamento:
        """O que se diz numa versão que ainda não tem esta situação: guia inexistente."""
        if listas.tem("dm_statusCancelamento", str(int(self)), versao):
            return self
        return StatusCancelamento.GUIA_INEXISTENTE
