"""Uma chamada a um endereço já conferido: sem redirecionamentos, e com um prazo para tudo."""

from __future__ import annotations

from typing import TYPE_CHECKING

from urllib3.exceptions import HTTPError
from urllib3.util import Timeout

from gateway.ligacao import conexoes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gateway.destinos import Destino


class NaoAtendeu(Exception):
    """Não houve resposta HTTP; o texto é o tipo da falha."""


def chamar(
    destino: Destino,
    corpo: bytes,
    cabecalhos: Mapping[str, str],
    *,
    prazo: float,
    autoridades: str | None = None,
) -> int:
    """Entrega um corpo e dá a situação HTTP da resposta, cujo corpo não se lê.

    Args:
        destino: conferido agora.
        corpo: JSON.
        cabecalhos: os do aviso.
        prazo: segundos, da ligação à resposta.
        autoridades: arquivo PEM das que assinam o certificado; ausente, as do sistema.

    Raises:
        NaoAtendeu: rede, TLS, prazo, ou resposta que não é HTTP.
    """
    todos = {
        **cabecalhos,
        "Host": destino.cabecalho_host,
        "Content-Type": "application/json",
        "User-Agent": "tiss-gateway",
    }
    with conexoes(destino, prazo, autoridades) as (abertas, esgotado):
        try:
            resposta = abertas.urlopen(
                "POST",
                destino.caminho,
                body=corpo,
                headers=todos,
                redirect=False,
                retries=False,
                preload_content=False,
                timeout=Timeout(total=prazo),
            )
        except (HTTPError, OSError, ValueError) as erro:
            raise NaoAtendeu("prazo" if esgotado.is_set() else type(erro).__name__) from None
        resposta.close()
        if esgotado.is_set():
            # cortada no meio dos cabeçalhos, a resposta parece inteira
            raise NaoAtendeu("prazo")
        return int(resposta.status)
