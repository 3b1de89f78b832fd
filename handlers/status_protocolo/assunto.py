"""As três partes do assunto situação do protocolo: ler, executar, escrever."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dominio import erros, numeros
from dominio.lote import TipoGuia
from handlers import pergunta
from handlers.regras.mostra import DaGuia, mostrar
from handlers.status_protocolo.caso import Situacao, consultar
from mensagem.escrita import elemento, motivo
from mensagem.partes import DadosGuia, Valores, contratado, guia_dados, valor_total

if TYPE_CHECKING:
    from lxml import etree
    from sqlalchemy import Connection

    from handlers.contexto import Contexto
    from handlers.pergunta import PedidoDeStatus
    from persistence.protocolos import GuiaGuardada, Protocolo


class StatusProtocolo:
    """``tissSolicitacaoStatusProtocolo``: responde ``situacaoProtocolo``."""

    servico = "tissSolicitacaoStatusProtocolo"

    def ler(self, corpo: etree._Element) -> PedidoDeStatus:
        """Lê prestador e número."""
        return pergunta.ler(corpo)

    def executar(self, conn: Connection, contexto: Contexto, pedido: PedidoDeStatus) -> Situacao:
        """Consulta o protocolo."""
        return consultar(conn, contexto, pedido)

    def escrever(self, contexto: Contexto, resposta: Situacao) -> str:
        """``situacaoDoProtocolo`` com o lote ou, sem ele, o motivo."""
        if resposta.protocolo is None:
            erro = erros.PROTOCOLO_NAO_ENCONTRADO
            lote = motivo(erro.glosa(contexto.versao), erro.texto)
        else:
            lote = _detalhe(contexto, resposta.protocolo, resposta)
        return elemento(
            "situacaoProtocolo",
            elemento(
                "situacaoDoProtocolo",
                elemento("identificacaoOperadora", texto=contexto.operadora.registro_ans),
                contratado(resposta.prestador, contexto.prestador.nome, contexto.versao),
                elemento("lote", lote),
            ),
        )


def _detalhe(contexto: Contexto, protocolo: Protocolo, resposta: Situacao) -> str:
    odonto = protocolo.lote_tipo == TipoGuia.ODONTO
    criticas = mostrar(resposta.criticas, contexto.versao, lambda *p: resposta.itens[p])
    if criticas.do_lote:
        # a situação só tem lugar para motivos de guias: os do lote vão na primeira
        do_lote = [m._replace(texto=f"Lote: {m.texto}") for m in criticas.do_lote]
        primeira = criticas.das_guias.setdefault(resposta.guias[0][0].posicao, DaGuia())
        primeira.motivos[:0] = do_lote
    grupo = "guiasOdonto" if odonto else "guiasMedicas"
    return elemento(
        "detalheLote",
        elemento("statusProtocolo", texto=str(int(protocolo.status.em(contexto.versao)))),
        elemento(
            "numeroProtocolo",
            texto=numeros.formatar(protocolo.numero, contexto.operadora.largura_protocolo),
        ),
        elemento("numeroLote", texto=protocolo.lote_numero),
        elemento("dataEnvioLote", texto=protocolo.data_envio.isoformat()),
        valor_total("valorTotalLote", resposta.valores),
        elemento(
            "guiasTISS",
            *(
                elemento(
                    grupo,
                    guia_dados(
                        "guias",
                        _dados(guia, v, criticas.da_guia(guia.posicao)),
                        contexto.versao,
                        odonto=odonto,
                    ),
                )
                for guia, v in resposta.guias
            ),
        ),
    )


def _dados(guia: GuiaGuardada, valores: Valores, criticas: DaGuia) -> DadosGuia:
    return DadosGuia(
        guia.numero_prestador,
        guia.numero_operadora,
        guia.beneficiario,
        guia.data_realizacao,
        guia.ausencia_cod_validacao,
        guia.cod_validacao,
        valores,
        criticas.motivos,
        criticas.itens,
    )
