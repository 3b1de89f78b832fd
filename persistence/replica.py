"""Ler da réplica do PostgreSQL o que pode estar um pouco atrasado, e só então.

Não se confia em relógios: de passo em passo pergunta-se ao principal até onde escreveu, e à
réplica até onde aplicou. Quando a réplica alcança o que o principal tinha num instante, sabe-se que
tem tudo o que se confirmou até ele. Isto vale ainda que o principal esteja parado, a réplica deixe
de receber ou alguém a promova.
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import text

from persistence.erros import BancoIndisponivel
from persistence.prontos import Pronto

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection

    from persistence.banco import Banco

T = TypeVar("T")

_PASSO_SEGUNDOS = 1.0
_MARCAS = 600
# prontos, que são os que se cortam quando a máquina deles para sem se despedir
_ESCRITO = Pronto(text("SELECT pg_current_wal_lsn()"))
_APLICADO = Pronto(text("SELECT pg_is_in_recovery(), pg_last_wal_replay_lsn()"))
NAO_SERVE = -1.0
"""O que se mede em lugar do atraso quando não se lê da réplica."""


def _nada(_valor: object) -> None:
    """Sem quem queira saber."""


class Replica:
    """Uma réplica e o que se sabe do seu atraso; seguro entre threads.

    Args:
        principal: de quem é réplica.
        banco: a própria; não é de mais ninguém, e fecha-se com esta.
        atraso_maximo: segundos que o que se lê pode estar atrasado.
        ao_ler: recebe ``replica`` ou ``principal`` a cada consulta.
        ao_medir: recebe o atraso em segundos, ou ``NAO_SERVE``, a cada passo.
    """

    def __init__(
        self,
        principal: Banco,
        banco: Banco,
        *,
        atraso_maximo: float,
        ao_ler: Callable[[str], object] = _nada,
        ao_medir: Callable[[float], object] = _nada,
    ) -> None:
        self._principal = principal
        self._banco = banco
        self._atraso_maximo = atraso_maximo
        self._ao_ler = ao_ler
        self._ao_medir = ao_medir
        self._tinha_tudo_em = -math.inf
        self._marcas: deque[tuple[float, int]] = deque(maxlen=_MARCAS)
        self._parar = threading.Event()
        self._vigia = threading.Thread(target=self._vigiar, name="replica", daemon=True)

    def iniciar(self) -> None:
        """Começa a medir o atraso; até à primeira medida não se lê dela."""
        self._vigia.start()

    def fechar(self) -> None:
        """Deixa de medir e fecha as conexões com ela."""
        self._parar.set()
        if self._vigia.is_alive():
            self._vigia.join()
        self._banco.fechar()

    def serve(self) -> bool:
        """Se o que ela tem não está mais atrasado do que se permite."""
        return time.monotonic() - self._tinha_tudo_em <= self._atraso_maximo

    def consultar(self, consulta: Callable[[Connection], T], achou: Callable[[T], bool]) -> T:
        """Consulta-a se serve, e senão o principal.

        Uma recusa, um erro ou um não-achado não se dizem com o que ela tem: o principal decide.

        Args:
            consulta: só lê; pode ser chamada duas vezes.
            achou: se o resultado vale ainda que venha dela.

        Raises:
            BancoIndisponivel: se o principal também não atendeu.
        """
        if self.serve():
            # o que nela falhar o principal repete, ou mostra que já não é assim
            with suppress(Exception), self._lendo() as conn:
                achado = consulta(conn)
                if achou(achado):
                    self._ao_ler("replica")
                    return achado
        self._ao_ler("principal")
        with self._principal.leitura() as conn:
            return consulta(conn)

    @contextmanager
    def _lendo(self) -> Iterator[Connection]:
        try:
            with self._banco.leitura() as conn:
                yield conn
        except BancoIndisponivel:
            # até que a próxima medida diga outra coisa
            self._tinha_tudo_em = -math.inf
            raise

    # --- atraso -------------------------------------------------------------------------------

    def _vigiar(self) -> None:
        passo = min(_PASSO_SEGUNDOS, self._atraso_maximo / 4)
        while not self._parar.is_set():
            self._medir()
            self._parar.wait(passo)

    def _medir(self) -> None:
        antes = time.monotonic()
        try:
            with self._principal.leitura() as conn:
                [[escrito]] = _ESCRITO.linhas(conn)
            self._marcas.append((antes, _posicao(escrito)))
            with self._banco.leitura() as conn:
                [[em_recuperacao, aplicado]] = _APLICADO.linhas(conn)
        except Exception:  # noqa: BLE001 - sem resposta, o que se sabia envelhece por si
            self._ao_medir(self._atraso())
            return
        if not em_recuperacao:
            # promovida, já não recebe o que o principal escreve
            self._tinha_tudo_em = -math.inf
        else:
            alcance = _posicao(aplicado)
            while self._marcas and self._marcas[0][1] <= alcance:
                self._tinha_tudo_em = self._marcas.popleft()[0]
        self._ao_medir(self._atraso())

    def _atraso(self) -> float:
        if not self.serve():
            return NAO_SERVE
        return time.monotonic() - self._tinha_tudo_em


def _posicao(lsn: str | None) -> int:
    """A posição no registro do PostgreSQL (``16/B374D848``), como número."""
    alta, _, baixa = (lsn or "0/0").partition("/")
    return (int(alta, 16) << 32) + int(baixa, 16)
