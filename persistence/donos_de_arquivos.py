"""De quem é cada arquivo do depósito: de documentos não expurgados, notas, rascunhos e recados."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, select, union

from persistence import tabelas
from persistence.arquivos import chave

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import CompoundSelect

_d = tabelas.documento.c
_n = tabelas.nota_arquivo.c
_x = tabelas.recurso_anexo.c
_r = tabelas.recado_anexo.c


def com_dono(conn: Connection, digests: Collection[str]) -> set[str]:
    """As chaves com dono entre as que têm um destes SHA-256."""
    return {chave(linha.operadora_id, linha.sha256) for linha in conn.execute(_donos(digests))}


def todas(conn: Connection) -> tuple[str, ...]:
    """As chaves de tudo o que tem dono, em ordem; de todas as operadoras."""
    linhas = conn.execute(_donos(None))
    return tuple(sorted(chave(linha.operadora_id, linha.sha256) for linha in linhas))


def _donos(digests: Collection[str] | None) -> CompoundSelect[tuple[int, str]]:
    documentos = select(_d.operadora_id, _d.sha256).where(_d.expurgado_em.is_(None))
    notas = select(_n.operadora_id, _n.sha256)
    anexos = select(_x.operadora_id, _x.sha256)
    dos_recados = select(_r.operadora_id, _r.sha256)
    if digests is not None:
        documentos = documentos.where(_d.sha256.in_(digests))
        notas = notas.where(_n.sha256.in_(digests))
        anexos = anexos.where(_x.sha256.in_(digests))
        dos_recados = dos_recados.where(_r.sha256.in_(digests))
    return union(documentos, notas, anexos, dos_recados)
