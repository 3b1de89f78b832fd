"""A API diante de um banco de teste, chamada como um servidor ASGI a chamaria, sem rede."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, urlencode

from backoffice.api import Base, LimitesDoEnvio, criar
from dominio.competencia import agora
from persistence import tokens
from persistence.tokens import Escopo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from fastapi import FastAPI
    from integration.recepcao import Mesa

    from handlers.envio_documentos import Deposito
    from persistence.operadoras import Operadora

RAIZ = "/api/v1"
TODOS = tuple(Escopo)


class Resposta(NamedTuple):
    """Uma resposta HTTP."""

    status: int
    cabecalhos: dict[str, str]
    corpo: bytes

    @property
    def dados(self) -> Any:
        """O JSON de uma resposta que deu certo."""
        assert self.status == 200, self.corpo.decode()
        return json.loads(self.corpo)

    @property
    def linhas(self) -> list[list[str]]:
        """As linhas de um CSV, títulos inclusive."""
        assert self.status == 200, self.corpo.decode()
        assert self.cabecalhos["content-type"] == "text/csv; charset=utf-8"
        texto = self.corpo.decode("utf-8-sig")
        return list(csv.reader(io.StringIO(texto, newline=""), delimiter=";"))

    def problema(self, status: int) -> dict[str, Any]:
        """O documento de um problema, conferido na sua forma."""
        assert self.status == status, self.corpo.decode()
        assert self.cabecalhos["content-type"] == "application/problem+json"
        documento: dict[str, Any] = json.loads(self.corpo)
        assert documento["status"] == status
        assert documento["title"]
        assert documento["detail"]
        return documento

    def campos(self) -> set[str]:
        """Os campos que um problema 422 nomeia."""
        return {erro["campo"] for erro in self.problema(422)["erros"]}


class Api:
    """A API de um banco.

    Args:
        mesa: o banco com a sua recepção e a sua operadora.
        executor: threads em que tudo se faz.
        relogio: instante atual.
    """

    def __init__(
        self,
        mesa: Mesa,
        executor: ThreadPoolExecutor,
        relogio: Callable[[], datetime],
        deposito: Deposito | None = None,
    ) -> None:
        self.mesa = mesa
        base = Base(mesa.banco, executor, relogio, deposito)
        self.aplicacao: FastAPI = criar(mesa.recepcao, LimitesDoEnvio(), executor, base)
        self._tokens: dict[tuple[int, tuple[Escopo, ...]], str] = {}

    def token(
        self,
        *escopos: Escopo,
        operadora: Operadora | None = None,
        validade: timedelta = timedelta(days=1),
        por_minuto: int = 100_000,
    ) -> str:
        """Cria um token e dá o seu texto."""
        with self.mesa.banco.escrita() as conn:
            dona = operadora or self.mesa.operadora
            return tokens.criar(
                conn, dona.id, nome="teste", escopos=escopos or TODOS, agora=agora(),
                validade=validade, por_minuto=por_minuto,
            ).texto  # fmt: skip

    def pedir(
        self,
        metodo: str,
        caminho: str,
        *,
        token: str | None = None,
        corpo: bytes = b"",
        cabecalhos: Mapping[str, str] | None = None,
        consulta: Mapping[str, Any] | None = None,
    ) -> Resposta:
        """Faz um pedido."""
        nomes = {k.lower(): v for k, v in (cabecalhos or {}).items()}
        if token is not None:
            nomes["authorization"] = f"Bearer {token}"
        endereco, _, na_consulta = caminho.partition("?")
        if consulta:
            na_consulta = urlencode(consulta, doseq=True)
        return asyncio.run(self._chamar(metodo, RAIZ + endereco, na_consulta, nomes, corpo))

    def pegar(self, caminho: str, **consulta: Any) -> Resposta:
        """Lê um endereço com um token que tem todos os escopos."""
        return self.pedir("GET", caminho, token=self._comum(), consulta=consulta)

    def mudar(
        self, numero: str | None, para: int, *, visto: str | None = "*", motivo: str = "teste"
    ) -> Resposta:
        """Pede outra situação para um protocolo."""
        cabecalhos = {"content-type": "application/json"}
        if visto is not None:
            cabecalhos["if-match"] = visto
        return self.pedir(
            "POST", f"/protocolos/{numero}/situacao", token=self._comum(), cabecalhos=cabecalhos,
            corpo=json.dumps({"para": para, "motivo": motivo}).encode(),
        )  # fmt: skip

    def enviar(
        self,
        metodo: str,
        caminho: str,
        corpo: Any = None,
        *,
        chave: str | None = None,
        visto: str | None = None,
        token: str | None = None,
    ) -> Resposta:
        """Faz um pedido com corpo JSON; sem token, com um que tem todos os escopos."""
        cabecalhos = {"content-type": "application/json"}
        if chave is not None:
            cabecalhos["idempotency-key"] = chave
        if visto is not None:
            cabecalhos["if-match"] = visto
        return self.pedir(
            metodo,
            caminho,
            token=token or self._comum(),
            cabecalhos=cabecalhos,
            corpo=b"" if corpo is None else json.dumps(corpo).encode(),
        )

    def _comum(self) -> str:
        chave = (self.mesa.operadora.id, TODOS)
        if chave not in self._tokens:
            self._tokens[chave] = self.token()
        return self._tokens[chave]

    async def _chamar(
        self, metodo: str, caminho: str, consulta: str, cabecalhos: dict[str, str], corpo: bytes
    ) -> Resposta:
        escopo = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": metodo,
            "scheme": "http", "path": caminho, "raw_path": quote(caminho).encode(),
            "query_string": consulta.encode(), "root_path": "", "client": ("192.0.2.7", 1),
            "server": ("teste", 80),
            "headers": [(k.encode(), v.encode("latin-1")) for k, v in cabecalhos.items()],
        }  # fmt: skip
        enviados: list[Any] = []

        pedidos = iter([{"type": "http.request", "body": corpo, "more_body": False}])

        async def receber() -> Any:
            if (primeiro := next(pedidos, None)) is not None:
                return primeiro
            # quem pede espera até o fim
            return await asyncio.Event().wait()

        async def enviar(evento: Any) -> None:
            enviados.append(evento)

        await self.aplicacao(escopo, receber, enviar)
        comeco = enviados[0]
        return Resposta(
            comeco["status"],
            {k.decode(): v.decode("latin-1") for k, v in comeco["headers"]},
            b"".join(evento.get("body", b"") for evento in enviados[1:]),
        )


@contextmanager
def abrir_api(
    mesa: Mesa, relogio: Callable[[], datetime] = agora, deposito: Deposito | None = None
) -> Iterator[Api]:
    """A API de uma mesa, com threads que acabam com ela."""
    with ThreadPoolExecutor(4) as executor:
        yield Api(mesa, executor, relogio, deposito)
