"""``/api/v1/prestadores/{codigo}/...``: por quem envia, e os logins com que entra."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from backoffice.api import atos, formas
from backoffice.api.atos import Feito
from backoffice.api.autorizacao import ComAdmin
from backoffice.api.base import da
from backoffice.api.cadastro import PrestadorInteiro, achar, inteiro
from backoffice.api.cadastro_campos import Login
from backoffice.api.campos import Pedido
from backoffice.api.formas import Forma, Instante
from backoffice.api.problemas import Problema, de_campo, nao_ha
from handlers import rotacao
from handlers.vencimento import vence_em
from persistence import acessos, credenciais, credenciamento, prestadores

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from persistence.acessos import PoliticaDeSenhas
    from persistence.prestadores import Credencial

rotas = APIRouter(tags=["cadastro"])


class NovaSenha(Pedido):
    """Um login e a sua senha, como se digita."""

    login: Login
    senha: Annotated[str, Field(min_length=1, max_length=128)]
    anterior_vale_horas: Annotated[int, Field(ge=0, le=2160)] = Field(
        0, description="Por quantas horas a senha de antes também vale."
    )


class CredencialMostrada(Forma):
    """Um login, sem a sua senha."""

    login: str
    ativa: bool
    desde: Instante
    vence_em: Instante | None
    anterior_ate: Instante | None


class Credenciais(Forma):
    """Os logins de um prestador e o que se exige dele."""

    autenticacao: str
    credenciais: list[CredencialMostrada]


@rotas.put(
    "/prestadores/{codigo}/envia-por/{executante}",
    response_model=PrestadorInteiro,
    summary="Deixar enviar por outro",
)
async def permitir(pedido: Request, codigo: str, executante: str, quem: ComAdmin) -> Response:
    """Deixa um prestador enviar guias de outro; repetir não muda nada."""

    def gravar(conn: Connection) -> PrestadorInteiro:
        remetente, outro = achar(conn, quem, codigo), achar(conn, quem, executante)
        if remetente.id == outro.id:
            raise Problema(409, "Todo prestador já envia por si mesmo.")
        prestadores.permitir_envio(conn, remetente.id, outro.id)
        atos.registrar(conn, quem, "permitir-envio", ("prestador", codigo), executante=outro.codigo)
        return inteiro(conn, remetente)

    return formas.resposta(await da(pedido).gravar(gravar))


@rotas.delete(
    "/prestadores/{codigo}/envia-por/{executante}",
    response_model=PrestadorInteiro,
    summary="Não deixar mais enviar por outro",
)
async def proibir(pedido: Request, codigo: str, executante: str, quem: ComAdmin) -> Response:
    """Um prestador deixa de poder enviar guias de outro; repetir não muda nada."""

    def gravar(conn: Connection) -> PrestadorInteiro:
        remetente, outro = achar(conn, quem, codigo), achar(conn, quem, executante)
        credenciamento.proibir_envio(conn, remetente, outro)
        atos.registrar(conn, quem, "proibir-envio", ("prestador", codigo), executante=outro.codigo)
        return inteiro(conn, remetente)

    return formas.resposta(await da(pedido).gravar(gravar))


@rotas.get("/prestadores/{codigo}/credenciais", response_model=Credenciais, summary="Logins")
async def listar(pedido: Request, codigo: str, quem: ComAdmin) -> Response:
    """Os logins de um prestador e os prazos das senhas, nunca as senhas."""

    def ler(conn: Connection) -> Credenciais:
        prestador = achar(conn, quem, codigo)
        politica = acessos.politica_de_senhas(conn, quem.operadora.id)
        return Credenciais(
            autenticacao=acessos.autenticacao(conn, prestador),
            credenciais=[_mostrada(c, politica) for c in credenciais.do_prestador(conn, prestador)],
        )

    return formas.resposta(await da(pedido).ler(ler))


@rotas.post(
    "/prestadores/{codigo}/credenciais",
    response_model=CredencialMostrada,
    summary="Criar um login ou trocar a senha",
)
async def trocar(pedido: Request, codigo: str, quem: ComAdmin, corpo: NovaSenha) -> Response:
    """Dá a um login a sua senha, ou uma nova; pode deixar a de antes valer por um tempo."""
    base = da(pedido)
    janela = timedelta(hours=corpo.anterior_vale_horas) or None

    def gravar(conn: Connection) -> CredencialMostrada:
        prestador = achar(conn, quem, codigo)
        try:
            nova = rotacao.trocar(
                conn,
                prestador,
                corpo.login,
                corpo.senha,
                agora=base.relogio(),
                anterior_vale=janela,
            )
        except rotacao.SenhaRecusada as motivo:
            raise de_campo("senha", str(motivo)) from None
        except rotacao.LoginDeOutro:
            raise Problema(409, "O login é de outro prestador desta operadora.") from None
        atos.registrar(conn, quem, "trocar-senha", ("prestador", codigo), login=nova.login_normal)
        return _mostrada(nova, acessos.politica_de_senhas(conn, quem.operadora.id))

    return formas.resposta(await base.gravar(gravar))


@rotas.delete(
    "/prestadores/{codigo}/credenciais/{login}", response_model=Feito, summary="Revogar um login"
)
async def revogar(pedido: Request, codigo: str, login: str, quem: ComAdmin) -> Response:
    """Faz um login deixar de valer já; o prestador continua a precisar de um."""

    def gravar(conn: Connection) -> None:
        prestador = achar(conn, quem, codigo)
        try:
            rotacao.revogar(conn, prestador, login)
        except rotacao.LoginDesconhecido:
            raise nao_ha("login") from None
        normal = prestadores.login_normal(login)
        atos.registrar(conn, quem, "revogar-credencial", ("prestador", codigo), login=normal)

    await da(pedido).gravar(gravar)
    return formas.resposta(Feito())


def _mostrada(credencial: Credencial, politica: PoliticaDeSenhas) -> CredencialMostrada:
    return CredencialMostrada(
        login=credencial.login_normal,
        ativa=credencial.ativa,
        desde=credencial.trocada_em or credencial.criada_em,
        vence_em=vence_em(credencial, politica),
        anterior_ate=credencial.anterior_ate,
    )
