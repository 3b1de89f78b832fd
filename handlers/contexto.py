"""O que um assunto recebe de quem já conferiu a mensagem, e a forma de um assunto."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from dominio.lote import Identificacao
from dominio.versoes import VERSOES
from mensagem.cabecalho import Cabecalho

if TYPE_CHECKING:
    from datetime import datetime

    from lxml import etree
    from sqlalchemy import Connection

    from mensagem.resposta import Corpo
    from persistence.operadoras import Operadora
    from persistence.prestadores import Prestador


@dataclass(frozen=True, slots=True)
class Contexto:
    """Quem pede, a quem, como e quando; já conferido.

    Attributes:
        operadora: a do destino.
        prestador: o remetente.
        prestadores: ids que a origem alcança; mais de um quando um CNPJ tem vários códigos e não
            há login que escolha.
        cabecalho: do pedido.
        versao: do pedido e da resposta.
        canal: por onde a mensagem chegou.
        mensagem_id: identificação da mensagem no arquivo.
        agora: instante do recebimento, em UTC.
    """

    operadora: Operadora
    prestador: Prestador
    prestadores: frozenset[int]
    cabecalho: Cabecalho
    versao: str
    canal: str
    mensagem_id: str
    agora: datetime


def do_proprio_prestador(
    operadora: Operadora,
    prestador: Prestador,
    tipo: str,
    *,
    canal: str,
    agora: datetime,
    versao: str = VERSOES[-1],
) -> Contexto:
    """O de um pedido que o prestador fez por dentro do gateway, sem mensagem.

    Args:
        operadora: de quem é o pedido.
        prestador: quem pede, pelo seu código.
        tipo: ``tipoTransacao`` que a mensagem teria.
        canal: por onde se pediu.
        agora: instante em UTC.
        versao: do padrão.
    """
    quem = Identificacao("codigo", prestador.codigo)
    cabecalho = Cabecalho(tipo, "1", quem, operadora.registro_ans, versao, None, None)
    return Contexto(
        operadora, prestador, frozenset({prestador.id}), cabecalho, versao, canal, "", agora
    )


@runtime_checkable
class Anotada(Protocol):
    """Uma resposta que deixa anotações no arquivo, junto da mensagem."""

    @property
    def anotacoes(self) -> dict[str, Any]:
        """O que guardar, sem valores da mensagem."""

    @property
    def avisos(self) -> tuple[str, ...]:
        """Nomes estáveis do que se notou e se conta em métricas."""


@runtime_checkable
class PodeFaltar(Protocol):
    """Uma resposta que pode ser a de que não se achou o que se procurava."""

    @property
    def achada(self) -> bool:
        """Se há o que se procurava."""


@runtime_checkable
class ComPreparo(Protocol):
    """Um assunto que faz alguma coisa demorada antes da transação."""

    def preparar(self, pedido: Any) -> None:
        """Confere o que não depende do banco, sem que ninguém espere por uma tranca.

        Raises:
            Recusa: o pedido não se aceita.
        """


class Assunto(Protocol):
    """Um assunto: ler a árvore, executar o caso de uso, escrever a resposta."""

    servico: str

    def ler(self, corpo: etree._Element) -> Any:
        """Do elemento de corpo do pedido a um valor congelado."""

    def executar(self, conn: Connection, contexto: Contexto, pedido: Any) -> Any:
        """Do pedido à resposta, sem XML.

        Raises:
            RegraRecusada: uma regra não aceita o pedido; nada do que escreveu fica.
        """

    def escrever(self, contexto: Contexto, resposta: Any) -> Corpo:
        """Da resposta ao elemento de corpo em texto, na versão do contexto."""
