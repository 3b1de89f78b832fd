"""Os demonstrativos emitidos: cada um com o seu número, os bytes e o digest dos fatos.

O corpo guarda-se comprimido e, se o banco foi aberto com cifra, cifrado, como as mensagens.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection, select, update

from persistence import guarda, tabelas
from persistence.insercao import InsercaoUnica
from persistence.tabelas.demonstrativos import GLOSADOS, TODOS

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

_COLUNA = "corpo"


class Emitido(NamedTuple):
    """Um demonstrativo emitido, sem o corpo.

    Attributes:
        numero: da série da operadora.
        tipo: ``dm_tipoDemonstrativo``, ou ``situacao``.
        chave: do que é.
        ordem: das emissões da chave na versão, a partir de 1.
        sha256: dos fatos, sem número nem data.
        emitido_em: instante em UTC.
    """

    id: int
    operadora_id: int
    prestador_id: int
    protocolo_id: int | None
    numero: int
    tipo: str
    chave: str
    versao: str
    ordem: int
    sha256: str
    emitido_em: datetime


class Novo(NamedTuple):
    """Um demonstrativo por gravar; os campos são os de ``Emitido``, com o corpo em bytes."""

    operadora_id: int
    prestador_id: int
    protocolo_id: int | None
    numero: int
    tipo: str
    chave: str
    versao: str
    ordem: int
    sha256: str
    emitido_em: datetime
    corpo: bytes


_t = tabelas.demonstrativo.c
_p = tabelas.prestador.c
_COLUNAS = tuple(_t[nome] for nome in Emitido._fields)
_INSERIR = InsercaoUnica(
    tabelas.demonstrativo, [_t.id], indice=[_t.prestador_id, _t.chave, _t.versao, _t.ordem]
)


def ultimos(
    conn: Connection, prestadores: Collection[int], chaves: Collection[str], versao: str
) -> dict[tuple[int, str], Emitido]:
    """A última emissão de cada chave numa versão, pelo prestador e pela chave."""
    consulta = (
        select(*_COLUNAS)
        .where(
            _t.prestador_id.in_(list(prestadores)),
            _t.chave.in_(list(chaves)),
            _t.versao == versao,
        )
        .order_by(_t.ordem)
    )
    emitidos = (Emitido._make(linha) for linha in conn.execute(consulta))
    return {(e.prestador_id, e.chave): e for e in emitidos}


def gravar(conn: Connection, novo: Novo) -> bool:
    """Grava uma emissão; falso se outra tomou a mesma ordem, e a transação deve ser desfeita."""
    valores: dict[str, Any] = novo._asdict()
    linha_da_cifra = _linha(novo.operadora_id, novo.numero)
    valores["corpo"] = guarda.guardar(conn, linha_da_cifra, _COLUNA, novo.corpo)
    return _INSERIR.executar(conn, valores) is not None


def ler(conn: Connection, operadora_id: int, numero: int) -> Emitido | None:
    """O demonstrativo de um número da operadora."""
    consulta = select(*_COLUNAS).where(_t.operadora_id == operadora_id, _t.numero == numero)
    linha = conn.execute(consulta).one_or_none()
    return None if linha is None else Emitido._make(linha)


def do_protocolo(conn: Connection, operadora_id: int, protocolo_id: int) -> tuple[Emitido, ...]:
    """As análises emitidas de um protocolo da operadora, da mais antiga à mais nova."""
    consulta = (
        select(*_COLUNAS)
        .where(_t.operadora_id == operadora_id, _t.protocolo_id == protocolo_id)
        .order_by(_t.numero)
    )
    return tuple(Emitido._make(linha) for linha in conn.execute(consulta))


def corpo(conn: Connection, emitido: Emitido) -> bytes:
    """Os bytes com que se emitiu.

    Raises:
        ChavesInvalidas: falta a chave que os cifrou.
        NaoDecifrado: foram alterados.
    """
    guardado = conn.execute(select(_t.corpo).where(_t.id == emitido.id)).scalar_one()
    aberto = guarda.abrir(conn, _linha(emitido.operadora_id, emitido.numero), _COLUNA, guardado)
    return aberto or b""


def recifrar(conn: Connection, depois_de: int, limite: int) -> int | None:
    """Passa uma parte dos corpos à chave em uso, pela ordem das linhas.

    Args:
        conn: de um banco aberto com cifra.
        depois_de: o que devolveu a vez anterior; zero na primeira.
        limite: quantos ver.

    Returns:
        A última linha vista; ausente quando não há mais.

    Raises:
        ChavesInvalidas: falta uma chave.
        NaoDecifrado: os bytes de um foram alterados.
    """
    linhas: Sequence[Any] = conn.execute(
        select(_t.id, _t.operadora_id, _t.numero, _t.corpo)
        .where(_t.id > depois_de)
        .order_by(_t.id)
        .limit(limite)
    ).all()
    for chave, operadora_id, numero, guardado in linhas:
        novo = guarda.recifrar(conn, _linha(operadora_id, numero), _COLUNA, guardado)
        conn.execute(update(tabelas.demonstrativo).where(_t.id == chave).values(corpo=novo))
    return linhas[-1][0] if linhas else None


def mostra_todos(conn: Connection, prestador_id: int) -> bool:
    """Se a análise de conta mostra ao prestador todos os itens, e não só os glosados."""
    consulta = select(_p.itens_no_demonstrativo).where(_p.id == prestador_id)
    escolha: str = conn.execute(consulta).scalar_one()
    return escolha == TODOS


def mostrar_todos(conn: Connection, operadora_id: int, prestador_id: int, *, todos: bool) -> None:
    """Escolhe que itens a análise de conta mostra a um prestador da operadora."""
    conn.execute(
        update(tabelas.prestador)
        .where(_p.operadora_id == operadora_id, _p.id == prestador_id)
        .values(itens_no_demonstrativo=TODOS if todos else GLOSADOS)
    )


def _linha(operadora_id: int, numero: int) -> str:
    return f"demonstrativo-{operadora_id}-{numero}"
