"""``/api/v1/webhooks``: a quem se avisa do que muda, e o que foi de cada aviso."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError
from starlette.requests import Request
from starlette.responses import Response

from backoffice.api import atos, cursores, formas, listas, planilhas
from backoffice.api.atos import Feito
from backoffice.api.autorizacao import ComAdmin
from backoffice.api.base import da
from backoffice.api.campos import Pedido
from backoffice.api.chaves import ler_chave
from backoffice.api.formas import Forma, Instante
from backoffice.api.problemas import de_campo, nao_ha
from dominio import urls
from dominio.eventos import EVENTOS, TESTE
from persistence import entregas, webhooks
from persistence.entregas import Entrega, Fila

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from backoffice.api.base import Base, Quem
    from persistence.webhooks import Criado, Webhook

rotas = APIRouter(tags=["webhooks"])
_NENHUM = Fila(0, None)


def _url(valor: Any) -> Any:
    if isinstance(valor, str):
        try:
            urls.ler(valor)
        except ValueError as erro:
            raise PydanticCustomError("texto", "{motivo}", {"motivo": str(erro)}) from None
    return valor


def _evento(valor: Any) -> Any:
    if valor not in EVENTOS:
        raise PydanticCustomError("texto", "não é um evento; veja a documentação")
    return valor


Url = Annotated[str, BeforeValidator(_url), Field(description="https, sem usuário nem senha.")]
Eventos = Annotated[
    list[Annotated[str, BeforeValidator(_evento)]],
    Field(min_length=1, max_length=len(EVENTOS), description=", ".join(EVENTOS)),
]


class NovoWebhook(Pedido):
    """Um endereço a avisar."""

    url: Url
    eventos: Eventos | None = Field(None, description="Sem eles, todos, também os que vierem.")
    homologacao: bool = Field(False, description="Os de homologação, em lugar dos reais.")


class Mudanca(Pedido):
    """O que mudar num webhook; o que não se diz fica como está."""

    url: Url | None = None
    eventos: Eventos | None = None
    todos_os_eventos: Literal[True] | None = None
    ativo: bool | None = None


class WebhookMostrado(Forma):
    """Um webhook, sem o seu segredo."""

    id: str
    url: str
    eventos: list[str] | None
    homologacao: bool
    ativo: bool
    criado_em: Instante
    segredo_anterior_ate: Instante | None
    falhas: int
    proxima_em: Instante
    pendentes: int
    pendente_desde: Instante | None


class WebhookCriado(WebhookMostrado):
    """Um webhook com o segredo que assina os seus avisos, que não se mostra de novo."""

    segredo: str


class Webhooks(Forma):
    """Os webhooks da operadora."""

    webhooks: list[WebhookMostrado]


class EntregaMostrada(Forma):
    """Um aviso e o que foi dele."""

    id: str
    evento_id: str
    evento: str
    numero: str | None
    situacao_anterior: int | None
    situacao: int | None
    em: Instante
    estado: str
    tentativas: int
    proxima_em: Instante | None
    entregue_em: Instante | None
    resposta: str | None


class Entregas(Forma):
    """Uma página dos avisos de um webhook."""

    entregas: list[EntregaMostrada]
    proximo: str
    ha_mais: bool


class FiltroDeEntregas(listas.PedidoDeLista):
    """Os filtros da lista de avisos."""

    estado: Literal["pendente", "entregue"] | None = None


@rotas.get("/webhooks", response_model=Webhooks, summary="Webhooks")
async def listar(pedido: Request, quem: ComAdmin) -> Response:
    """Os endereços que se avisam, e quanto espera em cada um."""

    def ler(conn: Connection) -> list[WebhookMostrado]:
        todos = webhooks.listar(conn, quem.operadora.id)
        filas = entregas.fila(conn, [w.id for w in todos])
        return [_mostrado(w, filas.get(w.id, _NENHUM)) for w in todos]

    return formas.resposta(Webhooks(webhooks=await da(pedido).ler(ler)))


@rotas.post("/webhooks", response_model=WebhookCriado, summary="Criar um webhook")
async def criar(pedido: Request, quem: ComAdmin, corpo: NovoWebhook) -> Response:
    """Passa a avisar um endereço; o segredo que assina os avisos só se mostra aqui."""
    base = da(pedido)
    await _conferir(base, corpo.url)

    def gravar(conn: Connection) -> Criado:
        criado = webhooks.criar(
            conn,
            quem.operadora.id,
            url=corpo.url,
            eventos=corpo.eventos,
            homologacao=corpo.homologacao,
            agora=base.relogio(),
        )
        _registrar(conn, quem, "criar", criado.webhook, eventos=corpo.eventos)
        return criado

    return _com_segredo(await base.gravar(gravar))


@rotas.get("/webhooks/{id}", response_model=WebhookMostrado, summary="Um webhook")
async def um(pedido: Request, id: str, quem: ComAdmin) -> Response:  # noqa: A002 - do endereço
    """Um webhook e quanto espera nele."""

    def ler(conn: Connection) -> WebhookMostrado:
        achado = _achar(conn, quem, id)
        return _mostrado(achado, entregas.fila(conn, [achado.id]).get(achado.id, _NENHUM))

    return formas.resposta(await da(pedido).ler(ler))


@rotas.patch("/webhooks/{id}", response_model=WebhookMostrado, summary="Mudar um webhook")
async def mudar(pedido: Request, id: str, quem: ComAdmin, corpo: Mudanca) -> Response:  # noqa: A002
    """Muda o endereço ou os eventos, desliga ou volta a ligar; tenta logo o que esperava.

    Desligado, não recebe nem junta avisos novos; os que já esperavam ficam à espera.
    """
    if corpo.url is not None:
        await _conferir(da(pedido), corpo.url)

    def gravar(conn: Connection) -> WebhookMostrado:
        antes = _achar(conn, quem, id)
        ditos = corpo.model_dump(exclude_none=True)
        todos = ditos.pop("todos_os_eventos", False)
        if "eventos" in ditos:
            ditos["eventos"] = tuple(ditos["eventos"])
        depois = antes._replace(**ditos)
        if todos:
            depois = depois._replace(eventos=None)
        mudado = webhooks.mudar(conn, antes, depois)
        _registrar(conn, quem, "mudar", mudado, ativo=mudado.ativo, eventos=mudado.eventos)
        return _mostrado(mudado, entregas.fila(conn, [mudado.id]).get(mudado.id, _NENHUM))

    return formas.resposta(await da(pedido).gravar(gravar))


@rotas.delete("/webhooks/{id}", response_model=Feito, summary="Apagar um webhook")
async def apagar(pedido: Request, id: str, quem: ComAdmin) -> Response:  # noqa: A002
    """Apaga um webhook com os seus avisos, entregues ou não."""

    def gravar(conn: Connection) -> None:
        achado = _achar(conn, quem, id)
        webhooks.apagar(conn, achado)
        _registrar(conn, quem, "apagar", achado)

    await da(pedido).gravar(gravar)
    return formas.resposta(Feito())


@rotas.post("/webhooks/{id}/segredo", response_model=WebhookCriado, summary="Trocar o segredo")
async def trocar_segredo(pedido: Request, id: str, quem: ComAdmin) -> Response:  # noqa: A002
    """Sorteia outro segredo; por 24 horas os avisos vão assinados com os dois."""
    base = da(pedido)

    def gravar(conn: Connection) -> Criado:
        trocado = webhooks.trocar_segredo(conn, _achar(conn, quem, id), base.relogio())
        _registrar(conn, quem, "trocar-segredo", trocado.webhook)
        return trocado

    return _com_segredo(await base.gravar(gravar))


@rotas.post("/webhooks/{id}/teste", response_model=Feito, summary="Testar um webhook")
async def testar(pedido: Request, id: str, quem: ComAdmin) -> Response:  # noqa: A002
    """Manda um aviso `webhook.teste`; o que foi dele vê-se nas entregas."""
    base = da(pedido)

    def gravar(conn: Connection) -> None:
        achado = _achar(conn, quem, id)
        webhooks.anotar_a_um(conn, achado.id, TESTE, em=base.relogio())
        _registrar(conn, quem, "testar", achado)

    await base.gravar(gravar)
    return formas.resposta(Feito())


@rotas.get("/webhooks/{id}/entregas", response_model=Entregas, summary="Avisos de um webhook")
async def das_entregas(
    pedido: Request,
    id: str,  # noqa: A002
    quem: ComAdmin,
    campos: Annotated[FiltroDeEntregas, Query()],
) -> Response:
    """Os avisos de um webhook, do mais velho ao mais novo, com a resposta da última tentativa."""
    listas.conferir_operadora(quem, campos.operadora)
    desde = 0 if campos.cursor is None else cursores.ENTREGA.ler(campos.cursor)
    limite = listas.quantas(pedido, campos)

    def ler(conn: Connection) -> tuple[Entrega, ...]:
        achado = _achar(conn, quem, id)
        return entregas.listar(
            conn, achado, estado=campos.estado, depois_de=desde, limite=limite + 1
        )

    lidas = await da(pedido).ler(ler)
    mostradas, ha_mais = lidas[:limite], len(lidas) > limite
    proximo = cursores.ENTREGA.escrever(mostradas[-1].id if mostradas else desde)
    ligacao = listas.ligacao(pedido, proximo, ha_mais=ha_mais)
    if listas.quer_planilha(pedido, campos.formato):
        linhas = (
            (e.id, e.evento, e.numero or None, e.de, e.para, e.em, e.estado, e.tentativas,
             e.entregue_em, e.resposta)
            for e in mostradas
        )  # fmt: skip
        return planilhas.resposta("entregas", _TITULOS, linhas, ligacao)
    prontas = [_entrega(e) for e in mostradas]
    return formas.resposta(Entregas(entregas=prontas, proximo=proximo, ha_mais=ha_mais), ligacao)


@rotas.post(
    "/webhooks/{id}/entregas/{entrega}/reenvio",
    response_model=EntregaMostrada,
    summary="Reenviar um aviso",
)
async def reenviar(pedido: Request, id: str, entrega: str, quem: ComAdmin) -> Response:  # noqa: A002
    """Manda outra vez um aviso, já entregue ou à espera, com a mesma identificação."""
    base = da(pedido)
    qual = ler_chave(entrega, "aviso")

    def gravar(conn: Connection) -> Entrega:
        achado = _achar(conn, quem, id)
        feita = entregas.reenviar(conn, achado, qual, base.relogio())
        if feita is None:
            raise nao_ha("aviso")
        _registrar(conn, quem, "reenviar", achado, entrega=feita.id)
        return feita

    return formas.resposta(_entrega(await base.gravar(gravar)))


_TITULOS = (
    "Aviso", "Evento", "Número", "Situação anterior", "Situação", "Instante", "Estado",
    "Tentativas", "Entregue em", "Resposta",
)  # fmt: skip


async def _conferir(base: Base, url: str) -> None:
    """O que nunca se poderia mandar diz-se logo; a conferência repete-se a cada aviso."""
    try:
        await base.fazer(lambda: base.conferir_destino(url))
    except ValueError as erro:
        raise de_campo("url", str(erro)) from None


def _achar(conn: Connection, quem: Quem, texto: str) -> Webhook:
    achado = webhooks.por_id(conn, quem.operadora.id, ler_chave(texto, "webhook"))
    if achado is None:
        raise nao_ha("webhook")
    return achado


def _registrar(conn: Connection, quem: Quem, acao: str, qual: Webhook, **detalhes: Any) -> None:
    # o endereço pode trazer um segredo na consulta: fica só o nome da máquina
    nome = urls.ler(qual.url).nome
    atos.registrar(conn, quem, acao, ("webhook", str(qual.id)), destino=nome, **detalhes)


def _mostrado(w: Webhook, fila: Fila) -> WebhookMostrado:
    return WebhookMostrado(
        id=str(w.id),
        url=w.url,
        eventos=None if w.eventos is None else list(w.eventos),
        homologacao=w.homologacao,
        ativo=w.ativo,
        criado_em=w.criado_em,
        segredo_anterior_ate=w.anterior_ate,
        falhas=w.falhas,
        proxima_em=w.proxima_em,
        pendentes=fila.pendentes,
        pendente_desde=fila.desde,
    )


def _com_segredo(criado: Criado) -> Response:
    mostrado = _mostrado(criado.webhook, _NENHUM)
    return formas.resposta(WebhookCriado(**dict(mostrado), segredo=criado.segredo))


def _entrega(e: Entrega) -> EntregaMostrada:
    return EntregaMostrada(
        id=str(e.id),
        evento_id=e.evento_id,
        evento=e.evento,
        numero=str(e.numero) if e.numero else None,
        situacao_anterior=e.de,
        situacao=e.para,
        em=e.em,
        estado=e.estado,
        tentativas=e.tentativas,
        proxima_em=e.proxima_em if e.estado == entregas.PENDENTE else None,
        entregue_em=e.entregue_em,
        resposta=e.resposta,
    )
