"""As guias de uma operadora, aos pedaços: de um lote ou de um período de recebimento."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection, and_, func, or_, select, tuple_

from dominio.situacao import StatusProtocolo
from persistence import tabelas
from persistence.consultas.escolha import fora_da_escolha
from persistence.consultas.pagamentos import chave_do_prestador
from persistence.consultas.protocolos import limites_do_dia

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime
    from decimal import Decimal

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.sql.base import ReadOnlyColumnCollection

_p = tabelas.protocolo.c
_l = tabelas.lote.c
_g = tabelas.guia.c
_r = tabelas.prestador.c
_b = tabelas.beneficiario.c


class Lugar(NamedTuple):
    """A última guia lida."""

    lote_id: int
    posicao: int


COMECO = Lugar(0, 0)
MAIS_CONTADAS = 1_000
"""Até quantas se contam numa pesquisa: o número que importa a quem procura é pequeno."""


class Linha(NamedTuple):
    """Uma guia na lista; valores em reais, instantes em UTC.

    Attributes:
        nome_beneficiario: o da guia, senão o do cadastro.
    """

    lote_id: int
    posicao: int
    protocolo: int
    lote_numero: str
    tipo: str
    prestador_codigo: str
    recebido_em: datetime
    numero_prestador: str
    numero_operadora: str | None
    senha: str | None
    carteira: str
    nome_beneficiario: str | None
    data_inicio: date | None
    data_realizacao: date | None
    data_fim: date | None
    status: StatusProtocolo
    informado: Decimal
    processado: Decimal
    liberado: Decimal
    glosa: Decimal


class Filtro(NamedTuple):
    """O que se quer ver; o que está ausente não filtra.

    Attributes:
        lote_id: só as guias deste lote.
        prestador: código na operadora de quem enviou.
        tipo_guia: valor de ``TipoGuia``.
        numero_prestador: número da guia no prestador.
        numero_operadora: número da guia na operadora, ou a senha.
        carteira: do beneficiário.
        nome: uma parte do nome do beneficiário, na guia ou no cadastro.
        status: situação da guia.
        recebido_de: primeiro dia de São Paulo em que o lote chegou.
        recebido_ate: último dia.
        atendimento_de: primeiro dia de atendimento.
        atendimento_ate: último dia de atendimento.
        homologacao: se são as de homologação, em lugar das reais; de um lote dado, tanto faz.
    """

    lote_id: int | None = None
    prestador: str | None = None
    tipo_guia: str | None = None
    numero_prestador: str | None = None
    numero_operadora: str | None = None
    carteira: str | None = None
    nome: str | None = None
    status: StatusProtocolo | None = None
    recebido_de: date | None = None
    recebido_ate: date | None = None
    atendimento_de: date | None = None
    atendimento_ate: date | None = None
    homologacao: bool = False


class Achadas(NamedTuple):
    """Um pedaço do que se procurou, do recebido por último ao primeiro.

    Attributes:
        linhas: as guias.
        antes_de: de onde continuar; ausente quando não há mais.
        total: quantas são ao todo, até ``MAIS_CONTADAS``; ausente ao continuar.
    """

    linhas: tuple[Linha, ...]
    antes_de: Lugar | None
    total: int | None


class Pagina(NamedTuple):
    """Um pedaço da lista; ``lugar`` diz de onde continuar."""

    linhas: tuple[Linha, ...]
    lugar: Lugar
    ha_mais: bool


_DO_CADASTRO = and_(_b.operadora_id == _p.operadora_id, _b.carteira == _g.carteira)
_NOMES: dict[str, ColumnElement[Any]] = {
    "protocolo": _p.numero,
    "lote_numero": _l.numero,
    "tipo": _l.tipo,
    "prestador_codigo": _r.codigo,
    "recebido_em": _p.recebido_em,
    "nome_beneficiario": func.coalesce(_g.nome_beneficiario, _b.nome),
}
_LISTA = select(
    *(_NOMES[nome] if nome in _NOMES else _g[nome] for nome in Linha._fields)
).select_from(
    tabelas.protocolo.join(tabelas.lote, _p.lote_id == _l.id)
    .join(tabelas.guia, _g.lote_id == _l.id)
    .join(tabelas.prestador, _p.prestador_id == _r.id)
    .outerjoin(tabelas.beneficiario, _DO_CADASTRO)
)
_ATENDIMENTO = func.coalesce(_g.data_inicio, _g.data_realizacao, _g.data_fim)


def listar(
    conn: Connection,
    operadora_id: int,
    filtro: Filtro,
    *,
    depois_de: Lugar = COMECO,
    limite: int = 100,
) -> Pagina:
    """As guias depois de um lugar, por lote e posição."""
    consulta = (
        _LISTA.where(
            _p.operadora_id == operadora_id,
            tuple_(_g.lote_id, _g.posicao) > tuple_(*depois_de),
            *_condicoes(operadora_id, filtro),
        )
        .order_by(_g.lote_id, _g.posicao)
        .limit(limite + 1)
    )
    linhas = tuple(_linha(valores) for valores in conn.execute(consulta))
    mostradas = linhas[:limite]
    fim = Lugar(mostradas[-1].lote_id, mostradas[-1].posicao) if mostradas else depois_de
    return Pagina(mostradas, fim, len(linhas) > limite)


def procurar(
    conn: Connection,
    operadora_id: int,
    filtro: Filtro,
    *,
    prestador_id: int | None = None,
    antes_de: Lugar | None = None,
    limite: int = 50,
) -> Achadas:
    """As guias de uma operadora, ou só as que um prestador dela enviou.

    Args:
        conn: leitura.
        operadora_id: dona.
        filtro: o que se quer ver.
        prestador_id: só as que ele enviou.
        antes_de: a última guia já vista.
        limite: quantas.
    """
    if filtro.prestador is not None and prestador_id is None:
        prestador_id = chave_do_prestador(conn, operadora_id, filtro.prestador)
        if prestador_id is None:
            return Achadas((), None, None if antes_de else 0)
    quais = _quais(conn, operadora_id, prestador_id, filtro._replace(prestador=None))
    consulta = quais.order_by(*_ordem(_p, _g))
    if antes_de is not None:
        consulta = consulta.where(*_depois_na_lista(operadora_id, antes_de))
    # escolhem-se primeiro, que ler inteiras as que não se mostram é o que mais custa
    escolhidas = consulta.limit(limite + 1).subquery()
    e = escolhidas.c
    inteiras = _LISTA.join(
        escolhidas, and_(e.lote_id == _g.lote_id, e.posicao == _g.posicao)
    ).order_by(*_ordem(e, e))
    linhas = tuple(_linha(valores) for valores in conn.execute(inteiras))
    mostradas = linhas[:limite]
    ultimo = Lugar(mostradas[-1].lote_id, mostradas[-1].posicao) if len(linhas) > limite else None
    if antes_de is not None:
        return Achadas(mostradas, ultimo, None)
    total = len(linhas)
    if ultimo is not None:
        contadas = quais.limit(MAIS_CONTADAS + 1).subquery()
        total = conn.execute(select(func.count()).select_from(contadas)).scalar_one()
    return Achadas(mostradas, ultimo, total)


def _quais(
    conn: Connection, operadora_id: int, prestador_id: int | None, filtro: Filtro
) -> Select[Any]:
    """As guias do que se procura, sem ordem, só com as tabelas de que o filtro precisa."""
    tabela = tabelas.protocolo.join(tabelas.guia, _g.lote_id == _p.lote_id)
    if filtro.tipo_guia is not None:
        tabela = tabela.join(tabelas.lote, _p.lote_id == _l.id)
    consulta = select(_g.lote_id, _g.posicao, _p.recebido_em).select_from(tabela)
    da_operadora: ColumnElement[int] = _p.operadora_id
    do_prestador: ColumnElement[int] = _p.prestador_id
    if filtro.numero_prestador is not None:
        # começa-se pelo número da guia
        do_prestador = fora_da_escolha(conn, do_prestador)
    if filtro.numero_prestador is not None or prestador_id is not None:
        da_operadora = fora_da_escolha(conn, da_operadora)
    if prestador_id is not None:
        consulta = consulta.where(do_prestador == prestador_id)
    return consulta.where(da_operadora == operadora_id, *_condicoes(operadora_id, filtro))


def _ordem(
    protocolo: ReadOnlyColumnCollection[str, Any], guia: ReadOnlyColumnCollection[str, Any]
) -> tuple[ColumnElement[Any], ...]:
    return protocolo.recebido_em.desc(), guia.lote_id.desc(), guia.posicao


def carteiras(conn: Connection, lote_id: int) -> frozenset[str]:
    """As carteiras das guias de um lote."""
    consulta = select(_g.carteira).where(_g.lote_id == lote_id).distinct()
    return frozenset(conn.execute(consulta).scalars())


def carteiras_do_protocolo(conn: Connection, protocolo_id: int) -> frozenset[str]:
    """As carteiras das guias do lote de um protocolo, pela chave dele."""
    consulta = (
        select(_g.carteira)
        .select_from(tabelas.protocolo.join(tabelas.guia, _g.lote_id == _p.lote_id))
        .where(_p.id == protocolo_id)
        .distinct()
    )
    return frozenset(conn.execute(consulta).scalars())


def carteiras_da_mensagem(conn: Connection, operadora_id: int, mensagem_id: str) -> frozenset[str]:
    """As carteiras das guias que uma mensagem trouxe; nenhuma, se não deu origem a um lote."""
    consulta = (
        select(_g.carteira)
        .select_from(tabelas.protocolo.join(tabelas.guia, _g.lote_id == _p.lote_id))
        .where(_p.operadora_id == operadora_id, _p.mensagem_id == mensagem_id)
        .distinct()
    )
    return frozenset(conn.execute(consulta).scalars())


def _depois_na_lista(operadora_id: int, visto: Lugar) -> tuple[ColumnElement[bool], ...]:
    """O que vem depois de uma guia, do recebido por último ao primeiro."""
    em = (
        select(_p.recebido_em)
        .where(_p.operadora_id == operadora_id, _p.lote_id == visto.lote_id)
        .correlate(None)
        .scalar_subquery()
    )
    no_lote = or_(
        _g.lote_id < visto.lote_id,
        and_(_g.lote_id == visto.lote_id, _g.posicao > visto.posicao),
    )
    # a primeira condição é a que o índice usa
    return _p.recebido_em <= em, or_(_p.recebido_em < em, no_lote)


def _condicoes(operadora_id: int, f: Filtro) -> list[ColumnElement[bool]]:
    condicoes: list[ColumnElement[bool]] = []
    if f.lote_id is None:
        condicoes.append(_p.homologacao == f.homologacao)
    for coluna, valor in (
        (_p.lote_id, f.lote_id),
        (_r.codigo, f.prestador),
        (_l.tipo, f.tipo_guia),
        (_g.numero_prestador, f.numero_prestador),
        (_g.carteira, f.carteira),
        (_g.status, None if f.status is None else int(f.status)),
    ):
        if valor is not None:
            condicoes.append(coluna == valor)
    if f.numero_operadora is not None:
        condicoes.append(
            or_(_g.numero_operadora == f.numero_operadora, _g.senha == f.numero_operadora)
        )
    if f.nome is not None:
        condicoes.append(_de_nome(operadora_id, f.nome.lower()))
    if f.recebido_de is not None:
        condicoes.append(_p.recebido_em >= limites_do_dia(f.recebido_de)[0])
    if f.recebido_ate is not None:
        condicoes.append(_p.recebido_em < limites_do_dia(f.recebido_ate)[1])
    if f.atendimento_de is not None:
        condicoes.append(f.atendimento_de <= _ATENDIMENTO)
    if f.atendimento_ate is not None:
        condicoes.append(f.atendimento_ate >= _ATENDIMENTO)
    return condicoes


def _de_nome(operadora_id: int, parte: str) -> ColumnElement[bool]:
    """As que têm uma parte do nome: o da guia ou, se não o traz, o do cadastro.

    O cadastro lê-se uma vez, e não por cada guia.
    """
    no_cadastro = select(_b.carteira).where(
        _b.operadora_id == operadora_id, func.lower(_b.nome).contains(parte, autoescape=True)
    )
    return or_(
        func.lower(_g.nome_beneficiario).contains(parte, autoescape=True),
        and_(_g.nome_beneficiario.is_(None), _g.carteira.in_(no_cadastro)),
    )


def _linha(valores: Sequence[Any]) -> Linha:
    crua = Linha._make(valores)
    return crua._replace(status=StatusProtocolo(crua.status))
