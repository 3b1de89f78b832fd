"""O trabalho de selar: do que se gravou ao selo, ao registro, ao arquivo e a quem está fora."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from gateway.arquivo import cabeca as cabecas
from persistence import selos
from persistence.banco import cifra_de

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from persistence.banco import Banco
    from persistence.selos import Assinar, Selo

_log = structlog.get_logger("arquivo")

FOLHAS_POR_SELO = 500
"""Cada selo é uma transação, e no SQLite quem grava mensagens espera por ela."""


class ArquivoAdulterado(Exception):
    """O banco não é o que este gateway selou; o texto diz o que se viu."""


def selar(
    banco: Banco, agora: datetime, *, arquivo: str = "", assinar: Assinar | None = None
) -> str | None:
    """Sela tudo o que está por selar e publica a cabeça.

    A cabeça da última vez, que está fora do banco, tem de estar na cadeia: senão alguém tirou selos
    ou os refez, e selar por cima daria por bom o que ele fez. Folhas que não foi o gateway que
    gravou ficam por selar.

    Args:
        banco: onde selar.
        agora: instante dos selos.
        arquivo: onde escrever a cabeça; vazio não escreve.
        assinar: assina a cabeça.

    Returns:
        O que se fez, ou ``None`` se nada havia por selar.

    Raises:
        OSError: o arquivo da cabeça não se pôde escrever.
        CabecaInvalida: o arquivo da cabeça não se entende.
        ArquivoAdulterado: falta a cabeça da última vez, e nada se selou; ou há folhas forjadas, e
            selou-se o resto.
        ChavesInvalidas: falta a chave que marcou alguma folha.
    """
    guardada = cabecas.guardada(Path(arquivo)) if arquivo else None
    with banco.leitura() as conn:
        if guardada is not None:
            _exigir_na_cadeia(conn, guardada.cabeca)
        cifra = cifra_de(conn)
    cifrando = cifra is not None and cifra.ativa
    # com a cifra desligada de propósito, gravam-se folhas sem marca
    exigir = cifrando and guardada is not None and guardada.marcadas
    feitos: list[Selo] = []
    while True:
        with banco.escrita() as conn:
            selo = selos.selar(conn, agora, FOLHAS_POR_SELO, assinar, exigir_marca=exigir)
        if selo is None:
            break
        feitos.append(selo)
        _log.info("arquivo selado", sequencia=selo.sequencia, cabeca=selo.cabeca)
        if selo.quantidade < FOLHAS_POR_SELO:
            break
    with banco.leitura() as conn:
        ultimo = selos.ultimo(conn)
        forjadas = selos.forjadas(conn, exigir_marca=exigir)
    if arquivo and ultimo is not None:
        # também sem selo novo: o processo pode ter morrido entre o selo e o arquivo
        cabecas.escrever(Path(arquivo), ultimo, marcadas=cifrando)
    if forjadas:
        _log.error("folhas forjadas por selar", quantas=len(forjadas), primeira=forjadas[0])
        raise ArquivoAdulterado(f"{len(forjadas)} folhas não foi o gateway que gravou")
    if not feitos:
        return None
    mensagens = sum(selo.quantidade for selo in feitos)
    return f"mensagens seladas: {mensagens}; selos: {len(feitos)}"


def _exigir_na_cadeia(conn: Connection, cabeca: str) -> None:
    if selos.tem(conn, cabeca):
        return
    _log.error("a cadeia do banco não passa pela cabeça guardada; nada se sela", cabeca=cabeca)
    raise ArquivoAdulterado(f"a cadeia do banco não passa pela cabeça {cabeca}")


def enviar(banco: Banco, url: str) -> str | None:
    """Entrega a cabeça a quem está fora.

    Raises:
        NaoEntregue: o endereço não a aceitou.
    """
    with banco.leitura() as conn:
        ultimo = selos.ultimo(conn)
    if ultimo is None:
        return None
    cabecas.enviar(url, ultimo)
    return f"cabeça do selo {ultimo.sequencia} entregue"
