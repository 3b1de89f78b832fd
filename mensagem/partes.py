"""Grupos de elementos que mais de uma resposta leva: prestador, valores e dados da guia."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dominio.dinheiro import texto as reais
from dominio.textos import para_mensagem
from dominio.versoes import ordem
from mensagem.itens import codigo_opcional, procedimentos
from mensagem.resposta import elemento, motivo, opcional

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from decimal import Decimal

    from lxml import etree

    from dominio.lote import Beneficiario, Identificacao
    from mensagem.itens import ItemCriticado, Motivo

NAO_INFORMADO = "NAO INFORMADO"
"""Nome que 3.05.00 exige e ninguém informou."""

_CONTRATADO = {
    "codigo": "codigoPrestadorNaOperadora",
    "cnpj": "cnpjContratado",
    "cpf": "cpfContratado",
}
_COM_NOMES = (3, 5, 0)


class Valores(NamedTuple):
    """``ct_valorTotal``, em reais."""

    processado: Decimal
    glosa: Decimal
    liberado: Decimal


class DadosGuia(NamedTuple):
    """O que recibo e situação dizem de uma guia."""

    numero_prestador: str
    numero_operadora: str | None
    beneficiario: Beneficiario
    data_realizacao: date | None
    ausencia_cod_validacao: str | None = None
    cod_validacao: str | None = None
    valores: Valores | None = None
    motivos: Sequence[Motivo] = ()
    itens: Sequence[ItemCriticado] = ()


def com_nomes(versao: str) -> bool:
    """Diz se a versão ainda leva nomes de prestador e beneficiário (3.05.00)."""
    return ordem(versao) <= _COM_NOMES


def contratado(
    identificacao: Identificacao, nome: str, versao: str, rotulo: str = "dadosPrestador"
) -> etree._Element:
    """``ct_contratadoDados`` com a identificação que o pedido usou."""
    return elemento(
        rotulo,
        elemento(_CONTRATADO[identificacao.forma], texto=identificacao.valor),
        elemento("nomeContratado", texto=para_mensagem(nome, 70)) if com_nomes(versao) else None,
    )


def valor_total(rotulo: str, valores: Valores) -> etree._Element:
    """``ct_valorTotal``: processado, glosa e liberado."""
    return elemento(
        rotulo,
        elemento("valorProcessado", texto=reais(valores.processado)),
        elemento("valorGlosa", texto=reais(valores.glosa)),
        elemento("valorLiberado", texto=reais(valores.liberado)),
    )


def _beneficiario(b: Beneficiario, versao: str) -> list[etree._Element | None]:
    nomes: list[etree._Element | None] = []
    if com_nomes(versao):
        nomes = [
            elemento("nomeBeneficiario", texto=para_mensagem(b.nome or NAO_INFORMADO, 70)),
            opcional("numeroCNS", b.cns),
        ]
    return [
        elemento("numeroCarteira", texto=b.carteira),
        elemento("atendimentoRN", texto=b.atendimento_rn),
        *nomes,
        codigo_opcional("tipoIdent", "dm_tipoIdent", b.tipo_ident, versao),
    ]


def guia_dados(rotulo: str, guia: DadosGuia, versao: str, *, odonto: bool) -> etree._Element:
    """``ct_guiaDados`` ou, na odontologia, ``ct_guiaDadosOdonto``."""
    beneficiario = _beneficiario(guia.beneficiario, versao)
    glosa = None
    if guia.motivos:
        glosa = elemento(
            "glosaGuia", *(motivo(m.codigo, m.texto, "motivoGlosa") for m in guia.motivos)
        )
    return elemento(
        rotulo,
        elemento("numeroGuiaPrestador", texto=guia.numero_prestador),
        opcional("numeroGuiaOperadora", guia.numero_operadora),
        codigo_opcional(
            "ausenciaCodValidacao", "dm_ausenciaCodValidacao", guia.ausencia_cod_validacao, versao
        ),
        opcional("codValidacao", guia.cod_validacao),
        *(beneficiario if odonto else [elemento("dadosBeneficiario", *beneficiario)]),
        None
        if odonto or guia.data_realizacao is None
        else elemento("dataRealizacao", texto=guia.data_realizacao.isoformat()),
        None if guia.valores is None else valor_total("vlInformadoGuia", guia.valores),
        glosa,
        procedimentos(guia.itens, versao, odonto=odonto),
    )
