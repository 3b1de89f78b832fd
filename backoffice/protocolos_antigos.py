"""Protocolos de outro sistema num arquivo: uma linha JSON por protocolo.

Os nomes são os da API; as medidas, as das mensagens em que isto terá de caber.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, Field, ValidationError
from pydantic_core import PydanticCustomError

from backoffice.api import analise, campos, validacao
from backoffice.api.campos import Dia, Pedido, Posicao
from backoffice.api.formas_de_pagamento import ComoSePaga, desconto
from dominio.dinheiro import MAIOR_TOTAL, ZERO
from dominio.lote import Beneficiario, Guia, Identificacao, Item, Lote, TipoGuia
from dominio.situacao import StatusProtocolo
from dominio.versoes import VERSOES
from handlers.em_massa import Lida
from handlers.importacao import AnaliseAntiga, PagamentoAntigo, ProtocoloAntigo

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_MAIS_GUIAS = 100


def _eco(valor: Any) -> Any:
    """O que se repete nas respostas: sem controles, e dentro do ISO-8859-1."""
    if isinstance(valor, str):
        try:
            valor.encode("latin-1")
        except UnicodeEncodeError:
            raise PydanticCustomError("texto", "tem caracteres fora do ISO-8859-1") from None
        if not valor.isprintable() or valor != valor.strip():
            raise PydanticCustomError("texto", "tem espaços nas pontas ou caracteres de controle")
    return valor


def _instante(valor: Any) -> Any:
    try:
        lido = datetime.fromisoformat(valor)
    except (TypeError, ValueError):
        raise PydanticCustomError("texto", "deve ser um instante ISO 8601") from None
    if lido.tzinfo is None:
        raise PydanticCustomError("texto", "deve trazer o fuso, como -03:00")
    return lido.astimezone(UTC)


def _hora(valor: Any) -> Any:
    if valor is None:
        return None
    try:
        return time.fromisoformat(valor).replace(tzinfo=None)
    except (TypeError, ValueError):
        raise PydanticCustomError("texto", "deve ser uma hora HH:MM:SS") from None


def _versao(valor: Any) -> Any:
    if valor not in VERSOES:
        raise PydanticCustomError("texto", f"deve ser uma de {', '.join(VERSOES)}")
    return valor


Doze = Annotated[str, BeforeValidator(_eco), Field(min_length=1, max_length=12)]
Vinte = Annotated[str, BeforeValidator(_eco), Field(min_length=1, max_length=20)]
Nome = Annotated[str, BeforeValidator(_eco), Field(min_length=1, max_length=70)]
Total = Annotated[campos.Reais, Field(ge=0, le=MAIOR_TOTAL, decimal_places=2)]
Quantidade = Annotated[campos.Reais, Field(gt=0, le=Decimal("9999.9999"), decimal_places=4)]
Instante = Annotated[datetime, BeforeValidator(_instante)]
Hora = Annotated[time, BeforeValidator(_hora)]
Versao = Annotated[str, BeforeValidator(_versao)]


class ItemAntigo(Pedido):
    """Um procedimento ou uma despesa."""

    sequencial: Posicao
    despesa: bool = False
    data: Dia
    hora_inicial: Hora | None = None
    hora_final: Hora | None = None
    tabela: Annotated[str, Field(pattern="^[0-9]{2}$")]
    codigo: Annotated[str, BeforeValidator(_eco), Field(min_length=1, max_length=10)]
    descricao: Annotated[str, BeforeValidator(_eco), Field(min_length=1, max_length=150)] | None = (
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


class PagamentoDito(ComoSePaga):
    """Quando e como se pagou."""

    data: Dia


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
        pagamento=None if dito.pagamento is None else _pagamento(dito.pagamento),
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


def _pagamento(dito: PagamentoDito) -> PagamentoAntigo:
    return PagamentoAntigo(
        dito.data,
        dito.forma,
        dito.banco,
        dito.agencia,
        dito.conta,
        tuple(desconto(d) for d in dito.descontos),
    )
