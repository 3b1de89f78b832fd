"""Uma folha em HTML: uma página que não pede nada a ninguém e que se imprime em A4."""

from __future__ import annotations

import base64
import hashlib
from html import escape
from typing import TYPE_CHECKING

from backoffice.impressos import formatos
from backoffice.impressos.folha import Assinaturas, Ficha, Tabela, Texto, rotulado

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from backoffice.impressos.folha import Bloco, Campo, Folha

_ESTILO = """
body{font:11px/1.35 Helvetica,Arial,sans-serif;color:#000;background:#fff;margin:1rem}
h1{font-size:15px;margin:0 0 .4rem}
h2{font-size:11px;background:#ddd;margin:.6rem 0 .2rem;padding:.15rem .3rem;break-after:avoid}
table{border-collapse:collapse;width:100%}
.folha>thead>tr>td,.folha>tbody>tr>td{padding:0 0 .4rem}
.folha{break-after:page}
.folha:last-of-type{break-after:auto}
.dados th,.dados td{border:1px solid #777;padding:.1rem .25rem;text-align:left;vertical-align:top;
overflow-wrap:anywhere}
.dados th{background:#eee;font-weight:bold}
.a-mao td{height:5mm}
.dados .v{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
thead{display:table-header-group}
tr{break-inside:avoid}
.folha>tbody>tr{break-inside:auto}
dl{display:flex;flex-wrap:wrap;gap:.2rem;margin:0}
dl div{border:1px solid #777;padding:.1rem .25rem;flex:1 1 9rem;break-inside:avoid}
dl.total div{background:#eee;font-weight:bold}
dt{font-size:9px;color:#333}
dd{margin:0;min-height:1.3em;overflow-wrap:anywhere}
.assinaturas{display:flex;gap:2rem;margin-top:3.5rem;break-inside:avoid}
.assinaturas p{flex:1;border-top:1px solid #000;text-align:center;padding-top:.2rem}
@page{size:A4;margin:10mm;@bottom-right{content:"Pág. " counter(page) "/" counter(pages);
font:9px Helvetica,Arial,sans-serif}}
@page deitada{size:A4 landscape}
.deitada{page:deitada}
@media print{body{margin:0}h2,.dados th,dl.total div{print-color-adjust:exact}}
"""
_DIGEST = base64.b64encode(hashlib.sha256(_ESTILO.encode()).digest()).decode()

CABECALHOS = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_DIGEST}'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
"""Nada se executa nem se busca: só o estilo da própria página vale."""


def escrever(folhas: Sequence[Folha]) -> bytes:
    """As folhas numa página em UTF-8, cada uma a começar em papel novo."""
    titulo = escape(folhas[0].titulo)
    return (
        '<!DOCTYPE html><html lang="pt-BR"><head><meta charset="utf-8">'
        f"<title>{titulo}</title><style>{_ESTILO}</style></head><body>"
        f"{''.join(_folha(folha) for folha in folhas)}</body></html>"
    ).encode()


def _folha(folha: Folha) -> str:
    # a tabela de fora não é de dados: é o que faz o navegador repetir o cabeçalho em cada página
    classe = "folha deitada" if folha.deitada else "folha"
    return (
        f'<table class="{classe}" role="presentation"><thead><tr><td>'
        f"<h1>{escape(folha.titulo)}</h1>{_campos(folha.cabecalho)}</td></tr></thead>"
        f"<tbody><tr><td>{''.join(_bloco(bloco) for bloco in folha.blocos)}"
        f"<p>Emitido em {formatos.data(folha.emissao)}</p></td></tr></tbody></table>"
    )


def _bloco(bloco: Bloco) -> str:
    match bloco:
        case Ficha():
            return _titulo(bloco.titulo) + _campos(bloco.campos, forte=bloco.forte)
        case Tabela():
            return _titulo(bloco.titulo) + "".join(_tabela(bloco))
        case Texto():
            return f"{_titulo(bloco.titulo)}<p>{escape(bloco.texto)}</p>"
        case Assinaturas():
            linhas = "".join(f"<p>{escape(quem)}</p>" for quem in bloco.quem)
            return f'<div class="assinaturas">{linhas}</div>'


def _titulo(texto: str | None) -> str:
    return "" if texto is None else f"<h2>{escape(texto)}</h2>"


def _campos(campos: Sequence[Campo], *, forte: bool = False) -> str:
    cada = "".join(
        f"<div><dt>{escape(rotulado(c.rotulo, c.numero))}</dt><dd>{escape(c.texto)}</dd></div>"
        for c in campos
    )
    return f'<dl class="total">{cada}</dl>' if forte else f"<dl>{cada}</dl>"


def _tabela(tabela: Tabela) -> Iterator[str]:
    classes = [' class="v"' if coluna.direita else "" for coluna in tabela.colunas]
    yield f'<table class="dados{" a-mao" if tabela.a_mao else ""}"><thead><tr>'
    for coluna in tabela.colunas:
        yield f'<th scope="col">{escape(rotulado(coluna.rotulo, coluna.numero))}</th>'
    yield "</tr></thead><tbody>"
    for linha in tabela.linhas:
        celulas = zip(classes, linha, strict=True)
        yield f"<tr>{''.join(f'<td{c}>{escape(t)}</td>' for c, t in celulas)}</tr>"
    yield "</tbody></table>"
