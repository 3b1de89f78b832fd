"""O que já se largou: o que o prova, e o que por isso não falta."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import BigInteger, Text, and_, cast, exists, literal, or_, select

from dominio import meses
from persistence import tabelas
from persistence.cifra import NaoDecifrado
from persistence.particoes.catalogo import MENSAGENS

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

    from persistence.cifra import Cifra

_v = tabelas.particao_largada.c


class Largada(NamedTuple):
    """Um mês que se largou.

    Attributes:
        tabela: ``mensagem`` ou ``guia``, que leva consigo itens e resultados.
        de: primeiro mês; zero se é tudo o que havia antes de ``ate``.
        ate: mês em que acaba, que já não se largou.
        linhas: quantas mensagens ou guias tinha.
        em: quando.
        marca: prova de que foi o gateway que o gravou.
    """

    tabela: str
    de: int
    ate: int
    linhas: int
    em: datetime
    marca: bytes | None = None

    def contexto(self) -> str:
        """O que a marca prova."""
        return f"particao/{self.tabela}/{self.de}/{self.ate}/{self.linhas}/{self.em.isoformat()}"

    def tinha(self, mensagem_id: str) -> bool:
        """Se uma mensagem era deste mês."""
        if self.tabela != MENSAGENS.nome or mensagem_id >= meses.mensagem_desde(self.ate):
            return False
        return not self.de or mensagem_id >= meses.mensagem_desde(self.de)


def largadas(conn: Connection) -> tuple[Largada, ...]:
    """Tudo o que já se largou, por tabela e por mês."""
    consulta = select(*(_v[nome] for nome in Largada._fields)).order_by(_v.tabela, _v.ate)
    return tuple(Largada(*linha) for linha in conn.execute(consulta))


def autentica(cifra: Cifra | None, largada: Largada, *, exigir: bool) -> bool:
    """Se foi o gateway que gravou uma largada.

    Args:
        cifra: a do arquivo.
        largada: como está no banco.
        exigir: se uma sem marca, de quando não se cifrava, já não se aceita.

    Raises:
        ChavesInvalidas: falta a chave que a marcou.
    """
    if largada.marca is None:
        return not exigir
    if cifra is None:
        return False
    try:
        return cifra.decifrar(largada.marca, largada.contexto()) == b""
    except NaoDecifrado:
        return False


def largou_mensagem(chave: ColumnElement[Any]) -> ColumnElement[bool]:
    """Condição: a mensagem com esta identificação é de um mês que se largou."""
    return exists().where(
        _v.tabela == MENSAGENS.nome,
        chave < literal(meses.LETRA) + cast(_v.ate, Text),
        or_(_v.de == 0, chave >= literal(meses.LETRA) + cast(_v.de, Text)),
    )


def largou_guias(lote_id: ColumnElement[Any]) -> ColumnElement[bool]:
    """Condição: as guias do lote com esta chave são de um mês que se largou."""
    por_mes = literal(meses.LOTES_POR_MES, BigInteger)
    return exists().where(
        _v.tabela != MENSAGENS.nome,
        and_(
            lote_id < cast(_v.ate, BigInteger) * por_mes,
            lote_id >= cast(_v.de, BigInteger) * por_mes,
        ),
    )
