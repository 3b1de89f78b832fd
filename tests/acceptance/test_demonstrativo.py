"""Pedir demonstrativos por zeep, do WSDL servido, nos dois bancos: do lote ao que se pagou."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from acceptance.numeros import novo_lote
from acceptance.servidor import HOSPITAL, REGISTRO
from integration.cobranca import Cobranca, de_guia, de_item, glosa
from integration.exemplos import Cadastro
from validador import validar_resposta

from dominio.lote import TipoGuia
from dominio.versoes import VERSOES
from prestador.demonstrativos import ODONTO, PAGAMENTO, corpo_analise, corpo_pagamento
from prestador.lotes import corpo_lote

if TYPE_CHECKING:
    from acceptance.servidor import Servidor

    from prestador.cliente import Cliente
    from prestador.demonstrativos import RetornoDeDemonstrativo

_HOJE = date(2026, 3, 10)


def _casa(gateway: Servidor) -> Cobranca:
    return Cobranca(
        gateway.banco, Cadastro(gateway.operadora, gateway.prestador), prefixo=novo_lote()
    )


def _enviar(cliente: Cliente, versao: str, tipo: TipoGuia) -> int:
    recibo = cliente.enviar_lote(
        corpo_lote(
            tipo, versao, prestador=HOSPITAL, registro_ans=REGISTRO, numero_lote=novo_lote(),
            guias=2, semente=1,
        )
    )  # fmt: skip
    assert recibo.protocolo is not None
    return int(recibo.protocolo)


def _analise(cliente: Cliente, versao: str, numero: int) -> RetornoDeDemonstrativo:
    retorno = cliente.demonstrativos(corpo_analise(versao, HOSPITAL, [str(numero)], _HOJE))
    validar_resposta(cliente.ultima_resposta, versao)
    return retorno


@pytest.mark.parametrize("versao", VERSOES)
def test_do_lote_a_analise_de_conta(gateway: Servidor, versao: str) -> None:
    """Recebido, responde a situação; analisado, o demonstrativo com a glosa e os totais."""
    casa = _casa(gateway)
    with gateway.cliente(versao) as cliente:
        numero = _enviar(cliente, versao, TipoGuia.SADT)
        ainda_nao = _analise(cliente, versao, numero).ainda_nao
        assert ainda_nao is not None
        assert ainda_nao.situacao == 1
        item = casa.itens(numero)[0]
        resultado = de_item(1, str(item.item.valor_total), glosa("0.10"))
        casa.registrar(numero, de_guia(1, resultado), chave=f"{casa.prefixo}-k")
        casa.finalizar(numero, completar=True)
        [analise] = _analise(cliente, versao, numero).analises
        assert analise.geral.glosa == Decimal("0.10")
        assert analise.guias[0].itens[0].glosas == (("1705", Decimal("0.10")),)
        assert analise.geral.liberado == sum(g.valores.liberado for g in analise.guias)
        assert _analise(cliente, versao, numero).analises == (analise,)


@pytest.mark.parametrize("versao", [VERSOES[0], VERSOES[-1]])
@pytest.mark.parametrize("tipo", [PAGAMENTO, ODONTO])
def test_do_lote_ao_pagamento(gateway: Servidor, tipo: str, versao: str) -> None:
    """Pago o lote, o demonstrativo do mês tem o protocolo com o que se liberou."""
    casa = _casa(gateway)
    # um mês para cada caso: o gateway é de todos
    mes = date(2025, 1 + 2 * VERSOES.index(versao) + (tipo == ODONTO), 15)
    with gateway.cliente(versao) as cliente:
        numero = _enviar(cliente, versao, TipoGuia.ODONTO if tipo == ODONTO else TipoGuia.SADT)
        casa.finalizar(numero, completar=True)
        casa.liberar(numero)
        casa.pago(numero, data=mes, chave=f"{casa.prefixo}-p")
        competencia = f"{mes:%Y%m}"
        corpo = corpo_pagamento(versao, HOSPITAL, competencia, _HOJE, tipo=tipo)
        pagamento = cliente.demonstrativos(corpo).pagamento
        validar_resposta(cliente.ultima_resposta, versao)
    assert pagamento is not None
    assert pagamento.odonto is (tipo == ODONTO)
    liberado = casa.protocolo(numero).liberado
    assert [p.protocolos for p in pagamento.pagamentos] == [((str(numero), liberado),)]
    assert pagamento.liquido == liberado
