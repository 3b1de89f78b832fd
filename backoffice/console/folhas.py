"""Um impresso como resposta do console: na tela, ou em PDF para guardar."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backoffice.api.impressos import PDF, nome_de_arquivo
from backoffice.impressos import pdf

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.responses import Response

    from backoffice.console.visita import Visita
    from backoffice.impressos.folha import Folha


def em_pdf(v: Visita, folhas: Sequence[Folha]) -> Response:
    """As folhas em PDF, que o navegador mostra e guarda com o nome da primeira."""
    nome = f"{nome_de_arquivo(folhas[0].nome)}.pdf"
    return v.arquivo(pdf.escrever(folhas), PDF, nome, mostrar=True)


def responder(
    v: Visita,
    folhas: Sequence[Folha],
    formato: str,
    *,
    titulo: str,
    trilha: Sequence[tuple[str, str]],
    formatos: Sequence[tuple[str, str]] = (("pdf", "PDF"),),
) -> Response:
    """As folhas na tela, com os outros formatos a um clique, ou em PDF.

    Args:
        v: a visita; os formatos são o mesmo endereço com ``formato``.
        folhas: o que se mostra.
        formato: ``pdf``, ou outro para a tela.
        titulo: o da página.
        trilha: pares de texto e caminho até ela.
        formatos: valor e nome dos que se oferecem.
    """
    if formato == "pdf":
        return em_pdf(v, folhas)
    return v.mostrar(
        "folha.html", folhas=folhas, titulo=titulo, passos=[*trilha, (titulo, "")],
        formatos=formatos,
    )  # fmt: skip
