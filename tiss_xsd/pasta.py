"""A pasta de dados em que ficam os esquemas que o operador instalou.

``<pasta>/<versão>/<conjunto>/`` guarda um conjunto e não muda mais; ``<pasta>/<versão>/atual`` diz
qual vale. Trocar de conjunto é trocar esse arquivo, num passo só: um gateway no ar continua a ler
os arquivos com que começou.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from dominio.versoes import tem_forma

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_ATUAL = "atual"
_REGISTRO = "procedencia.json"
_TRAVA = ".trava"
_SO_O_DONO = 0o700
_NOME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*\.xsd")


class PastaInvalida(Exception):
    """A pasta de esquemas existe e não pode ser usada."""


class ArquivoInstalado(NamedTuple):
    """Um esquema instalado.

    Attributes:
        caminho: do arquivo na pasta de dados.
        original: SHA-256 do arquivo no pacote.
        instalado: SHA-256 do que se gravou.
    """

    caminho: Path
    original: str
    instalado: str


class Instalado(NamedTuple):
    """O conjunto que vale numa versão.

    Attributes:
        resumo: SHA-256 sobre nomes e resumos dos arquivos do pacote.
        pacote: nome do arquivo ou pasta de que veio.
        arquivos: por nome.
    """

    resumo: str
    pacote: str
    arquivos: Mapping[str, ArquivoInstalado]


def resumo_do_conjunto(arquivos: Mapping[str, bytes]) -> str:
    """SHA-256 que muda quando muda o nome ou o conteúdo de um arquivo."""
    linhas = (f"{sha256(arquivos[nome])}  {nome}\n" for nome in sorted(arquivos))
    return sha256("".join(linhas).encode())


def sha256(conteudo: bytes) -> str:
    """Resumo em hexadecimal."""
    return hashlib.sha256(conteudo).hexdigest()


def ler(pasta: Path) -> dict[str, Instalado]:
    """Versões instaladas numa pasta; nenhuma quando ela ainda não existe.

    Raises:
        PastaInvalida: se a pasta não pode ser lida ou foi mexida por outros.
    """
    try:
        return {
            versao.name: _ler_conjunto(versao / (versao / _ATUAL).read_text("ascii").strip())
            for versao in sorted(pasta.iterdir())
            if tem_forma(versao.name) and (versao / _ATUAL).exists()
        }
    except FileNotFoundError as erro:
        if pasta.exists():
            raise PastaInvalida(f"falta {erro.filename}") from erro
        return {}
    except OSError as erro:
        raise PastaInvalida(f"não foi possível ler {pasta}: {erro.strerror}") from erro
    except (ValueError, LookupError, TypeError, AttributeError) as erro:
        raise PastaInvalida(f"{pasta} tem um {_ATUAL} ou {_REGISTRO} ilegível") from erro


def _ler_conjunto(lugar: Path) -> Instalado:
    registro = json.loads((lugar / _REGISTRO).read_text("utf-8"))
    arquivos = {}
    for nome, resumos in registro["arquivos"].items():
        if not _NOME.fullmatch(nome):
            raise ValueError(nome)
        arquivos[nome] = ArquivoInstalado(
            lugar / nome, str(resumos["original"]), str(resumos["instalado"])
        )
    return Instalado(str(registro["resumo"]), str(registro["pacote"]), arquivos)


@contextmanager
def trancada(pasta: Path) -> Iterator[None]:
    """Cria a pasta se falta e deixa um só processo por vez instalar nela.

    Raises:
        OSError: se a pasta não pode ser criada ou escrita.
    """
    for parte in (*reversed(pasta.parents), pasta):
        # só o dono: a pasta de dados acima desta também guarda o banco
        if not parte.exists():
            parte.mkdir(mode=_SO_O_DONO, exist_ok=True)
    with (pasta / _TRAVA).open("ab") as trava:
        fcntl.flock(trava, fcntl.LOCK_EX)
        yield


def gravar(
    pasta: Path,
    versao: str,
    *,
    pacote: str,
    sha256_do_pacote: str | None,
    originais: Mapping[str, bytes],
    novos: Mapping[str, bytes],
) -> None:
    """Grava um conjunto e faz dele o que vale na versão.

    Args:
        pasta: a de dados, já trancada.
        versao: na forma do elemento ``Padrao``.
        pacote: nome de onde veio.
        sha256_do_pacote: ``None`` quando veio de uma pasta.
        originais: conteúdo de cada arquivo no pacote.
        novos: o que se grava de cada um.

    Raises:
        OSError: se não foi possível gravar; o que valia antes continua a valer.
    """
    resumo = resumo_do_conjunto(originais)
    registro = {
        "resumo": resumo,
        "pacote": pacote,
        "sha256": sha256_do_pacote,
        "arquivos": {
            nome: {"original": sha256(originais[nome]), "instalado": sha256(novos[nome])}
            for nome in sorted(novos)
        },
    }
    da_versao = pasta / versao
    da_versao.mkdir(mode=_SO_O_DONO, exist_ok=True)
    lugar = Path(tempfile.mkdtemp(prefix=f"{resumo[:16]}-", dir=da_versao))
    try:
        for nome, conteudo in novos.items():
            _escrever(lugar / nome, conteudo)
        _escrever(lugar / _REGISTRO, json.dumps(registro, ensure_ascii=False, indent=1).encode())
        _escrever(lugar / f".{_ATUAL}", lugar.name.encode())
        for gravada in (lugar, da_versao, pasta):
            _firmar(gravada)
        # até aqui nada vale; depois disto vale tudo
        (lugar / f".{_ATUAL}").replace(da_versao / _ATUAL)
    except BaseException:
        shutil.rmtree(lugar, ignore_errors=True)
        raise
    _firmar(da_versao)


def alterados(instalado: Instalado) -> tuple[str, ...]:
    """Nomes dos arquivos que faltam ou já não são como foram gravados."""
    return tuple(n for n, a in instalado.arquivos.items() if _alterado(a))


def _alterado(arquivo: ArquivoInstalado) -> bool:
    try:
        return sha256(arquivo.caminho.read_bytes()) != arquivo.instalado
    except OSError:
        return True


def _escrever(caminho: Path, conteudo: bytes) -> None:
    with caminho.open("xb") as arquivo:
        arquivo.write(conteudo)
        arquivo.flush()
        os.fsync(arquivo.fileno())


def _firmar(pasta: Path) -> None:
    """Faz a lista de nomes de uma pasta chegar ao disco."""
    descritor = os.open(pasta, os.O_RDONLY)
    try:
        os.fsync(descritor)
    finally:
        os.close(descritor)
