"""Os sistemas da operadora que a configuração nomeia."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import structlog

from gateway import metricas
from gateway.repasse.cliente import Cliente
from gateway.repasse.disjuntor import Disjuntor
from gateway.repasse.espelho import Copia, Espelho
from handlers.repasse.nucleo import Desfecho, NucleoFalhou, RespostaDoNucleo

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gateway.secoes.repasse import ServicoRepassado
    from handlers.repasse.recorte import Envelope

_FORA_DO_AR = frozenset({502, 503, 504})
"""Situações HTTP que um intermediário dá por um sistema que não responde."""
_log = structlog.get_logger("repasse")


class _Servico:
    """Um serviço: as suas conexões, um disjuntor por endereço e, se é espelhado, a fila."""

    def __init__(self, nome: str, ajuste: ServicoRepassado) -> None:
        self.nome = nome
        self.ajuste = ajuste
        self.cliente = Cliente(ajuste)
        self.espelho = Espelho(self.mandar_copia)
        self._disjuntores: dict[str, Disjuntor] = {}
        self._tranca = threading.Lock()
        metricas.REPASSES_ABERTOS.labels(nome).set(0)

    def chamar(self, endereco: str, envelope: Envelope, correlacao: str) -> RespostaDoNucleo:
        with self._tranca:
            disjuntor = self._disjuntores.setdefault(
                endereco, Disjuntor(self.ajuste.falhas, self.ajuste.pausa)
            )
        if not disjuntor.deixa():
            raise NucleoFalhou(Desfecho.ABERTO, "endereço em pausa depois de falhas seguidas")
        certo = False
        try:
            resposta = self.cliente.postar(endereco, envelope, correlacao)
            certo = resposta.http not in _FORA_DO_AR
        finally:
            self._anotar_saude(disjuntor, certo=certo)
        return resposta

    def _anotar_saude(self, disjuntor: Disjuntor, *, certo: bool) -> None:
        antes = disjuntor.aberto
        if certo:
            disjuntor.certo()
        else:
            disjuntor.errado()
        if antes != disjuntor.aberto:
            with self._tranca:
                abertos = sum(d.aberto for d in self._disjuntores.values())
            metricas.REPASSES_ABERTOS.labels(self.nome).set(abertos)
            situacao = "endereço em pausa" if disjuntor.aberto else "endereço de volta"
            _log.warning(situacao, servico=self.nome, abertos=abertos)

    def mandar_copia(self, copia: Copia) -> None:
        try:
            http = self.chamar(copia.endereco, copia.envelope, copia.id).http
            motivo = None if http == 200 else f"HTTP {http}"
        except NucleoFalhou as falha:
            motivo = falha.motivo
        except Exception as erro:  # noqa: BLE001 - a thread das cópias não pode acabar
            motivo = type(erro).__name__
        resultado = "copiada" if motivo is None else "copia-falhou"
        metricas.REPASSES.labels(self.nome, resultado).inc()
        if motivo is not None:
            _log.warning("cópia falhou", mensagem=copia.id, servico=self.nome, motivo=motivo)


class Nucleos:
    """Todos os sistemas da configuração; um por processo, usado por várias threads.

    Args:
        ajustes: serviço -> sistema.
    """

    def __init__(self, ajustes: Mapping[str, ServicoRepassado]) -> None:
        self._servicos = {nome: _Servico(nome, ajuste) for nome, ajuste in ajustes.items()}
        self._repassados = frozenset(n for n, a in ajustes.items() if a.modo == "repassa")
        self._espelhados = frozenset(n for n, a in ajustes.items() if a.modo == "espelha")

    @property
    def repassados(self) -> frozenset[str]:
        """Serviços que outro sistema responde."""
        return self._repassados

    @property
    def espelhados(self) -> frozenset[str]:
        """Serviços respondidos aqui, de que outro sistema recebe cópia."""
        return self._espelhados

    @property
    def threads(self) -> dict[str, int]:
        """Serviço repassado -> mensagens que podem esperar resposta ao mesmo tempo."""
        return {nome: self._servicos[nome].ajuste.conexoes for nome in self._repassados}

    def prazo(self, servico: str) -> float:
        """Segundos que uma chamada pode durar."""
        return self._servicos[servico].ajuste.timeout

    def chamar(self, servico: str, versao: str, envelope: Envelope, id: str) -> RespostaDoNucleo:  # noqa: A002
        """Entrega um envelope e espera a resposta.

        Raises:
            NucleoFalhou: não veio uma resposta XML no prazo, ou o endereço está em pausa.
        """
        destino = self._servicos[servico]
        return destino.chamar(destino.ajuste.endereco(versao), envelope, id)

    def copiar(self, servico: str, versao: str, envelope: Envelope, id: str) -> None:  # noqa: A002
        """Põe uma cópia na fila de saída; se a fila está cheia, ela se perde e isso se conta."""
        destino = self._servicos[servico]
        if not destino.espelho.por(Copia(destino.ajuste.endereco(versao), envelope, id)):
            metricas.REPASSES.labels(servico, "copia-perdida").inc()
            _log.warning("cópia perdida: fila cheia", mensagem=id, servico=servico)

    def anotar(self, servico: str, desfecho: Desfecho, segundos: float) -> None:
        """Conta uma chamada nas métricas."""
        metricas.REPASSES.labels(servico, str(desfecho)).inc()
        if desfecho is not Desfecho.ABERTO:
            metricas.DURACAO_DO_REPASSE.labels(servico).observe(segundos)

    def fechar(self) -> None:
        """Dá às cópias à espera o prazo de uma chamada, e fecha as conexões."""
        for nome, servico in self._servicos.items():
            perdidas = servico.espelho.fechar(servico.ajuste.timeout)
            if perdidas:
                metricas.REPASSES.labels(nome, "copia-perdida").inc(perdidas)
                _log.warning("cópias perdidas na parada", servico=nome, quantas=perdidas)
            servico.cliente.fechar()
