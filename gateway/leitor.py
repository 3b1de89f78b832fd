"""Leitura do corpo de um pedido no laço de eventos, com limites de tamanho, prazo e memória."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from contextlib import suppress
from typing import Any, TypeAlias

from dominio import erros
from handlers.redes import rede
from mensagem.recusa import Recusa

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]


_DIGITOS = 20
"""De um Content-Length; mais do que isso não é tamanho de nada."""
TENTE_LOGO = (b"retry-after", b"5")
"""Quando voltar, se o servidor está ocupado."""
_PEQUENO = 65_536
"""Bytes que custa menos ler e jogar fora do que abrir outra conexão, com o seu TLS."""
_ESCOAR = 5.0
"""Segundos que se lê e joga fora o resto de um corpo recusado."""
_LOGO = 0.05
"""Segundos em que quase todo corpo já chegou: os outros prazos só se contam aos que sobram."""
_PARADO = 20.0
"""Segundos sem que chegue mais nada de um corpo que ainda não acabou."""
_POR_ENDERECO = 2
"""Um endereço só ocupa a memória dos corpos dividida por isto."""


class Desligou(Exception):
    """O cliente fechou a conexão no meio do corpo."""


class Reserva:
    """A parte da memória que um corpo ocupa, contada à medida que chega."""

    def __init__(self, leitor: Leitor, de_onde: str) -> None:
        self._leitor = leitor
        self._de_onde = de_onde
        self._minha = 0

    def somar(self, quantos: int) -> bool:
        """Ocupa mais bytes; falso se não há, ou se este endereço já tem a sua parte."""
        if not self._leitor.ocupar(self._de_onde, quantos):
            return False
        self._minha += quantos
        return True

    def devolver(self) -> None:
        """Devolve tudo."""
        self._leitor.ocupar(self._de_onde, -self._minha)
        self._minha = 0


class Leitor:
    """Lê corpos; só o laço de eventos do processo o toca.

    Args:
        memoria: bytes de corpos que o processo pode ter ao mesmo tempo.
        prazo: segundos para um corpo chegar inteiro.

    Attributes:
        livre: bytes que ainda se podem ocupar.
    """

    def __init__(self, memoria: int, prazo: float) -> None:
        self.livre = memoria
        self._de_um_so = memoria // _POR_ENDERECO
        self._prazo = prazo
        self._de_onde: dict[str, int] = {}

    def reserva(self, endereco: str) -> Reserva:
        """A reserva de um pedido, que quem pede devolve quando o corpo já não serve.

        Args:
            endereco: de onde vem; corpos parados de um não tomam o lugar dos de outros.
        """
        return Reserva(self, rede(endereco))

    def ocupar(self, de_onde: str, quantos: int) -> bool:
        """Ocupa bytes em nome de uma rede, ou devolve-os, se negativos; falso se não cabem."""
        dela = self._de_onde.get(de_onde, 0) + quantos
        if quantos > 0 and (quantos > self.livre or dela > self._de_um_so):
            return False
        self.livre -= quantos
        if dela:
            self._de_onde[de_onde] = dela
        else:
            self._de_onde.pop(de_onde, None)
        return True

    async def ler(
        self,
        cabecalhos: dict[bytes, bytes],
        receive: Receive,
        partes: list[bytes],
        reserva: Reserva,
        limite: int,
        *,
        prazo: float | None = None,
        lento: Callable[[], object] | None = None,
    ) -> None:
        """Junta em ``partes`` o corpo de um pedido, que fica lá também quando se recusa.

        Args:
            cabecalhos: os do HTTP.
            receive: de onde o corpo vem.
            partes: onde pôr o que chega.
            reserva: onde contar o que se ocupa.
            limite: bytes que se aceitam.
            prazo: segundos para o corpo chegar, se não são os de todos.
            lento: chama-se se o corpo não chega logo.

        Raises:
            Recusa: sem tamanho, grande demais, lento demais, ou sem memória que o receba.
            Desligou: o cliente não ficou até o fim.
        """
        _conferir_tamanho(cabecalhos, limite)
        total = 0
        laco = asyncio.get_running_loop()
        fim = laco.time() + (self._prazo if prazo is None else prazo)
        demora = False

        def demorar() -> None:
            nonlocal demora
            demora = True
            alarme.reschedule(min(fim, laco.time() + _PARADO))
            if lento is not None:
                lento()

        logo = laco.call_later(_LOGO, demorar)
        try:
            async with asyncio.timeout(None) as alarme:
                while True:
                    evento = await receive()
                    if demora:
                        # um corpo que para a meio não guarda a memória até o fim do prazo
                        alarme.reschedule(min(fim, laco.time() + _PARADO))
                    if evento["type"] == "http.disconnect":
                        raise Desligou
                    parte = evento.get("body", b"")
                    total += len(parte)
                    partes.append(parte)
                    if total > limite:
                        raise Recusa(erros.GRANDE_DEMAIS)
                    if not reserva.somar(len(parte)):
                        raise Recusa(erros.SOBRECARGA)
                    if not evento.get("more_body"):
                        return
        except TimeoutError:
            raise Recusa(erros.TEMPO_DE_LEITURA) from None
        finally:
            logo.cancel()


def contar_copia(reserva: Reserva, corpo: bytes, limite: int, pequeno: int) -> None:
    """Conta também o que se tira de um corpo que traz arquivos: outro tanto do que ele ocupa.

    Args:
        reserva: a do corpo.
        corpo: inteiro.
        limite: o que se aceita neste endereço.
        pequeno: o limite dos que não trazem arquivos, de que não se faz conta.

    Raises:
        Recusa: SOBRECARGA, se não cabe.
    """
    if limite > pequeno and not reserva.somar(len(corpo)):
        raise Recusa(erros.SOBRECARGA)


def ate(cabecalhos: dict[bytes, bytes], limite: int) -> bool:
    """Se o cabeçalho HTTP diz um corpo de não mais do que tantos bytes."""
    declarado = cabecalhos.get(b"content-length", b"")
    return declarado.isdigit() and len(declarado) <= _DIGITOS and int(declarado) <= limite


async def escoar(cabecalhos: dict[bytes, bytes], receive: Receive) -> bool:
    """Lê e joga fora um corpo pequeno, para que a conexão sirva a outro pedido; diz se o fez."""
    if not ate(cabecalhos, _PEQUENO):
        return False
    with suppress(TimeoutError):
        async with asyncio.timeout(_ESCOAR):
            while (evento := await receive())["type"] != "http.disconnect":
                if not evento.get("more_body"):
                    return True
    return False


async def responder_e_fechar(
    send: Send,
    receive: Receive,
    status: int,
    corpo: bytes,
    cabecalhos: Iterable[tuple[bytes, bytes]],
) -> None:
    """Responde a um corpo que não se leu até o fim, e o resto dele joga-se fora por um momento.

    Fechar com bytes por ler faria o sistema cortar a conexão, e o cliente não veria a resposta.
    """
    todos = [
        *cabecalhos,
        (b"content-length", str(len(corpo)).encode()),
        # com corpo por ler, a conexão não serve para outro pedido
        (b"connection", b"close"),
    ]
    if status == 503 and not any(nome == b"retry-after" for nome, _ in todos):
        todos.append(TENTE_LOGO)
    await send({"type": "http.response.start", "status": status, "headers": todos})
    await send({"type": "http.response.body", "body": corpo, "more_body": True})
    with suppress(TimeoutError):
        async with asyncio.timeout(_ESCOAR):
            while (evento := await receive())["type"] != "http.disconnect":
                if not evento.get("more_body"):
                    break
    await send({"type": "http.response.body", "body": b""})


def _conferir_tamanho(cabecalhos: dict[bytes, bytes], limite: int) -> None:
    """Confere o que o cabeçalho HTTP já diz do tamanho."""
    declarado = cabecalhos.get(b"content-length")
    if declarado is None:
        if b"transfer-encoding" not in cabecalhos:
            raise Recusa(erros.SEM_TAMANHO)
        return
    if not declarado.isdigit():
        raise Recusa(erros.CONTENT_LENGTH)
    # int() recusa milhares de dígitos com outro erro
    if len(declarado) > _DIGITOS or int(declarado) > limite:
        raise Recusa(erros.GRANDE_DEMAIS)
