"""O começo de quem trabalha na operadora."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backoffice.console.area import Area
from backoffice.console.papeis import DA_OPERADORA, Papel, Porta
from dominio.competencia import dia
from persistence.consultas import recepcao_do_dia

if TYPE_CHECKING:
    from starlette.responses import Response

    from backoffice.console.visita import Visita

area = Area("inicio")
area.no_menu("Início", "/inicio", ordem=0, atalho="i")


@area.pagina("/inicio", para=DA_OPERADORA)
def inicio(v: Visita) -> Response:
    """O que chegou hoje, por situação; quem não pode ler lotes vê só o menu."""
    hoje = dia(v.agora)
    recebidos: tuple[recepcao_do_dia.DaSituacao, ...] = ()
    if v.pode(Papel.LEITURA):
        with v.leitura() as conn:
            recebidos = recepcao_do_dia.por_situacao(conn, v.operadora.id, hoje)
    return v.mostrar("inicio/inicio.html", hoje=hoje, recebidos=recebidos)


@area.pagina("/atalhos", para=Porta.PESSOA)
def atalhos(v: Visita) -> Response:
    """As teclas que o console entende."""
    return v.mostrar("inicio/atalhos.html")


@area.pagina("/legenda", para=Porta.PESSOA)
def legenda(v: Visita) -> Response:
    """A legenda completa das situações."""
    return v.mostrar("inicio/legenda.html")
