"""Os rascunhos de recursos: o que se digita no portal ou na operadora antes de se enviar."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection, delete, insert, select, update

from dominio.recurso import Origem
from persistence import tabelas

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Select


class Rascunho(NamedTuple):
    """Um recurso em digitação.

    Attributes:
        id: chave no banco, e o número que as telas usam.
        prestador_id: de quem é o lote.
        original_id: protocolo de que se quer recorrer.
        conteudo: o recurso, como se digitou.
        origem: portal ou operadora.
        revisao: cresce a cada mudança; serve à tranca otimista de quem chama.
        criado_em: instante em UTC.
        alterado_em: idem.
        recurso_id: o recurso que fez; ausente enquanto não enviado.
    """

    id: int
    operadora_id: int
    prestador_id: int
    original_id: int
    conteudo: Mapping[str, Any]
    origem: Origem
    revisao: int
    criado_em: datetime
    criado_por: str
    alterado_em: datetime
    recurso_id: int | None


_t = tabelas.recurso_rascunho.c
_p = tabelas.protocolo.c
_COLUNAS = tuple(_t[nome] for nome in Rascunho._fields)


def criar(conn: Connection, **valores: Any) -> Rascunho:
    """Grava um rascunho novo.

    Args:
        conn: transação de escrita.
        valores: os campos de ``Rascunho`` que se sabem ao criar.
    """
    comando = insert(tabelas.recurso_rascunho).returning(*_COLUNAS)
    linha = conn.execute(comando, {"revisao": 0, "recurso_id": None, **valores}).one()
    return _rascunho(linha)


def trancar(
    conn: Connection, operadora_id: int, prestadores: Collection[int], rascunho_id: int
) -> Rascunho | None:
    """Um rascunho dos prestadores da operadora, trancado até o fim da transação."""
    consulta = _deles(operadora_id, prestadores).where(_t.id == rascunho_id).with_for_update()
    linha = conn.execute(consulta).one_or_none()
    return None if linha is None else _rascunho(linha)


def listar(
    conn: Connection, operadora_id: int, prestadores: Collection[int]
) -> tuple[Rascunho, ...]:
    """Os não enviados dos prestadores, do que mudou por último ao mais antigo."""
    consulta = (
        _deles(operadora_id, prestadores)
        .where(_t.recurso_id.is_(None))
        .order_by(_t.alterado_em.desc(), _t.id.desc())
    )
    return tuple(_rascunho(linha) for linha in conn.execute(consulta))


class Filtro(NamedTuple):
    """O que se quer ver; o que está ausente não filtra.

    Attributes:
        prestador_id: de quem é o lote.
        protocolo: número daquele de que se quer recorrer.
        origem: portal ou operadora.
        enviados: se são os já enviados, em lugar dos outros.
    """

    prestador_id: int | None = None
    protocolo: int | None = None
    origem: Origem | None = None
    enviados: bool = False


def da_operadora(
    conn: Connection,
    operadora_id: int,
    filtro: Filtro,
    *,
    antes_de: int | None = None,
    limite: int = 100,
) -> tuple[Rascunho, ...]:
    """Os da operadora, do mais novo ao mais antigo.

    Args:
        conn: transação.
        operadora_id: de quem são.
        filtro: o que se quer ver.
        antes_de: continua depois do rascunho de uma chave.
        limite: quantos.
    """
    consulta = select(*_COLUNAS).where(
        _t.operadora_id == operadora_id,
        _t.recurso_id.is_not(None) if filtro.enviados else _t.recurso_id.is_(None),
    )
    if filtro.prestador_id is not None:
        consulta = consulta.where(_t.prestador_id == filtro.prestador_id)
    if filtro.protocolo is not None:
        do_numero = select(_p.id).where(
            _p.operadora_id == operadora_id, _p.numero == filtro.protocolo
        )
        consulta = consulta.where(_t.original_id.in_(do_numero))
    if filtro.origem is not None:
        consulta = consulta.where(_t.origem == filtro.origem.value)
    if antes_de is not None:
        consulta = consulta.where(_t.id < antes_de)
    consulta = consulta.order_by(_t.id.desc()).limit(limite)
    return tuple(_rascunho(linha) for linha in conn.execute(consulta))


def ler(conn: Connection, operadora_id: int, rascunho_id: int) -> Rascunho | None:
    """Um rascunho da operadora, enviado ou não."""
    consulta = select(*_COLUNAS).where(_t.operadora_id == operadora_id, _t.id == rascunho_id)
    linha = conn.execute(consulta).one_or_none()
    return None if linha is None else _rascunho(linha)


def mudar(conn: Connection, rascunho: Rascunho, **mudancas: Any) -> Rascunho:
    """Passa o rascunho à revisão seguinte, com as colunas que mudam."""
    novas = {"revisao": rascunho.revisao + 1, **mudancas}
    conn.execute(update(tabelas.recurso_rascunho).where(_t.id == rascunho.id).values(**novas))
    return rascunho._replace(**novas)


def apagar(conn: Connection, rascunho: Rascunho) -> None:
    """Apaga um rascunho não enviado."""
    conn.execute(
        delete(tabelas.recurso_rascunho).where(_t.id == rascunho.id, _t.recurso_id.is_(None))
    )


def _deles(operadora_id: int, prestadores: Collection[int]) -> Select[Any]:
    return select(*_COLUNAS).where(
        _t.operadora_id == operadora_id, _t.prestador_id.in_(prestadores)
    )


def _rascunho(linha: Sequence[Any]) -> Rascunho:
    cru = Rascunho._make(linha)
    return cru._replace(origem=Origem(cru.origem))
