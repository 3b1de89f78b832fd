"""As notas fiscais dos pagamentos."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection, delete, select, text, update

from dominio.pagamento import EstadoNota
from persistence import tabelas
from persistence.insercao import InsercaoUnica

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date, datetime
    from decimal import Decimal


class NotaFiscal(NamedTuple):
    """Uma nota fiscal de um pagamento.

    Attributes:
        id: chave no banco.
        pagamento_id: de que pagamento é.
        numero: até 20 caracteres.
        serie: até 5.
        valor: reais; o bruto do pagamento.
        emissao: data da nota.
        documento: referência do arquivo guardado, se há.
        estado: por onde passou.
        motivo: por que foi recusada.
        criada_em: instante em UTC.
        enviada_em: instante em UTC.
        decidida_em: instante em UTC.
        decidida_por: quem aceitou ou recusou.
    """

    id: int
    pagamento_id: int
    numero: str
    serie: str
    valor: Decimal
    emissao: date
    documento: str | None
    estado: EstadoNota
    motivo: str | None
    criada_em: datetime
    enviada_em: datetime | None
    decidida_em: datetime | None
    decidida_por: str | None


class NaLista(NamedTuple):
    """Uma nota na lista da operadora.

    Attributes:
        nota: a nota.
        prestador_codigo: na operadora.
        prestador_nome: o do cadastro.
    """

    nota: NotaFiscal
    prestador_codigo: str
    prestador_nome: str


_t = tabelas.nota_fiscal.c
_r = tabelas.prestador.c
_COLUNAS = tuple(_t[nome] for nome in NotaFiscal._fields)
_INCLUIR = InsercaoUnica(
    tabelas.nota_fiscal,
    _COLUNAS,
    indice=[_t.pagamento_id],
    onde=text("estado <> 'recusada'"),
)


def incluir(conn: Connection, **valores: Any) -> NotaFiscal | None:
    """Cria um rascunho; ``None`` se o pagamento já tem nota que não foi recusada.

    Args:
        conn: transação de escrita.
        valores: as colunas que se sabem ao criar, com ``operadora_id`` e ``prestador_id``.
    """
    linha = _INCLUIR.executar(conn, {"estado": EstadoNota.RASCUNHO.value, **valores})
    return None if linha is None else _nota(linha)


def do_pagamento(conn: Connection, pagamento_id: int) -> tuple[NotaFiscal, ...]:
    """As de um pagamento, da primeira à última."""
    consulta = select(*_COLUNAS).where(_t.pagamento_id == pagamento_id).order_by(_t.id)
    return tuple(_nota(linha) for linha in conn.execute(consulta))


def listar(
    conn: Connection,
    operadora_id: int,
    *,
    estados: Collection[EstadoNota] = (),
    pagamento_id: int | None = None,
    prestador: str | None = None,
    antes_de: int | None = None,
    limite: int = 50,
) -> tuple[NaLista, ...]:
    """As notas da operadora que já se enviaram, da mais nova à mais velha.

    Args:
        conn: transação.
        operadora_id: quem as recebe.
        estados: só estes; sem eles, todos menos o rascunho.
        pagamento_id: só as de um pagamento.
        prestador: código na operadora de quem as mandou.
        antes_de: chave da última já vista.
        limite: quantas.
    """
    consulta = select(*_COLUNAS, _r.codigo, _r.nome).join_from(
        tabelas.nota_fiscal, tabelas.prestador
    )
    quais = estados or (EstadoNota.EM_ANALISE, EstadoNota.ACEITA, EstadoNota.RECUSADA)
    condicoes = [_t.operadora_id == operadora_id, _t.estado.in_([e.value for e in quais])]
    if pagamento_id is not None:
        condicoes.append(_t.pagamento_id == pagamento_id)
    if prestador is not None:
        condicoes.append(_r.codigo == prestador)
    if antes_de is not None:
        condicoes.append(_t.id < antes_de)
    linhas = conn.execute(consulta.where(*condicoes).order_by(_t.id.desc()).limit(limite))
    return tuple(NaLista(_nota(linha[:-2]), linha[-2], linha[-1]) for linha in linhas)


def trancar(conn: Connection, operadora_id: int, nota_id: int) -> NotaFiscal | None:
    """Uma nota da operadora, trancada até o fim da transação de escrita."""
    consulta = select(*_COLUNAS).where(_t.operadora_id == operadora_id, _t.id == nota_id)
    linha = conn.execute(consulta.with_for_update()).one_or_none()
    return None if linha is None else _nota(linha)


def mudar(conn: Connection, nota: NotaFiscal, **mudancas: Any) -> NotaFiscal:
    """Muda colunas de uma nota."""
    cruas = {n: v.value if isinstance(v, EstadoNota) else v for n, v in mudancas.items()}
    conn.execute(update(tabelas.nota_fiscal).where(_t.id == nota.id).values(**cruas))
    return nota._replace(**mudancas)


def apagar(conn: Connection, nota: NotaFiscal) -> None:
    """Apaga um rascunho."""
    conn.execute(delete(tabelas.nota_fiscal).where(_t.id == nota.id))


def _nota(valores: Sequence[Any]) -> NotaFiscal:
    crua = NotaFiscal._make(valores)
    return crua._replace(estado=EstadoNota(crua.estado))
