"""A posse dos trabalhos de fundo e o registro das suas execuções.

Um só processo, de uma só máquina, executa os trabalhos: o que tem a posse. Ela vale por um tempo,
que o dono renova; vencida, outro a toma e a ficha cresce. Toda escrita de um trabalho confirma a
ficha na própria transação (``BancoCercado``): quem parou e voltou depois de perdê-la já não
escreve.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Connection, delete, func, insert, select, update

from persistence import tabelas
from persistence.banco import Banco
from persistence.insercao import InsercaoUnica

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import ColumnElement

_p = tabelas.posse.c
_t = tabelas.trabalho.c
_MAIOR_POSSE = timedelta(days=1)
_PRIMEIRO_DONO = InsercaoUnica(tabelas.posse, [_p.ficha])


class PossePerdida(Exception):
    """Outro processo tomou os trabalhos; nada da transação ficou gravado."""


class Interrompido(Exception):
    """O processo está parando, e o trabalho fica para a próxima vez."""


@dataclass(frozen=True, slots=True)
class Posse:
    """A posse de um conjunto de trabalhos.

    Attributes:
        nome: do conjunto.
        dono: quem a tem, único entre processos e máquinas.
        ficha: cresce a cada troca de dono.
    """

    nome: str
    dono: str
    ficha: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Execucao:
    """A última execução de um trabalho.

    Attributes:
        nome: do trabalho.
        inicio: quando começou.
        fim: quando acabou; ausente se corre, ou se o processo morreu no meio.
        proximo: quando volta a ser executado.
        resultado: o que fez, se acabou bem.
        erro: tipo da exceção, se falhou.
        falhas: quantas vezes seguidas falhou.
    """

    nome: str
    inicio: datetime
    fim: datetime | None
    proximo: datetime
    resultado: str | None
    erro: str | None
    falhas: int


def tomar(conn: Connection, nome: str, dono: str, segundos: float) -> Posse | None:
    """Toma a posse livre, vencida, ou já sua; ausente se é de outro."""
    agora = _relogio(conn)
    ate = agora + timedelta(seconds=segundos)
    # pula a linha de quem está no meio de uma escrita: esse ainda tem a posse
    achada = conn.execute(
        select(_p.dono, _p.ficha, _p.ate).where(_p.nome == nome).with_for_update(skip_locked=True)
    ).one_or_none()
    if achada is None:
        valores = {"nome": nome, "dono": dono, "ficha": 1, "ate": ate}
        return None if _PRIMEIRO_DONO.executar(conn, valores) is None else Posse(nome, dono, 1)
    # mais longe do que isso só a deixou um relógio que andou para diante e voltou
    if achada.dono != dono and agora < achada.ate <= agora + _MAIOR_POSSE:
        return None
    ficha = achada.ficha if achada.dono == dono else achada.ficha + 1
    conn.execute(
        update(tabelas.posse).where(_p.nome == nome).values(dono=dono, ficha=ficha, ate=ate)
    )
    return Posse(nome, dono, ficha)


def renovar(conn: Connection, posse: Posse, segundos: float) -> bool:
    """Estende a posse; falso se já é de outro."""
    ate = _relogio(conn) + timedelta(seconds=segundos)
    feito = conn.execute(update(tabelas.posse).where(*_dela(posse)).values(ate=ate))
    return feito.rowcount == 1


def largar(conn: Connection, posse: Posse) -> None:
    """Deixa a posse vencida, para que outro não tenha de esperar."""
    conn.execute(update(tabelas.posse).where(*_dela(posse)).values(ate=_relogio(conn), dono=""))


def confirmar(conn: Connection, posse: Posse) -> None:
    """Confere a posse e a segura até o fim da transação.

    Raises:
        PossePerdida: se já é de outro.
    """
    # a tranca mais leve: não impede a renovação, e impede que outro tome a posse
    tranca = select(_p.ficha).where(*_dela(posse)).with_for_update(read=True, key_share=True)
    if conn.execute(tranca).one_or_none() is None:
        raise PossePerdida


def ultimas(conn: Connection) -> tuple[Execucao, ...]:
    """A última execução de cada trabalho, por nome."""
    linhas = conn.execute(select(tabelas.trabalho).order_by(_t.nome))
    return tuple(Execucao(**linha) for linha in linhas.mappings())


def registrar(conn: Connection, execucao: Execucao) -> None:
    """Guarda a última execução de um trabalho no lugar da anterior."""
    conn.execute(delete(tabelas.trabalho).where(_t.nome == execucao.nome))
    valores = {c.name: getattr(execucao, c.name) for c in tabelas.trabalho.c}
    conn.execute(insert(tabelas.trabalho).values(valores))


class BancoCercado(Banco):
    """As conexões de outro banco; só se escreve nele com a posse. Quem o usa não o fecha.

    Args:
        banco: o de verdade.
        posse: a que se confirma em cada escrita.
        parando: se o processo já deve parar.
    """

    def __init__(self, banco: Banco, posse: Posse, parando: Callable[[], bool]) -> None:
        self._banco = banco
        self._posse = posse
        self._parando = parando
        super().__init__(banco._de_ler, banco._de_escrever)  # noqa: SLF001 - a mesma casa

    @contextmanager
    def escrita(self) -> Iterator[Connection]:
        """Uma transação de escrita de quem tem a posse.

        Raises:
            PossePerdida: outro a tomou.
            Interrompido: o processo está parando.
            BancoIndisponivel: o banco não atendeu.
        """
        if self._parando():
            raise Interrompido
        with self._banco.escrita() as conn:
            confirmar(conn, self._posse)
            yield conn


def _dela(posse: Posse) -> tuple[ColumnElement[bool], ...]:
    return (_p.nome == posse.nome, _p.dono == posse.dono, _p.ficha == posse.ficha)


def _relogio(conn: Connection) -> datetime:
    """O relógio do banco: os das máquinas podem não concordar."""
    if conn.dialect.name == "sqlite":
        return datetime.now(UTC)
    instante: datetime = conn.execute(select(func.clock_timestamp())).scalar_one()
    return instante
