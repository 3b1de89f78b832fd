"""Os protocolos do mais novo ao mais velho, para as listas que uma pessoa lê.

A ordem é a dos números, que crescem; a dos sistemas, pelas mudanças, está em ``protocolos``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import or_, select, union

from dominio.numeros import protocolo as ler_numero
from persistence import tabelas
from persistence.consultas import protocolos
from persistence.consultas.escolha import fora_da_escolha

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from persistence.consultas.protocolos import Filtro, Linha


_p = tabelas.protocolo.c
_l = tabelas.lote.c
_g = tabelas.guia.c
_LARGURAS = (8, 10, 12, 20)
"""Com quantos algarismos se costumam escrever os números, com zeros à esquerda."""
_ACHADOS = 500


class Recentes(NamedTuple):
    """Um pedaço da lista.

    Attributes:
        linhas: do número maior ao menor.
        antes_de: de onde continuar; ausente quando não há mais.
    """

    linhas: tuple[Linha, ...]
    antes_de: int | None


def recentes(
    conn: Connection,
    operadora_id: int,
    filtro: Filtro,
    *,
    prestador_id: int | None = None,
    antes_de: int | None = None,
    limite: int = 50,
    busca: str | None = None,
) -> Recentes:
    """Os protocolos de uma operadora, ou só os de um prestador dela.

    Args:
        conn: leitura.
        operadora_id: dona.
        filtro: o que se quer ver.
        prestador_id: só os dele.
        antes_de: o último número já visto.
        limite: quantos.
        busca: qualquer número: do protocolo, sequencial, do lote ou de uma guia, no prestador ou na
            operadora; zeros à esquerda não contam.
    """
    linhas = protocolos.por_numero_decrescente(
        conn,
        operadora_id,
        filtro,
        prestador_id=prestador_id,
        antes_de=antes_de,
        limite=limite + 1,
        numeros=None if busca is None else com_o_numero(conn, operadora_id, busca),
    )
    mostradas = linhas[:limite]
    return Recentes(mostradas, mostradas[-1].numero if len(linhas) > limite else None)


def com_o_numero(conn: Connection, operadora_id: int, texto: str) -> frozenset[int]:
    """Os protocolos de lote que têm um número em algum lugar, no máximo ``_ACHADOS``.

    Cada parte da busca usa um índice; por isso se comparam grafias inteiras, e não pedaços.
    """
    numero = ler_numero(texto)
    grafias = {texto}
    if texto.isascii() and texto.isdigit():
        sem_zeros = texto.lstrip("0") or "0"
        grafias |= {sem_zeros, *(sem_zeros.zfill(largura) for largura in _LARGURAS)}
    do_lote = tabelas.protocolo.join(tabelas.lote, _p.lote_id == _l.id)
    partes = [
        select(_p.numero)
        .select_from(do_lote)
        .where(_l.operadora_id == operadora_id, _l.numero.in_(grafias)),
        select(_p.numero)
        .select_from(tabelas.protocolo.join(tabelas.guia, _p.lote_id == _g.lote_id))
        .where(
            # começa-se pelos números da guia
            fora_da_escolha(conn, _p.operadora_id) == operadora_id,
            or_(_g.numero_prestador.in_(grafias), _g.numero_operadora.in_(grafias)),
        ),
    ]
    if numero is not None:
        partes += [
            select(_p.numero).where(_p.operadora_id == operadora_id, _p.numero == numero),
            select(_p.numero).where(
                fora_da_escolha(conn, _p.operadora_id) == operadora_id, _p.lote_id == numero
            ),
        ]
    consulta = union(*partes).limit(_ACHADOS)
    return frozenset(conn.execute(consulta).scalars())
