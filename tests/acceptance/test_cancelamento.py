"""Cancelar por zeep, do WSDL servido, nos dois bancos: lote e guias, e o que se pode depois."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from acceptance.numeros import novo_lote
from acceptance.servidor import HOSPITAL, REGISTRO
from validador import validar_resposta

from dominio.lote import TipoGuia
from dominio.versoes import VERSOES
from prestador.cancelamentos import (
    GuiaACancelar,
    corpo_cancelamento_guias,
    corpo_cancelamento_lote,
)
from prestador.lotes import corpo_lote

if TYPE_CHECKING:
    from acceptance.servidor import Servidor

    from prestador.cliente import Cliente
    from prestador.valores import Corpo

COM_LOTE = ("4.01.00", "4.03.00")


def _lote(versao: str, numero: str, semente: int = 1) -> Corpo:
    return corpo_lote(
        TipoGuia.SADT, versao, prestador=HOSPITAL, registro_ans=REGISTRO, numero_lote=numero,
        guias=2, semente=semente,
    )  # fmt: skip


def _enviar(cliente: Cliente, versao: str, numero: str, semente: int = 1) -> str:
    recibo = cliente.enviar_lote(_lote(versao, numero, semente))
    assert recibo.protocolo is not None
    return recibo.protocolo


def _cancelar(cliente: Cliente, versao: str, corpo: Corpo) -> list[int]:
    recibo = cliente.cancelar(corpo)
    validar_resposta(cliente.ultima_resposta, versao)
    return [alvo.status for alvo in recibo.alvos]


@pytest.mark.parametrize("versao", COM_LOTE)
def test_lote_e_cancelado_e_o_numero_serve_a_outro(gateway: Servidor, versao: str) -> None:
    """Cancelado o lote, a situação é 9 e o mesmo número recebe outro conteúdo e protocolo."""
    numero = novo_lote()
    with gateway.cliente(versao) as cliente:
        antigo = _enviar(cliente, versao, numero)
        corpo = corpo_cancelamento_lote(versao, HOSPITAL, numero, antigo)
        assert _cancelar(cliente, versao, corpo) == [1]
        assert cliente.status(antigo).status == 9
        novo = _enviar(cliente, versao, numero, semente=2)
        assert novo != antigo
        # repetido, o pedido responde o mesmo e poupa o lote novo
        assert _cancelar(cliente, versao, corpo) == [1]
        assert cliente.status(novo).status == 1


@pytest.mark.parametrize("versao", VERSOES)
def test_guias_sao_canceladas_uma_a_uma(gateway: Servidor, versao: str) -> None:
    """A guia cancelada sai da situação; com a última o protocolo é cancelado."""
    numero = novo_lote()
    with gateway.cliente(versao) as cliente:
        protocolo = _enviar(cliente, versao, numero)
        alvos = [GuiaACancelar(f"{numero}{n:03d}", protocolo=protocolo) for n in (1, 2)]

        def cancelar(*quais: GuiaACancelar) -> list[int]:
            return _cancelar(cliente, versao, corpo_cancelamento_guias(versao, HOSPITAL, quais))

        assert cancelar(alvos[0], GuiaACancelar("NAO-HA", protocolo=protocolo)) == [1, 3]
        assert [g.numero for g in cliente.status(protocolo).guias] == [alvos[1].numero]
        assert cancelar(alvos[0], alvos[1]) == [1, 1]
        depois = cliente.status(protocolo)
        validar_resposta(cliente.ultima_resposta, versao)
    esperado = 9 if versao in VERSOES[3:] else 4
    assert (depois.status, len(depois.guias)) == (esperado, 2)


def test_protocolo_desconhecido_responde_6(gateway: Servidor) -> None:
    """O que não há é dito no recibo, e não numa falha."""
    with gateway.cliente("4.03.00") as cliente:
        corpo = corpo_cancelamento_lote("4.03.00", HOSPITAL, "1", "999999999")
        assert _cancelar(cliente, "4.03.00", corpo) == [6]


def test_pagina_publica_diz_que_se_cancela(gateway: Servidor) -> None:
    """A página dos endereços mostra o cancelamento e os documentos como oferecidos."""
    pagina = gateway.pegar("/").corpo.decode()
    for servico in ("tissCancelaGuia", "tissEnvioDocumentos"):
        assert f"<td>{servico}</td><td>oferecido</td>" in pagina
