"""As senhas: como viajam, como se guardam, como se verificam sem que adivinhar compense.

A senha viaja como MD5 em hexadecimal (regra do padrão); o cadastro guarda argon2id sobre esse texto
em minúsculas. Um acerto vale por um minuto no processo, sob um HMAC do que veio, de onde veio e da
revisão da credencial, para que o custo do argon2 não se pague a cada mensagem; um erro também, para
que insistir no mesmo valor, que não tranca ninguém, não o faça pagar mil vezes.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import structlog
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from dominio import erros
from dominio.textos import cabe_em_latin1
from handlers.lembranca import Lembranca
from mensagem.recusa import Recusa
from persistence import credenciais, tentativas
from persistence.prestadores import login_normal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from persistence.banco import Banco
    from persistence.operadoras import Operadora
    from persistence.prestadores import Credencial
    from persistence.tentativas import Situacao

ENDERECO_LIMITADO = "endereco-limitado"
"""Aviso: o endereço errou logins demais."""

LOGIN_TRANCADO = "login-trancado"
"""Aviso: houve valores errados demais."""

_log = structlog.get_logger("credenciais")
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


def e_a_senha(resumo: str, fio: str) -> bool:
    """Se um texto argon2id do cadastro é o desta senha, na forma em que ela viaja."""
    try:
        return _argon2.verify(resumo, fio)
    except (VerificationError, InvalidHashError):
        return False


def filtro(chave: bytes, fio: str) -> str:
    """O byte que diz se um valor merece ser verificado; sozinho não diz qual é."""
    return hmac.digest(chave, f"filtro:{fio}".encode(), "sha256").hex()[:2]


_FALSO = _argon2.hash(secrets.token_hex(16))
"""Contra o que se confere um login que não existe, para que demore o mesmo."""


class Tentativa(NamedTuple):
    """Um login e uma senha por conferir.

    Attributes:
        operadora: de quem é o login.
        credencial: a do login, se serve a quem envia.
        login: como veio.
        fio: a senha na forma em que viaja.
        endereco: rede de onde veio.
        agora: instante com fuso.
    """

    operadora: Operadora
    credencial: Credencial | None
    login: str
    fio: str
    endereco: str
    agora: datetime


class Senhas:
    """Verifica senhas; uma instância por processo.

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
        self._chave = secrets.token_bytes(32)
        self._chaves: dict[int, bytes] = {}
        # o acerto diz se foi com a senha de antes
        self._acertos = Lembranca(relogio)
        self._erros = Lembranca(relogio)

    def conferir(self, tentativa: Tentativa, avisos: list[str]) -> bool:
        """Confere uma senha.

        Returns:
            Se é a de antes da última troca, que ainda vale.

        Raises:
            Recusa: LOGIN, se não confere ou está trancado; SOBRECARGA se a fila não anda.
        """
        anterior = self._acertou_ha_pouco(tentativa)
        return self._verificar(tentativa, avisos) if anterior is None else anterior

    def lembra(self, tentativa: Tentativa) -> bool:
        """Se a senha se conferiu há pouco, daqui; não verifica nada."""
        return self._acertou_ha_pouco(tentativa) is not None

    def _verificar(self, t: Tentativa, avisos: list[str]) -> bool:
        """Verifica um valor que este processo não conhece.

        Returns:
            Se é a senha de antes da última troca, que ainda vale.
        """
        chave = self._chave_de(t.operadora)
        marca = filtro(chave, t.fio)
        self._barrar(t, marca, avisos)
        self._barrar_repetida(t)
        with self._vaga():
            # até se ter a vaga, os que estavam à frente podem ter trancado
            situacao = self._barrar(t, marca, avisos)
            self._barrar_repetida(t)
            anterior = _qual(t.credencial, t.fio, marca, t.agora)
            if anterior is None:
                # ainda com a vaga: o próximo da fila já conta com este erro
                self._anotar_erro(t, chave)
                self._erros.guardar(self._marca(t), resposta=True)
                raise Recusa(erros.LOGIN)
        assert t.credencial is not None  # noqa: S101 - o falso nunca confere
        self._acertos.guardar(self._marca(t), resposta=anterior)
        self._anotar_acerto(t, t.credencial, situacao, (marca, anterior))
        return anterior

    def _barrar(self, t: Tentativa, marca: str, avisos: list[str]) -> Situacao:
        """Recusa sem verificar o que está trancado.

        Do endereço conhecido do login, mesmo trancado, verificam-se os valores que o filtro deixa
        passar: a senha certa, sempre; de cada 256 palpites, um.
        """
        with self._banco.leitura() as conn:
            s = tentativas.situacao(conn, t.operadora.id, t.login, t.endereco, t.agora)
        if s.conhecido:
            if not s.trancado or marca in _filtros(t.credencial, t.agora):
                return s
            avisos.append(LOGIN_TRANCADO)
        elif s.trancado or s.login_trancado:
            avisos.append(LOGIN_TRANCADO)
        elif s.endereco_limitado:
            avisos.append(ENDERECO_LIMITADO)
        else:
            return s
        raise Recusa(erros.LOGIN)

    @contextmanager
    def _vaga(self) -> Iterator[None]:
        """Uma vaga para verificar."""
        if not self._vagas.acquire(timeout=_ESPERA):
            raise Recusa(erros.SOBRECARGA)
        try:
            yield
        finally:
            self._vagas.release()

    def _anotar_erro(self, t: Tentativa, chave: bytes) -> None:
        with self._banco.escrita() as conn:
            trancou = tentativas.registrar_erro(
                conn,
                t.operadora.id,
                t.login,
                t.endereco,
                # curto de propósito: basta para ver que o valor se repete
                resumo_do_valor=hmac.digest(chave, t.fio.encode(), "sha256").hex()[:6],
                agora=t.agora,
            )
        if trancou:
            prestador_id = t.credencial.prestador_id if t.credencial else None
            _log.warning(
                "login trancado",
                operadora=t.operadora.registro_ans,
                prestador_id=prestador_id,
                endereco=t.endereco,
            )

    def _anotar_acerto(
        self, t: Tentativa, credencial: Credencial, situacao: Situacao, certo: tuple[str, bool]
    ) -> None:
        """Grava o que o acerto ensina; quase sempre nada de novo."""
        marca, anterior = certo
        antes = credencial.filtro, credencial.filtro_anterior
        agora = (antes[0], marca) if anterior else (marca, antes[1])
        if not situacao.por_anotar and agora == antes:
            return
        with self._banco.escrita() as conn:
            if situacao.por_anotar:
                tentativas.registrar_acerto(conn, t.operadora.id, t.login, t.endereco, t.agora)
            if agora != antes:
                credenciais.anotar_filtros(conn, credencial, *agora)

    def _chave_de(self, operadora: Operadora) -> bytes:
        chave = self._chaves.get(operadora.id)
        if chave is None:
            with self._banco.escrita() as conn:
                chave = tentativas.chave(conn, operadora.id)
            self._chaves[operadora.id] = chave
        return chave

    # --- o acerto e o erro guardados ----------------------------------------------------------

    def _marca(self, t: Tentativa) -> bytes:
        c = t.credencial
        # um login que não serve também se guarda: a demora não pode dizer que não existe
        de_quem = f"{c.id}:{c.revisao}" if c else f"nenhuma:{t.operadora.id}"
        # o endereço entra: quem está trancado não pode testar palpites contra o acerto de outro
        texto = f"{de_quem}:{login_normal(t.login)}:{t.endereco}:{t.fio}"
        return hmac.digest(self._chave, texto.encode(), "sha256")

    def _acertou_ha_pouco(self, t: Tentativa) -> bool | None:
        """Se foi com a senha de antes; ``None`` sem acerto que valha."""
        if t.credencial is None:
            return None
        anterior = self._acertos.achar(self._marca(t))
        return None if anterior and not _anterior_vale(t.credencial, t.agora) else anterior

    def _barrar_repetida(self, t: Tentativa) -> None:
        """Recusa sem verificar o valor que há pouco se verificou, daqui, e não confere."""
        if self._erros.achar(self._marca(t)):
            raise Recusa(erros.LOGIN)


def _anterior_vale(credencial: Credencial, agora: datetime) -> bool:
    return (
        credencial.verificador_anterior is not None
        and credencial.anterior_ate is not None
        and agora < credencial.anterior_ate
    )


def _filtros(credencial: Credencial | None, agora: datetime) -> tuple[str | None, ...]:
    if credencial is None:
        return ()
    if _anterior_vale(credencial, agora):
        return credencial.filtro, credencial.filtro_anterior
    return (credencial.filtro,)


def _qual(credencial: Credencial | None, fio: str, marca: str, agora: datetime) -> bool | None:
    """Qual senha confere: falso a atual, verdadeiro a de antes, ``None`` nenhuma.

    Verifica-se quase sempre um só valor, também quando nenhum confere, para que a demora não diga
    se o login existe nem se acaba de mudar de senha.
    """
    if credencial is None:
        e_a_senha(_FALSO, fio)
        return None
    possiveis = [(credencial.verificador, credencial.filtro, False)]
    if _anterior_vale(credencial, agora):
        assert credencial.verificador_anterior is not None  # noqa: S101
        possiveis.append((credencial.verificador_anterior, credencial.filtro_anterior, True))
    provaveis = [p for p in possiveis if p[1] is None or p[1] == marca] or possiveis[:1]
    for resumo, _, anterior in provaveis:
        if e_a_senha(resumo, fio):
            return anterior
    return None
