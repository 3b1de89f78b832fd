"""``/api/v1/recursaveis``: de que protocolos, guias e itens se pode recorrer, e até quando."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, NamedTuple

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from backoffice import rotulos
from backoffice.api import cursores, formas, listas, planilhas
from backoffice.api.autorizacao import ComLeitura
from backoffice.api.base import Acesso, da
from backoffice.api.campos import Dia, Numero, Pedido, Texto
from backoffice.api.chaves import ler_numero
from backoffice.api.formas import Forma, Prestador, Reais, Situacao, Valores
from backoffice.api.formas_de_recurso import GlosaNomeada, glosa
from backoffice.api.problemas import Problema, nao_ha
from dominio.competencia import dia
from dominio.recurso import CONTESTAVEIS
from handlers.recurso_glosa import recursaveis as casos
from persistence import protocolos, regras
from persistence.consultas import recursaveis as consultas

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from backoffice.api.base import Quem
    from handlers.recurso_glosa.recursaveis import Prazos, Recursavel
    from persistence.consultas.recursaveis import GlosaRecursavel, GuiaRecursavel
    from persistence.protocolos import GuiaGuardada, Protocolo

rotas = APIRouter(tags=["recursos"])


class Filtros(listas.PedidoDeLista):
    """Os filtros da lista."""

    prestador: Texto | None = Field(None, description="Código na operadora.")
    protocolo: Numero | None = Field(None, description="Com ou sem zeros à esquerda.")
    lote: Texto | None = Field(None, description="Número do lote como o prestador o deu.")
    recebido_de: Dia | None = None
    recebido_ate: Dia | None = None
    homologacao: bool = Field(False, description="Os de homologação, em lugar dos reais.")


class ProtocoloRecursavel(Forma):
    """Um protocolo de que se pode recorrer; o prazo é o da guia que acaba primeiro."""

    numero_protocolo: str
    numero_lote_prestador: str
    tipo_guia: str | None
    data_protocolo: date
    prestador: Prestador
    situacao: Situacao
    valores: Valores
    valor_recursado: Reais
    saldo_a_recursar: Reais
    qtd_guias: int
    prazo: date | None


class Recursaveis(Forma):
    """Uma página, do maior número ao menor."""

    protocolos: list[ProtocoloRecursavel]
    proximo: str | None
    ha_mais: bool


class Guia(Pedido):
    """Que guia se quer."""

    guia: Texto | None = Field(None, description="Número no prestador; zeros não contam.")


class GuiaARecursar(Forma):
    """Uma guia com glosas."""

    guia: int
    numero_guia_prestador: str
    glosas: list[str]
    valor_processado: Reais
    valor_liberado: Reais
    valor_glosado: Reais
    valor_recursado: Reais
    saldo_a_recursar: Reais
    prazo: date | None
    no_prazo: bool


class GlosaARecursar(Forma):
    """Uma glosa do protocolo, de uma guia ou de um item, com o seu saldo."""

    guia: int | None
    numero_guia_prestador: str | None
    item: int | None
    grau_participacao: str
    sequencial_item: int | None
    tabela: str | None
    procedimento: str | None
    descricao: str | None
    data_procedimento: date | None
    glosa: GlosaNomeada
    valor_processado: Reais | None
    valor_liberado: Reais | None
    valor_glosado: Reais
    valor_recursado: Reais
    saldo_a_recursar: Reais
    recursado: bool
    prazo: date | None
    no_prazo: bool


class ProtocoloARecursar(Forma):
    """O que de um protocolo se pode recursar, e o que cada código de glosa quer dizer."""

    numero_protocolo: str
    numero_lote_prestador: str
    situacao: Situacao
    valores: Valores
    guias: list[GuiaARecursar]
    glosas: list[GlosaARecursar]
    descricoes: list[GlosaNomeada]


_TITULOS = (
    "Protocolo", "Lote", "Tipo de guia", "Data do protocolo", "Código do prestador", "Prestador",
    "Situação", "Valor processado", "Valor liberado", "Valor glosado", "Valor recursado",
    "Saldo a recursar", "Guias", "Prazo",
)  # fmt: skip


@rotas.get("/recursaveis", response_model=Recursaveis, summary="De que se pode recorrer")
async def listar(
    pedido: Request, quem: ComLeitura, campos: Annotated[Filtros, Query()]
) -> Response:
    """Só os protocolos de que hoje se aceitaria um recurso: com saldo, e dentro do prazo."""
    listas.conferir_operadora(quem, campos.operadora)
    antes = None if campos.cursor is None else cursores.RECURSO.ler(campos.cursor)
    limite = listas.quantas(pedido, campos)
    filtro = consultas.Filtro(
        campos.prestador,
        campos.protocolo,
        campos.lote,
        campos.recebido_de,
        campos.recebido_ate,
        campos.homologacao,
    )
    base = da(pedido)
    hoje = dia(base.relogio())
    achados = await base.listar(
        lambda conn: casos.listar(
            conn, quem.operadora.id, filtro, hoje, antes_de=antes, limite=limite + 1
        )
    )
    mostrados, ha_mais = achados[:limite], len(achados) > limite
    ultimo = mostrados[-1].glosado.protocolo.numero if ha_mais else None
    proximo = None if ultimo is None else cursores.RECURSO.escrever(ultimo)
    ligacao = listas.ligacao(pedido, proximo or "", ha_mais=ha_mais)
    prontos = [_na_lista(r, quem.operadora.largura_protocolo) for r in mostrados]
    if listas.quer_planilha(pedido, campos.formato):
        return planilhas.resposta("recursaveis", _TITULOS, map(_na_planilha, prontos), ligacao)
    pronta = Recursaveis(protocolos=prontos, proximo=proximo, ha_mais=ha_mais)
    return formas.resposta(pronta, ligacao)


class _Lido(NamedTuple):
    protocolo: Protocolo
    prazos: Prazos
    guias: tuple[GuiaRecursavel, ...]
    glosas: tuple[GlosaRecursavel, ...]
    todas: tuple[GuiaGuardada, ...]


@rotas.get(
    "/recursaveis/{numero}", response_model=ProtocoloARecursar, summary="O que se pode recursar"
)
async def um(
    pedido: Request, numero: str, quem: ComLeitura, campos: Annotated[Guia, Query()]
) -> Response:
    """As guias e os procedimentos glosados de um protocolo, ou de uma guia dele, com os saldos."""
    chave = ler_numero(numero)
    base = da(pedido)
    hoje = dia(base.relogio())
    lido = await base.ler(lambda conn: _ler(conn, quem, chave, campos.guia, hoje))
    if lido is None:
        raise nao_ha("protocolo")
    if campos.guia is not None and not lido.todas:
        raise nao_ha("guia")
    carteiras = frozenset(guia.beneficiario.carteira for guia in lido.todas)
    await base.auditar(quem, Acesso("ler", "glosas", str(chave), carteiras))
    guias, p = lido.guias, lido.protocolo
    codigos = dict.fromkeys(g.unidade.codigo for g in lido.glosas)
    return formas.resposta(
        ProtocoloARecursar(
            numero_protocolo=rotulos.numero(p.numero, quem.operadora.largura_protocolo),
            numero_lote_prestador=p.lote_numero or "",
            situacao=formas.situacao(p.status),
            valores=formas.valores(p),
            guias=[_guia(g, lido.prazos) for g in guias],
            glosas=[_glosa(g, lido.prazos) for g in lido.glosas],
            descricoes=[glosa(codigo) for codigo in codigos],
        )
    )


def _ler(conn: Connection, quem: Quem, numero: int, guia: str | None, hoje: date) -> _Lido | None:
    protocolo = protocolos.por_numero(conn, quem.operadora.id, numero)
    if protocolo is None or protocolo.lote_id is None:
        return None
    ajustes = regras.ajustes(conn, quem.operadora.id, protocolo.prestador_id)
    if protocolo.status not in CONTESTAVEIS or not casos.aceita_se(protocolo, ajustes):
        raise Problema(
            409,
            f"Deste protocolo ainda não se recorre: está em {int(protocolo.status)}"
            f" ({protocolo.status.texto}).",
            membros={"motivo": "situacao"},
        )
    todas = protocolos.guias(conn, protocolo.lote_id)
    if guia is not None:
        todas = tuple(g for g in todas if g.numero_prestador.lstrip("0") == guia.lstrip("0"))
    posicoes = {g.posicao for g in todas}
    return _Lido(
        protocolo,
        casos.Prazos.de(conn, protocolo, ajustes, hoje),
        tuple(g for g in consultas.guias_a_recursar(conn, protocolo) if g.posicao in posicoes),
        consultas.glosas_a_recursar(conn, protocolo, guia),
        todas,
    )


def _na_lista(r: Recursavel, zeros: int) -> ProtocoloRecursavel:
    p = r.glosado.protocolo
    return ProtocoloRecursavel(
        numero_protocolo=rotulos.numero(p.numero, zeros),
        numero_lote_prestador=p.lote_numero or "",
        tipo_guia=p.lote_tipo,
        data_protocolo=dia(p.recebido_em),
        prestador=Prestador(codigo=r.glosado.prestador, nome=r.glosado.prestador_nome),
        situacao=formas.situacao(p.status),
        valores=formas.valores(p),
        valor_recursado=r.recursado,
        saldo_a_recursar=r.saldo,
        qtd_guias=r.guias,
        prazo=r.prazo,
    )


def _na_planilha(x: ProtocoloRecursavel) -> tuple[planilhas.Celula, ...]:
    return (
        x.numero_protocolo, x.numero_lote_prestador, rotulos.tipo_guia(x.tipo_guia),
        x.data_protocolo, x.prestador.codigo, x.prestador.nome, x.situacao.texto,
        x.valores.processado, x.valores.liberado, x.valores.glosado, x.valor_recursado,
        x.saldo_a_recursar, x.qtd_guias, x.prazo,
    )  # fmt: skip


def _guia(g: GuiaRecursavel, prazos: Prazos) -> GuiaARecursar:
    return GuiaARecursar(
        guia=g.posicao,
        numero_guia_prestador=g.numero_prestador,
        glosas=list(g.codigos),
        valor_processado=g.processado,
        valor_liberado=g.liberado,
        valor_glosado=g.glosado,
        valor_recursado=g.recursado,
        saldo_a_recursar=g.saldo,
        prazo=prazos.da_guia(g.posicao),
        no_prazo=prazos.aberto(g.posicao),
    )


def _glosa(g: GlosaRecursavel, prazos: Prazos) -> GlosaARecursar:
    onde, guardado = g.unidade, g.item
    item = None if guardado is None else guardado.item
    return GlosaARecursar(
        guia=onde.guia,
        numero_guia_prestador=g.guia,
        item=onde.item,
        grau_participacao=onde.grau,
        sequencial_item=None if item is None else item.sequencial,
        tabela=None if item is None else item.tabela,
        procedimento=None if item is None else item.codigo,
        descricao=None if item is None else item.descricao,
        data_procedimento=None if item is None else item.data,
        glosa=glosa(onde.codigo),
        valor_processado=None if guardado is None else guardado.processado,
        valor_liberado=None if guardado is None else guardado.liberado,
        valor_glosado=g.glosado,
        valor_recursado=g.recursado,
        saldo_a_recursar=g.saldo,
        recursado=g.aberta,
        prazo=prazos.da_guia(onde.guia),
        no_prazo=prazos.aberto(onde.guia),
    )
