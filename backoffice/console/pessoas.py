"""Quem está do outro lado: a pessoa da operadora ou a conta de prestador de uma sessão."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from backoffice.console.papeis import Papel, do_escopo
from persistence import contas, operadoras, segundos_fatores, usuarios

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from persistence.contas import Acesso, Conta
    from persistence.operadoras import Operadora
    from persistence.prestadores import Prestador
    from persistence.sessoes import Sessao
    from persistence.usuarios import Usuario


class Pessoa(NamedTuple):
    """Quem entrou.

    Attributes:
        usuario: quem trabalha na operadora; ausente se é uma conta de prestador.
        conta: a conta de prestador; ausente se é alguém da operadora.
        operadora: a única que se vê; ausente até a conta escolher por quem fala.
        prestador: por quem a conta fala.
        acessos: por quem a conta pode falar.
        tem_segundo_fator: se a pessoa da operadora já o configurou.
    """

    usuario: Usuario | None
    conta: Conta | None
    operadora: Operadora | None
    prestador: Prestador | None
    acessos: tuple[Acesso, ...]
    tem_segundo_fator: bool

    @property
    def papeis(self) -> frozenset[Papel]:
        """O que pode fazer; uma conta que ainda não escolheu prestador, nada."""
        if self.usuario is not None:
            return frozenset(do_escopo(e) for e in self.usuario.escopos)
        return frozenset({Papel.PRESTADOR}) if self.prestador is not None else frozenset()

    @property
    def nome(self) -> str:
        """Como se chama quem entrou."""
        return self.usuario.nome if self.usuario is not None else self._conta.nome

    @property
    def login(self) -> str:
        """Com que entrou."""
        return self.usuario.email if self.usuario is not None else self._conta.login

    @property
    def na_auditoria(self) -> str:
        """Como aparece na auditoria e nos históricos."""
        if self.usuario is not None:
            return f"usuario {self.usuario.id}"
        return f"conta {self._conta.id}"

    @property
    def dono(self) -> Usuario | Conta:
        """A linha de quem entrou."""
        return self.usuario if self.usuario is not None else self._conta

    @property
    def _conta(self) -> Conta:
        assert self.conta is not None  # noqa: S101 - o banco garante um dos dois
        return self.conta


def da_sessao(conn: Connection, sessao: Sessao) -> Pessoa | None:
    """Quem abriu uma sessão, se ainda pode entrar."""
    if sessao.usuario_id is not None:
        return _da_operadora(conn, sessao.usuario_id)
    assert sessao.conta_id is not None  # noqa: S101 - o banco garante um dos dois
    conta = contas.por_id(conn, sessao.conta_id)
    if conta is None or not conta.ativo:
        return None
    acessos = contas.acessos(conn, conta.id)
    escolhido = next((a for a in acessos if a.id == sessao.acesso_id), None)
    if escolhido is None:
        return Pessoa(None, conta, None, None, acessos, tem_segundo_fator=False)
    return Pessoa(
        None, conta, escolhido.operadora, escolhido.prestador, acessos, tem_segundo_fator=False
    )


def _da_operadora(conn: Connection, usuario_id: int) -> Pessoa | None:
    usuario = usuarios.por_chave(conn, usuario_id)
    if usuario is None or not usuario.ativo:
        return None
    operadora = next(o for o in operadoras.listar(conn) if o.id == usuario.operadora_id)
    tem = segundos_fatores.ativo(conn, usuario.id)
    return Pessoa(usuario, None, operadora, None, (), tem_segundo_fator=tem)
