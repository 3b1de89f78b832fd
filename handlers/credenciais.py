"""Login e senha do cabeçalho: quando são exigidos, como se conferem, quando travam.

A senha viaja como MD5 em hexadecimal (regra do padrão); o cadastro guarda argon2id sobre esse texto
em minúsculas. Um acerto vale por um minuto no processo, sob um HMAC do que veio e da revisão da
credencial, para que o custo do argon2 não se pague a cada mensagem.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import threading
import time
from typing import TYPE_CHECKING

import structlog
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from dominio import erros
from dominio.textos import cabe_em_latin1
from mensagem.recusa import Recusa
from persistence import tentativas

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from mensagem.cabecalho import Cabecalho
    from persistence.banco import Banco
    from persistence.operadoras import Operadora
    from persistence.prestadores import Credencial, Prestador
    from persistence.remetente import Remetente

_log = structlog.get_logger("credenciais")
_MD5 = re.compile(r"[0-9a-f]{32}")
_VALIDADE_DO_ACERTO = 60.0
_ACERTOS_GUARDADOS = 10_000
_ESPERA = 10.0
_argon2 = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


def forma_de_fio(senha: str) -> str:
    """MD5 hexadecimal minúsculo de uma senha digitada, a forma em que ela viaja.

    Em ISO-8859-1, a codificação do padrão; uma senha que não cabe nela vai em UTF-8.
    """
    codificacao = "iso-8859-1" if cabe_em_latin1(senha) else "utf-8"
    return hashlib.md5(senha.encode(codificacao), usedforsecurity=False).hexdigest()


def verificador(senha: str) -> str:
    """Texto argon2id que o cadastro guarda para uma senha digitada."""
    return _argon2.hash(forma_de_fio(senha))


_FALSO = _argon2.hash(secrets.token_hex(16))
"""Contra o que se confere um login que não existe, para que demore o mesmo."""


class Credenciais:
    """Confere credenciais; uma instância por processo.

    Args:
        banco: para as tentativas, que valem para todos os processos.
        simultaneas: quantas verificações argon2 ao mesmo tempo.
        relogio: segundos monotônicos; trocado em testes.
    """

    def __init__(
        self, banco: Banco, *, simultaneas: int = 2, relogio: Callable[[], float] = time.monotonic
    ) -> None:
        self._banco = banco
        self._vagas = threading.BoundedSemaphore(simultaneas)
        self._relogio = relogio
        self._chave = secrets.token_bytes(32)
        self._acertos: dict[bytes, float] = {}

    def conferir(
        self,
        remetente: Remetente,
        operadora: Operadora,
        cabecalho: Cabecalho,
        *,
        endereco: str,
        agora: datetime,
    ) -> Prestador | None:
        """Confere o que o cabeçalho traz.

        Returns:
            O prestador da credencial, ou ``None`` quando nenhuma é exigida.

        Raises:
            Recusa: LOGIN, sem dizer se foi o login ou a senha; SOBRECARGA se a fila não anda.
        """
        if not self._exigida(remetente, operadora):
            return None
        if cabecalho.login is None or cabecalho.senha is None:
            raise Recusa(erros.LOGIN)
        fio = cabecalho.senha.strip().lower()
        if not _MD5.fullmatch(fio):
            raise Recusa(erros.LOGIN, "A senha deve vir como MD5 em 32 dígitos hexadecimais.")
        credencial = remetente.credencial
        dono = remetente.prestador_da_credencial
        if dono is not None and dono not in remetente.candidatos:
            credencial = None
        if credencial is not None and self._acertou_ha_pouco(credencial, fio):
            return dono
        login = cabecalho.login
        with self._banco.leitura() as conn:
            if tentativas.bloqueada(conn, operadora.id, login, endereco, agora):
                raise Recusa(erros.LOGIN)
        if self._verifica(credencial, fio):
            assert credencial is not None  # noqa: S101 - o falso nunca confere
            self._guardar_acerto(credencial, fio)
            with self._banco.escrita() as conn:
                tentativas.registrar_acerto(conn, operadora.id, login, endereco)
            return dono
        with self._banco.escrita() as conn:
            trancado = tentativas.registrar_erro(
                conn,
                operadora.id,
                login,
                endereco,
                resumo_do_valor=self._resumo_duravel(operadora, fio),
                agora=agora,
            )
        if trancado:
            codigos = [p.codigo for p in remetente.candidatos]
            _log.warning(
                "login trancado",
                operadora=operadora.registro_ans,
                prestadores=codigos,
                endereco=endereco,
            )
        raise Recusa(erros.LOGIN)

    @staticmethod
    def _exigida(remetente: Remetente, operadora: Operadora) -> bool:
        politicas = {p.credenciais or operadora.credenciais for p in remetente.candidatos}
        return remetente.exige_login or "exigidas" in politicas

    def _verifica(self, credencial: Credencial | None, fio: str) -> bool:
        if not self._vagas.acquire(timeout=_ESPERA):
            raise Recusa(erros.SOBRECARGA)
        try:
            return _argon2.verify(credencial.verificador if credencial else _FALSO, fio)
        except (VerificationError, InvalidHashError):
            return False
        finally:
            self._vagas.release()

    def _marca(self, credencial: Credencial, fio: str) -> bytes:
        texto = f"{credencial.id}:{credencial.revisao}:{credencial.login_normal}:{fio}"
        return hmac.digest(self._chave, texto.encode(), "sha256")

    def _acertou_ha_pouco(self, credencial: Credencial, fio: str) -> bool:
        ate = self._acertos.get(self._marca(credencial, fio))
        return ate is not None and self._relogio() < ate

    def _guardar_acerto(self, credencial: Credencial, fio: str) -> None:
        agora = self._relogio()
        if len(self._acertos) >= _ACERTOS_GUARDADOS:
            self._acertos = {m: ate for m, ate in self._acertos.items() if ate > agora}
        self._acertos[self._marca(credencial, fio)] = agora + _VALIDADE_DO_ACERTO

    @staticmethod
    def _resumo_duravel(operadora: Operadora, fio: str) -> str:
        # só serve para saber se o mesmo valor errado se repete; 64 bits não deixam voltar a ele
        return hashlib.sha256(f"{operadora.registro_ans}:{fio}".encode()).hexdigest()[:16]
