"""A memória dos corpos que chegam: a parte de cada endereço, e os que param a meio."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from dominio import erros
from gateway import leitor
from gateway.leitor import Leitor, contar_copia
from mensagem.recusa import Recusa

MIB = 1_048_576


def test_um_endereco_so_ocupa_a_sua_parte() -> None:
    """Com metade da memória cheia de corpos de um endereço, os de outro ainda cabem."""
    a = Leitor(4 * MIB, 30.0)
    estranho, hospital = a.reserva("192.0.2.1"), a.reserva("192.0.2.2")
    assert estranho.somar(2 * MIB)
    assert not a.reserva("192.0.2.1").somar(1)
    assert hospital.somar(2 * MIB)
    assert not a.reserva("192.0.2.3").somar(1)


def test_o_devolvido_volta_a_servir() -> None:
    """Devolver solta a parte do endereço e a memória de todos, e devolver de novo nada muda."""
    a = Leitor(4 * MIB, 30.0)
    uma = a.reserva("192.0.2.1")
    assert uma.somar(2 * MIB)
    uma.devolver()
    uma.devolver()
    assert a.livre == 4 * MIB
    assert a.reserva("192.0.2.1").somar(2 * MIB)


def test_o_que_se_tira_de_um_envio_tambem_conta() -> None:
    """De um corpo com arquivos conta-se outro tanto; se não cabe, que volte mais tarde."""
    a = Leitor(4 * MIB, 30.0)
    reserva = a.reserva("192.0.2.1")
    assert reserva.somar(MIB)
    contar_copia(reserva, b"x" * MIB, 64 * MIB, MIB)
    with pytest.raises(Recusa) as recusada:
        contar_copia(reserva, b"x" * MIB, 64 * MIB, MIB)
    assert recusada.value.erro is erros.SOBRECARGA


def test_corpo_que_para_a_meio_nao_espera_o_prazo_inteiro(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sem mais nada por um tempo, larga-se o corpo bem antes do prazo de ele chegar inteiro."""
    monkeypatch.setattr(leitor, "_PARADO", 0.05)
    a = Leitor(4 * MIB, 60.0)
    eventos = iter([{"type": "http.request", "body": b"x" * 10, "more_body": True}])

    async def receber() -> Any:
        if (um := next(eventos, None)) is not None:
            return um
        return await asyncio.Event().wait()

    async def ler() -> None:
        await a.ler({b"content-length": b"11"}, receber, [], a.reserva("192.0.2.1"), 100)

    with pytest.raises(Recusa) as recusada:
        asyncio.run(asyncio.wait_for(ler(), 5))
    assert recusada.value.erro is erros.TEMPO_DE_LEITURA


def test_corpo_devagar_mas_que_chega_e_lido(monkeypatch: pytest.MonkeyPatch) -> None:
    """Quem manda aos poucos, sem parar, não se confunde com quem parou."""
    monkeypatch.setattr(leitor, "_PARADO", 0.2)
    a = Leitor(4 * MIB, 60.0)
    partes: list[bytes] = []
    faltam = iter(range(5, -1, -1))

    async def receber() -> Any:
        await asyncio.sleep(0.1)
        return {"type": "http.request", "body": b"x", "more_body": next(faltam) > 0}

    asyncio.run(a.ler({b"content-length": b"6"}, receber, partes, a.reserva("192.0.2.1"), 100))
    assert b"".join(partes) == b"x" * 6
