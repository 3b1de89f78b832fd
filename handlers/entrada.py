"""Entrar no console: provar quem se é, com trancas que um estranho não usa para trancar ninguém.

As contas de erros são as das credenciais (``persistence.tentativas``), sob logins que nenhuma
mensagem pode trazer. As das contas de prestador, que não são de nenhuma operadora, ficam com a
primeira deste gateway.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import structlog

from handlers import segundo_fator
from handlers.contas import LoginInvalido, login_normal
from handlers.pessoas import MAIOR_SENHA, confere, verificador
from handlers.redes import rede
from persistence import contas, operadoras, senhas_de_pessoas, tabelas, tentativas, usuarios
from persistence.usuarios import Usuario

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy import Connection, Table

    from persistence.banco import Banco
    from persistence.contas import Conta
    from persistence.operadoras import Operadora

_log = structlog.get_logger("entrada")
# mais longos do que os vinte caracteres de loginPrestador
_SENHA = "senha da entrada no console: "
_CODIGO = "codigo da entrada no console: "
_ESPERA = 10.0
_FALSO = verificador(secrets.token_hex(16))
"""Contra o que se confere um login que não existe, para que demore o mesmo."""

_MAIOR_LOGIN = 254


class EntradaRecusada(Exception):
    """Não se entra; não se diz se foi o login, a senha ou uma tranca."""


class EntradaOcupada(Exception):
    """Há verificações demais em curso; tente-se de novo."""


class Provado(NamedTuple):
    """Quem provou a sua senha.

    Attributes:
        dono: a pessoa da operadora ou a conta de prestador.
        verificador: contra o que se provou; outra senha tem outro.
    """

    dono: Usuario | Conta
    verificador: str

    def __repr__(self) -> str:
        """Sem o verificador."""
        return f"<Provado {self.dono.id}>"


def confirmar(conn: Connection, provado: Provado) -> None:
    """Tranca quem provou a senha, para que o que se faz em seguida não conte com uma já trocada.

    Args:
        conn: a transação de escrita do que se faz em seguida.
        provado: quem, e com que senha.

    Raises:
        EntradaRecusada: a senha trocou-se ou a pessoa foi desligada desde que a provou.
    """
    agora = senhas_de_pessoas.trancar(conn, _tabela(provado.dono), provado.dono.id)
    if agora != provado.verificador:
        raise EntradaRecusada


class _Tentativa(NamedTuple):
    """De quem se contam os erros.

    Attributes:
        guarda: a operadora que os guarda.
        login: sob que nome.
        rede: de onde se tenta.
        agora: instante com fuso.
    """

    guarda: Operadora
    login: str
    rede: str
    agora: datetime


class Entrada:
    """Confere senhas e códigos; uma instância por processo.

    Args:
        banco: para as contas de erros, que valem para todos os processos.
        simultaneas: quantas verificações argon2 ao mesmo tempo.
    """

    def __init__(self, banco: Banco, *, simultaneas: int = 2) -> None:
        self._banco = banco
        self._vagas = threading.BoundedSemaphore(simultaneas)

    def entrar(
        self, login: str, senha: str, *, registro_ans: str | None, endereco: str, agora: datetime
    ) -> Provado:
        """Quem tem este login e esta senha; quem lhe abre a sessão ``confirma`` antes.

        Args:
            login: e-mail de quem é da operadora, ou CNPJ ou CPF de uma conta de prestador.
            senha: como se digita.
            registro_ans: a operadora de quem entra com e-mail; basta quando há mais de uma.
            endereco: de onde se entra.
            agora: instante com fuso.

        Raises:
            EntradaRecusada: não confere, ou está trancado.
            EntradaOcupada: a fila das verificações não anda.
        """
        guarda, dono, normal = self._achar(login, registro_ans)
        tentativa = _Tentativa(guarda, _SENHA + normal, rede(endereco), agora)
        verificado = self._conferir(tentativa, dono, senha)
        assert dono is not None  # noqa: S101 - o falso nunca confere
        return Provado(dono, verificado)

    def provar(self, dono: Usuario | Conta, senha: str, endereco: str, agora: datetime) -> Provado:
        """Confere outra vez a senha de quem já entrou; quem conta com isso ``confirma`` antes.

        Raises:
            EntradaRecusada: não confere, ou está trancado.
            EntradaOcupada: a fila das verificações não anda.
        """
        tentativa = _Tentativa(self._guarda(dono), _SENHA + _nome(dono), rede(endereco), agora)
        return Provado(dono, self._conferir(tentativa, dono, senha))

    def segundo_fator(self, dono: Usuario, codigo: str, endereco: str, agora: datetime) -> None:
        """Confere o código do aplicativo, ou um de recuperação, que se gasta.

        Raises:
            EntradaRecusada: não confere, já se usou, ou está trancado.
        """
        t = _Tentativa(self._guarda(dono), _CODIGO + _nome(dono), rede(endereco), agora)
        with self._vaga():
            self._barrar(t)
            with self._banco.escrita() as conn:
                certo = segundo_fator.conferir(conn, dono, codigo, agora)
            self._anotar(t, codigo, certo=certo)
        if not certo:
            raise EntradaRecusada

    def _conferir(self, t: _Tentativa, dono: Usuario | Conta | None, senha: str) -> str:
        with self._vaga():
            # com a vaga: os que estavam à frente podem ter trancado
            self._barrar(t)
            guardado = None if dono is None or not dono.ativo else self._verificador(dono)
            guardado = guardado or _FALSO
            certo = confere(guardado, senha[: MAIOR_SENHA + 1])
            self._anotar(t, senha, certo=certo)
        if not certo:
            raise EntradaRecusada
        return guardado

    def _achar(
        self, login: str, registro_ans: str | None
    ) -> tuple[Operadora, Usuario | Conta | None, str]:
        login = login.strip()[:_MAIOR_LOGIN]
        with self._banco.leitura() as conn:
            todas = operadoras.listar(conn)
            if not todas:
                raise EntradaRecusada
            primeira = min(todas, key=lambda o: o.id)
            if "@" in login:
                normal = usuarios.email_normal(login)
                ditas = [o for o in todas if registro_ans is None or o.registro_ans == registro_ans]
                if len(ditas) != 1:
                    return primeira, None, normal
                return ditas[0], usuarios.por_email(conn, ditas[0].id, normal), normal
            try:
                normal = login_normal(login)
            except LoginInvalido:
                return primeira, None, login.upper()
            return primeira, contas.por_login(conn, normal), normal

    def _guarda(self, dono: Usuario | Conta) -> Operadora:
        with self._banco.leitura() as conn:
            todas = operadoras.listar(conn)
        if isinstance(dono, Usuario):
            return next(o for o in todas if o.id == dono.operadora_id)
        return min(todas, key=lambda o: o.id)

    def _verificador(self, dono: Usuario | Conta) -> str | None:
        with self._banco.leitura() as conn:
            return senhas_de_pessoas.atual(conn, _tabela(dono), dono.id)

    def _barrar(self, t: _Tentativa) -> None:
        with self._banco.leitura() as conn:
            s = tentativas.situacao(conn, t.guarda.id, t.login, t.rede, t.agora)
        estranho = not s.conhecido and (s.login_trancado or s.endereco_limitado)
        if s.trancado or estranho:
            raise EntradaRecusada

    def _anotar(self, t: _Tentativa, valor: str, *, certo: bool) -> None:
        with self._banco.escrita() as conn:
            if certo:
                tentativas.registrar_acerto(conn, t.guarda.id, t.login, t.rede, t.agora)
                return
            chave = tentativas.chave(conn, t.guarda.id)
            trancou = tentativas.registrar_erro(
                conn,
                t.guarda.id,
                t.login,
                t.rede,
                # curto de propósito: basta para ver que o valor se repete
                resumo_do_valor=hmac.digest(chave, valor.encode(), hashlib.sha256).hex()[:6],
                agora=t.agora,
            )
        if trancou:
            _log.warning("entrada trancada", endereco=t.rede)

    @contextmanager
    def _vaga(self) -> Iterator[None]:
        if not self._vagas.acquire(timeout=_ESPERA):
            raise EntradaOcupada
        try:
            yield
        finally:
            self._vagas.release()


def _tabela(dono: Usuario | Conta) -> Table:
    return tabelas.usuario if isinstance(dono, Usuario) else tabelas.conta_prestador


def _nome(dono: Usuario | Conta) -> str:
    return dono.email if isinstance(dono, Usuario) else dono.login
