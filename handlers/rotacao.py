"""Trocar a senha de um prestador sem parar de o atender, e revogá-la."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers.senhas import e_a_senha, filtro, forma_de_fio, verificador
from persistence import credenciais, prestadores, tentativas

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from sqlalchemy import Connection

    from persistence.prestadores import Credencial, Prestador

MENOR_SENHA = 8
"""Caracteres de uma senha nova, pelos requisitos de segurança do padrão."""


class SenhaRecusada(Exception):
    """A senha nova não serve; o texto diz por quê, sem a repetir."""


class LoginDeOutro(Exception):
    """O login é de outro prestador da operadora."""


class LoginDesconhecido(Exception):
    """O prestador não tem esse login."""


def trocar(
    conn: Connection,
    prestador: Prestador,
    login: str,
    senha: str,
    *,
    agora: datetime,
    anterior_vale: timedelta | None = None,
    expira_em: datetime | None = None,
) -> Credencial:
    """Dá a um login a sua senha, ou uma nova; o login que o prestador não tem é criado.

    Args:
        conn: transação de escrita.
        prestador: de quem é o login.
        login: em qualquer grafia.
        senha: como se digita.
        agora: instante com fuso.
        anterior_vale: por quanto tempo a senha de antes também vale; ausente, nem mais um instante.
        expira_em: quando a nova vence; ausente, vale o prazo da operadora.

    Raises:
        LoginDeOutro: o login é de outro prestador.
        SenhaRecusada: é fraca, ou uma das últimas três.
    """
    conferir_forca(senha)
    fio = forma_de_fio(senha)
    marca = filtro(tentativas.chave(conn, prestador.operadora_id), fio)
    atual = credenciais.por_login(conn, prestador.operadora_id, login)
    if atual is None:
        return prestadores.adicionar_credencial(
            conn, prestador, login, verificador(senha), expira_em, filtro=marca
        )
    if atual.prestador_id != prestador.id:
        raise LoginDeOutro
    usadas = (atual.verificador, *credenciais.passadas(conn, atual))
    if any(e_a_senha(usada, fio) for usada in usadas[: credenciais.LEMBRADAS]):
        raise SenhaRecusada("é uma das três últimas; escolha outra")
    return credenciais.trocar(
        conn,
        atual,
        verificador(senha),
        marca,
        agora=agora,
        anterior_ate=None if anterior_vale is None else agora + anterior_vale,
        expira_em=expira_em,
    )


def revogar(
    conn: Connection, prestador: Prestador, login: str, *, so_a_anterior: bool = False
) -> None:
    """Faz um login deixar de valer já, ou só a senha de antes da última troca.

    O login continua a ser exigido do prestador: revogar não abre a porta.

    Raises:
        LoginDesconhecido: o prestador não tem esse login.
    """
    atual = credenciais.por_login(conn, prestador.operadora_id, login)
    if atual is None or atual.prestador_id != prestador.id:
        raise LoginDesconhecido
    credenciais.revogar(conn, atual, so_a_anterior=so_a_anterior)


def conferir_forca(senha: str) -> None:
    """Confere o tamanho e as quatro classes de caracteres de uma senha nova.

    Raises:
        SenhaRecusada: é fraca.
    """
    classes = (str.islower, str.isupper, str.isdigit, lambda c: not c.isalnum())
    if len(senha) < MENOR_SENHA or not all(any(map(classe, senha)) for classe in classes):
        raise SenhaRecusada(
            f"são pelo menos {MENOR_SENHA} caracteres, com minúscula, maiúscula, algarismo e sinal"
        )
