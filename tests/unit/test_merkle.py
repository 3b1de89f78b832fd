"""A árvore de Merkle dos selos."""

from __future__ import annotations

import hashlib

import pytest

from persistence.merkle import caminho, raiz


def _resumos(quantos: int) -> list[str]:
    return [hashlib.sha256(str(n).encode()).hexdigest() for n in range(quantos)]


def _pela_definicao(folhas: list[bytes]) -> bytes:
    """A raiz como a RFC 6962 a define, na seção 2.1."""
    if len(folhas) == 1:
        return hashlib.sha256(b"\x00" + folhas[0]).digest()
    corte = 1
    while corte * 2 < len(folhas):
        corte *= 2
    esquerda, direita = _pela_definicao(folhas[:corte]), _pela_definicao(folhas[corte:])
    return hashlib.sha256(b"\x01" + esquerda + direita).digest()


@pytest.mark.parametrize("quantos", [1, 2, 3, 4, 5, 6, 7, 8, 9, 31, 32, 33, 500])
def test_raiz_e_a_da_definicao(quantos: int) -> None:
    """A raiz é a que a definição recursiva dá, para qualquer quantidade de folhas."""
    resumos = _resumos(quantos)
    assert raiz(resumos) == _pela_definicao([bytes.fromhex(r) for r in resumos]).hex()


@pytest.mark.parametrize("quantos", [1, 2, 3, 5, 8, 13, 33])
def test_caminho_de_cada_folha_leva_a_raiz(quantos: int) -> None:
    """Subindo pelos vizinhos chega-se à raiz de qualquer folha, e só com o resumo certo."""
    resumos = _resumos(quantos)
    for posicao, resumo in enumerate(resumos):
        passos = caminho(resumos, posicao)
        for inicial, certo in ((resumo, True), ("0" * 64, False)):
            no = hashlib.sha256(b"\x00" + bytes.fromhex(inicial)).digest()
            for passo in passos:
                vizinho = bytes.fromhex(passo.resumo)
                par = vizinho + no if passo.lado == "esquerda" else no + vizinho
                no = hashlib.sha256(b"\x01" + par).digest()
            assert (no.hex() == raiz(resumos)) is certo


def test_ordem_das_folhas_muda_a_raiz() -> None:
    """Trocar duas folhas de lugar dá outra raiz."""
    resumos = _resumos(5)
    trocados = [resumos[1], resumos[0], *resumos[2:]]
    assert raiz(resumos) != raiz(trocados)


def test_arvore_vazia_nao_tem_raiz() -> None:
    """Sem folhas não há o que selar."""
    with pytest.raises(ValueError, match="sem folhas"):
        raiz([])
