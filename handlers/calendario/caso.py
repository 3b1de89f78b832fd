"""Criar um período e gerar os de um ano."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

from dominio.calendario import dia_util, ultimo_dia_util
from dominio.competencia import competencia
from persistence import calendario
from persistence.calendario import Periodo

if TYPE_CHECKING:
    from sqlalchemy import Connection


class CalendarioRecusado(Exception):
    """O período não se cria; o texto diz por quê.

    Attributes:
        campo: do pedido, se é um só que não serve.
    """

    def __init__(self, texto: str, campo: str | None = None) -> None:
        super().__init__(texto)
        self.campo = campo


class PedidoDePeriodo(NamedTuple):
    """Um período a criar.

    Attributes:
        prestador_id: o único a quem vale; ausente, todos.
        competencia: ``AAAAMM``.
        execucao_de: primeira data de execução.
        execucao_ate: última.
        envio_de: primeiro dia de recebimento.
        envio_ate: último.
        pagamento: quando se espera pagar; ausente, o último dia útil do mês em que se acaba de
            receber.
    """

    prestador_id: int | None
    competencia: str
    execucao_de: date
    execucao_ate: date
    envio_de: date
    envio_ate: date
    pagamento: date | None = None


class PedidoDeAno(NamedTuple):
    """Os doze períodos de um ano, cada um com o que se executou num mês.

    Attributes:
        ano: das execuções.
        ultimo_dia: do mês seguinte, até ao qual se recebe.
        uteis: se ele se conta em dias úteis.
    """

    ano: int
    ultimo_dia: int
    uteis: bool


def criar(conn: Connection, operadora_id: int, pedido: PedidoDePeriodo) -> Periodo:
    """Cria um período.

    Raises:
        CalendarioRecusado: um dia final é antes do inicial, ou paga-se antes de receber.
    """
    pagamento = pedido.pagamento or _pagamento(pedido.envio_ate)
    if pedido.execucao_ate < pedido.execucao_de:
        raise CalendarioRecusado("é anterior ao primeiro dia de execução", "execucaoAte")
    if pedido.envio_ate < pedido.envio_de:
        raise CalendarioRecusado("é anterior ao primeiro dia de envio", "envioAte")
    if pagamento < pedido.envio_de:
        raise CalendarioRecusado("é anterior ao primeiro dia de envio", "pagamento")
    novo = Periodo(0, operadora_id, *pedido._replace(pagamento=None)[:-1], pagamento)
    [gravado] = calendario.gravar(conn, [novo])
    return gravado


def gerar(conn: Connection, operadora_id: int, pedido: PedidoDeAno) -> tuple[Periodo, ...]:
    """Cria os períodos de um ano: recebe-se desde o dia 1 do mês até ao dia dado do seguinte.

    Raises:
        CalendarioRecusado: já há um período para todos numa competência do ano.
    """
    novos = []
    for mes in range(1, 13):
        primeiro = date(pedido.ano, mes, 1)
        seguinte = (primeiro + timedelta(days=31)).replace(day=1)
        envio_ate = _ultimo_dia(seguinte, pedido)
        novos.append(
            Periodo(
                id=0,
                operadora_id=operadora_id,
                prestador_id=None,
                competencia=competencia(primeiro),
                execucao_de=primeiro,
                execucao_ate=seguinte - timedelta(days=1),
                envio_de=primeiro,
                envio_ate=envio_ate,
                pagamento=_pagamento(envio_ate),
            )
        )
    dos_meses = {novo.competencia for novo in novos}
    for ja in calendario.listar(conn, operadora_id):
        if ja.prestador_id is None and ja.competencia in dos_meses:
            raise CalendarioRecusado(f"A competência {ja.competencia} já tem período.")
    return calendario.gravar(conn, novos)


def _pagamento(envio_ate: date) -> date:
    """O último dia útil do mês, ou do seguinte se só depois dele se acaba de receber."""
    previsto = ultimo_dia_util(envio_ate)
    if previsto < envio_ate:
        previsto = ultimo_dia_util(envio_ate.replace(day=1) + timedelta(days=31))
    return previsto


def _ultimo_dia(mes: date, pedido: PedidoDeAno) -> date:
    seguinte = (mes + timedelta(days=31)).replace(day=1)
    dias = [mes + timedelta(days=n) for n in range((seguinte - mes).days)]
    servem = [d for d in dias if dia_util(d)] if pedido.uteis else dias
    return servem[min(pedido.ultimo_dia, len(servem)) - 1]
