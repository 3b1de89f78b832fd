"""O que a operadora responde a um recurso, e em que pé ele fica."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from decimal import Decimal

    from dominio.recurso import Estado
    from dominio.situacao import StatusProtocolo


class ParteAcatada(NamedTuple):
    """O que se acata de uma das glosas que uma linha contesta.

    Attributes:
        guia: posição no lote, a partir de 1; ausente se a glosa é do protocolo.
        item: posição na guia, a partir de 1; ausente se é da guia.
        acatado: reais.
        grau: ``dm_grauPart``; vazio é o item inteiro.
    """

    guia: int | None
    item: int | None
    acatado: Decimal
    grau: str = ""


class Decisao(NamedTuple):
    """A resposta a uma linha.

    Attributes:
        linha: posição no recurso, a partir de 1.
        acatado: reais, de zero ao recursado.
        justificativa: até 500 caracteres; só falta no que se acata por inteiro.
        aceita: só se a linha não contesta valor, que então não diz nada.
        partes: o acatado de cada glosa da linha; sem elas, reparte-se em proporção.
    """

    linha: int
    acatado: Decimal
    justificativa: str | None = None
    aceita: bool | None = None
    partes: tuple[ParteAcatada, ...] = ()


class PedidoDeDecisao(NamedTuple):
    """Responder linhas de um recurso; com a última, ele se fecha.

    Attributes:
        recurso: número.
        chave: escolhida por quem chama; o mesmo pedido com ela não se grava de novo.
        decisoes: uma por linha.
        revisao: a que quem chama leu; ausente não confere.
        fechar: se, respondida a última linha, o recurso se fecha.
    """

    recurso: int
    chave: str
    decisoes: tuple[Decisao, ...]
    revisao: int | None = None
    fechar: bool = True


class Acao(StrEnum):
    """O que a operadora pode fazer com um recurso; o valor é o nome do endereço na API."""

    ANALISAR = "analise"
    RESPONDER = "decisoes"
    FINALIZAR = "finalizacao"
    REABRIR = "reabertura"


class RecursoAtual(NamedTuple):
    """Em que pé o recurso ficou.

    Attributes:
        numero: do recurso.
        status: situação do protocolo do recurso.
        revisao: para a tranca otimista do pedido seguinte.
        recursado: reais.
        acatado: reais; zero enquanto houver linha por responder.
        estados: de cada linha, na ordem.
        repetido: se o pedido já tinha sido feito e nada se gravou agora.
    """

    numero: int
    status: StatusProtocolo
    revisao: int
    recursado: Decimal
    acatado: Decimal
    estados: tuple[Estado, ...]
    repetido: bool = False
