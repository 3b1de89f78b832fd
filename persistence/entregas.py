"""Os avisos por entregar: qual é o próximo de cada número, e o que se fez de cada um.

Os de um mesmo número vão um de cada vez, na ordem em que se gravaram. Antes de chamar, quem entrega
reserva o aviso até um instante: se morrer no meio, é a partir dele que outro o repete, e enquanto
isso nenhum outro aviso do mesmo número sai.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection, and_, delete, exists, func, select, update

from dominio.recurso import largura
from persistence import tabelas, webhooks

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement

    from persistence.webhooks import Webhook

PENDENTE = "pendente"
ENTREGUE = "entregue"


class Entrega(NamedTuple):
    """Um aviso a um webhook.

    Attributes:
        id: chave no banco, crescente na ordem das mudanças de um mesmo número.
        webhook_id: a quem.
        evento_id: o mesmo em todas as tentativas, por que quem recebe reconhece um repetido.
        evento: um de ``dominio.eventos``.
        assunto: de que fala.
        numero: do protocolo, documento ou pagamento; zero se não há.
        de: situação anterior.
        para: situação.
        em: quando aconteceu, em UTC.
        estado: ``pendente`` ou ``entregue``.
        tentativas: quantas vezes se chamou.
        proxima_em: antes deste instante, em UTC, não se tenta.
        entregue_em: quando foi aceito, em UTC.
        resposta: o que se soube da última tentativa, como ``HTTP 500``.
    """

    id: int
    webhook_id: int
    evento_id: str
    evento: str
    assunto: str
    numero: int
    de: int | None
    para: int | None
    em: datetime
    estado: str
    tentativas: int
    proxima_em: datetime
    entregue_em: datetime | None
    resposta: str | None


class Destino(NamedTuple):
    """Um webhook e o que é preciso saber da sua operadora para o avisar."""

    webhook: Webhook
    registro_ans: str
    largura_protocolo: int
    largura_recurso: int


class Fila(NamedTuple):
    """Quanto falta entregar a um webhook, e desde quando espera o mais velho."""

    pendentes: int
    desde: datetime | None


_e = tabelas.entrega.c
_w = tabelas.webhook.c
_o = tabelas.operadora.c
_CAMPOS = tuple(_e[nome] for nome in Entrega._fields)
_antes = tabelas.entrega.alias("antes")


def destinos(conn: Connection, agora: datetime) -> tuple[Destino, ...]:
    """Os webhooks que se podem chamar agora e têm o que receber."""
    consulta = (
        select(_w.id, _w.operadora_id, _o.registro_ans, _o.largura_protocolo, _o.largura_recurso)
        .select_from(tabelas.webhook.join(tabelas.operadora))
        .where(
            _w.ativo,
            _w.proxima_em <= agora,
            exists().where(_e.webhook_id == _w.id, _e.estado == PENDENTE, _e.proxima_em <= agora),
        )
        .order_by(_w.id)
    )
    achados = []
    for chave, operadora_id, registro_ans, dos_protocolos, propria in conn.execute(consulta).all():
        webhook = webhooks.por_id(conn, operadora_id, chave)
        assert webhook is not None  # noqa: S101 - a mesma fotografia
        do_recurso = largura(dos_protocolos, propria)
        achados.append(Destino(webhook, registro_ans, dos_protocolos, do_recurso))
    return tuple(achados)


def prontas(conn: Connection, webhook_id: int, agora: datetime, limite: int) -> tuple[Entrega, ...]:
    """O mais velho aviso pendente de cada número, se já se pode tentar, do mais velho ao novo."""
    ha_antes = exists().where(
        _antes.c.webhook_id == _e.webhook_id,
        _antes.c.assunto == _e.assunto,
        _antes.c.numero == _e.numero,
        _antes.c.estado == PENDENTE,
        _antes.c.id < _e.id,
    )
    consulta = (
        select(*_CAMPOS)
        .where(
            _e.webhook_id == webhook_id,
            _e.estado == PENDENTE,
            _e.proxima_em <= agora,
            ~ha_antes,
        )
        .order_by(_e.id)
        .limit(limite)
    )
    return tuple(Entrega._make(linha) for linha in conn.execute(consulta))


def reservar(conn: Connection, pronta: Entrega, agora: datetime, ate: datetime) -> bool:
    """Toma um aviso para uma tentativa; falso se outro já o tomou, entregou ou apagou.

    Args:
        conn: transação de escrita, que se confirma antes de chamar.
        pronta: de ``prontas``.
        agora: instante da tentativa.
        ate: até quando nenhum outro o tenta.
    """
    feito = conn.execute(
        update(tabelas.entrega)
        .where(
            _e.id == pronta.id,
            _e.estado == PENDENTE,
            _e.tentativas == pronta.tentativas,
            _e.proxima_em <= agora,
        )
        .values(tentativas=_e.tentativas + 1, proxima_em=ate)
    )
    return feito.rowcount == 1


def confirmar(conn: Connection, feita: Entrega, agora: datetime, resposta: str) -> None:
    """O endereço aceitou o aviso, e por isso atende."""
    conn.execute(
        update(tabelas.entrega)
        .where(_e.id == feita.id)
        .values(estado=ENTREGUE, entregue_em=agora, resposta=resposta)
    )
    conn.execute(
        update(tabelas.webhook)
        .where(_w.id == feita.webhook_id, _w.falhas > 0)
        .values(falhas=0, proxima_em=agora)
    )


def adiar(conn: Connection, falha: Entrega, proxima_em: datetime, resposta: str) -> None:
    """O endereço respondeu que não a este aviso; os de outros números seguem."""
    conn.execute(
        update(tabelas.entrega)
        .where(_e.id == falha.id, _e.estado == PENDENTE)
        .values(proxima_em=proxima_em, resposta=resposta)
    )


def pausar(conn: Connection, webhook: Webhook, proxima_em: datetime) -> None:
    """O endereço não atende; nada se lhe manda até um instante."""
    conn.execute(
        update(tabelas.webhook)
        .where(_w.id == webhook.id)
        .values(falhas=webhook.falhas + 1, proxima_em=proxima_em)
    )


def listar(
    conn: Connection,
    webhook: Webhook,
    *,
    estado: str | None = None,
    depois_de: int = 0,
    limite: int = 100,
) -> tuple[Entrega, ...]:
    """Os avisos de um webhook, do mais velho ao mais novo.

    Args:
        conn: transação.
        webhook: da operadora de quem pergunta.
        estado: só os que estão assim.
        depois_de: chave do último já visto.
        limite: quantos.
    """
    condicoes = [*_do_webhook(webhook, estado), _e.id > depois_de]
    consulta = select(*_CAMPOS).where(and_(*condicoes)).order_by(_e.id).limit(limite)
    return tuple(Entrega._make(linha) for linha in conn.execute(consulta))


def recentes(
    conn: Connection,
    webhook: Webhook,
    *,
    estado: str | None = None,
    antes_de: int | None = None,
    limite: int = 50,
) -> tuple[Entrega, ...]:
    """Os avisos de um webhook, do mais novo ao mais velho.

    Args:
        conn: transação.
        webhook: da operadora de quem pergunta.
        estado: só os que estão assim.
        antes_de: chave do último já visto.
        limite: quantos.
    """
    condicoes = _do_webhook(webhook, estado)
    if antes_de is not None:
        condicoes.append(_e.id < antes_de)
    consulta = select(*_CAMPOS).where(and_(*condicoes)).order_by(_e.id.desc()).limit(limite)
    return tuple(Entrega._make(linha) for linha in conn.execute(consulta))


def _do_webhook(webhook: Webhook, estado: str | None) -> list[ColumnElement[bool]]:
    condicoes: list[ColumnElement[bool]] = [_e.webhook_id == webhook.id]
    if estado is not None:
        condicoes.append(_e.estado == estado)
    return condicoes


def reenviar(
    conn: Connection, webhook: Webhook, entrega_id: int, agora: datetime
) -> Entrega | None:
    """Manda outra vez um aviso, entregue ou não, já; o pendente deixa de esperar.

    Returns:
        O aviso como fica, ou ``None`` se não é deste webhook.
    """
    linha = conn.execute(
        update(tabelas.entrega)
        .where(_e.id == entrega_id, _e.webhook_id == webhook.id)
        .values(estado=PENDENTE, proxima_em=agora, entregue_em=None)
        .returning(*_CAMPOS)
    ).one_or_none()
    if linha is None:
        return None
    conn.execute(
        update(tabelas.webhook).where(_w.id == webhook.id).values(falhas=0, proxima_em=agora)
    )
    return Entrega._make(linha)


def fila(conn: Connection, webhook_ids: Sequence[int]) -> dict[int, Fila]:
    """Quanto espera em cada um dos webhooks dados; falta aquele em que nada espera."""
    linhas = conn.execute(
        select(_e.webhook_id, func.count(), func.min(_e.em))
        .where(_e.webhook_id.in_(webhook_ids), _e.estado == PENDENTE)
        .group_by(_e.webhook_id)
    )
    return {chave: Fila(quantos, desde) for chave, quantos, desde in linhas}


def total_pendente(conn: Connection) -> Fila:
    """Quanto espera em todos os webhooks que se chamam."""
    de_ativos = select(_w.id).where(_w.ativo)
    quantos, desde = conn.execute(
        select(func.count(), func.min(_e.em)).where(
            _e.webhook_id.in_(de_ativos), _e.estado == PENDENTE
        )
    ).one()
    return Fila(quantos, desde)


def apagar_velhas(conn: Connection, antes_de: datetime, limite: int) -> int:
    """Apaga avisos entregues antes de um instante, e diz quantos."""
    velhas: Any = (
        select(_e.id)
        .where(_e.estado == ENTREGUE, _e.entregue_em < antes_de)
        .order_by(_e.id)
        .limit(limite)
    )
    return conn.execute(delete(tabelas.entrega).where(_e.id.in_(velhas))).rowcount
