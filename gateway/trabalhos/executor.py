"""O executor dos trabalhos de fundo: uma thread que só trabalha com a posse.

A posse (``persistence.trabalhos``) é renovada por uma thread própria enquanto um trabalho corre,
para que um trabalho demorado não a perca. O que cada um fez fica no banco, de onde qualquer
processo o mostra em métricas.
"""

from __future__ import annotations

import os
import socket
import threading
import time
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog

from dominio.competencia import agora
from persistence import trabalhos
from persistence.erros import BancoIndisponivel
from persistence.trabalhos import BancoCercado, Execucao, Interrompido, PossePerdida

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from persistence.banco import Banco
    from persistence.trabalhos import Posse

_log = structlog.get_logger("trabalhos")

_NOME_DA_POSSE = "trabalhos"
_PRIMEIRO_RECUO_SEGUNDOS = 30.0
_MAIOR_RECUO_SEGUNDOS = 3600.0
_PASSO_SEGUNDOS = 5.0
_PARADA_SEGUNDOS = 30.0


@dataclass(frozen=True, slots=True)
class Trabalho:
    """Algo que se faz de tempos em tempos.

    Attributes:
        nome: estável, em minúsculas; é a chave do registro das execuções e o rótulo das métricas.
        intervalo: segundos entre dois começos.
        executar: recebe o banco e o instante atual em UTC; devolve em uma frase o que fez, ou
            ``None`` se nada havia. Escreve em transações curtas: a parada e a perda da posse
            chegam como exceção no começo da seguinte, e não devem ser apanhadas.
    """

    nome: str
    intervalo: float
    executar: Callable[[Banco, datetime], str | None]


class Executor:
    """Executa os trabalhos quando chega a hora de cada um, se tem a posse.

    Args:
        banco: onde estão a posse e o registro; não é fechado aqui.
        lista: os trabalhos, na ordem em que se executam.
        posse_segundos: validade da posse; renova-se a cada terço.
        passo_segundos: de quanto em quanto se olha a posse e a hora.
    """

    def __init__(
        self,
        banco: Banco,
        lista: Sequence[Trabalho],
        *,
        posse_segundos: float,
        passo_segundos: float = _PASSO_SEGUNDOS,
    ) -> None:
        self._banco = banco
        self._lista = lista
        self._segundos = posse_segundos
        self._passo = min(passo_segundos, posse_segundos / 3)
        self._dono = f"{socket.gethostname()}/{os.getpid()}/{uuid.uuid4().hex[:8]}"
        self._parar = threading.Event()
        self._thread = threading.Thread(target=self.correr, name="trabalhos", daemon=True)
        self._posse: Posse | None = None
        self._ultima_queixa: str | None = None

    def iniciar(self) -> None:
        """Começa a trabalhar numa thread própria."""
        self._thread.start()

    def parar(self) -> None:
        """Para depois da transação em curso e larga a posse; espera no máximo meio minuto."""
        self._parar.set()
        if self._thread.is_alive():
            self._thread.join(_PARADA_SEGUNDOS)

    def pedir_parada(self) -> None:
        """Pede a parada sem esperar; serve dentro de um tratador de sinal."""
        self._parar.set()

    def correr(self) -> None:
        """Trabalha nesta thread até ``parar`` ou ``pedir_parada``."""
        while not self._parar.is_set():
            try:
                self._rodada()
            except PossePerdida:
                self._perder()
            except Interrompido:
                break
            except Exception as erro:  # noqa: BLE001 - o executor não morre por um erro
                self._queixar(erro)
            self._parar.wait(self._passo)
        self._largar()

    # --- posse --------------------------------------------------------------------------------

    def _rodada(self) -> None:
        with self._banco.escrita() as conn:
            posse = trabalhos.tomar(conn, _NOME_DA_POSSE, self._dono, self._segundos)
        self._ultima_queixa = None
        if posse is None:
            self._perder()
            return
        if self._posse != posse:
            _log.info("posse dos trabalhos tomada", ficha=posse.ficha)
        self._posse = posse
        for trabalho in self._lista:
            if self._parar.is_set():
                return
            with self._banco.leitura() as conn:
                execucoes = {e.nome: e for e in trabalhos.ultimas(conn)}
            anterior = execucoes.get(trabalho.nome)
            if anterior is None or _na_hora(anterior, trabalho):
                self._executar(trabalho, anterior, posse)

    def _perder(self) -> None:
        if self._posse is not None:
            self._posse = None
            if not self._parar.is_set():
                _log.warning("posse dos trabalhos perdida")

    def _largar(self) -> None:
        if self._posse is None:
            return
        try:
            with self._banco.escrita() as conn:
                trabalhos.largar(conn, self._posse)
        except Exception as erro:  # noqa: BLE001 - vencida, outro a toma do mesmo modo
            self._queixar(erro)

    def _queixar(self, erro: Exception) -> None:
        """Diz uma vez, e não a cada passo, que não se consegue trabalhar."""
        causa = type(erro).__name__
        if causa != self._ultima_queixa:
            self._ultima_queixa = causa
            _log.error("trabalhos parados", causa=causa)

    # --- execução -----------------------------------------------------------------------------

    def _executar(self, trabalho: Trabalho, anterior: Execucao | None, posse: Posse) -> None:
        cercado = BancoCercado(self._banco, posse, self._parar.is_set)
        comeco, inicio = agora(), time.monotonic()
        falhas = 0 if anterior is None else anterior.falhas
        # se este processo morrer no meio, quem tomar a posse executa outra vez
        self._registrar(cercado, trabalho, comeco, None, comeco, falhas=falhas)
        resultado, causa = None, None
        try:
            with _Renovacao(self._banco, posse, self._segundos):
                resultado = trabalho.executar(cercado, comeco)
        except (PossePerdida, Interrompido):
            raise
        except BancoIndisponivel as erro:
            # sem banco nem a falha se registra: a próxima rodada dirá
            _log.error("trabalho falhou", trabalho=trabalho.nome, causa=type(erro).__name__)
            raise
        except Exception as erro:  # noqa: BLE001 - o texto pode trazer dados; o tipo basta
            causa = type(erro).__name__
        falhas = 0 if causa is None else falhas + 1
        espera = trabalho.intervalo if causa is None else _recuo(falhas)
        self._registrar(
            cercado,
            trabalho,
            comeco,
            agora(),
            comeco + timedelta(seconds=espera),
            resultado=resultado,
            erro=causa,
            falhas=falhas,
        )
        duracao = round(time.monotonic() - inicio, 3)
        if causa is not None:
            _log.error(
                "trabalho falhou",
                trabalho=trabalho.nome,
                causa=causa,
                falhas=falhas,
                segundos=duracao,
            )
        elif resultado is not None:
            _log.info(
                "trabalho feito", trabalho=trabalho.nome, resultado=resultado, segundos=duracao
            )

    @staticmethod
    def _registrar(
        banco: Banco,
        trabalho: Trabalho,
        inicio: datetime,
        fim: datetime | None,
        proximo: datetime,
        *,
        falhas: int,
        resultado: str | None = None,
        erro: str | None = None,
    ) -> None:
        execucao = Execucao(
            nome=trabalho.nome,
            inicio=inicio,
            fim=fim,
            proximo=proximo,
            resultado=resultado,
            erro=erro,
            falhas=falhas,
        )
        with banco.escrita() as conn:
            trabalhos.registrar(conn, execucao)


class _Renovacao:
    """Renova a posse enquanto um trabalho corre."""

    def __init__(self, banco: Banco, posse: Posse, segundos: float) -> None:
        self._banco = banco
        self._posse = posse
        self._segundos = segundos
        self._fim = threading.Event()
        self._thread = threading.Thread(target=self._renovar, name="posse", daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_erro: object) -> None:
        self._fim.set()
        self._thread.join()

    def _renovar(self) -> None:
        while not self._fim.wait(self._segundos / 3):
            try:
                with self._banco.escrita() as conn:
                    if not trabalhos.renovar(conn, self._posse, self._segundos):
                        return
            except BancoIndisponivel:
                # a próxima volta tenta outra vez; se vencer antes, a próxima escrita o dirá
                continue


def _na_hora(anterior: Execucao, trabalho: Trabalho) -> bool:
    instante = agora()
    if anterior.inicio > instante:
        # o relógio andou para trás: esperar por ele podia ser esperar um ano
        return True
    # um intervalo que encolheu na configuração vale já, salvo para quem recua por falhar
    limite = anterior.inicio + timedelta(seconds=trabalho.intervalo)
    proximo = anterior.proximo if anterior.falhas else min(anterior.proximo, limite)
    return instante >= proximo


def _recuo(falhas: int) -> float:
    return float(min(_PRIMEIRO_RECUO_SEGUNDOS * 2 ** (falhas - 1), _MAIOR_RECUO_SEGUNDOS))
