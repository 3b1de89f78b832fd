"""A quem se avisa do que muda: criar, pausar, trocar o segredo, testar e reenviar."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from backoffice.api.webhooks import Mudanca, NovoWebhook
from backoffice.console.conferencia import conferir
from backoffice.console.erros import nao_ha
from backoffice.console.filtros import Leitor
from backoffice.console.paginas.cadastro import area
from backoffice.console.papeis import ADMIN
from dominio import urls
from dominio.eventos import EVENTOS, TESTE
from persistence import entregas, webhooks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection
    from starlette.responses import Response

    from backoffice.console.visita import Visita
    from persistence.webhooks import Webhook


_MOSTRADAS = 50
_UM = "/webhooks/{webhook}"
_NENHUMA = entregas.Fila(0, None)


@area.pagina("/webhooks", para=ADMIN)
def lista(v: Visita) -> Response:
    """Os endereços que se avisam, quanto espera em cada um, e o formulário de outro."""
    return _lista(v, {})


@area.formulario("/webhooks", para=ADMIN)
def criar(v: Visita) -> Response:
    """Passa a avisar um endereço; o segredo que assina os avisos só se mostra aqui."""
    ditos = _ditos(v) | {"homologacao": v.formulario.marcado("homologacao")}
    pedido, erros = conferir(NovoWebhook, ditos)
    if pedido is None or (erros := _destino(v, pedido.url)):
        return _lista(v, erros)
    with v.escrita() as conn:
        criado = webhooks.criar(
            conn, v.operadora.id, url=pedido.url, eventos=pedido.eventos,
            homologacao=pedido.homologacao, agora=v.agora,
        )  # fmt: skip
        _auditar(v, conn, "criar", criado.webhook, eventos=pedido.eventos)
    return _segredo(v, "Webhook criado", criado)


@area.pagina(_UM, para=ADMIN)
def um(v: Visita) -> Response:
    """Um webhook e os seus avisos, do mais novo ao mais velho."""
    return _pagina(v, {})


@area.formulario(_UM, para=ADMIN)
def mudar(v: Visita) -> Response:
    """Muda o endereço ou os eventos, pausa ou retoma; tenta logo o que esperava."""
    ditos = _ditos(v)
    if not ditos["url"]:
        return _pagina(v, {"url": "falta"})
    pedido, erros = conferir(Mudanca, ditos)
    if pedido is None or (erros := _destino(v, pedido.url)):
        return _pagina(v, erros)
    with v.escrita() as conn:
        antes = _achar(v, conn)
        eventos = None if pedido.eventos is None else tuple(pedido.eventos)
        depois = antes._replace(url=pedido.url or antes.url, eventos=eventos)
        mudado = webhooks.mudar(conn, antes, depois)
        _auditar(v, conn, "mudar", mudado, ativo=mudado.ativo, eventos=mudado.eventos)
    return v.ir(f"/webhooks/{mudado.id}", "Webhook mudado.")


@area.formulario(f"{_UM}/pausa", para=ADMIN)
def pausar(v: Visita) -> Response:
    """Pausa ou retoma; em pausa não junta avisos novos, e os que já esperavam ficam."""
    ativo = v.formulario.texto("acao") == "retomar"
    with v.escrita() as conn:
        antes = _achar(v, conn)
        mudado = webhooks.mudar(conn, antes, antes._replace(ativo=ativo))
        _auditar(v, conn, "mudar", mudado, ativo=ativo)
    return v.ir(f"/webhooks/{mudado.id}", "Avisos retomados." if ativo else "Avisos em pausa.")


@area.formulario(f"{_UM}/segredo", para=ADMIN)
def trocar_segredo(v: Visita) -> Response:
    """Sorteia outro segredo; por 24 horas os avisos vão assinados com os dois."""
    with v.escrita() as conn:
        trocado = webhooks.trocar_segredo(conn, _achar(v, conn), v.agora)
        _auditar(v, conn, "trocar-segredo", trocado.webhook)
    return _segredo(v, "Segredo trocado", trocado)


@area.formulario(f"{_UM}/teste", para=ADMIN)
def testar(v: Visita) -> Response:
    """Manda um aviso de teste; o que foi dele vê-se nos avisos."""
    with v.escrita() as conn:
        achado = _achar(v, conn)
        webhooks.anotar_a_um(conn, achado.id, TESTE, em=v.agora)
        _auditar(v, conn, "testar", achado)
    return v.ir(f"/webhooks/{achado.id}", "Aviso de teste por mandar.")


@area.formulario(f"{_UM}/apagar", para=ADMIN)
def apagar(v: Visita) -> Response:
    """Apaga um webhook com os seus avisos, entregues ou não."""
    with v.escrita() as conn:
        achado = _achar(v, conn)
        webhooks.apagar(conn, achado)
        _auditar(v, conn, "apagar", achado)
    return v.ir("/webhooks", "Webhook apagado.")


@area.formulario(f"{_UM}/avisos/{{aviso}}/reenvio", para=ADMIN)
def reenviar(v: Visita) -> Response:
    """Manda outra vez um aviso, com a mesma identificação."""
    chave = v.numero("aviso", "aviso")
    with v.escrita() as conn:
        achado = _achar(v, conn)
        if entregas.reenviar(conn, achado, chave, v.agora) is None:
            raise nao_ha("aviso")
        _auditar(v, conn, "reenviar", achado, entrega=chave)
    return v.ir(f"/webhooks/{achado.id}", "Aviso por mandar outra vez.")


def _achar(v: Visita, conn: Connection) -> Webhook:
    achado = webhooks.por_id(conn, v.operadora.id, v.numero("webhook", "webhook"))
    if achado is None:
        raise nao_ha("webhook")
    return achado


def _ditos(v: Visita) -> dict[str, Any]:
    """Nenhum evento marcado são todos, também os que vierem a haver."""
    return {"url": v.formulario.texto("url"), "eventos": list(v.formulario.textos("eventos"))}


def _destino(v: Visita, url: str | None) -> dict[str, str]:
    """O que nunca se poderia mandar diz-se logo; a conferência repete-se a cada aviso."""
    try:
        v.casa.conferir_destino(url or "")
    except ValueError as erro:
        return {"url": str(erro)}
    return {}


def _auditar(v: Visita, conn: Connection, acao: str, qual: Webhook, **detalhes: Any) -> None:
    # o endereço pode trazer um segredo na consulta: fica só o nome da máquina
    nome = urls.ler(qual.url).nome
    v.auditar(acao, "webhook", str(qual.id), conn=conn, destino=nome, **detalhes)


def _segredo(v: Visita, titulo: str, criado: webhooks.Criado) -> Response:
    return v.mostrar(
        "acesso/segredo.html", titulo=titulo, volta=f"/webhooks/{criado.webhook.id}",
        texto=criado.segredo,
        aviso="Copie-o agora: não se mostra de novo. Assina os avisos deste webhook.",
    )  # fmt: skip


def _lista(v: Visita, erros: Mapping[str, str]) -> Response:
    with v.leitura() as conn:
        todos = webhooks.listar(conn, v.operadora.id)
        filas = entregas.fila(conn, [w.id for w in todos])
    return v.mostrar(
        "webhooks/lista.html",
        status=422 if erros else 200,
        linhas=[(w, filas.get(w.id, _NENHUMA)) for w in todos],
        eventos=[(e, e) for e in EVENTOS],
        erros=erros,
    )


def _pagina(v: Visita, erros: Mapping[str, str]) -> Response:
    leitor = Leitor(v.consulta)
    estado = leitor.um_de("estado", entregas.PENDENTE, entregas.ENTREGUE)
    with v.leitura() as conn:
        achado = _achar(v, conn)
        fila = entregas.fila(conn, [achado.id]).get(achado.id, _NENHUMA)
        lidas = entregas.recentes(
            conn, achado, estado=estado, antes_de=leitor.numero("antes"), limite=_MOSTRADAS + 1
        )
    mostradas = lidas[:_MOSTRADAS]
    return v.mostrar(
        "webhooks/um.html",
        status=422 if erros else 200,
        w=achado,
        fila=fila,
        avisos=mostradas,
        antes=mostradas[-1].id if len(lidas) > _MOSTRADAS else None,
        estado=estado or "",
        eventos=[(e, e) for e in EVENTOS],
        erros=erros,
    )
