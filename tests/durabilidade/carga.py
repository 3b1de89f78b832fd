"""Clientes que não desistem: cada um repete os mesmos bytes até que lhe respondam."""

from __future__ import annotations

import http.client
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Self

from acceptance.mensagens import lote
from acceptance.servidor import HOSPITAL, LOGIN, REGISTRO, SENHA
from validador import validar_resposta

import tiss_xsd
from dominio.lote import TipoGuia
from dominio.transacoes import NS_TISS, POR_SERVICO
from dominio.versoes import VERSOES
from prestador.arquivos_inventados import pdf
from prestador.cabecalho import cabecalho
from prestador.cancelamentos import corpo_cancelamento_lote
from prestador.documentos import corpo_documento
from prestador.mensagem_xml import envelope, mensagem_ws

if TYPE_CHECKING:
    from types import TracebackType

    from acceptance.servidor import Resposta, Servidor
    from lxml import etree

    from prestador.valores import Corpo

EM_VIGOR = "4.03.00"
LOTES = "tissLoteGuias"
DOCUMENTOS = "tissEnvioDocumentos"
CANCELAMENTOS = "tissCancelaGuia"
GUIAS = 2
ITENS = 3
_NUMERO = {
    LOTES: "numeroProtocolo",
    DOCUMENTOS: "protocoloDoc",
    CANCELAMENTOS: "numeroprotocolo",
}
_PACIENCIA = 120.0
_PAUSA = 0.1
_CADA_DOCUMENTO, _CADA_CANCELAMENTO = 3, 4


class Envio(NamedTuple):
    """O que se mandou e o que se respondeu.

    Attributes:
        servico: nome do serviço.
        numero: do lote, ou do documento, dado pelo cliente.
        dados: os bytes, iguais em todas as tentativas.
        protocolo: o número que a resposta deu.
        tentativas: quantas vezes se mandou até haver resposta.
    """

    servico: str
    numero: str
    dados: bytes
    protocolo: str
    tentativas: int


@dataclass
class Carga:
    """Threads que mandam lotes únicos, documentos e cancelamentos enquanto o bloco corre.

    Attributes:
        gateway: a quem.
        prefixo: distingue os números desta carga dos de outra.
        clientes: quantas threads.
        pausa: segundos que cada uma espera depois de cada resposta.
        envios: o que já teve resposta.
        interrompidos: tentativas que ficaram sem resposta.
        falhas: situações HTTP das respostas que não foram 200.
    """

    gateway: Servidor
    prefixo: str = "A"
    clientes: int = 4
    pausa: float = 0.0
    envios: list[Envio] = field(default_factory=list)
    interrompidos: int = 0
    falhas: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._parar = threading.Event()
        self._novidade = threading.Condition()
        self._erros: list[BaseException] = []
        self._threads = [
            threading.Thread(target=self._insistir, args=(n,)) for n in range(self.clientes)
        ]

    def __enter__(self) -> Self:
        # compilar o esquema leva um segundo, que não é da carga
        tiss_xsd.esquema(VERSOES[-1])
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        tipo: type[BaseException] | None,
        erro: BaseException | None,
        rastro: TracebackType | None,
    ) -> None:
        self._parar.set()
        for thread in self._threads:
            thread.join()
        if self._erros and erro is None:
            raise self._erros[0]

    def esperar(self, mais: int) -> None:
        """Espera por tantas respostas além das que já há."""
        with self._novidade:
            alvo = len(self.envios) + mais
            chegou = self._novidade.wait_for(
                lambda: len(self.envios) >= alvo or self._erros, _PACIENCIA
            )
        assert not self._erros, self._erros
        assert chegou, "o gateway não responde"

    def _insistir(self, cliente: int) -> None:
        n = 0
        try:
            while not self._parar.is_set():
                n += 1
                self._ciclo(cliente, n)
        except BaseException as erro:  # noqa: BLE001 - quem abriu o bloco o levanta
            with self._novidade:
                self._erros.append(erro)
                self._novidade.notify_all()

    def _ciclo(self, cliente: int, n: int) -> None:
        numero = f"{self.prefixo}{cliente}-{n}"
        enviado = self._mandar(LOTES, numero, mensagem_de_lote(numero, cliente * 10_000 + n))
        if n % _CADA_DOCUMENTO == 0:
            documento = corpo_documento(
                pdf() + f"%{numero}\n".encode(),
                numero_documento=numero,
                protocolo=enviado.protocolo,
            )
            self._mandar(DOCUMENTOS, numero, _mensagem(DOCUMENTOS, documento))
        if n % _CADA_CANCELAMENTO == 0:
            cancelamento = corpo_cancelamento_lote(EM_VIGOR, HOSPITAL, numero, enviado.protocolo)
            self._mandar(CANCELAMENTOS, numero, _mensagem(CANCELAMENTOS, cancelamento))

    def _mandar(self, servico: str, numero: str, dados: bytes) -> Envio:
        resposta, tentativas = self._ate_responder(servico, dados)
        raiz = validar_resposta(resposta.corpo, EM_VIGOR)
        protocolo = numero_respondido(raiz, servico)
        assert protocolo is not None, f"{servico} {numero}: {resposta.corpo!r}"
        envio = Envio(servico, numero, dados, protocolo, tentativas)
        with self._novidade:
            self.envios.append(envio)
            self._novidade.notify_all()
        self._parar.wait(self.pausa)
        return envio

    def _ate_responder(self, servico: str, dados: bytes) -> tuple[Resposta, int]:
        fim = time.monotonic() + _PACIENCIA
        tentativas = 0
        while time.monotonic() < fim:
            tentativas += 1
            try:
                resposta = self.gateway.postar(dados, EM_VIGOR, servico)
            except (OSError, http.client.HTTPException):
                with self._novidade:
                    self.interrompidos += 1
                time.sleep(_PAUSA)
                continue
            if resposta.status == 200:
                return resposta, tentativas
            with self._novidade:
                self.falhas.append(resposta.status)
            time.sleep(_PAUSA)
        raise AssertionError("o cliente cansou-se de esperar")


def mensagem_de_lote(numero: str, semente: int) -> bytes:
    """Os bytes de um lote de duas guias SP/SADT."""
    return envelope(lote(EM_VIGOR, numero=numero, guias=GUIAS, tipo=TipoGuia.SADT, semente=semente))


def numero_respondido(raiz: etree._Element, servico: str = LOTES) -> str | None:
    """O número que a resposta de um serviço dá; num cancelamento, o do lote cancelado."""
    return raiz.findtext(f".//{{{NS_TISS}}}{_NUMERO[servico]}")


def _mensagem(servico: str, corpo: Corpo) -> bytes:
    transacao = POR_SERVICO[servico]
    topo = cabecalho(transacao.tipo_pedido, EM_VIGOR, HOSPITAL, REGISTRO, login=LOGIN, senha=SENHA)
    return envelope(mensagem_ws(transacao, topo, corpo))
