"""Da árvore de ``loteGuias`` ao valor ``Lote``, para os cinco tipos de guia e todas as versões.

As versões diferem no que a cobrança não usa (nomes, biometria) e em tamanhos; os caminhos lidos
aqui são os mesmos de 3.05.00 a 4.03.00.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from dominio import erros
from dominio.lote import Documento, Guia, Identificacao, Item, Lote, TipoGuia
from dominio.transacoes import NS_TISS
from handlers.lote_guias.campos import (
    campos_de,
    data_obrigatoria,
    data_opcional,
    decimal_opcional,
    filho_de,
    filhos_de,
    hora_opcional,
    ler_beneficiario,
    ler_executante,
    ler_valor,
    texto_de,
)
from handlers.lote_guias.itens import (
    ler_itens,
    ler_procedimento,
    ler_procedimento_odonto,
    primeira_data,
)
from mensagem.recusa import RegraRecusada

if TYPE_CHECKING:
    from collections.abc import Callable

    from lxml import etree

_Q = f"{{{NS_TISS}}}"
_N = len(_Q)
_UM = Decimal(1)
_EQUIPE_SADT, _EQUIPE, _PROFISSIONAIS = (
    _Q + nome for nome in ("equipeSadt", "identEquipe", "profissionais")
)
_GRAU, _GRAU_DE_HONORARIOS = f"{_Q}grauPart", f"{_Q}grauParticipacao"
_TOTAL_GERAL = f"{_Q}valorTotalGeral"
_DOCUMENTOS = tuple(
    _Q + nome for nome in ("cpfContratado", "cnpjContratado", "cnpjLocalExecutante")
)


def ler(corpo: etree._Element) -> Lote:
    """Lê um ``loteGuias`` que já passou pelo esquema.

    Raises:
        RegraRecusada: data que o esquema aceita e o calendário não (ano acima de 9999).
    """
    guias_tiss = corpo.find(f"{_Q}guiasTISS")
    assert guias_tiss is not None  # noqa: S101 - garantido pelo esquema
    tipo = TipoGuia(str(guias_tiss[0].tag)[_N:])
    ler_guia = _LEITORES[tipo]
    guias = []
    for posicao, elemento in enumerate(guias_tiss, 1):
        try:
            guias.append(ler_guia(elemento)._replace(documentos=_documentos(elemento)))
        except ValueError:
            raise RegraRecusada(erros.DATA_INVALIDA, f"Guia {posicao}.") from None
    return Lote(corpo.findtext(f"{_Q}numeroLote") or "", tipo, tuple(guias))


def _documentos(guia: etree._Element) -> tuple[Documento, ...]:
    return tuple([Documento(str(e.tag)[_N:], e.text or "") for e in guia.iter(*_DOCUMENTOS)])


def _consulta(e: etree._Element) -> Guia:
    guia = filhos_de(e)
    cabecalho = campos_de(guia["cabecalhoConsulta"])
    executante = campos_de(guia["contratadoExecutante"])
    atendimento = campos_de(guia["dadosAtendimento"])
    p = campos_de(filho_de(guia["dadosAtendimento"], "procedimento"))
    data = data_obrigatoria(atendimento["dataAtendimento"])
    valor = ler_valor(p["valorProcedimento"])
    item = Item(
        despesa=False,
        sequencial=1,
        data=data,
        tabela=p["codigoTabela"] or "",
        codigo=p["codigoProcedimento"] or "",
        descricao=None,
        quantidade=_UM,
        valor_unitario=valor,
        valor_total=valor,
    )
    return Guia(
        numero_prestador=cabecalho["numeroGuiaPrestador"] or "",
        numero_operadora=texto_de(guia, "numeroGuiaOperadora"),
        guia_principal=None,
        senha=None,
        beneficiario=ler_beneficiario(guia.get("dadosBeneficiario")),
        executante=ler_executante(executante),
        cnes=executante.get("CNES"),
        data_inicio=data,
        hora_inicio=None,
        data_fim=None,
        hora_fim=None,
        data_realizacao=data,
        informado=valor,
        itens=(item,),
        ausencia_cod_validacao=texto_de(guia, "ausenciaCodValidacao"),
        cod_validacao=texto_de(guia, "codValidacao"),
        registro_ans=cabecalho["registroANS"],
    )


def _sadt(e: etree._Element) -> Guia:
    guia = filhos_de(e)
    cabecalho = campos_de(guia["cabecalhoGuia"])
    autorizacao = campos_de(guia.get("dadosAutorizacao"))
    executante = filhos_de(guia["dadosExecutante"])
    itens = ler_itens(guia, _EQUIPE_SADT, _GRAU)
    primeira = primeira_data(itens)
    return Guia(
        numero_prestador=cabecalho["numeroGuiaPrestador"] or "",
        numero_operadora=autorizacao.get("numeroGuiaOperadora"),
        guia_principal=cabecalho.get("guiaPrincipal"),
        senha=autorizacao.get("senha"),
        beneficiario=ler_beneficiario(guia.get("dadosBeneficiario")),
        executante=ler_executante(campos_de(executante.get("contratadoExecutante"))),
        cnes=texto_de(executante, "CNES"),
        data_inicio=primeira
        or data_opcional(campos_de(guia.get("dadosSolicitacao")).get("dataSolicitacao"))
        or data_opcional(autorizacao.get("dataAutorizacao")),
        hora_inicio=None,
        data_fim=None,
        hora_fim=None,
        data_realizacao=primeira,
        informado=ler_valor(
            guia["valorTotal"].findtext(_TOTAL_GERAL) if "valorTotal" in guia else None
        ),
        itens=itens,
        ausencia_cod_validacao=autorizacao.get("ausenciaCodValidacao"),
        cod_validacao=autorizacao.get("codValidacao"),
        registro_ans=cabecalho["registroANS"],
    )


def _internacao(e: etree._Element) -> Guia:
    guia = filhos_de(e)
    cabecalho = campos_de(guia["cabecalhoGuia"])
    autorizacao = campos_de(guia.get("dadosAutorizacao"))
    internacao = campos_de(guia.get("dadosInternacao"))
    executante = filhos_de(guia["dadosExecutante"])
    itens = ler_itens(guia, _EQUIPE, _GRAU)
    return Guia(
        numero_prestador=cabecalho["numeroGuiaPrestador"] or "",
        numero_operadora=autorizacao.get("numeroGuiaOperadora"),
        guia_principal=texto_de(guia, "numeroGuiaSolicitacaoInternacao"),
        senha=autorizacao.get("senha"),
        beneficiario=ler_beneficiario(guia.get("dadosBeneficiario")),
        executante=ler_executante(campos_de(executante.get("contratadoExecutante"))),
        cnes=texto_de(executante, "CNES"),
        data_inicio=data_opcional(internacao.get("dataInicioFaturamento")),
        hora_inicio=hora_opcional(internacao.get("horaInicioFaturamento")),
        data_fim=data_opcional(internacao.get("dataFinalFaturamento")),
        hora_fim=hora_opcional(internacao.get("horaFinalFaturamento")),
        data_realizacao=data_opcional(internacao.get("dataInicioFaturamento")),
        informado=ler_valor(
            guia["valorTotal"].findtext(_TOTAL_GERAL) if "valorTotal" in guia else None
        ),
        itens=itens,
        ausencia_cod_validacao=autorizacao.get("ausenciaCodValidacao"),
        cod_validacao=autorizacao.get("codValidacao"),
        registro_ans=cabecalho["registroANS"],
    )


def _honorarios(e: etree._Element) -> Guia:
    guia = campos_de(e)
    cabecalho = campos_de(filho_de(e, "cabecalhoGuia"))
    executante = campos_de(filho_de(e, "dadosContratadoExecutante"))
    internacao = campos_de(filho_de(e, "dadosInternacao"))
    realizados = filho_de(e, "procedimentosRealizados")
    itens = tuple(
        ler_procedimento(p, _PROFISSIONAIS, _GRAU_DE_HONORARIOS)
        for p in (realizados if realizados is not None else ())
    )
    return Guia(
        numero_prestador=cabecalho["numeroGuiaPrestador"] or "",
        numero_operadora=guia.get("numeroGuiaOperadora"),
        guia_principal=guia.get("guiaSolicInternacao"),
        senha=guia.get("senha"),
        beneficiario=ler_beneficiario(filho_de(e, "beneficiario")),
        executante=Identificacao("codigo", executante["codigonaOperadora"] or ""),
        cnes=executante.get("cnesContratadoExecutante"),
        data_inicio=data_opcional(internacao.get("dataInicioFaturamento")),
        hora_inicio=None,
        data_fim=data_opcional(internacao.get("dataFimFaturamento")),
        hora_fim=None,
        data_realizacao=primeira_data(itens),
        informado=ler_valor(guia.get("valorTotalHonorarios")),
        itens=itens,
        registro_ans=cabecalho["registroANS"],
    )


def _odonto(e: etree._Element) -> Guia:
    guia = campos_de(e)
    responsaveis = campos_de(filho_de(e, "dadosProfissionaisResponsaveis"))
    itens = tuple(ler_procedimento_odonto(i) for i in e.iterfind(f"{_Q}procedimentosExecutados"))
    primeira = primeira_data(itens)
    return Guia(
        numero_prestador=guia["numeroGuiaPrestador"] or "",
        numero_operadora=guia.get("numeroGuiaOperadora"),
        guia_principal=guia.get("numeroGuiaPrincipal"),
        senha=guia.get("senhaAutorizacao"),
        beneficiario=ler_beneficiario(filho_de(e, "dadosBeneficiario")),
        executante=Identificacao("codigo", responsaveis["codigoProfExec"] or ""),
        cnes=responsaveis.get("cnesExec"),
        data_inicio=primeira,
        hora_inicio=None,
        data_fim=data_opcional(guia.get("dataTerminoTrat")),
        hora_fim=None,
        data_realizacao=primeira,
        informado=ler_valor(guia.get("valorTotalProc")),
        itens=itens,
        ausencia_cod_validacao=guia.get("ausenciaCodValidacao"),
        cod_validacao=guia.get("codValidacao"),
        total_franquia=decimal_opcional(guia.get("valorTotalFranquia")),
        registro_ans=guia["registroANS"],
    )


_LEITORES: dict[TipoGuia, Callable[[etree._Element], Guia]] = {
    TipoGuia.CONSULTA: _consulta,
    TipoGuia.SADT: _sadt,
    TipoGuia.INTERNACAO: _internacao,
    TipoGuia.HONORARIOS: _honorarios,
    TipoGuia.ODONTO: _odonto,
}
