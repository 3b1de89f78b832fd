"""Protocolos de outro sistema num arquivo: uma linha JSON por protocolo.

Os nomes são os da API; as medidas, as das mensagens em que isto terá de caber.
"""

from __future__ import annotations

import hashlib
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

from pydantic import BeforeValidator, Field, ValidationError

from backoffice.api import campos, validacao
from backoffice.api import formas_de_analise as analise
from backoffice.api.campos import Dia, Pedido, Posicao
from backoffice.campos_antigos import (
    Doze,
    Hora,
    Instante,
    Nome,
    PagamentoDito,
    Quantidade,
    Total,
    Versao,
    Vinte,
    eco,
    pagamento,
)
from backoffice.recursos_antigos import RecursoDito, recurso
from dominio.dinheiro import ZERO
from dominio.lote import Beneficiario, Guia, Identificacao, Item, Lote, TipoGuia
from dominio.situacao import StatusProtocolo
from handlers.em_massa import Lida
from handlers.importacao import AnaliseAntiga, ProtocoloAntigo

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_MAIS_GUIAS = 100


class ItemAntigo(Pedido):
    """Um procedimento ou uma despesa."""

    sequencial: Posicao
    despesa: bool = False
    data: Dia
    hora_inicial: Hora | None = None
    hora_final: Hora | None = None
    tabela: Annotated[str, Field(pattern="^[0-9]{2}$")]
    codigo: Annotated[str, BeforeValidator(eco), Field(min_length=1, max_length=10)]
    descricao: Annotated[str, BeforeValidator(eco), Field(min_length=1, max_length=150)] | None = (
        None
    )
    quantidade: Quantidade = Decimal(1)
    valor_unitario: Total
    valor_total: Total
    fator: Annotated[campos.Reais, Field(ge=0, le=Decimal("9.99"), decimal_places=2)] | None = None
    graus: list[Annotated[str, Field(pattern="^[0-9]{2}$")]] = Field([], max_length=20)
    dente: Annotated[str, Field(pattern="^[0-9]{2}$")] | None = None
    regiao: Annotated[str, Field(pattern="^[A-Z]{1,4}$")] | None = None
    face: Annotated[str, Field(pattern="^[A-Z]{1,5}$")] | None = None
    franquia: Total | None = None


class GuiaAntiga(Pedido):
    """Uma guia; o valor informado é a soma dos itens."""

    numero_guia_prestador: Vinte
    numero_guia_operadora: Vinte | None = None
    guia_principal: Vinte | None = None
    senha: Vinte | None = None
    carteira: Vinte
    nome_beneficiario: Nome | None = None
    atendimento_rn: Annotated[str, Field(pattern="^[SN]$")] = "N"
    cnes: Annotated[str, Field(pattern="^[0-9]{7}$")] | None = None
    data_inicio: Dia | None = None
    hora_inicio: Hora | None = None
    data_fim: Dia | None = None
    hora_fim: Hora | None = None
    itens: list[ItemAntigo] = Field(min_length=1, max_length=5000)


class AnaliseDita(Pedido):
    """A análise que o outro sistema fez."""

    guias: list[analise.GuiaDita] = Field([], max_length=_MAIS_GUIAS)
    glosas: list[analise.GlosaDita] = Field([], max_length=100)
    observacao: str | None = None
    completar: bool = False
    finalizada_em: Instante | None = None


class ProtocoloDito(Pedido):
    """Um protocolo de outro sistema."""

    protocolo: campos.Numero
    prestador: campos.Texto
    numero_lote_prestador: Doze
    tipo_guia: TipoGuia
    versao: Versao
    recebido_em: Instante
    data_envio: Dia | None = None
    situacao: Annotated[int, Field(ge=1, le=10)]
    guias: list[GuiaAntiga] = Field(min_length=1, max_length=_MAIS_GUIAS)
    analise: AnaliseDita | None = None
    liberado_em: Instante | None = None
    pagamento: PagamentoDito | None = None
    recursos: list[RecursoDito] = Field([], max_length=100)


def ler(linhas: Iterable[str]) -> Iterator[Lida[ProtocoloAntigo]]:
    """Lê JSON Lines; linhas vazias não contam."""
    for numero, texto in enumerate(linhas, 1):
        if not texto.strip():
            continue
        try:
            dito = ProtocoloDito.model_validate_json(texto)
        except ValidationError as erro:
            yield Lida(numero, None, _defeito(erro))
        else:
            yield Lida(numero, _antigo(dito, texto.strip().encode()))


def _defeito(erro: ValidationError) -> str:
    if any(um["type"] == "json_invalid" for um in erro.errors(include_url=False)):
        return "a linha não é JSON"
    # o primeiro passo do lugar, na API, é de onde o valor veio
    erros = [{**um, "loc": ("linha", *um["loc"])} for um in erro.errors(include_url=False)]
    return validacao.problema(erros).detalhe


def _antigo(dito: ProtocoloDito, linha: bytes) -> ProtocoloAntigo:
    executante = Identificacao("codigo", dito.prestador)
    return ProtocoloAntigo(
        numero=dito.protocolo,
        prestador=dito.prestador,
        lote=Lote(
            dito.numero_lote_prestador,
            dito.tipo_guia,
            tuple(_guia(guia, executante) for guia in dito.guias),
        ),
        versao=dito.versao,
        recebido_em=dito.recebido_em,
        data_envio=dito.data_envio or dito.recebido_em.date(),
        situacao=StatusProtocolo(dito.situacao),
        analise=None if dito.analise is None else _analise(dito.analise),
        liberado_em=dito.liberado_em,
        pagamento=None if dito.pagamento is None else pagamento(dito.pagamento),
        recursos=tuple(recurso(um) for um in dito.recursos),
        sha256=hashlib.sha256(linha).hexdigest(),
        tamanho=len(linha),
    )


def _guia(g: GuiaAntiga, executante: Identificacao) -> Guia:
    datas = [item.data for item in g.itens]
    return Guia(
        numero_prestador=g.numero_guia_prestador,
        numero_operadora=g.numero_guia_operadora,
        guia_principal=g.guia_principal,
        senha=g.senha,
        beneficiario=Beneficiario(g.carteira, g.atendimento_rn, nome=g.nome_beneficiario),
        executante=executante,
        cnes=g.cnes,
        data_inicio=g.data_inicio or min(datas),
        hora_inicio=g.hora_inicio,
        data_fim=g.data_fim,
        hora_fim=g.hora_fim,
        data_realizacao=datas[0],
        informado=sum((item.valor_total for item in g.itens), ZERO),
        itens=tuple(_item(item) for item in g.itens),
    )


def _item(i: ItemAntigo) -> Item:
    campos_do_item = i.model_dump()
    return Item(**campos_do_item | {"graus": ",".join(i.graus) or None})


def _analise(dita: AnaliseDita) -> AnaliseAntiga:
    return AnaliseAntiga(
        analise.resultados(dita.guias),
        analise.glosas_ditas(dita.glosas),
        dita.observacao,
        dita.completar,
        dita.finalizada_em,
    )
