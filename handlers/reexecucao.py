"""Executar outra vez uma mensagem do arquivo, como se chegasse agora, sem que nada fique."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dominio import competencia, meses
from dominio.transacoes import POR_SERVICO
from handlers.andamento import Pedido
from mensagem.arquivo import protocolo
from mensagem.envelope import Soap
from persistence import credenciamento, mensagens
from persistence.ensaio import BancoDeEnsaio

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from sqlalchemy import Connection

    from handlers.recepcao import Recepcao
    from persistence.banco import Banco
    from persistence.mensagens import MensagemGuardada
    from persistence.prestadores import Prestador


class NaoReexecutavel(Exception):
    """A mensagem não está inteira no arquivo, ou executá-la teria efeito em outro sistema."""


class Desfecho(NamedTuple):
    """O que se respondeu a uma mensagem.

    Attributes:
        desfecho: ``respondida``, ``recusada`` ou ``falha``.
        erro: chave estável do erro.
        texto: o erro em português.
        protocolo: o que a resposta diz, se diz.
    """

    desfecho: str
    erro: str | None
    texto: str | None
    protocolo: str | None


class Reexecucao(NamedTuple):
    """O desfecho que uma mensagem teve e o que teria agora."""

    antes: Desfecho
    agora: Desfecho

    @property
    def igual(self) -> bool:
        """Se nada mudou."""
        return self.antes == self.agora


def reexecutar(
    banco: Banco,
    mensagem_id: str,
    montar: Callable[[Banco], Recepcao],
    repassados: Collection[str] = (),
) -> Reexecucao:
    """Passa uma mensagem outra vez pela recepção.

    Args:
        banco: o de verdade, que não muda.
        mensagem_id: identificação no arquivo.
        montar: faz a recepção sobre um banco.
        repassados: serviços que outro sistema responde, onde não se pode desfazer nada.

    Raises:
        NaoReexecutavel: não há tal mensagem, o arquivo só tem o começo dela, ou quem a responde é
            outro sistema.
    """
    with banco.leitura() as conn:
        guardada = mensagens.ler(conn, None, mensagem_id)
        dados = mensagens.bruta(conn, None, mensagem_id)
        quem_entrou = None if guardada is None else _quem_entrou(conn, guardada)
    if guardada is None:
        raise NaoReexecutavel("não há mensagem com essa identificação")
    if dados is None or not guardada.integral:
        raise NaoReexecutavel("o arquivo só tem o começo dessa mensagem")
    if guardada.servico in repassados:
        raise NaoReexecutavel("esse serviço é de outro sistema, em que nada se desfaz")
    recepcao = montar(BancoDeEnsaio(banco, guardada.sha256))
    resultado = recepcao.receber(_pedido(guardada, dados, quem_entrou))
    agora = Desfecho(
        resultado.desfecho,
        resultado.erro,
        resultado.texto,
        protocolo(resultado.corpo) if resultado.corpo else None,
    )
    return Reexecucao(_o_que_teve(guardada), agora)


def _quem_entrou(conn: Connection, guardada: MensagemGuardada) -> Prestador | None:
    """Por quem falava quem enviou a mensagem pelo portal."""
    dito = (guardada.detalhes or {}).get("quem_entrou")
    if dito is None:
        return None
    return credenciamento.por_codigo(conn, dito["operadora"], dito["codigo"])


def _pedido(guardada: MensagemGuardada, dados: bytes, quem_entrou: Prestador | None) -> Pedido:
    transacao = None
    if guardada.canal == "soap" and guardada.servico is not None:
        transacao = POR_SERVICO[guardada.servico]
    return Pedido(
        dados,
        transacao,
        guardada.versao if guardada.canal == "soap" else None,
        guardada.canal,
        meses.identificar(competencia.agora()),
        (guardada.detalhes or {}).get("charset"),
        guardada.endereco or "",
        Soap.V12 if guardada.soap == "1.2" else Soap.V11,
        certificado=(guardada.detalhes or {}).get("certificado"),
        quem_entrou=quem_entrou,
    )


def _o_que_teve(guardada: MensagemGuardada) -> Desfecho:
    return Desfecho(
        guardada.desfecho,
        guardada.erro,
        (guardada.detalhes or {}).get("texto"),
        protocolo(guardada.resposta) if guardada.resposta else None,
    )
