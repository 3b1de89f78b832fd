"""Entrar, o segundo fator, os termos, escolher por quem se fala, sair."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from backoffice.console import seguranca
from backoffice.console.area import Area
from backoffice.console.casa import AREA_DE_ENTRADA
from backoffice.console.papeis import Papel, Porta
from backoffice.console.pendencias import TERMOS
from handlers import contas as casos_de_contas
from handlers.entrada import EntradaRecusada, confirmar
from persistence import auditoria, contas, operadoras, segundos_fatores, sessoes
from persistence.contas import Conta

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from starlette.responses import Response

    from backoffice.console.visita import Visita
    from handlers.entrada import Provado

area = Area(AREA_DE_ENTRADA)

_DESTINO = re.compile(r"/[A-Za-z0-9_./-]*")
RECUSADA = "Login ou senha não conferem, ou houve tentativas demais. Espere uns minutos e confira."


@area.pagina("/", para=Porta.PESSOA)
def raiz(v: Visita) -> Response:
    """Leva cada um ao seu começo."""
    if v.pode(Papel.PRESTADOR):
        return v.ir("/portal")
    return v.ir("/inicio")


@area.pagina("/entrar", para=Porta.PUBLICA)
def entrar(v: Visita) -> Response:
    """A página de entrada; quem já entrou vai ao começo."""
    if v.pessoa is not None:
        return v.ir("/")
    return _mostrar_entrada(v, {})


@area.formulario("/entrar", para=Porta.PUBLICA)
def provar(v: Visita) -> Response:
    """Confere login e senha e abre a sessão."""
    campos = v.formulario
    try:
        provado = v.casa.entrada.entrar(
            campos.texto("login"),
            campos.cru("senha"),
            registro_ans=campos.texto("operadora") or None,
            endereco=v.endereco,
            agora=v.agora,
        )
        texto, confirmada = _abrir_sessao(v, provado)
    except EntradaRecusada:
        return _mostrar_entrada(v, {"": RECUSADA}, status=422)
    destino = _destino(campos.texto("depois"))
    resposta = v.ir(destino if confirmada else "/segundo-fator")
    seguranca.por_sessao(v.pedido, resposta, texto)
    return resposta


@area.pagina("/segundo-fator", para=Porta.PESSOA)
def codigo(v: Visita) -> Response:
    """Pede o código do aplicativo."""
    if v.sessao is None or v.sessao.confirmada:
        return v.ir("/")
    return v.mostrar("entrada/codigo.html", erros={})


@area.formulario("/segundo-fator", para=Porta.PESSOA)
def conferir_codigo(v: Visita) -> Response:
    """Confere o código e dá à sessão outro texto."""
    usuario, sessao = v.quem.usuario, v.sessao
    if usuario is None or sessao is None or sessao.confirmada:
        return v.ir("/")
    try:
        v.casa.entrada.segundo_fator(usuario, v.formulario.texto("codigo"), v.endereco, v.agora)
    except EntradaRecusada:
        erros = {"codigo": "não confere, ou já se usou; espere o próximo"}
        return v.mostrar("entrada/codigo.html", status=422, erros=erros)
    with v.escrita() as conn:
        texto = sessoes.girar(conn, sessao, confirmada=True)
        v.auditar("entrar", "usuario", str(usuario.id), conn=conn)
    resposta = v.ir("/")
    seguranca.por_sessao(v.pedido, resposta, texto)
    return resposta


@area.formulario("/sair", para=Porta.PESSOA)
def sair(v: Visita) -> Response:
    """Acaba com esta sessão."""
    assert v.sessao is not None  # noqa: S101 - a página é de quem entrou
    with v.escrita() as conn:
        sessoes.encerrar(conn, v.sessao)
    v.sessao = None
    resposta = v.ir("/entrar")
    seguranca.tirar_sessao(v.pedido, resposta)
    return resposta


@area.pagina("/esqueci", para=Porta.PUBLICA)
def esqueci(v: Visita) -> Response:
    """Diz a quem pedir outro convite."""
    return v.mostrar("entrada/esqueci.html")


@area.pagina("/termos", para=Porta.PESSOA)
def termos(v: Visita) -> Response:
    """Os termos de uso em vigor, e se já se aceitaram."""
    return v.mostrar("entrada/termos.html", versao=TERMOS)


@area.formulario("/termos", para=Porta.PESSOA)
def responder_aos_termos(v: Visita) -> Response:
    """Anota o aceite; quem recusa sai."""
    conta = v.quem.conta
    if conta is None:
        return v.ir("/")
    if v.formulario.texto("resposta") != "aceito":
        return sair(v)
    with v.escrita() as conn:
        casos_de_contas.aceitar_termos(conn, conta, TERMOS, v.agora)
        v.auditar("aceitar-termos", "conta", str(conta.id), conn=conn, versao=TERMOS)
    return v.ir("/")


@area.pagina("/escolher", para=Porta.PESSOA)
def escolher(v: Visita) -> Response:
    """Por que prestador, e em que operadora, se vai falar."""
    if v.quem.conta is None:
        return v.ir("/")
    return v.mostrar("entrada/escolher.html")


@area.formulario("/escolher", para=Porta.PESSOA)
def escolhido(v: Visita) -> Response:
    """Passa a falar por um dos prestadores da conta."""
    pedido = v.formulario.texto("acesso")
    acesso = next((a for a in v.quem.acessos if str(a.id) == pedido), None)
    if acesso is None or v.sessao is None:
        return v.mostrar("entrada/escolher.html", status=422)
    with v.casa.banco.escrita() as conn:
        texto = sessoes.girar(conn, v.sessao, acesso_id=acesso.id)
    resposta = v.ir("/portal")
    seguranca.por_sessao(v.pedido, resposta, texto)
    return resposta


def _mostrar_entrada(v: Visita, erros: dict[str, str], status: int = 200) -> Response:
    with v.leitura() as conn:
        todas = operadoras.listar(conn)
    campos = v.formulario if v.rota.metodo == "POST" else v.consulta
    return v.mostrar(
        "entrada/entrar.html",
        status=status,
        operadoras=todas if len(todas) > 1 else (),
        login=v.formulario.texto("login"),
        escolhida=v.formulario.texto("operadora"),
        depois=_destino(campos.texto("depois")),
        erros=erros,
    )


def _abrir_sessao(v: Visita, provado: Provado) -> tuple[str, bool]:
    """O texto da sessão, e se ela já está confirmada."""
    ajustes, dono = v.casa.ajustes, provado.dono
    with v.casa.banco.escrita() as conn:
        confirmar(conn, provado)
        sessoes.limpar(conn, v.agora - ajustes.maxima, v.agora - 2 * ajustes.ociosa)
        if v.sessao is not None:
            sessoes.encerrar(conn, v.sessao)
        if isinstance(dono, Conta):
            unico = contas.acessos(conn, dono.id)
            acesso = unico[0].id if len(unico) == 1 else None
            texto = sessoes.criar(
                conn, conta_id=dono.id, acesso_id=acesso, confirmada=True, endereco=v.endereco,
                agora=v.agora,
            )  # fmt: skip
            anotar(v, conn, f"conta {dono.id}", None, ("entrar", "conta", dono.id))
            return texto, True
        confirmada = not segundos_fatores.ativo(conn, dono.id)
        texto = sessoes.criar(
            conn, usuario_id=dono.id, confirmada=confirmada, endereco=v.endereco, agora=v.agora
        )
        acao = "entrar" if confirmada else "provar-senha"
        anotar(v, conn, f"usuario {dono.id}", dono.operadora_id, (acao, "usuario", dono.id))
        return texto, confirmada


def anotar(
    v: Visita, conn: Connection, quem: str, operadora_id: int | None, ato: tuple[str, str, int]
) -> None:
    """Audita um ato de quem ainda não tem sessão: verbo, tipo e identificação do alvo."""
    acao, tipo, alvo = ato
    auditoria.registrar(
        conn, operadora_id=operadora_id, quem=quem, porta="console", acao=acao, alvo_tipo=tipo,
        alvo=str(alvo), detalhes={"endereco": v.endereco},
    )  # fmt: skip


def _destino(texto: str) -> str:
    """Uma página deste console; o que não é uma dá o começo."""
    limpo = unquote(texto)
    fora = limpo.startswith("//") or ".." in limpo
    return limpo if _DESTINO.fullmatch(limpo) and not fora else "/"
