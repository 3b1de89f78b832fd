"""As três partes do assunto lote de guias: ler, executar, escrever."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from dominio import numeros
from dominio.dinheiro import ZERO
from dominio.dinheiro import texto as reais
from dominio.lote import Guia, Item, TipoGuia
from handlers.lote_guias import leitura
from handlers.lote_guias.caso import PedidoDeLote, Recibo, receber
from handlers.lote_guias.regras import todas
from handlers.regras.mostra import DaGuia, mostrar
from mensagem.conteudo import digest_do_lote
from mensagem.escrita import elemento, motivo
from mensagem.partes import DadosGuia, contratado, guia_dados

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lxml import etree
    from sqlalchemy import Connection

    from handlers.contexto import Contexto
    from handlers.lote_guias.exame import Exame
    from handlers.regras import Regra
    from mensagem.itens import Motivo


class LoteGuias:
    """``tissLoteGuias``: recebe ``loteGuias`` e responde ``recebimentoLote``.

    Args:
        regras: as que se conferem; por padrão as do gateway e as instaladas pela operadora.

    Raises:
        RegraExternaInvalida: uma regra instalada não serve.
    """

    servico = "tissLoteGuias"

    def __init__(self, regras: Sequence[Regra[Exame]] | None = None) -> None:
        self._regras = todas() if regras is None else regras

    def ler(self, corpo: etree._Element) -> PedidoDeLote:
        """Lê o lote informado."""
        return PedidoDeLote(leitura.ler(corpo), partial(digest_do_lote, corpo))

    def executar(self, conn: Connection, contexto: Contexto, pedido: PedidoDeLote) -> Recibo:
        """Recebe o lote."""
        return receber(conn, contexto, pedido, self._regras)

    def escrever(self, contexto: Contexto, resposta: Recibo) -> str:
        """``recebimentoLote`` com o protocolo e todas as guias."""
        lote = resposta.lote
        odonto = lote.tipo is TipoGuia.ODONTO
        origem = contexto.cabecalho.origem
        assert origem is not None  # noqa: S101 - a recepção só passa pedidos de prestador

        def item(guia: int, ordem: int) -> Item:
            return lote.guias[guia - 1].itens[ordem - 1]

        criticas = mostrar(resposta.criticas, contexto.versao, item)
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
                    _do_lote(criticas.do_lote),
                    elemento(
                        "dadosGuiasProtocolo",
                        *(
                            guia_dados(
                                "dadosGuiasOdonto" if odonto else "dadosGuias",
                                _dados(guia, criticas.da_guia(posicao)),
                                contexto.versao,
                                odonto=odonto,
                            )
                            for posicao, guia in enumerate(lote.guias, 1)
                        ),
                    ),
                ),
            ),
        )


def _do_lote(motivos: Sequence[Motivo]) -> str | None:
    if not motivos:
        return None
    return elemento(
        "glosaProtocolo",
        elemento("motivosGlosa", *(motivo(m.codigo, m.texto, "motivoGlosa") for m in motivos)),
        # uma crítica não tem valor; o de uma glosa, só a análise dirá
        elemento("vlGlosaProtocolo", texto=reais(ZERO)),
    )


def _dados(guia: Guia, criticas: DaGuia) -> DadosGuia:
    return DadosGuia(
        guia.numero_prestador,
        guia.numero_operadora,
        guia.beneficiario,
        guia.data_realizacao,
        guia.ausencia_cod_validacao,
        guia.cod_validacao,
        motivos=criticas.motivos,
        itens=criticas.itens,
    )
