"""A senha, o segundo fator e as sessões de quem entrou."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import segno
from starlette.responses import Response

from backoffice.console import seguranca
from backoffice.console.area import Area
from backoffice.console.erros import nao_ha
from backoffice.console.filtros import Leitor
from backoffice.console.papeis import DA_OPERADORA, PRESTADOR, Papel, Porta
from handlers import contas as casos_de_contas
from handlers import segundo_fator
from handlers import usuarios as casos_de_usuarios
from handlers.entrada import EntradaRecusada, confirmar
from handlers.rotacao import SenhaRecusada
from persistence import contas, sessoes
from persistence.contas import Conta

if TYPE_CHECKING:
    from backoffice.console.visita import Visita
    from persistence.usuarios import Usuario

area = Area("minha_conta")
_NAO_CONFERE = "não confere, ou houve tentativas demais; espere uns minutos"


@area.pagina("/minha-conta", para=Porta.PESSOA)
def mostrar(v: Visita) -> Response:
    """Quem entrou, como se protege e onde mais está."""
    return _mostrar(v, {})


@area.formulario("/minha-conta/dados", para=PRESTADOR)
def mudar_dados(v: Visita) -> Response:
    """Muda o tipo e os e-mails da conta de um prestador."""
    conta = v.quem.conta
    assert conta is not None  # noqa: S101 - a página é de prestadores
    leitor = Leitor(v.formulario)
    email = leitor.email("email")
    outro = leitor.email("email_secundario", obrigatorio=False)
    tipo = leitor.um_de("tipo", *casos_de_contas.TIPOS)
    if email is not None and email != v.formulario.texto("confirmacao"):
        leitor.erros["confirmacao"] = "não é igual ao e-mail"
    if leitor.erros or email is None:
        return _mostrar(v, leitor.erros, status=422)
    with v.escrita() as conn:
        contas.mudar(conn, conta, email=email, email_secundario=outro, tipo=tipo or conta.tipo)
        v.auditar("mudar", "conta", str(conta.id), conn=conn)
    return v.ir("/minha-conta", "Dados gravados.")


@area.formulario("/minha-conta/sessoes", para=Porta.PESSOA)
def sair_de_tudo(v: Visita) -> Response:
    """Acaba com todas as outras sessões."""
    assert v.sessao is not None  # noqa: S101 - a página é de quem entrou
    with v.escrita() as conn:
        quantas = sessoes.encerrar_todas(conn, **_dono(v), menos=v.sessao.id)
        v.auditar("encerrar-sessoes", "sessao", v.quem.na_auditoria, conn=conn, quantas=quantas)
    return v.ir("/minha-conta", f"Sessões encerradas: {quantas}. Só esta continua aberta.")


@area.pagina("/minha-conta/senha", para=Porta.PESSOA)
def senha(v: Visita) -> Response:
    """Pede a senha atual e a nova."""
    return _mostrar_senha(v, {})


@area.formulario("/minha-conta/senha", para=Porta.PESSOA)
def trocar_senha(v: Visita) -> Response:
    """Troca a senha, dá à sessão outro texto e acaba com as outras."""
    assert v.sessao is not None  # noqa: S101 - a página é de quem entrou
    nova = v.formulario.cru("senha")
    if nova != v.formulario.cru("confirmacao"):
        return _mostrar_senha(v, {"confirmacao": "não é igual à senha nova"}, status=422)
    dono = v.quem.dono
    try:
        provado = v.casa.entrada.provar(dono, v.formulario.cru("atual"), v.endereco, v.agora)
        with v.escrita() as conn:
            confirmar(conn, provado)
            if isinstance(dono, Conta):
                casos_de_contas.trocar_senha(conn, dono, nova, v.agora)
            else:
                casos_de_usuarios.trocar_senha(conn, dono, nova, v.agora)
            sessoes.encerrar_todas(conn, **_dono(v), menos=v.sessao.id)
            texto = sessoes.girar(conn, v.sessao)
            v.auditar("trocar-senha", "pessoa", v.quem.na_auditoria, conn=conn)
    except EntradaRecusada:
        return _mostrar_senha(v, {"atual": _NAO_CONFERE}, status=422)
    except SenhaRecusada as motivo:
        return _mostrar_senha(v, {"senha": str(motivo)}, status=422)
    resposta = v.ir("/minha-conta", "A senha mudou, e as outras sessões acabaram.")
    seguranca.por_sessao(v.pedido, resposta, texto)
    return resposta


@area.pagina("/minha-conta/segundo-fator", para=DA_OPERADORA)
def configurar(v: Visita) -> Response:
    """Mostra o segredo a ler com o aplicativo; quem já o configurou pode tirá-lo."""
    if v.quem.tem_segundo_fator:
        return v.mostrar("minha_conta/segundo_fator_ativo.html", erros={})
    with v.escrita() as conn:
        segredo = segundo_fator.pendente(conn, _usuario(v))
        segredo = segredo or segundo_fator.preparar(conn, _usuario(v))
    return v.mostrar("minha_conta/segundo_fator.html", segredo=segredo, erros={})


@area.pagina("/minha-conta/segundo-fator/qr.svg", para=DA_OPERADORA)
def qr(v: Visita) -> Response:
    """O segredo pendente como código QR."""
    with v.escrita() as conn:
        segredo = segundo_fator.pendente(conn, _usuario(v))
    if segredo is None:
        raise nao_ha("segundo fator por confirmar")
    saida = io.BytesIO()
    endereco = segundo_fator.endereco(_usuario(v), v.operadora, segredo)
    segno.make(endereco, error="m").save(saida, kind="svg", scale=5, light="white", xmldecl=False)
    return Response(saida.getvalue(), media_type="image/svg+xml")


@area.formulario("/minha-conta/segundo-fator", para=DA_OPERADORA)
def ativar(v: Visita) -> Response:
    """Confirma o segredo com um código e mostra, uma vez, os de recuperação."""
    assert v.sessao is not None  # noqa: S101 - a página é de quem entrou
    usuario = _usuario(v)
    with v.escrita() as conn:
        codigos = segundo_fator.ativar(conn, usuario, v.formulario.texto("codigo"), v.agora)
        if codigos is not None:
            sessoes.encerrar_todas(conn, **_dono(v), menos=v.sessao.id)
            texto = sessoes.girar(conn, v.sessao)
            v.auditar("ativar-segundo-fator", "usuario", str(usuario.id), conn=conn)
        segredo = segundo_fator.pendente(conn, usuario)
    if codigos is None:
        erros = {"codigo": "não confere; veja se a hora do aparelho está certa"}
        return v.mostrar("minha_conta/segundo_fator.html", status=422, segredo=segredo, erros=erros)
    # os formulários desta página já são os da sessão nova
    v.csrf = seguranca.csrf(texto)
    resposta = v.mostrar("minha_conta/recuperacao.html", codigos=codigos)
    seguranca.por_sessao(v.pedido, resposta, texto)
    return resposta


@area.formulario("/minha-conta/segundo-fator/tirar", para=DA_OPERADORA)
def tirar(v: Visita) -> Response:
    """Tira o segundo fator de quem prova outra vez a senha; acabam todas as sessões."""
    usuario = _usuario(v)
    try:
        provado = v.casa.entrada.provar(usuario, v.formulario.cru("atual"), v.endereco, v.agora)
        with v.escrita() as conn:
            confirmar(conn, provado)
            segundo_fator.desligar(conn, usuario)
            v.auditar("tirar-segundo-fator", "usuario", str(usuario.id), conn=conn)
    except EntradaRecusada:
        erros = {"atual": _NAO_CONFERE}
        return v.mostrar("minha_conta/segundo_fator_ativo.html", status=422, erros=erros)
    v.sessao = None
    return v.ir("/entrar")


def _mostrar(v: Visita, erros: dict[str, str], status: int = 200) -> Response:
    with v.leitura() as conn:
        abertas = sessoes.abertas(conn, **_dono(v))
        falam = (
            contas.do_prestador(conn, v.operadora.id, v.prestador.id, v.agora)
            if v.pode(Papel.PRESTADOR)
            else ()
        )
    return v.mostrar(
        "minha_conta/mostrar.html",
        status=status,
        abertas=abertas,
        falam=falam,
        erros=erros,
        campos=v.formulario if erros else None,
        tipos=[(tipo, tipo) for tipo in casos_de_contas.TIPOS],
    )


def _mostrar_senha(v: Visita, erros: dict[str, str], status: int = 200) -> Response:
    vencida = v.quem.dono.senha_vencida(v.agora)
    return v.mostrar("minha_conta/senha.html", status=status, erros=erros, vencida=vencida)


def _dono(v: Visita) -> dict[str, int]:
    dono = v.quem.dono
    return {"conta_id": dono.id} if isinstance(dono, Conta) else {"usuario_id": dono.id}


def _usuario(v: Visita) -> Usuario:
    assert v.quem.usuario is not None  # noqa: S101 - a página é de quem é da operadora
    return v.quem.usuario
