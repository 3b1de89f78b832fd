"""Os modelos das páginas: Jinja2 com tudo escapado, e nada que falte passa em branco."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from backoffice import rotulos
from backoffice.console import estaticos, formatos, graficos
from backoffice.console.papeis import Papel
from backoffice.console.seguranca import RAIZ

_FILTROS = (
    "reais", "quantidade", "data", "instante", "hora", "competencia", "cadastro", "registro_ans",
    "sim_ou_nao", "porcento", "situacao", "tipo_guia",
)  # fmt: skip


@cache
def ambiente() -> Environment:
    """O que lê os modelos, uma vez por processo."""
    feito = Environment(
        loader=PackageLoader("backoffice.console", "modelos"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    for nome in _FILTROS:
        feito.filters[nome] = getattr(formatos, nome)
    feito.filters["canal"] = rotulos.canal
    feito.globals.update(
        RAIZ=RAIZ,
        VAZIO=formatos.VAZIO,
        Papel=Papel,
        estatico=estaticos.endereco,
        numero=rotulos.numero,
        legenda=rotulos.LEGENDA,
        LOTE_ENVIADO=rotulos.LOTE_ENVIADO,
        grafico=graficos,
    )
    return feito
