"""``/api/v1/docs``: os endereços da API numa página simples, que não pede nada a ninguém."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CABECALHOS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
_ESTILO = (
    "body{font-family:sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;line-height:1.5}"
    "h2{font-family:monospace;font-size:1.1rem;margin-top:2rem;border-top:1px solid #999}"
    "table{border-collapse:collapse}td,th{border:1px solid #999;padding:.2rem .5rem;"
    "text-align:left;vertical-align:top}"
)


def pagina(openapi: Mapping[str, Any]) -> str:
    """A página, feita do documento OpenAPI."""
    informacao = openapi["info"]
    return (
        '<!DOCTYPE html><html lang="pt-BR"><head><meta charset="utf-8">'
        f"<title>{escape(informacao['title'])}</title><style>{_ESTILO}</style></head><body>"
        f"<h1>{escape(informacao['title'])}</h1><p>{escape(informacao['description'])}</p>"
        '<p>O documento inteiro: <a href="openapi.json">openapi.json</a>.</p>'
        f"{''.join(_enderecos(openapi))}</body></html>"
    )


def _enderecos(openapi: Mapping[str, Any]) -> Iterator[str]:
    for caminho, metodos in openapi["paths"].items():
        for metodo, operacao in metodos.items():
            descricao = operacao.get("description") or operacao.get("summary", "")
            paragrafos = "".join(f"<p>{escape(p)}</p>" for p in descricao.split("\n\n"))
            parametros = "".join(_parametro(p) for p in operacao.get("parameters", ()))
            yield f"<h2>{metodo.upper()} {escape(caminho)}</h2>{paragrafos}"
            if parametros:
                yield (
                    "<table><tr><th>Campo</th><th>Onde</th><th>O que é</th></tr>"
                    f"{parametros}</table>"
                )


def _parametro(parametro: Mapping[str, Any]) -> str:
    onde = {"query": "consulta", "path": "endereço"}.get(parametro["in"], "cabeçalho")
    texto = parametro.get("description", "")
    return (
        f"<tr><td><code>{escape(parametro['name'])}</code></td><td>{onde}</td>"
        f"<td>{escape(texto)}</td></tr>"
    )
