"""A recepção do simulador: a de verdade, que credencia desconhecidos e pode demorar."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

from dominio import competencia, erros
from gateway.aplicacao import ASSUNTOS
from gateway.simulador import cadastro
from gateway.simulador.assuntos import LoteSimulado, StatusSimulado
from gateway.simulador.roteiro import Ajustes, Roteiro
from handlers.conferencia import Conferencia
from handlers.credenciais import Conferidos, Credenciais, forma_de_fio
from handlers.envio_documentos import EnvioDocumentos
from handlers.lote_guias import LoteGuias
from handlers.recepcao import Recepcao
from handlers.status_protocolo import StatusProtocolo
from mensagem.recusa import Recusa
from persistence.erros import JaExiste
from persistence.prestadores import login_normal

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from handlers.andamento import Andamento, Pedido, Resultado
    from handlers.contexto import Assunto
    from handlers.envio_documentos import Deposito
    from mensagem.cabecalho import Cabecalho
    from mensagem.parse import Limites
    from persistence.banco import Banco
    from persistence.operadoras import Operadora
    from persistence.remetente import Remetente


class RecepcaoSimulada(Recepcao):
    """Recebe como a de verdade, com os assuntos embrulhados por cenários.

    Args:
        banco: do simulador, só dele.
        limites: o que se aceita ler.
        ajustes: de quem ligou o simulador.
        deposito: onde se guardam documentos; sem ele não se oferecem.
    """

    def __init__(
        self, banco: Banco, limites: Limites, ajustes: Ajustes, deposito: Deposito | None = None
    ) -> None:
        self._roteiro = Roteiro()
        self._demora = ajustes.demora
        credenciais = _UmaCredencial(banco, ajustes)
        super().__init__(
            banco,
            _assuntos(banco, self._roteiro, ajustes, deposito),
            credenciais,
            limites,
            relogio=_relogio(ajustes.instante),
        )
        self._conferencia = _ConferenciaAberta(banco, credenciais, limites)

    def receber(self, pedido: Pedido) -> Resultado:
        """Recebe uma mensagem; a que deve demorar espera depois de gravada."""
        self._roteiro.comecar(pedido.id, pedido.cenario)
        try:
            resultado = super().receber(pedido)
        finally:
            atrasar = self._roteiro.terminar(pedido.id)
        if atrasar:
            time.sleep(self._demora)
        return resultado


class _ConferenciaAberta(Conferencia):
    """Confere tudo, e credencia o remetente que a operadora não conhece."""

    def _identificar(self, a: Andamento) -> None:
        super()._identificar(a)
        origem = a.cabecalho.origem if a.cabecalho else None
        if a.operadora is None or a.prestador is not None or origem is None or not origem.valor:
            return
        with suppress(JaExiste), self._banco.escrita() as conn:
            cadastro.credenciar(conn, a.operadora.id, origem)
        super()._identificar(a)


class _UmaCredencial(Credenciais):
    """Um login e uma senha para todos, ou nenhum."""

    def __init__(self, banco: Banco, ajustes: Ajustes) -> None:
        super().__init__(banco)
        self._esperada: tuple[str, str] | None = None
        if ajustes.login is not None and ajustes.senha is not None:
            self._esperada = login_normal(ajustes.login), forma_de_fio(ajustes.senha)

    def conferir(
        self,
        remetente: Remetente,
        operadora: Operadora,
        cabecalho: Cabecalho,
        *,
        endereco: str,
        agora: datetime,
        certificado: str | None,
        avisos: list[str],
    ) -> Conferidos:
        """Confere contra a única credencial.

        Raises:
            Recusa: LOGIN, sem dizer se foi o login ou a senha.
        """
        del operadora, endereco, agora, certificado, avisos
        dita = login_normal(cabecalho.login or ""), (cabecalho.senha or "").strip().lower()
        if self._esperada is not None and dita != self._esperada:
            raise Recusa(erros.LOGIN)
        return Conferidos(remetente.candidatos, provado=self._esperada is not None)


def _assuntos(
    banco: Banco, roteiro: Roteiro, ajustes: Ajustes, deposito: Deposito | None
) -> dict[str, Assunto]:
    embrulhados: list[Assunto] = [
        LoteSimulado(LoteGuias(), roteiro, ajustes.cenario),
        StatusSimulado(StatusProtocolo(), roteiro, banco),
        EnvioDocumentos(deposito),
    ]
    return {a.servico: a for a in (*ASSUNTOS, *embrulhados)}


def _relogio(instante: datetime | None) -> Callable[[], datetime]:
    return competencia.agora if instante is None else lambda: instante
