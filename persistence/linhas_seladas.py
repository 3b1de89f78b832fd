"""As linhas do arquivo comparadas com as suas folhas: o que lá está é o que se gravou?"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select

from persistence import guarda, retencao, tabelas
from persistence.cifra import NaoDecifrado
from persistence.selos import COLUNAS_DO_RESUMO, resumo_da

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy import Connection, RowMapping

    from persistence.selos import Folha

_m = tabelas.mensagem.c
_LINHA = tuple(_m[nome] for nome in COLUNAS_DO_RESUMO)


class Conferida(NamedTuple):
    """Uma linha do arquivo comparada com a sua folha.

    Attributes:
        folha: a folha.
        existe: se a linha está lá.
        resumo: o que a linha de agora dá.
        expurgada_em: quando os bytes se apagaram, se se apagaram.
        recebida_em: quando a mensagem chegou.
        bytes_errados: colunas de bytes que não são os que se guardaram, ou que ainda os têm depois
            de expurgadas.
        tipo: o campo de ``retencao.Prazos`` que diz por quanto tempo se guarda.
    """

    folha: Folha
    existe: bool
    resumo: str | None = None
    expurgada_em: datetime | None = None
    recebida_em: datetime | None = None
    bytes_errados: tuple[str, ...] = ()
    tipo: str = "respondidas"


def conferir_folhas(conn: Connection, lista: tuple[Folha, ...]) -> Iterator[Conferida]:
    """Recalcula, uma a uma, as linhas de folhas.

    Raises:
        ChavesInvalidas: falta a chave que cifrou alguma.
    """
    for folha in lista:
        consulta = select(*_LINHA, _m.pedido, _m.resposta, _m.expurgada_em)
        achadas = conn.execute(consulta.where(_m.id == folha.mensagem_id)).mappings()
        try:
            linha = achadas.one_or_none()
        except ValueError:
            # o SQLite guarda qualquer texto: um instante ou JSON que não se lê é de quem mexeu
            yield Conferida(folha, existe=True)
            continue
        if linha is None:
            yield Conferida(folha, existe=False)
            continue
        if linha["expurgada_em"] is None:
            errados = tuple(_bytes_errados(conn, linha))
        else:
            errados = tuple(c for c in ("pedido", "resposta") if linha[c] is not None)
        yield Conferida(
            folha,
            existe=True,
            resumo=resumo_da(linha),
            expurgada_em=linha["expurgada_em"],
            recebida_em=linha["recebida_em"],
            bytes_errados=errados,
            tipo=retencao.tipo(linha["desfecho"], linha["autenticada"], linha["prestador_id"]),
        )


def _bytes_errados(conn: Connection, linha: RowMapping) -> Iterator[str]:
    for coluna in ("pedido", "resposta"):
        esperado = linha[f"{coluna}_sha256"]
        guardado = linha[coluna]
        if coluna == "pedido" and esperado is None and guardado is not None:
            # de antes de haver folhas, e ainda por selar
            esperado = linha["sha256"] if linha["integral"] else None
            if esperado is None:
                continue
        try:
            aberto = guarda.abrir(conn, linha["id"], coluna, guardado)
        except NaoDecifrado:
            yield coluna
            continue
        achado = None if aberto is None else hashlib.sha256(aberto).hexdigest()
        if achado != esperado:
            yield coluna
