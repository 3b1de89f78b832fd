"""Os mesmos demonstrativos fora do web service: como valores e como arquivo ``mensagemTISS``."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dominio.competencia import dia
from dominio.transacoes import POR_SERVICO
from dominio.versoes import VERSOES
from handlers.contexto import do_proprio_prestador
from handlers.demonstrativo import caso
from handlers.demonstrativo.assunto import Demonstrativos
from handlers.demonstrativo.modelo import SituacaoDoPedido, Tipo
from handlers.demonstrativo.pedido import PedidoDeAnalise
from handlers.emissao import emitir as emitir_uma
from mensagem import resposta as resposta_tiss

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from handlers.demonstrativo.modelo import Demonstrativo
    from handlers.demonstrativo.pedido import Pedido, Resposta
    from persistence.banco import Banco
    from persistence.operadoras import Operadora
    from persistence.prestadores import Prestador

_TRANSACAO = POR_SERVICO[Demonstrativos.servico]
_ASSUNTO = Demonstrativos()
_ORDEM = (Tipo.ANALISE, Tipo.PAGAMENTO, Tipo.ODONTO)
_TIPOS = dict(zip(_ORDEM, _TRANSACAO.tipos_resposta, strict=True))


class Emitidos(NamedTuple):
    """O que se emitiu.

    Attributes:
        demonstrativos: com número e data; vazio se nenhum protocolo está pronto.
        situacao: a do primeiro protocolo, se nenhum está pronto.
        ausentes: o que se diz dos protocolos sem demonstrativo.
        arquivo: o ``mensagemTISS`` inteiro, em ISO-8859-1.
    """

    demonstrativos: tuple[Demonstrativo, ...]
    situacao: SituacaoDoPedido | None
    ausentes: str
    arquivo: bytes


def emitir(
    banco: Banco,
    operadora: Operadora,
    prestador: Prestador,
    pedido: Pedido,
    *,
    agora: datetime,
    versao: str = VERSOES[-1],
) -> Emitidos:
    """Emite o que um prestador pediria, com o número que ele veria nessa versão.

    Args:
        banco: onde se lê e se guarda.
        operadora: de quem são.
        prestador: a quem pertencem.
        pedido: o que se quer.
        agora: instante em UTC da emissão.
        versao: do padrão; cada uma tem os seus números.

    Raises:
        RegraRecusada: não há o que demonstrar, ou não cabe na versão.
    """
    contexto = do_proprio_prestador(
        operadora, prestador, _TRANSACAO.tipo_pedido, canal="arquivo", agora=agora, versao=versao
    )

    def consultar(conn: Connection) -> Resposta:
        ids = frozenset({prestador.id})
        alcance = caso.Alcance(operadora, ids, prestador.id, versao, dia(agora), com_guias=True)
        return caso.consultar(conn, alcance, pedido)

    def montar(resposta: Resposta) -> tuple[Resposta, bytes]:
        mensagem = resposta_tiss.montar(
            _TRANSACAO,
            _ASSUNTO.escrever(contexto, resposta),
            contexto.cabecalho,
            registro_ans=operadora.registro_ans,
            versao=versao,
            agora=agora,
            tipo=_tipo(pedido),
            em_arquivo=True,
        )
        return resposta, mensagem

    # um arquivo que se baixa não é uma mensagem trocada: não se arquiva
    resposta, arquivo = emitir_uma(banco, _ASSUNTO, contexto, consultar=consultar, montar=montar)
    valores = [peca.demonstrativo for peca in resposta.pecas]
    situacao = next((v for v in valores if isinstance(v, SituacaoDoPedido)), None)
    return Emitidos(
        tuple(v for v in valores if not isinstance(v, SituacaoDoPedido)),
        situacao,
        resposta.ausentes,
        arquivo,
    )


def em_arquivo(
    banco: Banco,
    operadora: Operadora,
    prestador: Prestador,
    pedido: Pedido,
    *,
    agora: datetime,
    versao: str = VERSOES[-1],
) -> bytes:
    """O ``mensagemTISS`` em ISO-8859-1 que ``emitir`` dá; os argumentos e exceções são os dele."""
    return emitir(banco, operadora, prestador, pedido, agora=agora, versao=versao).arquivo


def _tipo(pedido: Pedido) -> str:
    return _TIPOS[Tipo.ANALISE if isinstance(pedido, PedidoDeAnalise) else pedido.tipo]
