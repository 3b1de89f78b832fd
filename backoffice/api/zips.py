"""Zip de mensagens: abrir o que chega sem confiar nele, e fechar o das respostas."""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
import zlib
from typing import TYPE_CHECKING

from backoffice.api.problemas import Problema

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_LOCAL = b"PK\x03\x04"
_VAZIO = b"PK\x05\x06"
_CENTRAL = b"PK\x01\x02"
_METODOS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_CIFRADO = 0x1
_RAZAO = 200
"""Quantas vezes uma entrada grande pode crescer; XML de verdade cresce de 20 a 60."""
_GRANDE = 1_048_576
_DO_SISTEMA = "__MACOSX/"
_FORA_DO_NOME = re.compile(r"[^A-Za-z0-9._-]+")
_ILEGIVEL = (
    zipfile.BadZipFile,
    zlib.error,
    NotImplementedError,
    RuntimeError,
    EOFError,
    OSError,
    # um diretório central adulterado dá nomes ilegíveis, vazios ou posições negativas
    ValueError,
    IndexError,
    OverflowError,
)


def e_zip(dados: bytes) -> bool:
    """Diz se os bytes começam como um zip."""
    return dados.startswith((_LOCAL, _VAZIO))


def abrir(dados: bytes, *, entradas: int, total: int) -> Iterator[tuple[str, bytes]]:
    """Nome e conteúdo de cada arquivo de um zip; os nomes são só rótulos, nunca caminhos.

    Args:
        dados: o zip inteiro.
        entradas: o máximo de entradas.
        total: o máximo de bytes de todas, descomprimidas.

    Raises:
        Problema: o zip está corrompido, cifrado, passa dos limites ou traz outro zip.
    """
    # antes de o módulo ler o diretório, que um zip hostil faz do tamanho que quiser
    if dados.count(_CENTRAL) > entradas:
        raise Problema(413, f"O zip tem mais de {entradas} entradas.")
    try:
        with zipfile.ZipFile(io.BytesIO(dados)) as arquivo:
            for entrada in arquivo.infolist():
                if entrada.is_dir() or entrada.filename.startswith(_DO_SISTEMA):
                    continue
                conteudo = _ler(arquivo, entrada, total)
                total -= len(conteudo)
                yield entrada.filename, conteudo
    except _ILEGIVEL:
        raise Problema(400, "O zip está corrompido.") from None


def _ler(arquivo: zipfile.ZipFile, entrada: zipfile.ZipInfo, limite: int) -> bytes:
    if entrada.flag_bits & _CIFRADO:
        raise Problema(400, "O zip está cifrado; envie-o sem senha.")
    if entrada.compress_type not in _METODOS:
        raise Problema(400, "O zip usa uma compressão que não se aceita; use deflate.")
    with arquivo.open(entrada) as fluxo:
        conteudo = fluxo.read(limite + 1)
    if len(conteudo) > limite:
        raise Problema(413, "O zip passa do tamanho aceito depois de aberto.")
    if len(conteudo) > _GRANDE and len(conteudo) > _RAZAO * entrada.compress_size:
        raise Problema(413, "O zip cresce demais ao ser aberto.")
    if e_zip(conteudo):
        raise Problema(400, "Há um zip dentro do zip.")
    return conteudo


def fechar(arquivos: Iterable[tuple[str, bytes]]) -> bytes:
    """Um zip com os arquivos dados."""
    saida = io.BytesIO()
    with zipfile.ZipFile(saida, "w", zipfile.ZIP_DEFLATED) as arquivo:
        for nome, conteudo in arquivos:
            arquivo.writestr(nome, conteudo)
    return saida.getvalue()


def nome_seguro(posicao: int, nome: str) -> str:
    """Nome da resposta a um arquivo: a posição e o que sobra do nome, sem caminho."""
    ascii_ = unicodedata.normalize("NFKD", nome).encode("ascii", "ignore").decode()
    base = ascii_[:-4] if ascii_.lower().endswith(".xml") else ascii_
    limpo = _FORA_DO_NOME.sub("_", base).strip("._")[:60]
    return f"{posicao:04d}-{limpo or 'mensagem'}.xml"
