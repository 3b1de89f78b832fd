"""Lote de guias, guia e item como valores, iguais em todas as versões do padrão.

O que o prestador informou vira estes valores na leitura da mensagem e linhas na persistência.
Valores em reais são ``Decimal``; quantidades e fatores também, com até 4 e 2 casas.
Fonte: ``ctm_guiaLote`` e os cinco tipos de guia de cobrança.
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import date, time


class TipoGuia(StrEnum):
    """Os cinco tipos de guia de um lote; o valor é o nome do elemento em ``guiasTISS``."""

    CONSULTA = "guiaConsulta"
    SADT = "guiaSP-SADT"
    INTERNACAO = "guiaResumoInternacao"
    HONORARIOS = "guiaHonorarios"
    ODONTO = "guiaOdonto"


class Identificacao(NamedTuple):
    """Como uma mensagem identifica um prestador.

    Attributes:
        forma: ``codigo`` (na operadora), ``cnpj`` ou ``cpf``.
        valor: o texto como veio.
    """

    forma: str
    valor: str


class Beneficiario(NamedTuple):
    """O que a guia diz do beneficiário.

    Attributes:
        carteira: número da carteira, até 20 caracteres.
        atendimento_rn: ``S`` ou ``N``.
        tipo_ident: meio de identificação (``dm_tipoIdent``), quando há.
        nome: só em 3.05.00.
        cns: cartão nacional de saúde, só em 3.05.00.
    """

    carteira: str
    atendimento_rn: str
    tipo_ident: str | None = None
    nome: str | None = None
    cns: str | None = None


class Item(NamedTuple):
    """Um procedimento ou uma despesa de uma guia.

    Attributes:
        despesa: verdadeiro para ``outrasDespesas``; as duas listas numeram-se à parte.
        sequencial: ``sequencialItem``; 1 na consulta.
        data: data de execução ou realização.
        tabela: ``codigoTabela``.
        codigo: ``codigoProcedimento``.
        descricao: ausente na consulta.
        quantidade: até 4 casas decimais.
        valor_unitario: reais.
        valor_total: reais; é o valor informado do item.
        fator: redução ou acréscimo, 2 casas.
        graus: graus de participação da equipe, na ordem da mensagem, separados por vírgula.
    """

    despesa: bool
    sequencial: int
    data: date
    tabela: str
    codigo: str
    descricao: str | None
    quantidade: Decimal
    valor_unitario: Decimal
    valor_total: Decimal
    fator: Decimal | None = None
    hora_inicial: time | None = None
    hora_final: time | None = None
    unidade: str | None = None
    via: str | None = None
    tecnica: str | None = None
    codigo_despesa: str | None = None
    centro_consumo: str | None = None
    item_vinculado: int | None = None
    graus: str | None = None
    dente: str | None = None
    regiao: str | None = None
    face: str | None = None
    quantidade_us: Decimal | None = None
    franquia: Decimal | None = None
    autorizado: str | None = None


class Documento(NamedTuple):
    """Um CPF ou CNPJ que a guia traz, de quem quer que seja.

    Attributes:
        campo: nome do elemento, que começa por ``cpf`` ou ``cnpj``.
        valor: o texto como veio.
    """

    campo: str
    valor: str


class Guia(NamedTuple):
    """Uma guia de cobrança.

    Attributes:
        numero_prestador: número dado pelo prestador, até 20 caracteres.
        numero_operadora: número dado pela operadora, quando a guia o traz.
        guia_principal: guia principal ou de solicitação da internação.
        executante: quem executou; é quem conta para saber de que prestador é a guia.
        cnes: do executante.
        data_inicio: início do faturamento, pela regra de cada tipo de guia; ausente quando a
            guia não traz data nenhuma.
        data_realizacao: data do atendimento ou do primeiro item.
        informado: valor total da guia em reais.
        total_franquia: só na odontologia, reais.
        documentos: CPF e CNPJ de toda a guia, na ordem da mensagem; não se gravam à parte.
    """

    numero_prestador: str
    numero_operadora: str | None
    guia_principal: str | None
    senha: str | None
    beneficiario: Beneficiario
    executante: Identificacao
    cnes: str | None
    data_inicio: date | None
    hora_inicio: time | None
    data_fim: date | None
    hora_fim: time | None
    data_realizacao: date | None
    informado: Decimal
    itens: tuple[Item, ...]
    ausencia_cod_validacao: str | None = None
    cod_validacao: str | None = None
    total_franquia: Decimal | None = None
    registro_ans: str | None = None
    documentos: tuple[Documento, ...] = ()


class Lote(NamedTuple):
    """Um lote de guias como o prestador o enviou.

    Attributes:
        numero: texto de até 12 caracteres, ecoado como veio.
        tipo: um só tipo de guia por lote.
        guias: de 1 a 100.
    """

    numero: str
    tipo: TipoGuia
    guias: tuple[Guia, ...]

    @property
    def informado(self) -> Decimal:
        """Soma dos valores informados das guias, em reais."""
        return sum((g.informado for g in self.guias), Decimal(0))
