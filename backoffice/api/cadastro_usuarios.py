"""``/api/v1/usuarios``: as pessoas da operadora e os seus convites."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter
from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError
from starlette.requests import Request
from starlette.responses import Response

from backoffice.api import atos, formas
from backoffice.api.atos import Feito
from backoffice.api.autorizacao import ComAdmin
from backoffice.api.base import PORTA, da
from backoffice.api.cadastro_campos import Nome
from backoffice.api.campos import Pedido
from backoffice.api.chaves import ler_chave
from backoffice.api.formas import Forma, Instante
from backoffice.api.problemas import Problema, de_campo, nao_ha
from handlers import usuarios as casos
from handlers.rotacao import SenhaRecusada
from persistence import auditoria, usuarios
from persistence.tokens import Escopo

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from handlers.usuarios import Convite
    from persistence.usuarios import Usuario

rotas = APIRouter(tags=["usuários"])
_PODE_MAIS = "Só convida ou muda os escopos de uma pessoa quem tem todos os que ela tem."
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+")


def _email(valor: Any) -> Any:
    if isinstance(valor, str) and not (
        _EMAIL.fullmatch(valor) and valor.isascii() and valor.isprintable()
    ):
        raise PydanticCustomError("texto", "não é um e-mail")
    return valor


class NovoConvite(Pedido):
    """Quem se convida e o que poderá fazer."""

    email: Annotated[str, BeforeValidator(_email), Field(max_length=254)]
    nome: Nome
    escopos: Annotated[list[Escopo], Field(min_length=1, max_length=len(Escopo))]


class Aceite(Pedido):
    """O convite e a senha que a pessoa escolhe."""

    convite: Annotated[str, Field(min_length=1, max_length=100)]
    senha: Annotated[str, Field(min_length=1, max_length=128)]


class MudancaDeUsuario(Pedido):
    """O que mudar numa pessoa; o que não se diz fica como está."""

    nome: Nome | None = None
    escopos: Annotated[list[Escopo], Field(min_length=1, max_length=len(Escopo))] | None = None
    ativo: bool | None = None


class UsuarioMostrado(Forma):
    """Uma pessoa da operadora."""

    id: str
    email: str
    nome: str
    escopos: list[str]
    ativo: bool
    criado_em: Instante
    senha_desde: Instante | None
    senha_vencida: bool


class ConviteFeito(UsuarioMostrado):
    """A pessoa convidada e o convite, que não se mostra de novo."""

    convite: str


class Usuarios(Forma):
    """As pessoas da operadora."""

    usuarios: list[UsuarioMostrado]


@rotas.get("/usuarios", response_model=Usuarios, summary="Usuários")
async def listar(pedido: Request, quem: ComAdmin) -> Response:
    """As pessoas da operadora, inativas e convidadas inclusive."""
    base = da(pedido)
    lidos = await base.ler(lambda conn: usuarios.listar(conn, quem.operadora.id))
    prontos = [UsuarioMostrado(**_campos(u, base.relogio())) for u in lidos]
    return formas.resposta(Usuarios(usuarios=prontos))


@rotas.post("/usuarios/convites", response_model=ConviteFeito, summary="Convidar")
async def convidar(pedido: Request, quem: ComAdmin, corpo: NovoConvite) -> Response:
    """Convida uma pessoa; o convite vale sete dias, uma só vez, e só se mostra aqui.

    A quem já existe dá-se outro convite, com que escolhe uma senha nova.
    """
    base = da(pedido)
    if set(corpo.escopos) - quem.escopos:
        raise Problema(403, "Só se dão os escopos que o próprio token tem.")

    def gravar(conn: Connection) -> Convite:
        try:
            feito = casos.convidar(
                conn,
                quem.operadora.id,
                email=corpo.email,
                nome=corpo.nome,
                escopos=set(corpo.escopos),
                agora=base.relogio(),
                alcance=quem.escopos,
            )
        except casos.PodeMais:
            raise Problema(403, _PODE_MAIS) from None
        atos.registrar(
            conn, quem, "convidar", ("usuario", str(feito.usuario.id)),
            escopos=sorted(corpo.escopos),
        )  # fmt: skip
        return feito

    feito = await base.gravar(gravar)
    return formas.resposta(
        ConviteFeito(**_campos(feito.usuario, base.relogio()), convite=feito.texto)
    )


@rotas.post("/usuarios/convites/aceite", response_model=Feito, summary="Aceitar um convite")
async def aceitar(pedido: Request, corpo: Aceite) -> Response:
    """Cria a senha de quem foi convidado; não usa token, que o convite faz as vezes dele."""
    base = da(pedido)

    def gravar(conn: Connection) -> None:
        try:
            usuario = casos.aceitar(conn, corpo.convite, corpo.senha, base.relogio())
        except casos.ConviteInvalido:
            raise Problema(404, "O convite não existe, expirou ou já se usou.") from None
        except SenhaRecusada as motivo:
            raise de_campo("senha", str(motivo)) from None
        auditoria.registrar(
            conn,
            operadora_id=usuario.operadora_id,
            quem=f"usuario {usuario.id}",
            porta=PORTA,
            acao="aceitar-convite",
            alvo_tipo="usuario",
            alvo=str(usuario.id),
            detalhes={"endereco": pedido.client.host if pedido.client else ""},
        )

    await base.gravar(gravar)
    return formas.resposta(Feito())


@rotas.patch("/usuarios/{id}", response_model=UsuarioMostrado, summary="Mudar um usuário")
async def mudar(pedido: Request, id: str, quem: ComAdmin, corpo: MudancaDeUsuario) -> Response:  # noqa: A002
    """Muda o nome ou os escopos, desliga ou volta a ligar."""
    base = da(pedido)
    mudancas = corpo.model_dump(exclude_none=True)
    if set(corpo.escopos or ()) - quem.escopos:
        raise Problema(403, "Só se dão os escopos que o próprio token tem.")

    def gravar(conn: Connection) -> Usuario:
        achado = usuarios.por_id(conn, quem.operadora.id, ler_chave(id, "usuário"))
        if achado is None:
            raise nao_ha("usuário")
        try:
            mudado = casos.mudar(conn, achado, mudancas, base.relogio(), alcance=quem.escopos)
        except casos.PodeMais:
            raise Problema(403, _PODE_MAIS) from None
        atos.registrar(conn, quem, "mudar", ("usuario", str(mudado.id)), campos=sorted(mudancas))
        return mudado

    mudado = await base.gravar(gravar)
    return formas.resposta(UsuarioMostrado(**_campos(mudado, base.relogio())))


def _campos(u: Usuario, agora: Any) -> dict[str, Any]:
    return {
        "id": str(u.id),
        "email": u.email,
        "nome": u.nome,
        "escopos": sorted(u.escopos),
        "ativo": u.ativo,
        "criado_em": u.criado_em,
        "senha_desde": u.trocada_em,
        "senha_vencida": u.senha_vencida(agora),
    }
