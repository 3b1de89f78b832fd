"""Que arquivos uma operadora aceita com um recurso de glosa; sem linha, todos os conhecidos."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select

from dominio.formatos_de_anexo import EXTENSOES, MAIOR_ARQUIVO
from persistence import tabelas


class PoliticaDeAnexos(NamedTuple):
    """O que a operadora escolhe.

    Attributes:
        extensoes: as que se aceitam.
        maior_mib: MiB de cada arquivo.
    """

    extensoes: tuple[str, ...] = EXTENSOES
    maior_mib: int = MAIOR_ARQUIVO


_t = tabelas.politica_anexo.c


def ler(conn: Connection, operadora_id: int) -> PoliticaDeAnexos:
    """A política de uma operadora."""
    consulta = select(_t.extensoes, _t.maior_mib).where(_t.operadora_id == operadora_id)
    linha = conn.execute(consulta).one_or_none()
    if linha is None:
        return PoliticaDeAnexos()
    return PoliticaDeAnexos(tuple(linha.extensoes or EXTENSOES), linha.maior_mib)


def gravar(conn: Connection, operadora_id: int, politica: PoliticaDeAnexos) -> None:
    """Guarda a política de uma operadora no lugar da que havia."""
    conn.execute(delete(tabelas.politica_anexo).where(_t.operadora_id == operadora_id))
    todas = politica.extensoes == EXTENSOES
    conn.execute(
        insert(tabelas.politica_anexo),
        {
            "operadora_id": operadora_id,
            # a lista inteira não se guarda: vale também o que vier a conhecer-se
            "extensoes": None if todas else list(politica.extensoes),
            "maior_mib": politica.maior_mib,
        },
    )
