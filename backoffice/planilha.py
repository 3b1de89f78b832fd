"""As planilhas que os comandos e o console leem: CSV com ``;``, linha a linha.

A primeira linha traz os nomes das colunas, em qualquer ordem. O texto é UTF-8 ou, se não for,
ISO-8859-1. As datas são AAAA-MM-DD ou DD/MM/AAAA.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

if TYPE_CHECKING:
    from _csv import Reader as Leitor
    from collections.abc import Callable, Hashable, Iterator, Sequence
    from typing import BinaryIO

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


class Modelo(NamedTuple, Generic[_T]):
    """O que há numa planilha.

    Attributes:
        colunas: os nomes que a primeira linha traz.
        fazer: recebe os campos na ordem das colunas; levanta ``Defeito``.
        chave: o que não se repete numa planilha.
        repetida: o que se diz da linha que a repete.
    """

    colunas: tuple[str, ...]
    fazer: Callable[[list[str]], _T]
    chave: Callable[[_T], Hashable]
    repetida: str


class Planilha(Generic[_T]):
    """Um arquivo CSV do que o modelo diz.

    Args:
        arquivo: o CSV, ou onde ele está.
        modelo: o que há nele.

    Attributes:
        ruins: as linhas ruins da última leitura.

    Raises:
        ArquivoInvalido: não se consegue ler.
    """

    def __init__(self, arquivo: Path | bytes, modelo: Modelo[_T]) -> None:
        self._arquivo = arquivo
        self._modelo = modelo
        self.ruins: list[LinhaRuim] = []
        try:
            with _abrir(arquivo) as bruto:
                self._codificacao = _codificacao(bruto)
        except OSError as erro:
            raise ArquivoInvalido(f"não foi possível ler {arquivo!s}: {erro.strerror}") from None

    def ler(self) -> Iterator[_T]:
        """Dá o que cada linha boa diz; as que não servem vão a ``ruins``.

        Raises:
            ArquivoInvalido: o cabeçalho não é o que se espera.
        """
        self.ruins = []
        vistas: set[Hashable] = set()
        with (
            _abrir(self._arquivo) as bruto,
            io.TextIOWrapper(bruto, self._codificacao, newline="") as texto,
        ):
            linhas = _linhas(csv.reader(texto, delimiter=";"))
            _, cabecalho = next(linhas, (1, []))
            ordem = _ordem(cabecalho, self._modelo.colunas)
            for numero, campos in linhas:
                if not campos:
                    continue
                try:
                    if len(campos) != len(ordem):
                        raise Defeito(f"tem {len(campos)} colunas em vez de {len(ordem)}")
                    feito = self._modelo.fazer([campos[posicao].strip() for posicao in ordem])
                    chave = self._modelo.chave(feito)
                    if chave in vistas:
                        raise Defeito(self._modelo.repetida)
                except Defeito as defeito:
                    self.ruins.append(LinhaRuim(numero, str(defeito)))
                else:
                    vistas.add(chave)
                    yield feito


def _linhas(leitor: Leitor) -> Iterator[tuple[int, list[str]]]:
    """Cada linha com o seu número.

    Raises:
        ArquivoInvalido: o CSV não se lê, como com um campo sem fim.
    """
    try:
        for campos in leitor:
            yield leitor.line_num, campos
    except csv.Error:
        numero = leitor.line_num
        raise ArquivoInvalido(f"a linha {numero} não se lê: confira as aspas") from None


def _abrir(arquivo: Path | bytes) -> BinaryIO:
    return arquivo.open("rb") if isinstance(arquivo, Path) else io.BytesIO(arquivo)


def _codificacao(bruto: BinaryIO) -> str:
    decodificador = codecs.getincrementaldecoder("utf-8")()
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
