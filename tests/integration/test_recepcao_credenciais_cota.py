"""Quanto do que manda quem não se autentica fica no arquivo por dia."""

from __future__ import annotations

import hashlib
import uuid
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest
from integration.recepcao import LOTE, SERVICOS_FEITOS, lote, pronta
from sqlalchemy import select

from dominio import erros
from handlers.andamento import Pedido
from handlers.cota import POR_JUNTAR, SEM_BYTES, Cota
from handlers.credenciais import Credenciais
from handlers.recepcao import Recepcao
from mensagem.recusa import Recusa
from persistence import tabelas

if TYPE_CHECKING:
    from integration.recepcao import Mesa

    from persistence.banco import Banco
    from persistence.mensagens import MensagemGuardada

HOJE = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
DAQUI, DALI = "203.0.113.7", "203.0.113.8"


def _com_cota(mesa: Mesa, limite: int) -> Mesa:
    recepcao = Recepcao(
        mesa.banco, SERVICOS_FEITOS, Credenciais(mesa.banco), cota=Cota(mesa.banco, limite)
    )
    return type(mesa)(mesa.banco, recepcao, mesa.operadora, mesa.prestador)


def _lixo(mesa: Mesa, endereco: str = DAQUI, tamanho: int = 1000) -> MensagemGuardada:
    pedido = Pedido(b"x" * tamanho, LOTE, "4.03.00", "soap", uuid.uuid4().hex, endereco=endereco)
    mesa.recepcao.recusar(pedido, Recusa(erros.GRANDE_DEMAIS))
    return mesa.arquivada(pedido.id)


def test_passada_a_cota_ficam_so_o_tamanho_e_o_resumo(mesa: Mesa) -> None:
    """Do que passa da cota guarda-se a linha sem bytes, nem os da resposta."""
    mesa = _com_cota(mesa, 5000)
    guardadas = [_lixo(mesa, tamanho=2000) for _ in range(4)]
    ultima = guardadas[-1]
    assert guardadas[0].pedido is not None
    assert (ultima.pedido, ultima.resposta, ultima.integral) == (None, None, False)
    assert (ultima.tamanho, ultima.sha256) == (2000, hashlib.sha256(b"x" * 2000).hexdigest())
    assert (ultima.detalhes or {})["avisos"] == [SEM_BYTES]


def test_cota_e_de_cada_endereco(mesa: Mesa) -> None:
    """Um endereço que encheu a sua cota não gasta a de outro."""
    mesa = _com_cota(mesa, 5000)
    for _ in range(5):
        _lixo(mesa, tamanho=2000)
    assert _lixo(mesa, DALI).pedido is not None


def test_quem_se_autentica_nao_tem_cota(mesa: Mesa) -> None:
    """A mensagem aceita fica inteira, por mais que o endereço já tenha mandado."""
    mesa = _com_cota(mesa, 0)
    dados = pronta(lote())
    assert _lixo(mesa, "192.0.2.10").pedido is None
    assert mesa.arquivada(mesa.enviar(dados).id).pedido == dados


@pytest.mark.parametrize(
    ("outro_dia", "cabe"), [(HOJE, False), (datetime(2026, 11, 21, tzinfo=UTC), True)]
)
def test_cota_recomeca_cada_dia(banco: Banco, outro_dia: datetime, cabe: bool) -> None:
    """A cota é de um dia de UTC, e as contas dos dias de antes apagam-se."""
    cota = Cota(banco, POR_JUNTAR)
    assert cota.cabe(DAQUI, POR_JUNTAR, HOJE)
    assert cabe == cota.cabe(DAQUI, 1, outro_dia)
    with banco.leitura() as conn:
        dias = list(conn.execute(select(tabelas.cota_endereco.c.dia)).scalars())
    assert dias == ([] if cabe else [date(2026, 11, 20)])


def test_processos_somam_as_suas_contas(banco: Banco) -> None:
    """Dois processos passam do limite em pouco mais do que cada um conta sozinho."""
    limite = 4 * POR_JUNTAR
    processos = Cota(banco, limite), Cota(banco, limite)
    pedaco = 65_536
    aceitos = 0
    for _ in range(4 * limite // pedaco):
        aceitos += sum(p.cabe(DAQUI, pedaco, HOJE) for p in processos)
    assert limite <= aceitos * pedaco <= limite + 2 * POR_JUNTAR
    assert not Cota(banco, limite).cabe(DAQUI, pedaco * 5, HOJE)


def test_contas_demais_juntam_se_no_banco(banco: Banco, monkeypatch: pytest.MonkeyPatch) -> None:
    """Com endereços demais na memória, o que se contou vai para o banco e não se perde."""
    monkeypatch.setattr("handlers.cota._ENDERECOS", 3)
    cota = Cota(banco, 1000)
    for n in range(4):
        assert cota.cabe(f"203.0.113.{n}", 600, HOJE)
    assert not any(cota.cabe(f"203.0.113.{n}", 600, HOJE) for n in range(3))


def test_enderecos_de_uma_rede_ipv6_sao_um(banco: Banco) -> None:
    """Trocar de endereço na mesma /64 não dá outra cota."""
    cota = Cota(banco, 1000)
    assert cota.cabe("2001:db8::1", 600, HOJE)
    assert not cota.cabe("2001:db8::2", 600, HOJE)
