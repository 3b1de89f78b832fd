"""A senha do prestador nunca se mostra, por mais estranha que seja a forma em que veio."""

from __future__ import annotations

import re
import time

import pytest

from persistence.mascara import mascarar

MD5 = b"0123456789abcdef0123456789abcdef"
LONGO = b"p" * 300


@pytest.mark.parametrize("codificacao", ["latin-1", "utf-16", "utf-16-be", "utf-32"])
@pytest.mark.parametrize(
    "forma",
    [
        b"<senhaPrestador>%s</senhaPrestador>",
        b"<%b:senhaPrestador>%%s</%b:senhaPrestador>" % (LONGO, LONGO),
        b"<senhaPrestador><!-- </senhaPrestador> -->%s</senhaPrestador>",
        b"<senhaPrestador><![CDATA[</senhaPrestador>]]>%s</senhaPrestador>",
        b"<senhaPrestador><?x </senhaPrestador>?>%s</senhaPrestador>",
        b"<senhaPrestador><![CDATA[<!--]]>%s</senhaPrestador>",
        b"<senhaPrestador><senhaPrestador></senhaPrestador>%s</senhaPrestador>",
        b"<senhaPrestador><x:senhaPrestador/>%s</senhaPrestador>",
        b'<senhaPrestador a="/>">%s</senhaPrestador>',
        b"<senhaPrestador a='x' b=\">\" >%s</senhaPrestador>",
        b'<senhaPrestador a=">%s</senhaPrestador>',
        b"<!-- <senhaPrestador>%s</senhaPrestador> -->",
        b"<!-- <senhaPrestador>%s",
        b"<senhaPrestador><!-- %s",
    ],
)
def test_senha_nao_se_mostra(forma: bytes, codificacao: str) -> None:
    """Prefixo longo, fechamento em comentário, CDATA ou instrução, aninhada ou truncada."""
    pedido = (b"<m><a>1</a>" + forma.replace(b"%s", MD5)).decode("ascii").encode(codificacao)
    visto = mascarar(pedido).replace(b"\x00", b"")
    assert MD5 not in visto
    assert b"***" in visto
    assert b"<a>1</a>" in visto


@pytest.mark.parametrize(
    "pedido",
    [
        b"<m><senhaPrestador/><b>2</b></m>",
        b'<m><senhaPrestador a="1" /><b>2</b></m>',
        b"<m><senhaPrestadora>1</senhaPrestadora><b>2</b></m>",
        b"<m>senhaPrestador><b>2</b></m>",
    ],
)
def test_o_que_nao_e_senha_fica(pedido: bytes) -> None:
    """Elemento vazio, ou de outro nome, não esconde o que vem depois."""
    assert mascarar(pedido) == pedido


def test_duas_senhas_escondem_se_uma_a_uma() -> None:
    """O que está entre dois elementos continua à vista."""
    um = b"<senhaPrestador>" + MD5 + b"</senhaPrestador>"
    visto = mascarar(um + b"<b>2</b>" + um)
    assert visto == (um + b"<b>2</b>" + um).replace(MD5, b"***")


@pytest.mark.parametrize(
    "hostil",
    [b"<" + b"\x00" * 2_000_000, b"<a" * 500_000, b"<senhaPrestador " * 100_000, b'<a:"' * 300_000],
    ids=["zeros", "aberturas", "sem-fim", "aspas"],
)
def test_pedido_hostil_nao_custa_o_quadrado(hostil: bytes) -> None:
    """Mascarar percorre o pedido poucas vezes, seja ele o que for."""
    comeco = time.perf_counter()
    mascarar(hostil)
    assert time.perf_counter() - comeco < 5
    assert re.search(rb"\*\*\*", mascarar(hostil)) is None
