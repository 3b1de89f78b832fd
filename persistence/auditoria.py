"""A auditoria: um evento por acesso a dados de pacientes ou ato de quem administra.

Só recebe linhas; o próprio banco recusa mudá-las, e apagá-las antes de 90 dias. De quem eram os
dados guarda-se o resumo HMAC-SHA256 da carteira, com uma chave sorteada por operadora: quem tem a
carteira acha os acessos, e quem só vê a auditoria não descobre a carteira. A chave fica no mesmo
banco: protege listas e cópias da auditoria, que vivem mais do que as guias, não o banco inteiro.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection, bindparam, delete, insert, select

from dominio.competencia import agora
from persistence import tabelas
from persistence.insercao import InsercaoUnica
from persistence.prontos import Pronto

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

GUARDA = timedelta(days=90)
"""O menos que um evento vive; os gatilhos do banco não deixam apagá-lo antes."""

_CHAVE = "auditoria"
_CHAVE_BYTES = 32

_a = tabelas.auditoria.c
_t = tabelas.auditoria_titular.c
_s = tabelas.segredo.c
_REGISTRAR = Pronto(insert(tabelas.auditoria).returning(_a.id))
_TITULARES = insert(tabelas.auditoria_titular)
_CRIAR_CHAVE = InsercaoUnica(tabelas.segredo, [_s.valor])
_LER_CHAVE = Pronto(
    select(_s.valor).where(
        _s.operadora_id == bindparam("operadora_id"), _s.nome == bindparam("nome")
    )
)


class Evento(NamedTuple):
    """Um evento da auditoria.

    Attributes:
        id: chave no banco, crescente.
        em: instante em UTC.
        quem: quem agiu, como ``token 3f9c...`` ou o usuário do sistema.
        porta: por onde, como ``api`` ou ``cli``.
        acao: o que fez, como ``ler``.
        alvo_tipo: tipo do que se acessou, como ``protocolo``.
        alvo: identificação do que se acessou; nunca dado de paciente.
        detalhes: o mais que houver, sem dados de pacientes.
    """

    id: int
    em: datetime
    quem: str
    porta: str
    acao: str
    alvo_tipo: str
    alvo: str
    detalhes: Mapping[str, Any] | None


_EVENTO = tuple(_a[nome] for nome in Evento._fields)


def registrar(
    conn: Connection,
    *,
    operadora_id: int | None,
    quem: str,
    porta: str,
    acao: str,
    alvo_tipo: str,
    alvo: str,
    carteira: str | Collection[str] | None = None,
    detalhes: Mapping[str, Any] | None = None,
) -> int:
    """Registra um evento, na transação de quem chama; os dados só se dão depois do commit.

    Args:
        conn: transação de escrita.
        operadora_id: dona dos dados; ausente numa mensagem que não se soube de quem era.
        quem: quem age.
        porta: por onde, como ``api``, ``console`` ou ``cli``.
        acao: verbo, como ``ler`` ou ``exportar``.
        alvo_tipo: como ``protocolo``, ``mensagem`` ou ``titular``.
        alvo: número ou identificação; nunca dado de paciente.
        carteira: a da pessoa de quem são os dados, ou as de todas; guardam-se resumidas.
        detalhes: o mais que se queira guardar, sem dados de pacientes.

    Returns:
        A chave do evento.

    Raises:
        ValueError: se há carteiras e não há operadora, que é quem tem a chave do resumo.
    """
    [[evento]] = _REGISTRAR.linhas(
        conn,
        {
            "operadora_id": operadora_id,
            "em": agora(),
            "quem": quem,
            "porta": porta,
            "acao": acao,
            "alvo_tipo": alvo_tipo,
            "alvo": alvo,
            "detalhes": None if detalhes is None else dict(detalhes),
        },
    )
    carteiras = {carteira} if isinstance(carteira, str) else set(carteira or ())
    if carteiras:
        if operadora_id is None:
            raise ValueError("sem operadora não há chave para as carteiras")
        chave = _chave(conn, operadora_id)
        conn.execute(
            _TITULARES,
            [{"auditoria_id": evento, "resumo": _resumo(chave, uma)} for uma in carteiras],
        )
    return int(evento)


def de_titular(conn: Connection, operadora_id: int, carteira: str) -> tuple[Evento, ...]:
    """Os acessos aos dados de uma pessoa, do mais velho ao mais novo.

    A transação é de escrita: sem nenhum evento ainda, a chave é sorteada aqui.
    """
    resumo = _resumo(_chave(conn, operadora_id), carteira)
    consulta = (
        select(*_EVENTO)
        .select_from(tabelas.auditoria.join(tabelas.auditoria_titular))
        .where(_t.resumo == resumo, _a.operadora_id == operadora_id)
        .order_by(_a.id)
    )
    return tuple(Evento._make(linha) for linha in conn.execute(consulta))


def listar(
    conn: Connection, operadora_id: int, *, depois_de: int = 0, limite: int = 100
) -> tuple[Evento, ...]:
    """Os eventos de uma operadora, do mais velho ao mais novo.

    Args:
        conn: transação.
        operadora_id: dona.
        depois_de: chave do último evento já visto.
        limite: quantos.
    """
    consulta = (
        select(*_EVENTO)
        .where(_a.operadora_id == operadora_id, _a.id > depois_de)
        .order_by(_a.id)
        .limit(limite)
    )
    return tuple(Evento._make(linha) for linha in conn.execute(consulta))


def apagar(conn: Connection, antes_de: datetime, limite: int) -> int:
    """Apaga os eventos mais velhos de antes de um instante; é o único jeito de apagar algum.

    Args:
        conn: transação de escrita.
        antes_de: instante com fuso.
        limite: quantos no máximo.

    Returns:
        Quantos se apagaram; menos que o limite quando não há mais.

    Raises:
        ValueError: se alcança eventos que ainda se devem guardar.
    """
    if antes_de > agora() - GUARDA:
        raise ValueError(f"a auditoria se guarda por {GUARDA.days} dias")
    velhos = select(_a.id).where(_a.em < antes_de).order_by(_a.em, _a.id).limit(limite)
    ids = list(conn.execute(velhos).scalars())
    if ids:
        conn.execute(delete(tabelas.auditoria_titular).where(_t.auditoria_id.in_(ids)))
        conn.execute(delete(tabelas.auditoria).where(_a.id.in_(ids)))
    return len(ids)


def _chave(conn: Connection, operadora_id: int) -> bytes:
    qual = {"operadora_id": operadora_id, "nome": _CHAVE}
    linha = _LER_CHAVE.primeira(conn, qual)
    if linha is None:
        nova = {**qual, "valor": secrets.token_bytes(_CHAVE_BYTES)}
        # se outra transação acaba de a sortear, vale a dela
        linha = _CRIAR_CHAVE.executar(conn, nova) or _LER_CHAVE.primeira(conn, qual)
    assert linha is not None  # noqa: S101
    return bytes(linha[0])


def _resumo(chave: bytes, carteira: str) -> str:
    return hmac.new(chave, carteira.encode(), hashlib.sha256).hexdigest()
