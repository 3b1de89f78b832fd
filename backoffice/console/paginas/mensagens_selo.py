"""O selo de uma mensagem: se o que está guardado é o que se gravou, e o que o prova."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backoffice.console.erros import nao_ha
from backoffice.console.paginas.mensagens_recebidas import area, ler_id
from backoffice.console.papeis import CONTEUDO
from handlers.prova import provar

if TYPE_CHECKING:
    from starlette.responses import Response

    from backoffice.console.visita import Visita


@area.pagina("/mensagens/{id}/selo", para=CONTEUDO)
def selo(v: Visita) -> Response:
    """Confere agora a mensagem com a sua folha e com os selos; não mostra nada do que ela diz."""
    chave = ler_id(v.parametro("id"))
    with v.leitura() as conn:
        prova = provar(conn, v.operadora.id, chave, v.agora)
    if prova is None:
        raise nao_ha("mensagem")
    v.auditar("conferir-selo", "mensagem", chave, achados=len(prova.achados))
    return v.mostrar("mensagens_recebidas/selo.html", id=chave, prova=prova)
