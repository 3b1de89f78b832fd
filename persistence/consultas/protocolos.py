"""A lista de protocolos de uma operadora, pela ordem em que mudaram, e a chave de um deles."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection, bindparam, func, select, tuple_

from dominio.competencia import FUSO
from dominio.situacao import StatusProtocolo
from persistence import tabelas
from persistence.alteracoes import INICIO, Posicao, estavel, possivel
from persistence.consultas.escolha import fora_da_escolha

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from decimal import Decimal

    from sqlalchemy import ColumnElement

_p = tabelas.protocolo.c
_l = tabelas.lote.c
_r = tabelas.prestador.c
_c = tabelas.critica.c


class CursorAlheio(ValueError):
    """O cursor não pode ter sido dado por este banco."""


class Linha(NamedTuple):
    """Um protocolo na lista; valores em reais, instantes em UTC.

    Attributes:
        alteracao: posição da última mudança.
        id: chave do protocolo.
        lote_id: chave do lote, que também é o seu sequencial; ausente se não é de lote.
        prestador_codigo: na operadora.
        criticas: quantas, notas inclusive.
    """

    alteracao: int
    id: int
    numero: int
    tipo: str
    lote_id: int | None
    lote_numero: str | None
    lote_tipo: str | None
    quantidade_guias: int | None
    prestador_codigo: str
    prestador_nome: str
    versao: str
    canal: str
    status: StatusProtocolo
    recebido_em: datetime
    data_envio: date
    homologacao: bool
    informado: Decimal
    processado: Decimal
    liberado: Decimal
    glosa: Decimal
    criticas: int


class Filtro(NamedTuple):
    """O que se quer ver; o que está ausente não filtra.

    Attributes:
        prestador: código na operadora.
        numero: do protocolo.
        lote: número do lote como o prestador o deu.
        tipo_guia: valor de ``TipoGuia``.
        status: situações.
        recebido_de: primeiro dia de São Paulo.
        recebido_ate: último dia de São Paulo.
        canal: por onde veio.
        homologacao: se são os de homologação, em lugar dos reais.
        numeros: só estes protocolos.
    """

    prestador: str | None = None
    numero: int | None = None
    lote: str | None = None
    tipo_guia: str | None = None
    status: tuple[StatusProtocolo, ...] = ()
    recebido_de: date | None = None
    recebido_ate: date | None = None
    canal: str | None = None
    homologacao: bool = False
    numeros: tuple[int, ...] = ()


class Pagina(NamedTuple):
    """Um pedaço da lista.

    Attributes:
        linhas: na ordem das mudanças.
        posicao: de onde continuar, também quando por ora não há mais.
        ha_mais: se já se sabe de outra linha depois destas.
    """

    linhas: tuple[Linha, ...]
    posicao: Posicao
    ha_mais: bool


_CRITICAS = (
    select(func.count())
    .select_from(tabelas.critica)
    .where(_c.lote_id == _p.lote_id)
    .correlate(tabelas.protocolo)
    .scalar_subquery()
)
_COLUNAS: dict[str, ColumnElement[Any]] = {
    "lote_numero": _l.numero,
    "lote_tipo": _l.tipo,
    "quantidade_guias": _l.quantidade_guias,
    "prestador_codigo": _r.codigo,
    "prestador_nome": _r.nome,
    "criticas": _CRITICAS,
}
_LISTA = select(
    *(_COLUNAS[nome] if nome in _COLUNAS else _p[nome] for nome in Linha._fields)
).select_from(
    tabelas.protocolo.join(tabelas.prestador, _p.prestador_id == _r.id).outerjoin(
        tabelas.lote, _p.lote_id == _l.id
    )
)
_POR_NUMERO = _LISTA.where(
    _p.operadora_id == bindparam("operadora_id"), _p.numero == bindparam("numero")
)
_TRANCAR = (
    select(_p.id, _p.alteracao)
    .where(_p.operadora_id == bindparam("operadora_id"), _p.numero == bindparam("numero"))
    .with_for_update()
)


def listar(
    conn: Connection,
    operadora_id: int,
    filtro: Filtro,
    *,
    depois_de: Posicao = INICIO,
    limite: int = 100,
) -> Pagina:
    """Os protocolos que mudaram depois de uma posição, cada um com o seu estado de agora.

    O que ainda está sendo gravado não aparece, nem o que mudou depois dele: virá no próximo
    pedido. Um protocolo que muda outra vez aparece outra vez, mais adiante.

    Raises:
        CursorAlheio: a posição não pode ser deste banco.
    """
    if not possivel(conn, depois_de):
        raise CursorAlheio("a posição está além da última transação deste banco")
    consulta = (
        _LISTA.where(
            _p.operadora_id == operadora_id,
            estavel(conn),
            tuple_(_p.alteracao, _p.id) > tuple_(*depois_de),
            *condicoes(filtro),
        )
        .order_by(_p.alteracao, _p.id)
        .limit(limite + 1)
    )
    linhas = tuple(_linha(valores) for valores in conn.execute(consulta))
    mostradas = linhas[:limite]
    fim = Posicao(mostradas[-1].alteracao, mostradas[-1].id) if mostradas else depois_de
    return Pagina(mostradas, fim, len(linhas) > limite)


def por_numero_decrescente(
    conn: Connection,
    operadora_id: int,
    filtro: Filtro,
    *,
    prestador_id: int | None,
    antes_de: int | None,
    limite: int,
    numeros: Collection[int] | None = None,
) -> tuple[Linha, ...]:
    """Os protocolos de número menor que um dado, do maior ao menor; ver ``lista_de_protocolos``."""
    consulta = _LISTA.where(_p.operadora_id == operadora_id, *condicoes(filtro))
    if prestador_id is not None:
        consulta = consulta.where(_p.prestador_id == prestador_id)
    if antes_de is not None:
        consulta = consulta.where(_p.numero < antes_de)
    if numeros is not None:
        consulta = consulta.where(_p.numero.in_(numeros))
    ordem: ColumnElement[Any] = _p.numero
    if filtro.homologacao:
        # são poucos e acham-se por outro índice: pela ordem dos números percorrer-se-iam todos
        ordem = fora_da_escolha(conn, ordem)
    consulta = consulta.order_by(ordem.desc()).limit(limite)
    return tuple(_linha(valores) for valores in conn.execute(consulta))


def um(conn: Connection, operadora_id: int, numero: int) -> Linha | None:
    """O protocolo de um número, como na lista."""
    chave = {"operadora_id": operadora_id, "numero": numero}
    valores = conn.execute(_POR_NUMERO, chave).one_or_none()
    return None if valores is None else _linha(valores)


def trancar(conn: Connection, operadora_id: int, numero: int) -> Posicao | None:
    """Segura um protocolo até o fim da transação e diz a sua última mudança."""
    chave = {"operadora_id": operadora_id, "numero": numero}
    linha = conn.execute(_TRANCAR, chave).one_or_none()
    return None if linha is None else Posicao(linha.alteracao, linha.id)


def limites_do_dia(dia: date) -> tuple[datetime, datetime]:
    """Instante em que começa um dia de São Paulo, e aquele em que começa o seguinte."""
    comeco = datetime.combine(dia, time(), FUSO).astimezone(UTC)
    if dia == date.max:
        return comeco, datetime.max.replace(tzinfo=UTC)
    return comeco, datetime.combine(dia + timedelta(days=1), time(), FUSO).astimezone(UTC)


def condicoes(f: Filtro) -> list[ColumnElement[bool]]:
    """O que um filtro exige, numa consulta que traz protocolo, lote e prestador."""
    exigidas: list[ColumnElement[bool]] = [_p.homologacao == f.homologacao]
    if f.lote is not None:
        # o índice dos números de lote começa pela operadora
        exigidas += [_l.operadora_id == _p.operadora_id, _l.numero == f.lote]
    for coluna, valor in (
        (_r.codigo, f.prestador),
        (_p.numero, f.numero),
        (_l.tipo, f.tipo_guia),
        (_p.canal, f.canal),
    ):
        if valor is not None:
            exigidas.append(coluna == valor)
    if f.numeros:
        exigidas.append(_p.numero.in_(f.numeros))
    if f.status:
        exigidas.append(_p.status.in_([int(s) for s in f.status]))
    if f.recebido_de is not None:
        exigidas.append(_p.recebido_em >= limites_do_dia(f.recebido_de)[0])
    if f.recebido_ate is not None:
        exigidas.append(_p.recebido_em < limites_do_dia(f.recebido_ate)[1])
    return exigidas


def _linha(valores: Sequence[Any]) -> Linha:
    crua = Linha._make(valores)
    return crua._replace(status=StatusProtocolo(crua.status))
