"""O sistema da operadora, que analisa e paga pela API."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.request
from typing import Any, NamedTuple

from gateway.comandos.comum import Recusado

_LIMITE_SEGUNDOS = 60


class Lido(NamedTuple):
    """Uma resposta em JSON.

    Attributes:
        dados: o que ela diz.
        etiqueta: o seu ``ETag``; vazio se não tem.
    """

    dados: Any
    etiqueta: str


class Retaguarda:
    """Quem usa a API com um token.

    Args:
        base: raiz dos endereços do gateway.
        token: com os escopos do que se vai pedir.
    """

    def __init__(self, base: str, token: str) -> None:
        self._raiz = f"{base}/api/v1"
        self._token = token

    def ler(self, caminho: str) -> Lido:
        """Lê um recurso.

        Raises:
            Recusado: se a API não respondeu 200.
        """
        corpo, etiqueta = self._pedir(caminho, None, {})
        return Lido(json.loads(corpo), etiqueta)

    def baixar(self, caminho: str) -> bytes:
        """Os bytes de um recurso que não é JSON; as exceções são as de ``ler``."""
        return self._pedir(caminho, None, {})[0]

    def fazer(
        self,
        caminho: str,
        corpo: dict[str, Any] | None = None,
        *,
        visto: str | None = None,
        chave: str | None = None,
    ) -> Lido:
        """Pede que se faça algo; as exceções são as de ``ler``.

        Args:
            caminho: depois de ``/api/v1``.
            corpo: do pedido.
            visto: ``ETag`` do que se leu antes de decidir.
            chave: com que o pedido repetido não se faz de novo.
        """
        cabecalhos = {"Content-Type": "application/json"}
        if visto is not None:
            cabecalhos["If-Match"] = visto
        if chave is not None:
            cabecalhos["Idempotency-Key"] = chave
        dados, etiqueta = self._pedir(caminho, json.dumps(corpo or {}).encode(), cabecalhos)
        return Lido(json.loads(dados), etiqueta)

    def _pedir(
        self, caminho: str, corpo: bytes | None, cabecalhos: dict[str, str]
    ) -> tuple[bytes, str]:
        credencial = {"Authorization": f"Bearer {self._token}"}
        return pedir(self._raiz + caminho, corpo, credencial | cabecalhos)


def pedir(endereco: str, corpo: bytes | None, cabecalhos: dict[str, str]) -> tuple[bytes, str]:
    """Um GET, ou um POST se há corpo; dá o corpo da resposta e o seu ``ETag``.

    Raises:
        Recusado: se a resposta é um erro, ou se não veio.
    """
    pedido = urllib.request.Request(endereco, data=corpo, headers=cabecalhos)  # noqa: S310 - loopback
    try:
        with urllib.request.urlopen(pedido, timeout=_LIMITE_SEGUNDOS) as resposta:  # noqa: S310
            return resposta.read(), resposta.headers.get("ETag", "")
    except urllib.error.HTTPError as erro:
        with erro:
            problema = erro.read().decode("utf-8", "replace")
        raise Recusado(f"{endereco} respondeu {erro.code}: {problema}") from None
    except (OSError, http.client.HTTPException) as erro:
        raise Recusado(f"{endereco} não respondeu: {erro}") from None
