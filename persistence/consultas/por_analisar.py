"""Os lotes que esperam análise, do mais velho ao mais novo, com o que já se fez de cada um."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection, distinct, func, select

from dominio.situacao import StatusProtocolo
from persistence import tabelas
from persistence.analises import EM_CURSO
from persistence.consultas.escolha import juntas
from persistence.consultas.protocolos import condicoes

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

    from persistence.consultas.protocolos import Filtro


class Espera(NamedTuple):
    """Um lote por analisar.

    Attributes:
        numero: do protocolo.
        recebido_em: instante em UTC.
        informado: reais.
        lote_numero: dado pelo prestador.
        lote_tipo: valor de ``TipoGuia``.
        guias: quantas não estão canceladas.
        feitas: quantas já têm algum resultado.
        com_pessoa: quantas uma regra deixou para alguém decidir.
        aberta_por: quem começou a análise em curso; ausente se ninguém.
    """

    numero: int
    status: StatusProtocolo
    recebido_em: datetime
    informado: Decimal
    prestador_codigo: str
    prestador_nome: str
    lote_numero: str
    lote_tipo: str
    guias: int
    feitas: int
    com_pessoa: int
    aberta_por: str | None


_p = tabelas.protocolo.c
_l = tabelas.lote.c
_r = tabelas.prestador.c
_g = tabelas.guia.c
_rg = tabelas.resultado_guia.c
_a = tabelas.analise.c
_x = tabelas.analise_apontamento.c


def fila(
    conn: Connection,
    operadora_id: int,
    filtro: Filtro,
    *,
    depois_de: int | None = None,
    limite: int = 50,
) -> tuple[Espera, ...]:
    """Os lotes de uma operadora nas situações do filtro, pela ordem em que chegaram.

    Args:
        conn: leitura.
        operadora_id: dona.
        filtro: o que se quer ver, com as situações.
        depois_de: o último número já visto.
        limite: quantos.
    """
    do_lote = tabelas.protocolo.join(tabelas.prestador, _p.prestador_id == _r.id).join(
        tabelas.lote, _p.lote_id == _l.id
    )
    depois = () if depois_de is None else (_p.numero > depois_de,)
    de_cada = juntas(
        select(_p.id, _p.numero)
        .select_from(do_lote)
        .where(
            _p.operadora_id == operadora_id, *condicoes(filtro._replace(status=(status,))), *depois
        )
        .order_by(_p.numero)
        .limit(limite)
        for status in filtro.status
    )
    # conta-se só o que se mostra: a fila pode ter milhares
    escolhidos = select(de_cada.c.id).order_by(de_cada.c.numero).limit(limite).subquery()
    consulta = (
        select(
            _p.numero, _p.status, _p.recebido_em, _p.informado, _r.codigo, _r.nome, _l.numero,
            _l.tipo, _GUIAS, _FEITAS, _COM_PESSOA, _a.aberta_por,
        )
        .select_from(
            tabelas.protocolo.join(escolhidos, _p.id == escolhidos.c.id)
            .join(tabelas.prestador, _p.prestador_id == _r.id)
            .join(tabelas.lote, _p.lote_id == _l.id)
            .outerjoin(tabelas.analise, (_a.protocolo_id == _p.id) & (_a.estado == EM_CURSO))
        )
        .order_by(_p.numero)
    )  # fmt: skip
    return tuple(_espera(linha) for linha in conn.execute(consulta))


def _quantas(contar: Any, de: Any, *onde: Any) -> Any:
    return (
        select(func.count(contar))
        .select_from(de)
        .where(*onde)
        .correlate(tabelas.protocolo)
        .scalar_subquery()
    )


_GUIAS = _quantas(
    _g.posicao,
    tabelas.guia,
    _g.lote_id == _p.lote_id,
    _g.status != int(StatusProtocolo.CANCELADO),
)
_FEITAS = _quantas(_rg.guia_posicao, tabelas.resultado_guia, _rg.lote_id == _p.lote_id)
_COM_PESSOA = _quantas(
    distinct(_x.guia_posicao),
    tabelas.analise_apontamento,
    _x.protocolo_id == _p.id,
    _x.acao == "pessoa",
)


def _espera(linha: Any) -> Espera:
    numero, status, *resto = linha
    return Espera(numero, StatusProtocolo(status), *resto)
