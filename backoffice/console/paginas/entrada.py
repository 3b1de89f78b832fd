"""Entrar, o segundo fator, o convite, os termos, escolher por quem se fala, sair."""

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
from handlers import usuarios as casos_de_usuarios
from handlers.entrada import EntradaRecusada
from handlers.rotacao import SenhaRecusada
from persistence import auditoria, contas, operadoras, segundos_fatores, sessoes, usuarios
from persistence.contas import PREFIXO_DO_CONVITE, Conta

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from starlette.responses import Response

    from backoffice.console.visita import Visita
    from persistence.contas import Convidada
    from persistence.usuarios import Usuario

area = Area(AREA_DE_ENTRADA)

_DESTINO = re.compile(r"/[A-Za-z0-9_./-]*")
_RECUSADA = "Login ou senha não conferem, ou houve tentativas demais. Espere uns minutos e confira."


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
        dono = v.casa.entrada.entrar(
            campos.texto("login"),
            campos.cru("senha"),
            registro_ans=campos.texto("operadora") or None,
            endereco=v.endereco,
            agora=v.agora,
        )
    except EntradaRecusada:
        return _mostrar_entrada(v, {"": _RECUSADA}, status=422)
    texto, confirmada = _abrir_sessao(v, dono)
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


@area.pagina("/convite/{texto}", para=Porta.PUBLICA)
def convite(v: Visita) -> Response:
    """O que o convite dá, e o que fazer para o aceitar."""
    return _mostrar_convite(v, {})


@area.formulario("/convite/{texto}", para=Porta.PUBLICA)
def aceitar(v: Visita) -> Response:
    """Aceita o convite: com senha nova ou, na conta que já a tem, com a de agora."""
    if v.formulario.texto("como") == "juntar":
        return _juntar(v)
    senha = v.formulario.cru("senha")
    if senha != v.formulario.cru("confirmacao"):
        return _mostrar_convite(v, {"confirmacao": "não é igual à senha"}, status=422)
    try:
        _aceitar_com_senha(v, senha)
    except (casos_de_usuarios.ConviteInvalido, casos_de_contas.ConviteInvalido):
        return _mostrar_convite(v, {}, status=404)
    except SenhaRecusada as motivo:
        return _mostrar_convite(v, {"senha": str(motivo)}, status=422)
    resposta = v.mostrar("entrada/aceito.html")
    seguranca.tirar_sessao(v.pedido, resposta)
    return resposta


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


def _abrir_sessao(v: Visita, dono: Usuario | Conta) -> tuple[str, bool]:
    """O texto da sessão, e se ela já está confirmada."""
    ajustes = v.casa.ajustes
    with v.casa.banco.escrita() as conn:
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
            _anotar(v, conn, f"conta {dono.id}", None, ("entrar", "conta", dono.id))
            return texto, True
        confirmada = not segundos_fatores.ativo(conn, dono.id)
        texto = sessoes.criar(
            conn, usuario_id=dono.id, confirmada=confirmada, endereco=v.endereco, agora=v.agora
        )
        acao = "entrar" if confirmada else "provar-senha"
        _anotar(v, conn, f"usuario {dono.id}", dono.operadora_id, (acao, "usuario", dono.id))
        return texto, confirmada


def _anotar(
    v: Visita, conn: Connection, quem: str, operadora_id: int | None, ato: tuple[str, str, int]
) -> None:
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


def _mostrar_convite(v: Visita, erros: dict[str, str], status: int = 200) -> Response:
    texto = v.parametro("texto")
    usuario: Usuario | None = None
    convidada: Convidada | None = None
    with v.casa.banco.leitura() as conn:
        if texto.startswith(PREFIXO_DO_CONVITE):
            convidada = contas.ver_convite(conn, texto, v.agora)
        else:
            usuario = usuarios.ver_convite(conn, texto, v.agora)
    if usuario is None and convidada is None:
        return v.mostrar("entrada/convite_invalido.html", status=404)
    return v.mostrar(
        "entrada/convite.html", status=status, usuario=usuario, convidada=convidada, erros=erros
    )


def _aceitar_com_senha(v: Visita, senha: str) -> None:
    texto = v.parametro("texto")
    with v.casa.banco.escrita() as conn:
        if not texto.startswith(PREFIXO_DO_CONVITE):
            usuario = casos_de_usuarios.aceitar(conn, texto, senha, v.agora)
            ato = ("aceitar-convite", "usuario", usuario.id)
            _anotar(v, conn, f"usuario {usuario.id}", usuario.operadora_id, ato)
            return
        convidada = contas.ver_convite(conn, texto, v.agora)
        conta = casos_de_contas.aceitar(conn, texto, senha, v.agora)
        operadora_id = None if convidada is None else convidada.operadora.id
        ato = ("aceitar-convite", "conta", conta.id)
        _anotar(v, conn, f"conta {conta.id}", operadora_id, ato)


def _juntar(v: Visita) -> Response:
    texto = v.parametro("texto")
    with v.casa.banco.leitura() as conn:
        convidada = contas.ver_convite(conn, texto, v.agora)
    if convidada is None:
        return _mostrar_convite(v, {}, status=404)
    conta = convidada.conta
    try:
        v.casa.entrada.provar(conta, v.formulario.cru("atual"), v.endereco, v.agora)
    except EntradaRecusada:
        return _mostrar_convite(v, {"atual": _RECUSADA}, status=422)
    try:
        with v.casa.banco.escrita() as conn:
            casos_de_contas.juntar(conn, texto, conta, v.agora)
            ato = ("aceitar-convite", "conta", conta.id)
            _anotar(v, conn, f"conta {conta.id}", convidada.operadora.id, ato)
    except casos_de_contas.ConviteInvalido:
        return _mostrar_convite(v, {}, status=404)
    return v.mostrar("entrada/aceito.html")
