"""O que todo endereço da API usa: o banco, as threads, o relógio, quem pede."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from persistence import auditoria, segunda_linha

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from concurrent.futures import Executor
    from datetime import datetime

    from sqlalchemy import Connection
    from starlette.requests import Request

    from handlers.envio_documentos import Deposito
    from persistence.banco import Banco
    from persistence.operadoras import Operadora
    from persistence.tokens import Escopo

T = TypeVar("T")
PORTA = "api"


class Quem(NamedTuple):
    """Quem pede, já conferido.

    Attributes:
        nome: como aparece na auditoria e nos históricos.
        operadora: a única que ele vê.
        escopos: o que pode fazer.
        endereco: de onde pede.
    """

    nome: str
    operadora: Operadora
    escopos: frozenset[Escopo]
    endereco: str


class Acesso(NamedTuple):
    """O que a auditoria diz de um acesso a dados de pacientes.

    Attributes:
        acao: como ``ler`` ou ``exportar``.
        alvo_tipo: como ``protocolo``.
        alvo: número ou identificação.
        carteiras: de quem são os dados.
        detalhes: o mais que houver, sem dados de pacientes.
    """

    acao: str
    alvo_tipo: str
    alvo: str
    carteiras: Collection[str] = ()
    detalhes: Mapping[str, Any] | None = None


def _qualquer(_url: str) -> None:
    """Sem quem mande avisos, todo endereço serve."""


@dataclass(frozen=True, slots=True)
class Base:
    """O banco e as threads de que a API dispõe.

    Attributes:
        banco: onde tudo está.
        executor: threads das consultas; as das mensagens são outras.
        relogio: instante atual em UTC.
        deposito: onde ficam os documentos e os arquivos das notas; sem ele não se servem.
        conferir_destino: levanta ``ValueError``, com o motivo, se a uma URL não se mandam avisos.
        operadora_id: a de quem pede, a que as transações se limitam; ausente antes de se saber.
    """

    banco: Banco
    executor: Executor
    relogio: Callable[[], datetime]
    deposito: Deposito | None = None
    conferir_destino: Callable[[str], object] = _qualquer
    operadora_id: int | None = None

    async def fazer(self, trabalho: Callable[[], T]) -> T:
        """Faz numa thread o que espera pelo banco."""
        return await asyncio.get_running_loop().run_in_executor(self.executor, trabalho)

    async def ler(self, consulta: Callable[[Connection], T]) -> T:
        """Uma consulta sobre uma fotografia do banco."""

        def trabalho() -> T:
            with self.banco.leitura() as conn:
                self._restringir(conn)
                return consulta(conn)

        return await self.fazer(trabalho)

    async def listar(self, consulta: Callable[[Connection], T]) -> T:
        """Uma lista, que pode vir da réplica e estar atrasada o que ela estiver."""

        def restrita(conn: Connection) -> T:
            self._restringir(conn)
            return consulta(conn)

        return await self.fazer(lambda: self.banco.consultar(restrita, lambda _lista: True))

    async def gravar(self, acao: Callable[[Connection], T]) -> T:
        """Uma transação de escrita."""

        def trabalho() -> T:
            with self.banco.escrita() as conn:
                self._restringir(conn)
                return acao(conn)

        return await self.fazer(trabalho)

    def _restringir(self, conn: Connection) -> None:
        if self.operadora_id is not None:
            segunda_linha.restringir(conn, self.operadora_id)

    async def auditar(self, quem: Quem, acesso: Acesso) -> None:
        """Registra um acesso; só depois de voltar é que se dão os dados já lidos."""

        def registrar(conn: Connection) -> None:
            auditoria.registrar(
                conn,
                operadora_id=quem.operadora.id,
                quem=quem.nome,
                porta=PORTA,
                acao=acesso.acao,
                alvo_tipo=acesso.alvo_tipo,
                alvo=acesso.alvo,
                carteira=acesso.carteiras,
                detalhes={"endereco": quem.endereco, **(acesso.detalhes or {})},
            )

        await self.gravar(registrar)


def da(pedido: Request) -> Base:
    """A base da aplicação que atende um pedido, limitada à operadora dele quando já se sabe."""
    base: Base = pedido.app.state.base
    operadora_id = getattr(pedido.state, "operadora_id", None)
    return base if operadora_id is None else replace(base, operadora_id=operadora_id)
