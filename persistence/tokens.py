"""Os tokens da API: criar, achar pelo segredo, listar, revogar.

Um token tem 256 bits sorteados, mostra-se uma só vez e guarda-se o seu SHA-256: adivinhá-lo é
impossível, e por isso não precisa de um resumo lento como o das senhas. O prefixo, que não faz
parte do segredo, serve para o reconhecer em listas e na auditoria.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection, bindparam, insert, or_, select, update

from persistence import operadoras, tabelas
from persistence.prontos import Pronto

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from persistence.operadoras import Operadora

POR_MINUTO = 600
"""Pedidos por minuto de um token, se não se diz outro número."""

VALIDADE = timedelta(days=90)
"""Quanto um token vale, se não se diz outra coisa."""

_FORMA = re.compile(r"tiss_([0-9a-f]{8})_[A-Za-z0-9_-]{43}")
_SEGREDO_BYTES = 32
_PREFIXO_BYTES = 4
_USO = timedelta(hours=1)
"""O último uso só se anota de hora em hora: uma consulta não custa uma escrita."""


class Escopo(StrEnum):
    """O que um token pode fazer; nenhum contém outro."""

    LEITURA = "leitura"
    CONTEUDO = "conteudo"
    ANALISE = "analise"
    PAGAMENTO = "pagamento"
    ADMIN = "admin"


class Token(NamedTuple):
    """Um token, sem o seu segredo.

    Attributes:
        id: chave no banco.
        operadora_id: a única operadora que ele vê.
        nome: para que serve, dito por quem o criou.
        prefixo: oito algarismos hexadecimais.
        escopos: o que pode fazer.
        por_minuto: pedidos por minuto.
        criado_em: instante em UTC.
        expira_em: instante em UTC a partir do qual não vale.
        revogado_em: instante em UTC, se foi revogado.
        usado_em: hora cheia, ou pouco depois, do último uso; ausente se nunca.
    """

    id: int
    operadora_id: int
    nome: str
    prefixo: str
    escopos: frozenset[Escopo]
    por_minuto: int
    criado_em: datetime
    expira_em: datetime
    revogado_em: datetime | None
    usado_em: datetime | None

    def vale(self, agora: datetime) -> bool:
        """Se ainda não expirou nem foi revogado."""
        return self.revogado_em is None and agora < self.expira_em

    def uso_por_anotar(self, agora: datetime) -> bool:
        """Se já é hora de anotar outro uso."""
        return self.usado_em is None or agora - self.usado_em >= _USO


class Criado(NamedTuple):
    """Um token novo e o texto que o apresenta, que não se pode ler de novo."""

    token: Token
    texto: str


_t = tabelas.token_api.c
_CAMPOS = tuple(_t[nome] for nome in Token._fields)
_ESCOPOS = Token._fields.index("escopos")
_ACHAR = Pronto(
    select(*_CAMPOS, *operadoras.COLUNAS)
    .select_from(tabelas.token_api.join(tabelas.operadora))
    .where(_t.sha256 == bindparam("sha256"))
)
_ANOTAR = (
    update(tabelas.token_api)
    .where(
        _t.id == bindparam("chave"),
        or_(_t.usado_em.is_(None), _t.usado_em < bindparam("antes")),
    )
    .values(usado_em=bindparam("agora"))
)


def criar(
    conn: Connection,
    operadora_id: int,
    *,
    nome: str,
    escopos: Collection[Escopo],
    agora: datetime,
    validade: timedelta = VALIDADE,
    por_minuto: int = POR_MINUTO,
) -> Criado:
    """Sorteia um token e guarda o seu resumo."""
    prefixo = secrets.token_hex(_PREFIXO_BYTES)
    texto = f"tiss_{prefixo}_{secrets.token_urlsafe(_SEGREDO_BYTES)}"
    linha = conn.execute(
        insert(tabelas.token_api).returning(*_CAMPOS),
        {
            "operadora_id": operadora_id,
            "nome": nome,
            "prefixo": prefixo,
            "sha256": _resumo(texto),
            "escopos": sorted(escopos),
            "por_minuto": por_minuto,
            "criado_em": agora,
            "expira_em": agora + validade,
        },
    ).one()
    return Criado(_token(linha), texto)


def achar(conn: Connection, texto: str) -> tuple[Token, Operadora] | None:
    """O token apresentado e a sua operadora, valha ele ou não."""
    if _FORMA.fullmatch(texto) is None:
        return None
    linha = _ACHAR.primeira(conn, {"sha256": _resumo(texto)})
    if linha is None:
        return None
    return _token(linha[: len(_CAMPOS)]), operadoras.de_valores(linha[len(_CAMPOS) :])


def anotar_uso(conn: Connection, token_id: int, agora: datetime) -> None:
    """Anota que o token foi usado, se o último uso anotado já é velho."""
    conn.execute(_ANOTAR, {"chave": token_id, "antes": agora - _USO, "agora": agora})


def listar(conn: Connection, operadora_id: int) -> tuple[Token, ...]:
    """Os tokens de uma operadora, do mais velho ao mais novo, revogados inclusive."""
    consulta = select(*_CAMPOS).where(_t.operadora_id == operadora_id).order_by(_t.id)
    return tuple(_token(linha) for linha in conn.execute(consulta))


def revogar(conn: Connection, operadora_id: int, prefixo: str, agora: datetime) -> Token | None:
    """Revoga o token de um prefixo; revogá-lo de novo não muda nada.

    Returns:
        O token, ou ``None`` se a operadora não tem nenhum com esse prefixo.
    """
    da_operadora = (_t.operadora_id == operadora_id, _t.prefixo == prefixo)
    conn.execute(
        update(tabelas.token_api)
        .where(*da_operadora, _t.revogado_em.is_(None))
        .values(revogado_em=agora)
    )
    linha = conn.execute(select(*_CAMPOS).where(*da_operadora)).one_or_none()
    return None if linha is None else _token(linha)


def _token(valores: Sequence[Any]) -> Token:
    cru = Token._make(valores)
    return cru._replace(escopos=frozenset(Escopo(e) for e in valores[_ESCOPOS]))


def _resumo(texto: str) -> str:
    return hashlib.sha256(texto.encode()).hexdigest()
