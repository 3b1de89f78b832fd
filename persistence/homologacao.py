"""O que o arquivo diz de um prestador, e o fim da sua homologação."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection, and_, case, delete, func, select, update

from persistence import tabelas

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import ColumnElement

_m = tabelas.mensagem.c
_p = tabelas.protocolo.c
_l = tabelas.lote
_x = tabelas.execucao
_RECUSADO_PELO_HASH = "hash"


class MensagemErrada(NamedTuple):
    """Uma mensagem que teve um erro.

    Attributes:
        recebida_em: instante em UTC.
        servico: o pedido, se se conheceu.
        versao: a declarada, se se conheceu.
        erro: chave estável do erro.
        detalhes: o que o arquivo guarda dele, sem dados de pacientes.
    """

    recebida_em: datetime
    servico: str | None
    versao: str | None
    erro: str
    detalhes: Mapping[str, Any]


class Aceitas(NamedTuple):
    """Mensagens de um serviço numa versão que não tiveram erro."""

    servico: str
    versao: str
    quantas: int
    primeira: datetime
    ultima: datetime


class Variante(NamedTuple):
    """Mensagens de um prestador cujo hash conferiu numa leitura.

    Attributes:
        codigo: do prestador.
        variante: a leitura; ``None`` conta os hashes que não conferiram em nenhuma.
        quantas: mensagens.
        ultima: instante da mais nova, em UTC.
    """

    codigo: str
    variante: str | None
    quantas: int
    ultima: datetime


def erradas(
    conn: Connection, prestador_id: int, desde: datetime | None = None
) -> tuple[MensagemErrada, ...]:
    """As mensagens do prestador que tiveram erro, da mais velha à mais nova."""
    consulta = (
        select(_m.recebida_em, _m.servico, _m.versao, _m.erro, _m.detalhes)
        .where(_de(prestador_id, desde), _m.erro.is_not(None))
        .order_by(_m.recebida_em, _m.id)
    )
    return tuple(
        MensagemErrada(em, servico, versao, erro, detalhes or {})
        for em, servico, versao, erro, detalhes in conn.execute(consulta)
    )


def aceitas(
    conn: Connection, prestador_id: int, desde: datetime | None = None
) -> tuple[Aceitas, ...]:
    """Os serviços e versões em que o prestador teve mensagens sem erro."""
    consulta = (
        select(
            _m.servico,
            _m.versao,
            func.count(),
            func.min(_m.recebida_em, type_=_m.recebida_em.type),
            func.max(_m.recebida_em, type_=_m.recebida_em.type),
        )
        .where(_de(prestador_id, desde), _m.erro.is_(None), _m.desfecho == "respondida")
        .group_by(_m.servico, _m.versao)
        .order_by(_m.servico, _m.versao)
    )
    return tuple(Aceitas._make(linha) for linha in conn.execute(consulta))


def detalhes_das_aceitas(
    conn: Connection, prestador_id: int, desde: datetime | None = None
) -> tuple[Mapping[str, Any], ...]:
    """O que o arquivo anotou das mensagens sem erro, das que têm algo anotado."""
    consulta = select(_m.detalhes).where(
        _de(prestador_id, desde), _m.erro.is_(None), _m.detalhes.is_not(None)
    )
    return tuple(conn.execute(consulta).scalars())


def variantes(
    conn: Connection,
    operadora_id: int,
    *,
    prestador_id: int | None = None,
    desde: datetime | None = None,
) -> tuple[Variante, ...]:
    """Em que leitura do hash conferiram as mensagens de cada prestador da operadora.

    Sem hash conferido só contam as recusadas por ele.
    """
    p = tabelas.prestador.c
    leitura = case((_m.erro == _RECUSADO_PELO_HASH, None), else_=_m.hash_variante)
    condicoes: list[ColumnElement[bool]] = [
        _m.operadora_id == operadora_id,
        (_m.hash_variante.is_not(None)) | (_m.erro == _RECUSADO_PELO_HASH),
    ]
    if prestador_id is not None:
        condicoes.append(_m.prestador_id == prestador_id)
    if desde is not None:
        condicoes.append(_m.recebida_em >= desde)
    consulta = (
        select(
            p.codigo,
            leitura.label("leitura"),
            func.count(),
            func.max(_m.recebida_em, type_=_m.recebida_em.type),
        )
        .select_from(tabelas.mensagem.join(tabelas.prestador, p.id == _m.prestador_id))
        .where(*condicoes)
        .group_by(p.codigo, "leitura")
        .order_by(p.codigo, func.count().desc(), "leitura")
    )
    return tuple(Variante._make(linha) for linha in conn.execute(consulta))


def liberar(conn: Connection, prestador_id: int) -> bool:
    """Encerra a homologação: o que ele enviou até aqui deixa de ocupar números e de se repetir.

    Um lote de teste não pode impedir um de verdade com o mesmo número, nem a mesma mensagem
    receber a resposta de um teste.

    Returns:
        Falso se ele não estava em homologação.
    """
    p = tabelas.prestador
    mudou = conn.execute(
        update(p).where(p.c.id == prestador_id, p.c.homologacao).values(homologacao=False)
    )
    if not mudou.rowcount:
        return False
    dele = select(_m.id).where(_m.prestador_id == prestador_id)
    de_teste = and_(_p.homologacao, _p.mensagem_id.in_(dele))
    conn.execute(
        update(_l).where(_l.c.id.in_(select(_p.lote_id).where(de_teste))).values(vivo=False)
    )
    conn.execute(delete(_x).where(_x.c.prestador_id == prestador_id))
    return True


def _de(prestador_id: int, desde: datetime | None) -> ColumnElement[bool]:
    dele = _m.prestador_id == prestador_id
    return dele if desde is None else and_(dele, _m.recebida_em >= desde)
