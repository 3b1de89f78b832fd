"""A frente ASGI dos serviços.

Lê o corpo inteiro no laço de eventos, com limites, e só então ocupa uma thread: um cliente lento
não prende nenhuma.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from dominio import erros, meses
from dominio.competencia import agora
from gateway import metricas
from gateway.atendimento import Atendimento
from gateway.descricao import Descricoes
from gateway.dispensa import dispensar, sobrecarga
from gateway.fila import Fila, Lugar
from gateway.leitor import TENTE_LOGO, Desligou, ate, responder_e_fechar
from gateway.respostas import CORRELACAO, responder, tente_em
from gateway.secoes.base import MIB
from gateway.secoes.documentos import Documentos
from gateway.threads import Threads
from handlers.andamento import Pedido
from mensagem.envelope import Soap
from mensagem.recusa import Recusa

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gateway.atendimento import Resposta
    from gateway.enderecos import Rota
    from gateway.leitor import Leitor, Receive, Scope, Send
    from gateway.origem import Origem
    from gateway.secoes.servidor import Servidor
    from handlers.recepcao import Recepcao

_QUE_SE_ESCOA = 4 * MIB
"""Bytes de um corpo que se deixa chegar e cair: um lote de cem guias, ainda que grande."""


class Porta:
    """Atende os endereços dos serviços.

    Args:
        recepcao: quem recebe as mensagens.
        servidor: limites e prazos.
        origem: quem é o cliente e que endereço público usou.
        leitor: lê os corpos.
        cabecalho_do_cenario: cabeçalho HTTP de que um simulador tira o cenário; um gateway de
            verdade não lê nenhum.
        proprias: serviço -> threads só suas, para que as mensagens à espera de outro sistema, ou
            que ocupam muita memória, não tomem as dos demais.
        documentos: limites das mensagens que levam um arquivo.
        espera_maxima: segundos que uma mensagem pode esperar pela sua vez; além, nem se lê.
    """

    def __init__(
        self,
        recepcao: Recepcao,
        servidor: Servidor,
        origem: Origem,
        leitor: Leitor,
        *,
        cabecalho_do_cenario: str | None = None,
        proprias: Mapping[str, int] = MappingProxyType({}),
        documentos: Documentos | None = None,
        espera_maxima: float = 10.0,
    ) -> None:
        self._recepcao = recepcao
        self._cabecalho_do_cenario = (cabecalho_do_cenario or "").lower().encode() or None
        self._servidor = servidor
        self._documentos = documentos or Documentos()
        self._origem = origem
        self._leitor = leitor
        self._atendimento = Atendimento(recepcao)
        self._threads = Threads(servidor.threads, "tiss")
        self._threads_de = {servico: Threads(n, servico) for servico, n in proprias.items()}
        self._fila = Fila(servidor.threads, espera_maxima)
        self._fila_de = {
            servico: Fila(quantas, espera_maxima) for servico, quantas in proprias.items()
        }
        self._descricoes = Descricoes(origem, self._threads)

    def fechar(self) -> None:
        """Espera as mensagens em curso e solta as threads."""
        for threads in (self._threads, *self._threads_de.values()):
            threads.fechar()

    async def __call__(self, scope: Scope, rota: Rota, receive: Receive, send: Send) -> None:
        """Atende um pedido a um endereço de serviço."""
        metodo = scope["method"]
        if metodo == "POST":
            await self._mensagem(scope, dict(reversed(scope["headers"])), rota, receive, send)
        elif metodo in ("GET", "HEAD"):
            await self._descricoes.servir(scope, rota, send)
        else:
            await responder(send, 405, b"", [(b"allow", b"GET, HEAD, POST")])

    # --- sobrecarga ---------------------------------------------------------------------------

    @property
    def cheia(self) -> bool:
        """Se há mensagens à espera de vez."""
        return self._fila.ha_quem_espere or any(f.ha_quem_espere for f in self._fila_de.values())

    def sobrecarga(
        self, scope: Scope, rota: Rota, cabecalhos: Iterable[tuple[bytes, bytes]]
    ) -> bytes | None:
        """A resposta a uma mensagem para que não haverá lugar; ``None`` se se atende.

        Args:
            scope: o do pedido.
            rota: a do endereço.
            cabecalhos: os que o servidor põe em toda resposta.
        """
        fila = self._fila_de.get(rota.transacao.servico if rota.transacao else "", self._fila)
        if scope["method"] != "POST" or not fila.ha_quem_espere:
            return None
        ditos = dict(reversed(scope["headers"]))
        if not ate(ditos, _QUE_SE_ESCOA) or fila.cabe(self._origem.cliente(scope)):
            return None
        return sobrecarga(rota.transacao, rota.versao, _versao_de_soap(ditos), cabecalhos)

    # --- mensagens ----------------------------------------------------------------------------

    async def _mensagem(
        self,
        scope: Scope,
        cabecalhos: dict[bytes, bytes],
        rota: Rota,
        receive: Receive,
        send: Send,
    ) -> None:
        identificacao = meses.identificar(agora())
        cliente = self._origem.cliente(scope)
        cenario = cabecalhos.get(self._cabecalho_do_cenario) if self._cabecalho_do_cenario else None
        pedido = Pedido(
            b"",
            rota.transacao,
            rota.versao,
            "soap",
            identificacao,
            None,
            cliente,
            _versao_de_soap(cabecalhos),
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
        partes: list[bytes] = []
        em_memoria = self._leitor.reserva(pedido.endereco)
        com_arquivo = pedido.transacao is not None and pedido.transacao.leva_arquivo
        limite = (self._documentos if com_arquivo else self._servidor).max_message
        prazo = self._documentos.body_timeout if com_arquivo else None
        try:
            try:
                # um corpo que demora a chegar não guarda o lugar de quem já o mandou
                await self._leitor.ler(
                    cabecalhos, receive, partes, em_memoria, limite, prazo=prazo, lento=lugar.largar
                )
            except Desligou:
                if lugar.esperou and not partes:
                    # foi-se enquanto esperava: nada chegou que se possa guardar
                    metricas.CONEXOES_CORTADAS.labels("desistencia").inc()
                    return
                metricas.CONEXOES_CORTADAS.labels("corpo-truncado").inc()
                # ninguém espera resposta, mas o que chegou fica no arquivo
                await self._recusar(pedido, partes, Recusa(erros.CORPO_TRUNCADO))
                return
            except Recusa as recusa:
                resposta = await self._recusar(pedido, partes, recusa)
                # enquanto se joga fora o resto, outro corpo pode ocupar este lugar
                partes.clear()
                em_memoria.devolver()
                saida = [*resposta.cabecalhos, _correlacao(pedido.id)]
                await responder_e_fechar(send, receive, resposta.status, resposta.corpo, saida)
                return
            corpo = b"".join(partes)
            partes.clear()
            metricas.BYTES.inc(len(corpo))
            if lugar.perdido:
                outra_vez = await self._entrar(pedido, cabecalhos, None, send)
                if outra_vez is None:
                    return
                lugar = outra_vez
            threads = self._threads_de.get(_servico(pedido), self._threads)
            resposta = await threads.fazer(
                self._atendimento.atender, pedido, corpo, cabecalhos, limite
            )
            lugar.largar()
            saida = [*resposta.cabecalhos, _correlacao(pedido.id)]
            await responder(send, resposta.status, resposta.corpo, saida)
        finally:
            lugar.largar()
            em_memoria.devolver()

    async def _recusar(self, pedido: Pedido, partes: list[bytes], recusa: Recusa) -> Resposta:
        recebido = pedido._replace(dados=b"".join(partes))
        return await self._threads.fazer(self._atendimento.recusar, recebido, recusa)


def _versao_de_soap(cabecalhos: Mapping[bytes, bytes]) -> Soap:
    """A que o cabeçalho HTTP diz, enquanto o envelope não se lê."""
    return Soap.V12 if b"soap+xml" in cabecalhos.get(b"content-type", b"").lower() else Soap.V11


def _servico(pedido: Pedido) -> str:
    return pedido.transacao.servico if pedido.transacao else ""


def _correlacao(identificacao: str) -> tuple[bytes, bytes]:
    return CORRELACAO, identificacao.encode()
