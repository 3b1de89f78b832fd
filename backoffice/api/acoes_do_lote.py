"""O que se pode pedir de um lote na situação em que está."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backoffice.api.formas import Forma
from dominio.situacao import StatusProtocolo
from handlers.recurso_glosa.recursaveis import situacoes_aceitas
from persistence import regras

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from persistence.consultas.protocolos import Linha

_S = StatusProtocolo
FATURADOS = frozenset({_S.LIBERADO, _S.PAGO})
"""O que as telas chamam de faturado."""

_COM_DEMONSTRATIVO = frozenset(
    {_S.LIBERADO, _S.ENCERRADO_SEM_PAGAMENTO, _S.ANALISADO, _S.PAGO, _S.BLOQUEIO_JUDICIAL}
)


class AcaoDoLote(Forma):
    """Uma ação, e onde se pede."""

    acao: str
    endereco: str


def acoes(linha: Linha, recursaveis: frozenset[StatusProtocolo]) -> list[AcaoDoLote]:
    """As ações de um lote; o que não é de lote não as tem.

    Args:
        linha: o protocolo.
        recursaveis: situações em que se aceitam recursos.
    """
    if linha.lote_id is None:
        return []
    raiz = f"/api/v1/protocolos/{linha.numero}"
    ditas = [
        ("detalhes", f"GET {raiz}"),
        ("relatorio", f"GET {raiz}/relatorio"),
        ("capa", f"GET {raiz}/capa"),
        ("situacao", f"GET /api/v1/protocolos?numero={linha.numero}"),
    ]
    if linha.status in _COM_DEMONSTRATIVO:
        demonstrativo = f"GET /api/v1/demonstrativos/analise?protocolo={linha.numero}"
        ditas += [("demonstrativo", demonstrativo), ("glosas", "POST /api/v1/relatorios/glosas")]
    if linha.status in recursaveis:
        ditas.append(("recurso", f"GET /api/v1/recursaveis/{linha.numero}"))
    return [AcaoDoLote(acao=acao, endereco=endereco) for acao, endereco in ditas]


def em_que_se_recorre(
    conn: Connection, operadora_id: int, prestador_id: int | None
) -> frozenset[StatusProtocolo]:
    """As situações de um lote em que se aceitam recursos; sem prestador, as da operadora."""
    return situacoes_aceitas(regras.ajustes(conn, operadora_id, prestador_id))
