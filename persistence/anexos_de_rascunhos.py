"""Os arquivos dos rascunhos de recurso; o conteúdo fica no depósito dos documentos."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection, delete, insert, select

from persistence import tabelas
from persistence.arquivos import chave
from persistence.banco import cifra_de

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from persistence.arquivos import Arquivos


class Anexo(NamedTuple):
    """Um arquivo de um rascunho.

    Attributes:
        id: chave no banco, e o número do documento que virá a ser.
        operadora_id: de quem é.
        rascunho_id: de que rascunho.
        nome: com que veio.
        descricao: a que o documento se refere, dito por quem o anexou.
        tipo: ``dm_tipoDocumento``.
        formato: código de ``dm_formatoDocumento``, ou a extensão se o padrão não o tem.
        guia_posicao: da guia a que se refere, no lote; ausente, é do recurso inteiro.
        sha256: do conteúdo, em hexadecimal.
        tamanho: bytes.
        anexado_em: instante em UTC.
        anexado_por: quem anexou.
    """

    id: int
    operadora_id: int
    rascunho_id: int
    nome: str
    descricao: str | None
    tipo: str
    formato: str
    guia_posicao: int | None
    sha256: str
    tamanho: int
    anexado_em: datetime
    anexado_por: str


_t = tabelas.recurso_anexo.c
_COLUNAS = tuple(_t[nome] for nome in Anexo._fields)


def incluir(conn: Connection, **valores: Any) -> Anexo:
    """Grava um anexo novo.

    Args:
        conn: transação de escrita.
        valores: os campos de ``Anexo``, fora a chave.
    """
    linha = conn.execute(insert(tabelas.recurso_anexo).returning(*_COLUNAS), valores).one()
    return Anexo._make(linha)


def do_rascunho(conn: Connection, rascunho_id: int) -> tuple[Anexo, ...]:
    """Os de um rascunho, do primeiro ao último; quem chama sabe de quem ele é."""
    consulta = select(*_COLUNAS).where(_t.rascunho_id == rascunho_id).order_by(_t.id)
    return tuple(Anexo._make(linha) for linha in conn.execute(consulta))


def ler(conn: Connection, operadora_id: int, rascunho_id: int, anexo_id: int) -> Anexo | None:
    """Um anexo de um rascunho da operadora, se o há."""
    consulta = select(*_COLUNAS).where(
        _t.operadora_id == operadora_id, _t.rascunho_id == rascunho_id, _t.id == anexo_id
    )
    linha = conn.execute(consulta).one_or_none()
    return None if linha is None else Anexo._make(linha)


def apagar(conn: Connection, anexo: Anexo) -> None:
    """Tira um anexo; o conteúdo, se não é de mais ninguém, a varredura apaga."""
    conn.execute(delete(tabelas.recurso_anexo).where(_t.id == anexo.id))


def apagar_todos(conn: Connection, rascunho_id: int) -> None:
    """Tira todos os de um rascunho."""
    conn.execute(delete(tabelas.recurso_anexo).where(_t.rascunho_id == rascunho_id))


def conteudo(conn: Connection, arquivos: Arquivos, anexo: Anexo) -> Iterator[bytes]:
    """O conteúdo, em partes.

    Raises:
        persistence.arquivos.ArquivoAusente: não está no depósito.
        persistence.arquivos.ArquivoEstragado: não é o que se guardou.
    """
    return arquivos.abrir(chave(anexo.operadora_id, anexo.sha256), cifra_de(conn))
