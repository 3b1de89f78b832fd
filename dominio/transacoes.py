"""A tabela das 12 transações dos web services TISS.

Roteamento, WSDL, verificação de contrato, cliente e documentação leem esta tabela; a grafia do
padrão é mantida onde é estranha (``envioDOcumento``, ``Signatures``). Fonte: arquivos WSDL e
``tissWebServices`` do componente de comunicação, versões 3.05.00 a 4.03.00.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

from dominio.versoes import VERSOES, ordem

NS_TISS = "http://www.ans.gov.br/padroes/tiss/schemas"
"""Espaço de nomes de todas as mensagens, em todas as versões."""


@dataclass(frozen=True, slots=True)
class Transacao:
    """Um serviço do padrão: o que entra, o que sai, e como o WSDL chama cada coisa.

    Attributes:
        servico: nome do arquivo WSDL sem versão, e o nome do serviço nos endereços.
        nome_wsdl: nome de service, portType e operation dentro do WSDL.
        raiz_pedido: elemento filho do Body no pedido.
        corpo_pedido: elemento da mensagem depois do cabeçalho no pedido.
        tipo_pedido: ``tipoTransacao`` do pedido.
        raiz_resposta: elemento filho do Body na resposta.
        corpo_resposta: elemento da mensagem depois do cabeçalho na resposta.
        tipos_resposta: valores de ``tipoTransacao`` que a resposta pode ter; o primeiro é o comum.
        parte_pedido: nome da parte da mensagem de pedido no WSDL.
        parte_resposta: nome da parte da mensagem de resposta no WSDL.
        corpo_arquivo: elemento de ``prestadorParaOperadora`` na mensagem em arquivo.
        corpo_resposta_arquivo: elemento de ``operadoraParaPrestador`` na mensagem em arquivo.
        muda_estado: se executar duas vezes teria efeito duas vezes.
        desde: primeira versão que tem o serviço.
        assinatura_resposta: nome do elemento de assinatura na resposta.
        leva_arquivo: se o pedido traz um arquivo inteiro num só valor.
        escolha_do_tipo: onde o tipo da resposta segue o que se pede, os elementos de um caminho do
            pedido; sem eles na mensagem, o tipo é o comum.
        tipo_de_cada_escolha: valor desse elemento e o tipo de resposta que lhe cabe.
    """

    servico: str
    raiz_pedido: str
    corpo_pedido: str
    tipo_pedido: str
    raiz_resposta: str
    corpo_resposta: str
    tipos_resposta: tuple[str, ...]
    parte_pedido: str
    parte_resposta: str
    corpo_arquivo: str
    corpo_resposta_arquivo: str
    muda_estado: bool
    nome_wsdl: str = ""
    desde: str = "3.02.00"
    assinatura_resposta: str = "Signature"
    leva_arquivo: bool = False
    escolha_do_tipo: tuple[str, ...] = ()
    tipo_de_cada_escolha: tuple[tuple[str, str], ...] = ()

    @property
    def nome(self) -> str:
        """Nome usado dentro do WSDL, igual ao serviço salvo no status de recurso de glosa."""
        return self.nome_wsdl or self.servico

    def existe_em(self, versao: str) -> bool:
        """Diz se a versão tem este serviço."""
        return ordem(versao) >= ordem(self.desde)

    def utilizavel_em(self, versao: str) -> bool:
        """Diz se o serviço pode ser usado de modo válido na versão.

        O envio de documentos de 4.00.00 tem WSDL, mas o elemento da resposta que ele nomeia não
        existe e os dois tipos de transação faltam em ``dm_tipoTransacao``.
        """
        return self.existe_em(versao) and not (
            self.servico == "tissEnvioDocumentos" and versao == "4.00.00"
        )

    def elemento_resposta_wsdl(self, versao: str) -> str:
        """Elemento que o WSDL da versão nomeia como resposta (errado no padrão em 4.00.00)."""
        if self.servico == "tissEnvioDocumentos" and versao == "4.00.00":
            return "reciboDocumentoWS"
        return self.raiz_resposta


TRANSACOES: tuple[Transacao, ...] = (
    Transacao(
        "tissLoteGuias",
        "loteGuiasWS", "loteGuias", "ENVIO_LOTE_GUIAS",
        "protocoloRecebimentoWS", "recebimentoLote", ("PROTOCOLO_RECEBIMENTO",),
        "loteGuias", "protocoloRecebimento",
        "loteGuias", "recebimentoLote",
        muda_estado=True,
    ),
    Transacao(
        "tissSolicitacaoStatusProtocolo",
        "solicitacaoStatusProtocoloWS", "solicitacaoStatusProtocolo", "SOLIC_STATUS_PROTOCOLO",
        "situacaoProtocoloWS", "situacaoProtocolo", ("SITUACAO_PROTOCOLO",),
        "solicitacaoStatusProtocolo", "situacaoProtocolo",
        "solicitacaoStatusProtocolo", "situacaoProtocolo",
        muda_estado=False,
    ),
    Transacao(
        "tissSolicitacaoDemonstrativoRetorno",
        "solicitacaoDemonstrativoRetornoWS", "solicitacaoDemonstrativoRetorno",
        "SOLIC_DEMONSTRATIVO_RETORNO",
        "demonstrativoRetornoWS", "demonstrativoRetorno",
        ("DEMONSTRATIVO_ANALISE_CONTA", "DEMONSTRATIVO_PAGAMENTO", "DEMONSTRATIVO_ODONTOLOGIA"),
        "solicitacaoDemonstrativoRetorno", "demonstrativoRetorno",
        "solicitacaoDemonstrativoRetorno", "demonstrativosRetorno",
        muda_estado=False,
        escolha_do_tipo=("demonstrativoPagamento", "tipoDemonstrativo"),
        # dm_tipoDemonstrativoPagamento
        tipo_de_cada_escolha=(
            ("1", "DEMONSTRATIVO_PAGAMENTO"),
            ("3", "DEMONSTRATIVO_ODONTOLOGIA"),
        ),
    ),
    Transacao(
        "tissRecursoGlosa",
        "loteRecursoGlosaWS", "loteRecurso", "RECURSO_GLOSA",
        "protocoloRecebimentoRecursoWS", "recebimentoRecurso", ("RECEBIMENTO_RECURSO_GLOSA",),
        "recursoGlosa", "reciboRecursoGlosa",
        "recursoGlosa", "recebimentoRecursoGlosa",
        muda_estado=True,
    ),
    Transacao(
        "tissSolicitacaoStatusRecursoGlosa",
        "solicitacaoStatusRecursoGlosaWS", "solicitacaoStatusProtocoloRecurso",
        "SOLIC_STATUS_RECURSO_GLOSA",
        "situacaoProtocoloRecursoWS", "situacaoProtocoloRecurso", ("RESPOSTA_RECURSO_GLOSA",),
        "solicitacaoStatusProtocoloRecurso", "situacaoProtocoloRecurso",
        "solicitacaoStatusRecursoGlosa", "respostaRecursoGlosa",
        muda_estado=False,
        nome_wsdl="tissSolicitacaoStatusProtocoloRecurso",
    ),
    Transacao(
        "tissEnvioDocumentos",
        "envioDocumentoWS", "envioDOcumento", "ENVIO_DOCUMENTO",
        "reciboDocumentosWS", "recebimentoDocumento", ("RECEBIMENTO_DOCUMENTO",),
        "envioDocumentos", "reciboDocumentos",
        "envioDocumentos", "recebimentoDocumentos",
        muda_estado=True,
        desde="4.00.00",
        assinatura_resposta="Signatures",
        leva_arquivo=True,
    ),
    Transacao(
        "tissCancelaGuia",
        "cancelaGuiaWS", "cancelaGuia", "CANCELA_GUIA",
        "reciboCancelaGuiaWS", "reciboCancelaGuia", ("CANCELAMENTO_GUIA_RECIBO",),
        "cancelaGuia", "reciboCancelaGuia",
        "cancelaGuia", "reciboCancelaGuia",
        muda_estado=True,
    ),
    Transacao(
        "tissLoteAnexo",
        "loteAnexoWS", "loteAnexo", "ENVIO_ANEXO",
        "protocoloRecebimentoAnexoWS", "loteAnexo", ("PROTOCOLO_RECEBIMENTO_ANEXO",),
        "loteAnexo", "protocoloRecebimentoAnexo",
        "loteAnexos", "recebimentoAnexo",
        muda_estado=True,
        assinatura_resposta="Signatures",
    ),
    Transacao(
        "tissVerificaElegibilidade",
        "pedidoElegibilidadeWS", "pedidoElegibilidade", "VERIFICA_ELEGIBILIDADE",
        "respostaElegibilidadeWS", "respostaElegibilidade", ("SITUACAO_ELEGIBILIDADE",),
        "pedidoElegibilidade", "respostaElegibilidade",
        "verificaElegibilidade", "respostaElegibilidade",
        muda_estado=False,
        assinatura_resposta="Signatures",
    ),
    Transacao(
        "tissSolicitacaoProcedimento",
        "solicitacaoProcedimentoWS", "solicitacaoProcedimento", "SOLICITACAO_PROCEDIMENTOS",
        "autorizacaoProcedimentoWS", "autorizacaoProcedimento",
        ("RESPOSTA_SOLICITACAO", "AUTORIZACAO_ODONTOLOGIA"),
        "solicitacaoProcedimento", "autorizacaoProcedimento",
        "solicitacaoProcedimento", "autorizacaoServicos",
        muda_estado=True,
    ),
    Transacao(
        "tissSolicitacaoStatusAutorizacao",
        "solicitacaoStatusAutorizacaoWS", "solicitacaoStatusAutorizacao",
        "SOLICITA_STATUS_AUTORIZACAO",
        "situacaoAutorizacaoWS", "situacaoAutorizacao", ("STATUS_AUTORIZACAO",),
        "solicitacaoStatusAutorizacao", "situacaoAutorizacao",
        "solicitaStatusAutorizacao", "situacaoAutorizacao",
        muda_estado=False,
    ),
    Transacao(
        "tissComunicacaoBeneficiario",
        "comunicacaoBeneficiarioWS", "comunicacaoBeneficiario", "COMUNICACAO_BENEFICIARIO",
        "reciboComunicacaoWS", "reciboComunicacao", ("RECIBO_COMUNICACAO",),
        "comunicacaoBeneficiario", "reciboComunicacao",
        "comunicacaoInternacao", "reciboComunicacao",
        muda_estado=True,
    ),
)  # fmt: skip

POR_SERVICO = MappingProxyType({t.servico: t for t in TRANSACOES})
POR_RAIZ = MappingProxyType({t.raiz_pedido: t for t in TRANSACOES})


def servicos_da_versao(versao: str) -> tuple[Transacao, ...]:
    """Transações que têm WSDL na versão (11 em 3.05.00, 12 depois)."""
    return tuple(t for t in TRANSACOES if t.existe_em(versao))


def matriz() -> dict[str, tuple[str, ...]]:
    """Serviço -> versões em que pode ser usado de modo válido."""
    return {t.servico: tuple(v for v in VERSOES if t.utilizavel_em(v)) for t in TRANSACOES}
