"""Largar um mês: a sua parte apaga-se inteira, quando já nada nela se guarda.

Das mensagens vai-se o que o expurgo deixou, a linha sem bytes; a folha fica, e os selos continuam a
conferir-se. Com as guias vão-se itens e resultados; ficam protocolo, histórico, glosas, recursos e
pagamentos, com os seus totais. O que se largou fica escrito em ``particao_largada``, com a marca da
chave do arquivo, e na auditoria: uma linha que falte de outro mês continua a ser um achado.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, insert, select, text

from dominio import meses
from dominio.pagamento import EstadoPagamento
from persistence import auditoria, chaves, tabelas
from persistence.banco import cifra_de
from persistence.conexao_postgres import comando as executar
from persistence.particoes import trancas
from persistence.particoes.catalogo import (
    GRUPOS,
    GUIAS,
    LIGADAS,
    MENSAGENS,
    partes,
    partido,
)
from persistence.particoes.registro import Largada
from persistence.retencao import ENCERRADOS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime, timedelta

    from sqlalchemy import ColumnElement, Connection, Select

    from persistence.banco import Banco
    from persistence.particoes.catalogo import Grupo, Parte

_QUEM, _PORTA = "gateway", "trabalhos"

_m, _x, _p, _d = (
    t.c for t in (tabelas.mensagem, tabelas.execucao, tabelas.protocolo, tabelas.documento)
)
_r, _pp, _pg = (t.c for t in (tabelas.recurso, tabelas.pagamento_parte, tabelas.pagamento))
_do_recurso = tabelas.protocolo.alias()
_FECHADOS = [int(s) for s in ENCERRADOS]


def largar(banco: Banco, agora: datetime, prazo: timedelta) -> tuple[Largada, ...]:
    """Larga os meses em que nada falta guardar, do mais velho ao mais novo; os outros ficam.

    Cada mês é uma transação, com uma espera curta pelas trancas: o que não se conseguiu fica para a
    próxima vez.

    Args:
        banco: onde; um por partir não tem o que largar.
        agora: instante de que se conta o prazo.
        prazo: quanto tem de ter passado do fim do mês.

    Raises:
        BancoIndisponivel: o banco não atendeu, ou quem grava não largou as tabelas a tempo.
        ChavesInvalidas: o banco foi aberto com uma cifra cujas chaves não servem.
    """
    with banco.leitura() as conn:
        if not partido(conn):
            return ()
        todas = partes(conn)
    feitas = []
    for grupo in GRUPOS:
        for parte in todas:
            if parte.tabela == grupo.nome and _venceu(parte, agora, prazo):
                largar_a = partial(_largar, grupo=grupo, parte=parte, agora=agora)
                largada = trancas.mudar(banco, parte.nome, "SHARE", largar_a)
                if largada is not None:
                    feitas.append(largada)
    return tuple(feitas)


def _venceu(parte: Parte, agora: datetime, prazo: timedelta) -> bool:
    return parte.ate is not None and meses.inicio(parte.ate) + prazo <= agora


def _largar(conn: Connection, grupo: Grupo, parte: Parte, agora: datetime) -> Largada | None:
    assert parte.ate is not None  # noqa: S101 - a do resto não vence
    guardam = _O_QUE_SE_GUARDA[grupo.nome](parte.de, parte.ate)
    if any(conn.execute(consulta.limit(1)).first() is not None for consulta in guardam):
        return None
    contar = select(func.count()).select_from(text(parte.nome))
    largada = Largada(grupo.nome, parte.de, parte.ate, conn.execute(contar).scalar_one(), agora)
    cifra = cifra_de(conn)
    if cifra is not None and cifra.ativa:
        chaves.registrar(conn, cifra)
        largada = largada._replace(marca=cifra.cifrar(b"", largada.contexto()))
    conn.execute(insert(tabelas.particao_largada).values(largada._asdict()))
    auditoria.registrar(
        conn,
        operadora_id=None,
        quem=_QUEM,
        porta=_PORTA,
        acao="largar",
        alvo_tipo="particao",
        alvo=parte.nome,
        detalhes={"de": parte.de, "ate": parte.ate, "linhas": largada.linhas},
    )
    sufixo = parte.nome.removeprefix(f"{grupo.nome}_")
    executar(conn, f"LOCK TABLE {LIGADAS}, {', '.join(grupo.tabelas)} IN ACCESS EXCLUSIVE MODE")
    for comando in (*_soltar(grupo), *_apagar(grupo, sufixo)):
        executar(conn, comando)
    return largada


def _soltar(grupo: Grupo) -> Iterator[str]:
    """As chaves estrangeiras do que fica: passam a apontar para o que já não há.

    Daí em diante confere-as ``db check``, que sabe que meses se largaram.
    """
    for tabela in tabelas.metadados.sorted_tables:
        for chave in tabela.foreign_key_constraints:
            alvo = chave.referred_table.name
            if alvo in grupo.tabelas and tabela.name not in grupo.tabelas:
                yield f"ALTER TABLE {tabela.name} DROP CONSTRAINT IF EXISTS {chave.name}"


def _apagar(grupo: Grupo, sufixo: str) -> Iterator[str]:
    # com uma parte para o resto, o servidor não as solta sem tranca
    for tabela in reversed(grupo.tabelas):
        yield f"ALTER TABLE {tabela} DETACH PARTITION {tabela}_{sufixo}"
        yield f"DROP TABLE {tabela}_{sufixo}"


# --- o que não deixa largar ----------------------------------------------------------------------


def _das_mensagens(de: int, ate: int) -> tuple[Select[Any], ...]:
    limites = meses.mensagem_desde(de) if de else None, meses.mensagem_desde(ate)
    repetiveis = tabelas.mensagem.join(
        tabelas.execucao,
        and_(_x.prestador_id == _m.prestador_id, _x.servico == _m.servico, _x.sha256 == _m.sha256),
    )
    return (
        select(_m.id).where(*_entre(_m.id, *limites), _m.expurgada_em.is_(None)),
        select(_p.id).where(*_entre(_p.mensagem_id, *limites), _p.status.not_in(_FECHADOS)),
        select(_d.id).where(*_entre(_d.mensagem_id, *limites), _d.expurgado_em.is_(None)),
        select(_x.sha256)
        .select_from(repetiveis)
        .where(*_entre(_m.id, *limites), _x.mensagem_id == _m.id),
    )


def _das_guias(de: int, ate: int) -> tuple[Select[Any], ...]:
    dele = _entre(_p.lote_id, meses.lote_desde(de), meses.lote_desde(ate))
    recursos = tabelas.protocolo.join(tabelas.recurso, _r.original_id == _p.id).join(
        _do_recurso, _do_recurso.c.id == _r.protocolo_id
    )
    pagamentos = tabelas.protocolo.join(tabelas.pagamento_parte, _pp.protocolo_id == _p.id).join(
        tabelas.pagamento, _pg.id == _pp.pagamento_id
    )
    return (
        select(_p.id).where(*dele, _p.status.not_in(_FECHADOS)),
        select(_p.id)
        .join_from(tabelas.protocolo, tabelas.mensagem, _m.id == _p.mensagem_id)
        .where(*dele, _m.expurgada_em.is_(None)),
        select(_p.id).select_from(recursos).where(*dele, _do_recurso.c.status.not_in(_FECHADOS)),
        select(_p.id)
        .join_from(tabelas.protocolo, tabelas.documento, _d.protocolo_id == _p.id)
        .where(*dele, _d.expurgado_em.is_(None)),
        select(_p.id)
        .select_from(pagamentos)
        .where(*dele, _pp.viva, _pg.estado == EstadoPagamento.PREVISTO.value),
    )


_O_QUE_SE_GUARDA = {MENSAGENS.nome: _das_mensagens, GUIAS.nome: _das_guias}


def _entre(coluna: ColumnElement[Any], de: Any, ate: Any) -> tuple[ColumnElement[bool], ...]:
    fim = coluna < ate
    return (fim,) if de is None else (fim, coluna >= de)
