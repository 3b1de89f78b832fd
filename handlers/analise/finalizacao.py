"""Finalizar a análise de um lote e reabri-la."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dominio.analise import GuiaAnalisada, Politica, Valores, integral, por_item, somar
from dominio.dinheiro import ZERO
from dominio.impedimento import Impedimento, Lugar
from dominio.impedimentos import (
    COM_PAGAMENTO_PREVISTO,
    ESPERA_PESSOA,
    MOTIVO_AUSENTE,
    RESULTADO_INCOMPLETO,
)
from dominio.impedimentos_de_recurso import COM_RECURSO
from dominio.situacao import StatusProtocolo
from handlers import da_operadora
from handlers.analise import exame
from handlers.analise.base import MAIOR_OBSERVACAO, em_curso, recusar_se, resposta
from handlers.analise.conta import Conta
from persistence import (
    analises,
    apontamentos,
    glosas,
    partes_pagas,
    politicas_de_cobranca,
    recursos,
    resultados,
)

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from handlers.analise.pedido import AnaliseAtual, PedidoDeFinalizacao
    from handlers.da_operadora import Autor
    from persistence.analises import Analise
    from persistence.protocolos import Protocolo

_S = StatusProtocolo


def finalizar(
    conn: Connection, operadora_id: int, pedido: PedidoDeFinalizacao, autor: Autor
) -> AnaliseAtual:
    """Confere a conta inteira e mostra-a ao prestador: 5, ou 4 quando nada se libera.

    Finalizar o que já está finalizado responde o mesmo, sem nada mudar.

    Raises:
        Impedimento: o pedido não se faz; a transação deve ser desfeita.
    """
    protocolo = da_operadora.trancar_lote(conn, operadora_id, pedido.protocolo)
    feita = analises.viva(conn, protocolo.id)
    if feita is not None and feita.estado == analises.FINALIZADA:
        da_operadora.exigir_revisao(feita.revisao, pedido.revisao)
        return resposta(protocolo, feita, repetido=True)
    protocolo, analise = em_curso(conn, protocolo, autor)
    da_operadora.exigir_revisao(analise.revisao, pedido.revisao)
    conta = Conta.ler(conn, protocolo)
    politica = politicas_de_cobranca.ler(conn, operadora_id).valores
    guias = _completas(conn, protocolo, conta, completar=pedido.completar)
    das_guias: dict[int, Valores] = {}
    ruins: list[Impedimento] = []
    for guia in guias:
        ruins.extend(exame.da_guia(conta, politica, guia))
        das_guias[guia.posicao], falhas = exame.fechar_guia(conta, politica, guia)
        ruins.extend(falhas)
    proprias = [g.glosa for g in glosas.do_protocolo(conn, protocolo.id) if g.guia_posicao is None]
    ruins.extend(exame.das_glosas(conta.versao, politica, proprias, conta.lugar()))
    total = somar(politica, das_guias.values(), proprias, protocolo.informado)
    ruins.extend(exame.do_nivel(total, conta.lugar()))
    recusar_se(ruins)
    fecho = _Fecho(guias, das_guias, total, politica)
    return _publicar(conn, protocolo, analise, fecho, autor)


def reabrir(
    conn: Connection,
    operadora_id: int,
    numero: int,
    autor: Autor,
    *,
    motivo: str,
    revisao: int | None = None,
) -> AnaliseAtual:
    """Volta a analisar um lote analisado ou encerrado; os resultados ficam, para se corrigirem.

    Raises:
        Impedimento: o pedido não se faz; a transação deve ser desfeita.
    """
    if not motivo.strip():
        raise Impedimento(MOTIVO_AUSENTE)
    da_operadora.conferir_texto(motivo, MAIOR_OBSERVACAO)
    protocolo = da_operadora.trancar_lote(conn, operadora_id, numero)
    da_operadora.exigir_situacao(protocolo, _S.ANALISADO, _S.ENCERRADO_SEM_PAGAMENTO)
    if partes_pagas.com_vivas(conn, protocolo.id):
        raise Impedimento(COM_PAGAMENTO_PREVISTO, Lugar(numero))
    if any(valor for _, valor in recursos.presas(conn, protocolo.id)) or recursos.abertas(
        conn, protocolo.id
    ):
        # o que se contesta são as glosas desta análise
        raise Impedimento(COM_RECURSO, Lugar(numero))
    antes = analises.viva(conn, protocolo.id)
    if antes is not None:
        da_operadora.exigir_revisao(antes.revisao, revisao)
    protocolo = da_operadora.transitar(conn, protocolo, _S.EM_ANALISE, motivo, autor)
    analise = analises.abrir(conn, operadora_id, protocolo.id, autor.quem, autor.agora)
    return resposta(protocolo._replace(processado=ZERO, liberado=ZERO, glosa=ZERO), analise)


def _completas(
    conn: Connection, protocolo: Protocolo, conta: Conta, *, completar: bool
) -> list[GuiaAnalisada]:
    """As guias com resultado de todos os itens; o que se completa fica gravado como o resto."""
    assert protocolo.lote_id is not None  # noqa: S101 - é de lote
    guardadas = {
        guia.posicao: guia
        for guia in resultados.ler(conn, protocolo.id, protocolo.lote_id)
        if guia.posicao in conta.guias
    }
    esperam = apontamentos.que_esperam(conn, protocolo.id)
    prontas: list[GuiaAnalisada] = []
    mudadas: list[GuiaAnalisada] = []
    ruins: list[Impedimento] = []
    for posicao in conta.guias:
        guia = guardadas.get(posicao, GuiaAnalisada(posicao))
        feitos = {item.posicao for item in guia.itens}
        faltam = [n for n in conta.itens[posicao] if n not in feitos]
        if posicao in esperam:
            ruins.append(Impedimento(ESPERA_PESSOA, conta.lugar(posicao)))
        elif not faltam and posicao in guardadas:
            prontas.append(guia)
        elif not completar:
            item = faltam[0] if faltam and posicao in guardadas else None
            ruins.append(Impedimento(RESULTADO_INCOMPLETO, conta.lugar(posicao, item)))
        else:
            informados = conta.informados[posicao]
            novos = [integral(n, conta.itens[posicao][n], informados[n]) for n in faltam]
            itens = sorted((*guia.itens, *novos), key=lambda i: (i.posicao, i.grau))
            prontas.append(guia._replace(itens=tuple(itens)))
            mudadas.append(prontas[-1])
    recusar_se(ruins)
    resultados.gravar(conn, protocolo.id, protocolo.lote_id, mudadas)
    return prontas


class _Fecho(NamedTuple):
    guias: list[GuiaAnalisada]
    das_guias: dict[int, Valores]
    total: Valores
    politica: Politica


def _publicar(
    conn: Connection, protocolo: Protocolo, analise: Analise, fecho: _Fecho, autor: Autor
) -> AnaliseAtual:
    assert protocolo.lote_id is not None  # noqa: S101 - é de lote
    encerrado = _S.ENCERRADO_SEM_PAGAMENTO
    destino = _S.ANALISADO if fecho.total.liberado > 0 else encerrado
    da_operadora.transitar(conn, protocolo, destino, "análise finalizada", autor)
    analises.publicar(
        conn,
        protocolo.id,
        protocolo.lote_id,
        itens={
            (guia.posicao, item): valores
            for guia in fecho.guias
            for item, valores in por_item(guia.itens).items()
        },
        guias={
            posicao: (valores, destino if valores.liberado > 0 else encerrado)
            for posicao, valores in fecho.das_guias.items()
        },
        protocolo=fecho.total,
    )
    apontamentos.publicar_criticas(conn, protocolo.id, protocolo.lote_id)
    analise = analises.avancar(
        conn,
        analise,
        estado=analises.FINALIZADA,
        politica=fecho.politica.value,
        finalizada_em=autor.agora,
        finalizada_por=autor.quem,
    )
    _, processado, liberado, glosa = fecho.total
    final = protocolo._replace(
        status=destino, processado=processado, liberado=liberado, glosa=glosa
    )
    return resposta(final, analise)
