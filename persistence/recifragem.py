"""Passar o que se guarda cifrado para a chave em uso, aos poucos: mensagens e documentos."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Connection, select, update

from persistence import chaves, guarda, tabelas
from persistence.arquivos import ArquivoAusente, ArquivoEstragado
from persistence.cifra import chave_de, cifrado

if TYPE_CHECKING:
    from persistence.arquivos import Arquivos
    from persistence.cifra import Cifra

_m = tabelas.mensagem.c


class Passada(NamedTuple):
    """Uma parte do arquivo que se percorreu.

    Attributes:
        ultima: identificação da última mensagem vista; ausente quando não há mais.
        recifradas: quantas mudaram de chave.
    """

    ultima: str | None
    recifradas: int


def recifrar(conn: Connection, depois_de: str, limite: int) -> Passada:
    """Cifra com a chave em uso as mensagens que estão às claras ou com outra chave.

    Args:
        conn: a transação, de um banco aberto com cifra.
        depois_de: ``ultima`` da passada anterior; vazio na primeira.
        limite: quantas mensagens ver.

    Raises:
        ChavesInvalidas: falta uma chave.
        NaoDecifrado: os bytes de uma foram alterados.
    """
    cifra = guarda.cifra_exigida(conn)
    chaves.registrar(conn, cifra)
    linhas = conn.execute(
        select(_m.id, _m.pedido, _m.resposta)
        .where(_m.id > depois_de, _m.expurgada_em.is_(None))
        .order_by(_m.id)
        .limit(limite)
    ).all()
    recifradas = 0
    for linha in linhas:
        novos = {
            coluna: guarda.recifrar(conn, linha.id, coluna, guardado)
            for coluna, guardado in (("pedido", linha.pedido), ("resposta", linha.resposta))
            if guardado is not None and not _em_uso(cifra, guardado)
        }
        if novos:
            conn.execute(update(tabelas.mensagem).where(_m.id == linha.id).values(novos))
            recifradas += 1
    return Passada(linhas[-1].id if linhas else None, recifradas)


class Deposito(NamedTuple):
    """O que se fez do depósito dos documentos.

    Attributes:
        recifrados: quantos arquivos mudaram de chave.
        estragados: chaves dos que não são o que se guardou, e ficaram como estavam.
    """

    recifrados: int
    estragados: tuple[str, ...]


def recifrar_arquivos(arquivos: Arquivos, cifra: Cifra) -> Deposito:
    """Cifra com a chave em uso os arquivos que estão às claras ou com outra chave.

    Cada um muda por si e por inteiro: interrompida, a próxima passada faz só os que faltam.

    Raises:
        OSError: não se pôde escrever.
        ChavesInvalidas: falta uma chave.
    """
    recifrados = 0
    estragados: list[str] = []
    for chave in arquivos.todas():
        try:
            recifrados += arquivos.recifrar(chave, cifra)
        except ArquivoAusente:
            # a varredura das sobras acaba de o apagar
            continue
        except ArquivoEstragado:
            estragados.append(chave)
    return Deposito(recifrados, tuple(estragados))


def _em_uso(cifra: Cifra, guardado: bytes) -> bool:
    return cifrado(guardado) and chave_de(guardado) == cifra.em_uso()
