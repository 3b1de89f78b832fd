"""Os arquivos que acompanham um recado; o conteúdo fica no depósito dos documentos."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection, insert, select

from persistence import tabelas
from persistence.arquivos import chave
from persistence.banco import cifra_de

if TYPE_CHECKING:
    from collections.abc import Iterator

    from persistence.arquivos import Arquivos


class AnexoDeRecado(NamedTuple):
    """Um arquivo de um recado.

    Attributes:
        id: chave no banco, crescente.
        operadora_id: de quem é.
        recado_id: de que recado.
        nome: com que veio.
        formato: código de ``dm_formatoDocumento``, ou a extensão se o padrão não o tem.
        sha256: do conteúdo, em hexadecimal.
        tamanho: bytes.
    """

    id: int
    operadora_id: int
    recado_id: int
    nome: str
    formato: str
    sha256: str
    tamanho: int


_t = tabelas.recado_anexo.c
_r = tabelas.recado.c
_COLUNAS = tuple(_t[nome] for nome in AnexoDeRecado._fields)


def incluir(conn: Connection, **valores: Any) -> None:
    """Grava um anexo de um recado.

    Args:
        conn: transação de escrita.
        valores: os campos de ``AnexoDeRecado``, fora a chave.
    """
    conn.execute(insert(tabelas.recado_anexo), valores)


def do_protocolo(
    conn: Connection, operadora_id: int, protocolo_id: int
) -> dict[int, tuple[AnexoDeRecado, ...]]:
    """Chave do recado -> os seus anexos, dos recados de um protocolo da operadora."""
    consulta = (
        select(*_COLUNAS)
        .join(tabelas.recado, _r.id == _t.recado_id)
        .where(_t.operadora_id == operadora_id, _r.protocolo_id == protocolo_id)
        .order_by(_t.id)
    )
    achados: dict[int, tuple[AnexoDeRecado, ...]] = {}
    for linha in conn.execute(consulta):
        um = AnexoDeRecado._make(linha)
        achados[um.recado_id] = (*achados.get(um.recado_id, ()), um)
    return achados


def conteudo(conn: Connection, arquivos: Arquivos, anexo: AnexoDeRecado) -> Iterator[bytes]:
    """O conteúdo, em partes.

    Raises:
        persistence.arquivos.ArquivoAusente: não está no depósito.
        persistence.arquivos.ArquivoEstragado: não é o que se guardou.
    """
    return arquivos.abrir(chave(anexo.operadora_id, anexo.sha256), cifra_de(conn))
