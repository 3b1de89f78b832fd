"""O arquivo de cada nota fiscal; o conteúdo fica no depósito dos documentos."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Connection, delete, insert, select

from persistence import tabelas
from persistence.arquivos import chave
from persistence.banco import cifra_de

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import datetime

    from persistence.arquivos import Arquivos


class ArquivoDeNota(NamedTuple):
    """O arquivo de uma nota fiscal.

    Attributes:
        nota_id: de que nota é.
        operadora_id: de quem é.
        nome: com que veio.
        formato: chave de ``dominio.formatos_de_nota.FORMATOS``.
        sha256: do conteúdo, em hexadecimal.
        tamanho: bytes.
        anexado_em: instante em UTC.
        anexado_por: quem anexou.
    """

    nota_id: int
    operadora_id: int
    nome: str
    formato: str
    sha256: str
    tamanho: int
    anexado_em: datetime
    anexado_por: str


_t = tabelas.nota_arquivo.c
_COLUNAS = tuple(_t[nome] for nome in ArquivoDeNota._fields)


def gravar(conn: Connection, arquivo: ArquivoDeNota) -> None:
    """Põe o arquivo na nota, no lugar do que ela tinha."""
    apagar(conn, arquivo.nota_id)
    conn.execute(insert(tabelas.nota_arquivo), arquivo._asdict())


def apagar(conn: Connection, nota_id: int) -> None:
    """Tira o arquivo de uma nota; o conteúdo, se não é de mais ninguém, a varredura apaga."""
    conn.execute(delete(tabelas.nota_arquivo).where(_t.nota_id == nota_id))


def ler(conn: Connection, operadora_id: int, nota_id: int) -> ArquivoDeNota | None:
    """O arquivo de uma nota da operadora, se ela o tem."""
    consulta = select(*_COLUNAS).where(_t.operadora_id == operadora_id, _t.nota_id == nota_id)
    linha = conn.execute(consulta).one_or_none()
    return None if linha is None else ArquivoDeNota._make(linha)


def com_arquivo(conn: Connection, operadora_id: int, notas: Collection[int]) -> frozenset[int]:
    """Quais de umas notas da operadora têm arquivo."""
    consulta = select(_t.nota_id).where(_t.operadora_id == operadora_id, _t.nota_id.in_(notas))
    return frozenset(conn.execute(consulta).scalars())


def conteudo(conn: Connection, arquivos: Arquivos, arquivo: ArquivoDeNota) -> Iterator[bytes]:
    """O conteúdo, em partes.

    Raises:
        persistence.arquivos.ArquivoAusente: não está no depósito.
        persistence.arquivos.ArquivoEstragado: não é o que se guardou.
    """
    return arquivos.abrir(chave(arquivo.operadora_id, arquivo.sha256), cifra_de(conn))
