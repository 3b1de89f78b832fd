"""O antivírus: um clamd, falado por soquete com INSTREAM.

Só ``OK`` deixa passar. Sem resposta, com erro ou além do limite do próprio clamd não se sabe se o
arquivo está limpo, e quem envia tenta de novo.
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import structlog

from handlers.envio_documentos import AntivirusSemResposta

if TYPE_CHECKING:
    from gateway.secoes.documentos import Documentos
    from handlers.envio_documentos.deposito import Antivirus

_log = structlog.get_logger("antivirus")

_PARTE = 262_144
_RESPOSTA = 4096
_UNIX = "unix:"


def endereco(texto: str) -> str | tuple[str, int]:
    """O soquete de um clamd: caminho, ou máquina e porta.

    Args:
        texto: ``unix:/caminho`` ou ``tcp://host:porta``.

    Raises:
        ValueError: não tem uma dessas formas.
    """
    if texto.startswith(_UNIX) and len(texto) > len(_UNIX):
        return texto.removeprefix(_UNIX)
    partes = urlsplit(texto)
    if partes.scheme != "tcp" or not partes.hostname or not partes.port:
        raise ValueError("clamav deve ser unix:/caminho ou tcp://host:porta")
    return partes.hostname, partes.port


def antivirus(ajustes: Documentos) -> Antivirus | None:
    """O da configuração; ``None`` quando não se quer nenhum."""
    if not ajustes.clamav:
        return None
    lugar = endereco(ajustes.clamav)

    def limpo(conteudo: bytes) -> bool:
        return examinar(lugar, conteudo, ajustes.clamav_timeout)

    return limpo


def examinar(lugar: str | tuple[str, int], conteudo: bytes, limite: float) -> bool:
    """Diz se o clamd não acha nada no conteúdo.

    Args:
        lugar: o soquete.
        conteudo: bytes a examinar.
        limite: segundos de cada espera.

    Raises:
        AntivirusSemResposta: não respondeu, ou não disse se está limpo.
    """
    try:
        with _ligado(lugar, limite) as ligado:
            resposta = _perguntar(ligado, conteudo)
    except OSError as erro:
        _log.error("antivírus sem resposta", causa=type(erro).__name__)
        raise AntivirusSemResposta from None
    if resposta.endswith(b" OK"):
        return True
    if resposta.endswith(b" FOUND"):
        # o nome do que se achou não traz nada do documento
        _log.warning("documento infectado", achado=resposta.decode("utf-8", "replace")[:200])
        return False
    _log.error("antivírus não examinou", bytes=len(conteudo))
    raise AntivirusSemResposta


def _ligado(lugar: str | tuple[str, int], limite: float) -> socket.socket:
    if isinstance(lugar, tuple):
        return socket.create_connection(lugar, timeout=limite)
    soquete = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        soquete.settimeout(limite)
        soquete.connect(lugar)
    except OSError:
        soquete.close()
        raise
    return soquete


def _perguntar(ligado: socket.socket, conteudo: bytes) -> bytes:
    ligado.sendall(b"zINSTREAM\0")
    vista = memoryview(conteudo)
    try:
        for inicio in range(0, len(vista), _PARTE):
            parte = vista[inicio : inicio + _PARTE]
            ligado.sendall(len(parte).to_bytes(4, "big"))
            ligado.sendall(parte)
        ligado.sendall(bytes(4))
    except (BrokenPipeError, ConnectionResetError):
        # passado do limite o clamd responde e desliga: a resposta diz
        pass
    resposta = b""
    while not resposta.endswith(b"\0") and len(resposta) < _RESPOSTA:
        recebido = ligado.recv(_RESPOSTA)
        if not recebido:
            break
        resposta += recebido
    return resposta.rstrip(b"\0\n")
