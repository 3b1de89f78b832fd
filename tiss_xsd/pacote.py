"""Abre um pacote de esquemas, zip ou pasta, sem confiar em nada do que ele traz.

Nada é gravado: o conteúdo fica em memória, com o tamanho de tudo limitado antes de ser lido.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import stat
import struct
import zipfile
import zlib
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_MIB = 1_048_576
MAIOR_PACOTE = 16 * _MIB
"""Bytes de um arquivo zip, o de fora ou um de dentro; os da ANS têm cem mil."""
MAIOR_TOTAL = 64 * _MIB
"""Bytes de tudo o que o pacote tem, descomprimido e somado em todos os níveis."""
MAIOR_ESQUEMA = 4 * _MIB
"""Bytes de um arquivo de esquema; o maior da ANS tem 174 mil."""
MAIS_ENTRADAS = 2000
"""Arquivos e pastas, somados em todos os níveis."""
MAIOR_PROFUNDIDADE = 3
"""Quantos zips podem estar um dentro do outro, além do de fora."""
MAIOR_RAZAO = 100
"""Quantas vezes uma entrada de mais de 1 MiB pode crescer; esquemas crescem até dez."""

_CIFRADO = 0x1 | 0x40 | 0x2000
_NOME_UTF8 = 0x800
_FIM = b"PK\x05\x06"
_TAMANHO_DO_FIM = 22
_LOCALIZADOR_ZIP64 = b"PK\x06\x07"
_MAIOR_INDICE = 1 * _MIB
# o módulo zipfile cria um objeto por entrada antes de se poder contá-las
_DEFEITOS = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    OverflowError,
    ValueError,
)
# o que o módulo zipfile levanta diante de bytes estragados
_UNIDADE = re.compile(r"[A-Za-z]:")


class PacoteIlegivel(Exception):
    """O caminho do pacote não existe ou não pode ser lido."""


class PacoteRecusado(Exception):
    """O pacote foi lido e não é um que se possa instalar."""


class Membro(NamedTuple):
    """Um arquivo do pacote.

    Attributes:
        lugar: zips e pastas em que está, separados por ``/``; vazio na raiz.
        nome: sem pastas.
        conteudo: ``None`` nos arquivos que não são esquemas, que não são lidos.
    """

    lugar: str
    nome: str
    conteudo: bytes | None


class Interno(NamedTuple):
    """Um zip dentro do pacote: onde está e o seu resumo."""

    lugar: str
    sha256: str


class Pacote(NamedTuple):
    """O que um pacote tem.

    Attributes:
        nome: do arquivo ou da pasta.
        sha256: do arquivo; ``None`` quando o pacote é uma pasta.
        membros: todos os arquivos, na ordem do pacote.
        internos: os zips de dentro.
    """

    nome: str
    sha256: str | None
    membros: tuple[Membro, ...]
    internos: tuple[Interno, ...]


def abrir(caminho: Path) -> Pacote:
    """Lê um pacote inteiro.

    Args:
        caminho: de um arquivo zip ou de uma pasta.

    Raises:
        PacoteIlegivel: se o caminho não existe, não pode ser lido ou não é arquivo nem pasta.
        PacoteRecusado: se o conteúdo não é um zip, é perigoso ou é grande demais.
    """
    leitura = _Leitura()
    try:
        if caminho.is_dir():
            leitura.pasta(caminho)
            resumo = None
        elif caminho.is_file():
            _confere_tamanho(caminho.stat().st_size, MAIOR_PACOTE, caminho.name)
            conteudo = caminho.read_bytes()
            resumo = hashlib.sha256(conteudo).hexdigest()
            leitura.zip(conteudo, "", 0)
        elif caminho.exists():
            raise PacoteIlegivel(f"{caminho} não é um arquivo nem uma pasta")
        else:
            raise PacoteIlegivel(f"não há nada em {caminho}")
    except OSError as erro:
        raise PacoteIlegivel(f"não foi possível ler {caminho}: {erro.strerror}") from erro
    nome = _legivel(caminho.resolve().name)
    return Pacote(nome, resumo, tuple(leitura.membros), tuple(leitura.internos))


def _confere_tamanho(tamanho: int, limite: int, nome: str) -> None:
    if tamanho > limite:
        raise PacoteRecusado(f"{nome} tem {tamanho} bytes; o limite é {limite}")


class _Leitura:
    """Uma leitura em curso, com o que já se contou dela."""

    def __init__(self) -> None:
        self.membros: list[Membro] = []
        self.internos: list[Interno] = []
        self._entradas = 0
        self._total = 0

    def _contar(self, tamanho: int) -> None:
        self._entradas += 1
        self._total += tamanho
        if self._entradas > MAIS_ENTRADAS:
            raise PacoteRecusado(f"o pacote tem mais de {MAIS_ENTRADAS} entradas")
        if self._total > MAIOR_TOTAL:
            raise PacoteRecusado(f"o pacote tem mais de {MAIOR_TOTAL} bytes descomprimido")

    def pasta(self, raiz: Path) -> None:
        """Lê uma pasta, sem seguir ligações simbólicas."""
        pendentes = [raiz]
        while pendentes:
            atual = pendentes.pop()
            for entrada in sorted(atual.iterdir()):
                relativo = entrada.relative_to(raiz)
                dito = _legivel(str(relativo))
                _confere_nome(dito)
                situacao = entrada.lstat()
                if stat.S_ISDIR(situacao.st_mode):
                    self._contar(0)
                    pendentes.append(entrada)
                elif stat.S_ISREG(situacao.st_mode):
                    self._contar(situacao.st_size)
                    self._membro(dito, situacao.st_size, entrada.read_bytes, 0)
                else:
                    raise PacoteRecusado(f"{dito} é uma ligação ou não é um arquivo comum")

    def zip(self, conteudo: bytes, lugar: str, nivel: int) -> None:
        """Lê um zip; ``nivel`` é quantos outros estão em volta dele."""
        onde = lugar or "o pacote"
        _confere_indice(conteudo, onde)
        try:
            with zipfile.ZipFile(io.BytesIO(conteudo)) as arquivo:
                for entrada in arquivo.infolist():
                    self._entrada(arquivo, entrada, lugar, nivel)
        except _DEFEITOS as erro:
            raise PacoteRecusado(f"{onde} não é um zip íntegro") from erro

    def _entrada(
        self, arquivo: zipfile.ZipFile, entrada: zipfile.ZipInfo, lugar: str, nivel: int
    ) -> None:
        nome = _nome(entrada)
        _confere_nome(nome)
        _confere_nome(entrada.orig_filename)
        tipo = stat.S_IFMT(entrada.external_attr >> 16)
        if tipo not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise PacoteRecusado(f"{nome} é uma ligação ou não é um arquivo comum")
        if entrada.flag_bits & _CIFRADO:
            raise PacoteRecusado(f"{nome} está cifrado")
        if entrada.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise PacoteRecusado(f"{nome} usa uma compressão que não é aceita")
        self._contar(entrada.file_size)
        if entrada.file_size > max(_MIB, MAIOR_RAZAO * entrada.compress_size):
            raise PacoteRecusado(f"{nome} cresce mais de {MAIOR_RAZAO} vezes ao descomprimir")
        if not entrada.is_dir():
            completo = f"{lugar}/{nome}" if lugar else nome
            self._membro(completo, entrada.file_size, lambda: arquivo.read(entrada), nivel)

    def _membro(self, caminho: str, tamanho: int, ler: Callable[[], bytes], nivel: int) -> None:
        lugar, _, nome = caminho.rpartition("/")
        extensao = nome.lower().rpartition(".")[2]
        if extensao == "zip":
            if nivel == MAIOR_PROFUNDIDADE:
                raise PacoteRecusado(f"{caminho} está dentro de zips demais")
            _confere_tamanho(tamanho, MAIOR_PACOTE, caminho)
            conteudo = ler()
            self.internos.append(Interno(caminho, hashlib.sha256(conteudo).hexdigest()))
            self.zip(conteudo, caminho, nivel + 1)
        elif extensao == "xsd":
            _confere_tamanho(tamanho, MAIOR_ESQUEMA, caminho)
            self.membros.append(Membro(lugar, nome, ler()))
        else:
            self.membros.append(Membro(lugar, nome, None))


def _confere_indice(conteudo: bytes, onde: str) -> None:
    """Recusa um índice grande demais para ser aberto, diga o que disser a contagem dele."""
    inicio = max(0, len(conteudo) - _TAMANHO_DO_FIM - 0xFFFF)
    achado = conteudo.find(_FIM, inicio)
    if achado < 0:
        raise PacoteRecusado(f"{onde} não é um zip")
    while achado >= 0:
        indice = int.from_bytes(conteudo[achado + 12 : achado + 16], "little")
        if indice > _MAIOR_INDICE or conteudo[max(0, achado - 20) :].startswith(_LOCALIZADOR_ZIP64):
            raise PacoteRecusado(f"{onde} tem entradas demais")
        achado = conteudo.find(_FIM, achado + 1)


def _nome(entrada: zipfile.ZipInfo) -> str:
    """Nome como o autor o escreveu: os pacotes da ANS usam a página 850 sem o dizer."""
    if entrada.flag_bits & _NOME_UTF8:
        return entrada.filename
    try:
        bruto = entrada.filename.encode("cp437")
    except UnicodeEncodeError:
        return entrada.filename
    try:
        return bruto.decode("utf-8")
    except UnicodeDecodeError:
        return bruto.decode("cp850")


def _legivel(nome: str) -> str:
    return os.fsencode(nome).decode("utf-8", "replace")


def _confere_nome(nome: str) -> None:
    if (
        nome.startswith("/")
        or "\\" in nome
        or ".." in nome.split("/")
        or _UNIDADE.match(nome)
        or not nome.isprintable()
    ):
        raise PacoteRecusado(f"o nome {nome!a} sai da pasta do pacote ou não é um nome")
