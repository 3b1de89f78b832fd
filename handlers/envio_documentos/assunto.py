"""As três partes do assunto documentos: ler, executar, escrever; e o exame que as antecede."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dominio import erros, numeros
from dominio.textos import para_mensagem
from handlers.envio_documentos import leitura
from handlers.envio_documentos.caso import PedidoDeDocumento, Recibo, examinar, receber
from mensagem.escrita import elemento, opcional
from mensagem.recusa import Recusa

if TYPE_CHECKING:
    from lxml import etree
    from sqlalchemy import Connection

    from handlers.contexto import Contexto
    from handlers.envio_documentos.deposito import Deposito

_OBSERVACAO = 500


class EnvioDocumentos:
    """``tissEnvioDocumentos``: guarda ``envioDOcumento`` e responde ``recebimentoDocumento``.

    Args:
        deposito: onde se guardam; sem ele o serviço não se oferece.
    """

    servico = "tissEnvioDocumentos"

    def __init__(self, deposito: Deposito | None = None) -> None:
        self._deposito = deposito

    def ler(self, corpo: etree._Element) -> PedidoDeDocumento:
        """Lê o documento."""
        return leitura.ler(corpo)

    def preparar(self, pedido: PedidoDeDocumento) -> None:
        """Examina o arquivo, fora da transação: o antivírus pode demorar.

        Raises:
            RegraRecusada: o arquivo não se aceita.
            Recusa: não há onde guardar, ou o antivírus não respondeu.
        """
        examinar(pedido, self._exigido())

    def executar(self, conn: Connection, contexto: Contexto, pedido: PedidoDeDocumento) -> Recibo:
        """Guarda o documento."""
        return receber(conn, contexto, pedido, self._exigido())

    def escrever(self, contexto: Contexto, resposta: Recibo) -> str:
        """``recebimentoDocumento`` com o número do documento e o que o pedido citou."""
        pedido = resposta.pedido
        observacao = pedido.observacao
        return elemento(
            "recebimentoDocumento",
            elemento(
                "reciboDocumentos",
                opcional("numeroLote", pedido.numero_lote),
                opcional("numeroProtocolo", pedido.numero_protocolo),
                opcional("numeroGuiaPrestador", pedido.guia_prestador),
                opcional("numeroGuiaOperadora", pedido.guia_operadora),
                elemento("numeroDocumento", texto=pedido.numero_documento),
                elemento(
                    "protocoloDoc",
                    texto=numeros.formatar(resposta.numero, contexto.operadora.largura_protocolo),
                ),
                opcional(
                    "observacao",
                    None if observacao is None else para_mensagem(observacao, _OBSERVACAO),
                ),
            ),
        )

    def _exigido(self) -> Deposito:
        if self._deposito is None:
            raise Recusa(erros.NAO_OFERECIDO)
        return self._deposito
