"""A cifra do que se guarda: AES-256-GCM com as chaves de um arquivo, fora do banco.

O que se cifra leva à frente um byte de forma, a identificação da chave e o número único; o
contexto (que coluna de que linha) é autenticado com ele, para que um valor trocado de lugar não se
decifre. O arquivo é lido de novo quando muda: uma chave nova vale sem reiniciar nada.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

if TYPE_CHECKING:
    from pathlib import Path

_FORMA = 1
"""Primeiro byte; o do zlib, que começa o que não está cifrado, é 0x78."""
_ID_BYTES = 8
_NUMERO_BYTES = 12
INICIO = 1 + _ID_BYTES + _NUMERO_BYTES
"""Bytes à frente de um valor cifrado, que dizem com que chave o foi."""
_CHAVE_BYTES = 32
_OUTROS = 0o007
_SO_O_DONO = 0o600
_SO_O_DONO_PASTA = 0o700
_TOPO = (
    "# Chaves do arquivo de mensagens do tiss-gateway: sem elas ele não se lê.\n"
    "# Guarde uma cópia fora desta máquina e longe das cópias do banco.\n"
)


class ChavesInvalidas(Exception):
    """O arquivo de chaves falta, não se entende, ou não tem a chave precisa; o texto diz qual."""


class NaoDecifrado(Exception):
    """O conteúdo não é o que se cifrou, ou foi trocado de lugar."""


class Chave(NamedTuple):
    """Uma chave do arquivo.

    Attributes:
        id: tirada da própria chave, em hexadecimal.
        desde: instante a partir do qual se cifra com ela.
        segredo: 32 bytes.
    """

    id: str
    desde: datetime
    segredo: bytes

    @property
    def linha(self) -> str:
        """Como fica no arquivo."""
        texto = base64.b64encode(self.segredo).decode("ascii")
        return f"{self.id} {self.desde.isoformat()} {texto}\n"


class _Lido(NamedTuple):
    marca: tuple[int, int, int]
    chaves: tuple[Chave, ...]
    cifras: dict[str, AESGCM]


class Cifra:
    """Cifra e decifra; segura entre threads e através de ``fork``.

    Args:
        arquivo: o das chaves, que só se abre quando preciso.
        cifrar: se o que é novo se cifra; o que já está cifrado decifra-se sempre.
    """

    def __init__(self, arquivo: Path, *, cifrar: bool = True) -> None:
        self.arquivo = arquivo
        self.ativa = cifrar
        self.registradas: set[str] = set()
        self._lido: _Lido | None = None

    def cifrar(self, dados: bytes, contexto: str) -> bytes:
        """Cifra com a chave em uso.

        Raises:
            ChavesInvalidas: o arquivo de chaves não serve.
        """
        lido = self._ler()
        chave = _em_uso(lido.chaves)
        numero = os.urandom(_NUMERO_BYTES)
        inicio = bytes((_FORMA,)) + bytes.fromhex(chave) + numero
        return inicio + lido.cifras[chave].encrypt(numero, dados, contexto.encode())

    def decifrar(self, dados: bytes, contexto: str) -> bytes:
        """Desfaz ``cifrar``.

        Raises:
            ChavesInvalidas: falta a chave que cifrou.
            NaoDecifrado: os dados ou o contexto não são os que se cifraram.
        """
        id_ = chave_de(dados)
        cifra = self._ler().cifras.get(id_)
        if cifra is None:
            raise ChavesInvalidas(_falta(self.arquivo, [id_]))
        numero = dados[1 + _ID_BYTES : INICIO]
        try:
            return cifra.decrypt(numero, dados[INICIO:], contexto.encode())
        except (InvalidTag, ValueError):
            raise NaoDecifrado("o conteúdo cifrado foi alterado ou trocado de lugar") from None

    def em_uso(self) -> str:
        """Identificação da chave com que se cifra agora.

        Raises:
            ChavesInvalidas: o arquivo de chaves não serve.
        """
        return _em_uso(self._ler().chaves)

    def chaves(self) -> tuple[Chave, ...]:
        """As do arquivo, da que começou a valer primeiro à última.

        Raises:
            ChavesInvalidas: o arquivo de chaves não serve.
        """
        return self._ler().chaves

    def exigir(self, ids: list[str]) -> None:
        """Confere que o arquivo tem certas chaves.

        Raises:
            ChavesInvalidas: falta alguma.
        """
        faltam = sorted(set(ids) - self._ler().cifras.keys())
        if faltam:
            raise ChavesInvalidas(_falta(self.arquivo, faltam))

    def _ler(self) -> _Lido:
        lido = self._lido
        try:
            estado = self.arquivo.stat()
        except OSError as erro:
            if lido is not None:
                # quem já as leu não para porque o arquivo sumiu; o próximo início o dirá
                return lido
            raise ChavesInvalidas(_sem_arquivo(self.arquivo, erro)) from None
        marca = (estado.st_mtime_ns, estado.st_size, estado.st_ino)
        if lido is None or lido.marca != marca:
            if estado.st_mode & _OUTROS:
                raise ChavesInvalidas(
                    f"{self.arquivo}: qualquer usuário da máquina alcança as chaves; "
                    f"rode chmod 600 {self.arquivo}"
                )
            chaves = ler(self.arquivo)
            lido = _Lido(marca, chaves, {c.id: AESGCM(c.segredo) for c in chaves})
            self._lido = lido
        return lido


def _em_uso(chaves: tuple[Chave, ...]) -> str:
    if len(chaves) == 1:
        return chaves[0].id
    agora = datetime.now(UTC)
    return next((c.id for c in reversed(chaves) if c.desde <= agora), chaves[0].id)


def cifrado(dados: bytes) -> bool:
    """Se o que está guardado foi cifrado."""
    return dados[:1] == bytes((_FORMA,))


def chave_de(dados: bytes) -> str:
    """Identificação da chave que cifrou.

    Raises:
        NaoDecifrado: não é algo cifrado.
    """
    if not cifrado(dados) or len(dados) < INICIO:
        raise NaoDecifrado("o conteúdo não tem a forma do que se cifra")
    return dados[1 : 1 + _ID_BYTES].hex()


def nova(desde: datetime) -> Chave:
    """Sorteia uma chave que passa a cifrar num instante."""
    segredo = AESGCM.generate_key(8 * _CHAVE_BYTES)
    return Chave(_id(segredo), desde.astimezone(UTC).replace(microsecond=0), segredo)


def ler(arquivo: Path) -> tuple[Chave, ...]:
    """As chaves de um arquivo, da que começou a valer primeiro à última.

    Raises:
        ChavesInvalidas: o arquivo falta ou não se entende.
    """
    try:
        linhas = arquivo.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as erro:
        raise ChavesInvalidas(_sem_arquivo(arquivo, erro)) from None
    chaves = [
        _da_linha(arquivo, numero, linha)
        for numero, linha in enumerate(linhas, 1)
        if linha.strip() and not linha.startswith("#")
    ]
    if not chaves:
        raise ChavesInvalidas(f"{arquivo}: não há nenhuma chave")
    return tuple(sorted(chaves, key=lambda c: c.desde))


def criar(arquivo: Path, chave: Chave) -> bool:
    """Cria o arquivo com uma chave, só para o dono.

    Returns:
        Falso se o arquivo já existe, e então nada se fez.

    Raises:
        OSError: não se pôde criar.
    """
    arquivo.parent.mkdir(parents=True, exist_ok=True, mode=_SO_O_DONO_PASTA)
    provisorio = _escrever_ao_lado(arquivo, _TOPO + chave.linha)
    try:
        # o nome só aparece com o conteúdo inteiro, e nunca por cima de outro
        os.link(provisorio, arquivo)
    except FileExistsError:
        return False
    finally:
        provisorio.unlink()
    return True


def acrescentar(arquivo: Path, chave: Chave) -> None:
    """Acrescenta uma chave ao arquivo, de uma só vez.

    Raises:
        OSError: não se pôde escrever.
    """
    texto = arquivo.read_text("utf-8")
    if texto and not texto.endswith("\n"):
        texto += "\n"
    _escrever_ao_lado(arquivo, texto + chave.linha).replace(arquivo)


def _escrever_ao_lado(arquivo: Path, texto: str) -> Path:
    provisorio = arquivo.with_name(f".{arquivo.name}.{os.getpid()}.{os.urandom(4).hex()}")
    descritor = os.open(provisorio, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _SO_O_DONO)
    with os.fdopen(descritor, "w", encoding="utf-8") as saida:
        saida.write(texto)
        saida.flush()
        os.fsync(saida.fileno())
    return provisorio


def _da_linha(arquivo: Path, numero: int, linha: str) -> Chave:
    # o texto nunca repete a linha, que tem o segredo
    try:
        id_, desde, texto = linha.split()
        segredo = base64.b64decode(texto, validate=True)
        instante = datetime.fromisoformat(desde)
    except (ValueError, binascii.Error):
        raise ChavesInvalidas(
            f"{arquivo}, linha {numero}: deve ter identificação, instante e chave"
        ) from None
    if len(segredo) != _CHAVE_BYTES or instante.tzinfo is None or id_ != _id(segredo):
        raise ChavesInvalidas(f"{arquivo}, linha {numero}: a chave está estragada")
    return Chave(id_, instante.astimezone(UTC), segredo)


def _id(segredo: bytes) -> str:
    return hashlib.sha256(b"tiss-gateway chave do arquivo" + segredo).digest()[:_ID_BYTES].hex()


def _sem_arquivo(arquivo: Path, erro: Exception) -> str:
    motivo = getattr(erro, "strerror", None) or "não é texto"
    return f"{arquivo}: não se leem as chaves do arquivo de mensagens ({motivo})"


def _falta(arquivo: Path, ids: list[str]) -> str:
    return (
        f"{arquivo}: falta a chave {', '.join(ids)}, que cifra mensagens deste banco; restaure o "
        "arquivo de chaves da sua cópia, ou copie-o do outro nó"
    )
