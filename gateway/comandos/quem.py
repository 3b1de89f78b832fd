"""De que operadora e de que prestador um comando fala, e quem o deu."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import click

from dominio.lote import Identificacao
from gateway.comandos.comum import Recusado, quem_usa_o_terminal
from persistence import auditoria, operadoras, prestadores

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from persistence.operadoras import Operadora
    from persistence.prestadores import Prestador

F = TypeVar("F", bound="Callable[..., Any]")


def opcao_prestador(funcao: F) -> F:
    """Opção ``--codigo``, o do prestador na operadora."""
    return click.option("--codigo", required=True, help="Código do prestador na operadora.")(funcao)


def a_operadora(conn: Connection, registro_ans: str) -> Operadora:
    """A operadora de um registro ANS.

    Raises:
        Recusado: não há tal operadora.
    """
    operadora = operadoras.por_registro(conn, registro_ans)
    if operadora is None:
        raise Recusado(f"não há operadora {registro_ans}")
    return operadora


def o_prestador(conn: Connection, registro_ans: str, codigo: str) -> Prestador:
    """O prestador ativo de um código.

    Raises:
        Recusado: não há tal operadora ou prestador.
    """
    operadora = a_operadora(conn, registro_ans)
    dito = Identificacao("codigo", codigo)
    achados = prestadores.resolver(conn, operadora.id, [dito])[dito]
    if not achados:
        raise Recusado(f"não há prestador {codigo}")
    return achados[0]


def auditar(
    conn: Connection, operadora_id: int, acao: str, alvo: tuple[str, str], **detalhes: Any
) -> None:
    """Registra quem mudou como alguém entra.

    Args:
        conn: a transação da mudança.
        operadora_id: dona do que mudou.
        acao: verbo.
        alvo: tipo e identificação do que mudou.
        detalhes: o que mudou, sem senhas.
    """
    tipo, qual = alvo
    auditoria.registrar(
        conn,
        operadora_id=operadora_id,
        quem=quem_usa_o_terminal(),
        porta="cli",
        acao=acao,
        alvo_tipo=tipo,
        alvo=qual,
        detalhes={k: None if v is None else str(v) for k, v in detalhes.items()},
    )
