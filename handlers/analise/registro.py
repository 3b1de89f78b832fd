"""Registrar resultados de um lote, inteiros ou em partes."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from dominio.analise import GuiaAnalisada, ItemAnalisado, Politica, Valores
from dominio.dinheiro import ZERO
from dominio.impedimento import Impedimento, Lugar
from dominio.impedimentos import CHAVE_REUSADA, GUIA_REPETIDA, SOMA_DOS_GRAUS
from handlers import da_operadora
from handlers.analise import exame
from handlers.analise.base import MAIOR_OBSERVACAO, em_curso, recusar_se, resposta
from handlers.analise.conta import Conta
from persistence import analises, apontamentos, glosas, politicas_de_cobranca, resultados

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from dominio.analise import Glosa
    from handlers.analise.pedido import (
        AnaliseAtual,
        PedidoDeRegistro,
        ResultadoDeGuia,
        ResultadoDeItem,
    )
    from handlers.da_operadora import Autor

_NAO_NUMERO = Decimal("NaN")


def registrar(
    conn: Connection, operadora_id: int, pedido: PedidoDeRegistro, autor: Autor
) -> AnaliseAtual:
    """Guarda resultados de um lote; o prestador nada vê até se finalizar.

    Um protocolo recebido passa a em análise. O pedido repetido com a sua chave responde o que
    respondeu, ainda que a análise já tenha andado.

    Raises:
        Impedimento: o pedido não se faz; a transação deve ser desfeita.
    """
    da_operadora.conferir_chave(pedido.chave)
    protocolo = da_operadora.trancar_lote(conn, operadora_id, pedido.protocolo)
    sha256 = da_operadora.resumo(pedido._replace(revisao=None))
    if (antes := analises.registro(conn, operadora_id, pedido.chave)) is not None:
        da_operadora.conferir_repeticao(sha256, antes.sha256)
        atual = analises.viva(conn, protocolo.id)
        assert atual is not None  # noqa: S101 - a chave foi gravada com uma análise
        return resposta(protocolo, atual, repetido=True)._replace(revisao=antes.revisao)
    protocolo, analise = em_curso(conn, protocolo, autor)
    da_operadora.exigir_revisao(analise.revisao, pedido.revisao)
    if not analises.anotar(conn, analise, pedido.chave, sha256, quem=autor.quem, agora=autor.agora):
        # outra transação acaba de usar a chave noutro protocolo
        raise Impedimento(CHAVE_REUSADA, Lugar(protocolo.numero))
    conta = Conta.ler(conn, protocolo)
    politica = politicas_de_cobranca.ler(conn, operadora_id).valores
    guias = [_guia(conta, dita) for dita in pedido.guias]
    recusar_se(_do_registro(conta, politica, pedido, guias))
    assert protocolo.lote_id is not None  # noqa: S101 - é de lote
    resultados.gravar(conn, protocolo.id, protocolo.lote_id, guias)
    apontamentos.resolver(conn, protocolo.id, [guia.posicao for guia in guias])
    if pedido.glosas is not None:
        glosas.substituir_do_protocolo(conn, protocolo.id, pedido.glosas, "pessoa")
    observacao = analise.observacao if pedido.observacao is None else pedido.observacao
    return resposta(protocolo, analises.avancar(conn, analise, observacao=observacao))


def _guia(conta: Conta, dita: ResultadoDeGuia) -> GuiaAnalisada:
    posicao = conta.posicao(dita.guia)
    return GuiaAnalisada(
        posicao,
        tuple(_item(conta, posicao, item) for item in dita.itens),
        dita.glosas,
        dita.processado,
        dita.liberado,
        dita.glosa,
        dita.observacao,
    )


def _item(conta: Conta, guia: int, dito: ResultadoDeItem) -> ItemAnalisado:
    posicao = conta.item(guia, dito)
    if dito.grau and dito.informado is None:
        raise Impedimento(SOMA_DOS_GRAUS, conta.lugar(guia, posicao))
    informado = dito.informado if dito.grau else conta.informados[guia][posicao]
    quantidade = conta.itens[guia][posicao].quantidade
    if dito.quantidade is not None:
        quantidade = dito.quantidade
    glosa = _soma(dito.glosas) if dito.glosa is None else dito.glosa
    return ItemAnalisado(
        posicao,
        Valores(informado or ZERO, dito.processado, dito.liberado, glosa),
        quantidade,
        quantidade if dito.quantidade_paga is None else dito.quantidade_paga,
        dito.glosas,
        dito.grau,
    )


def _soma(glosas: tuple[Glosa, ...]) -> Decimal:
    try:
        return sum((g.valor for g in glosas), ZERO)
    except ArithmeticError:
        # o que não se soma não é número, e o exame o dirá
        return _NAO_NUMERO


def _do_registro(
    conta: Conta, politica: Politica, pedido: PedidoDeRegistro, guias: list[GuiaAnalisada]
) -> Iterator[Impedimento]:
    vistas: set[int] = set()
    for guia in guias:
        if guia.posicao in vistas:
            yield Impedimento(GUIA_REPETIDA, conta.lugar(guia.posicao))
        vistas.add(guia.posicao)
        yield from exame.da_guia(conta, politica, guia)
    yield from exame.das_glosas(conta.versao, politica, pedido.glosas or (), conta.lugar())
    da_operadora.conferir_texto(pedido.observacao, MAIOR_OBSERVACAO, conta.lugar())
