"""As sessões do console: um texto de 256 bits sorteados, de que só se guarda o SHA-256."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, delete, insert, or_, select, update

from persistence import tabelas
from persistence.prontos import Pronto

_SEGREDO_BYTES = 32
_ANOTA_DE_NOVO = timedelta(minutes=1)
"""O uso só se anota de minuto em minuto: abrir uma página não custa uma escrita."""


class Sessao(NamedTuple):
    """Uma sessão aberta, de uma pessoa da operadora ou de uma conta de prestador.

    Attributes:
        id: chave no banco.
        usuario_id: a pessoa da operadora.
        conta_id: a conta de prestador.
        acesso_id: por que prestador a conta fala; ausente até se escolher.
        confirmada: se já passou pelo segundo fator, ou não o tem.
        criada_em: quando se entrou, em UTC.
        usada_em: o último uso anotado, em UTC.
        endereco: de onde se entrou.
        recados: pares (tipo, texto) que a próxima página diz.
    """

    id: int
    usuario_id: int | None
    conta_id: int | None
    acesso_id: int | None
    confirmada: bool
    criada_em: datetime
    usada_em: datetime
    endereco: str
    recados: list[list[str]] | None

    def uso_por_anotar(self, agora: datetime) -> bool:
        """Se já é hora de anotar outro uso."""
        return agora - self.usada_em >= _ANOTA_DE_NOVO

    def vale(self, agora: datetime, ociosa: timedelta, maxima: timedelta) -> bool:
        """Se nem ficou parada demais nem é velha demais."""
        # o uso anotado atrasa-se até um minuto do verdadeiro
        return agora < self.usada_em + ociosa + _ANOTA_DE_NOVO and agora < self.criada_em + maxima


_s = tabelas.sessao.c
_CAMPOS = tuple(_s[nome] for nome in Sessao._fields)
_ACHAR = Pronto(select(*_CAMPOS).where(_s.sha256 == bindparam("sha256")))


def criar(
    conn: Connection,
    *,
    usuario_id: int | None = None,
    conta_id: int | None = None,
    acesso_id: int | None = None,
    confirmada: bool,
    endereco: str,
    agora: datetime,
) -> str:
    """Abre uma sessão e dá o texto que a apresenta."""
    texto = secrets.token_urlsafe(_SEGREDO_BYTES)
    conn.execute(
        insert(tabelas.sessao),
        {
            "sha256": _resumo(texto),
            "usuario_id": usuario_id,
            "conta_id": conta_id,
            "acesso_id": acesso_id,
            "confirmada": confirmada,
            "criada_em": agora,
            "usada_em": agora,
            "endereco": endereco,
        },
    )
    return texto


def achar(conn: Connection, texto: str) -> Sessao | None:
    """A sessão que um texto apresenta, valha ou não."""
    linha = _ACHAR.primeira(conn, {"sha256": _resumo(texto)})
    return None if linha is None else Sessao._make(linha)


def tocar(conn: Connection, sessao: Sessao, agora: datetime) -> None:
    """Anota que se usou."""
    _mudar(conn, sessao, usada_em=agora)


def girar(conn: Connection, sessao: Sessao, **campos: Any) -> str:
    """Dá outro texto à sessão, que o de antes deixa de apresentar, e muda o que se diga.

    Args:
        conn: transação de escrita.
        sessao: a que ganha ou muda de direitos.
        campos: ``confirmada`` ou ``acesso_id``.
    """
    texto = secrets.token_urlsafe(_SEGREDO_BYTES)
    _mudar(conn, sessao, sha256=_resumo(texto), **campos)
    return texto


def deixar_recados(conn: Connection, sessao: Sessao, recados: list[list[str]] | None) -> None:
    """Guarda o que a próxima página diz, ou nada."""
    _mudar(conn, sessao, recados=recados)


def encerrar(conn: Connection, sessao: Sessao) -> None:
    """Acaba com uma sessão."""
    conn.execute(delete(tabelas.sessao).where(_s.id == sessao.id))


def encerrar_todas(
    conn: Connection,
    *,
    usuario_id: int | None = None,
    conta_id: int | None = None,
    menos: int | None = None,
) -> int:
    """Acaba com todas as sessões de uma pessoa, salvo talvez uma, e diz quantas eram."""
    comando = delete(tabelas.sessao).where(*_de(usuario_id, conta_id))
    if menos is not None:
        comando = comando.where(_s.id != menos)
    return conn.execute(comando).rowcount


def abertas(
    conn: Connection, *, usuario_id: int | None = None, conta_id: int | None = None
) -> tuple[Sessao, ...]:
    """As sessões de uma pessoa, a mais nova primeiro."""
    consulta = select(*_CAMPOS).where(*_de(usuario_id, conta_id)).order_by(_s.id.desc())
    return tuple(Sessao._make(linha) for linha in conn.execute(consulta))


def limpar(conn: Connection, criadas_antes: datetime, usadas_antes: datetime) -> int:
    """Apaga as que já não valem, e diz quantas eram."""
    comando = delete(tabelas.sessao).where(
        or_(_s.criada_em < criadas_antes, _s.usada_em < usadas_antes)
    )
    return conn.execute(comando).rowcount


def _mudar(conn: Connection, sessao: Sessao, **campos: Any) -> None:
    conn.execute(update(tabelas.sessao).where(_s.id == sessao.id).values(**campos))


def _de(usuario_id: int | None, conta_id: int | None) -> tuple[Any, ...]:
    if usuario_id is not None:
        return (_s.usuario_id == usuario_id,)
    return (_s.conta_id == conta_id,)


def _resumo(texto: str) -> str:
    return hashlib.sha256(texto.encode()).hexdigest()
