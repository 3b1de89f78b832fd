"""As análises: a rodada em curso, e a publicação do que nela se decidiu.

Os resultados (``persistence.resultados``) moram à parte até a análise se finalizar; publicá-los é
pô-los nas colunas de itens, guias e protocolo, que são as que o prestador vê.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection, bindparam, insert, select, update

from dominio.dinheiro import ZERO
from dominio.situacao import StatusProtocolo
from persistence import alteracoes, apontamentos, tabelas
from persistence.insercao import InsercaoUnica

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from dominio.analise import Valores

EM_CURSO, FINALIZADA, REABERTA = "em-curso", "finalizada", "reaberta"


class Analise(NamedTuple):
    """Uma rodada de análise de um protocolo.

    Attributes:
        id: chave no banco.
        operadora_id: de quem é.
        protocolo_id: do que é.
        rodada: a partir de 1; reabrir começa outra.
        estado: ``em-curso``, ``finalizada`` ou ``reaberta``.
        revisao: cresce a cada mudança; serve à tranca otimista de quem chama.
        politica: ``Politica`` com que se finalizou.
        observacao: texto para o prestador, do protocolo inteiro.
        aberta_em: instante em UTC.
        finalizada_em: instante em UTC.
    """

    id: int
    operadora_id: int
    protocolo_id: int
    rodada: int
    estado: str
    revisao: int
    politica: str | None
    observacao: str | None
    aberta_em: datetime
    aberta_por: str
    finalizada_em: datetime | None
    finalizada_por: str | None
    reaberta_em: datetime | None
    reaberta_por: str | None


class Registro(NamedTuple):
    """O que uma chave de quem chama já gravou.

    Attributes:
        protocolo_id: do protocolo analisado.
        sha256: do conteúdo do pedido.
        revisao: da análise, depois dele.
    """

    protocolo_id: int
    sha256: str
    revisao: int


_a = tabelas.analise.c
_r = tabelas.analise_registro.c
_p = tabelas.protocolo.c
_g = tabelas.guia.c
_i = tabelas.item.c

_COLUNAS = tuple(_a[nome] for nome in Analise._fields)
_ANOTAR = InsercaoUnica(tabelas.analise_registro, [_r.chave])
_GRAVAR_ITEM = (
    update(tabelas.item)
    .where(
        _i.lote_id == bindparam("do_lote"),
        _i.guia_posicao == bindparam("da_guia"),
        _i.posicao == bindparam("do_item"),
    )
    .values(
        processado=bindparam("processado"),
        liberado=bindparam("liberado"),
        glosa=bindparam("glosa"),
    )
)
_GRAVAR_GUIA = (
    update(tabelas.guia)
    .where(_g.lote_id == bindparam("do_lote"), _g.posicao == bindparam("da_guia"))
    .values(
        processado=bindparam("processado"),
        liberado=bindparam("liberado"),
        glosa=bindparam("glosa"),
        status=bindparam("situacao"),
    )
)


def viva(conn: Connection, protocolo_id: int) -> Analise | None:
    """A rodada em curso ou finalizada de um protocolo, se há."""
    consulta = select(*_COLUNAS).where(_a.protocolo_id == protocolo_id, _a.estado != REABERTA)
    linha = conn.execute(consulta).one_or_none()
    return None if linha is None else Analise._make(linha)


def rodadas(conn: Connection, protocolo_id: int) -> tuple[Analise, ...]:
    """Todas as rodadas de um protocolo, da primeira à atual."""
    consulta = select(*_COLUNAS).where(_a.protocolo_id == protocolo_id).order_by(_a.rodada)
    return tuple(Analise._make(linha) for linha in conn.execute(consulta))


def abrir(
    conn: Connection, operadora_id: int, protocolo_id: int, quem: str, agora: datetime
) -> Analise:
    """Começa a rodada seguinte; quem chama tem o protocolo trancado e sabe que não há outra."""
    consulta = select(*_COLUNAS).where(_a.protocolo_id == protocolo_id)
    linha = conn.execute(consulta.order_by(_a.rodada.desc()).limit(1)).one_or_none()
    ultima = None if linha is None else Analise._make(linha)
    linha = conn.execute(
        insert(tabelas.analise).returning(*_COLUNAS),
        {
            "operadora_id": operadora_id,
            "protocolo_id": protocolo_id,
            "rodada": 1 if ultima is None else ultima.rodada + 1,
            "estado": EM_CURSO,
            # a revisão nunca se repete num protocolo: uma leitura de rodada anterior não engana
            "revisao": 0 if ultima is None else ultima.revisao + 1,
            "observacao": None if ultima is None else ultima.observacao,
            "aberta_em": agora,
            "aberta_por": quem,
        },
    ).one()
    return Analise._make(linha)


def registro(conn: Connection, operadora_id: int, chave: str) -> Registro | None:
    """O que já se gravou com uma chave."""
    consulta = (
        select(_a.protocolo_id, _r.sha256, _r.revisao)
        .join_from(tabelas.analise_registro, tabelas.analise)
        .where(_r.operadora_id == operadora_id, _r.chave == chave)
    )
    linha = conn.execute(consulta).one_or_none()
    return None if linha is None else Registro._make(linha)


def anotar(
    conn: Connection, analise: Analise, chave: str, sha256: str, *, quem: str, agora: datetime
) -> bool:
    """Prende a chave à revisão seguinte da análise; diz se ela ainda estava livre."""
    linha = _ANOTAR.executar(
        conn,
        {
            "operadora_id": analise.operadora_id,
            "chave": chave,
            "analise_id": analise.id,
            "sha256": sha256,
            "revisao": analise.revisao + 1,
            "em": agora,
            "quem": quem,
        },
    )
    return linha is not None


def avancar(conn: Connection, analise: Analise, **mudancas: Any) -> Analise:
    """Passa a análise à revisão seguinte, com as colunas que mudam."""
    novas = {"revisao": analise.revisao + 1, **mudancas}
    conn.execute(update(tabelas.analise).where(_a.id == analise.id).values(**novas))
    alteracoes.marcar_alterado(conn, analise.protocolo_id)
    return analise._replace(**novas)


def publicar(
    conn: Connection,
    protocolo_id: int,
    lote_id: int,
    *,
    itens: Mapping[tuple[int, int], Valores],
    guias: Mapping[int, tuple[Valores, StatusProtocolo]],
    protocolo: Valores,
) -> None:
    """Põe os resultados nas colunas que se mostram; quem não está neles fica como está.

    Args:
        conn: transação de escrita.
        protocolo_id: do protocolo.
        lote_id: do lote dele.
        itens: por posição da guia e do item.
        guias: por posição: os valores e a situação.
        protocolo: os valores do protocolo.
    """
    if itens:
        conn.execute(
            _GRAVAR_ITEM,
            [
                {"do_lote": lote_id, "da_guia": guia, "do_item": item} | _tres(valores)
                for (guia, item), valores in itens.items()
            ],
        )
    if guias:
        conn.execute(
            _GRAVAR_GUIA,
            [
                {"do_lote": lote_id, "da_guia": posicao, "situacao": int(situacao)} | _tres(valores)
                for posicao, (valores, situacao) in guias.items()
            ],
        )
    conn.execute(
        update(tabelas.protocolo)
        .where(_p.id == protocolo_id)
        .values(analise_visivel=True, **_tres(protocolo))
    )


def reabrir(conn: Connection, protocolo_id: int, lote_id: int, quem: str, agora: datetime) -> None:
    """Desfaz ``publicar``, seja por que porta o protocolo volte a em análise.

    A rodada finalizada dá-se por reaberta, zera-se o que se mostra das guias não canceladas e do
    protocolo, e saem as críticas que a análise pôs; os resultados ficam, para se corrigirem.
    """
    conn.execute(
        update(tabelas.analise)
        .where(_a.protocolo_id == protocolo_id, _a.estado == FINALIZADA)
        .values(estado=REABERTA, revisao=_a.revisao + 1, reaberta_em=agora, reaberta_por=quem)
    )
    zeros = {"processado": ZERO, "liberado": ZERO, "glosa": ZERO}
    ativas = (_g.lote_id == lote_id, _g.status != int(StatusProtocolo.CANCELADO))
    conn.execute(
        update(tabelas.item)
        .where(_i.lote_id == lote_id, _i.guia_posicao.in_(select(_g.posicao).where(*ativas)))
        .values(**zeros)
    )
    conn.execute(update(tabelas.guia).where(*ativas).values(**zeros))
    conn.execute(
        update(tabelas.protocolo)
        .where(_p.id == protocolo_id)
        .values(analise_visivel=False, **zeros)
    )
    apontamentos.retirar_criticas(conn, lote_id)


def _tres(valores: Valores) -> dict[str, Any]:
    return {
        "processado": valores.processado,
        "liberado": valores.liberado,
        "glosa": valores.glosa,
    }
