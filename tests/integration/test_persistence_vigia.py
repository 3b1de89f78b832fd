"""O comando que espera por um servidor que parou sem se despedir."""

from __future__ import annotations

import os
import signal
import socket
import time
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select, text

from persistence import tabelas, vigia
from persistence.banco import Banco
from persistence.erros import BancoIndisponivel
from persistence.prontos import Pronto

if TYPE_CHECKING:
    from integration.banco_de_teste import Postgres

LIMITE = 0.5
GUARDA = 30.0
"""Segundos além dos quais se diz que ficou presa; esperam-se dois."""
CONTAR = Pronto(select(func.count()).select_from(tabelas.operadora))


class _AEspera:
    """Quem espera numa ligação desde um instante."""

    def __init__(self, ligacao: socket.socket, desde: float | None) -> None:
        self.desde = desde
        self.limite = LIMITE
        self._ligacao = ligacao

    def tomada(self) -> int:
        return self._ligacao.fileno()


def test_corta_se_so_quem_passou_do_limite() -> None:
    """Quem não espera, ou ainda está dentro do limite, fica como estava."""
    pares = [socket.socketpair() for _ in range(3)]
    agora = time.monotonic()
    quem = [
        _AEspera(nossa, desde)
        for (nossa, _), desde in zip(pares, (None, agora, agora - 2 * LIMITE), strict=True)
    ]
    for um in quem:
        vigia.vigiar(um)
    assert vigia.rever(agora) == 1
    for n, (nossa, outra) in enumerate(pares):
        outra.setblocking(False)
        if n == 2:
            assert outra.recv(1) == b""
        else:
            with pytest.raises(BlockingIOError):
                outra.recv(1)
        nossa.close()
        outra.close()


def test_servidor_parado_sem_se_despedir_e_indisponivel(postgres: Postgres) -> None:
    """O comando acaba em indisponível, e depois a conexão é outra e o banco atende."""
    if not postgres.controlavel:
        pytest.skip("o servidor de TISS_TEST_DSN não é dos testes para parar")
    banco = Banco.abrir(postgres.nova_base(), limite_segundos=LIMITE)
    try:
        inicio = time.monotonic()
        with banco.leitura() as conn:
            pid = conn.execute(text("SELECT pg_backend_pid()")).scalar_one()
        os.kill(pid, signal.SIGSTOP)
        try:
            with pytest.raises(BancoIndisponivel), banco.leitura() as conn:
                CONTAR.primeira(conn)
        finally:
            os.kill(pid, signal.SIGCONT)
        assert time.monotonic() - inicio < GUARDA
        with banco.leitura() as conn:
            assert CONTAR.primeira(conn) == (0,)
    finally:
        banco.fechar()


def test_conexao_que_esqueceu_o_que_preparou_nao_serve_a_mais_ninguem(postgres: Postgres) -> None:
    """Quem manda esquecer os comandos, como um intermediário, só estraga a mensagem em curso."""
    banco = Banco.abrir(postgres.nova_base(), conexoes=1)
    try:
        with banco.leitura() as conn:
            CONTAR.primeira(conn)
        with banco.consulta_avulsa() as conn:
            conn.exec_driver_sql("DEALLOCATE ALL")
        with pytest.raises(BancoIndisponivel), banco.leitura() as conn:
            CONTAR.primeira(conn)
        with banco.leitura() as conn:
            assert CONTAR.primeira(conn) == (0,)
    finally:
        banco.fechar()


def test_transacao_que_falhou_nao_passa_por_confirmada(postgres: Postgres) -> None:
    """Engolir um erro e sair sem ele não faz de conta que se gravou."""
    banco = Banco.abrir(postgres.nova_base())
    try:
        with (
            pytest.raises(Exception, match="já tinha falhado"),
            banco.escrita() as conn,
            pytest.raises(Exception, match="nada"),
        ):
            conn.exec_driver_sql("SELECT nada")
    finally:
        banco.fechar()
