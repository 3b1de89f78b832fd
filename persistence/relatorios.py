"""Os relatórios que se fazem em segundo plano: pedir, fazer, baixar e apagar os velhos."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection, delete, select, text, update

from dominio.eventos import RELATORIO_FALHOU, RELATORIO_PRONTO
from persistence import guarda, tabelas, webhooks
from persistence.insercao import InsercaoUnica

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

PENDENTE, PRONTO, FALHOU = "pendente", "pronto", "falhou"
_COLUNA = "conteudo"


class Relatorio(NamedTuple):
    """Um relatório, sem o conteúdo.

    Attributes:
        id: chave no banco, e o número com que se pede.
        tipo: ``glosas``.
        protocolo: número.
        formato: ``pdf``, ``html`` ou ``csv``.
        estado: ``pendente``, ``pronto`` ou ``falhou``.
        criado_em: instante em UTC.
        feito_em: instante em UTC; ausente enquanto pendente.
        tamanho: bytes; só do pronto.
    """

    id: int
    operadora_id: int
    tipo: str
    protocolo: int
    formato: str
    estado: str
    criado_em: datetime
    criado_por: str
    feito_em: datetime | None
    tamanho: int | None


_t = tabelas.relatorio.c
_COLUNAS = tuple(_t[nome] for nome in Relatorio._fields)
_PEDIR = InsercaoUnica(
    tabelas.relatorio,
    _COLUNAS,
    indice=[_t.operadora_id, _t.tipo, _t.protocolo, _t.formato],
    onde=text("estado = 'pendente'"),
)


def pedir(
    conn: Connection,
    operadora_id: int,
    *,
    tipo: str,
    protocolo: int,
    formato: str,
    quem: str,
    agora: datetime,
) -> Relatorio:
    """Põe um relatório à espera; o que já espera é o mesmo."""
    chaves = {
        "operadora_id": operadora_id,
        "tipo": tipo,
        "protocolo": protocolo,
        "formato": formato,
    }
    while True:
        novo = {**chaves, "estado": PENDENTE, "criado_em": agora, "criado_por": quem}
        linha = _PEDIR.executar(conn, novo)
        if linha is None:
            consulta = select(*_COLUNAS).where(
                _t.estado == PENDENTE, *(_t[nome] == valor for nome, valor in chaves.items())
            )
            linha = conn.execute(consulta).one_or_none()
        # entre as duas, o que esperava pode ter ficado pronto
        if linha is not None:
            return Relatorio._make(linha)


def ler(conn: Connection, operadora_id: int, relatorio_id: int) -> Relatorio | None:
    """Um relatório da operadora."""
    consulta = select(*_COLUNAS).where(_t.operadora_id == operadora_id, _t.id == relatorio_id)
    linha = conn.execute(consulta).one_or_none()
    return None if linha is None else Relatorio._make(linha)


def listar(conn: Connection, operadora_id: int, limite: int = 100) -> tuple[Relatorio, ...]:
    """Os relatórios mais novos da operadora, do mais novo ao mais velho."""
    consulta = select(*_COLUNAS).where(_t.operadora_id == operadora_id)
    linhas = conn.execute(consulta.order_by(_t.id.desc()).limit(limite))
    return tuple(Relatorio._make(linha) for linha in linhas)


def conteudo(conn: Connection, relatorio: Relatorio) -> bytes:
    """Os bytes de um relatório pronto.

    Raises:
        ChavesInvalidas: falta a chave que os cifrou.
        NaoDecifrado: foram alterados.
    """
    guardado = conn.execute(
        select(_t.conteudo).where(_t.operadora_id == relatorio.operadora_id, _t.id == relatorio.id)
    ).scalar_one()
    return guarda.abrir(conn, _linha(relatorio.id), _COLUNA, guardado) or b""


def proximo(conn: Connection) -> Relatorio | None:
    """O que espera há mais tempo, de qualquer operadora."""
    consulta = select(*_COLUNAS).where(_t.estado == PENDENTE).order_by(_t.id).limit(1)
    linha = conn.execute(consulta).one_or_none()
    return None if linha is None else Relatorio._make(linha)


def concluir(conn: Connection, relatorio: Relatorio, feito: bytes | None, agora: datetime) -> bool:
    """Guarda o que se fez, ou que se falhou, e avisa; falso se outro já o concluiu."""
    estado = FALHOU if feito is None else PRONTO
    mudado = conn.execute(
        update(tabelas.relatorio)
        .where(_t.id == relatorio.id, _t.estado == PENDENTE)
        .values(
            estado=estado,
            feito_em=agora,
            conteudo=guarda.guardar(conn, _linha(relatorio.id), _COLUNA, feito),
            tamanho=None if feito is None else len(feito),
        )
    )
    if not mudado.rowcount:
        return False
    evento = RELATORIO_FALHOU if feito is None else RELATORIO_PRONTO
    webhooks.anotar(conn, relatorio.operadora_id, evento, relatorio.id, em=agora)
    return True


def apagar_velhos(conn: Connection, antes_de: datetime) -> int:
    """Apaga os que se pediram antes de um instante em UTC; dá quantos."""
    return conn.execute(delete(tabelas.relatorio).where(_t.criado_em < antes_de)).rowcount


def recifrar(conn: Connection) -> None:
    """Passa os conteúdos, que são poucos e de poucos dias, à chave em uso.

    Raises:
        ChavesInvalidas: falta uma chave.
        NaoDecifrado: os bytes de um foram alterados.
    """
    guardados: Sequence[Any] = conn.execute(
        select(_t.id, _t.conteudo).where(_t.conteudo.is_not(None))
    ).all()
    for chave, guardado in guardados:
        novo = guarda.recifrar(conn, _linha(chave), _COLUNA, guardado)
        conn.execute(update(tabelas.relatorio).where(_t.id == chave).values(conteudo=novo))


def _linha(relatorio_id: int) -> str:
    return f"relatorio-{relatorio_id}"
