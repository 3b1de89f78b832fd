"""``/api/v1/protocolos/{numero}/recados``: o que operadora e prestador se dizem sobre um lote."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from backoffice import rotulos
from backoffice.api import formas
from backoffice.api.autorizacao import ComAnalise, ComLeitura
from backoffice.api.base import Acesso, da
from backoffice.api.campos import Limite, Pedido, Posicao
from backoffice.api.chaves import ler_numero
from backoffice.api.etiquetas import Chave
from backoffice.api.formas import Forma, Instante
from backoffice.api.operacoes import autor, fazer
from backoffice.api.problemas import nao_ha
from handlers import recados as casos
from persistence import recados

if TYPE_CHECKING:
    from persistence.recados import Recado

rotas = APIRouter(tags=["recados"])

Lado = Literal["operadora", "prestador"]


class RecadoDito(Pedido):
    """Um recado; um portal do prestador escreve em nome dele."""

    texto: Annotated[str, Field(min_length=1, max_length=2000)]
    guia: Posicao | None = Field(None, description="Posição no lote; sem ela, é do lote inteiro.")
    lado: Lado = "operadora"


class Leitura(Pedido):
    """Até que recado se leu, e de que lado eram."""

    ate: Annotated[int, Field(ge=1, le=2**53)] = Field(description="`id` do último que se viu.")
    lado: Lado = Field("prestador", description="De quem são os que se leram.")


class RecadoFeito(Forma):
    """Um recado."""

    id: int
    guia: int | None
    lado: str
    quem: str
    em: Instante
    texto: str
    lido_em: Instante | None
    lido_por: str | None


class Conversa(Forma):
    """Os recados de um lote, do primeiro ao último."""

    recados: list[RecadoFeito]


class Lidos(Forma):
    """Quantos passaram a lidos."""

    lidos: int


class FiltroPorLer(Pedido):
    """O que se quer ver."""

    lado: Lado = Field("prestador", description="De quem são os recados por ler.")
    limite: Limite = 100


class ProtocoloPorLer(Forma):
    """Um protocolo com recados que o outro lado não leu."""

    numero_protocolo: str
    recados: int
    ultimo_em: Instante


class PorLer(Forma):
    """Do que espera há mais tempo ao mais novo."""

    protocolos: list[ProtocoloPorLer]


@rotas.get("/protocolos/{numero}/recados", response_model=Conversa, summary="Recados de um lote")
async def listar(pedido: Request, numero: str, quem: ComLeitura) -> Response:
    """O que se disse sobre um lote e as suas guias; ler não os dá por lidos."""
    chave = ler_numero(numero)
    base = da(pedido)
    lida = await base.ler(lambda conn: casos.ler(conn, quem.operadora.id, chave))
    if lida is None:
        raise nao_ha("protocolo")
    await base.auditar(quem, Acesso("ler", "recados", str(chave), lida.carteiras))
    return formas.resposta(Conversa(recados=[_recado(r) for r in lida.recados]))


@rotas.post("/protocolos/{numero}/recados", response_model=RecadoFeito, summary="Novo recado")
async def escrever(
    pedido: Request, numero: str, quem: ComAnalise, corpo: RecadoDito, chave: Chave
) -> Response:
    """Escreve um recado sobre um lote, ou sobre uma guia dele."""
    feito = casos.PedidoDeRecado(ler_numero(numero), corpo.texto, corpo.guia, corpo.lado, chave)
    novo = await fazer(
        pedido,
        quem,
        lambda conn: casos.escrever(conn, quem.operadora.id, feito, autor(pedido, quem)),
    )
    return formas.resposta(_recado(novo))


@rotas.post(
    "/protocolos/{numero}/recados/leitura", response_model=Lidos, summary="Dar recados por lidos"
)
async def marcar_lidos(pedido: Request, numero: str, quem: ComAnalise, corpo: Leitura) -> Response:
    """Dá por lidos os recados de um lado, até um deles inclusive."""
    chave = ler_numero(numero)
    quantos = await fazer(
        pedido,
        quem,
        lambda conn: casos.marcar_lidos(
            conn,
            quem.operadora.id,
            chave,
            autor(pedido, quem),
            lado=corpo.lado,
            ate=corpo.ate,
        ),
    )
    return formas.resposta(Lidos(lidos=quantos))


@rotas.get("/recados", response_model=PorLer, summary="Lotes com recados por ler")
async def por_ler(
    pedido: Request, quem: ComLeitura, campos: Annotated[FiltroPorLer, Query()]
) -> Response:
    """Os lotes em que há recados que o outro lado não leu, sem o texto deles."""
    lidos = await da(pedido).ler(
        lambda conn: recados.por_ler(conn, quem.operadora.id, campos.lado, limite=campos.limite)
    )
    largura = quem.operadora.largura_protocolo
    prontos = [
        ProtocoloPorLer(
            numero_protocolo=rotulos.numero(p.protocolo, largura),
            recados=p.recados,
            ultimo_em=p.ultimo_em,
        )
        for p in lidos
    ]
    return formas.resposta(PorLer(protocolos=prontos))


def _recado(r: Recado) -> RecadoFeito:
    return RecadoFeito(
        id=r.id,
        guia=r.guia_posicao,
        lado=r.lado,
        quem=r.quem,
        em=r.em,
        texto=r.texto,
        lido_em=r.lido_em,
        lido_por=r.lido_por,
    )
