"""Quantas mensagens cada prestador pode enviar, para que um só não tome o lugar dos outros.

Cada processo deixa passar sozinho um décimo da rajada antes de o somar, no banco, ao que os outros
deixaram: quem envia pouco nunca custa uma transação, e o limite pode ser passado nesse décimo em
cada processo. Quem não provou quem é conta-se por endereço e só neste processo, que gastar o de um
prestador em nome dele seria um modo de o calar; e as recusas de quem o provou contam-se à parte,
para que os vizinhos do mesmo endereço não as escondam.
"""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from typing import TYPE_CHECKING, NamedTuple

import structlog

from dominio import erros
from handlers.redes import rede
from mensagem.recusa import Recusa
from persistence import baldes
from persistence.erros import BancoIndisponivel

if TYPE_CHECKING:
    from collections.abc import Callable

    from handlers.andamento import Andamento
    from persistence.baldes import Limite, LimiteDito
    from persistence.banco import Banco
    from persistence.prestadores import Prestador

_VALE_SEGUNDOS = 30.0
"""Quanto tempo se lembram os limites do cadastro."""
_LEMBRADOS = 10_000
_VARIOS = 0
"""Em lugar do único prestador que se provou de um endereço."""
_UMA_EM = 10
"""De um endereço cujo único prestador está no limite, as que se leem ainda assim."""
_PARTE = 10
"""Um processo soma o seu ao dos outros a cada rajada dividida por isto."""
_MAIOR_ESPERA = 60
"""Segundos que se diz a quem passou do limite que espere; o que falta além disso, ouve depois."""

_log = structlog.get_logger("ritmo")


class NoLimite(Recusa):
    """Quem enviou passou do seu limite.

    Attributes:
        segundos: quantos deve esperar.
    """

    def __init__(self, segundos: int) -> None:
        unidade = "segundo" if segundos == 1 else "segundos"
        super().__init__(erros.LIMITE, f"Espere {segundos} {unidade}.")
        self.segundos = segundos


class _Quem(NamedTuple):
    """De quem é uma conta: um prestador que o provou, ou um endereço."""

    prestador_id: int | None
    endereco: str | None
    das_recusadas: bool = False


class _Conta:
    __slots__ = ("bloqueada_ate", "cheia_em", "desde", "por_somar")

    def __init__(self) -> None:
        self.por_somar = 0
        self.desde = 0.0
        self.cheia_em = 0.0
        self.bloqueada_ate = 0.0


class Ritmo:
    """Conta mensagens por prestador; uma instância por processo, usada por várias threads.

    Args:
        banco: onde estão os limites e as contas dos processos se juntam.
        padrao: o de quem o cadastro não diz nada.
        relogio: segundos monotônicos; trocado em testes.
        agora_ns: nanossegundos Unix; trocado em testes.
    """

    def __init__(
        self,
        banco: Banco,
        padrao: Limite,
        *,
        relogio: Callable[[], float] = time.monotonic,
        agora_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._banco = banco
        self._padrao = padrao
        self._relogio = relogio
        self._agora_ns = agora_ns
        self._trinco = threading.Lock()
        self._contas: OrderedDict[_Quem, _Conta] = OrderedDict()
        self._de_onde: OrderedDict[str, int] = OrderedDict()
        self._ditos: dict[tuple[int, int | None], Limite] = {}
        self._ler_em = -math.inf
        self._dispensadas = 0

    def espera(self, endereco: str) -> int:
        """Segundos que um endereço deve esperar antes que se leia algo dele; 0, nenhum.

        Só espera aqui o endereço em que um só prestador se provou, e esse no limite: nos outros
        só a mensagem lida diz de quem é, e um estranho não pode calar quem lhe é vizinho.
        """
        dono = self._de_onde.get(rede(endereco)) if self._de_onde else None
        # sem o trinco: o laço de eventos não pode esperar por uma thread
        conta = self._contas.get(_Quem(dono, None)) if dono else None
        falta = 0.0 if conta is None else conta.bloqueada_ate - self._relogio()
        if falta <= 0:
            return 0
        self._dispensadas += 1
        # outro prestador do mesmo endereço só se dá a conhecer se alguma entrar
        return 0 if self._dispensadas % _UMA_EM == 0 else _inteira(falta)

    def gastar(self, a: Andamento) -> None:
        """Conta uma mensagem que passou em todas as verificações.

        Raises:
            NoLimite: quem a enviou tem de esperar.
        """
        if a.operadora is None or a.prestador is None:
            return
        limite = self._limite(a.operadora.id, a.prestador.id)
        if limite.por_minuto == 0:
            return
        provado = a.autenticado
        endereco = rede(a.pedido.endereco)
        quem = _Quem(a.prestador.id, None) if provado else _Quem(None, endereco)
        if provado:
            self._lembrar_dono(endereco, a.prestador.id)
        if espera := self._contar(quem, limite):
            raise NoLimite(espera)
        if provado:
            self._somar_se_preciso(a, quem, limite)

    def gastar_recusada(
        self, a: Andamento, quem_e: Callable[[Andamento], Prestador | None] = lambda _: None
    ) -> int:
        """Conta uma mensagem já recusada por outra coisa, na conta de quem o provou ou na do lugar.

        Args:
            a: a mensagem.
            quem_e: diz quem a enviou, se há como o saber sem verificar nada; só se pergunta quando
                a conta do lugar está cheia.

        Returns:
            Segundos que se deve esperar, 0 se ainda cabe: das outras nem a recusa se guarda.
        """
        prestador = a.prestador if a.autenticado else None
        if prestador is None:
            if self._padrao.por_minuto == 0:
                return 0
            espera = self._contar(_Quem(None, rede(a.pedido.endereco)), self._padrao)
            prestador = quem_e(a) if espera else None
            if prestador is None:
                return espera
        limite = self._limite(prestador.operadora_id, prestador.id)
        if limite.por_minuto == 0:
            return 0
        return self._contar(_Quem(prestador.id, None, das_recusadas=True), limite)

    # --- neste processo -----------------------------------------------------------------------

    def _contar(self, quem: _Quem, limite: Limite) -> int:
        """Conta mais uma; se é de quem tem de esperar, os segundos que lhe faltam."""
        agora = self._relogio()
        with self._trinco:
            conta = self._contas.setdefault(quem, _Conta())
            self._contas.move_to_end(quem)
            if len(self._contas) > _LEMBRADOS:
                self._contas.popitem(last=False)
            if conta.bloqueada_ate > agora:
                return _inteira(conta.bloqueada_ate - agora)
            if quem.prestador_id is None or quem.das_recusadas:
                intervalo = limite.intervalo_us / 1e6
                conta.cheia_em = max(conta.cheia_em, agora) + intervalo
                conta.bloqueada_ate = conta.cheia_em - limite.rajada * intervalo
                return 0
            if agora - conta.desde > limite.rajada * limite.intervalo_us / 1e6:
                # nesse tempo o balde encheu-se outra vez
                conta.desde, conta.por_somar = agora, 0
            conta.por_somar += 1
            return 0

    def _lembrar_dono(self, endereco: str, prestador_id: int) -> None:
        with self._trinco:
            if self._de_onde.setdefault(endereco, prestador_id) != prestador_id:
                self._de_onde[endereco] = _VARIOS
            self._de_onde.move_to_end(endereco)
            if len(self._de_onde) > _LEMBRADOS:
                self._de_onde.popitem(last=False)

    # --- entre os processos -------------------------------------------------------------------

    def _somar_se_preciso(self, a: Andamento, quem: _Quem, limite: Limite) -> None:
        assert a.operadora is not None  # noqa: S101
        assert quem.prestador_id is not None  # noqa: S101
        with self._trinco:
            conta = self._contas.get(quem)
            if conta is None or conta.por_somar < max(1, limite.rajada // _PARTE):
                return
            mensagens, conta.por_somar = conta.por_somar, 0
        try:
            with self._banco.escrita() as conn:
                espera_us = baldes.gastar(
                    conn,
                    a.operadora.id,
                    quem.prestador_id,
                    mensagens=mensagens,
                    limite=limite,
                    agora_us=self._agora_ns() // 1000,
                )
        except BancoIndisponivel:
            # sem banco a mensagem não passará, e não é o limite que o deve dizer
            return
        if espera_us:
            conta.bloqueada_ate = self._relogio() + espera_us / 1e6
            assert a.prestador is not None  # noqa: S101
            _log.warning(
                "prestador no limite",
                operadora=a.operadora.registro_ans,
                prestador=a.prestador.codigo,
                segundos=round(espera_us / 1e6, 1),
            )

    def _limite(self, operadora_id: int, prestador_id: int) -> Limite:
        if self._relogio() >= self._ler_em:
            self._ler()
        ditos = self._ditos
        do_prestador = ditos.get((operadora_id, prestador_id))
        return do_prestador or ditos.get((operadora_id, None)) or self._padrao

    def _ler(self) -> None:
        self._ler_em = self._relogio() + _VALE_SEGUNDOS
        try:
            with self._banco.leitura() as conn:
                lidos: list[LimiteDito] = baldes.de_todas(conn)
        except BancoIndisponivel:
            # valem os que se sabiam
            return
        self._ditos = {(x.operadora_id, x.prestador_id): x.limite for x in lidos}


def _inteira(falta: float) -> int:
    """Os segundos inteiros que se dizem a quem espera."""
    return max(1, min(_MAIOR_ESPERA, math.ceil(falta)))
