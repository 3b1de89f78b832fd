"""As três partes do assunto lote de guias: ler, executar, escrever."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from dominio import numeros
from dominio.dinheiro import texto as reais
from dominio.lote import Guia, TipoGuia
from handlers.lote_guias import leitura
from handlers.lote_guias.caso import PedidoDeLote, Recibo, receber
from mensagem.conteudo import digest_do_lote
from mensagem.partes import DadosGuia, contratado, guia_dados
from mensagem.resposta import elemento

if TYPE_CHECKING:
    from lxml import etree
    from sqlalchemy import Connection

    from handlers.contexto import Contexto


class LoteGuias:
    """``tissLoteGuias``: recebe ``loteGuias`` e responde ``recebimentoLote``."""

    servico = "tissLoteGuias"

    def ler(self, corpo: etree._Element) -> PedidoDeLote:
        """Lê o lote informado."""
        return PedidoDeLote(leitura.ler(corpo), partial(digest_do_lote, corpo))

    def executar(self, conn: Connection, contexto: Contexto, pedido: PedidoDeLote) -> Recibo:
        """Recebe o lote."""
        return receber(conn, contexto, pedido)

    def escrever(self, contexto: Contexto, resposta: Recibo) -> etree._Element:
        """``recebimentoLote`` com o protocolo e todas as guias."""
        lote = resposta.lote
        odonto = lote.tipo is TipoGuia.ODONTO
        origem = contexto.cabecalho.origem
        assert origem is not None  # noqa: S101 - a recepção só passa pedidos de prestador
        return elemento(
            "recebimentoLote",
            elemento(
                "protocoloRecebimento",
                elemento("registroANS", texto=contexto.operadora.registro_ans),
                contratado(origem, contexto.prestador.nome, contexto.versao),
                elemento("numeroLote", texto=lote.numero),
                elemento("dataEnvioLote", texto=resposta.data_envio.isoformat()),
                elemento(
                    "detalheProtocolo",
                    elemento(
                        "numeroProtocolo",
                        texto=numeros.formatar(
                            resposta.protocolo, contexto.operadora.largura_protocolo
                        ),
                    ),
                    elemento("valorTotalProtocolo", texto=reais(resposta.total)),
                    elemento(
                        "dadosGuiasProtocolo",
                        *(
                            guia_dados(
                                "dadosGuiasOdonto" if odonto else "dadosGuias",
                                _dados(guia),
                                contexto.versao,
                                odonto=odonto,
                            )
                            for guia in lote.guias
                        ),
                    ),
                ),
            ),
        )


def _dados(guia: Guia) -> DadosGuia:
    return DadosGuia(
        guia.numero_prestador,
        guia.numero_operadora,
        guia.beneficiario,
        guia.data_realizacao,
        guia.ausencia_cod_validacao,
        guia.cod_validacao,
    )
