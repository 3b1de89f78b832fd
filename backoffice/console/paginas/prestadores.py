"""Os prestadores credenciados: a lista, cada um, o cadastro, os logins e a homologação."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import tiss_xsd
from backoffice.api.cadastro import MudancaDoPrestador, NovoPrestador
from backoffice.api.cadastro_acesso import NovaSenha
from backoffice.api.cadastro_campos import conferir_pessoa, versoes_aceitas
from backoffice.api.problemas import Problema
from backoffice.console.area import Area
from backoffice.console.conferencia import conferir
from backoffice.console.erros import nao_ha
from backoffice.console.filtros import Leitor
from backoffice.console.papeis import ADMIN
from handlers import homologacao as casos_de_homologacao
from handlers import rotacao
from handlers.vencimento import vence_em
from persistence import acessos, credenciais, credenciamento, homologacao, prestadores
from persistence.erros import JaExiste

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from sqlalchemy import Connection
    from starlette.responses import Response

    from backoffice.console.visita import Visita
    from persistence.prestadores import Prestador

area = Area("prestadores")
area.no_menu("Prestadores", "/prestadores", ordem=60)

_MOSTRADOS = 50
_UM = "/prestadores/{codigo}"
_DO_CADASTRO = ("codigo", "nome", "cnpj", "cpf", "cnes", "recusa", "hashModo", "credenciais")


@area.pagina("/prestadores", para=ADMIN)
def lista(v: Visita) -> Response:
    """Os prestadores, pela ordem em que entraram; um código digitado leva direto a ele."""
    leitor = Leitor(v.consulta)
    codigo = leitor.texto("codigo")
    if codigo is not None:
        with v.leitura() as conn:
            achado = credenciamento.por_codigo(conn, v.operadora.id, codigo)
        if achado is not None:
            return v.ir(f"/prestadores/{achado.codigo}")
        leitor.erros["codigo"] = "não há prestador com este código"
    ativo = {"sim": True, "nao": False}.get(v.consulta.texto("ativo"))
    depois = leitor.numero("depois") or 0
    with v.leitura() as conn:
        lidos = credenciamento.listar(
            conn, v.operadora.id, depois_de=depois, limite=_MOSTRADOS + 1, ativo=ativo
        )
    mostrados = lidos[:_MOSTRADOS]
    return v.mostrar(
        "prestadores/lista.html",
        prestadores=mostrados,
        depois=mostrados[-1].id if len(lidos) > _MOSTRADOS else None,
        erros=leitor.erros,
    )


@area.pagina("/prestadores/novo", para=ADMIN)
def novo(v: Visita) -> Response:
    """O formulário de um prestador a credenciar."""
    return _formulario(v, None, {})


@area.formulario("/prestadores/novo", para=ADMIN)
def criar(v: Visita) -> Response:
    """Credencia um prestador; os logins dão-se depois."""
    dados = _ditos(v) | {"homologacao": v.formulario.marcado("homologacao")}
    pedido, erros = conferir(NovoPrestador, dados)
    if pedido is None:
        return _formulario(v, None, erros)
    campos = pedido.model_dump(exclude={"versoes"})
    try:
        with v.escrita() as conn:
            feito = prestadores.adicionar(
                conn, v.operadora.id, **campos, versoes=versoes_aceitas(pedido.versoes)
            )
            v.auditar("credenciar", "prestador", feito.codigo, conn=conn)
    except JaExiste:
        return _formulario(v, None, {"codigo": "já existe prestador com este código"})
    return v.ir(f"/prestadores/{feito.codigo}", "Prestador credenciado.")


@area.pagina(_UM, para=ADMIN)
def um(v: Visita) -> Response:
    """Um prestador: cadastro, políticas, logins com os seus prazos, por quem envia."""
    return _pagina(v, {})


@area.pagina(f"{_UM}/editar", para=ADMIN)
def editar(v: Visita) -> Response:
    """O formulário do cadastro e das políticas."""
    with v.leitura() as conn:
        achado = _achar(v, conn)
    return _formulario(v, achado, {})


@area.formulario(f"{_UM}/editar", para=ADMIN)
def mudar(v: Visita) -> Response:
    """Muda o cadastro ou as políticas; inativo, deixa de poder usar os serviços."""
    with v.leitura() as conn:
        antes = _achar(v, conn)
    dados = _ditos(v)
    dados.pop("codigo", None)
    dados |= {"ativo": v.formulario.marcado("ativo")}
    pedido, erros = conferir(MudancaDoPrestador, dados)
    if pedido is None:
        return _formulario(v, antes, erros)
    mudancas = pedido.model_dump(exclude={"versoes", "homologacao"})
    mudancas["versoes"] = versoes_aceitas(pedido.versoes)
    if mudancas["nome"] is None:
        return _formulario(v, antes, {"nome": "falta"})
    try:
        conferir_pessoa(antes, mudancas)
    except Problema as problema:
        return _formulario(v, antes, {"": problema.detalhe})
    with v.escrita() as conn:
        credenciamento.mudar(conn, antes, mudancas)
        v.auditar("mudar", "prestador", antes.codigo, conn=conn)
    return v.ir(f"/prestadores/{antes.codigo}", "Prestador mudado.")


@area.formulario(f"{_UM}/logins", para=ADMIN)
def dar_login(v: Visita) -> Response:
    """Cria um login do web service, ou dá-lhe outra senha."""
    ditos = {
        "login": v.formulario.texto("login"),
        "senha": v.formulario.cru("senha"),
        "anteriorValeHoras": v.formulario.texto("anteriorValeHoras"),
    }
    pedido, erros = conferir(NovaSenha, ditos)
    if pedido is None:
        return _pagina(v, erros)
    try:
        with v.escrita() as conn:
            prestador = _achar(v, conn)
            nova = rotacao.trocar(
                conn, prestador, pedido.login, pedido.senha, agora=v.agora,
                anterior_vale=timedelta(hours=pedido.anterior_vale_horas) or None,
            )  # fmt: skip
            v.auditar(
                "trocar-senha", "prestador", prestador.codigo, conn=conn, login=nova.login_normal
            )
    except rotacao.SenhaRecusada as motivo:
        return _pagina(v, {"senha": str(motivo)})
    except rotacao.LoginDeOutro:
        return _pagina(v, {"login": "é de outro prestador desta operadora"})
    return v.ir(f"/prestadores/{prestador.codigo}", "Login criado ou mudado.")


@area.formulario(f"{_UM}/logins/revogar", para=ADMIN)
def revogar(v: Visita) -> Response:
    """Faz um login, ou só a sua senha anterior, deixar de valer já."""
    login = v.formulario.texto("login")
    so_a_anterior = v.formulario.marcado("so_a_anterior")
    try:
        with v.escrita() as conn:
            prestador = _achar(v, conn)
            rotacao.revogar(conn, prestador, login, so_a_anterior=so_a_anterior)
            v.auditar(
                "revogar-credencial", "prestador", prestador.codigo, conn=conn,
                login=prestadores.login_normal(login), so_a_anterior=so_a_anterior,
            )  # fmt: skip
    except rotacao.LoginDesconhecido:
        raise nao_ha("login") from None
    feito = "Senha anterior revogada." if so_a_anterior else "Login revogado."
    return v.ir(f"/prestadores/{prestador.codigo}", feito)


@area.pagina(f"{_UM}/homologacao", para=ADMIN)
def relatorio(v: Visita) -> Response:
    """O que o prestador já conseguiu em homologação, e o que o sistema dele ainda faz errado."""
    with v.leitura() as conn:
        achado = _achar(v, conn)
        feito = casos_de_homologacao.relatar(conn, achado)
    return v.mostrar("prestadores/homologacao.html", prestador=achado, relatorio=feito)


@area.formulario(f"{_UM}/homologacao", para=ADMIN)
def liberar(v: Visita) -> Response:
    """Encerra a homologação: daqui em diante o que ele envia é de verdade."""
    with v.escrita() as conn:
        achado = _achar(v, conn)
        if homologacao.liberar(conn, achado.id):
            v.auditar("liberar-homologacao", "prestador", achado.codigo, conn=conn)
    return v.ir(f"/prestadores/{achado.codigo}", "Prestador liberado da homologação.")


def _achar(v: Visita, conn: Connection) -> Prestador:
    achado = credenciamento.por_codigo(conn, v.operadora.id, v.parametro("codigo"))
    if achado is None:
        raise nao_ha("prestador")
    return achado


def _pagina(v: Visita, erros: Mapping[str, str]) -> Response:
    with v.leitura() as conn:
        achado = _achar(v, conn)
        politica = acessos.politica_de_senhas(conn, v.operadora.id)
        logins = [(c, vence_em(c, politica)) for c in credenciais.do_prestador(conn, achado)]
        autenticacao = acessos.autenticacao(conn, achado)
        envia_por = credenciamento.por_quem_envia(conn, achado)
    return v.mostrar(
        "prestadores/um.html",
        status=422 if erros else 200,
        prestador=achado,
        logins=logins,
        autenticacao=autenticacao,
        envia_por=envia_por,
        erros=erros,
    )


def _formulario(v: Visita, prestador: Prestador | None, erros: Mapping[str, str]) -> Response:
    return v.mostrar(
        "prestadores/formulario.html",
        status=422 if erros else 200,
        prestador=prestador,
        versoes=tiss_xsd.versoes(),
        erros=erros,
    )


def _ditos(v: Visita) -> dict[str, Any]:
    dados: dict[str, Any] = {nome: v.formulario.texto(nome) for nome in _DO_CADASTRO}
    dados["versoes"] = [
        {
            nome: dito
            for nome, dito in (
                ("versao", versao),
                ("envioAte", v.formulario.texto(f"envio-{versao}")),
                ("consultaAte", v.formulario.texto(f"consulta-{versao}")),
            )
            if dito
        }
        for versao in v.formulario.textos("versoes")
    ]
    return dados
