"""O que se confere de um arquivo que se anexa: o nome, o tamanho e o formato que se aceitam."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dominio.formatos_de_anexo import MIB, formato_de
from dominio.impedimento import Impedimento
from dominio.impedimentos import NOME_DO_ARQUIVO
from dominio.impedimentos_de_recurso import ANEXO_RECUSADO, TAMANHO_DO_ANEXO
from persistence import politicas_de_anexos

if TYPE_CHECKING:
    from sqlalchemy import Connection

_MAIOR_NOME = 200


def conferir(conn: Connection, operadora_id: int, nome: str, conteudo: bytes) -> str:
    """O formato de um arquivo que a operadora aceita, como se guarda.

    Args:
        conn: leitura.
        operadora_id: de quem é a política de anexos.
        nome: com que veio.
        conteudo: os bytes.

    Raises:
        Impedimento: o nome, o tamanho ou o formato não servem.
    """
    if not 1 <= len(nome) <= _MAIOR_NOME or not nome.isprintable() or set(nome) & set("/\\"):
        raise Impedimento(NOME_DO_ARQUIVO)
    politica = politicas_de_anexos.ler(conn, operadora_id)
    if not 0 < len(conteudo) <= politica.maior_mib * MIB:
        raise Impedimento(TAMANHO_DO_ANEXO, detalhe=f"O máximo são {politica.maior_mib} MiB.")
    formato = formato_de(nome, conteudo, frozenset(politica.extensoes))
    if formato is None:
        aceitas = ", ".join(politica.extensoes)
        raise Impedimento(ANEXO_RECUSADO, detalhe=f"Aceitam-se: {aceitas}.")
    return formato
