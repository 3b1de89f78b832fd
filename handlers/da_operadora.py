"""O que os pedidos da própria operadora têm em comum: achar, trancar, repetir sem repetir.

São pedidos da API, da linha de comando e de importações, e não mensagens TISS. O que não se faz é
``Impedimento``, e a transação de quem chama deve então ser desfeita.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from dominio.impedimento import Impedimento, Lugar
from dominio.impedimentos import (
    CHAVE_INVALIDA,
    CHAVE_REUSADA,
    NUMERO_OCUPADO,
    PROTOCOLO_AUSENTE,
    REVISAO_ANTIGA,
    SITUACAO,
    TEXTO_INVALIDO,
)
from dominio.situacao import TransicaoProibida
from persistence import protocolos
from persistence.erros import NumeroEmUso

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from dominio.situacao import StatusProtocolo
    from persistence.protocolos import Protocolo


class Autor(NamedTuple):
    """Quem pede, e quando.

    Attributes:
        quem: nome que fica no histórico.
        agora: instante em UTC.
    """

    quem: str
    agora: datetime


_MAIOR_CHAVE = 200
_CONTROLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def trancar_lote(conn: Connection, operadora_id: int, numero: int) -> Protocolo:
    """O protocolo de um lote, trancado até o fim da transação.

    Raises:
        Impedimento: a operadora não tem lote com esse protocolo.
    """
    protocolo = protocolos.trancar(conn, operadora_id, numero)
    if protocolo is None or protocolo.lote_id is None:
        raise Impedimento(PROTOCOLO_AUSENTE, Lugar(numero))
    return protocolo


def exigir_situacao(protocolo: Protocolo, *permitidas: StatusProtocolo) -> None:
    """Só deixa passar um protocolo numa das situações.

    Raises:
        Impedimento: está noutra.
    """
    if protocolo.status not in permitidas:
        nomes = ", ".join(f"{int(s)} ({s.texto})" for s in permitidas)
        detalhe = f"Está em {int(protocolo.status)} ({protocolo.status.texto}); precisa de {nomes}."
        raise Impedimento(SITUACAO, Lugar(protocolo.numero), detalhe)


def transitar(
    conn: Connection, protocolo: Protocolo, para: StatusProtocolo, motivo: str, autor: Autor
) -> Protocolo:
    """Passa o protocolo a outra situação, com o histórico.

    Raises:
        Impedimento: o ciclo de vida não o permite, ou o número do lote já é de outro.
    """
    try:
        return protocolos.transitar(conn, protocolo.id, para, autor.quem, motivo, agora=autor.agora)
    except TransicaoProibida as erro:
        raise Impedimento(SITUACAO, Lugar(protocolo.numero), f"O ciclo: {erro}.") from erro
    except NumeroEmUso as erro:
        raise Impedimento(NUMERO_OCUPADO, Lugar(protocolo.numero)) from erro


def exigir_revisao(atual: int, lida: int | None) -> None:
    """Tranca otimista: quem leu uma revisão só muda sobre ela; ausente, muda sobre qualquer uma.

    Raises:
        Impedimento: mudou depois da leitura.
    """
    if lida is not None and lida != atual:
        raise Impedimento(REVISAO_ANTIGA, detalhe=f"A revisão atual é {atual}.")


def conferir_chave(chave: str) -> None:
    """A chave com que quem chama torna o pedido repetível.

    Raises:
        Impedimento: vazia, grande demais ou com espaços nas pontas.
    """
    if not 1 <= len(chave) <= _MAIOR_CHAVE or chave != chave.strip() or _CONTROLE.search(chave):
        raise Impedimento(CHAVE_INVALIDA)


def conferir_repeticao(sha256: str, gravado: str) -> None:
    """A mesma chave só serve ao mesmo conteúdo.

    Raises:
        Impedimento: o conteúdo é outro.
    """
    if sha256 != gravado:
        raise Impedimento(CHAVE_REUSADA)


def resumo(*conteudo: Any) -> str:
    """SHA-256 de valores congelados, para reconhecer o mesmo conteúdo."""
    return hashlib.sha256(repr(conteudo).encode()).hexdigest()


def conferir_texto(texto: str | None, tamanho: int, lugar: Lugar | None = None) -> None:
    """Um texto livre que sairá em mensagens.

    Raises:
        Impedimento: grande demais ou com caracteres que o XML não comporta.
    """
    if texto is not None and (len(texto) > tamanho or _CONTROLE.search(texto)):
        raise Impedimento(TEXTO_INVALIDO, lugar, f"São até {tamanho} caracteres.")
