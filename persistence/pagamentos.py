"""Os pagamentos: a quem, quando, como, e o que ainda há por pagar."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection, select, update

from dominio.pagamento import EstadoPagamento, Forma
from persistence import tabelas
from persistence.insercao import InsercaoUnica

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime


class Pagamento(NamedTuple):
    """Um pagamento a um prestador.

    Attributes:
        id: chave no banco, e o número que a operadora usa.
        operadora_id: quem paga.
        prestador_id: quem recebe.
        chave: de quem o criou; torna a criação repetível.
        sha256: do conteúdo com que se criou.
        estado: ``previsto`` até confirmar-se.
        revisao: cresce a cada mudança.
        data_prevista: quando se espera pagar.
        data: quando se pagou; o mês é a competência.
        forma: ``dm_formaPagamento``.
        banco: até 4 caracteres.
        agencia: até 7.
        conta: conta ou cheque, até 20.
        exige_nota: se espera uma nota fiscal aceita.
        criado_em: instante em UTC.
        confirmado_em: instante em UTC.
        estornado_em: do último estorno que o deixou sem partes, em UTC.
    """

    id: int
    operadora_id: int
    prestador_id: int
    chave: str
    sha256: str
    estado: EstadoPagamento
    revisao: int
    data_prevista: date
    data: date | None
    forma: Forma
    banco: str | None
    agencia: str | None
    conta: str | None
    exige_nota: bool
    criado_em: datetime
    criado_por: str
    confirmado_em: datetime | None
    confirmado_por: str | None
    estornado_em: datetime | None


class Recebedor(NamedTuple):
    """O prestador a quem se paga, ativo ou não.

    Attributes:
        id: chave no banco.
        cnpj: ausente numa pessoa física.
    """

    id: int
    cnpj: str | None


_t = tabelas.pagamento.c
_pr = tabelas.prestador.c
_p = tabelas.protocolo.c
_l = tabelas.lote.c
_h = tabelas.historico.c

_COLUNAS = tuple(_t[nome] for nome in Pagamento._fields)
_CRIAR = InsercaoUnica(tabelas.pagamento, _COLUNAS)


def criar(conn: Connection, **valores: Any) -> Pagamento | None:
    """Cria um pagamento previsto; ``None`` se a chave já é de outro da operadora.

    Args:
        conn: transação de escrita.
        valores: os campos de ``Pagamento`` que se sabem ao criar.
    """
    linha = _CRIAR.executar(
        conn, {"estado": EstadoPagamento.PREVISTO.value, "revisao": 0, **valores}
    )
    return None if linha is None else _pagamento(linha)


def por_chave(conn: Connection, operadora_id: int, chave: str) -> Pagamento | None:
    """O pagamento que uma chave criou."""
    consulta = select(*_COLUNAS).where(_t.operadora_id == operadora_id, _t.chave == chave)
    linha = conn.execute(consulta).one_or_none()
    return None if linha is None else _pagamento(linha)


def ler(conn: Connection, operadora_id: int, pagamento_id: int) -> Pagamento | None:
    """Um pagamento da operadora."""
    consulta = select(*_COLUNAS).where(_t.operadora_id == operadora_id, _t.id == pagamento_id)
    linha = conn.execute(consulta).one_or_none()
    return None if linha is None else _pagamento(linha)


def trancar(conn: Connection, operadora_id: int, pagamento_id: int) -> Pagamento | None:
    """Um pagamento da operadora, trancado até o fim da transação de escrita."""
    consulta = select(*_COLUNAS).where(_t.operadora_id == operadora_id, _t.id == pagamento_id)
    linha = conn.execute(consulta.with_for_update()).one_or_none()
    return None if linha is None else _pagamento(linha)


def da_data(
    conn: Connection, operadora_id: int, prestador_id: int, dia: date
) -> tuple[Pagamento, ...]:
    """Os confirmados de um prestador pagos num dia, ou previstos para ele."""
    return _confirmados(
        conn, operadora_id, prestador_id, (_t.data == dia) | (_t.data_prevista == dia)
    )


def do_periodo(
    conn: Connection, operadora_id: int, prestador_id: int, inicio: date, fim: date
) -> tuple[Pagamento, ...]:
    """Os confirmados de um prestador pagos de um dia a outro, inclusive."""
    return _confirmados(conn, operadora_id, prestador_id, _t.data.between(inicio, fim))


def do_prestador(
    conn: Connection, operadora_id: int, prestador_id: int, *estados: EstadoPagamento
) -> tuple[Pagamento, ...]:
    """Os de um prestador nos estados dados, pela data prevista."""
    consulta = (
        select(*_COLUNAS)
        .where(
            _t.operadora_id == operadora_id,
            _t.prestador_id == prestador_id,
            _t.estado.in_([estado.value for estado in estados]),
        )
        .order_by(_t.data_prevista, _t.id)
    )
    return tuple(_pagamento(linha) for linha in conn.execute(consulta))


def avancar(conn: Connection, pagamento: Pagamento, **mudancas: Any) -> Pagamento:
    """Passa o pagamento à revisão seguinte, com as colunas que mudam."""
    novas = {"revisao": pagamento.revisao + 1, **mudancas}
    cruas = {n: v.value if isinstance(v, EstadoPagamento) else v for n, v in novas.items()}
    conn.execute(update(tabelas.pagamento).where(_t.id == pagamento.id).values(**cruas))
    return pagamento._replace(**novas)


def trancar_recebedor(conn: Connection, operadora_id: int, codigo: str) -> Recebedor | None:
    """Um prestador da operadora, com os seus pagamentos trancados até o fim da transação."""
    consulta = (
        select(_pr.id, _pr.cnpj)
        .where(_pr.operadora_id == operadora_id, _pr.codigo == codigo)
        # não espera nem atrasa quem só grava lotes do prestador
        .with_for_update(key_share=True)
    )
    linha = conn.execute(consulta).one_or_none()
    return None if linha is None else Recebedor._make(linha)


def trancar_do_prestador(conn: Connection, prestador_id: int) -> None:
    """Tranca os pagamentos de um prestador até o fim da transação."""
    conn.execute(select(_pr.id).where(_pr.id == prestador_id).with_for_update(key_share=True)).one()


def _confirmados(
    conn: Connection, operadora_id: int, prestador_id: int, quando: Any
) -> tuple[Pagamento, ...]:
    # o estornado continua a ser o que se pagou: o estorno é um débito do seguinte
    consulta = (
        select(*_COLUNAS)
        .where(
            _t.operadora_id == operadora_id,
            _t.prestador_id == prestador_id,
            _t.confirmado_em.is_not(None),
            quando,
        )
        .order_by(_t.data, _t.id)
    )
    return tuple(_pagamento(linha) for linha in conn.execute(consulta))


def _pagamento(valores: Sequence[Any]) -> Pagamento:
    cru = Pagamento._make(valores)
    return cru._replace(estado=EstadoPagamento(cru.estado), forma=Forma(cru.forma))
