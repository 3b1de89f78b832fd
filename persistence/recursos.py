"""Os recursos de glosa: registro, leitura e o que cada um prende das glosas de um protocolo.

Um recurso é também um protocolo, com número da mesma série, situação e histórico. Quem conta
saldos tranca antes o protocolo de que se recorre: é o que faz dois recursos esperarem um pelo
outro.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, case, func, insert, select, text

from dominio.competencia import dia
from dominio.dinheiro import ZERO
from dominio.eventos import de_situacao
from dominio.lote import Identificacao
from dominio.recurso import Estado, Nivel, Objeto, Origem, Parcela, Unidade, saldos
from dominio.situacao import StatusProtocolo
from persistence import alteracoes, glosas, series, tabelas, webhooks
from persistence.insercao import InsercaoUnica
from persistence.recursos_valores import Linha, NumeroDeRecursoEmUso, Recurso

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date
    from decimal import Decimal

    from dominio.recurso import Saldo
    from persistence.recursos_valores import NovoRecurso

TIPO = "recurso"
"""O ``tipo`` do protocolo de um recurso."""


_r = tabelas.recurso.c
_n = tabelas.recurso_linha.c
_a = tabelas.recurso_parcela.c
_p = tabelas.protocolo.c
_l = tabelas.lote.c
_h = tabelas.historico.c
_original = tabelas.protocolo.alias("original")

_DO_PROTOCOLO = (
    _p.numero, _p.status, _p.versao, _p.canal, _p.recebido_em, _p.data_envio, _p.homologacao,
    _p.informado, _p.liberado,
)  # fmt: skip
_DO_RECURSO = Recurso._fields[: Recurso._fields.index("numero")]
_COLUNAS = tuple(
    coluna
    for nome in _DO_RECURSO
    for coluna in ((_r.prestador_forma, _r.prestador_valor) if nome == "prestador" else (_r[nome],))
)
_RECURSOS = select(*_COLUNAS, *_DO_PROTOCOLO, _original.c.numero, _l.numero, _l.tipo).select_from(
    tabelas.recurso.join(tabelas.protocolo, _p.id == _r.protocolo_id)
    .join(_original, _original.c.id == _r.original_id)
    .join(tabelas.lote, _l.id == _r.lote_id)
)
_OCUPAR = InsercaoUnica(
    tabelas.recurso,
    [_r.protocolo_id],
    indice=[_r.prestador_id, _r.numero_guia],
    onde=text("vivo"),
)
_CAMPOS_DA_LINHA = tuple(nome for nome in Linha._fields if nome != "parcelas")
_LINHAS = select(*(_n[nome] for nome in _CAMPOS_DA_LINHA)).order_by(_n.recurso_id, _n.posicao)


def registrar(conn: Connection, novo: NovoRecurso) -> int:
    """Registra um recurso com situação Recebido, com o próximo número da série se não tem um.

    Quem chama tem trancado o protocolo de que se recorre e conferiu os saldos.

    Raises:
        NumeroDeRecursoEmUso: o número da guia de recurso já é de outro.
    """
    numero = novo.numero
    if numero is None:
        numero = series.proximo(conn, novo.operadora_id, homologacao=novo.homologacao)
    recebido = StatusProtocolo.RECEBIDO
    recursado = sum((linha.recursado for linha in novo.linhas), novo.total_dito * 0)
    zero = recursado * 0
    protocolo_id = alteracoes.inserir_protocolo(
        conn,
        {
            "operadora_id": novo.operadora_id,
            "numero": numero,
            "prestador_id": novo.prestador_id,
            "tipo": TIPO,
            "lote_id": None,
            "mensagem_id": novo.mensagem_id,
            "versao": novo.versao,
            "canal": novo.canal,
            "status": int(recebido),
            "recebido_em": novo.recebido_em,
            "data_envio": novo.data_envio,
            "homologacao": novo.homologacao,
            "informado": recursado,
            "processado": zero,
            "liberado": zero,
            "glosa": zero,
            "analise_visivel": False,
            "avisos": list(novo.avisos) or None,
        },
    )
    ocupado = _OCUPAR.executar(
        conn,
        {
            "protocolo_id": protocolo_id,
            "operadora_id": novo.operadora_id,
            "prestador_id": novo.prestador_id,
            "original_id": novo.original_id,
            "lote_id": novo.lote_id,
            "sequencia": _proxima(conn, novo.original_id),
            "numero_guia": novo.numero_guia,
            "numero_guia_operadora": novo.numero_guia_operadora,
            "sha256": novo.sha256,
            "vivo": True,
            "origem": novo.origem.value,
            "objeto": novo.objeto.value,
            "odonto": novo.odonto,
            "prestador_forma": novo.prestador.forma,
            "prestador_valor": novo.prestador.valor,
            "data_recurso": novo.data_recurso,
            "total_dito": novo.total_dito,
            "observacao": novo.observacao,
            "revisao": 0,
        },
    )
    if ocupado is None:
        raise NumeroDeRecursoEmUso
    conn.execute(
        insert(tabelas.historico),
        {
            "protocolo_id": protocolo_id,
            "em": novo.recebido_em,
            "de": None,
            "para": int(recebido),
            "quem": novo.quem,
            "motivo": f"recurso {novo.origem.texto}",
        },
    )
    for linha in novo.linhas:
        _gravar_linha(conn, protocolo_id, novo.original_id, linha)
    webhooks.anotar(
        conn,
        novo.operadora_id,
        de_situacao(recebido, recurso=True),
        numero,
        em=novo.recebido_em,
        para=recebido,
        homologacao=novo.homologacao,
    )
    return numero


def _proxima(conn: Connection, original_id: int) -> int:
    maior = select(func.max(_r.sequencia)).where(_r.original_id == original_id)
    return (conn.execute(maior).scalar_one_or_none() or 0) + 1


def _gravar_linha(conn: Connection, recurso_id: int, original_id: int, linha: Linha) -> None:
    valores = {n: v for n, v in linha._asdict().items() if n not in ("id", "parcelas")}
    valores |= {"nivel": linha.nivel.value, "estado": linha.estado.value}
    linha_id = conn.execute(
        insert(tabelas.recurso_linha).returning(_n.id),
        {"recurso_id": recurso_id, "original_id": original_id, **valores},
    ).scalar_one()
    conn.execute(
        insert(tabelas.recurso_parcela),
        [
            {
                "linha_id": linha_id,
                "ordem": ordem,
                "guia_posicao": parcela.unidade.guia,
                "item_posicao": parcela.unidade.item,
                "grau": parcela.unidade.grau,
                "recursado": parcela.recursado,
                "acatado": None,
            }
            for ordem, parcela in enumerate(linha.parcelas, 1)
        ],
    )


def presas(conn: Connection, original_id: int) -> tuple[tuple[Unidade, Decimal], ...]:
    """O que os recursos vivos prendem de cada glosa de um protocolo, em reais.

    De uma linha aberta, o que ela contesta; de uma respondida, o que se acatou.
    """
    return tuple(presas_de(conn, (original_id,))[original_id])


def presas_de(
    conn: Connection, originais: Collection[int]
) -> dict[int, list[tuple[Unidade, Decimal]]]:
    """O que ``presas`` diz, de vários protocolos, pela chave de cada um."""
    preso = case((_n.aberta, _a.recursado), else_=func.coalesce(_a.acatado, ZERO))
    consulta = (
        select(_n.original_id, _a.guia_posicao, _a.item_posicao, _a.grau, _n.codigo, preso)
        .join_from(tabelas.recurso_parcela, tabelas.recurso_linha)
        .where(_n.original_id.in_(originais), _n.estado != Estado.CANCELADO.value)
    )
    juntas: dict[int, list[tuple[Unidade, Decimal]]] = defaultdict(list)
    for original_id, *unidade, valor in conn.execute(consulta):
        juntas[original_id].append((Unidade(*unidade), valor))
    return juntas


def saldos_do_protocolo(conn: Connection, protocolo_id: int) -> dict[Unidade, Saldo]:
    """O saldo a recursar de cada glosa de um protocolo, na ordem das glosas."""
    glosado = (
        (Unidade(g.guia_posicao, g.item_posicao, g.grau or "", g.glosa.codigo), g.glosa.valor)
        for g in glosas.do_protocolo(conn, protocolo_id)
    )
    return saldos(glosado, presas(conn, protocolo_id))


def desde_quando(conn: Connection, protocolos: Collection[int]) -> dict[int, date]:
    """Data de São Paulo em que cada protocolo chegou pela última vez à situação em que está."""
    consulta = (
        select(_h.protocolo_id, _h.em)
        .join_from(tabelas.historico, tabelas.protocolo, _p.id == _h.protocolo_id)
        .where(_h.protocolo_id.in_(protocolos), _h.para == _p.status)
        .order_by(_h.id)
    )
    return {protocolo_id: dia(em) for protocolo_id, em in conn.execute(consulta)}


def abertas(conn: Connection, original_id: int) -> frozenset[str]:
    """As chaves das coisas que já se contestam num recurso sem resposta."""
    consulta = select(_n.chave).where(_n.original_id == original_id, _n.aberta)
    return frozenset(conn.execute(consulta).scalars())


def do_numero_da_guia(
    conn: Connection, operadora_id: int, prestadores: Collection[int], numero_guia: str
) -> tuple[Recurso, ...]:
    """Os recursos que têm um ``numeroGuiaRecGlosaPrestador``, do mais novo ao mais antigo."""
    consulta = _RECURSOS.where(
        _r.operadora_id == operadora_id,
        _r.prestador_id.in_(prestadores),
        _r.numero_guia == numero_guia,
    ).order_by(_r.protocolo_id.desc())
    return tuple(_recurso(linha) for linha in conn.execute(consulta))


def por_numero(conn: Connection, operadora_id: int, numero: int) -> Recurso | None:
    """O recurso de um número, entre os da operadora."""
    consulta = _RECURSOS.where(_r.operadora_id == operadora_id, _p.numero == numero)
    linha = conn.execute(consulta).one_or_none()
    return None if linha is None else _recurso(linha)


def do_protocolo(conn: Connection, original_id: int) -> tuple[Recurso, ...]:
    """Os recursos de um protocolo, do primeiro ao último; quem chama sabe de quem é."""
    consulta = _RECURSOS.where(_r.original_id == original_id).order_by(_r.sequencia)
    return tuple(_recurso(linha) for linha in conn.execute(consulta))


def trancar(conn: Connection, operadora_id: int, numero: int) -> Recurso | None:
    """O recurso de um número, com ele e o protocolo de que se recorre trancados."""
    achado = por_numero(conn, operadora_id, numero)
    if achado is None:
        return None
    trancar_protocolos(conn, (achado.original_id, achado.protocolo_id))
    return por_numero(conn, operadora_id, numero)


def trancar_protocolos(conn: Connection, ids: Collection[int]) -> None:
    """Espera por quem esteja mudando estes protocolos, sempre pela ordem das chaves."""
    consulta = select(_p.id).where(_p.id.in_(list(ids))).order_by(_p.id).with_for_update()
    conn.execute(consulta).all()


def linhas(conn: Connection, recurso_id: int) -> tuple[Linha, ...]:
    """As linhas de um recurso, com as suas parcelas."""
    lidas = conn.execute(_LINHAS.where(_n.recurso_id == recurso_id)).all()
    parcelas: dict[int, list[Parcela]] = defaultdict(list)
    consulta = (
        select(
            _a.linha_id, _a.guia_posicao, _a.item_posicao, _a.grau, _n.codigo, _a.recursado,
            _a.acatado,
        )
        .join_from(tabelas.recurso_parcela, tabelas.recurso_linha)
        .where(_n.recurso_id == recurso_id)
        .order_by(_a.linha_id, _a.ordem)
    )  # fmt: skip
    for linha_id, *unidade, recursado, acatado in conn.execute(consulta):
        parcelas[linha_id].append(Parcela(Unidade(*unidade), recursado, acatado))
    return tuple(_linha(valores, parcelas[valores[-1]]) for valores in lidas)


def _linha(valores: Sequence[Any], parcelas: Sequence[Parcela]) -> Linha:
    campos = dict(zip(_CAMPOS_DA_LINHA, valores, strict=True))
    campos |= {"nivel": Nivel(campos["nivel"]), "estado": Estado(campos["estado"])}
    return Linha(parcelas=tuple(parcelas), **campos)


def _recurso(valores: Sequence[Any]) -> Recurso:
    corte = _DO_RECURSO.index("prestador")
    quem = Identificacao(*valores[corte : corte + 2])
    cru = Recurso._make((*valores[:corte], quem, *valores[corte + 2 :]))
    return cru._replace(
        origem=Origem(cru.origem), objeto=Objeto(cru.objeto), status=StatusProtocolo(cru.status)
    )
