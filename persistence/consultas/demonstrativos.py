"""O que os demonstrativos mostram, lido em poucas consultas por protocolo."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection, and_, bindparam, exists, func, or_, select, type_coerce

from dominio.analise import Valores
from dominio.dinheiro import ZERO
from persistence import tabelas
from persistence.prontos import Pronto

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, datetime
    from decimal import Decimal

_i = tabelas.item.c
_ri = tabelas.resultado_item.c
_rg = tabelas.resultado_guia.c
_gl = tabelas.glosa.c
_a = tabelas.analise.c
_h = tabelas.historico.c
_pr = tabelas.prestador.c
_g = tabelas.guia.c


class Dono(NamedTuple):
    """O prestador de um demonstrativo, ativo ou não.

    Attributes:
        homologacao: se os seus números são da série de homologação.
        itens: ``glosados`` ou ``todos``.
    """

    id: int
    codigo: str
    nome: str
    cnpj: str | None
    cpf: str | None
    cnes: str | None
    homologacao: bool
    itens: str


class Linha(NamedTuple):
    """Um item analisado, ou a parte de um grau dele; um grau vazio é o item inteiro.

    Attributes:
        graus: os da equipe, separados por vírgula.
        quantidade: executada.
        quantidade_analisada: ausente se o item não tem resultado à parte.
        informado: reais do item; com os três seguintes.
        da_parte: os quatro valores do resultado, ausentes com ele.
    """

    guia_posicao: int
    posicao: int
    despesa: bool
    sequencial: int
    data: date
    tabela: str
    codigo: str
    descricao: str | None
    graus: str | None
    quantidade: Decimal
    centro_consumo: str | None
    dente: str | None
    regiao: str | None
    face: str | None
    franquia: Decimal | None
    informado: Decimal
    processado: Decimal
    liberado: Decimal
    glosa: Decimal
    grau: str | None
    quantidade_analisada: Decimal | None
    quantidade_paga: Decimal | None
    parte_informado: Decimal | None
    parte_processado: Decimal | None
    parte_liberado: Decimal | None
    parte_glosa: Decimal | None

    @property
    def valores(self) -> Valores:
        """Os quatro valores do item ou, se se reparte, da parte."""
        if not self.grau or self.parte_informado is None:
            return Valores(self.informado, self.processado, self.liberado, self.glosa)
        return Valores(
            self.parte_informado,
            self.parte_processado,  # type: ignore[arg-type]
            self.parte_liberado,  # type: ignore[arg-type]
            self.parte_glosa,  # type: ignore[arg-type]
        )


_DA_PARTE = {
    "grau": _ri.grau,
    "quantidade_analisada": _ri.quantidade,
    "quantidade_paga": _ri.quantidade_paga,
    "parte_informado": _ri.informado,
    "parte_processado": _ri.processado,
    "parte_liberado": _ri.liberado,
    "parte_glosa": _ri.glosa,
}
_TODOS = (
    select(*(_DA_PARTE[nome] if nome in _DA_PARTE else _i[nome] for nome in Linha._fields))
    .select_from(
        tabelas.item.outerjoin(
            tabelas.resultado_item,
            and_(
                _ri.lote_id == _i.lote_id,
                _ri.guia_posicao == _i.guia_posicao,
                _ri.item_posicao == _i.posicao,
            ),
        )
    )
    .where(_i.lote_id == bindparam("lote_id"))
    .order_by(_i.guia_posicao, _i.posicao, _ri.grau)
)
_GLOSADOS = _TODOS.where(
    or_(
        _i.glosa != ZERO,
        exists().where(
            _gl.protocolo_id == bindparam("protocolo_id"),
            _gl.guia_posicao == _i.guia_posicao,
            _gl.item_posicao == _i.posicao,
        ),
    )
)
_LER_TODOS = Pronto(_TODOS)
_LER_GLOSADOS = Pronto(_GLOSADOS)
_OBSERVACOES = Pronto(
    select(_rg.guia_posicao, _rg.observacao).where(
        _rg.lote_id == bindparam("lote_id"), _rg.observacao.is_not(None)
    )
)
_OBSERVACAO = Pronto(
    select(_a.observacao).where(
        _a.protocolo_id == bindparam("protocolo_id"), _a.estado == "finalizada"
    )
)


def donos(conn: Connection, operadora_id: int, ids: Iterable[int]) -> dict[int, Dono]:
    """Prestadores da operadora, pela chave."""
    colunas = [_pr[nome] for nome in Dono._fields[:-1]]
    consulta = select(*colunas, _pr.itens_no_demonstrativo).where(
        _pr.operadora_id == operadora_id, _pr.id.in_(list(ids))
    )
    return {linha[0]: Dono._make(linha) for linha in conn.execute(consulta)}


def linhas(conn: Connection, protocolo_id: int, lote_id: int, *, todos: bool) -> list[Linha]:
    """Os itens de um lote, por guia, item e grau; só os que têm glosa, se não se pedem todos."""
    chaves: dict[str, Any] = {"lote_id": lote_id}
    if todos:
        return [Linha._make(linha) for linha in _LER_TODOS.linhas(conn, chaves)]
    chaves["protocolo_id"] = protocolo_id
    return [Linha._make(linha) for linha in _LER_GLOSADOS.linhas(conn, chaves)]


def observacoes(conn: Connection, lote_id: int) -> dict[int, str]:
    """O que a análise diz ao prestador de cada guia, pela posição."""
    return {p: str(texto) for p, texto in _OBSERVACOES.linhas(conn, {"lote_id": lote_id})}


def observacao(conn: Connection, protocolo_id: int) -> str | None:
    """O que a análise finalizada diz ao prestador do protocolo inteiro."""
    linha = _OBSERVACAO.primeira(conn, {"protocolo_id": protocolo_id})
    return None if linha is None else linha[0]


def desde(conn: Connection, ids: Sequence[int]) -> dict[int, datetime]:
    """Instante em UTC da última passagem de cada protocolo."""
    ultima = type_coerce(func.max(_h.em), _h.em.type)
    consulta = (
        select(_h.protocolo_id, ultima).where(_h.protocolo_id.in_(ids)).group_by(_h.protocolo_id)
    )
    return {linha[0]: linha[1] for linha in conn.execute(consulta)}


def executantes(conn: Connection, lote_id: int) -> dict[int, str]:
    """Nome do executante de cada guia, pela posição; falta o de quem não é da casa."""
    consulta = (
        select(_g.posicao, _pr.nome)
        .join_from(tabelas.guia, tabelas.prestador, _g.executante_id == _pr.id)
        .where(_g.lote_id == lote_id)
    )
    return {linha[0]: linha[1] for linha in conn.execute(consulta)}
