"""O trabalho de selar: do que se gravou ao selo, ao registro, ao arquivo e a quem está fora."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from gateway.arquivo import cabeca as cabecas
from persistence import selos

if TYPE_CHECKING:
    from datetime import datetime

    from persistence.banco import Banco
    from persistence.selos import Assinar, Selo

_log = structlog.get_logger("arquivo")

FOLHAS_POR_SELO = 500
"""Cada selo é uma transação, e no SQLite quem grava mensagens espera por ela."""


def selar(
    banco: Banco, agora: datetime, *, arquivo: str = "", assinar: Assinar | None = None
) -> str | None:
    """Sela tudo o que está por selar e publica a cabeça.

    Args:
        banco: onde selar.
        agora: instante dos selos.
        arquivo: onde escrever a cabeça; vazio não escreve.
        assinar: assina a cabeça.

    Returns:
        O que se fez, ou ``None`` se nada havia por selar.

    Raises:
        OSError: o arquivo da cabeça não se pôde escrever.
    """
    feitos: list[Selo] = []
    while True:
        with banco.escrita() as conn:
            selo = selos.selar(conn, agora, FOLHAS_POR_SELO, assinar)
        if selo is None:
            break
        feitos.append(selo)
        _log.info("arquivo selado", sequencia=selo.sequencia, cabeca=selo.cabeca)
        if selo.quantidade < FOLHAS_POR_SELO:
            break
    if arquivo:
        # também sem selo novo: o processo pode ter morrido entre o selo e o arquivo
        with banco.leitura() as conn:
            ultimo = selos.ultimo(conn)
        if ultimo is not None:
            cabecas.escrever(Path(arquivo), ultimo)
    if not feitos:
        return None
    mensagens = sum(selo.quantidade for selo in feitos)
    return f"mensagens seladas: {mensagens}; selos: {len(feitos)}"


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
