"""O corpo de um pedido: a compressão que o cliente diz e os seus limites."""

from __future__ import annotations

import gzip

import pytest

from dominio import erros
from gateway.corpo import descomprimir
from mensagem.recusa import Recusa


def _motivo(dados: bytes, limite: int = 100) -> object:
    with pytest.raises(Recusa) as recusa:
        descomprimir(dados, "gzip", limite)
    return recusa.value.erro


def test_membros_seguidos_sao_um_so_corpo() -> None:
    """Um gzip de vários membros desfaz-se inteiro, membros vazios inclusive."""
    dados = b"".join(gzip.compress(parte) for parte in (b"<a>", b"", b"texto", b"</a>"))
    assert descomprimir(dados, "gzip", 100) == b"<a>texto</a>"


@pytest.mark.parametrize("partes", [(101,), (100, 1), (60, 41), (1, 0, 100)])
def test_o_limite_e_de_todos_os_membros_juntos(partes: tuple[int, ...]) -> None:
    """O que passa do limite, somado, é grande demais; o que chega a ele, não."""
    dados = b"".join(gzip.compress(b" " * n) for n in partes)
    assert _motivo(dados, 100) is erros.GRANDE_DEMAIS
    assert len(descomprimir(dados, "gzip", 101)) == 101


@pytest.mark.parametrize(
    "dados",
    [
        b"",
        gzip.compress(b"um") + b"sobra",
        gzip.compress(b"um") + gzip.compress(b"dois")[:-3],
        gzip.compress(b"") * 1000,
    ],
    ids=["vazio", "sobra", "segundo-truncado", "membros-demais"],
)
def test_o_que_nao_e_gzip_inteiro_e_recusado(dados: bytes) -> None:
    """Sobras que não são um membro, membros truncados ou aos milhares não se aceitam."""
    assert _motivo(dados) is erros.GZIP_INVALIDO
