"""O que a capa e o relatório de um lote mostram, e as retenções de um prestador num mês."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Connection, func, select

from dominio.pagamento import Indicador
from dominio.situacao import StatusProtocolo
from persistence import beneficiarios, glosas, prestadores, protocolos, tabelas

if TYPE_CHECKING:
    from datetime import date, datetime
    from decimal import Decimal

    from sqlalchemy import ColumnElement

    from dominio.pagamento import TipoLancamento
    from persistence.lotes import Critica
    from persistence.prestadores import Prestador
    from persistence.protocolos import GuiaGuardada, ItemGuardado, Protocolo


class ItemImpresso(NamedTuple):
    """Um item e os códigos das suas glosas."""

    guardado: ItemGuardado
    glosas: tuple[str, ...]

    @property
    def glosado(self) -> bool:
        """Se a análise o glosou, com valor ou só com um código."""
        return bool(self.glosas) or self.guardado.glosa != 0


class GuiaImpressa(NamedTuple):
    """Uma guia com os seus itens.

    Attributes:
        guia: como se guardou.
        nome: o do beneficiário na guia ou, sem ele, no cadastro.
        glosas: códigos da guia inteira.
        itens: pela posição.
    """

    guia: GuiaGuardada
    nome: str | None
    glosas: tuple[str, ...]
    itens: tuple[ItemImpresso, ...]

    @property
    def glosada(self) -> bool:
        """Se a guia ou um dos seus itens tem glosa."""
        return (
            bool(self.glosas)
            or self.guia.glosa != 0
            or any(item.glosado for item in self.itens)
        )  # fmt: skip


class LoteImpresso(NamedTuple):
    """Um lote inteiro.

    Attributes:
        protocolo: com o lote que o originou.
        prestador: quem o enviou.
        guias: as que não foram canceladas ou, se todas o foram, todas.
        glosas: códigos do protocolo inteiro.
        criticas: na ordem em que se registraram.
    """

    protocolo: Protocolo
    prestador: Prestador
    guias: tuple[GuiaImpressa, ...]
    glosas: tuple[str, ...]
    criticas: tuple[Critica, ...]

    @property
    def guias_com_glosas(self) -> int:
        """Quantas guias têm glosa, própria ou de um item."""
        return sum(guia.glosada for guia in self.guias)

    @property
    def itens(self) -> int:
        """Quantos itens as guias trazem."""
        return sum(len(guia.itens) for guia in self.guias)

    @property
    def itens_com_glosas(self) -> int:
        """Quantos itens têm glosa."""
        return sum(item.glosado for guia in self.guias for item in guia.itens)


class Retida(NamedTuple):
    """Uma retenção de um pagamento feito.

    Attributes:
        pagamento_id: o pagamento.
        data: em que se pagou.
        base: reais pagos, antes de débitos e créditos.
        descricao: a do débito.
        valor: reais retidos.
        estornado_em: instante em UTC em que o pagamento se desfez por inteiro.
    """

    pagamento_id: int
    data: date
    base: Decimal
    descricao: str
    valor: Decimal
    estornado_em: datetime | None


_p = tabelas.protocolo.c
_pr = tabelas.prestador.c
_t = tabelas.pagamento.c
_x = tabelas.pagamento_parte.c
_d = tabelas.lancamento.c


def lote(conn: Connection, operadora_id: int, numero: int) -> LoteImpresso | None:
    """O lote de um protocolo da operadora; ``None`` se não há, ou não é de lote.

    Enquanto a análise não acaba, as suas glosas não se veem aqui.
    """
    protocolo = protocolos.por_numero(conn, operadora_id, numero)
    if protocolo is None or protocolo.lote_id is None:
        return None
    quem = _um_prestador(conn, _pr.id == protocolo.prestador_id)
    assert quem is not None  # noqa: S101 - a chave estrangeira o garante
    todas = protocolos.guias(conn, protocolo.lote_id)
    vivas = tuple(g for g in todas if g.status is not StatusProtocolo.CANCELADO) or todas
    sem_nome = [g.beneficiario.carteira for g in vivas if g.beneficiario.nome is None]
    nomes = beneficiarios.por_carteira(conn, operadora_id, sem_nome)
    das_glosas = _codigos(conn, protocolo)
    itens: defaultdict[int, list[ItemImpresso]] = defaultdict(list)
    for item in protocolos.itens(conn, protocolo.lote_id):
        codigos = tuple(das_glosas.get((item.guia_posicao, item.posicao), ()))
        itens[item.guia_posicao].append(ItemImpresso(item, codigos))

    def impressa(guia: GuiaGuardada) -> GuiaImpressa:
        carteira = guia.beneficiario.carteira
        do_cadastro = nomes[carteira].nome if carteira in nomes else None
        return GuiaImpressa(
            guia,
            guia.beneficiario.nome or do_cadastro,
            tuple(das_glosas.get((guia.posicao, None), ())),
            tuple(itens[guia.posicao]),
        )

    return LoteImpresso(
        protocolo,
        quem,
        tuple(impressa(guia) for guia in vivas),
        tuple(das_glosas.get((None, None), ())),
        protocolos.criticas(conn, protocolo.lote_id),
    )


def prestador(conn: Connection, operadora_id: int, codigo: str) -> Prestador | None:
    """Um prestador da operadora pelo código, ativo ou não."""
    return _um_prestador(conn, _pr.operadora_id == operadora_id, _pr.codigo == codigo)


def dono(conn: Connection, operadora_id: int, protocolo: int) -> Prestador | None:
    """O prestador que enviou um protocolo da operadora, ativo ou não."""
    quem = (
        select(_p.prestador_id)
        .where(_p.operadora_id == operadora_id, _p.numero == protocolo)
        .scalar_subquery()
    )
    return _um_prestador(conn, _pr.id == quem)


def retidas(
    conn: Connection,
    operadora_id: int,
    prestador_id: int,
    tipo: TipoLancamento,
    *,
    inicio: date,
    fim: date,
) -> tuple[Retida, ...]:
    """As retenções de um tributo nos pagamentos feitos de um dia a outro, inclusive."""
    base = select(func.sum(_x.liberado)).where(_x.pagamento_id == _t.id).scalar_subquery()
    consulta = (
        select(_t.id, _t.data, base, _d.descricao, _d.valor, _t.estornado_em)
        .join_from(tabelas.lancamento, tabelas.pagamento, _d.pagamento_id == _t.id)
        .where(
            _t.operadora_id == operadora_id,
            _t.prestador_id == prestador_id,
            _t.confirmado_em.is_not(None),
            _t.data.between(inicio, fim),
            _d.tipo == tipo.value,
            _d.indicador == Indicador.DEBITO.value,
        )
        .order_by(_t.data, _t.id, _d.id)
    )
    return tuple(Retida._make(linha) for linha in conn.execute(consulta))


def _um_prestador(conn: Connection, *qual: ColumnElement[bool]) -> Prestador | None:
    linha = conn.execute(select(*prestadores.COLUNAS).where(*qual)).one_or_none()
    return None if linha is None else prestadores.de_valores(linha)


def _codigos(
    conn: Connection, protocolo: Protocolo
) -> dict[tuple[int | None, int | None], list[str]]:
    """Códigos das glosas pela posição da guia e do item; nenhum antes de a análise acabar."""
    achados: defaultdict[tuple[int | None, int | None], list[str]] = defaultdict(list)
    if protocolo.analise_visivel:
        for g in glosas.do_protocolo(conn, protocolo.id):
            achados[g.guia_posicao, g.item_posicao].append(g.glosa.codigo)
    return achados
