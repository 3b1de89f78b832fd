"""A planilha de beneficiários: CSV com ``;``, lida linha a linha.

A primeira linha traz os nomes das colunas, em qualquer ordem. O texto é UTF-8 ou, se não for,
ISO-8859-1. As datas são AAAA-MM-DD ou DD/MM/AAAA.
"""

from __future__ import annotations

import codecs
import csv
import re
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from dominio.textos import cabe_em_latin1
from persistence.beneficiarios import Beneficiario

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COLUNAS = (
    "carteira",
    "nome",
    "cns",
    "validade",
    "suspenso_desde",
    "suspenso_ate",
    "incluido_em",
    "excluido_em",
)
_DATAS = COLUNAS[3:]
_MAIOR_CARTEIRA = 20
_MAIOR_NOME = 200
_CNS = re.compile(r"[0-9]{15}")
_CONTROLE = re.compile(r"[\x00-\x1f\x7f]")
_BRASILEIRA = re.compile(r"([0-9]{2})/([0-9]{2})/([0-9]{4})")
_PEDACO = 1 << 20


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


class _Defeito(ValueError):
    """O que torna uma linha ruim."""


class Planilha:
    """Um arquivo de beneficiários.

    Args:
        arquivo: o CSV.

    Attributes:
        ruins: as linhas ruins da última leitura.

    Raises:
        ArquivoInvalido: não se consegue ler.
    """

    def __init__(self, arquivo: Path) -> None:
        self._arquivo = arquivo
        self.ruins: list[LinhaRuim] = []
        try:
            self._codificacao = _codificacao(arquivo)
        except OSError as erro:
            raise ArquivoInvalido(f"não foi possível ler {arquivo}: {erro.strerror}") from None

    def ler(self) -> Iterator[Beneficiario]:
        """Dá os beneficiários das linhas boas; as ruins ficam em ``ruins``.

        Raises:
            ArquivoInvalido: o cabeçalho não é o que se espera.
        """
        self.ruins = []
        vistas: set[str] = set()
        with self._arquivo.open(encoding=self._codificacao, newline="") as texto:
            linhas = csv.reader(texto, delimiter=";")
            ordem = _ordem(next(linhas, []))
            for campos in linhas:
                if not campos:
                    continue
                try:
                    novo = _beneficiario(campos, ordem)
                    if novo.carteira in vistas:
                        raise _Defeito("a carteira já apareceu numa linha anterior")
                except _Defeito as defeito:
                    self.ruins.append(LinhaRuim(linhas.line_num, str(defeito)))
                else:
                    vistas.add(novo.carteira)
                    yield novo


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


def _ordem(cabecalho: list[str]) -> list[int]:
    """Posição de cada coluna de ``COLUNAS`` no arquivo."""
    nomes = [nome.strip().lower() for nome in cabecalho]
    if sorted(nomes) != sorted(COLUNAS):
        raise ArquivoInvalido(f"a primeira linha deve ser {';'.join(COLUNAS)}")
    return [nomes.index(coluna) for coluna in COLUNAS]


def _beneficiario(campos: list[str], ordem: list[int]) -> Beneficiario:
    if len(campos) != len(ordem):
        raise _Defeito(f"tem {len(campos)} colunas em vez de {len(ordem)}")
    carteira, nome, cns, *datas = (campos[posicao].strip() for posicao in ordem)
    if not 1 <= len(carteira) <= _MAIOR_CARTEIRA or not cabe_em_latin1(carteira):
        raise _Defeito(f"carteira: de 1 a {_MAIOR_CARTEIRA} caracteres em ISO-8859-1")
    if not 1 <= len(nome) <= _MAIOR_NOME:
        raise _Defeito(f"nome: de 1 a {_MAIOR_NOME} caracteres")
    if _CONTROLE.search(carteira) or _CONTROLE.search(nome):
        raise _Defeito("há caracteres de controle")
    if cns and not _CNS.fullmatch(cns):
        raise _Defeito("cns: são quinze algarismos")
    lidas = [_data(coluna, texto) for coluna, texto in zip(_DATAS, datas, strict=True)]
    novo = Beneficiario(carteira, nome, cns or None, *lidas)
    if novo.suspenso_ate is not None and (
        novo.suspenso_desde is None or novo.suspenso_ate < novo.suspenso_desde
    ):
        raise _Defeito("suspenso_ate: vem depois de suspenso_desde, que não pode faltar")
    if novo.incluido_em and novo.excluido_em and novo.excluido_em < novo.incluido_em:
        raise _Defeito("excluido_em: não pode ser anterior a incluido_em")
    return novo


def _data(coluna: str, texto: str) -> date | None:
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
    raise _Defeito(f"{coluna}: a data é AAAA-MM-DD ou DD/MM/AAAA")
