"""A lista de recursos de uma operadora, uma linha por guia."""

from __future__ import annotations

from collections import defaultdict
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection, and_, func, or_, select

from dominio import numeros
from dominio.dinheiro import ZERO
from dominio.recurso import Estado, Nivel, Origem, juntar
from dominio.situacao import StatusProtocolo
from persistence import tabelas
from persistence.consultas.escolha import E_RECURSO, fora_da_escolha
from persistence.consultas.protocolos import limites_do_dia

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date
    from decimal import Decimal

    from sqlalchemy import ColumnElement

_r = tabelas.recurso.c
_n = tabelas.recurso_linha.c
_p = tabelas.protocolo.c
_pr = tabelas.prestador.c
_l = tabelas.lote.c
_d = tabelas.documento.c
_g = tabelas.guia.c
_original = tabelas.protocolo.alias("original")


class Filtro(NamedTuple):
    """O que se quer ver; o que está ausente não filtra.

    Attributes:
        prestador: código na operadora.
        recurso: número.
        protocolo: número daquele de que se recorreu.
        guia: número da guia no prestador, zeros à esquerda à parte.
        lote: número do lote no prestador.
        estado: das linhas; basta uma.
        status: situações do recurso inteiro.
        objeto: o que as linhas contestam; basta uma.
        origem: por onde foi feito.
        solicitado_de: primeiro dia de São Paulo.
        solicitado_ate: último dia de São Paulo.
        busca: parte de qualquer dos números ou da justificativa.
        homologacao: se são os de homologação, em lugar dos reais.
    """

    prestador: str | None = None
    recurso: int | None = None
    protocolo: int | None = None
    guia: str | None = None
    lote: str | None = None
    estado: Estado | None = None
    status: tuple[StatusProtocolo, ...] = ()
    objeto: Nivel | None = None
    origem: Origem | None = None
    solicitado_de: date | None = None
    solicitado_ate: date | None = None
    busca: str | None = None
    homologacao: bool = False


class LinhaDaLista(NamedTuple):
    """O que um recurso contesta de uma guia, ou do protocolo inteiro.

    Attributes:
        estado: de todas as linhas da guia juntas.
        recurso: número.
        sequencia: entre os recursos do mesmo protocolo.
        protocolo: número daquele de que se recorreu.
        lote: número do lote no prestador.
        prestador: código na operadora.
        prestador_nome: o do cadastro.
        numero_guia: ``numeroGuiaRecGlosaPrestador``.
        guia: número no prestador; ausente se é do protocolo.
        solicitado_em: data em que se recebeu.
        objeto: ``Protocolo``, ``Guia`` ou ``Itens``.
        origem: por onde foi feito.
        status: situação do recurso inteiro.
        justificativas: do prestador, na ordem, sem repetir.
        itens: quantas linhas.
        anexos: quantos documentos o recurso tem.
        recursado: reais.
        acatado: reais; ausente enquanto alguma linha espera.
    """

    estado: Estado
    recurso: int
    sequencia: int
    protocolo: int
    lote: str
    prestador: str
    prestador_nome: str
    numero_guia: str
    guia: str | None
    solicitado_em: date
    objeto: str
    origem: Origem
    status: StatusProtocolo
    justificativas: tuple[str, ...]
    itens: int
    anexos: int
    recursado: Decimal
    acatado: Decimal | None


_POR_VEZ = 500
"""Recursos de que se leem as linhas numa só consulta."""
_ANEXOS = (
    select(func.count())
    .select_from(tabelas.documento)
    .where(_d.protocolo_id == _r.protocolo_id)
    .correlate(tabelas.recurso)
    .scalar_subquery()
)
_LISTA = (
    select(
        _r.protocolo_id, _p.numero, _r.sequencia, _original.c.numero, _l.numero, _pr.codigo,
        _pr.nome, _r.numero_guia, _p.data_envio, _r.origem, _p.status, _ANEXOS,
    )
    .select_from(
        tabelas.recurso.join(tabelas.protocolo, _p.id == _r.protocolo_id)
        .join(_original, _original.c.id == _r.original_id)
        .join(tabelas.lote, _l.id == _r.lote_id)
        .join(tabelas.prestador, _pr.id == _r.prestador_id)
    )
)  # fmt: skip


def listar(
    conn: Connection,
    operadora_id: int,
    filtro: Filtro,
    *,
    antes_de: int | None = None,
    limite: int = 100,
) -> tuple[LinhaDaLista, ...]:
    """Os recursos da operadora, do mais novo ao mais antigo, uma linha por guia.

    Args:
        conn: transação.
        operadora_id: de quem são.
        filtro: o que se quer ver.
        antes_de: continua depois do recurso de um número.
        limite: de recursos, cada um com todas as suas linhas.
    """
    consulta = _LISTA.where(
        # começa-se pelos últimos números, e lê-se só até encher a página
        fora_da_escolha(conn, _r.operadora_id) == operadora_id,
        _p.operadora_id == operadora_id,
        E_RECURSO,
        *_condicoes(filtro),
    )
    if antes_de is not None:
        consulta = consulta.where(_p.numero < antes_de)
    consulta = consulta.order_by(_p.numero.desc()).limit(limite)
    achados = conn.execute(consulta).all()
    linhas = _das_linhas(conn, [achado[0] for achado in achados])
    return tuple(x for achado in achados for x in _por_guia(achado[1:], linhas[achado[0]]))


def carteiras(conn: Connection, operadora_id: int, numeros_: Sequence[int]) -> frozenset[str]:
    """De quem são as guias que uns recursos contestam; o do protocolo inteiro, as do lote."""
    achadas: set[str] = set()
    for comeco in range(0, len(numeros_), _POR_VEZ):
        consulta = (
            select(_g.carteira)
            .select_from(
                tabelas.recurso.join(tabelas.protocolo, _p.id == _r.protocolo_id)
                .join(tabelas.recurso_linha, _n.recurso_id == _r.protocolo_id)
                .join(
                    tabelas.guia,
                    and_(
                        _g.lote_id == _r.lote_id,
                        or_(_n.guia_posicao.is_(None), _n.guia_posicao == _g.posicao),
                    ),
                )
            )
            .where(
                _r.operadora_id == operadora_id,
                _p.operadora_id == operadora_id,
                _p.numero.in_(numeros_[comeco : comeco + _POR_VEZ]),
            )
            .distinct()
        )
        achadas |= set(conn.execute(consulta).scalars())
    return frozenset(achadas)


def _condicoes(f: Filtro) -> list[ColumnElement[bool]]:
    condicoes: list[ColumnElement[bool]] = [_p.homologacao == f.homologacao]
    for coluna, valor in (
        (_pr.codigo, f.prestador),
        (_p.numero, f.recurso),
        (_original.c.numero, f.protocolo),
        (_l.numero, f.lote),
        (_r.origem, f.origem),
    ):
        if valor is not None:
            condicoes.append(coluna == valor)
    if f.guia is not None:
        condicoes.append(_alguma(func.ltrim(_n.guia_numero, "0") == f.guia.lstrip("0")))
    if f.status:
        condicoes.append(_p.status.in_([int(s) for s in f.status]))
    if f.objeto is not None:
        condicoes.append(_alguma(_n.nivel == f.objeto.value))
    if f.estado is not None:
        condicoes.append(_alguma(_n.estado == f.estado.value))
    if f.solicitado_de is not None:
        condicoes.append(_p.recebido_em >= limites_do_dia(f.solicitado_de)[0])
    if f.solicitado_ate is not None:
        condicoes.append(_p.recebido_em < limites_do_dia(f.solicitado_ate)[1])
    if f.busca is not None:
        condicoes.append(_que_tenha(f.busca))
    return condicoes


def _que_tenha(busca: str) -> ColumnElement[bool]:
    numero = numeros.protocolo(busca)
    achados = [c == numero for c in (_p.numero, _original.c.numero) if numero is not None]
    textos = (_l.numero, _r.numero_guia, _pr.codigo)
    das_linhas = (_n.guia_numero, _n.procedimento, _n.justificativa)
    return or_(
        *achados,
        *(coluna.icontains(busca, autoescape=True) for coluna in textos),
        *(_alguma(coluna.icontains(busca, autoescape=True)) for coluna in das_linhas),
    )


def _alguma(condicao: ColumnElement[bool]) -> ColumnElement[bool]:
    return (
        select(_n.id)
        .where(_n.recurso_id == _r.protocolo_id, condicao)
        .correlate(tabelas.recurso)
        .exists()
    )


class _Contestada(NamedTuple):
    """O que a lista usa de uma linha de um recurso."""

    guia_posicao: int | None
    guia_numero: str | None
    nivel: Nivel
    estado: Estado
    justificativa: str
    recursado: Decimal
    acatado: Decimal | None


_LINHAS = select(
    _n.recurso_id, *(_n[nome] for nome in _Contestada._fields)
).order_by(_n.recurso_id, _n.posicao)  # fmt: skip


def _das_linhas(conn: Connection, ids: Sequence[int]) -> dict[int, list[_Contestada]]:
    juntas: dict[int, list[_Contestada]] = defaultdict(list)
    for comeco in range(0, len(ids), _POR_VEZ):
        parte = _LINHAS.where(_n.recurso_id.in_(ids[comeco : comeco + _POR_VEZ]))
        for recurso_id, *valores in conn.execute(parte):
            crua = _Contestada._make(valores)
            juntas[recurso_id].append(
                crua._replace(nivel=Nivel(crua.nivel), estado=Estado(crua.estado))
            )
    return juntas


def _por_guia(achado: Sequence[Any], linhas: Iterable[_Contestada]) -> list[LinhaDaLista]:
    *antes, dia, origem, status, anexos = achado

    def quais(x: _Contestada) -> tuple[int, str]:
        return x.guia_posicao or 0, x.nivel.value

    return [
        LinhaDaLista._make(
            (
                juntar(x.estado for x in grupo),
                *antes,
                grupo[0].guia_numero,
                dia,
                grupo[0].nivel.texto,
                Origem(origem),
                StatusProtocolo(status),
                tuple(dict.fromkeys(x.justificativa for x in grupo)),
                len(grupo),
                anexos,
                sum((x.recursado for x in grupo), ZERO),
                _acatado(grupo),
            )
        )
        for _, seguidas in groupby(sorted(linhas, key=quais), key=quais)
        for grupo in [list(seguidas)]
    ]


def _acatado(linhas: Sequence[_Contestada]) -> Decimal | None:
    if not all(x.estado.decidido for x in linhas):
        return None
    return sum((x.acatado or ZERO for x in linhas), ZERO)
