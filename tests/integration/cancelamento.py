"""Pedidos de cancelamento selados e o que a recepção respondeu a eles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from integration.recepcao import EM_VIGOR, EU, REGISTRO, pronta

from dominio.transacoes import POR_SERVICO
from prestador import mensagem_xml
from prestador.cabecalho import cabecalho
from prestador.cancelamentos import (
    GuiaACancelar,
    corpo_cancelamento_guias,
    corpo_cancelamento_lote,
    ler_cancelamento,
)

if TYPE_CHECKING:
    from integration.recepcao import Mesa, Resposta
    from lxml import etree

    from prestador.cancelamentos import ReciboDeCancelamento
    from prestador.valores import Corpo, Identificado

CANCELA = POR_SERVICO["tissCancelaGuia"]


def cancelamento(
    corpo: Corpo, *, versao: str = EM_VIGOR, quem: Identificado = EU, sequencial: str = "1"
) -> etree._Element:
    """Um ``cancelaGuiaWS`` selado."""
    cab = cabecalho(CANCELA.tipo_pedido, versao, quem, REGISTRO, sequencial=sequencial)
    return mensagem_xml.mensagem_ws(CANCELA, cab, corpo)


def de_lote(
    numero: str = "1",
    protocolo: str | None = None,
    *,
    versao: str = EM_VIGOR,
    quem: Identificado = EU,
    de: Identificado | None = None,
    sequencial: str = "1",
) -> bytes:
    """O pedido de um lote inteiro; ``de`` é o prestador de quem se diz o lote."""
    corpo = corpo_cancelamento_lote(versao, de or quem, numero, protocolo)
    return pronta(cancelamento(corpo, versao=versao, quem=quem, sequencial=sequencial))


def de_guias(
    *guias: GuiaACancelar | str,
    versao: str = EM_VIGOR,
    quem: Identificado = EU,
    sequencial: str = "1",
) -> bytes:
    """O pedido de guias, por número ou com tudo o que se sabe delas."""
    alvos = [GuiaACancelar(g) if isinstance(g, str) else g for g in guias]
    corpo = corpo_cancelamento_guias(versao, quem, alvos)
    return pronta(cancelamento(corpo, versao=versao, quem=quem, sequencial=sequencial))


def enviar(mesa: Mesa, dados: bytes, versao: str = EM_VIGOR) -> Resposta:
    """Entrega o pedido ao serviço de cancelamento."""
    return mesa.enviar(dados, versao=versao, servico=CANCELA.servico)


def recibo(resposta: Resposta) -> ReciboDeCancelamento:
    """``reciboCancelaGuia`` de uma resposta."""
    return ler_cancelamento(resposta.raiz[1])


def cancelar(mesa: Mesa, dados: bytes, versao: str = EM_VIGOR) -> list[int]:
    """As situações respondidas a um pedido, na ordem dos alvos."""
    return [alvo.status for alvo in recibo(enviar(mesa, dados, versao)).alvos]
