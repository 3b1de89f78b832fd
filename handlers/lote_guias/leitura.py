"""Da árvore de ``loteGuias`` ao valor ``Lote``, para os cinco tipos de guia e todas as versões.

As versões diferem no que a cobrança não usa (nomes, biometria) e em tamanhos; os caminhos lidos
aqui são os mesmos de 3.05.00 a 4.03.00.
"""

from __future__ import annotations

from decimal import Decimal
from functools import cache, lru_cache
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
_FORMAS = {
    "codigoPrestadorNaOperadora": "codigo",
    "cnpjContratado": "cnpj",
    "cpfContratado": "cpf",
}
_DOCUMENTOS = tuple(
    _Q + nome for nome in ("cpfContratado", "cnpjContratado", "cnpjLocalExecutante")
)
Campos: TypeAlias = dict[str, str | None]


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


def _beneficiario(elemento: etree._Element, nome: str = "dadosBeneficiario") -> Beneficiario:
    c = _campos(_filho(elemento, nome))
    return Beneficiario(
        c.get("numeroCarteira") or "",
        c.get("atendimentoRN") or "N",
        c.get("tipoIdent"),
        c.get("nomeBeneficiario"),
        c.get("numeroCNS"),
    )


def _documentos(guia: etree._Element) -> tuple[Documento, ...]:
    return tuple(Documento(str(e.tag)[_N:], e.text or "") for e in guia.iter(*_DOCUMENTOS))


def _executante(campos: Campos) -> Identificacao:
    for nome, forma in _FORMAS.items():
        valor = campos.get(nome)
        if valor is not None:
            return Identificacao(forma, valor)
    raise AssertionError("o esquema garante uma das três formas")


@cache
def _alvo(caminho: str) -> str:
    return "/".join(_Q + parte for parte in caminho.split("/"))


def _graus(elemento: etree._Element, caminho: str) -> str | None:
    return ",".join(g.text or "" for g in elemento.iterfind(_alvo(caminho))) or None


def _item(
    c: Campos, procedimento: Campos, sequencial: str | None, *, despesa: bool, **proprios: Any
) -> Item:
    """Um item de preço: o que procedimentos e outras despesas dizem do mesmo modo."""
    return Item(
        despesa=despesa,
        sequencial=_inteiro(sequencial),
        data=_obrigatoria(c["dataExecucao"]),
        tabela=procedimento["codigoTabela"] or "",
        codigo=procedimento["codigoProcedimento"] or "",
        descricao=procedimento["descricaoProcedimento"],
        quantidade=_valor(c["quantidadeExecutada"]),
        valor_unitario=_valor(c["valorUnitario"]),
        valor_total=_valor(c["valorTotal"]),
        fator=_decimal(c.get("reducaoAcrescimo")),
        hora_inicial=_hora(c.get("horaInicial")),
        hora_final=_hora(c.get("horaFinal")),
        centro_consumo=c.get("centroConsumo"),
        **proprios,
    )


def _procedimento(elemento: etree._Element, caminho_grau: str) -> Item:
    c = _campos(elemento)
    return _item(
        c,
        _campos(_filho(elemento, "procedimento")),
        c.get("sequencialItem"),
        despesa=False,
        via=c.get("viaAcesso"),
        tecnica=c.get("tecnicaUtilizada"),
        graus=_graus(elemento, caminho_grau),
    )


def _despesa(elemento: etree._Element) -> Item:
    externos = _campos(elemento)
    c = _campos(_filho(elemento, "servicosExecutados"))
    vinculado = externos.get("itemVinculado")
    return _item(
        c,
        c,
        externos.get("sequencialItem"),
        despesa=True,
        unidade=c.get("unidadeMedida"),
        codigo_despesa=externos.get("codigoDespesa"),
        item_vinculado=None if vinculado is None else _inteiro(vinculado),
    )


def _itens(guia: etree._Element, caminho_grau: str) -> tuple[Item, ...]:
    procedimentos = _filho(guia, "procedimentosExecutados")
    despesas = _filho(guia, "outrasDespesas")
    return (
        *(
            _procedimento(e, caminho_grau)
            for e in (procedimentos if procedimentos is not None else ())
        ),
        *(_despesa(e) for e in (despesas if despesas is not None else ())),
    )


def _primeira(itens: tuple[Item, ...]) -> date | None:
    return min((i.data for i in itens), default=None)


def _consulta(e: etree._Element) -> Guia:
    guia = _campos(e)
    cabecalho = _campos(_filho(e, "cabecalhoConsulta"))
    executante = _campos(_filho(e, "contratadoExecutante"))
    atendimento_xml = _filho(e, "dadosAtendimento")
    assert atendimento_xml is not None  # noqa: S101 - garantido pelo esquema
    atendimento = _campos(atendimento_xml)
    p = _campos(_filho(atendimento_xml, "procedimento"))
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
        numero_operadora=guia.get("numeroGuiaOperadora"),
        guia_principal=None,
        senha=None,
        beneficiario=_beneficiario(e),
        executante=_executante(executante),
        cnes=executante.get("CNES"),
        data_inicio=data,
        hora_inicio=None,
        data_fim=None,
        hora_fim=None,
        data_realizacao=data,
        informado=valor,
        itens=(item,),
        ausencia_cod_validacao=guia.get("ausenciaCodValidacao"),
        cod_validacao=guia.get("codValidacao"),
        registro_ans=cabecalho["registroANS"],
    )


def _sadt(e: etree._Element) -> Guia:
    cabecalho = _campos(_filho(e, "cabecalhoGuia"))
    autorizacao = _campos(_filho(e, "dadosAutorizacao"))
    executante = _filho(e, "dadosExecutante")
    assert executante is not None  # noqa: S101 - garantido pelo esquema
    itens = _itens(e, "equipeSadt/grauPart")
    primeira = _primeira(itens)
    return Guia(
        numero_prestador=cabecalho["numeroGuiaPrestador"] or "",
        numero_operadora=autorizacao.get("numeroGuiaOperadora"),
        guia_principal=cabecalho.get("guiaPrincipal"),
        senha=autorizacao.get("senha"),
        beneficiario=_beneficiario(e),
        executante=_executante(_campos(_filho(executante, "contratadoExecutante"))),
        cnes=executante.findtext(f"{_Q}CNES"),
        data_inicio=primeira
        or _data(_campos(_filho(e, "dadosSolicitacao")).get("dataSolicitacao"))
        or _data(autorizacao.get("dataAutorizacao")),
        hora_inicio=None,
        data_fim=None,
        hora_fim=None,
        data_realizacao=primeira,
        informado=_valor(e.findtext(f"{_Q}valorTotal/{_Q}valorTotalGeral")),
        itens=itens,
        ausencia_cod_validacao=autorizacao.get("ausenciaCodValidacao"),
        cod_validacao=autorizacao.get("codValidacao"),
        registro_ans=cabecalho["registroANS"],
    )


def _internacao(e: etree._Element) -> Guia:
    cabecalho = _campos(_filho(e, "cabecalhoGuia"))
    autorizacao = _campos(_filho(e, "dadosAutorizacao"))
    internacao = _campos(_filho(e, "dadosInternacao"))
    executante = _filho(e, "dadosExecutante")
    assert executante is not None  # noqa: S101 - garantido pelo esquema
    itens = _itens(e, "identEquipe/identificacaoEquipe/grauPart")
    return Guia(
        numero_prestador=cabecalho["numeroGuiaPrestador"] or "",
        numero_operadora=autorizacao.get("numeroGuiaOperadora"),
        guia_principal=e.findtext(f"{_Q}numeroGuiaSolicitacaoInternacao"),
        senha=autorizacao.get("senha"),
        beneficiario=_beneficiario(e),
        executante=_executante(_campos(_filho(executante, "contratadoExecutante"))),
        cnes=executante.findtext(f"{_Q}CNES"),
        data_inicio=_data(internacao.get("dataInicioFaturamento")),
        hora_inicio=_hora(internacao.get("horaInicioFaturamento")),
        data_fim=_data(internacao.get("dataFinalFaturamento")),
        hora_fim=_hora(internacao.get("horaFinalFaturamento")),
        data_realizacao=_data(internacao.get("dataInicioFaturamento")),
        informado=_valor(e.findtext(f"{_Q}valorTotal/{_Q}valorTotalGeral")),
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
        _procedimento(p, "profissionais/grauParticipacao")
        for p in (realizados if realizados is not None else ())
    )
    return Guia(
        numero_prestador=cabecalho["numeroGuiaPrestador"] or "",
        numero_operadora=guia.get("numeroGuiaOperadora"),
        guia_principal=guia.get("guiaSolicInternacao"),
        senha=guia.get("senha"),
        beneficiario=_beneficiario(e, "beneficiario"),
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
        beneficiario=_beneficiario(e),
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
