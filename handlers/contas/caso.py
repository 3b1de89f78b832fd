"""Convidar quem fala por um prestador, e essa pessoa criar a sua senha ou juntar o acesso à conta.

A mesma conta serve a várias operadoras. Por isso o convite de uma não dá senha nova à conta que já
fala por prestadores de outra: quem convida tem o convite na mão, e entraria no que é dela ou
deixaria o dono de fora. Essa senha só a devolve quem opera o gateway.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dominio.documentos import cnpj_valido, cpf_valido
from handlers.pessoas import conferir_nova, verificador
from persistence import contas, convites_de_contas, sessoes

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from persistence.contas import Conta
    from persistence.convites_de_contas import Convidada
    from persistence.prestadores import Prestador

TIPOS = (
    "Secretária/o",
    "Fonoaudiólogo/a",
    "Médico/a",
    "Nutricionista",
    "Ortoptista",
    "Psicólogo/a",
    "Consultório/Clínica",
    "Laboratório",
    "Hospital",
)
"""O que é quem entra por um prestador."""


class LoginInvalido(ValueError):
    """Não é um CNPJ nem um CPF: faltam algarismos ou os dígitos verificadores não conferem."""


class ConviteInvalido(Exception):
    """O convite não existe, expirou, já se usou, é de outra conta ou de quem já não entra."""


class SoComASenha(Exception):
    """A conta serve a outra operadora: o convite só se aceita com a senha de agora."""


class SemAcessos(Exception):
    """A conta não fala por nenhum prestador ativo."""


class Convite(NamedTuple):
    """Um convite feito.

    Attributes:
        conta: quem se convidou.
        texto: o que a pessoa apresenta; não se mostra de novo.
    """

    conta: Conta
    texto: str


def login_normal(digitado: str) -> str:
    """Um CNPJ ou CPF como se guarda: sem pontuação, em maiúsculas.

    Raises:
        LoginInvalido: não é nenhum dos dois.
    """
    limpo = "".join(c for c in digitado.upper() if c not in " .-/\t")
    if not cnpj_valido(limpo) and not cpf_valido(limpo):
        raise LoginInvalido(digitado)
    return limpo


def convidar(
    conn: Connection,
    prestador: Prestador,
    *,
    login: str,
    tipo: str,
    nome: str,
    email: str,
    agora: datetime,
) -> Convite:
    """Convida quem fala por um prestador; a conta que já existe fica como está até que aceite.

    Serve também a quem esqueceu a senha.

    Args:
        conn: transação de escrita.
        prestador: por quem se vai falar.
        login: CNPJ ou CPF de quem entra, com ou sem pontuação.
        tipo: um de ``TIPOS``.
        nome: de quem entra.
        email: de quem entra.
        agora: instante com fuso.

    Raises:
        LoginInvalido: o login não é um CNPJ nem um CPF.
    """
    normal = login_normal(login)
    conta = contas.criar(conn, login=normal, tipo=tipo, nome=nome, email=email, agora=agora)
    if conta is None:
        conta = contas.por_login(conn, normal)
        assert conta is not None  # noqa: S101 - foi ela que impediu a criação
    return Convite(conta, convites_de_contas.criar(conn, conta, prestador, agora))


def aceitar(conn: Connection, texto: str, senha: str, agora: datetime) -> Conta:
    """Gasta um convite, dá à conta a senha nova e o acesso, e acaba com as sessões que houvesse.

    O de ``redefinir`` dá só a senha.

    Raises:
        ConviteInvalido: não vale; a transação deve ser desfeita.
        SoComASenha: a conta serve a outra operadora; a transação deve ser desfeita, e o convite
            serve para ``juntar``.
        SenhaRecusada: é fraca, ou uma das últimas três; a transação deve ser desfeita, e o convite
            serve outra vez.
    """
    convidada = _usar(conn, texto, agora)
    conta = convidada.conta
    so_senha = texto.startswith(convites_de_contas.DE_SENHA)
    # trancam a conta: o que se confere a seguir já não muda
    guardadas = contas.senhas(conn, conta)
    if not so_senha and contas.serve_a_outra(conn, conta, convidada.operadora.id):
        raise SoComASenha
    conferir_nova(senha, guardadas)
    contas.gravar_senha(conn, conta, verificador(senha), agora)
    if not so_senha:
        contas.dar_acesso(conn, conta, convidada.prestador, agora)
    sessoes.encerrar_todas(conn, conta_id=conta.id)
    return conta._replace(trocada_em=agora)


def juntar(conn: Connection, texto: str, conta: Conta, agora: datetime) -> Convidada:
    """Gasta um convite de quem já entrou com a sua senha, e junta o acesso à conta.

    Raises:
        ConviteInvalido: não vale, ou é de outra conta; a transação deve ser desfeita.
    """
    convidada = _usar(conn, texto, agora)
    if convidada.conta.id != conta.id or texto.startswith(convites_de_contas.DE_SENHA):
        raise ConviteInvalido
    contas.dar_acesso(conn, conta, convidada.prestador, agora)
    return convidada


def redefinir(conn: Connection, conta: Conta, agora: datetime) -> Convite:
    """Dá um convite com que a conta só cria outra senha, e fica com os acessos que tem.

    A senha de agora vale até que se aceite. É de quem opera o gateway: nenhuma operadora o pede.

    Raises:
        SemAcessos: não fala por nenhum prestador ativo.
    """
    acesso = next(iter(contas.acessos(conn, conta.id)), None)
    if acesso is None:
        raise SemAcessos
    texto = convites_de_contas.criar(
        conn, conta, acesso.prestador, agora, prefixo=convites_de_contas.DE_SENHA
    )
    return Convite(conta, texto)


def trocar_senha(conn: Connection, conta: Conta, senha: str, agora: datetime) -> None:
    """Troca a senha de quem já provou a atual.

    Raises:
        SenhaRecusada: é fraca, ou uma das últimas três; a transação deve ser desfeita.
    """
    conferir_nova(senha, contas.senhas(conn, conta))
    contas.gravar_senha(conn, conta, verificador(senha), agora)


def aceitar_termos(conn: Connection, conta: Conta, versao: str, agora: datetime) -> None:
    """Anota que a conta aceitou uma versão dos termos de uso."""
    contas.mudar(conn, conta, termos=versao, termos_em=agora)


def _usar(conn: Connection, texto: str, agora: datetime) -> Convidada:
    convidada = convites_de_contas.usar(conn, texto, agora)
    if convidada is None:
        raise ConviteInvalido
    return convidada
