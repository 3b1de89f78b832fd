"""Da árvore de ``loteGuias`` ao valor ``Lote``, para os cinco tipos de guia e todas as versões.

As versões diferem no que a cobrança não usa (nomes, biometria) e em tamanhos; os caminhos lidos
aqui são os mesmos de 3.05.00 a 4.03.00.
"""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

from dominio import erros
from dominio.competencia import ler_data, ler_hora
from dominio.lote import Beneficiario, Documento, Guia, Identificacao, Item, Lote, TipoGuia
from dominio.transacoes import NS_TISS
from mensagem.recusa import RegraRecusada

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, time

    from lxml import etree

_Q = f"{{{NS_TISS}}}"
_N = len(_Q)
_UM = Decimal(1)
_PROCEDIMENTO = f"{_Q}procedimento"
_EQUIPE_SADT, _EQUIPE, _PROFISSIONAIS = (
    _Q + nome for nome in ("equipeSadt", "identEquipe", "profissionais")
)
_GRAU, _GRAU_DE_HONORARIOS = f"{_Q}grauPart", f"{_Q}grauParticipacao"
_TOTAL_GERAL = f"{_Q}valorTotalGeral"
_FORMAS = {
    "codigoPrestadorNaOperadora": "codigo",
    "cnpjContratado": "cnpj",
    "cpfContratado": "cpf",
}
_DOCUMENTOS = tuple(
    _Q + nome for nome in ("cpfContratado", "cnpjContratado", "cnpjLocalExecutante")
)
Campos: TypeAlias = dict[str, str | None]
Filhos: TypeAlias = dict[str, Any]


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


def _campos(elemento: Any) -> Campos:
    """Filhos por nome local; de um nome repetido fica o último, que aqui nunca é o que se lê."""
    return {} if elemento is None else {f.tag[_N:]: f.text for f in elemento}


def _filhos(elemento: etree._Element) -> Filhos:
    """O mesmo, os próprios elementos: percorre-os uma vez, em vez de procurar cada um."""
    return {str(f.tag)[_N:]: f for f in elemento}


def _texto(filhos: Filhos, nome: str) -> str | None:
    """O texto de um filho, se o há."""
    filho = filhos.get(nome)
    return None if filho is None else filho.text


def _filho(elemento: etree._Element, nome: str) -> etree._Element | None:
    return elemento.find(_Q + nome)


def _data(texto: str | None) -> date | None:
    return None if texto is None else ler_data(texto)


def _hora(texto: str | None) -> time | None:
    return None if texto is None else ler_hora(texto)


def _numero(texto: str) -> Decimal:
    # um número de megabytes de zeros à esquerda passa no esquema e não deve ficar na memória
    return _lembrado(texto) if len(texto) <= 40 else Decimal(texto.strip())


@lru_cache(maxsize=4096)
def _lembrado(texto: str) -> Decimal:
    return Decimal(texto.strip())


def _decimal(texto: str | None) -> Decimal | None:
    return None if texto is None else _numero(texto)


def _valor(texto: str | None) -> Decimal:
    return _numero(texto or "0")


def _inteiro(texto: str | None) -> int:
    # int() recusa textos de milhares de dígitos, que o esquema aceita se forem zeros à esquerda
    return int(_numero(texto or "0"))


def _obrigatoria(texto: str | None) -> date:
    return ler_data(texto or "")


def _beneficiario(elemento: etree._Element | None) -> Beneficiario:
    c = _campos(elemento)
    return Beneficiario(
        c.get("numeroCarteira") or "",
        c.get("atendimentoRN") or "N",
        c.get("tipoIdent"),
        c.get("nomeBeneficiario"),
        c.get("numeroCNS"),
    )


def _documentos(guia: etree._Element) -> tuple[Documento, ...]:
    return tuple([Documento(str(e.tag)[_N:], e.text or "") for e in guia.iter(*_DOCUMENTOS)])


def _executante(campos: Campos) -> Identificacao:
    for nome, forma in _FORMAS.items():
        valor = campos.get(nome)
        if valor is not None:
            return Identificacao(forma, valor)
    raise AssertionError("o esquema garante uma das três formas")


def _item(
    c: Campos,
    procedimento: tuple[str | None, str | None, str | None],
    sequencial: str | None,
    *,
    despesa: bool,
    graus: str | None = None,
) -> Item:
    """Um item de preço: o que procedimentos e outras despesas dizem do mesmo modo."""
    tabela, codigo, descricao = procedimento
    pedir = c.get
    vinculado = pedir("itemVinculado")
    # pela posição, que é bem mais barato do que pelo nome: é o que mais se faz num lote
    return Item(
        despesa,
        _inteiro(sequencial),
        _obrigatoria(c["dataExecucao"]),
        tabela or "",
        codigo or "",
        descricao,
        _valor(c["quantidadeExecutada"]),
        _valor(c["valorUnitario"]),
        _valor(c["valorTotal"]),
        _decimal(pedir("reducaoAcrescimo")),
        _hora(pedir("horaInicial")),
        _hora(pedir("horaFinal")),
        pedir("unidadeMedida"),
        pedir("viaAcesso"),
        pedir("tecnicaUtilizada"),
        pedir("codigoDespesa"),
        pedir("centroConsumo"),
        None if vinculado is None else _inteiro(vinculado),
        graus,
    )


def _procedimento(elemento: etree._Element, equipe: str, grau: str) -> Item:
    """Um procedimento, os seus campos e os graus da sua equipe, numa só volta pelos filhos."""
    campos: Campos = {}
    dados: tuple[str | None, str | None, str | None] = (None, None, None)
    graus: list[str] = []
    for filho in elemento:
        tag = str(filho.tag)
        if tag == _PROCEDIMENTO:
            tabela, codigo, descricao = filho
            dados = (tabela.text, codigo.text, descricao.text)
        elif tag == equipe:
            graus += [g.text or "" for g in filho.iter(grau)]
        else:
            campos[tag[_N:]] = filho.text
    return _item(
        campos, dados, campos.get("sequencialItem"), despesa=False, graus=",".join(graus) or None
    )


def _despesa(elemento: etree._Element) -> Item:
    externos = _campos(elemento)
    c = externos | _campos(_filho(elemento, "servicosExecutados"))
    dados = (c["codigoTabela"], c["codigoProcedimento"], c["descricaoProcedimento"])
    return _item(c, dados, externos.get("sequencialItem"), despesa=True)


def _itens(guia: Filhos, equipe: str, grau: str) -> tuple[Item, ...]:
    procedimentos, despesas = guia.get("procedimentosExecutados"), guia.get("outrasDespesas")
    itens: list[Item] = []
    if procedimentos is not None:
        itens += [_procedimento(e, equipe, grau) for e in procedimentos]
    if despesas is not None:
        itens += [_despesa(e) for e in despesas]
    return tuple(itens)


def _primeira(itens: tuple[Item, ...]) -> date | None:
    return min((i.data for i in itens), default=None)


def _consulta(e: etree._Element) -> Guia:
    guia = _filhos(e)
    cabecalho = _campos(guia["cabecalhoConsulta"])
    executante = _campos(guia["contratadoExecutante"])
    atendimento = _campos(guia["dadosAtendimento"])
    p = _campos(_filho(guia["dadosAtendimento"], "procedimento"))
    data = _obrigatoria(atendimento["dataAtendimento"])
    valor = _valor(p["valorProcedimento"])
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
        numero_operadora=_texto(guia, "numeroGuiaOperadora"),
        guia_principal=None,
        senha=None,
        beneficiario=_beneficiario(guia.get("dadosBeneficiario")),
        executante=_executante(executante),
        cnes=executante.get("CNES"),
        data_inicio=data,
        hora_inicio=None,
        data_fim=None,
        hora_fim=None,
        data_realizacao=data,
        informado=valor,
        itens=(item,),
        ausencia_cod_validacao=_texto(guia, "ausenciaCodValidacao"),
        cod_validacao=_texto(guia, "codValidacao"),
        registro_ans=cabecalho["registroANS"],
    )


def _sadt(e: etree._Element) -> Guia:
    guia = _filhos(e)
    cabecalho = _campos(guia["cabecalhoGuia"])
    autorizacao = _campos(guia.get("dadosAutorizacao"))
    executante = _filhos(guia["dadosExecutante"])
    itens = _itens(guia, _EQUIPE_SADT, _GRAU)
    primeira = _primeira(itens)
    return Guia(
        numero_prestador=cabecalho["numeroGuiaPrestador"] or "",
        numero_operadora=autorizacao.get("numeroGuiaOperadora"),
        guia_principal=cabecalho.get("guiaPrincipal"),
        senha=autorizacao.get("senha"),
        beneficiario=_beneficiario(guia.get("dadosBeneficiario")),
        executante=_executante(_campos(executante.get("contratadoExecutante"))),
        cnes=_texto(executante, "CNES"),
        data_inicio=primeira
        or _data(_campos(guia.get("dadosSolicitacao")).get("dataSolicitacao"))
        or _data(autorizacao.get("dataAutorizacao")),
        hora_inicio=None,
        data_fim=None,
        hora_fim=None,
        data_realizacao=primeira,
        informado=_valor(
            guia["valorTotal"].findtext(_TOTAL_GERAL) if "valorTotal" in guia else None
        ),
        itens=itens,
        ausencia_cod_validacao=autorizacao.get("ausenciaCodValidacao"),
        cod_validacao=autorizacao.get("codValidacao"),
        registro_ans=cabecalho["registroANS"],
    )


def _internacao(e: etree._Element) -> Guia:
    guia = _filhos(e)
    cabecalho = _campos(guia["cabecalhoGuia"])
    autorizacao = _campos(guia.get("dadosAutorizacao"))
    internacao = _campos(guia.get("dadosInternacao"))
    executante = _filhos(guia["dadosExecutante"])
    itens = _itens(guia, _EQUIPE, _GRAU)
    return Guia(
        numero_prestador=cabecalho["numeroGuiaPrestador"] or "",
        numero_operadora=autorizacao.get("numeroGuiaOperadora"),
        guia_principal=_texto(guia, "numeroGuiaSolicitacaoInternacao"),
        senha=autorizacao.get("senha"),
        beneficiario=_beneficiario(guia.get("dadosBeneficiario")),
        executante=_executante(_campos(executante.get("contratadoExecutante"))),
        cnes=_texto(executante, "CNES"),
        data_inicio=_data(internacao.get("dataInicioFaturamento")),
        hora_inicio=_hora(internacao.get("horaInicioFaturamento")),
        data_fim=_data(internacao.get("dataFinalFaturamento")),
        hora_fim=_hora(internacao.get("horaFinalFaturamento")),
        data_realizacao=_data(internacao.get("dataInicioFaturamento")),
        informado=_valor(
            guia["valorTotal"].findtext(_TOTAL_GERAL) if "valorTotal" in guia else None
        ),
        itens=itens,
        ausencia_cod_validacao=autorizacao.get("ausenciaCodValidacao"),
        cod_validacao=autorizacao.get("codValidacao"),
        registro_ans=cabecalho["registroANS"],
    )


def _honorarios(e: etree._Element) -> Guia:
    guia = _campos(e)
    cabecalho = _campos(_filho(e, "cabecalhoGuia"))
    executante = _campos(_filho(e, "dadosContratadoExecutante"))
    internacao = _campos(_filho(e, "dadosInternacao"))
    realizados = _filho(e, "procedimentosRealizados")
    itens = tuple(
        _procedimento(p, _PROFISSIONAIS, _GRAU_DE_HONORARIOS)
        for p in (realizados if realizados is not None else ())
    )
    return Guia(
        numero_prestador=cabecalho["numeroGuiaPrestador"] or "",
        numero_operadora=guia.get("numeroGuiaOperadora"),
        guia_principal=guia.get("guiaSolicInternacao"),
        senha=guia.get("senha"),
        beneficiario=_beneficiario(_filho(e, "beneficiario")),
        executante=Identificacao("codigo", executante["codigonaOperadora"] or ""),
        cnes=executante.get("cnesContratadoExecutante"),
        data_inicio=_data(internacao.get("dataInicioFaturamento")),
        hora_inicio=None,
        data_fim=_data(internacao.get("dataFimFaturamento")),
        hora_fim=None,
        data_realizacao=_primeira(itens),
        informado=_valor(guia.get("valorTotalHonorarios")),
        itens=itens,
        registro_ans=cabecalho["registroANS"],
    )


def _item_odonto(elemento: etree._Element) -> Item:
    c = _campos(elemento)
    p = _campos(_filho(elemento, "procSolic"))
    lugar = _campos(_filho(elemento, "denteRegiao"))
    quantidade = _valor(c["qtdProc"])
    valor = _valor(c["valorProc"])
    return Item(
        despesa=False,
        sequencial=_inteiro(c.get("sequencialItem")),
        data=_obrigatoria(c["dataRealizacao"]),
        tabela=p["codigoTabela"] or "",
        codigo=p["codigoProcedimento"] or "",
        descricao=p["descricaoProcedimento"],
        quantidade=quantidade,
        valor_unitario=valor,
        valor_total=valor,
        dente=lugar.get("codDente"),
        regiao=lugar.get("codRegiao"),
        face=c.get("denteFace"),
        quantidade_us=_decimal(c.get("qtdUS")),
        franquia=_decimal(c.get("valorFranquia")),
        autorizado=c.get("autorizado"),
    )


def _odonto(e: etree._Element) -> Guia:
    guia = _campos(e)
    responsaveis = _campos(_filho(e, "dadosProfissionaisResponsaveis"))
    itens = tuple(_item_odonto(i) for i in e.iterfind(f"{_Q}procedimentosExecutados"))
    primeira = _primeira(itens)
    return Guia(
        numero_prestador=guia["numeroGuiaPrestador"] or "",
        numero_operadora=guia.get("numeroGuiaOperadora"),
        guia_principal=guia.get("numeroGuiaPrincipal"),
        senha=guia.get("senhaAutorizacao"),
        beneficiario=_beneficiario(_filho(e, "dadosBeneficiario")),
        executante=Identificacao("codigo", responsaveis["codigoProfExec"] or ""),
        cnes=responsaveis.get("cnesExec"),
        data_inicio=primeira,
        hora_inicio=None,
        data_fim=_data(guia.get("dataTerminoTrat")),
        hora_fim=None,
        data_realizacao=primeira,
        informado=_valor(guia.get("valorTotalProc")),
        itens=itens,
        ausencia_cod_validacao=guia.get("ausenciaCodValidacao"),
        cod_validacao=guia.get("codValidacao"),
        total_franquia=_decimal(guia.get("valorTotalFranquia")),
        registro_ans=guia["registroANS"],
    )


_LEITORES: dict[TipoGuia, Callable[[etree._Element], Guia]] = {
    TipoGuia.CONSULTA: _consulta,
    TipoGuia.SADT: _sadt,
    TipoGuia.INTERNACAO: _internacao,
    TipoGuia.HONORARIOS: _honorarios,
    TipoGuia.ODONTO: _odonto,
}
