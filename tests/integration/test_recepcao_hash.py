"""O rigor do hash é de cada prestador, e a leitura que conferiu fica no arquivo."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from integration.recepcao import com, com_hash_em_utf8, conferir_falha, lote, pronta

from dominio import erros
from dominio.lote import TipoGuia

if TYPE_CHECKING:
    from integration.recepcao import AbrirMesa, Mesa

NOME_ACENTUADO = {"nomeProfissional": "João Conceição"}
DESVIO = "literal, UTF-8"


def _oficial() -> bytes:
    return pronta(com(lote(), NOME_ACENTUADO))


def _em_utf8() -> bytes:
    return com_hash_em_utf8(com(lote(), NOME_ACENTUADO))


def _com_hash(texto: str) -> bytes:
    return pronta(com(lote(), {"hash": texto}), selar=False)


ERRADO, VAZIO, SEM_FORMA = "0" * 32, "", "não é hash"


@pytest.mark.parametrize("modo", ["strict", "tolerant", "off"])
def test_hash_oficial_e_aceito_em_todo_modo(nova_mesa: AbrirMesa, modo: str) -> None:
    """O hash do padrão confere em qualquer modo e fica anotado como oficial."""
    mesa = nova_mesa(operadora={"hash_modo": modo})
    resposta = mesa.enviar(_oficial())
    assert resposta.recibo.protocolo == "10000001"
    assert mesa.arquivada(resposta.id).hash_variante == "oficial"


@pytest.mark.parametrize("modo", ["tolerant", "off"])
def test_desvio_conhecido_e_aceito_e_anotado(nova_mesa: AbrirMesa, modo: str) -> None:
    """Um hash feito sobre UTF-8 é aceito fora do modo estrito, com o desvio no arquivo."""
    mesa = nova_mesa(operadora={"hash_modo": modo})
    resposta = mesa.enviar(_em_utf8())
    assert resposta.recibo.protocolo == "10000001"
    assert DESVIO in (mesa.arquivada(resposta.id).hash_variante or "")


def test_modo_estrito_recusa_o_desvio_e_diz_qual_e(nova_mesa: AbrirMesa) -> None:
    """Em modo estrito só o oficial vale; a recusa diz a leitura em que o hash confere."""
    mesa = nova_mesa(operadora={"hash_modo": "strict"})
    resposta = mesa.enviar(_em_utf8())
    conferir_falha(resposta, erros.HASH)
    assert DESVIO in resposta.texto
    assert DESVIO in (mesa.arquivada(resposta.id).hash_variante or "")


@pytest.mark.parametrize("modo", ["strict", "tolerant"])
@pytest.mark.parametrize(
    ("texto", "frase"),
    [(ERRADO, "não confere"), (VAZIO, "vazio"), (SEM_FORMA, "32 dígitos hexadecimais")],
    ids=["errado", "vazio", "sem forma"],
)
def test_hash_que_nao_confere_e_recusado(
    nova_mesa: AbrirMesa, modo: str, texto: str, frase: str
) -> None:
    """Hash errado, vazio ou sem forma é recusado, e o texto diz qual dos três."""
    mesa = nova_mesa(operadora={"hash_modo": modo})
    resposta = mesa.enviar(_com_hash(texto))
    conferir_falha(resposta, erros.HASH)
    assert frase in resposta.texto
    assert mesa.arquivada(resposta.id).hash_variante is None


@pytest.mark.parametrize("texto", [ERRADO, VAZIO, SEM_FORMA], ids=["errado", "vazio", "sem forma"])
def test_modo_desligado_aceita_qualquer_hash(nova_mesa: AbrirMesa, texto: str) -> None:
    """Com a conferência desligada nem o valor nem a forma importam, e nada se anota."""
    mesa = nova_mesa(operadora={"hash_modo": "off"})
    resposta = mesa.enviar(_com_hash(texto))
    assert resposta.recibo.protocolo == "10000001"
    assert mesa.arquivada(resposta.id).hash_variante is None


@pytest.mark.parametrize(
    ("da_operadora", "do_prestador", "aceito"),
    [("strict", "tolerant", True), ("tolerant", "strict", False), ("off", "strict", False)],
)
def test_modo_do_prestador_vale_por_cima(
    nova_mesa: AbrirMesa, da_operadora: str, do_prestador: str, aceito: bool
) -> None:
    """O rigor do prestador, quando o tem, substitui o da operadora."""
    mesa = nova_mesa(operadora={"hash_modo": da_operadora}, prestador={"hash_modo": do_prestador})
    assert aceito == (mesa.enviar(_em_utf8()).resultado.erro is None)


def test_hash_em_maiusculas_confere(mesa: Mesa) -> None:
    """O hash em maiúsculas é o mesmo hash."""
    mensagem = lote(TipoGuia.SADT)
    mensagem[-1].text = (mensagem[-1].text or "").upper()
    assert mesa.enviar(pronta(mensagem, selar=False)).recibo.protocolo == "10000001"


def test_mensagem_adulterada_e_recusada(mesa: Mesa) -> None:
    """Um só valor mudado depois de selada a mensagem basta para a recusa."""
    dados = _oficial().replace("João".encode(), "Joào".encode())
    conferir_falha(mesa.enviar(dados), erros.HASH)
