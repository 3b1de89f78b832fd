"""``/api/v1/recursos``: os recursos de glosa, do mais novo ao mais antigo."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from backoffice import rotulos
from backoffice.api import cursores, formas, listas, planilhas
from backoffice.api.autorizacao import ComLeitura
from backoffice.api.base import Acesso, da
from backoffice.api.campos import Dia, Numero, Texto
from backoffice.api.formas import Cor, Forma, Prestador, Reais, Situacao
from dominio.recurso import Estado, Nivel, Origem
from dominio.situacao import StatusProtocolo
from persistence.consultas import recursos as consultas

if TYPE_CHECKING:
    from persistence.consultas.recursos import LinhaDaLista

rotas = APIRouter(tags=["recursos"])


class Filtros(listas.PedidoDeLista):
    """Os filtros da lista de recursos."""

    prestador: Texto | None = Field(None, description="Código na operadora.")
    recurso: Numero | None = Field(None, description="Número, com ou sem zeros à esquerda.")
    protocolo: Numero | None = Field(None, description="Do lote de que se recorreu; idem.")
    lote: Texto | None = Field(None, description="Número do lote como o prestador o deu.")
    guia: Texto | None = Field(None, description="Número no prestador; zeros não contam.")
    estado: Estado | None = Field(None, description="De alguma das linhas.")
    status: list[Annotated[int, Field(ge=1, le=10)]] = Field(
        [], max_length=10, description="Situação do recurso inteiro; repita para mais de uma."
    )
    objeto: Nivel | None = Field(None, description="O que alguma das linhas contesta.")
    origem: Origem | None = None
    solicitado_de: Dia | None = None
    solicitado_ate: Dia | None = None
    busca: Texto | None = Field(
        None, description="Parte de qualquer dos números, do procedimento ou da justificativa."
    )
    homologacao: bool = Field(False, description="Os de homologação, em lugar dos reais.")


class EstadoDaLinha(Forma):
    """Em que pé está o que se contesta."""

    chave: str
    texto: str
    cor: Cor


class RecursoNaLista(Forma):
    """O que um recurso contesta de uma guia, ou do protocolo inteiro."""

    estado: EstadoDaLinha
    situacao: Situacao
    numero_recurso: str
    numero_guia_recurso: str
    sequencia: int
    numero_protocolo: str
    numero_lote_prestador: str
    prestador: Prestador
    numero_guia_prestador: str | None
    data_solicitacao: date
    objeto: str
    origem: str
    origem_texto: str
    justificativas: list[str]
    qtd_itens: int
    qtd_anexos: int
    valor_recursado: Reais
    valor_acatado: Reais | None


class Recursos(Forma):
    """Uma página, do mais novo ao mais antigo; um recurso vem com todas as suas linhas."""

    recursos: list[RecursoNaLista]
    proximo: str | None
    ha_mais: bool


_TITULOS = (
    "Status", "Recurso", "Protocolo", "Guia", "Data de solicitação", "Objeto de recurso", "Origem",
    "Justificativa", "Itens", "Anexos", "Valor recursado", "Valor acatado", "Situação", "Lote",
    "Código do prestador", "Prestador",
)  # fmt: skip


@rotas.get("/recursos", response_model=Recursos, summary="Recursos de glosa")
async def listar(
    pedido: Request, quem: ComLeitura, campos: Annotated[Filtros, Query()]
) -> Response:
    """Os recursos da operadora, uma linha por guia contestada."""
    listas.conferir_operadora(quem, campos.operadora)
    antes = None if campos.cursor is None else cursores.RECURSO.ler(campos.cursor)
    limite = listas.quantas(pedido, campos)
    filtro = _filtro(campos)
    base = da(pedido)
    lidas = await base.listar(
        lambda conn: consultas.listar(
            conn, quem.operadora.id, filtro, antes_de=antes, limite=limite + 1
        )
    )
    numeros = list(dict.fromkeys(linha.recurso for linha in lidas))
    ha_mais = len(numeros) > limite
    proximo = cursores.RECURSO.escrever(numeros[limite - 1]) if ha_mais else None
    mostradas = [x for x in lidas if not ha_mais or x.recurso != numeros[limite]]
    if mostradas:
        # as justificativas falam de pacientes, e só as guias os identificam
        carteiras = await base.ler(
            lambda conn: consultas.carteiras(conn, quem.operadora.id, numeros[:limite])
        )
        acao = "exportar" if listas.quer_planilha(pedido, campos.formato) else "ler"
        detalhes = {"linhas": len(mostradas)}
        await base.auditar(quem, Acesso(acao, "recursos", "lista", carteiras, detalhes))
    zeros = quem.operadora.largura_protocolo
    do_recurso = quem.operadora.largura_do_recurso
    prontas = [na_lista(linha, zeros, do_recurso) for linha in mostradas]
    ligacao = listas.ligacao(pedido, proximo or "", ha_mais=ha_mais)
    if listas.quer_planilha(pedido, campos.formato):
        return planilhas.resposta("recursos", _TITULOS, map(_na_planilha, prontas), ligacao)
    return formas.resposta(Recursos(recursos=prontas, proximo=proximo, ha_mais=ha_mais), ligacao)


def estado(qual: Estado) -> EstadoDaLinha:
    """A forma do estado de uma linha."""
    cor = rotulos.cor_do_recurso(qual)
    return EstadoDaLinha(
        chave=qual.value,
        texto=qual.texto,
        cor=Cor(nome=cor.nome, hexadecimal=cor.hexadecimal),
    )


def na_lista(linha: LinhaDaLista, zeros: int, do_recurso: int) -> RecursoNaLista:
    """A forma de uma linha da lista.

    Args:
        linha: o que um recurso contesta de uma guia.
        zeros: algarismos dos números de protocolo da operadora.
        do_recurso: algarismos dos números de recurso.
    """
    return RecursoNaLista(
        estado=estado(linha.estado),
        situacao=formas.situacao(linha.status),
        numero_recurso=rotulos.numero(linha.recurso, do_recurso),
        numero_guia_recurso=linha.numero_guia,
        sequencia=linha.sequencia,
        numero_protocolo=rotulos.numero(linha.protocolo, zeros),
        numero_lote_prestador=linha.lote,
        prestador=Prestador(codigo=linha.prestador, nome=linha.prestador_nome),
        numero_guia_prestador=linha.guia,
        data_solicitacao=linha.solicitado_em,
        objeto=linha.objeto,
        origem=linha.origem.value,
        origem_texto=linha.origem.texto,
        justificativas=list(linha.justificativas),
        qtd_itens=linha.itens,
        qtd_anexos=linha.anexos,
        valor_recursado=linha.recursado,
        valor_acatado=linha.acatado,
    )


def _na_planilha(x: RecursoNaLista) -> tuple[planilhas.Celula, ...]:
    return (
        x.estado.texto, x.numero_recurso, x.numero_protocolo, x.numero_guia_prestador,
        x.data_solicitacao, x.objeto, x.origem_texto, " | ".join(x.justificativas), x.qtd_itens,
        x.qtd_anexos, x.valor_recursado, x.valor_acatado, x.situacao.texto,
        x.numero_lote_prestador, x.prestador.codigo, x.prestador.nome,
    )  # fmt: skip


def _filtro(campos: Filtros) -> consultas.Filtro:
    return consultas.Filtro(
        prestador=campos.prestador,
        recurso=campos.recurso,
        protocolo=campos.protocolo,
        guia=campos.guia,
        lote=campos.lote,
        estado=campos.estado,
        status=tuple(StatusProtocolo(s) for s in campos.status),
        objeto=campos.objeto,
        origem=campos.origem,
        solicitado_de=campos.solicitado_de,
        solicitado_ate=campos.solicitado_ate,
        busca=campos.busca,
        homologacao=campos.homologacao,
    )
