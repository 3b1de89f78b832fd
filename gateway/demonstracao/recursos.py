"""O hospital recorre de duas glosas, a operadora responde, e paga-se a diferença."""

from __future__ import annotations

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, NamedTuple

from dominio.competencia import FUSO
from dominio.lote import TipoGuia
from dominio.situacao import StatusProtocolo
from gateway.comandos.comum import Recusado
from gateway.demonstracao.cenario import (
    ACIMA,
    CODIGO,
    EM_VIGOR,
    HOSPITAL,
    OPERADORA,
    SEM_AUTORIZACAO,
)
from gateway.demonstracao.fala import iguais, passo, quadro, reais
from prestador.arquivos_inventados import pdf
from prestador.demonstrativos import corpo_pagamento
from prestador.documentos import corpo_documento
from prestador.recursos import DaGuia, DoItem, NovoRecurso, corpo_recurso

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from gateway.demonstracao.contas import Conta, Pago
    from gateway.demonstracao.retaguarda import Retaguarda
    from prestador.cliente import Cliente
    from prestador.demonstrativos import DemonstrativoDePagamento
    from prestador.respostas import Motivo

_COLUNAS = ("o que se contesta", "recurso", "protocolo", "recursado", "acatado", "resposta")
_CENTAVO = Decimal("0.01")
_PARTE = Decimal("0.6")
_LAUDO = pdf(texto=b"laudo inventado")


class Recurso(NamedTuple):
    """Um recurso; os valores são em reais.

    Attributes:
        nome: do que se contesta.
        numero: o que a operadora lhe deu.
        protocolo: o de que se recorre.
        acatado: zero enquanto não se responde.
        resposta: o que a operadora disse.
    """

    nome: str
    numero: str
    protocolo: str
    recursado: Decimal
    acatado: Decimal = Decimal(0)
    resposta: str = ""


def recorrer(
    erp: Cliente, retaguarda: Retaguarda, contas: Sequence[Conta], pagos: Sequence[Pago]
) -> Sequence[str]:
    """Contesta um item, com um PDF, e uma guia inteira; responde-se, pergunta-se, paga-se.

    Returns:
        O que aconteceu, para se contar no fim.

    Raises:
        Recusado: se um passo foi recusado, ou se um valor não é o mesmo em toda parte.
    """
    passo("O ERP recorre por SOAP: de um item glosado, com um laudo em PDF, e de uma guia inteira")
    de = {conta.tipo: conta.protocolo for conta in contas}
    do_item = _contestar(erp, retaguarda, de[TipoGuia.SADT], inteira=False)
    _juntar_laudo(erp, do_item)
    da_guia = _contestar(erp, retaguarda, de[TipoGuia.INTERNACAO], inteira=True)
    passo(
        "A operadora acata um em parte e nega o outro, pela API; o ERP pergunta e lê as respostas"
    )
    parte = (do_item.recursado * _PARTE).quantize(_CENTAVO, ROUND_HALF_UP)
    do_item = _responder(erp, retaguarda, do_item, parte, "Confere com o laudo até este valor.")
    da_guia = _responder(erp, retaguarda, da_guia, Decimal(0), "Não há senha para a internação.")
    _conferir_laudo(retaguarda, do_item)
    respondidos = (do_item, da_guia)
    quadro("Recursos de glosa respondidos:", _COLUNAS, [_em_linha(r) for r in respondidos])
    passo("A operadora paga o que acatou; o ERP busca o demonstrativo seguinte")
    pago = _pagar(erp, retaguarda, do_item, pagos)
    acatado, pedido = reais(do_item.acatado), reais(do_item.recursado)
    return (
        f"Recurso {do_item.numero}, de um item com laudo: acatado em parte, {acatado} de {pedido}.",
        f"Recurso {da_guia.numero}, de uma guia: negado, {reais(da_guia.recursado)} glosados.",
        f"Demonstrativo {pago.numero}: paga os {acatado}, e o líquido é {reais(pago.liquido)}.",
    )


def _contestar(erp: Cliente, retaguarda: Retaguarda, protocolo: str, *, inteira: bool) -> Recurso:
    lido = retaguarda.ler(f"/protocolos/{protocolo}").dados
    guia = lido["guias"][0]
    contesta = _guia_inteira(guia) if inteira else _item_glosado(guia)
    total = Decimal(guia["valores"]["glosado"])
    novo = NovoRecurso(
        f"R{protocolo}",
        lido["numeroLotePrestador"],
        protocolo,
        [contesta],
        total,
        datetime.now(FUSO).date(),
    )
    recibo = erp.recorrer(corpo_recurso(EM_VIGOR, HOSPITAL, novo, registro_ans=OPERADORA))
    if recibo.numero is None or recibo.total is None:
        raise Recusado(f"o recurso do protocolo {protocolo} não se aceitou: {_dito(recibo.erro)}")
    recursado = iguais(
        f"o recursado do protocolo {protocolo}",
        {"glosa pela API": total, "recibo por SOAP": recibo.total},
    )
    nome = "guia inteira" if inteira else "item, com laudo"
    recurso = Recurso(nome, recibo.numero, protocolo, recursado)
    _exigir(erp, recurso, StatusProtocolo.RECEBIDO)
    return recurso


def _guia_inteira(guia: Any) -> DaGuia:
    return DaGuia(
        guia["numeroGuiaPrestador"],
        [SEM_AUTORIZACAO.codigo],
        "A senha está na guia de solicitação.",
    )


def _item_glosado(guia: Any) -> DoItem:
    """O único item da guia que tem glosa."""
    [item] = [item for item in guia["itens"] if Decimal(item["valores"]["glosado"])]
    return DoItem(
        guia["numeroGuiaPrestador"],
        item["sequencial"],
        date.fromisoformat(item["data"]),
        item["tabela"],
        item["codigo"],
        ACIMA.codigo,
        Decimal(item["valores"]["glosado"]),
        descricao=item["descricao"],
    )


def _juntar_laudo(erp: Cliente, recurso: Recurso) -> None:
    corpo = corpo_documento(_LAUDO, natureza="3", protocolo=recurso.numero)
    recibo = erp.enviar_documento(corpo)
    if recibo.protocolo is None:
        raise Recusado(f"o laudo do recurso {recurso.numero} não se aceitou: {_dito(recibo.erro)}")


def _conferir_laudo(retaguarda: Retaguarda, recurso: Recurso) -> None:
    documentos = retaguarda.ler(f"/recursos/{recurso.numero}").dados["documentos"]
    if [documento["tamanho"] for documento in documentos] != [len(_LAUDO)]:
        raise Recusado(f"o laudo não está no recurso {recurso.numero}")


def _responder(
    erp: Cliente, retaguarda: Retaguarda, recurso: Recurso, acatado: Decimal, motivo: str
) -> Recurso:
    caminho = f"/recursos/{recurso.numero}"
    retaguarda.fazer(f"{caminho}/analise")
    _exigir(erp, recurso, StatusProtocolo.EM_ANALISE)
    decisao = {"linha": 1, "valorAcatado": str(acatado), "justificativa": motivo}
    feita = retaguarda.fazer(
        f"{caminho}/decisoes", {"decisoes": [decisao]}, chave=f"recurso-{recurso.numero}"
    ).dados
    soap = erp.status_do_recurso(recurso.numero)
    if soap.acatado is None or soap.recursado is None:
        raise Recusado(f"o recurso {recurso.numero} foi respondido e o ERP não vê a resposta")
    iguais(
        f"o recursado do recurso {recurso.numero}",
        {
            "recibo": recurso.recursado,
            "resposta por SOAP": soap.recursado,
            "API": Decimal(feita["valorRecursado"]),
        },
    )
    dito = iguais(
        f"o acatado do recurso {recurso.numero}",
        {
            "decidido": acatado,
            "resposta por SOAP": soap.acatado,
            "API": Decimal(feita["valorAcatado"]),
        },
    )
    [linha] = soap.linhas
    return recurso._replace(acatado=dito, resposta=linha.justificativa or "")


def _pagar(
    erp: Cliente, retaguarda: Retaguarda, recurso: Recurso, pagos: Sequence[Pago]
) -> DemonstrativoDePagamento:
    """Paga hoje o que se acatou; o demonstrativo de hoje passa a ser outro, com a diferença."""
    [antes] = [pago for pago in pagos if not pago.odonto]
    dia = antes.dia.isoformat()
    previsto = retaguarda.fazer(
        "/pagamentos",
        {
            "prestador": CODIGO,
            "dataPrevista": dia,
            "forma": "1",
            "banco": "0001",
            "agencia": "12345",
            "conta": "67890",
            "protocolos": [{"protocolo": recurso.numero}],
        },
        chave=f"pagamento-{recurso.numero}",
    )
    retaguarda.fazer(
        f"/pagamentos/{previsto.dados['id']}/confirmacao", {"data": dia}, visto=previsto.etiqueta
    )
    soap = erp.demonstrativos(corpo_pagamento(EM_VIGOR, HOSPITAL, antes.dia, antes.dia)).pagamento
    if soap is None:
        raise Recusado("não há demonstrativo depois de pago o recurso")
    # o recurso é uma entrada à parte, com o número do protocolo de que se recorreu
    linhas = dict(soap.pagamentos[-1].protocolos)
    iguais(
        f"o pago do recurso {recurso.numero}",
        {
            "acatado": recurso.acatado,
            "linha do demonstrativo": linhas.get(recurso.protocolo, Decimal(0)),
            "diferença entre os demonstrativos": soap.liquido - antes.liquido,
        },
    )
    return soap


def _exigir(erp: Cliente, recurso: Recurso, status: StatusProtocolo) -> None:
    lido = erp.status_do_recurso(recurso.numero).status
    if lido != status:
        raise Recusado(f"o recurso {recurso.numero} devia estar em {status:d} e está em {lido}")


def _em_linha(recurso: Recurso) -> tuple[str, ...]:
    valores = (reais(recurso.recursado), reais(recurso.acatado))
    return (recurso.nome, recurso.numero, recurso.protocolo, *valores, recurso.resposta)


def _dito(erro: Motivo | None) -> str:
    return "sem motivo" if erro is None else f"{erro.codigo} {erro.descricao}"
