"""O ERP pede os três demonstrativos, que têm de dizer o que a situação e a API dizem."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from dominio.competencia import FUSO
from dominio.situacao import StatusProtocolo
from gateway.comandos.comum import Recusado
from gateway.demonstracao.cenario import CODIGO, EM_VIGOR, HOSPITAL, NOMES
from gateway.demonstracao.fala import iguais, passo, quadro, reais
from prestador.demonstrativos import ODONTO, PAGAMENTO, corpo_analise, corpo_pagamento

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gateway.demonstracao.contas import Conta, Pago
    from gateway.demonstracao.retaguarda import Retaguarda
    from prestador.cliente import Cliente

_COLUNAS = ("demonstrativo", "número", "protocolo", "liberado", "líquido", "situação")


class _NaSituacao(NamedTuple):
    status: StatusProtocolo
    liberado: Decimal


def conferir(
    erp: Cliente, retaguarda: Retaguarda, contas: Sequence[Conta], pagos: Sequence[Pago]
) -> None:
    """Pede os demonstrativos por SOAP, mostra-os e compara-os com o que se diz noutros lugares.

    Raises:
        Recusado: se falta um demonstrativo, ou se um valor ou número não é o mesmo em toda parte.
    """
    passo("O ERP busca os demonstrativos por SOAP: análise de conta, pagamento e odontologia")
    situacoes = {conta.protocolo: _situacao(erp, conta) for conta in contas}
    linhas = _analises(erp, retaguarda, contas, situacoes)
    for pago in pagos:
        linhas += _pagamento(erp, retaguarda, pago, situacoes)
    quadro(
        "Demonstrativos que o hospital recebeu, iguais na situação, na API e por SOAP:",
        _COLUNAS,
        linhas,
    )


def _situacao(erp: Cliente, conta: Conta) -> _NaSituacao:
    situacao = erp.status(conta.protocolo)
    if situacao.valores is None or situacao.status is None:
        raise Recusado(f"a situação do protocolo {conta.protocolo} não traz valores")
    return _NaSituacao(StatusProtocolo(situacao.status), situacao.valores.liberado)


def _analises(
    erp: Cliente,
    retaguarda: Retaguarda,
    contas: Sequence[Conta],
    situacoes: Mapping[str, _NaSituacao],
) -> list[Sequence[str]]:
    hoje = datetime.now(FUSO).date()
    protocolos = [conta.protocolo for conta in contas]
    por_soap = {
        analise.protocolo: analise
        for analise in erp.demonstrativos(
            corpo_analise(EM_VIGOR, HOSPITAL, protocolos, hoje)
        ).analises
    }
    pergunta = "&".join(f"protocolo={protocolo}" for protocolo in protocolos)
    por_api = {
        analise["conta"]["numero"]: analise
        for analise in retaguarda.ler(f"/demonstrativos/analise?{pergunta}").dados["demonstrativos"]
    }
    linhas: list[Sequence[str]] = []
    for conta in contas:
        soap, api = por_soap.get(conta.protocolo), por_api.get(conta.protocolo)
        if soap is None or api is None:
            raise Recusado(f"não há análise de conta do protocolo {conta.protocolo}")
        _mesmo_numero(soap.numero, api["cabecalho"]["numero"])
        liberado = iguais(
            f"o liberado do protocolo {conta.protocolo}",
            {
                "análise": conta.liberado,
                "situação": situacoes[conta.protocolo].liberado,
                "demonstrativo por SOAP": soap.valores.liberado,
                "demonstrativo pela API": Decimal(api["conta"]["valores"]["liberado"]),
            },
        )
        nome = f"análise de conta, {NOMES[conta.tipo]}"
        texto = situacoes[conta.protocolo].status.texto
        linhas.append((nome, soap.numero, conta.protocolo, reais(liberado), "", texto))
    return linhas


def _pagamento(
    erp: Cliente, retaguarda: Retaguarda, pago: Pago, situacoes: Mapping[str, _NaSituacao]
) -> list[Sequence[str]]:
    nome = "pagamento odontológico" if pago.odonto else "pagamento"
    tipo = ODONTO if pago.odonto else PAGAMENTO
    soap = erp.demonstrativos(
        corpo_pagamento(EM_VIGOR, HOSPITAL, pago.dia, pago.dia, tipo=tipo)
    ).pagamento
    if soap is None:
        raise Recusado(f"não há demonstrativo de {nome}")
    sufixo = "-odonto" if pago.odonto else ""
    api = retaguarda.ler(
        f"/demonstrativos/pagamento{sufixo}?prestador={CODIGO}&data={pago.dia}"
    ).dados
    _mesmo_numero(soap.numero, api["cabecalho"]["numero"])
    por_soap = dict(p for data in soap.pagamentos for p in data.protocolos)
    por_api = {
        protocolo["numero"]: Decimal(protocolo["valores"]["liberado"])
        for data in api["pagamentos"]
        for protocolo in data["protocolos"]
    }
    linhas: list[Sequence[str]] = []
    for conta in pago.contas:
        if conta.protocolo not in por_soap or conta.protocolo not in por_api:
            raise Recusado(f"o protocolo {conta.protocolo} falta no demonstrativo de {nome}")
        if situacoes[conta.protocolo].status is not StatusProtocolo.PAGO:
            raise Recusado(f"o protocolo {conta.protocolo} foi pago e a situação não o diz")
        liberado = iguais(
            f"o pago do protocolo {conta.protocolo}",
            {
                "situação": situacoes[conta.protocolo].liberado,
                "demonstrativo por SOAP": por_soap[conta.protocolo],
                "demonstrativo pela API": por_api[conta.protocolo],
            },
        )
        linhas.append((nome, soap.numero, conta.protocolo, reais(liberado), "", ""))
    liquido = iguais(
        f"o líquido do {nome}",
        {
            "pagamento": pago.liquido,
            "demonstrativo por SOAP": soap.liquido,
            "demonstrativo pela API": Decimal(api["liquido"]["liquido"]),
        },
    )
    return [*linhas, (nome, soap.numero, "todos", reais(soap.bruto), reais(liquido), "")]


def _mesmo_numero(por_soap: str, por_api: str) -> None:
    if por_soap != por_api:
        raise Recusado(f"o demonstrativo é {por_soap} por SOAP e {por_api} pela API")
