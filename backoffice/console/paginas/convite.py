"""O convite: o que dá, aceitá-lo com senha nova ou juntá-lo à conta que já tem senha."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backoffice.console import seguranca
from backoffice.console.paginas.entrada import RECUSADA, anotar, area
from backoffice.console.papeis import Porta
from handlers import contas as casos_de_contas
from handlers import usuarios as casos_de_usuarios
from handlers.entrada import EntradaRecusada, confirmar
from handlers.rotacao import SenhaRecusada
from persistence import contas, convites_de_contas, usuarios

if TYPE_CHECKING:
    from starlette.responses import Response

    from backoffice.console.visita import Visita
    from persistence.convites_de_contas import Convidada
    from persistence.usuarios import Usuario

_DE_CONTA = (convites_de_contas.DE_ACESSO, convites_de_contas.DE_SENHA)


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
    except casos_de_contas.SoComASenha:
        return _mostrar_convite(v, {"atual": "é com ela que este convite se aceita"}, status=422)
    except SenhaRecusada as motivo:
        return _mostrar_convite(v, {"senha": str(motivo)}, status=422)
    resposta = v.mostrar("entrada/aceito.html")
    seguranca.tirar_sessao(v.pedido, resposta)
    return resposta


def _mostrar_convite(v: Visita, erros: dict[str, str], status: int = 200) -> Response:
    texto = v.parametro("texto")
    usuario: Usuario | None = None
    convidada: Convidada | None = None
    so_juntar = False
    so_senha = texto.startswith(convites_de_contas.DE_SENHA)
    with v.casa.banco.leitura() as conn:
        if texto.startswith(_DE_CONTA):
            convidada = convites_de_contas.ver(conn, texto, v.agora)
            if convidada is not None and not so_senha:
                so_juntar = contas.serve_a_outra(conn, convidada.conta, convidada.operadora.id)
        else:
            usuario = usuarios.ver_convite(conn, texto, v.agora)
    if usuario is None and convidada is None:
        return v.mostrar("entrada/convite_invalido.html", status=404)
    return v.mostrar(
        "entrada/convite.html", status=status, usuario=usuario, convidada=convidada, erros=erros,
        so_juntar=so_juntar, so_senha=so_senha,
    )  # fmt: skip


def _aceitar_com_senha(v: Visita, senha: str) -> None:
    texto = v.parametro("texto")
    with v.casa.banco.escrita() as conn:
        if not texto.startswith(_DE_CONTA):
            usuario = casos_de_usuarios.aceitar(conn, texto, senha, v.agora)
            ato = ("aceitar-convite", "usuario", usuario.id)
            anotar(v, conn, f"usuario {usuario.id}", usuario.operadora_id, ato)
            return
        convidada = convites_de_contas.ver(conn, texto, v.agora)
        conta = casos_de_contas.aceitar(conn, texto, senha, v.agora)
        operadora_id = None if convidada is None else convidada.operadora.id
        ato = ("aceitar-convite", "conta", conta.id)
        anotar(v, conn, f"conta {conta.id}", operadora_id, ato)


def _juntar(v: Visita) -> Response:
    texto = v.parametro("texto")
    with v.casa.banco.leitura() as conn:
        convidada = convites_de_contas.ver(conn, texto, v.agora)
    if convidada is None:
        return _mostrar_convite(v, {}, status=404)
    conta = convidada.conta
    try:
        provado = v.casa.entrada.provar(conta, v.formulario.cru("atual"), v.endereco, v.agora)
        with v.casa.banco.escrita() as conn:
            confirmar(conn, provado)
            casos_de_contas.juntar(conn, texto, conta, v.agora)
            ato = ("aceitar-convite", "conta", conta.id)
            anotar(v, conn, f"conta {conta.id}", convidada.operadora.id, ato)
    except EntradaRecusada:
        return _mostrar_convite(v, {"atual": RECUSADA}, status=422)
    except casos_de_contas.ConviteInvalido:
        return _mostrar_convite(v, {}, status=404)
    return v.mostrar("entrada/aceito.html")
