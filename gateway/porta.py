"""A frente ASGI dos serviços.

Lê o corpo inteiro no laço de eventos, com limites, e só então ocupa uma thread: um cliente lento
não prende nenhuma.
"""

from __future__ import annotations

import asyncio
import io
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import structlog

import tiss_xsd
import wsdl
from dominio import erros
from dominio.transacoes import TRANSACOES, Transacao
from gateway import enderecos, metricas, soap
from gateway.corpo import conteudo, descomprimir
from gateway.dispensa import dispensar, tente_em
from gateway.fila import Fila, Lugar
from gateway.leitor import TENTE_LOGO, Desligou, Leitor, responder_e_fechar
from gateway.origem import Origem
from gateway.porta_da_api import PREFIXO as PREFIXO_DA_API
from gateway.porta_da_api import PortaDaApi
from gateway.porta_do_console import e_do_console
from gateway.recebidas import anotar
from gateway.secoes.documentos import Documentos
from handlers.andamento import Pedido, Resultado
from mensagem.envelope import Soap
from mensagem.recusa import Recusa

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from gateway.enderecos import Rota
    from gateway.leitor import Receive, Scope, Send
    from gateway.porta_do_console import PortaDoConsole
    from gateway.secoes.servidor import Servidor
    from handlers.envio_documentos import Deposito
    from handlers.recepcao import Recepcao
    from persistence.banco import Banco

CORRELACAO = "X-Correlation-Id"
_LEITURA = 0.05
"""Segundos que um corpo a chegar guarda o seu lugar; o que demora mais volta à fila ao acabar."""
_log = structlog.get_logger("porta")


class Porta:
    """Aplicação ASGI dos endereços ``/tiss/...``; os demais vão para ``paginas``.

    Args:
        recepcao: quem recebe as mensagens.
        servidor: limites, prazos e endereço público.
        paginas: aplicação ASGI dos outros endereços.
        cabecalho_do_cenario: cabeçalho HTTP de que um simulador tira o cenário; um gateway de
            verdade não lê nenhum.
        proprias: serviço -> threads só suas, para que as mensagens à espera de outro sistema, ou
            que ocupam muita memória, não tomem as dos demais.
        banco: para as consultas da API.
        documentos: limites das mensagens que levam um arquivo.
        deposito: onde a API e o console guardam e leem arquivos.
        console: faz as páginas com o leitor dos corpos; sem ele, não se servem.
        conferir_destino: diz à API a que URLs não se mandam avisos.
        espera_maxima: segundos que uma mensagem pode esperar pela sua vez; além, nem se lê.
    """

    def __init__(
        self,
        recepcao: Recepcao,
        servidor: Servidor,
        paginas: Any,
        cabecalho_do_cenario: str | None = None,
        proprias: Mapping[str, int] = MappingProxyType({}),
        *,
        banco: Banco,
        documentos: Documentos | None = None,
        deposito: Deposito | None = None,
        console: Callable[[Leitor], PortaDoConsole] | None = None,
        conferir_destino: Callable[[str], None] | None = None,
        espera_maxima: float = 10.0,
    ) -> None:
        self._recepcao = recepcao
        self._cabecalho_do_cenario = (cabecalho_do_cenario or "").lower().encode() or None
        self._servidor = servidor
        self._documentos = documentos or Documentos()
        self._origem = Origem(servidor)
        self._paginas = paginas
        self._wsgi = {t.servico: soap.aplicacao(t, recepcao.receber) for t in TRANSACOES}
        self._threads = ThreadPoolExecutor(servidor.threads, thread_name_prefix="tiss")
        self._threads_de = {
            servico: ThreadPoolExecutor(quantas, thread_name_prefix=servico)
            for servico, quantas in proprias.items()
        }
        self._fila = Fila(servidor.threads, espera_maxima)
        self._fila_de = {
            servico: Fila(quantas, espera_maxima) for servico, quantas in proprias.items()
        }
        self._leitor = Leitor(servidor.memory_budget, servidor.body_timeout)
        self._api = PortaDaApi(
            recepcao,
            servidor,
            self._origem,
            self._leitor,
            banco,
            deposito=deposito,
            conferir_destino=conferir_destino,
        )
        self._console = None if console is None else console(self._leitor)

    def fechar(self) -> None:
        """Espera as mensagens em curso e solta as threads."""
        for threads in (self._threads, *self._threads_de.values()):
            threads.shutdown(wait=True)
        self._api.fechar()
        if self._console is not None:
            self._console.fechar()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Atende uma conexão ASGI."""
        if scope["type"] == "http" and scope["path"].startswith(PREFIXO_DA_API):
            await self._api(scope, receive, send)
            return
        if self._console is not None and scope["type"] == "http" and e_do_console(scope["path"]):
            await self._console(scope, receive, send)
            return
        rota = enderecos.achar(scope["path"]) if scope["type"] == "http" else None
        if rota is None:
            await self._paginas(scope, receive, send)
            return
        cabecalhos = dict(reversed(scope["headers"]))
        if scope["method"] in ("GET", "HEAD"):
            await self._documento(scope, rota, send)
        elif scope["method"] == "POST":
            await self._mensagem(scope, cabecalhos, rota, receive, send)
        else:
            await _enviar(send, 405, b"", [(b"allow", b"GET, HEAD, POST")])

    # --- WSDL e XSD ---------------------------------------------------------------------------

    async def _documento(self, scope: Scope, rota: Rota, send: Send) -> None:
        consulta = scope["query_string"].decode("latin-1")
        chave, _, valor = consulta.partition("=")
        base = self._origem.base(scope)
        laco = asyncio.get_running_loop()
        corpo = await laco.run_in_executor(
            self._threads, _documento, rota, chave.lower(), valor, base
        )
        if corpo is None:
            await _enviar(send, 404, "Não encontrado.\n".encode(), [_TEXTO])
            return
        tamanho = (b"content-length", str(len(corpo)).encode())
        enviado = corpo if scope["method"] == "GET" else b""
        # o endereço vem do pedido: ninguém no caminho deve guardar o de um para outro
        await _enviar(send, 200, enviado, [_XML, tamanho, (b"cache-control", b"no-store")])

    # --- mensagens ----------------------------------------------------------------------------

    async def _mensagem(
        self,
        scope: Scope,
        cabecalhos: dict[bytes, bytes],
        rota: Rota,
        receive: Receive,
        send: Send,
    ) -> None:
        identificacao = uuid.uuid4().hex
        cliente = self._origem.cliente(scope)
        tipo = cabecalhos.get(b"content-type", b"").decode("latin-1")
        provisorio = Soap.V12 if "soap+xml" in tipo.lower() else Soap.V11
        cenario = cabecalhos.get(self._cabecalho_do_cenario) if self._cabecalho_do_cenario else None
        pedido = Pedido(
            b"",
            rota.transacao,
            rota.versao,
            "soap",
            identificacao,
            None,
            cliente,
            provisorio,
            None if cenario is None else cenario.decode("latin-1"),
            self._origem.certificado(scope),
        )
        lugar = await self._entrar(pedido, cabecalhos, receive, send)
        if lugar is not None:
            await self._com_lugar(lugar, pedido, cabecalhos, receive, send)

    async def _entrar(
        self, pedido: Pedido, cabecalhos: dict[bytes, bytes], receive: Receive | None, send: Send
    ) -> Lugar | None:
        """O lugar da mensagem entre as que se atendem; sem ele, já se lhe disse que volte.

        ``receive`` falta quando o corpo já se leu.
        """
        espera = self._recepcao.espera(pedido.endereco)
        lugar = None
        if not espera:
            lugar = await self._fila_de.get(_servico(pedido), self._fila).entrar(pedido.endereco)
        if lugar is None:
            await dispensar(
                pedido,
                erros.LIMITE if espera else erros.SOBRECARGA,
                cabecalhos=cabecalhos,
                saida=[_correlacao(pedido.id), tente_em(espera) if espera else TENTE_LOGO],
                receive=receive,
                send=send,
            )
        return lugar

    async def _com_lugar(
        self,
        lugar: Lugar,
        pedido: Pedido,
        cabecalhos: dict[bytes, bytes],
        receive: Receive,
        send: Send,
    ) -> None:
        tipo = cabecalhos.get(b"content-type", b"").decode("latin-1")
        partes: list[bytes] = []
        laco = asyncio.get_running_loop()
        em_memoria = self._leitor.reserva(pedido.endereco)
        # um corpo que demora a chegar não guarda o lugar de quem já o mandou
        alarme = laco.call_later(_LEITURA, lugar.largar)
        try:
            try:
                com_arquivo = pedido.transacao is not None and pedido.transacao.leva_arquivo
                limite = (self._documentos if com_arquivo else self._servidor).max_message
                prazo = self._documentos.body_timeout if com_arquivo else None
                await self._leitor.ler(cabecalhos, receive, partes, em_memoria, limite, prazo=prazo)
            except Desligou:
                if lugar.esperou and not partes:
                    # foi-se enquanto esperava: nada chegou que se possa guardar
                    metricas.CONEXOES_CORTADAS.labels("desistencia").inc()
                    return
                recusa = Recusa(erros.CORPO_TRUNCADO)
                metricas.CONEXOES_CORTADAS.labels("corpo-truncado").inc()
                recebido = b"".join(partes)
                # ninguém espera resposta, mas o que chegou fica no arquivo
                await laco.run_in_executor(
                    self._threads, self._recusar, pedido._replace(dados=recebido), recusa
                )
                return
            except Recusa as recusa:
                recebido = b"".join(partes)
                resultado = await laco.run_in_executor(
                    self._threads, self._recusar, pedido._replace(dados=recebido), recusa
                )
                tipo_da_falha = soap.tipo_de_conteudo(resultado).encode()
                saida = [(b"content-type", tipo_da_falha), _correlacao(pedido.id)]
                # enquanto se joga fora o resto, outro corpo pode ocupar este lugar
                recebido = b""
                partes.clear()
                em_memoria.devolver()
                await responder_e_fechar(send, receive, resultado.http, resultado.corpo, saida)
                return
            corpo = b"".join(partes)
            partes.clear()
            metricas.BYTES.inc(len(corpo))
            if lugar.perdido:
                outra_vez = await self._entrar(pedido, cabecalhos, None, send)
                if outra_vez is None:
                    return
                lugar = outra_vez
            alarme.cancel()
            status, saida, corpo_saida = await laco.run_in_executor(
                self._threads_de.get(_servico(pedido), self._threads),
                self._atender,
                pedido,
                corpo,
                tipo,
                cabecalhos,
                limite,
            )
            lugar.largar()
            saida.append(_correlacao(pedido.id))
            if status == 429:
                saida.append(tente_em(max(1, self._recepcao.espera(pedido.endereco))))
            elif status == 503:
                saida.append(TENTE_LOGO)
            await _enviar(send, status, corpo_saida, saida)
        finally:
            alarme.cancel()
            lugar.largar()
            em_memoria.devolver()

    def _atender(
        self,
        pedido: Pedido,
        corpo: bytes,
        tipo: str,
        cabecalhos: dict[bytes, bytes],
        limite: int,
    ) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        """Numa thread: regras HTTP do corpo e, se passam, o serviço SOAP."""
        inicio = time.perf_counter()
        metricas.EM_CURSO.inc()
        try:
            try:
                if pedido.transacao is None:
                    raise Recusa(erros.SERVICO_DESCONHECIDO)
                declarado = conteudo(tipo)
                dados = descomprimir(
                    corpo,
                    cabecalhos.get(b"content-encoding", b"").decode("latin-1"),
                    limite,
                )
            except Recusa as recusa:
                resultado = self._recepcao.recusar(pedido._replace(dados=corpo), recusa)
                saida = [(b"content-type", soap.tipo_de_conteudo(resultado).encode())]
                corpo_saida = resultado.corpo
            else:
                pronto = pedido._replace(dados=dados, charset=declarado.charset)
                resultado, saida, corpo_saida = self._chamar(pedido.transacao, pronto)
        except Exception as erro:  # noqa: BLE001 - nem um defeito da moldura dá um 500 sem corpo
            _log.error("erro na porta", correlacao=pedido.id, causa=type(erro).__name__)
            resultado = self._recepcao.recusar(pedido, Recusa(erros.INESPERADO))
            saida = [(b"content-type", soap.tipo_de_conteudo(resultado).encode())]
            corpo_saida = resultado.corpo
        finally:
            metricas.EM_CURSO.dec()
        anotar(pedido, resultado, time.perf_counter() - inicio, len(corpo))
        return resultado.http, saida, corpo_saida

    def _chamar(
        self, transacao: Transacao, pedido: Pedido
    ) -> tuple[Resultado, list[tuple[bytes, bytes]], bytes]:
        ambiente: dict[str, Any] = {
            "REQUEST_METHOD": "POST",
            "SCRIPT_NAME": "",
            "PATH_INFO": f"/{transacao.servico}",
            "QUERY_STRING": "",
            "CONTENT_TYPE": "text/xml",
            "CONTENT_LENGTH": "0",
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(),
            "wsgi.errors": None,
            "wsgi.multithread": True,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
            soap.PEDIDO: pedido,
        }
        saida: list[tuple[bytes, bytes]] = []

        def comecar(_status: str, cabecalhos: list[tuple[str, str]], _exc: object = None) -> None:
            saida.extend(
                (nome.lower().encode("latin-1"), valor.encode("latin-1"))
                for nome, valor in cabecalhos
                if nome.lower() != "content-length"
            )

        corpo = b"".join(self._wsgi[transacao.servico](ambiente, comecar))
        return ambiente[soap.RESULTADO], saida, corpo

    def _recusar(self, pedido: Pedido, recusa: Recusa) -> Resultado:
        inicio = time.perf_counter()
        resultado = self._recepcao.recusar(pedido, recusa)
        anotar(pedido, resultado, time.perf_counter() - inicio, len(pedido.dados))
        return resultado


_XML = (b"content-type", b"text/xml; charset=utf-8")
_TEXTO = (b"content-type", b"text/plain; charset=utf-8")


def _documento(rota: Rota, chave: str, valor: str, base: str) -> bytes | None:
    transacao, versao = rota
    if transacao is None or versao is None or versao not in tiss_xsd.versoes():
        return None
    if not transacao.existe_em(versao):
        return None
    endereco = base + enderecos.proprio(transacao, versao)
    if chave in ("", "wsdl", "singlewsdl"):
        return wsdl.documento(transacao, versao, endereco)
    if chave == "xsd":
        try:
            return tiss_xsd.publicado(versao, valor, endereco)
        except tiss_xsd.ArquivoDesconhecido:
            return None
    return None


def _servico(pedido: Pedido) -> str:
    return pedido.transacao.servico if pedido.transacao else ""


def _correlacao(identificacao: str) -> tuple[bytes, bytes]:
    return CORRELACAO.lower().encode(), identificacao.encode()


async def _enviar(
    send: Send, status: int, corpo: bytes, cabecalhos: Iterable[tuple[bytes, bytes]]
) -> None:
    lista = list(cabecalhos)
    if not any(nome == b"content-length" for nome, _ in lista):
        lista.append((b"content-length", str(len(corpo)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": lista})
    await send({"type": "http.response.body", "body": corpo})
