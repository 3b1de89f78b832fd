"""Rascunhos de recursos: digitar, mudar, apagar e, só quando se quer, enviar.

Um rascunho nada prende: o saldo e o prazo só se conferem ao enviar. O enviado passa pelas mesmas
regras de um recurso que veio por mensagem, e o seu conteúdo fica no arquivo.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, NamedTuple

from dominio.competencia import dia
from dominio.dinheiro import ZERO
from dominio.impedimento import Impedimento
from dominio.impedimentos import PROTOCOLO_AUSENTE
from dominio.impedimentos_de_recurso import (
    RASCUNHO_AUSENTE,
    RASCUNHO_ENVIADO,
    RASCUNHO_INVALIDO,
)
from dominio.lote import Identificacao, TipoGuia
from dominio.recurso import MAIOR_JUSTIFICATIVA, Nivel, Objeto, Origem
from dominio.versoes import VERSOES
from handlers import da_operadora
from handlers.recurso_glosa.caso import registrar
from handlers.recurso_glosa.pedido import LinhaPedida, PedidoDeRecurso, Recibo, Remetente
from persistence import mensagens, protocolos, rascunhos, recursos

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from handlers.da_operadora import Autor
    from persistence.operadoras import Operadora
    from persistence.prestadores import Prestador
    from persistence.protocolos import Protocolo
    from persistence.rascunhos import Rascunho

_DATAS = ("data_inicio", "data_fim")
_CAMPOS = frozenset(LinhaPedida._fields)


class Quem(NamedTuple):
    """Em nome de quem se digita.

    Attributes:
        operadora: dona do protocolo.
        prestador: de quem é o lote.
        origem: portal, ou a própria operadora.
        autor: quem pede, e quando.
    """

    operadora: Operadora
    prestador: Prestador
    origem: Origem
    autor: Autor


def criar(conn: Connection, quem: Quem, protocolo: str, linhas: list[dict[str, Any]]) -> Rascunho:
    """Começa um rascunho sobre um protocolo do prestador; as linhas podem vir depois.

    Raises:
        Impedimento: o prestador não tem o protocolo, ou as linhas não se entendem.
    """
    achado = _protocolo(conn, quem, protocolo)
    _linhas(linhas)
    return rascunhos.criar(
        conn,
        operadora_id=quem.operadora.id,
        prestador_id=quem.prestador.id,
        original_id=achado.id,
        conteudo={"linhas": linhas},
        origem=quem.origem.value,
        criado_em=quem.autor.agora,
        criado_por=quem.autor.quem,
        alterado_em=quem.autor.agora,
    )


def mudar(
    conn: Connection,
    quem: Quem,
    rascunho_id: int,
    linhas: list[dict[str, Any]],
    *,
    revisao: int | None = None,
) -> Rascunho:
    """Troca as linhas de um rascunho não enviado.

    Raises:
        Impedimento: não há tal rascunho, já se enviou, ou as linhas não se entendem.
    """
    rascunho = _trancar(conn, quem, rascunho_id)
    da_operadora.exigir_revisao(rascunho.revisao, revisao)
    _linhas(linhas)
    return rascunhos.mudar(
        conn, rascunho, conteudo={"linhas": linhas}, alterado_em=quem.autor.agora
    )


def apagar(conn: Connection, quem: Quem, rascunho_id: int) -> None:
    """Apaga um rascunho não enviado.

    Raises:
        Impedimento: não há tal rascunho, ou já se enviou.
    """
    rascunhos.apagar(conn, _trancar(conn, quem, rascunho_id))


def enviar(conn: Connection, quem: Quem, rascunho_id: int, *, revisao: int | None = None) -> Recibo:
    """Faz do rascunho um recurso, com número; o rascunho fica como enviado.

    Raises:
        Impedimento: não há tal rascunho, já se enviou, ou falta conteúdo.
        RegraRecusada: o recurso não se aceita; a transação deve ser desfeita.
    """
    rascunho = _trancar(conn, quem, rascunho_id)
    da_operadora.exigir_revisao(rascunho.revisao, revisao)
    linhas = _linhas(list(rascunho.conteudo["linhas"]))
    if not linhas:
        raise Impedimento(RASCUNHO_INVALIDO, detalhe="Não tem linhas.")
    original = protocolos.por_ids(conn, [rascunho.original_id])[rascunho.original_id]
    mensagem = uuid.uuid4().hex
    pedido = _pedido(quem, rascunho, original, linhas)
    remetente = Remetente(
        quem.operadora,
        quem.prestador,
        frozenset({quem.prestador.id}),
        VERSOES[-1],
        rascunho.origem.value,
        mensagem,
        quem.autor.agora,
        rascunho.origem,
        quem.autor.quem,
    )
    recibo = registrar(conn, remetente, pedido)
    _arquivar(conn, quem, rascunho, mensagem)
    feito = recursos.por_numero(conn, quem.operadora.id, recibo.numero)
    assert feito is not None  # noqa: S101 - acaba de se registrar
    rascunhos.mudar(conn, rascunho, recurso_id=feito.protocolo_id, alterado_em=quem.autor.agora)
    return recibo


def _trancar(conn: Connection, quem: Quem, rascunho_id: int) -> Rascunho:
    rascunho = rascunhos.trancar(conn, quem.operadora.id, (quem.prestador.id,), rascunho_id)
    if rascunho is None:
        raise Impedimento(RASCUNHO_AUSENTE)
    if rascunho.recurso_id is not None:
        raise Impedimento(RASCUNHO_ENVIADO)
    return rascunho


def _protocolo(conn: Connection, quem: Quem, dito: str) -> Protocolo:
    digitos = dito.strip()
    if not digitos.isascii() or not digitos.isdigit() or len(digitos) > 12:
        raise Impedimento(PROTOCOLO_AUSENTE)
    achado = protocolos.por_numero(conn, quem.operadora.id, int(digitos))
    if achado is None or achado.lote_id is None or achado.prestador_id != quem.prestador.id:
        raise Impedimento(PROTOCOLO_AUSENTE)
    return achado


def _pedido(
    quem: Quem, rascunho: Rascunho, original: Protocolo, linhas: tuple[LinhaPedida, ...]
) -> PedidoDeRecurso:
    do_protocolo = any(linha.nivel is Nivel.PROTOCOLO for linha in linhas)
    return PedidoDeRecurso(
        quem.operadora.registro_ans,
        # o número é da série dos rascunhos: o prestador não deu outro
        f"PORTAL-{rascunho.id}",
        None,
        Objeto.PROTOCOLO if do_protocolo else Objeto.GUIA,
        original.lote_tipo == TipoGuia.ODONTO,
        Identificacao("codigo", quem.prestador.codigo),
        str(original.lote_numero),
        str(original.numero),
        linhas,
        sum((linha.valor or ZERO for linha in linhas), ZERO),
        dia(quem.autor.agora),
    )


def _linhas(ditas: list[dict[str, Any]]) -> tuple[LinhaPedida, ...]:
    try:
        return tuple(_linha(n, dita) for n, dita in enumerate(ditas, 1))
    except (ValueError, TypeError, KeyError, InvalidOperation) as erro:
        raise Impedimento(RASCUNHO_INVALIDO) from erro


def _linha(ordem: int, dita: Mapping[str, Any]) -> LinhaPedida:
    if not dita.keys() <= _CAMPOS:
        raise ValueError("campo desconhecido")
    campos = {**dita, "nivel": Nivel(dita["nivel"]), "grupo": ordem}
    for nome in _DATAS:
        if campos.get(nome) is not None:
            campos[nome] = date.fromisoformat(campos[nome])
    if campos.get("valor") is not None:
        campos["valor"] = Decimal(str(campos["valor"]))
        if campos["valor"] != campos["valor"].quantize(ZERO):
            raise ValueError("valor com mais de duas casas")
    da_operadora.conferir_texto(campos["justificativa"], MAIOR_JUSTIFICATIVA)
    return LinhaPedida(**campos)


def _arquivar(conn: Connection, quem: Quem, rascunho: Rascunho, mensagem: str) -> None:
    """Guarda o conteúdo enviado como uma mensagem do canal, selada como as outras."""
    conteudo = json.dumps(dict(rascunho.conteudo), sort_keys=True, ensure_ascii=False).encode()
    mensagens.arquivar(
        conn,
        mensagens.MensagemNova(
            id=mensagem,
            recebida_em=quem.autor.agora,
            canal=rascunho.origem.value,
            tamanho=len(conteudo),
            sha256=hashlib.sha256(conteudo).hexdigest(),
            desfecho="respondida",
            operadora_id=quem.operadora.id,
            prestador_id=quem.prestador.id,
            pedido=conteudo,
        ),
    )
