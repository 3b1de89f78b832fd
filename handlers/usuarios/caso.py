"""Convidar uma pessoa, ela aceitar criando a sua senha, e mudar o que pode.

Quem convida tem o convite na mão, e quem tira o segundo fator deixa só a senha de pé: por isso quem
administra só o faz a quem não pode mais do que ele.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from handlers.pessoas import confere, conferir_nova, verificador
from persistence import segundos_fatores, sessoes, usuarios
from persistence.tokens import Escopo

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime
    from typing import Any

    from sqlalchemy import Connection

    from persistence.usuarios import Usuario


class ConviteInvalido(Exception):
    """O convite não existe, expirou, já se usou ou é de quem já não pode entrar."""


class PodeMais(Exception):
    """A pessoa tem escopos que quem a quer mudar não tem; o texto diz o que fazer."""

    def __init__(self) -> None:
        super().__init__(
            "Esta pessoa tem papéis que você não tem. Só quem os tem todos a convida de novo, lhe "
            "muda os papéis ou lhe tira o segundo fator; desligá-la, você pode."
        )


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
    alcance: Collection[Escopo] = frozenset(Escopo),
) -> Convite:
    """Convida uma pessoa; a que já existe recebe outro convite, e os seus escopos mudam.

    Serve também a quem esqueceu a senha: a de antes vale até que o convite se aceite.

    Args:
        conn: transação de escrita.
        operadora_id: para quem a pessoa trabalha.
        email: com que entra.
        nome: como aparece na auditoria.
        escopos: o que vai poder fazer.
        agora: instante com fuso.
        alcance: os escopos de quem convida; todos, para quem opera o gateway.

    Raises:
        PodeMais: já existe, com escopos fora do alcance; a transação deve ser desfeita.
    """
    novo = usuarios.criar(conn, operadora_id, email=email, nome=nome, escopos=escopos, agora=agora)
    if novo is None:
        antes = usuarios.por_email(conn, operadora_id, email)
        assert antes is not None  # noqa: S101 - foi ela que impediu a criação
        _conferir_alcance(antes, alcance)
        novo = usuarios.mudar(
            conn, antes, {"nome": nome, "escopos": frozenset(escopos), "ativo": True}
        )
    return Convite(novo, usuarios.convidar(conn, novo, agora))


def mudar(
    conn: Connection,
    usuario: Usuario,
    mudancas: Mapping[str, Any],
    agora: datetime,
    *,
    alcance: Collection[Escopo],
) -> Usuario:
    """Muda o nome, os escopos ou o estado de uma pessoa; acabam os convites feitos para o de antes.

    Raises:
        PodeMais: mudam-se os escopos de quem os tem fora do alcance; a transação deve ser desfeita.
    """
    if "escopos" in mudancas:
        _conferir_alcance(usuario, alcance)
    mudado = usuarios.mudar(conn, usuario, mudancas)
    if "escopos" in mudancas or "ativo" in mudancas:
        usuarios.largar_convites(conn, usuario, agora)
    return mudado


def tirar_segundo_fator(conn: Connection, usuario: Usuario, *, alcance: Collection[Escopo]) -> None:
    """Tira o segundo fator de quem perdeu o aparelho e os códigos.

    Raises:
        PodeMais: a pessoa tem escopos fora do alcance.
    """
    _conferir_alcance(usuario, alcance)
    segundos_fatores.apagar(conn, usuario.id)


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


def _conferir_alcance(usuario: Usuario, alcance: Collection[Escopo]) -> None:
    if not usuario.escopos <= set(alcance):
        raise PodeMais
