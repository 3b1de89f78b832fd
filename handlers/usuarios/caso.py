"""Convidar uma pessoa, e ela aceitar criando a sua senha."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from handlers.pessoas import confere, conferir_nova, verificador
from persistence import sessoes, usuarios

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import Connection

    from persistence.tokens import Escopo
    from persistence.usuarios import Usuario


class ConviteInvalido(Exception):
    """O convite não existe, expirou, já se usou ou é de quem já não pode entrar."""


class Convite(NamedTuple):
    """Um convite feito.

    Attributes:
        usuario: quem se convidou.
        texto: o que a pessoa apresenta; não se mostra de novo.
    """

    usuario: Usuario
    texto: str


def convidar(
    conn: Connection,
    operadora_id: int,
    *,
    email: str,
    nome: str,
    escopos: Collection[Escopo],
    agora: datetime,
) -> Convite:
    """Convida uma pessoa; a que já existe recebe outro convite, e os seus escopos mudam.

    Serve também a quem esqueceu a senha: a de antes vale até que o convite se aceite.
    """
    novo = usuarios.criar(conn, operadora_id, email=email, nome=nome, escopos=escopos, agora=agora)
    if novo is None:
        antes = usuarios.por_email(conn, operadora_id, email)
        assert antes is not None  # noqa: S101 - foi ela que impediu a criação
        novo = usuarios.mudar(
            conn, antes, {"nome": nome, "escopos": frozenset(escopos), "ativo": True}
        )
    return Convite(novo, usuarios.convidar(conn, novo, agora))


def aceitar(conn: Connection, texto: str, senha: str, agora: datetime) -> Usuario:
    """Gasta um convite e dá à pessoa a sua senha.

    Raises:
        ConviteInvalido: não vale; a transação deve ser desfeita.
        SenhaRecusada: é fraca, ou uma das últimas três; a transação deve ser desfeita, e o convite
            serve outra vez.
    """
    usuario = usuarios.usar_convite(conn, texto, agora)
    if usuario is None:
        raise ConviteInvalido
    conferir_nova(senha, usuarios.senhas(conn, usuario))
    usuarios.gravar_senha(conn, usuario, verificador(senha), agora)
    # quem entrou com a senha de antes pode não ser quem a troca
    sessoes.encerrar_todas(conn, usuario_id=usuario.id)
    return usuario._replace(trocada_em=agora)


def trocar_senha(conn: Connection, usuario: Usuario, senha: str, agora: datetime) -> None:
    """Troca a senha de quem já provou a atual.

    Raises:
        SenhaRecusada: é fraca, ou uma das últimas três; a transação deve ser desfeita.
    """
    conferir_nova(senha, usuarios.senhas(conn, usuario))
    usuarios.gravar_senha(conn, usuario, verificador(senha), agora)


def e_a_senha(conn: Connection, usuario: Usuario, senha: str) -> bool:
    """Se é a senha atual de uma pessoa que já a criou."""
    atual = usuarios.senhas(conn, usuario).atual
    return atual is not None and confere(atual, senha)
