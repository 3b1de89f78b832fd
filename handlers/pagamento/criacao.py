"""Criar um pagamento previsto, com as guias que ele prende."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dominio.dinheiro import MAIOR_TOTAL, ZERO
from dominio.impedimento import Impedimento, Lugar
from dominio.impedimentos import (
    CHAVE_REUSADA,
    DADOS_BANCARIOS,
    DE_OUTRO_PRESTADOR,
    GUIA_JA_PAGA,
    HOMOLOGACAO,
    LANCAMENTO_INVALIDO,
    NADA_A_PAGAR,
    NAO_LIBERADO,
    PRESTADOR_AUSENTE,
    SEM_ANALISE,
)
from dominio.pagamento import MAIOR_DESCRICAO
from dominio.situacao import StatusProtocolo
from handlers import da_operadora
from handlers.pagamento import montagem
from handlers.pagamento import recursos as do_recurso
from handlers.pagamento.partes import a_pagar
from persistence import (
    lancamentos,
    pagamentos,
    partes_pagas,
    politicas_de_cobranca,
    protocolos,
    recursos,
)
from persistence.partes_pagas import GuiaJaPaga

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from dominio.pagamento import Desconto
    from handlers.da_operadora import Autor
    from handlers.pagamento.pedido import Alvo, PagamentoAtual, PedidoDePagamento
    from persistence.pagamentos import Pagamento
    from persistence.partes_pagas import Parte
    from persistence.recursos_valores import Recurso

_TAMANHOS = (4, 7, 20)
"""Caracteres de banco, agência e conta em ``ct_pagamentoDados``."""


def criar(
    conn: Connection, operadora_id: int, pedido: PedidoDePagamento, autor: Autor
) -> PagamentoAtual:
    """Prende guias liberadas num pagamento previsto e dá a prévia dele.

    O pedido repetido com a sua chave responde o mesmo pagamento, no estado em que está.

    Raises:
        Impedimento: o pedido não se faz; a transação deve ser desfeita.
    """
    da_operadora.conferir_chave(pedido.chave)
    _conferir(pedido)
    sha256 = da_operadora.resumo(pedido)
    recebedor = pagamentos.trancar_recebedor(conn, operadora_id, pedido.prestador)
    if recebedor is None:
        raise Impedimento(PRESTADOR_AUSENTE)
    politica = politicas_de_cobranca.ler(conn, operadora_id)
    pagamento = pagamentos.criar(
        conn,
        operadora_id=operadora_id,
        prestador_id=recebedor.id,
        chave=pedido.chave,
        sha256=sha256,
        data_prevista=pedido.data_prevista,
        forma=pedido.forma.value,
        banco=pedido.banco,
        agencia=pedido.agencia,
        conta=pedido.conta,
        exige_nota=politica.exige_nota == "todos"
        or (politica.exige_nota == "pessoa-juridica" and recebedor.cnpj is not None),
        criado_em=autor.agora,
        criado_por=autor.quem,
    )
    if pagamento is None:
        return _repetido(conn, operadora_id, pedido.chave, sha256)
    _prender(conn, pagamento, pedido)
    lancamentos.incluir(
        conn,
        operadora_id,
        recebedor.id,
        pedido.descontos,
        origem="pessoa",
        quem=autor.quem,
        agora=autor.agora,
        pagamento_id=pagamento.id,
    )
    return montagem.montar(conn, pagamento)


def _repetido(conn: Connection, operadora_id: int, chave: str, sha256: str) -> PagamentoAtual:
    existente = pagamentos.por_chave(conn, operadora_id, chave)
    if existente is None:
        raise Impedimento(CHAVE_REUSADA)
    da_operadora.conferir_repeticao(sha256, existente.sha256)
    return montagem.montar(conn, existente)._replace(repetido=True)


def _prender(conn: Connection, pagamento: Pagamento, pedido: PedidoDePagamento) -> None:
    novas: list[Parte] = []
    for alvo in sorted(pedido.alvos, key=lambda a: a.protocolo):
        recurso = recursos.trancar(conn, pagamento.operadora_id, alvo.protocolo)
        if recurso is not None:
            novas += _do_recurso(conn, pagamento, recurso, alvo)
            continue
        protocolo = da_operadora.trancar_lote(conn, pagamento.operadora_id, alvo.protocolo)
        lugar = Lugar(protocolo.numero)
        if protocolo.prestador_id != pagamento.prestador_id:
            raise Impedimento(DE_OUTRO_PRESTADOR, lugar)
        if protocolo.homologacao:
            raise Impedimento(HOMOLOGACAO, lugar)
        if protocolo.status is not StatusProtocolo.LIBERADO:
            raise Impedimento(NAO_LIBERADO, lugar, f"Está em {int(protocolo.status)}.")
        if not protocolo.analise_visivel:
            raise Impedimento(SEM_ANALISE, lugar)
        novas += a_pagar(conn, protocolo, alvo.guias)
    if not novas:
        raise Impedimento(NADA_A_PAGAR)
    try:
        partes_pagas.incluir(conn, pagamento.id, novas)
    except GuiaJaPaga as erro:
        achado = protocolos.por_ids(conn, [erro.parte.protocolo_id])[erro.parte.protocolo_id]
        raise Impedimento(GUIA_JA_PAGA, Lugar(achado.numero, erro.parte.guia_posicao)) from erro


def _do_recurso(
    conn: Connection, pagamento: Pagamento, recurso: Recurso, alvo: Alvo
) -> list[Parte]:
    lugar = Lugar(recurso.numero)
    if recurso.prestador_id != pagamento.prestador_id:
        raise Impedimento(DE_OUTRO_PRESTADOR, lugar)
    if recurso.homologacao:
        raise Impedimento(HOMOLOGACAO, lugar)
    partes = do_recurso.a_pagar(conn, recurso)
    if alvo.guias is not None and set(alvo.guias) != {parte.guia_posicao for parte in partes}:
        # um recurso paga-se inteiro: a situação dele é uma só
        raise Impedimento(NAO_LIBERADO, lugar, "Um recurso paga-se inteiro.")
    return partes


def _conferir(pedido: PedidoDePagamento) -> None:
    conferir_dados_bancarios(pedido.banco, pedido.agencia, pedido.conta)
    for desconto in pedido.descontos:
        conferir_desconto(desconto)


def conferir_dados_bancarios(banco: str | None, agencia: str | None, conta: str | None) -> None:
    """Banco, agência e conta, os que se dizem, cabem no demonstrativo.

    Raises:
        Impedimento: um não cabe.
    """
    for valor, tamanho in zip((banco, agencia, conta), _TAMANHOS, strict=True):
        if valor is not None and not 1 <= len(valor) <= tamanho:
            raise Impedimento(DADOS_BANCARIOS)
        da_operadora.conferir_texto(valor, tamanho)


def conferir_desconto(desconto: Desconto) -> None:
    """Um débito ou crédito tem valor ao centavo, maior que zero, e descrição que cabe.

    Raises:
        Impedimento: não os tem.
    """
    valor = desconto.valor
    serve = valor.is_finite() and ZERO < valor <= MAIOR_TOTAL and valor == valor.quantize(ZERO)
    if not serve or not 1 <= len(desconto.descricao.strip()) <= MAIOR_DESCRICAO:
        raise Impedimento(LANCAMENTO_INVALIDO)
    da_operadora.conferir_texto(desconto.descricao, MAIOR_DESCRICAO)
