"""As linhas que o piso tira de um lote: de elementos a tuplas, sem valores no meio."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias

from dominio.transacoes import NS_TISS

if TYPE_CHECKING:
    from lxml import etree

    Campos: TypeAlias = dict[Any, str | None]
    Linha: TypeAlias = tuple[int | str | None, ...]

_Q = f"{{{NS_TISS}}}"
_RECEBIDO = 1
PRESTADOR = 1
"""Chave do único prestador do banco de medição."""

GUIA = (
    "posicao, registro_ans, numero_prestador, numero_operadora, guia_principal, senha, carteira, "
    "atendimento_rn, tipo_ident, executante_forma, executante_valor, executante_id, cnes, "
    "data_inicio, data_realizacao, ausencia_cod_validacao, cod_validacao, status, informado, "
    "processado, liberado, glosa"
)
ITEM = (
    "guia_posicao, posicao, despesa, sequencial, data, tabela, codigo, descricao, quantidade, "
    "valor_unitario, fator, hora_inicial, hora_final, unidade, via, tecnica, codigo_despesa, "
    "centro_consumo, item_vinculado, graus, informado, processado, liberado, glosa"
)
"""As colunas das linhas; as que estes tipos de guia nunca preenchem ficam de fora."""

# juntados uma vez, e não a cada item
_CNES = f"{_Q}CNES"
_ATENDIMENTO_RN = f"{_Q}atendimentoRN"
_AUSENCIA_COD_VALIDACAO = f"{_Q}ausenciaCodValidacao"
_CABECALHO_CONSULTA = f"{_Q}cabecalhoConsulta"
_CABECALHO_GUIA = f"{_Q}cabecalhoGuia"
_CENTRO_CONSUMO = f"{_Q}centroConsumo"
_CNPJ_CONTRATADO = f"{_Q}cnpjContratado"
_COD_VALIDACAO = f"{_Q}codValidacao"
_CODIGO_DESPESA = f"{_Q}codigoDespesa"
_CODIGO_PRESTADOR_NA_OPERADORA = f"{_Q}codigoPrestadorNaOperadora"
_CODIGO_PROCEDIMENTO = f"{_Q}codigoProcedimento"
_CODIGO_TABELA = f"{_Q}codigoTabela"
_CONTRATADO_EXECUTANTE = f"{_Q}contratadoExecutante"
_CPF_CONTRATADO = f"{_Q}cpfContratado"
_DADOS_ATENDIMENTO = f"{_Q}dadosAtendimento"
_DADOS_AUTORIZACAO = f"{_Q}dadosAutorizacao"
_DADOS_BENEFICIARIO = f"{_Q}dadosBeneficiario"
_DADOS_EXECUTANTE = f"{_Q}dadosExecutante"
_DATA_ATENDIMENTO = f"{_Q}dataAtendimento"
_DATA_EXECUCAO = f"{_Q}dataExecucao"
_DESCRICAO_PROCEDIMENTO = f"{_Q}descricaoProcedimento"
_GRAU_PART = f"{_Q}grauPart"
_GUIA_PRINCIPAL = f"{_Q}guiaPrincipal"
_HORA_FINAL = f"{_Q}horaFinal"
_HORA_INICIAL = f"{_Q}horaInicial"
_ITEM_VINCULADO = f"{_Q}itemVinculado"
_NUMERO_CARTEIRA = f"{_Q}numeroCarteira"
_NUMERO_GUIA_OPERADORA = f"{_Q}numeroGuiaOperadora"
_NUMERO_GUIA_PRESTADOR = f"{_Q}numeroGuiaPrestador"
_OUTRAS_DESPESAS = f"{_Q}outrasDespesas"
_PROCEDIMENTOS_EXECUTADOS = f"{_Q}procedimentosExecutados"
_QUANTIDADE_EXECUTADA = f"{_Q}quantidadeExecutada"
_REDUCAO_ACRESCIMO = f"{_Q}reducaoAcrescimo"
_REGISTRO_ANS = f"{_Q}registroANS"
_SENHA = f"{_Q}senha"
_SEQUENCIAL_ITEM = f"{_Q}sequencialItem"
_TECNICA_UTILIZADA = f"{_Q}tecnicaUtilizada"
_TIPO_IDENT = f"{_Q}tipoIdent"
_UNIDADE_MEDIDA = f"{_Q}unidadeMedida"
_VALOR_PROCEDIMENTO = f"{_Q}valorProcedimento"
_VALOR_TOTAL = f"{_Q}valorTotal"
_VALOR_UNITARIO = f"{_Q}valorUnitario"
_VIA_ACESSO = f"{_Q}viaAcesso"
_CAMINHO_DO_TOTAL = f"{_Q}valorTotal/{_Q}valorTotalGeral"

INFORMADO = 18
"""Posição dos centavos informados na linha de uma guia."""


def _campos(elemento: etree._Element | None) -> Campos:
    """Todos os descendentes pelo nome, para grupos em que nenhum nome se repete."""
    return {} if elemento is None else {e.tag: e.text for e in elemento.iter()}


def _inteiro(texto: str | None, escala: int = 100) -> int:
    return int(Decimal(texto or "0") * escala)


_AUSENTES_NA_CONSULTA = (None,) * 10

_FORMAS = (
    (_CODIGO_PRESTADOR_NA_OPERADORA, "codigo"),
    (_CNPJ_CONTRATADO, "cnpj"),
    (_CPF_CONTRATADO, "cpf"),
)


def _executante(campos: Campos) -> tuple[str, str | None]:
    return next((forma, campos[nome]) for nome, forma in _FORMAS if nome in campos)


def _linha_guia(
    posicao: int,
    topo: Campos,
    *,
    autorizacao: Campos,
    beneficiario: Campos,
    executante: Campos,
    data: str | None,
    informado: str | None,
) -> Linha:
    return (
        posicao,
        topo.get(_REGISTRO_ANS),
        topo.get(_NUMERO_GUIA_PRESTADOR),
        autorizacao.get(_NUMERO_GUIA_OPERADORA),
        topo.get(_GUIA_PRINCIPAL),
        autorizacao.get(_SENHA),
        beneficiario.get(_NUMERO_CARTEIRA),
        beneficiario.get(_ATENDIMENTO_RN),
        beneficiario.get(_TIPO_IDENT),
        *_executante(executante),
        PRESTADOR,
        executante.get(_CNES),
        data,
        data,
        autorizacao.get(_AUSENCIA_COD_VALIDACAO),
        autorizacao.get(_COD_VALIDACAO),
        _RECEBIDO,
        _inteiro(informado),
        0,
        0,
        0,
    )


def consultas(guias_tiss: etree._Element) -> tuple[list[Linha], list[Linha]]:
    """Linhas das guias de consulta e do único item de cada uma."""
    guias: list[Linha] = []
    itens: list[Linha] = []
    for posicao, e in enumerate(guias_tiss, 1):
        topo = _campos(e.find(_CABECALHO_CONSULTA))
        proprios: Campos = {f.tag: f.text for f in e}
        atendimento = _campos(e.find(_DADOS_ATENDIMENTO))
        data = (atendimento[_DATA_ATENDIMENTO] or "")[:10]
        valor = atendimento[_VALOR_PROCEDIMENTO]
        guias.append(
            _linha_guia(
                posicao,
                topo,
                autorizacao=proprios,
                beneficiario=_campos(e.find(_DADOS_BENEFICIARIO)),
                executante=_campos(e.find(_CONTRATADO_EXECUTANTE)),
                data=data,
                informado=valor,
            )
        )
        tabela = atendimento[_CODIGO_TABELA]
        codigo = atendimento[_CODIGO_PROCEDIMENTO]
        centavos = _inteiro(valor)
        lidos = (posicao, 1, False, 1, data, tabela, codigo, None, 10_000, centavos)
        itens.append((*lidos, *_AUSENTES_NA_CONSULTA, centavos, 0, 0, 0))
    return guias, itens


def sadts(guias_tiss: etree._Element) -> tuple[list[Linha], list[Linha]]:
    """Linhas das guias de SP/SADT e dos seus procedimentos e despesas."""
    guias: list[Linha] = []
    itens: list[Linha] = []
    for posicao, e in enumerate(guias_tiss, 1):
        executados = e.find(_PROCEDIMENTOS_EXECUTADOS)
        despesas = e.find(_OUTRAS_DESPESAS)
        ordem = 0
        datas: list[str] = []
        for despesa, grupo in ((False, executados), (True, despesas)):
            if grupo is None:
                continue
            for item in grupo:
                ordem += 1
                linha = _linha_item(posicao, ordem, item, despesa=despesa)
                itens.append(linha)
                datas.append(str(linha[4]))
        guias.append(
            _linha_guia(
                posicao,
                _campos(e.find(_CABECALHO_GUIA)),
                autorizacao=_campos(e.find(_DADOS_AUTORIZACAO)),
                beneficiario=_campos(e.find(_DADOS_BENEFICIARIO)),
                executante=_campos(e.find(_DADOS_EXECUTANTE)),
                data=min(datas, default=None),
                informado=e.findtext(_CAMINHO_DO_TOTAL),
            )
        )
    return guias, itens


def _linha_item(guia: int, ordem: int, item: etree._Element, *, despesa: bool) -> Linha:
    c = _campos(item)
    fator = c.get(_REDUCAO_ACRESCIMO)
    return (
        guia,
        ordem,
        despesa,
        int(c[_SEQUENCIAL_ITEM] or 0),
        (c[_DATA_EXECUCAO] or "")[:10],
        c[_CODIGO_TABELA],
        c[_CODIGO_PROCEDIMENTO],
        c[_DESCRICAO_PROCEDIMENTO],
        _inteiro(c[_QUANTIDADE_EXECUTADA], 10_000),
        _inteiro(c[_VALOR_UNITARIO]),
        None if fator is None else _inteiro(fator),
        c.get(_HORA_INICIAL),
        c.get(_HORA_FINAL),
        c.get(_UNIDADE_MEDIDA),
        c.get(_VIA_ACESSO),
        c.get(_TECNICA_UTILIZADA),
        c.get(_CODIGO_DESPESA),
        c.get(_CENTRO_CONSUMO),
        c.get(_ITEM_VINCULADO),
        None if despesa else ",".join([g.text or "" for g in item.iter(_GRAU_PART)]) or None,
        _inteiro(c[_VALOR_TOTAL]),
        0,
        0,
        0,
    )
