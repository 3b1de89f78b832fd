"""O que o banco deve guardar de cada guia e item, tirado do corpo que o prestador enviou.

Lê os dicionários de ``prestador.lotes``, por caminho próprio: nada aqui passa pela leitura do
gateway.
"""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from dominio.lote import TipoGuia

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Campos = dict[str, Any]


def guia(tipo: TipoGuia, corpo: Campos) -> Campos:
    """Campos de ``GuiaGuardada`` que a guia determina."""
    beneficiario = corpo.get("dadosBeneficiario") or corpo.get("beneficiario") or {}
    return {
        "carteira": beneficiario["numeroCarteira"],
        "nome": beneficiario.get("nomeBeneficiario"),
        "cns": beneficiario.get("numeroCNS"),
        "tipo_ident": beneficiario.get("tipoIdent"),
        **_PROPRIOS[tipo](corpo),
    }


def itens(tipo: TipoGuia, corpo: Campos) -> list[Campos]:
    """Campos de ``Item`` de cada item da guia, procedimentos antes de despesas."""
    return [_tipados(campos) for campos in _ITENS[tipo](corpo)]


def _dia(texto: str | None) -> date | None:
    return None if texto is None else date.fromisoformat(texto)


def _tipados(campos: Campos) -> Campos:
    decimais = (
        "quantidade", "valor_unitario", "valor_total", "fator", "franquia", "quantidade_us",
    )  # fmt: skip
    for nome in decimais:
        if campos.get(nome) is not None:
            campos[nome] = Decimal(campos[nome])
    campos["data"] = _dia(campos["data"])
    for nome in ("hora_inicial", "hora_final"):
        if campos.get(nome) is not None:
            campos[nome] = time.fromisoformat(campos[nome])
    return campos


def _autorizada(corpo: Campos) -> Campos:
    autorizacao = corpo["dadosAutorizacao"]
    executante = corpo["dadosExecutante"]
    return {
        "numero_prestador": corpo["cabecalhoGuia"]["numeroGuiaPrestador"],
        "numero_operadora": autorizacao["numeroGuiaOperadora"],
        "senha": autorizacao["senha"],
        "cod_validacao": autorizacao.get("codValidacao"),
        "executante": executante["contratadoExecutante"]["codigoPrestadorNaOperadora"],
        "cnes": executante["CNES"],
        "informado": Decimal(corpo["valorTotal"]["valorTotalGeral"]),
    }


def _consulta(corpo: Campos) -> Campos:
    atendimento = corpo["dadosAtendimento"]
    executante = corpo["contratadoExecutante"]
    return {
        "numero_prestador": corpo["cabecalhoConsulta"]["numeroGuiaPrestador"],
        "numero_operadora": None,
        "senha": None,
        "cod_validacao": corpo.get("codValidacao"),
        "executante": executante["codigoPrestadorNaOperadora"],
        "cnes": executante["CNES"],
        "data_inicio": _dia(atendimento["dataAtendimento"]),
        "data_realizacao": _dia(atendimento["dataAtendimento"]),
        "informado": Decimal(atendimento["procedimento"]["valorProcedimento"]),
    }


def _sadt(corpo: Campos) -> Campos:
    datas = [i["data"] for i in itens(TipoGuia.SADT, corpo)]
    return {
        **_autorizada(corpo),
        "data_inicio": min(datas),
        "data_fim": None,
        "data_realizacao": min(datas),
    }


def _internacao(corpo: Campos) -> Campos:
    internacao = corpo["dadosInternacao"]
    return {
        **_autorizada(corpo),
        "guia_principal": corpo["numeroGuiaSolicitacaoInternacao"],
        "data_inicio": _dia(internacao["dataInicioFaturamento"]),
        "hora_inicio": time.fromisoformat(internacao["horaInicioFaturamento"]),
        "data_fim": _dia(internacao["dataFinalFaturamento"]),
        "hora_fim": time.fromisoformat(internacao["horaFinalFaturamento"]),
        "data_realizacao": _dia(internacao["dataInicioFaturamento"]),
    }


def _honorarios(corpo: Campos) -> Campos:
    executante = corpo["dadosContratadoExecutante"]
    faturamento = corpo["dadosInternacao"]
    return {
        "numero_prestador": corpo["cabecalhoGuia"]["numeroGuiaPrestador"],
        "numero_operadora": None,
        "guia_principal": corpo["guiaSolicInternacao"],
        "senha": corpo["senha"],
        "executante": executante["codigonaOperadora"],
        "cnes": executante["cnesContratadoExecutante"],
        "data_inicio": _dia(faturamento["dataInicioFaturamento"]),
        "data_fim": _dia(faturamento["dataFimFaturamento"]),
        "data_realizacao": min(i["data"] for i in itens(TipoGuia.HONORARIOS, corpo)),
        "informado": Decimal(corpo["valorTotalHonorarios"]),
    }


def _odonto(corpo: Campos) -> Campos:
    responsaveis = corpo["dadosProfissionaisResponsaveis"]
    primeira = min(i["data"] for i in itens(TipoGuia.ODONTO, corpo))
    franquia = corpo.get("valorTotalFranquia")
    return {
        "numero_prestador": corpo["numeroGuiaPrestador"],
        "numero_operadora": corpo["numeroGuiaOperadora"],
        "senha": corpo["senhaAutorizacao"],
        "cod_validacao": corpo.get("codValidacao"),
        "executante": responsaveis["codigoProfExec"],
        "cnes": responsaveis["cnesExec"],
        "data_inicio": primeira,
        "data_fim": _dia(corpo["dataTerminoTrat"]),
        "data_realizacao": primeira,
        "informado": Decimal(corpo["valorTotalProc"]),
        "total_franquia": None if franquia is None else Decimal(franquia),
    }


def _item_consulta(corpo: Campos) -> Iterator[Campos]:
    atendimento = corpo["dadosAtendimento"]
    procedimento = atendimento["procedimento"]
    yield {
        "despesa": False,
        "sequencial": 1,
        "data": atendimento["dataAtendimento"],
        "tabela": procedimento["codigoTabela"],
        "codigo": procedimento["codigoProcedimento"],
        "descricao": None,
        "quantidade": "1",
        "valor_unitario": procedimento["valorProcedimento"],
        "valor_total": procedimento["valorProcedimento"],
    }


def _procedimento(linha: Campos, graus: list[str]) -> Campos:
    procedimento = linha["procedimento"]
    return {
        "despesa": False,
        "sequencial": int(linha["sequencialItem"]),
        "data": linha["dataExecucao"],
        "hora_inicial": linha["horaInicial"],
        "hora_final": linha["horaFinal"],
        "tabela": procedimento["codigoTabela"],
        "codigo": procedimento["codigoProcedimento"],
        "descricao": procedimento["descricaoProcedimento"],
        "quantidade": linha["quantidadeExecutada"],
        "via": linha.get("viaAcesso"),
        "tecnica": linha.get("tecnicaUtilizada"),
        "fator": linha["reducaoAcrescimo"],
        "valor_unitario": linha["valorUnitario"],
        "valor_total": linha["valorTotal"],
        "centro_consumo": linha.get("centroConsumo"),
        "graus": ",".join(graus),
    }


def _despesas(corpo: Campos) -> Iterator[Campos]:
    for linha in corpo.get("outrasDespesas", {}).get("despesa", []):
        servico = linha["servicosExecutados"]
        vinculado = linha.get("itemVinculado")
        yield {
            "despesa": True,
            "sequencial": int(linha["sequencialItem"]),
            "codigo_despesa": linha["codigoDespesa"],
            "item_vinculado": None if vinculado is None else int(vinculado),
            "data": servico["dataExecucao"],
            "tabela": servico["codigoTabela"],
            "codigo": servico["codigoProcedimento"],
            "descricao": servico["descricaoProcedimento"],
            "quantidade": servico["quantidadeExecutada"],
            "unidade": servico["unidadeMedida"],
            "fator": servico["reducaoAcrescimo"],
            "valor_unitario": servico["valorUnitario"],
            "valor_total": servico["valorTotal"],
            "centro_consumo": servico.get("centroConsumo"),
            "graus": None,
        }


def _itens_sadt(corpo: Campos) -> Iterator[Campos]:
    for linha in corpo["procedimentosExecutados"]["procedimentoExecutado"]:
        yield _procedimento(linha, [p["grauPart"] for p in linha["equipeSadt"]])
    yield from _despesas(corpo)


def _itens_internacao(corpo: Campos) -> Iterator[Campos]:
    for linha in corpo["procedimentosExecutados"]["procedimentoExecutado"]:
        equipe = [p["identificacaoEquipe"]["grauPart"] for p in linha["identEquipe"]]
        yield _procedimento(linha, equipe)
    yield from _despesas(corpo)


def _itens_honorarios(corpo: Campos) -> Iterator[Campos]:
    for linha in corpo["procedimentosRealizados"]["procedimentoRealizado"]:
        yield _procedimento(linha, [p["grauParticipacao"] for p in linha["profissionais"]])


def _itens_odonto(corpo: Campos) -> Iterator[Campos]:
    for linha in corpo["procedimentosExecutados"]:
        procedimento = linha["procSolic"]
        yield {
            "despesa": False,
            "sequencial": int(linha["sequencialItem"]),
            "data": linha["dataRealizacao"],
            "tabela": procedimento["codigoTabela"],
            "codigo": procedimento["codigoProcedimento"],
            "descricao": procedimento["descricaoProcedimento"],
            "dente": linha["denteRegiao"].get("codDente"),
            "regiao": linha["denteRegiao"].get("codRegiao"),
            "face": linha.get("denteFace"),
            "quantidade": linha["qtdProc"],
            "quantidade_us": linha["qtdUS"],
            "valor_unitario": linha["valorProc"],
            "valor_total": linha["valorProc"],
            "franquia": linha.get("valorFranquia"),
            "autorizado": linha["autorizado"],
        }


_PROPRIOS: dict[TipoGuia, Callable[[Campos], Campos]] = {
    TipoGuia.CONSULTA: _consulta,
    TipoGuia.SADT: _sadt,
    TipoGuia.INTERNACAO: _internacao,
    TipoGuia.HONORARIOS: _honorarios,
    TipoGuia.ODONTO: _odonto,
}
_ITENS: dict[TipoGuia, Callable[[Campos], Iterator[Campos]]] = {
    TipoGuia.CONSULTA: _item_consulta,
    TipoGuia.SADT: _itens_sadt,
    TipoGuia.INTERNACAO: _itens_internacao,
    TipoGuia.HONORARIOS: _itens_honorarios,
    TipoGuia.ODONTO: _itens_odonto,
}
