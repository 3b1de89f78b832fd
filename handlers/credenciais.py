"""Login, senha e certificado de quem envia: o que se exige, como se confere, por quem se fala."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, NamedTuple

import structlog

from dominio import erros
from handlers.redes import rede
from handlers.senhas import Senhas, Tentativa, forma_de_fio, verificador
from handlers.vencimento import Vencimentos
from mensagem.recusa import Recusa

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from mensagem.cabecalho import Cabecalho
    from persistence.banco import Banco
    from persistence.operadoras import Operadora
    from persistence.prestadores import Prestador
    from persistence.remetente import Acesso, Remetente

__all__ = [
    "CERTIFICADO_RECUSADO",
    "SENHA_ANTERIOR",
    "Conferidos",
    "Credenciais",
    "forma_de_fio",
    "verificador",
]

CERTIFICADO_RECUSADO = "certificado-recusado"
"""Aviso: o certificado falta, venceu ou não é do prestador."""

SENHA_ANTERIOR = "senha-anterior"
"""Aviso: veio a senha de antes da troca, que ainda vale."""

_log = structlog.get_logger("credenciais")
_MD5 = re.compile(r"[0-9a-f]{32}")


class Conferidos(NamedTuple):
    """Por quem o remetente pode falar.

    Attributes:
        prestadores: o da credencial, ou os do certificado; quando nada se exige, todos os que têm a
            identificação da origem.
        provado: se senha ou certificado o provaram; falso quando nada se exige.
    """

    prestadores: tuple[Prestador, ...]
    provado: bool


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
        self._senhas = Senhas(banco, simultaneas=simultaneas, relogio=relogio)
        self._vencimentos = Vencimentos()

    def conferir(
        self,
        remetente: Remetente,
        operadora: Operadora,
        cabecalho: Cabecalho,
        *,
        endereco: str,
        agora: datetime,
        certificado: str | None,
        avisos: list[str],
    ) -> Conferidos:
        """Confere o que o cabeçalho e a conexão trazem.

        Args:
            remetente: o que o cadastro diz de quem envia.
            operadora: a do destino.
            cabecalho: com login e senha, se vieram.
            endereco: de onde veio a mensagem.
            agora: instante com fuso.
            certificado: SHA-256 do certificado da conexão, se há.
            avisos: onde se anota o que se tolerou, e por que se recusou.

        Returns:
            Os candidatos por quem o remetente pode falar, e se o provou.

        Raises:
            Recusa: LOGIN, sem dizer se foi o login, a senha ou o certificado; SOBRECARGA se a fila
                não anda.
        """
        pares = tuple(zip(remetente.candidatos, remetente.acessos, strict=True))
        do_login = remetente.prestador_da_credencial
        com_login = {p: a for p, a in pares if a.autenticacao != "certificado"}
        do_certificado = tuple(
            p for p, a in pares if a.autenticacao == "certificado" and _certo(a, agora)
        )
        if do_certificado and do_login not in com_login:
            # o certificado já provou por quem se fala; o login só escolhe entre os códigos
            quem = (do_login,) if do_login in do_certificado else do_certificado
            return Conferidos(quem, provado=True)
        if not com_login:
            self._dizer_do_certificado(remetente, endereco, certificado, avisos)
            raise Recusa(erros.LOGIN)
        if not _exigido(com_login, operadora):
            return Conferidos(tuple(com_login), provado=False)
        if cabecalho.login is None or cabecalho.senha is None:
            raise Recusa(erros.LOGIN)
        fio = cabecalho.senha.strip().lower()
        if not _MD5.fullmatch(fio):
            raise Recusa(erros.LOGIN, "A senha deve vir como MD5 em 32 dígitos hexadecimais.")
        acesso = None if do_login is None else com_login.get(do_login)
        falta = acesso is not None and acesso.autenticacao == "ambos" and not _certo(acesso, agora)
        if falta:
            self._dizer_do_certificado(remetente, endereco, certificado, avisos)
        # a senha certa sem o certificado demora e responde como a errada
        credencial = None if acesso is None or falta else remetente.credencial
        tentativa = Tentativa(operadora, credencial, cabecalho.login, fio, rede(endereco), agora)
        anterior = self._senhas.conferir(tentativa, avisos)
        assert credencial is not None  # noqa: S101 - sem ela nada confere
        assert do_login is not None  # noqa: S101
        if anterior:
            avisos.append(SENHA_ANTERIOR)
        else:
            self._vencimentos.conferir(remetente, agora, avisos)
        avisos += _desvios(cabecalho)
        return Conferidos((do_login,), provado=True)

    def lembrado(
        self,
        remetente: Remetente,
        operadora: Operadora,
        cabecalho: Cabecalho,
        *,
        endereco: str,
        agora: datetime,
    ) -> Prestador | None:
        """Quem envia, se o certificado o prova ou a senha se conferiu há pouco; nada se verifica.

        Args:
            remetente: o que o cadastro diz de quem envia.
            operadora: a do destino.
            cabecalho: com login e senha, se vieram.
            endereco: de onde veio a mensagem.
            agora: instante com fuso.
        """
        do_login, credencial = remetente.prestador_da_credencial, remetente.credencial
        for prestador, acesso in zip(remetente.candidatos, remetente.acessos, strict=True):
            if acesso.autenticacao == "certificado":
                if _certo(acesso, agora):
                    return prestador
                continue
            falta = acesso.autenticacao == "ambos" and not _certo(acesso, agora)
            if prestador != do_login or falta or cabecalho.login is None:
                continue
            fio = (cabecalho.senha or "").strip().lower()
            rede_dele = rede(endereco)
            t = Tentativa(operadora, credencial, cabecalho.login, fio, rede_dele, agora)
            if self._senhas.lembra(t):
                return prestador
        return None

    @staticmethod
    def _dizer_do_certificado(
        remetente: Remetente, endereco: str, certificado: str | None, avisos: list[str]
    ) -> None:
        avisos.append(CERTIFICADO_RECUSADO)
        _log.warning(
            "certificado recusado",
            operadora=remetente.operadora.registro_ans if remetente.operadora else None,
            prestadores=[p.codigo for p in remetente.candidatos],
            endereco=endereco,
            sha256=certificado,
        )


def _certo(acesso: Acesso, agora: datetime) -> bool:
    return acesso.certificado_ate is not None and agora < acesso.certificado_ate


def _exigido(com_login: dict[Prestador, Acesso], operadora: Operadora) -> bool:
    return any(
        a.tem_login
        or a.autenticacao == "ambos"
        or (p.credenciais or operadora.credenciais) == "exigidas"
        for p, a in com_login.items()
    )


def _desvios(cabecalho: Cabecalho) -> list[str]:
    """O que se tolera em login e senha e o prestador deveria corrigir."""
    login, senha = cabecalho.login or "", cabecalho.senha or ""
    desvios = []
    if login != login.strip():
        desvios.append("login com espaços nas pontas")
    if senha.strip() != senha.strip().lower():
        desvios.append("senha em maiúsculas")
    return desvios
