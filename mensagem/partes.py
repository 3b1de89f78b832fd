"""Grupos de elementos que mais de uma resposta leva: prestador, valores e dados da guia."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from dominio.dinheiro import texto as reais
from dominio.textos import para_mensagem
from dominio.versoes import ordem
from mensagem.contratado import ELEMENTOS
from mensagem.escrita import elemento, escapado, motivo, opcional
from mensagem.itens import codigo_opcional, procedimentos

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from decimal import Decimal

    from dominio.lote import Beneficiario, Identificacao
    from mensagem.itens import ItemCriticado, Motivo

NAO_INFORMADO = "NAO INFORMADO"
"""Nome que 3.05.00 exige e ninguém informou."""

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


@lru_cache
def com_nomes(versao: str) -> bool:
    """Diz se a versão ainda leva nomes de prestador e beneficiário (3.05.00)."""
    return ordem(versao) <= _COM_NOMES


def contratado(
    identificacao: Identificacao, nome: str, versao: str, rotulo: str = "dadosPrestador"
) -> str:
    """``ct_contratadoDados`` com a identificação que o pedido usou."""
    return elemento(
        rotulo,
        elemento(ELEMENTOS[identificacao.forma], texto=identificacao.valor),
        elemento("nomeContratado", texto=para_mensagem(nome, 70)) if com_nomes(versao) else None,
    )


def valor_total(rotulo: str, valores: Valores) -> str:
    """``ct_valorTotal``: processado, glosa e liberado."""
    return (
        f"<ans:{rotulo}><ans:valorProcessado>{reais(valores.processado)}</ans:valorProcessado>"
        f"<ans:valorGlosa>{reais(valores.glosa)}</ans:valorGlosa>"
        f"<ans:valorLiberado>{reais(valores.liberado)}</ans:valorLiberado></ans:{rotulo}>"
    )


def _beneficiario(b: Beneficiario, versao: str) -> str:
    nomes = ""
    if com_nomes(versao):
        nome = elemento("nomeBeneficiario", texto=para_mensagem(b.nome or NAO_INFORMADO, 70))
        nomes = nome + (opcional("numeroCNS", b.cns) or "")
    identificado = codigo_opcional("tipoIdent", "dm_tipoIdent", b.tipo_ident, versao)
    return (
        f"<ans:numeroCarteira>{escapado(b.carteira)}</ans:numeroCarteira>"
        f"<ans:atendimentoRN>{escapado(b.atendimento_rn)}</ans:atendimentoRN>"
        f"{nomes}{identificado or ''}"
    )


def guia_dados(rotulo: str, guia: DadosGuia, versao: str, *, odonto: bool) -> str:
    """``ct_guiaDados`` ou, na odontologia, ``ct_guiaDadosOdonto``."""
    beneficiario = _beneficiario(guia.beneficiario, versao)
    glosa = None
    if guia.motivos:
        glosa = elemento(
            "glosaGuia", *(motivo(m.codigo, m.texto, "motivoGlosa") for m in guia.motivos)
        )
    partes = (
        f"<ans:{rotulo}>",
        f"<ans:numeroGuiaPrestador>{escapado(guia.numero_prestador)}</ans:numeroGuiaPrestador>",
        opcional("numeroGuiaOperadora", guia.numero_operadora),
        codigo_opcional(
            "ausenciaCodValidacao", "dm_ausenciaCodValidacao", guia.ausencia_cod_validacao, versao
        ),
        opcional("codValidacao", guia.cod_validacao),
        beneficiario
        if odonto
        else f"<ans:dadosBeneficiario>{beneficiario}</ans:dadosBeneficiario>",
        None
        if odonto or guia.data_realizacao is None
        else f"<ans:dataRealizacao>{guia.data_realizacao.isoformat()}</ans:dataRealizacao>",
        None if guia.valores is None else valor_total("vlInformadoGuia", guia.valores),
        glosa,
        procedimentos(guia.itens, versao, odonto=odonto),
        f"</ans:{rotulo}>",
    )
    return "".join([parte for parte in partes if parte])
