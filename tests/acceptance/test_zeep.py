"""Um cliente zeep feito do WSDL servido, em cada versão e nos dois bancos."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from acceptance.numeros import novo_lote
from acceptance.servidor import HOSPITAL, REGISTRO
from validador import validar_resposta

from dominio.dinheiro import texto
from dominio.lote import TipoGuia
from dominio.transacoes import TRANSACOES
from dominio.versoes import VERSOES
from prestador.lotes import corpo_lote

if TYPE_CHECKING:
    from acceptance.servidor import Servidor


@pytest.mark.parametrize("versao", VERSOES)
@pytest.mark.parametrize("tipo", list(TipoGuia), ids=lambda t: t.name.lower())
def test_lote_entra_e_situacao_sai(gateway: Servidor, versao: str, tipo: TipoGuia) -> None:
    """Cada tipo de guia recebe protocolo e a sua situação é Recebido, com todas as guias."""
    numero = novo_lote()
    corpo = corpo_lote(
        tipo, versao, prestador=HOSPITAL, registro_ans=REGISTRO, numero_lote=numero, guias=3
    )
    with gateway.cliente(versao) as cliente:
        recibo = cliente.enviar_lote(corpo)
        validar_resposta(cliente.ultima_resposta, versao)
        assert recibo.erro is None
        assert recibo.protocolo is not None
        situacao = cliente.status(recibo.protocolo)
        validar_resposta(cliente.ultima_resposta, versao)
    assert situacao.status == 1
    assert [g.numero for g in situacao.guias] == [g.numero for g in recibo.guias]
    assert len(situacao.guias) == 3


@pytest.mark.parametrize("perguntada", VERSOES)
def test_lote_de_uma_versao_e_perguntado_em_outra(gateway: Servidor, perguntada: str) -> None:
    """O que entrou em qualquer versão pode ser perguntado em qualquer outra."""
    for enviada in VERSOES:
        numero = novo_lote()
        corpo = corpo_lote(
            TipoGuia.SADT, enviada, prestador=HOSPITAL, registro_ans=REGISTRO, numero_lote=numero
        )
        with gateway.cliente(enviada) as cliente:
            recibo = cliente.enviar_lote(corpo)
        assert recibo.protocolo is not None
        with gateway.cliente(perguntada) as cliente:
            situacao = cliente.status(recibo.protocolo)
            validar_resposta(cliente.ultima_resposta, perguntada)
        assert (situacao.status, len(situacao.guias)) == (1, 1)


def test_lote_de_100_guias_e_recebido_inteiro(gateway: Servidor) -> None:
    """Um lote do tamanho máximo recebe um protocolo com as 100 guias e a soma certa."""
    corpo = corpo_lote(
        TipoGuia.SADT, "4.03.00", prestador=HOSPITAL, registro_ans=REGISTRO,
        numero_lote=novo_lote(), guias=100,
    )  # fmt: skip
    guias = corpo["guiasTISS"]["guiaSP-SADT"]  # type: ignore[index,call-overload]
    total = sum(round(float(g["valorTotal"]["valorTotalGeral"]) * 100) for g in guias)
    with gateway.cliente("4.03.00") as cliente:
        recibo = cliente.enviar_lote(corpo)
        validar_resposta(cliente.ultima_resposta, "4.03.00")
    assert len(recibo.guias) == 100
    assert recibo.valor_total is not None
    assert texto(recibo.valor_total) == f"{total / 100:.2f}"


@pytest.mark.parametrize("versao", VERSOES)
def test_cada_wsdl_servido_traz_o_proprio_endereco(gateway: Servidor, versao: str) -> None:
    """Todo serviço da versão tem WSDL, com o endereço por que foi pedido."""
    for transacao in TRANSACOES:
        resposta = gateway.pegar(f"/tiss/{versao}/{transacao.servico}?wsdl")
        if not transacao.existe_em(versao):
            assert resposta.status == 404
            continue
        assert resposta.status == 200
        endereco = f"{gateway.base}/tiss/{versao}/{transacao.servico}"
        assert f'location="{endereco}"'.encode() in resposta.corpo
        assert f'schemaLocation="{endereco}?xsd='.encode() in resposta.corpo
