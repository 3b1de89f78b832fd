"""Os protocolos: consulta por número, guias e itens guardados, situação e histórico."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection, bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError

from dominio.eventos import de_situacao
from dominio.lote import Beneficiario, Identificacao, Item
from dominio.situacao import StatusProtocolo
from dominio.situacao import transitar as conferir_passagem
from persistence import alteracoes, analises, lotes, tabelas, webhooks
from persistence.erros import NumeroEmUso
from persistence.lotes import Critica
from persistence.prontos import Pronto

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from decimal import Decimal


class Protocolo(NamedTuple):
    """Um protocolo e o lote que o originou.

    Attributes:
        id: chave no banco.
        operadora_id: dona da série.
        numero: o número que o prestador conhece.
        prestador_id: quem enviou; só ele vê o protocolo.
        tipo: o que recebeu protocolo, como ``lote``.
        lote_id: chave do lote; com os três seguintes, ausente se não é de lote.
        lote_numero: número do lote como o prestador o deu.
        lote_tipo: valor de ``TipoGuia``.
        quantidade_guias: do lote.
        mensagem_id: a mensagem no arquivo.
        versao: em que versão do padrão veio.
        canal: por onde veio.
        status: situação.
        recebido_em: instante em UTC.
        data_envio: data dita pela mensagem.
        homologacao: se é de homologação.
        informado: reais.
        processado: reais.
        liberado: reais.
        glosa: reais.
        analise_visivel: se o prestador já pode ver os resultados da análise.
        avisos: códigos estáveis.
    """

    id: int
    operadora_id: int
    numero: int
    prestador_id: int
    tipo: str
    lote_id: int | None
    lote_numero: str | None
    lote_tipo: str | None
    quantidade_guias: int | None
    mensagem_id: str
    versao: str
    canal: str
    status: StatusProtocolo
    recebido_em: datetime
    data_envio: date
    homologacao: bool
    informado: Decimal
    processado: Decimal
    liberado: Decimal
    glosa: Decimal
    analise_visivel: bool
    avisos: tuple[str, ...]


class GuiaGuardada(NamedTuple):
    """Uma guia com a sua situação e os seus valores em reais.

    Attributes:
        posicao: no lote, a partir de 1.
        beneficiario: como a guia o trouxe.
        executante: como a guia o trouxe.
        executante_id: o prestador que se resolveu.
        status: situação própria da guia.
    """

    posicao: int
    numero_prestador: str
    numero_operadora: str | None
    guia_principal: str | None
    senha: str | None
    beneficiario: Beneficiario
    executante: Identificacao
    executante_id: int | None
    cnes: str | None
    data_inicio: date | None
    hora_inicio: time | None
    data_fim: date | None
    hora_fim: time | None
    data_realizacao: date | None
    ausencia_cod_validacao: str | None
    cod_validacao: str | None
    total_franquia: Decimal | None
    status: StatusProtocolo
    informado: Decimal
    processado: Decimal
    liberado: Decimal
    glosa: Decimal


class ItemGuardado(NamedTuple):
    """Um item com os valores em reais que a análise lhe deu.

    Attributes:
        guia_posicao: da guia no lote, a partir de 1.
        posicao: do item na guia, a partir de 1.
        item: como foi informado.
    """

    guia_posicao: int
    posicao: int
    item: Item
    processado: Decimal
    liberado: Decimal
    glosa: Decimal


class Passagem(NamedTuple):
    """Uma linha do histórico de um protocolo.

    Attributes:
        em: instante em UTC.
        de: situação anterior; ausente na primeira.
        para: situação nova.
        quem: quem mudou.
        motivo: por quê, quando dito.
    """

    em: datetime
    de: StatusProtocolo | None
    para: StatusProtocolo
    quem: str
    motivo: str | None


_p = tabelas.protocolo.c
_l = tabelas.lote.c
_g = tabelas.guia.c
_i = tabelas.item.c
_h = tabelas.historico.c
_cr = tabelas.critica.c

_DO_LOTE = {
    "lote_numero": _l.numero,
    "lote_tipo": _l.tipo,
    "quantidade_guias": _l.quantidade_guias,
}
_PROTOCOLO = select(
    *(_DO_LOTE[nome] if nome in _DO_LOTE else _p[nome] for nome in Protocolo._fields)
).select_from(tabelas.protocolo.outerjoin(tabelas.lote))
_POR_NUMERO = Pronto(
    _PROTOCOLO.where(_p.operadora_id == bindparam("operadora_id"), _p.numero == bindparam("numero"))
)
_POR_ID = _PROTOCOLO.where(_p.id == bindparam("id"))
_TRANCAR = _POR_ID.with_for_update(of=tabelas.protocolo)
_TRANCAR_POR_NUMERO = _PROTOCOLO.where(
    _p.operadora_id == bindparam("operadora_id"), _p.numero == bindparam("numero")
).with_for_update(of=tabelas.protocolo)

_BENEFICIARIO = (_g.carteira, _g.atendimento_rn, _g.tipo_ident, _g.nome_beneficiario, _g.cns)
_EXECUTANTE = (_g.executante_forma, _g.executante_valor)
_OUTRAS = tuple(f for f in GuiaGuardada._fields if f not in ("beneficiario", "executante"))
_ANTES = _OUTRAS[: GuiaGuardada._fields.index("beneficiario")]
_DEPOIS = _OUTRAS[len(_ANTES) :]
_GUIAS = Pronto(
    select(*(_g[f] for f in _ANTES), *_BENEFICIARIO, *_EXECUTANTE, *(_g[f] for f in _DEPOIS))
    .where(_g.lote_id == bindparam("lote_id"))
    .order_by(_g.posicao)
)
_ITENS = (
    select(
        _i.guia_posicao,
        _i.posicao,
        _i.processado,
        _i.liberado,
        _i.glosa,
        *(_i.informado if nome == "valor_total" else _i[nome] for nome in Item._fields),
    )
    .where(_i.lote_id == bindparam("lote_id"))
    .order_by(_i.guia_posicao, _i.posicao)
)
_CRITICAS = Pronto(
    select(*(_cr[nome] for nome in Critica._fields))
    .where(_cr.lote_id == bindparam("lote_id"))
    .order_by(_cr.id)
)
_HISTORICO = (
    select(*(_h[nome] for nome in Passagem._fields))
    .where(_h.protocolo_id == bindparam("protocolo_id"))
    .order_by(_h.id)
)


def por_numero(conn: Connection, operadora_id: int, numero: int) -> Protocolo | None:
    """O protocolo de um número, entre os da operadora."""
    chave = {"operadora_id": operadora_id, "numero": numero}
    linha = _POR_NUMERO.primeira(conn, chave)
    return None if linha is None else _protocolo(linha)


def por_ids(conn: Connection, ids: Iterable[int]) -> dict[int, Protocolo]:
    """Os protocolos de um conjunto de chaves, pela chave; quem chama sabe de quem são."""
    linhas = conn.execute(_PROTOCOLO.where(_p.id.in_(list(ids))))
    return {linha[0]: _protocolo(linha) for linha in linhas}


def guias(conn: Connection, lote_id: int) -> tuple[GuiaGuardada, ...]:
    """As guias de um lote, pela posição."""
    return tuple(_guia(linha) for linha in _GUIAS.linhas(conn, {"lote_id": lote_id}))


def itens(conn: Connection, lote_id: int) -> tuple[ItemGuardado, ...]:
    """Os itens de todas as guias de um lote, pela posição da guia e do item."""
    return tuple(
        ItemGuardado(linha[0], linha[1], Item._make(linha[5:]), *linha[2:5])
        for linha in conn.execute(_ITENS, {"lote_id": lote_id})
    )


def criticas(conn: Connection, lote_id: int) -> tuple[Critica, ...]:
    """As críticas de um lote, na ordem em que foram registradas."""
    return tuple(Critica._make(linha) for linha in _CRITICAS.linhas(conn, {"lote_id": lote_id}))


def historico(conn: Connection, protocolo_id: int) -> tuple[Passagem, ...]:
    """As situações por que o protocolo passou, da primeira à última."""
    linhas = conn.execute(_HISTORICO, {"protocolo_id": protocolo_id})
    return tuple(
        Passagem(
            linha.em,
            None if linha.de is None else StatusProtocolo(linha.de),
            StatusProtocolo(linha.para),
            linha.quem,
            linha.motivo,
        )
        for linha in linhas
    )


def transitar(
    conn: Connection,
    protocolo_id: int,
    para: StatusProtocolo,
    quem: str,
    motivo: str | None = None,
    *,
    agora: datetime | None = None,
) -> Protocolo:
    """Passa o protocolo a outra situação; as guias que estavam na mesma o seguem.

    Cancelar e voltar a analisar levam todas as que não foram canceladas antes. Voltar a analisar
    esconde também os valores que se mostravam.

    O número do lote fica livre em 4 e 9, e volta a ser ocupado quando o protocolo é reaberto.

    Raises:
        LookupError: se não há tal protocolo.
        TransicaoProibida: se o ciclo de vida não tem essa passagem.
        NumeroEmUso: se o protocolo é reaberto e o seu número já é de outro lote.
    """
    linha = conn.execute(_TRANCAR, {"id": protocolo_id}).one_or_none()
    if linha is None:
        raise LookupError("não há protocolo com essa chave")
    antes = _protocolo(linha)
    conferir_passagem(antes.status, para)
    if antes.lote_id is not None:
        if para.vivo != antes.status.vivo:
            _ocupar(conn, antes, vivo=para.vivo)
        conn.execute(
            update(tabelas.guia)
            .where(_g.lote_id == antes.lote_id, _g.status.in_(_que_seguem(antes.status, para)))
            .values(status=int(para))
        )
    conn.execute(update(tabelas.protocolo).where(_p.id == protocolo_id).values(status=int(para)))
    alteracoes.marcar_alterado(conn, protocolo_id)
    quando = agora or datetime.now(UTC)
    if para is StatusProtocolo.EM_ANALISE and antes.analise_visivel and antes.lote_id is not None:
        analises.reabrir(conn, protocolo_id, antes.lote_id, quem, quando)
    conn.execute(
        insert(tabelas.historico),
        {
            "protocolo_id": protocolo_id,
            "em": quando,
            "de": int(antes.status),
            "para": int(para),
            "quem": quem,
            "motivo": motivo,
        },
    )
    webhooks.anotar(
        conn,
        antes.operadora_id,
        # só um recurso tem protocolo sem lote
        de_situacao(para, recurso=antes.lote_id is None),
        antes.numero,
        em=quando,
        de=antes.status,
        para=para,
        homologacao=antes.homologacao,
    )
    return antes._replace(status=para)


def trancar(conn: Connection, operadora_id: int, numero: int) -> Protocolo | None:
    """O protocolo de um número da operadora, trancado até o fim da transação de escrita."""
    chave = {"operadora_id": operadora_id, "numero": numero}
    linha = conn.execute(_TRANCAR_POR_NUMERO, chave).one_or_none()
    return None if linha is None else _protocolo(linha)


def numerar_guia(conn: Connection, protocolo: Protocolo, posicao: int, numero: str) -> None:
    """Grava o número na operadora de uma guia que ainda não o tem."""
    dela = (_g.lote_id == protocolo.lote_id, _g.posicao == posicao, _g.numero_operadora.is_(None))
    conn.execute(update(tabelas.guia).where(*dela).values(numero_operadora=numero))
    alteracoes.marcar_alterado(conn, protocolo.id)


def _que_seguem(de: StatusProtocolo, para: StatusProtocolo) -> list[int]:
    if para in (StatusProtocolo.EM_ANALISE, StatusProtocolo.CANCELADO):
        return [int(s) for s in StatusProtocolo if s is not StatusProtocolo.CANCELADO]
    return [int(de)]


def _ocupar(conn: Connection, protocolo: Protocolo, *, vivo: bool) -> None:
    try:
        # num ponto de retorno, para que o conflito deixe a transação inteira
        with conn.begin_nested():
            conn.execute(update(tabelas.lote).where(_l.id == protocolo.lote_id).values(vivo=vivo))
    except IntegrityError as erro:
        numero = str(protocolo.lote_numero)
        existente = lotes.vivo(conn, protocolo.prestador_id, numero)
        if existente is None:
            raise
        raise NumeroEmUso(existente) from erro


def _protocolo(valores: Sequence[Any]) -> Protocolo:
    cru = Protocolo._make(valores)
    return cru._replace(status=StatusProtocolo(cru.status), avisos=tuple(cru.avisos or ()))


_FIM_ANTES = len(_ANTES)
_FIM_BENEFICIARIO = _FIM_ANTES + len(_BENEFICIARIO)
_FIM_EXECUTANTE = _FIM_BENEFICIARIO + len(_EXECUTANTE)


def _guia(valores: Sequence[Any]) -> GuiaGuardada:
    crua = GuiaGuardada._make(
        (
            *valores[:_FIM_ANTES],
            Beneficiario._make(valores[_FIM_ANTES:_FIM_BENEFICIARIO]),
            Identificacao._make(valores[_FIM_BENEFICIARIO:_FIM_EXECUTANTE]),
            *valores[_FIM_EXECUTANTE:],
        )
    )
    return crua._replace(status=StatusProtocolo(crua.status))
