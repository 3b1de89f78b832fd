"""Responder a um recurso, linha a linha; com a última, o acatado fica liberado para pagar-se."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dominio.dinheiro import ZERO
from dominio.impedimento import Impedimento, Lugar
from dominio.impedimentos_de_recurso import (
    ACATADO_INVALIDO,
    LINHA_AUSENTE,
    LINHA_REPETIDA,
    LINHAS_POR_RESPONDER,
    RECURSO_AUSENTE,
    RECURSO_FECHADO,
    SEM_JUSTIFICATIVA,
    SEM_RESPOSTA,
)
from dominio.recurso import MAIOR_JUSTIFICATIVA, Unidade, estado_de, responder
from dominio.situacao import StatusProtocolo
from handlers import da_operadora
from handlers.decisao_de_recurso.pedido import Acao, RecursoAtual
from persistence import decisoes_de_recurso, feitos, protocolos, recursos

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from sqlalchemy import Connection

    from dominio.recurso import Parcela
    from handlers.da_operadora import Autor
    from handlers.decisao_de_recurso.pedido import Decisao, PedidoDeDecisao
    from persistence.recursos_valores import Linha, Recurso

_S = StatusProtocolo
_ACAO = "decisao-de-recurso"
_ABERTO = (_S.RECEBIDO, _S.EM_ANALISE)
_RESPONDIDO = (_S.LIBERADO, _S.ENCERRADO_SEM_PAGAMENTO)


def decidir(
    conn: Connection, operadora_id: int, pedido: PedidoDeDecisao, autor: Autor
) -> RecursoAtual:
    """Grava respostas; até a última linha se responder, o prestador vê o recurso em análise.

    Uma linha pode responder-se de novo enquanto o recurso não se fecha. Fechado, o que não se
    acatou volta ao saldo, e o acatado, se há, fica liberado para pagamento.

    Raises:
        Impedimento: o pedido não se faz; a transação deve ser desfeita.
    """
    da_operadora.conferir_chave(pedido.chave)
    recurso = trancar(conn, operadora_id, pedido.recurso)
    sha256 = da_operadora.resumo(pedido._replace(revisao=None))
    feito = feitos.reservar(
        conn, operadora_id, _ACAO, pedido.chave, sha256=sha256, agora=autor.agora
    )
    if feito is not None:
        da_operadora.conferir_repeticao(sha256, feito.sha256)
        return atual(conn, recurso)._replace(repetido=True)
    feitos.anotar(conn, operadora_id, _ACAO, pedido.chave, recurso.protocolo_id)
    da_operadora.exigir_revisao(recurso.revisao, pedido.revisao)
    recurso = _em_analise(conn, recurso, autor)
    if len({decisao.linha for decisao in pedido.decisoes}) != len(pedido.decisoes):
        raise Impedimento(LINHA_REPETIDA, Lugar(recurso.numero))
    linhas = {linha.posicao: linha for linha in recursos.linhas(conn, recurso.protocolo_id)}
    frases = []
    for decisao in pedido.decisoes:
        linha = linhas.get(decisao.linha)
        if linha is None:
            raise Impedimento(LINHA_AUSENTE, Lugar(recurso.numero), f"Linha {decisao.linha}.")
        respondida = _responder(recurso, linha, decisao)
        decisoes_de_recurso.responder(conn, respondida, quem=autor.quem, agora=autor.agora)
        linhas[decisao.linha] = respondida
        frases.append(_frase(respondida))
    if frases:
        decisoes_de_recurso.anotar(conn, recurso, frases, quem=autor.quem, agora=autor.agora)
    if pedido.fechar and all(linha.estado.decidido for linha in linhas.values()):
        recurso = _fechar(conn, recurso, list(linhas.values()), autor)
    return atual(conn, decisoes_de_recurso.avancar(conn, recurso))


def analisar(
    conn: Connection, operadora_id: int, numero: int, autor: Autor, *, revisao: int | None = None
) -> RecursoAtual:
    """Diz ao prestador que o recurso está em análise, sem responder nada ainda.

    Raises:
        Impedimento: o pedido não se faz; a transação deve ser desfeita.
    """
    recurso = trancar(conn, operadora_id, numero)
    if recurso.status is _S.EM_ANALISE:
        return atual(conn, recurso)._replace(repetido=True)
    da_operadora.exigir_revisao(recurso.revisao, revisao)
    return atual(conn, decisoes_de_recurso.avancar(conn, _em_analise(conn, recurso, autor)))


def finalizar(
    conn: Connection, operadora_id: int, numero: int, autor: Autor, *, revisao: int | None = None
) -> RecursoAtual:
    """Fecha um recurso com todas as linhas respondidas, e mostra as respostas ao prestador.

    Finalizar o já finalizado responde o mesmo, sem nada mudar.

    Raises:
        Impedimento: há linhas por responder, ou o recurso não está em análise.
    """
    recurso = trancar(conn, operadora_id, numero)
    if recurso.status in _RESPONDIDO:
        return atual(conn, recurso)._replace(repetido=True)
    da_operadora.exigir_revisao(recurso.revisao, revisao)
    if recurso.status not in _ABERTO:
        raise Impedimento(RECURSO_FECHADO, Lugar(numero))
    linhas = recursos.linhas(conn, recurso.protocolo_id)
    faltam = [str(linha.posicao) for linha in linhas if not linha.estado.decidido]
    if faltam:
        raise Impedimento(LINHAS_POR_RESPONDER, Lugar(numero), f"Linhas: {', '.join(faltam)}.")
    recurso = _fechar(conn, recurso, linhas, autor)
    return atual(conn, decisoes_de_recurso.avancar(conn, recurso))


def permitidas(status: StatusProtocolo, linhas: Sequence[Linha]) -> tuple[Acao, ...]:
    """O que se pode fazer com um recurso na situação em que está."""
    if status is _S.RECEBIDO:
        return (Acao.ANALISAR, Acao.RESPONDER)
    if status is _S.EM_ANALISE:
        prontas = all(linha.estado.decidido for linha in linhas)
        return (Acao.RESPONDER, Acao.FINALIZAR) if prontas else (Acao.RESPONDER,)
    return (Acao.REABRIR,) if status in _RESPONDIDO else ()


def trancar(conn: Connection, operadora_id: int, numero: int) -> Recurso:
    """O recurso, trancado com o protocolo de que se recorre até o fim da transação.

    Raises:
        Impedimento: a operadora não tem recurso com esse número.
    """
    recurso = recursos.trancar(conn, operadora_id, numero)
    if recurso is None:
        raise Impedimento(RECURSO_AUSENTE, Lugar(numero))
    return recurso


def atual(conn: Connection, recurso: Recurso) -> RecursoAtual:
    """Em que pé o recurso está."""
    linhas = recursos.linhas(conn, recurso.protocolo_id)
    return RecursoAtual(
        recurso.numero,
        recurso.status,
        recurso.revisao,
        recurso.recursado,
        recurso.acatado,
        tuple(linha.estado for linha in linhas),
    )


def transitar(
    conn: Connection, recurso: Recurso, para: StatusProtocolo, motivo: str, autor: Autor
) -> Recurso:
    """Passa o recurso a outra situação, com o histórico."""
    protocolos.transitar(conn, recurso.protocolo_id, para, autor.quem, motivo, agora=autor.agora)
    return recurso._replace(status=para)


def _em_analise(conn: Connection, recurso: Recurso, autor: Autor) -> Recurso:
    if recurso.status not in _ABERTO:
        raise Impedimento(RECURSO_FECHADO, Lugar(recurso.numero))
    if recurso.status is _S.EM_ANALISE:
        return recurso
    decisoes_de_recurso.analisar(conn, recurso.protocolo_id)
    return transitar(conn, recurso, _S.EM_ANALISE, "recurso em análise", autor)


def _responder(recurso: Recurso, linha: Linha, decisao: Decisao) -> Linha:
    lugar = Lugar(recurso.numero)
    onde = f"Linha {linha.posicao}."
    acatado = decisao.acatado
    serve = acatado.is_finite() and ZERO <= acatado <= linha.recursado
    if not serve or acatado != acatado.quantize(ZERO):
        raise Impedimento(ACATADO_INVALIDO, lugar, onde)
    if not linha.recursado and decisao.aceita is None:
        raise Impedimento(SEM_RESPOSTA, lugar, onde)
    estado = estado_de(linha.recursado, acatado, aceita=bool(decisao.aceita))
    justificativa = (decisao.justificativa or "").strip() or None
    da_operadora.conferir_texto(justificativa, MAIOR_JUSTIFICATIVA, lugar)
    if justificativa is None and not estado.acatado:
        raise Impedimento(SEM_JUSTIFICATIVA, lugar, onde)
    parcelas = _partes(linha, decisao)
    if parcelas is None:
        raise Impedimento(ACATADO_INVALIDO, lugar, onde)
    return linha._replace(
        estado=estado, acatado=acatado.quantize(ZERO), resposta=justificativa, parcelas=parcelas
    )


def _partes(linha: Linha, decisao: Decisao) -> tuple[Parcela, ...] | None:
    """As parcelas com o que se acata de cada uma; ``None`` se o dito não serve."""
    if not decisao.partes:
        return responder(linha.parcelas, decisao.acatado)
    ditas: dict[Unidade, Decimal] = {
        Unidade(p.guia, p.item, p.grau, linha.codigo): p.acatado for p in decisao.partes
    }
    conhecidas = {p.unidade for p in linha.parcelas}
    if len(ditas) != len(decisao.partes) or not ditas.keys() <= conhecidas:
        return None
    novas = tuple(p._replace(acatado=ditas.get(p.unidade, ZERO)) for p in linha.parcelas)
    valores = [(p.acatado or ZERO, p.recursado) for p in novas]
    for acatado, recursado in valores:
        serve = acatado.is_finite() and ZERO <= acatado <= recursado
        if not serve or acatado != acatado.quantize(ZERO):
            return None
    return novas if sum((a for a, _ in valores), ZERO) == decisao.acatado else None


def _fechar(conn: Connection, recurso: Recurso, linhas: Sequence[Linha], autor: Autor) -> Recurso:
    acatado = sum((linha.acatado or ZERO for linha in linhas), ZERO)
    resumo = f"recurso respondido: R$ {acatado} de R$ {recurso.recursado}"
    if acatado:
        recurso = transitar(conn, recurso, _S.ANALISADO, resumo, autor)
        recurso = transitar(conn, recurso, _S.LIBERADO, "acatado liberado para pagamento", autor)
    else:
        recurso = transitar(conn, recurso, _S.ENCERRADO_SEM_PAGAMENTO, resumo, autor)
    decisoes_de_recurso.fechar(conn, recurso, acatado, agora=autor.agora)
    return recurso._replace(acatado=acatado)


def _frase(linha: Linha) -> str:
    onde = "" if linha.guia_posicao is None else f" (guia {linha.guia_posicao}"
    if onde:
        onde += ")" if linha.item_posicao is None else f", item {linha.item_posicao})"
    return (
        f"linha {linha.posicao}{onde}, glosa {linha.codigo}: {linha.estado.texto}, "
        f"R$ {linha.acatado} de R$ {linha.recursado}"
    )
