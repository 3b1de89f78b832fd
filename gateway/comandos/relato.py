"""O que uma importação em massa fez, como os comandos o dizem."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backoffice.planilha import LinhaRuim, resumo_das_ruins
from gateway.comandos.comum import Recusado, mostrar

if TYPE_CHECKING:
    from handlers.em_massa import Relatorio


def relatar(relatorio: Relatorio, o_que: str, feitos: str, *, parcial: bool, em_json: bool) -> None:
    """Mostra o relatório, com as primeiras linhas recusadas.

    Args:
        relatorio: da importação.
        o_que: o que se importou, no plural.
        feitos: o que se lhes fez, como ``gravados``.
        parcial: se o que serve se fez, ainda que haja recusas.
        em_json: em lugar de texto.

    Raises:
        Recusado: houve recusas, e por isso nada se fez.
    """
    ruins = [LinhaRuim(r.linha, r.texto) for r in relatorio.recusados]
    dados = {**relatorio._asdict(), "recusados": [r._asdict() for r in relatorio.recusados]}
    texto = (
        f"{o_que} lidos: {relatorio.lidos}, {feitos}: {relatorio.gravados},"
        f" já {feitos} antes: {relatorio.repetidos}, recusados: {len(ruins)}"
    )
    mostrar(dados, "\n".join(filter(None, (resumo_das_ruins(ruins), texto))), em_json=em_json)
    if ruins and not parcial:
        raise Recusado(f"{o_que} recusados: {len(ruins)}; nada foi gravado")
