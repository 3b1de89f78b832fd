"""O que protege cada resposta e cada formulário: cabeçalhos, cookie da sessão, CSRF, origem."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

RAIZ = "/console"
EXTENSAO = "tiss"
"""Extensão do escopo em que quem monta o console diz o endereço público do pedido."""

CAMPO_CSRF = "csrf"
CABECALHO_CSRF = "x-csrf"

_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_SEGURANCA = {
    "Content-Security-Policy": _CSP,
    "X-Content-Type-Options": "nosniff",
    # sem isto os formulários sairiam com Origin: null
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
_UM_ANO = "max-age=31536000"


def seguro(pedido: Request) -> bool:
    """Se o endereço público do pedido é https."""
    return base(pedido).startswith("https://")


def base(pedido: Request) -> str:
    """O endereço público do pedido, sem barra final."""
    dita = pedido.scope.get("extensions", {}).get(EXTENSAO, {}).get("base")
    return dita or f"{pedido.url.scheme}://{pedido.headers.get('host', '')}"


def proteger(pedido: Request, resposta: Response) -> None:
    """Põe os cabeçalhos que toda resposta tem; o que ela já diz fica."""
    for nome, valor in _SEGURANCA.items():
        resposta.headers.setdefault(nome, valor)
    resposta.headers.setdefault("Cache-Control", "no-store")
    if seguro(pedido):
        resposta.headers.setdefault("Strict-Transport-Security", _UM_ANO)


# --- cookies ----------------------------------------------------------------------------------


def da_sessao(pedido: Request) -> str | None:
    """O texto da sessão que o navegador apresenta."""
    return pedido.cookies.get(_nome(pedido, "sessao"))


def por_sessao(pedido: Request, resposta: Response, texto: str) -> None:
    """Manda o navegador apresentar uma sessão, até que se feche."""
    _por(pedido, resposta, "sessao", texto)
    _tirar(pedido, resposta, "previa")


def tirar_sessao(pedido: Request, resposta: Response) -> None:
    """Manda o navegador esquecer a sessão."""
    _tirar(pedido, resposta, "sessao")


def previa(pedido: Request) -> tuple[str, bool]:
    """O que identifica um navegador em que ninguém entrou ainda, e se é preciso mandar-lho."""
    dito = pedido.cookies.get(_nome(pedido, "previa"))
    if dito is not None and len(dito) == 43 and dito.isascii():
        return dito, False
    return secrets.token_urlsafe(32), True


def por_previa(pedido: Request, resposta: Response, texto: str) -> None:
    """Dá ao navegador o que o identifica antes de alguém entrar."""
    _por(pedido, resposta, "previa", texto)


def _nome(pedido: Request, qual: str) -> str:
    # com __Host- nenhum outro endereço, nem outro servidor do mesmo domínio, o pode pôr
    return f"__Host-tiss-{qual}" if seguro(pedido) else f"tiss-{qual}"


def _por(pedido: Request, resposta: Response, qual: str, texto: str) -> None:
    resposta.set_cookie(
        _nome(pedido, qual),
        texto,
        path="/",
        secure=seguro(pedido),
        httponly=True,
        samesite="lax" if qual == "sessao" else "strict",
    )


def _tirar(pedido: Request, resposta: Response, qual: str) -> None:
    resposta.delete_cookie(_nome(pedido, qual), path="/", secure=seguro(pedido), httponly=True)


# --- formulários ------------------------------------------------------------------------------


def csrf(texto: str) -> str:
    """O que um formulário tem de trazer, feito do que o cookie traz e que não se lê dele."""
    return hmac.digest(texto.encode(), b"tiss-gateway csrf", hashlib.sha256).hex()


def csrf_confere(texto: str, dito: str | None) -> bool:
    """Se o que o formulário trouxe é o deste navegador."""
    return dito is not None and hmac.compare_digest(csrf(texto).encode(), dito.encode())


def da_mesma_origem(pedido: Request) -> bool:
    """Se o formulário veio de uma página deste console."""
    origem = pedido.headers.get("origin")
    if origem is None:
        return pedido.headers.get("sec-fetch-site") == "same-origin"
    try:
        return urlsplit(origem)[:2] == urlsplit(base(pedido))[:2]
    except ValueError:
        return False
