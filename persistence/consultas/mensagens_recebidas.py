"""As mensagens que chegaram a uma operadora, da mais nova à mais velha, aceitas ou recusadas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection, literal, select, tuple_

from persistence import tabelas
from persistence.consultas.protocolos import limites_do_dia

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from sqlalchemy import ColumnElement


class Linha(NamedTuple):
    """Uma mensagem na lista, sem os seus bytes.

    Attributes:
        id: identificação no arquivo e na resposta HTTP.
        recebida_em: instante em UTC.
        desfecho: ``respondida``, ``recusada`` ou ``falha``.
        erro: chave estável do erro.
        duracao_us: microssegundos do recebimento à resposta.
        prestador_codigo: na operadora; ausente se não se soube quem enviou.
    """

    id: str
    recebida_em: datetime
    canal: str
    servico: str | None
    versao: str | None
    desfecho: str
    erro: str | None
    tamanho: int
    duracao_us: int | None
    autenticada: bool | None
    prestador_codigo: str | None
    prestador_nome: str | None


class Filtro(NamedTuple):
    """O que se quer ver; o que está ausente não filtra.

    Attributes:
        desfecho: um deles.
        servico: nome do serviço.
        prestador: código na operadora.
        erro: chave estável.
        canal: por onde veio.
        de: primeiro dia de São Paulo.
        ate: último dia de São Paulo.
    """

    desfecho: str | None = None
    servico: str | None = None
    prestador: str | None = None
    erro: str | None = None
    canal: str | None = None
    de: date | None = None
    ate: date | None = None


class Lugar(NamedTuple):
    """Onde uma página acabou."""

    recebida_em: datetime
    id: str


class Pagina(NamedTuple):
    """Um pedaço da lista.

    Attributes:
        linhas: da mais nova à mais velha.
        continua: de onde continuar; ausente quando não há mais.
    """

    linhas: tuple[Linha, ...]
    continua: Lugar | None


_COM_ERRO = ("recusada", "falha")
_m = tabelas.mensagem.c
_r = tabelas.prestador.c
_DO_PRESTADOR = {"prestador_codigo": _r.codigo, "prestador_nome": _r.nome}
_LISTA = select(
    *(_DO_PRESTADOR[nome] if nome in _DO_PRESTADOR else _m[nome] for nome in Linha._fields)
).select_from(tabelas.mensagem.outerjoin(tabelas.prestador, _m.prestador_id == _r.id))


def listar(
    conn: Connection,
    operadora_id: int,
    filtro: Filtro,
    *,
    depois_de: Lugar | None = None,
    limite: int = 50,
) -> Pagina:
    """As mensagens de uma operadora; as de que não se soube a operadora não são de ninguém.

    Args:
        conn: leitura.
        operadora_id: de quem.
        filtro: o que se quer ver.
        depois_de: onde a página anterior acabou.
        limite: quantas.
    """
    consulta = _LISTA.where(_m.operadora_id == operadora_id, *_condicoes(filtro))
    if depois_de is not None:
        consulta = consulta.where(tuple_(_m.recebida_em, _m.id) < tuple_(*_lugar(depois_de)))
    consulta = consulta.order_by(_m.recebida_em.desc(), _m.id.desc()).limit(limite + 1)
    linhas = [Linha._make(linha) for linha in conn.execute(consulta)]
    mostradas = tuple(linhas[:limite])
    fim = mostradas[-1] if len(linhas) > limite else None
    return Pagina(mostradas, None if fim is None else Lugar(fim.recebida_em, fim.id))


def _lugar(lugar: Lugar) -> Sequence[Any]:
    # sem o tipo da coluna, o SQLite compararia o texto com fuso ao que guarda sem ele
    return literal(lugar.recebida_em, _m.recebida_em.type), literal(lugar.id)


def _condicoes(f: Filtro) -> list[ColumnElement[bool]]:
    condicoes = [
        coluna == valor
        for coluna, valor in (
            (_m.desfecho, f.desfecho),
            (_m.servico, f.servico),
            (_r.codigo, f.prestador),
            (_m.erro, f.erro),
            (_m.canal, f.canal),
        )
        if valor is not None
    ]
    if f.erro is not None or f.desfecho in _COM_ERRO:
        # o que o índice das mensagens com erro pede, para que se use
        condicoes.append(_m.erro.is_not(None))
    if f.de is not None:
        condicoes.append(_m.recebida_em >= limites_do_dia(f.de)[0])
    if f.ate is not None:
        condicoes.append(_m.recebida_em < limites_do_dia(f.ate)[1])
    return condicoes
