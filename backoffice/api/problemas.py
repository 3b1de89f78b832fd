"""Erros do pedido HTTP na forma da RFC 9457, que não se confundem com os de uma mensagem."""

from __future__ import annotations

import json
from http import HTTPStatus

from starlette.responses import Response

TIPO = "application/problem+json"


class Problema(Exception):
    """O pedido inteiro não pode ser atendido; nenhum arquivo dele foi processado.

    Attributes:
        status: situação HTTP.
        detalhe: o que está errado, em português, sem valores do pedido.
    """

    def __init__(self, status: int, detalhe: str) -> None:
        super().__init__(detalhe)
        self.status = status
        self.detalhe = detalhe

    def em_json(self) -> bytes:
        """O documento do problema."""
        problema = {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detalhe,
        }
        return json.dumps(problema, ensure_ascii=False).encode()

    def resposta(self) -> Response:
        """A resposta HTTP."""
        return Response(self.em_json(), self.status, media_type=TIPO)
