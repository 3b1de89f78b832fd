"""Dar número ao que mudou, guardar o que se emitiu, e o XML com tudo preenchido."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dominio import numeros
from dominio.competencia import dia
from dominio.lote import Identificacao
from handlers.demonstrativo import escrita
from handlers.demonstrativo.modelo import (
    DemonstrativoAnalise,
    DemonstrativoPagamento,
    SituacaoDoPedido,
)
from persistence import demonstrativos, series
from persistence.demonstrativos import Novo

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from handlers.demonstrativo.pedido import Peca, Resposta
    from persistence.operadoras import Operadora

MAIOR_OBSERVACAO = 500


def mudou(resposta: Resposta) -> bool:
    """Se há o que emitir."""
    return any(peca.mudou for peca in resposta.pecas)


def numerar(
    conn: Connection | None, operadora: Operadora, resposta: Resposta, agora: datetime
) -> Resposta:
    """Cada demonstrativo com o seu número: o que já tinha ou, se mudou, o seguinte da série.

    Args:
        conn: transação de escrita; dispensa-se quando nada mudou.
        operadora: dona da série.
        resposta: por numerar.
        agora: instante em UTC da emissão do que mudou.
    """
    return resposta._replace(
        pecas=tuple(_numerada(conn, operadora, peca, agora) for peca in resposta.pecas)
    )


def gravar(conn: Connection, operadora: Operadora, resposta: Resposta, versao: str) -> bool:
    """Guarda o que se emitiu agora; falso se outro pedido emitiu primeiro.

    Quem chama desfaz então a transação e recomeça: os fatos podem ser outros.
    """
    # numa só ordem, para que dois pedidos dos mesmos protocolos não se travem um ao outro
    for peca in sorted((p for p in resposta.pecas if p.mudou), key=lambda p: p.chave):
        assert peca.emitido_em is not None  # noqa: S101 - já numerada
        canonico = Identificacao("codigo", peca.dono.codigo)
        corpo = preenchida(operadora, peca, versao, canonico, "")
        novo = Novo(
            operadora.id,
            peca.dono.id,
            peca.protocolo_id,
            peca.numero,
            _tipo(peca),
            peca.chave,
            versao,
            1 if peca.anterior is None else peca.anterior.ordem + 1,
            peca.sha256,
            peca.emitido_em,
            escrita.em_documento(corpo),
        )
        if not demonstrativos.gravar(conn, novo):
            return False
    return True


def preenchida(
    operadora: Operadora, peca: Peca, versao: str, quem: Identificacao, ausentes: str
) -> str:
    """O XML de uma peça já numerada.

    Args:
        operadora: diz a largura do número.
        peca: a peça.
        versao: da resposta.
        quem: identificação do prestador a repetir.
        ausentes: o que se diz dos outros protocolos do pedido, antes da observação da análise.
    """
    assert peca.emitido_em is not None  # noqa: S101 - já numerada
    propria = None
    if isinstance(peca.demonstrativo, DemonstrativoAnalise):
        propria = peca.demonstrativo.observacao
    return escrita.preencher(
        peca.texto,
        numero=numeros.formatar(peca.numero, operadora.largura_do_demonstrativo),
        emissao=dia(peca.emitido_em),
        quem=quem,
        nome=peca.dono.nome,
        versao=versao,
        observacao=" ".join(parte for parte in (ausentes, propria) if parte),
    )


def _numerada(conn: Connection | None, operadora: Operadora, peca: Peca, agora: datetime) -> Peca:
    if peca.anterior is not None and not peca.mudou:
        numero, emitido_em = peca.anterior.numero, peca.anterior.emitido_em
    else:
        assert conn is not None  # noqa: S101 - quem chama sabe que há o que emitir
        homologacao = peca.dono.homologacao
        numero = series.proximo(conn, operadora.id, homologacao=homologacao)
        emitido_em = agora
    escrito = numeros.formatar(numero, operadora.largura_do_demonstrativo)
    d = peca.demonstrativo
    if isinstance(d, SituacaoDoPedido):
        com_numero: SituacaoDoPedido | DemonstrativoAnalise | DemonstrativoPagamento = d._replace(
            numero=escrito
        )
    else:
        cabecalho = d.cabecalho._replace(numero=escrito, emissao=dia(emitido_em))
        com_numero = d._replace(cabecalho=cabecalho)
    return peca._replace(demonstrativo=com_numero, numero=numero, emitido_em=emitido_em)


def _tipo(peca: Peca) -> str:
    if isinstance(peca.demonstrativo, SituacaoDoPedido):
        return "situacao"
    return peca.demonstrativo.tipo.value
