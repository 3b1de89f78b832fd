"""As planilhas que os comandos leem: CSV com ``;``, linha a linha.

A primeira linha traz os nomes das colunas, em qualquer ordem. O texto é UTF-8 ou, se não for,
ISO-8859-1. As datas são AAAA-MM-DD ou DD/MM/AAAA.
"""

from __future__ import annotations

import codecs
import csv
import re
from datetime import date
from typing import TYPE_CHECKING, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

_BRASILEIRA = re.compile(r"([0-9]{2})/([0-9]{2})/([0-9]{4})")
_PEDACO = 1 << 20
_MOSTRADAS = 10
_T = TypeVar("_T")


class ArquivoInvalido(Exception):
    """O arquivo inteiro não serve: não se lê, ou o cabeçalho não é o que se espera."""


class LinhaRuim(NamedTuple):
    """Uma linha que não serve.

    Attributes:
        numero: no arquivo, a partir de 1, contado o cabeçalho.
        motivo: em português, sem repetir valores.
    """

    numero: int
    motivo: str


class Defeito(ValueError):
    """O que torna uma linha ruim."""


class Leitura:
    """Um arquivo CSV com as suas colunas.

    Args:
        arquivo: o CSV.
        colunas: os nomes que a primeira linha traz.

    Attributes:
        ruins: as linhas ruins da última leitura.

    Raises:
        ArquivoInvalido: não se consegue ler.
    """

    def __init__(self, arquivo: Path, colunas: Sequence[str]) -> None:
        self._arquivo = arquivo
        self._colunas = colunas
        self.ruins: list[LinhaRuim] = []
        try:
            self._codificacao = _codificacao(arquivo)
        except OSError as erro:
            raise ArquivoInvalido(f"não foi possível ler {arquivo}: {erro.strerror}") from None

    def ler(self, fazer: Callable[[list[str]], _T]) -> Iterator[_T]:
        """Dá o que ``fazer`` faz dos campos de cada linha; as que não servem vão a ``ruins``.

        Args:
            fazer: recebe os campos na ordem das colunas; levanta ``Defeito``.

        Raises:
            ArquivoInvalido: o cabeçalho não é o que se espera.
        """
        self.ruins = []
        with self._arquivo.open(encoding=self._codificacao, newline="") as texto:
            linhas = csv.reader(texto, delimiter=";")
            ordem = _ordem(next(linhas, []), self._colunas)
            for campos in linhas:
                if not campos:
                    continue
                try:
                    if len(campos) != len(ordem):
                        raise Defeito(f"tem {len(campos)} colunas em vez de {len(ordem)}")
                    feito = fazer([campos[posicao].strip() for posicao in ordem])
                except Defeito as defeito:
                    self.ruins.append(LinhaRuim(linhas.line_num, str(defeito)))
                else:
                    yield feito


def _codificacao(arquivo: Path) -> str:
    decodificador = codecs.getincrementaldecoder("utf-8")()
    with arquivo.open("rb") as bruto:
        try:
            while pedaco := bruto.read(_PEDACO):
                decodificador.decode(pedaco)
            decodificador.decode(b"", final=True)
        except UnicodeDecodeError:
            return "iso-8859-1"
    return "utf-8-sig"


def _ordem(cabecalho: list[str], colunas: Sequence[str]) -> list[int]:
    """Posição de cada coluna no arquivo."""
    nomes = [nome.strip().lower() for nome in cabecalho]
    if sorted(nomes) != sorted(colunas):
        raise ArquivoInvalido(f"a primeira linha deve ser {';'.join(colunas)}")
    return [nomes.index(coluna) for coluna in colunas]


def ler_data(coluna: str, texto: str) -> date | None:
    """A data de um campo, que pode estar vazio.

    Raises:
        Defeito: não é uma data.
    """
    if not texto:
        return None
    brasileira = _BRASILEIRA.fullmatch(texto)
    try:
        if brasileira is not None:
            dia, mes, ano = (int(parte) for parte in brasileira.groups())
            return date(ano, mes, dia)
        if len(texto) == len("AAAA-MM-DD"):
            return date.fromisoformat(texto)
    except ValueError:
        pass
    raise Defeito(f"{coluna}: a data é AAAA-MM-DD ou DD/MM/AAAA")


def resumo_das_ruins(ruins: Sequence[LinhaRuim]) -> str:
    """As primeiras linhas ruins, uma por linha, e quantas mais há."""
    linhas = [f"linha {ruim.numero}: {ruim.motivo}" for ruim in ruins[:_MOSTRADAS]]
    if len(ruins) > _MOSTRADAS:
        linhas.append(f"e mais {len(ruins) - _MOSTRADAS}; --json mostra todas")
    return "\n".join(linhas)


def ruins_em_json(ruins: Sequence[LinhaRuim]) -> list[dict[str, int | str]]:
    """Todas as linhas ruins, para ``--json``."""
    return [{"linha": ruim.numero, "motivo": ruim.motivo} for ruim in ruins]
