"""Quem entra: as pessoas da operadora, as contas dos prestadores e os tokens da API."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from backoffice.console import seguranca
from backoffice.console.area import Area
from backoffice.console.erros import PaginaDeErro, nao_ha
from backoffice.console.papeis import ADMIN
from handlers import contas as casos_de_contas
from handlers import usuarios as casos_de_usuarios
from persistence import contas, credenciamento, segundos_fatores, sessoes, tokens, usuarios
from persistence.tokens import Escopo

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection
    from starlette.responses import Response

    from backoffice.console.visita import Visita
    from persistence.usuarios import Usuario

area = Area("acesso")
area.no_menu("Acessos", "/acesso", ordem=80)

ESCOPOS = {
    Escopo.LEITURA: "Ler lotes, situações e valores",
    Escopo.CONTEUDO: "Ver mensagens e documentos",
    Escopo.ANALISE: "Analisar contas e recursos",
    Escopo.PAGAMENTO: "Liberar e pagar",
    Escopo.ADMIN: "Administrar",
}
"""O que cada escopo deixa fazer."""

_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+")
_MAIOR_NOME = 100
_DIAS = (30, 90, 180, 365)


@area.pagina("/acesso", para=ADMIN)
def pessoas(v: Visita) -> Response:
    """As pessoas da operadora e o convite de outra."""
    return _pessoas(v, {})


@area.formulario("/acesso/usuarios", para=ADMIN)
def convidar(v: Visita) -> Response:
    """Convida uma pessoa da operadora; o endereço do convite só se mostra aqui."""
    email, nome, erros = _quem(v)
    escopos = _escopos(v)
    if not escopos:
        erros["escopos"] = "escolha o que a pessoa pode fazer"
    if erros:
        return _pessoas(v, erros)
    with v.escrita() as conn:
        try:
            feito = casos_de_usuarios.convidar(
                conn, v.operadora.id, email=email, nome=nome, escopos=escopos, agora=v.agora,
                alcance=_alcance(v),
            )  # fmt: skip
        except casos_de_usuarios.PodeMais as motivo:
            raise PaginaDeErro(403, str(motivo)) from None
        v.auditar("convidar", "usuario", str(feito.usuario.id), conn=conn, escopos=sorted(escopos))
    return _convite(v, nome, feito.texto, "/acesso")


@area.formulario("/acesso/usuarios/{usuario}", para=ADMIN)
def mudar(v: Visita) -> Response:
    """Muda o que uma pessoa pode fazer, desliga-a, ou tira o segundo fator que ela perdeu."""
    chave = v.numero("usuario", "usuário")
    acao = v.formulario.texto("acao")
    with v.escrita() as conn:
        achado = usuarios.por_id(conn, v.operadora.id, chave)
        if achado is None:
            raise nao_ha("usuário")
        if v.quem.usuario is not None and achado.id == v.quem.usuario.id:
            raise PaginaDeErro(409, "O próprio acesso muda-o outra pessoa.")
        try:
            _mudar(v, conn, achado, acao)
        except casos_de_usuarios.PodeMais as motivo:
            raise PaginaDeErro(403, str(motivo)) from None
        # o que se tirou vale já, e não só na próxima entrada
        sessoes.encerrar_todas(conn, usuario_id=achado.id)
        v.auditar(acao, "usuario", str(achado.id), conn=conn)
    return v.ir("/acesso", "Acesso mudado.")


@area.pagina("/acesso/prestadores", para=ADMIN)
def dos_prestadores(v: Visita) -> Response:
    """As contas com que se entra por um prestador, e o convite de outra."""
    return _dos_prestadores(v, {})


@area.formulario("/acesso/prestadores", para=ADMIN)
def convidar_conta(v: Visita) -> Response:
    """Convida quem fala por um prestador; o endereço do convite só se mostra aqui."""
    email, nome, erros = _quem(v)
    tipo = v.formulario.texto("tipo")
    if tipo not in casos_de_contas.TIPOS:
        erros["tipo"] = "escolha o que é quem entra"
    with v.leitura() as conn:
        prestador = credenciamento.por_codigo(conn, v.operadora.id, v.formulario.texto("prestador"))
    if prestador is None:
        erros["prestador"] = "não há prestador com este código"
    if erros or prestador is None:
        return _dos_prestadores(v, erros)
    try:
        with v.escrita() as conn:
            feito = casos_de_contas.convidar(
                conn, prestador, login=v.formulario.texto("login"), tipo=tipo, nome=nome,
                email=email, agora=v.agora,
            )  # fmt: skip
            v.auditar(
                "convidar", "conta", str(feito.conta.id), conn=conn, prestador=prestador.codigo
            )
    except casos_de_contas.LoginInvalido:
        return _dos_prestadores(v, {"login": "não é um CNPJ nem um CPF"})
    return _convite(v, nome, feito.texto, "/acesso/prestadores")


@area.formulario("/acesso/prestadores/{acesso}/tirar", para=ADMIN)
def tirar(v: Visita) -> Response:
    """Tira o acesso de uma conta a um prestador desta operadora."""
    chave = v.numero("acesso", "acesso")
    with v.escrita() as conn:
        if not contas.tirar_acesso(conn, v.operadora.id, chave):
            raise nao_ha("acesso")
        v.auditar("tirar-acesso", "acesso", str(chave), conn=conn)
    return v.ir("/acesso/prestadores", "Acesso tirado.")


@area.pagina("/acesso/tokens", para=ADMIN)
def dos_tokens(v: Visita) -> Response:
    """Os tokens da API e o formulário de outro."""
    return _tokens(v, {})


@area.formulario("/acesso/tokens", para=ADMIN)
def criar_token(v: Visita) -> Response:
    """Cria um token; o texto só se mostra aqui."""
    nome, escopos = v.formulario.texto("nome"), _escopos(v)
    erros: dict[str, str] = {}
    if not 0 < len(nome) <= _MAIOR_NOME or not nome.isprintable():
        erros["nome"] = f"diga para que serve, em até {_MAIOR_NOME} caracteres"
    if not escopos:
        erros["escopos"] = "escolha o que o token pode fazer"
    dias = v.formulario.texto("dias")
    if dias not in {str(d) for d in _DIAS}:
        erros["dias"] = "escolha quanto dura"
    if erros:
        return _tokens(v, erros)
    with v.escrita() as conn:
        feito = tokens.criar(
            conn, v.operadora.id, nome=nome, escopos=escopos, agora=v.agora,
            validade=timedelta(days=int(dias)),
        )  # fmt: skip
        v.auditar("criar", "token", feito.token.prefixo, conn=conn, escopos=sorted(escopos))
    return v.mostrar(
        "acesso/segredo.html", titulo="Token criado", volta="/acesso/tokens", texto=feito.texto,
        aviso="Copie-o agora: não se mostra de novo. Vai no cabeçalho Authorization, com Bearer.",
    )  # fmt: skip


@area.formulario("/acesso/tokens/{prefixo}/revogar", para=ADMIN)
def revogar(v: Visita) -> Response:
    """Revoga um token; os pedidos com ele passam a ser recusados."""
    prefixo = v.parametro("prefixo")
    with v.escrita() as conn:
        if tokens.revogar(conn, v.operadora.id, prefixo, v.agora) is None:
            raise nao_ha("token")
        v.auditar("revogar", "token", prefixo, conn=conn)
    return v.ir("/acesso/tokens", "Token revogado.")


def _mudar(v: Visita, conn: Connection, pessoa: Usuario, acao: str) -> None:
    if acao == "segundo-fator":
        casos_de_usuarios.tirar_segundo_fator(conn, pessoa, alcance=_alcance(v))
        return
    mudancas: dict[str, Any]
    if acao == "escopos":
        mudancas = {"escopos": _escopos(v)}
        if not mudancas["escopos"]:
            raise PaginaDeErro(422, "Escolha o que a pessoa pode fazer.")
    elif acao in ("desligar", "ligar"):
        mudancas = {"ativo": acao == "ligar"}
    else:
        raise PaginaDeErro(422, "Escolha o que mudar.")
    casos_de_usuarios.mudar(conn, pessoa, mudancas, v.agora, alcance=_alcance(v))


def _pessoas(v: Visita, erros: Mapping[str, str]) -> Response:
    with v.leitura() as conn:
        lista = usuarios.listar(conn, v.operadora.id)
        com_fator = {u.id for u in lista if segundos_fatores.ativo(conn, u.id)}
    return v.mostrar(
        "acesso/pessoas.html", status=422 if erros else 200, lista=lista, com_fator=com_fator,
        escopos=_que_se_dao(v), ao_alcance={u.id for u in lista if u.escopos <= _alcance(v)},
        erros=erros,
    )  # fmt: skip


def _dos_prestadores(v: Visita, erros: Mapping[str, str]) -> Response:
    with v.leitura() as conn:
        lista = contas.da_operadora(conn, v.operadora.id)
    return v.mostrar(
        "acesso/prestadores.html", status=422 if erros else 200, lista=lista,
        tipos=[(t, t) for t in casos_de_contas.TIPOS], erros=erros,
    )  # fmt: skip


def _tokens(v: Visita, erros: Mapping[str, str]) -> Response:
    with v.leitura() as conn:
        lista = tokens.listar(conn, v.operadora.id)
    return v.mostrar(
        "acesso/tokens.html", status=422 if erros else 200, lista=lista[::-1],
        escopos=_que_se_dao(v), dias=[(d, f"{d} dias") for d in _DIAS], agora=v.agora, erros=erros,
    )  # fmt: skip


def _convite(v: Visita, nome: str, texto: str, volta: str) -> Response:
    return v.mostrar(
        "acesso/segredo.html", titulo="Convite feito", volta=volta,
        texto=f"{seguranca.base(v.pedido)}{v.url(f'/convite/{texto}')}",
        aviso=f"Mande este endereço a {nome}. Vale sete dias, uma só vez, e não se mostra de novo.",
    )  # fmt: skip


def _quem(v: Visita) -> tuple[str, str, dict[str, str]]:
    email, nome = v.formulario.texto("email"), v.formulario.texto("nome")
    erros: dict[str, str] = {}
    if _EMAIL.fullmatch(email) is None or not email.isascii() or not email.isprintable():
        erros["email"] = "não é um e-mail"
    if not 0 < len(nome) <= _MAIOR_NOME or not nome.isprintable():
        erros["nome"] = f"diga o nome, em até {_MAIOR_NOME} caracteres"
    return email, nome, erros


def _que_se_dao(v: Visita) -> list[tuple[str, str]]:
    """Ninguém dá o que não tem."""
    return [(e.value, texto) for e, texto in ESCOPOS.items() if e in _alcance(v)]


def _alcance(v: Visita) -> set[Escopo]:
    return {e for e in Escopo if e.value in v.quem.papeis}


def _escopos(v: Visita) -> set[Escopo]:
    ditos = set(v.formulario.textos("escopos"))
    escolhidos = {e for e in Escopo if e.value in ditos}
    if not escolhidos <= _alcance(v):
        raise PaginaDeErro(403, "Só se dão os escopos que a própria pessoa tem.")
    return escolhidos
