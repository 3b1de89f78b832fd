"""Rascunhos de recursos: digitar, mudar, apagar e, só quando se quer, enviar.

Um rascunho nada prende: o saldo e o prazo só se conferem ao enviar. O enviado passa pelas mesmas
regras de um recurso que veio por mensagem, e o seu conteúdo fica no arquivo.
"""

from __future__ import annotations

import hashlib
import json
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from dominio import listas, meses, numeros
from dominio.competencia import dia
from dominio.dinheiro import ZERO
from dominio.impedimento import Impedimento
from dominio.impedimentos import PROTOCOLO_AUSENTE
from dominio.impedimentos_de_recurso import RASCUNHO_INVALIDO
from dominio.lote import Identificacao, TipoGuia
from dominio.recurso import MAIOR_JUSTIFICATIVA, Nivel, Objeto
from dominio.versoes import VERSOES
from handlers import da_operadora
from handlers.recurso_glosa import anexos
from handlers.recurso_glosa.caso import registrar
from handlers.recurso_glosa.exame import examinar
from handlers.recurso_glosa.pedido import LinhaPedida, PedidoDeRecurso, Recibo, Remetente
from handlers.recurso_glosa.posse import Quem, trancar
from persistence import anexos_de_rascunhos, mensagens, protocolos, rascunhos, recursos

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from handlers.recurso_glosa.exame import Exame
    from persistence.protocolos import Protocolo
    from persistence.rascunhos import Rascunho

_DATAS = ("data_inicio", "data_fim")
_CAMPOS = frozenset(LinhaPedida._fields)


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
    rascunho = trancar(conn, quem, rascunho_id)
    da_operadora.exigir_revisao(rascunho.revisao, revisao)
    _linhas(linhas)
    return rascunhos.mudar(
        conn, rascunho, conteudo={"linhas": linhas}, alterado_em=quem.autor.agora
    )


def apagar(conn: Connection, quem: Quem, rascunho_id: int) -> None:
    """Apaga um rascunho não enviado, com os seus anexos.

    Raises:
        Impedimento: não há tal rascunho, ou já se enviou.
    """
    rascunho = trancar(conn, quem, rascunho_id)
    anexos_de_rascunhos.apagar_todos(conn, rascunho.id)
    rascunhos.apagar(conn, rascunho)


def enviar(conn: Connection, quem: Quem, rascunho_id: int, *, revisao: int | None = None) -> Recibo:
    """Faz do rascunho um recurso, com número; o rascunho fica como enviado.

    Raises:
        Impedimento: não há tal rascunho, já se enviou, ou falta conteúdo.
        RegraRecusada: o recurso não se aceita; a transação deve ser desfeita.
    """
    rascunho = trancar(conn, quem, rascunho_id)
    da_operadora.exigir_revisao(rascunho.revisao, revisao)
    if not rascunho.conteudo["linhas"]:
        raise Impedimento(RASCUNHO_INVALIDO, detalhe="Não tem linhas.")
    dono = protocolos.por_ids(conn, [rascunho.original_id])[rascunho.original_id]
    original = protocolos.trancar(conn, quem.operadora.id, dono.numero)
    assert original is not None  # noqa: S101 - a chave estrangeira o garante
    mensagem = meses.identificar(quem.autor.agora)
    exame_ = exame(conn, quem, rascunho, original)
    # quem digita uma guia, ou o protocolo, não diz valor: o total é o do saldo
    parcelas = (p for linha in exame_.parcelas for p in linha or ())
    total = sum((p.recursado for p in parcelas), ZERO)
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
    recibo = registrar(conn, remetente, exame_.pedido._replace(total=total))
    _arquivar(conn, quem, rascunho, mensagem)
    feito = recursos.por_numero(conn, quem.operadora.id, recibo.numero)
    assert feito is not None  # noqa: S101 - acaba de se registrar
    anexos.entregar(conn, rascunho.id, feito, mensagem, quem.autor)
    rascunhos.mudar(conn, rascunho, recurso_id=feito.protocolo_id, alterado_em=quem.autor.agora)
    return recibo


def exame(conn: Connection, quem: Quem, rascunho: Rascunho, original: Protocolo) -> Exame:
    """O rascunho como as regras o olhariam hoje: o que cada linha prenderia, e se passa do saldo.

    Raises:
        Impedimento: as linhas não se entendem.
    """
    linhas = _linhas(list(rascunho.conteudo["linhas"]))
    pedido = _pedido(quem, rascunho, original, linhas)
    return examinar(conn, pedido, original, quem.origem, dia(quem.autor.agora))


def _protocolo(conn: Connection, quem: Quem, dito: str) -> Protocolo:
    numero = numeros.protocolo(dito)
    if numero is None:
        raise Impedimento(PROTOCOLO_AUSENTE)
    achado = protocolos.por_numero(conn, quem.operadora.id, numero)
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
        if campos["valor"] < 0 or campos["valor"] != campos["valor"].quantize(ZERO):
            raise ValueError("valor negativo, ou com mais de duas casas")
        if campos["nivel"] is not Nivel.ITEM:
            raise ValueError("só um item se contesta em parte")
    grau = campos.get("grau") or ""
    if grau and not listas.tem("dm_grauPart", grau, VERSOES[-1]):
        raise ValueError("grau de participação que não existe")
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
