"""O caminho de um pedido: a sessão, o papel, o formulário, a página, e o que se diz se falha."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from starlette.responses import RedirectResponse, Response

from backoffice.api.problemas import Problema
from backoffice.console import formulario, modelos, pessoas, seguranca
from backoffice.console.erros import PaginaDeErro
from backoffice.console.papeis import Porta
from backoffice.console.pendencias import pendencia
from backoffice.console.visita import Visita
from handlers.entrada import EntradaOcupada
from persistence import sessoes
from persistence.erros import BancoIndisponivel

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.requests import Request

    from backoffice.console.area import Rota
    from backoffice.console.casa import Casa

CORRELACAO = "X-Correlation-Id"
_log = structlog.get_logger("console")
_TITULOS = {
    400: "O pedido não se entende",
    403: "Esta página não é para si",
    404: "Não há nada aqui",
    405: "Isto não se faz assim",
    409: "Algo mudou entretanto",
    413: "Grande demais",
    415: "Formato não aceito",
    422: "Falta corrigir alguma coisa",
    503: "Tente de novo daqui a pouco",
}


class _SemAuditoria(RuntimeError):
    """Uma página com dados de pacientes ia sair sem deixar evento."""


def atender(pedido: Request, casa: Casa, rota: Rota, corpo: bytes, correlacao: str) -> Response:
    """Atende um pedido de uma página; nunca levanta exceção.

    Args:
        pedido: o pedido HTTP.
        casa: o banco e o mais.
        rota: a página.
        corpo: o do formulário.
        correlacao: vai na resposta e no registro.
    """
    visita: Visita | None = None
    try:
        visita = Visita(pedido, casa, rota, formulario.Campos(()), correlacao)
        resposta = _responder(visita, corpo)
    except PaginaDeErro as erro:
        resposta = pagina_de_erro(visita, erro.status, erro.texto, correlacao)
    except Problema as problema:
        resposta = pagina_de_erro(visita, problema.status, problema.detalhe, correlacao)
    except EntradaOcupada:
        texto = "Há muita gente a entrar. Nada do que pediu foi feito; tente de novo."
        resposta = pagina_de_erro(visita, 503, texto, correlacao)
    except BancoIndisponivel:
        texto = f"O sistema não respondeu a tempo. {_e_agora(rota)}"
        resposta = pagina_de_erro(visita, 503, texto, correlacao)
    except Exception as erro:  # noqa: BLE001 - o texto de uma exceção pode trazer dados
        _log.error(
            "erro no console", rota=rota.nome, causa=type(erro).__name__, correlacao=correlacao
        )
        texto = f"Houve um erro nosso. {_e_agora(rota)}"
        resposta = pagina_de_erro(visita, 500, texto, correlacao)
    resposta.headers[CORRELACAO] = correlacao
    seguranca.proteger(pedido, resposta)
    return resposta


def _e_agora(rota: Rota) -> str:
    """O que fazer depois de uma falha que tanto pode ser de antes como de depois de gravar."""
    if rota.metodo == "POST":
        return "O que pediu pode ter sido feito ou não: veja antes de repetir."
    return "Tente de novo."


def _responder(v: Visita, corpo: bytes) -> Response:
    _recusar_nulos(v.pedido.path_params.items())
    _recusar_nulos(v.consulta.pares)
    texto = seguranca.da_sessao(v.pedido)
    _reconhecer(v, texto)
    nova: str | None = None
    if v.sessao is not None and texto is not None:
        v.csrf = seguranca.csrf(texto)
        secreto = texto
    else:
        secreto, falta = seguranca.previa(v.pedido)
        nova = secreto if falta else None
        v.csrf = seguranca.csrf(secreto)
    if v.rota.metodo == "POST":
        _conferir_formulario(v, corpo, secreto)
    desvio = _desviar(v)
    resposta = desvio if desvio is not None else v.rota.funcao(v)
    if v.rota.pacientes and desvio is None and resposta.status_code == 200 and not v.auditou:
        raise _SemAuditoria(v.rota.nome)
    if v.pessoa is None:
        if nova is not None:
            seguranca.por_previa(v.pedido, resposta, nova)
        if texto is not None:
            seguranca.tirar_sessao(v.pedido, resposta)
    return resposta


def _reconhecer(v: Visita, texto: str | None) -> None:
    """Acha quem entrou; a sessão que já não vale é como se não houvesse."""
    if texto is None:
        return
    ajustes = v.casa.ajustes
    with v.casa.banco.leitura() as conn:
        sessao = sessoes.achar(conn, texto)
        if sessao is None or not sessao.vale(v.agora, ajustes.ociosa, ajustes.maxima):
            return
        pessoa = pessoas.da_sessao(conn, sessao)
    if pessoa is None:
        return
    v.sessao, v.pessoa = sessao, pessoa
    if sessao.uso_por_anotar(v.agora):
        with v.casa.banco.escrita() as conn:
            sessoes.tocar(conn, sessao, v.agora)


def _conferir_formulario(v: Visita, corpo: bytes, secreto: str) -> None:
    if not seguranca.da_mesma_origem(v.pedido):
        raise PaginaDeErro(403, "O formulário não veio deste console.")
    v.formulario = formulario.ler(v.pedido.headers.get("content-type", ""), corpo)
    _recusar_nulos(v.formulario.pares)
    dito = v.pedido.headers.get(seguranca.CABECALHO_CSRF)
    if not seguranca.csrf_confere(secreto, dito or v.formulario.cru(seguranca.CAMPO_CSRF)):
        texto = "A página ficou aberta tempo demais. Abra-a de novo e repita o que fez."
        raise PaginaDeErro(403, texto)


def _recusar_nulos(pares: Iterable[tuple[str, str]]) -> None:
    # o PostgreSQL não guarda nem procura textos com NUL
    if any("\0" in nome or "\0" in valor for nome, valor in pares):
        raise PaginaDeErro(400, "O que pediu tem um caractere que não se aceita.")


def _desviar(v: Visita) -> Response | None:
    """A resposta em lugar da página, quando ainda não se pode abri-la; ``None`` se já se pode.

    Raises:
        PaginaDeErro: 403, quem entrou não a pode abrir.
    """
    para = v.rota.para
    if para is Porta.PUBLICA:
        return None
    if v.pessoa is None or v.sessao is None:
        return _entrar(v)
    falta = pendencia(v.pessoa, v.sessao, v.casa.ajustes, v.agora)
    if falta is not None and v.rota.nome not in falta.rotas:
        return RedirectResponse(v.url(falta.caminho), 303)
    if isinstance(para, frozenset) and not para & v.pessoa.papeis:
        raise PaginaDeErro(403, "O seu acesso não inclui esta página. Peça-o a quem o convidou.")
    return None


def _entrar(v: Visita) -> Response:
    destino = v.pedido.url.path.removeprefix(seguranca.RAIZ) if v.rota.metodo == "GET" else ""
    if v.htmx:
        # um pedaço de página não pode ser a página de entrada
        return Response(None, 401, headers={"HX-Redirect": v.url("/entrar")})
    return RedirectResponse(v.url("/entrar", depois=destino if destino != "/" else ""), 303)


def pagina_de_erro(v: Visita | None, status: int, texto: str, correlacao: str) -> Response:
    """A página que diz o que impediu outra.

    Args:
        v: a visita, se chegou a haver; dá o menu de quem entrou.
        status: situação HTTP.
        texto: o que está errado e o que fazer.
        correlacao: o que dizer a quem dá suporte.
    """
    titulo = _TITULOS.get(status, "Houve um erro nosso")
    corpo = modelos.ambiente().get_template("erros/erro.html").render(
        v=v, csrf="" if v is None else v.csrf, recados=[], titulo=titulo, texto=texto,
        correlacao=correlacao, status=status,
    )  # fmt: skip
    resposta = Response(corpo, status, media_type="text/html; charset=utf-8")
    if status == 503:
        resposta.headers["Retry-After"] = "5"
    return resposta
