"""O trabalho que entrega os avisos: ao menos uma vez, e na ordem de cada número.

Cada webhook é servido por uma thread, um aviso de cada vez. O aviso reserva-se antes da chamada,
por mais tempo do que ela pode durar, e dá-se por entregue depois dela: quem morrer no meio deixa o
aviso para o próximo, que o manda outra vez, e dois nunca mandam ao mesmo tempo avisos de um mesmo
número.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

import structlog

from dominio.competencia import agora as instante_atual
from gateway.destinos import EnderecoRecusado, Politica
from gateway.webhooks.assinatura import assinar, corpo
from gateway.webhooks.envio import NaoAtendeu, chamar
from persistence import entregas, webhooks
from persistence.cifra import ChavesInvalidas, NaoDecifrado

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from persistence.banco import Banco
    from persistence.entregas import Destino, Entrega
    from persistence.webhooks import Webhook

_log = structlog.get_logger("webhooks")

_PAGINA = 50
_AO_MESMO_TEMPO = 4
_FOLGA = timedelta(minutes=2)
"""O que a resolução do nome, que não tem prazo nosso, pode demorar além da chamada."""
_PRIMEIRO_RECUO_SEGUNDOS = 10
_MAIOR_RECUO_SEGUNDOS = 3600
_VELHAS_POR_VEZ = 1000
_OCUPADO = frozenset({429, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Prazos:
    """Quanto se espera.

    Attributes:
        chamada: segundos de uma chamada.
        rodada: segundos depois dos quais uma rodada não começa outra chamada.
        guarda: por quanto tempo se guardam os avisos entregues.
    """

    chamada: float = 10.0
    rodada: float = 20.0
    guarda: timedelta = timedelta(days=30)


class _Feito(NamedTuple):
    """O que se soube de uma tentativa.

    Attributes:
        aceito: se foi aceita.
        resposta: em poucas palavras, sem nada que o outro lado tenha escrito.
        fora: se é o endereço inteiro que não atende.
    """

    aceito: bool
    resposta: str
    fora: bool = False


class Carteiro:
    """Entrega o que há por entregar; ``executar`` é o trabalho de fundo.

    Args:
        politica: para onde se pode mandar.
        prazos: quanto se espera.
        autoridades: arquivo PEM das autoridades de certificados internos.
        relogio: instante atual em UTC.
    """

    def __init__(
        self,
        politica: Politica,
        prazos: Prazos | None = None,
        *,
        autoridades: str | None = None,
        relogio: Callable[[], datetime] = instante_atual,
    ) -> None:
        self._politica = politica
        self._prazos = prazos or Prazos()
        self._autoridades = autoridades
        self._relogio = relogio

    def executar(self, banco: Banco, _agora: datetime) -> str | None:
        """Uma rodada: um pouco de cada webhook que tem o que receber.

        Returns:
            O que se fez, ou ``None`` se nada.
        """
        with banco.leitura() as conn:
            destinos = entregas.destinos(conn, self._relogio())
        if not destinos:
            return None
        fim = time.monotonic() + self._prazos.rodada
        with ThreadPoolExecutor(_AO_MESMO_TEMPO, "webhook") as threads:
            feitos = [threads.submit(self._servir, banco, destino, fim) for destino in destinos]
        somas = [feito.result() for feito in feitos]
        aceitos, falhas = (sum(parcela) for parcela in zip(*somas, strict=True))
        return f"avisos entregues: {aceitos}; por repetir: {falhas}" if aceitos or falhas else None

    def apagar_velhas(self, banco: Banco, _agora: datetime) -> str | None:
        """Apaga os avisos entregues há mais tempo do que se guardam."""
        antes = self._relogio() - self._prazos.guarda
        apagadas = 0
        while True:
            with banco.escrita() as conn:
                vez = entregas.apagar_velhas(conn, antes, _VELHAS_POR_VEZ)
            apagadas += vez
            if vez < _VELHAS_POR_VEZ:
                return f"avisos apagados: {apagadas}" if apagadas else None

    def _servir(self, banco: Banco, destino: Destino, fim: float) -> tuple[int, int]:
        aceitos = falhas = 0
        while time.monotonic() < fim:
            with banco.leitura() as conn:
                prontas = entregas.prontas(conn, destino.webhook.id, self._relogio(), _PAGINA)
            if not prontas:
                break
            for pronta in prontas:
                if time.monotonic() >= fim:
                    break
                feito = self._tentar(banco, destino, pronta)
                if feito is None:
                    continue
                aceitos += feito.aceito
                falhas += not feito.aceito
                if feito.fora:
                    return aceitos, falhas
        return aceitos, falhas

    def _tentar(self, banco: Banco, destino: Destino, pronta: Entrega) -> _Feito | None:
        agora = self._relogio()
        ate = agora + timedelta(seconds=self._prazos.chamada) + _FOLGA
        with banco.escrita() as conn:
            if not entregas.reservar(conn, pronta, agora, ate):
                return None
            # relê-se: o segredo ou o endereço podem ter mudado desde o começo da rodada
            webhook = webhooks.por_id(conn, destino.webhook.operadora_id, destino.webhook.id)
            if webhook is None or not webhook.ativo:
                return _Feito(aceito=False, resposta="desligado", fora=True)
            segredos = _segredos(conn, webhook, agora)
        destino = destino._replace(webhook=webhook)
        if isinstance(segredos, _Feito):
            feito = segredos
        else:
            feito = self._chamar(destino, pronta, segredos, agora)
        self._anotar(banco, destino, pronta, feito)
        return feito

    def _chamar(
        self, destino: Destino, pronta: Entrega, segredos: tuple[str, ...], agora: datetime
    ) -> _Feito:
        conteudo = corpo(destino, pronta)
        cabecalhos = {
            "X-TISS-Evento": pronta.evento,
            "X-TISS-Entrega": pronta.evento_id,
            "X-TISS-Tentativa": str(pronta.tentativas + 1),
            "X-TISS-Assinatura": assinar(segredos, int(agora.timestamp()), conteudo),
        }
        try:
            status = chamar(
                self._politica.destino(destino.webhook.url),
                conteudo,
                cabecalhos,
                prazo=self._prazos.chamada,
                autoridades=self._autoridades,
            )
        except EnderecoRecusado as erro:
            return _Feito(aceito=False, resposta=f"endereço recusado: {erro}", fora=True)
        except NaoAtendeu as erro:
            return _Feito(aceito=False, resposta=f"rede: {erro}", fora=True)
        aceito = 200 <= status < 300
        return _Feito(aceito, f"HTTP {status}", fora=status in _OCUPADO)

    def _anotar(self, banco: Banco, destino: Destino, pronta: Entrega, feito: _Feito) -> None:
        agora = self._relogio()
        if feito.aceito:
            with banco.escrita() as conn:
                entregas.confirmar(conn, pronta, agora, feito.resposta)
            return
        falhas = destino.webhook.falhas if feito.fora else pronta.tentativas
        proxima = agora + recuo(falhas + 1)
        with banco.escrita() as conn:
            entregas.adiar(conn, pronta, proxima, feito.resposta)
            if feito.fora:
                entregas.pausar(conn, destino.webhook, proxima)
        _log.warning(
            "aviso não entregue",
            webhook=destino.webhook.id,
            operadora=destino.registro_ans,
            entrega=pronta.id,
            tentativa=pronta.tentativas + 1,
            resposta=feito.resposta,
        )


def _segredos(conn: Connection, webhook: Webhook, agora: datetime) -> tuple[str, ...] | _Feito:
    try:
        return webhooks.segredos(conn, webhook, agora)
    except (ChavesInvalidas, NaoDecifrado) as erro:
        resposta = f"segredo ilegível: {type(erro).__name__}"
        return _Feito(aceito=False, resposta=resposta, fora=True)


def recuo(falhas: int) -> timedelta:
    """Quanto esperar depois de tantas falhas seguidas: de dez segundos a uma hora."""
    dobros = min(falhas - 1, 20)
    return timedelta(seconds=min(_PRIMEIRO_RECUO_SEGUNDOS * 2**dobros, _MAIOR_RECUO_SEGUNDOS))
