from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest
from _esquemas.componentes import ler_pasta
from _esquemas.estragos import estraga
from _esquemas.gerador import PREFIXOS, Gerador
from _esquemas.referencia import REFERENCIAS, pasta
from lxml import etree

import tiss_xsd
from dominio.versoes import VERSOES, sufixo
from tiss_xsd import catalogo, corrido

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RAIZES = {"3.05.00": 24}
"""Raízes por versão: as 25 de web service e a mensagem em arquivo; em 3.05.00, duas a menos."""


def mensagens(pastas: list[Path], quantas: int, semente: str) -> Iterator[tuple[str, bytes]]:
    """Mensagens de todas as raízes, metade inteiras, geradas por um esquema e outro em alternância.

    O que vale é o que se relê dos bytes, como numa mensagem recebida.
    """
    sorteio = Random(semente)
    geradores = [Gerador(ler_pasta(p), sorteio) for p in pastas]
    for i in range(quantas):
        gerador = geradores[i % len(geradores)]
        raiz = gerador.raizes[i // 2 % len(gerador.raizes)]
        mensagem = gerador.mensagem(raiz)
        if sorteio.random() < 0.6:
            estraga(mensagem, sorteio.randint(1, 3), sorteio)
        yield raiz, etree.tostring(mensagem)


@pytest.mark.parametrize("quantas", [300, pytest.param(2000, marks=pytest.mark.longo)])
@pytest.mark.parametrize(("origem", "versao"), REFERENCIAS)
def test_mesmo_veredito_da_referencia(origem: str, versao: str, quantas: int) -> None:
    """Mensagens geradas e estragadas têm nos nossos esquemas o veredito dos de referência."""
    de_fora = pasta(origem, versao)
    arquivo = de_fora / f"tissWebServices{sufixo(versao)}.xsd"
    referencia = etree.XMLSchema(file=str(arquivo))
    nosso = tiss_xsd.esquema(versao)
    vistos: dict[bool, set[str]] = {True: set(), False: set()}
    contagem = {True: 0, False: 0}
    diferentes = []

    for raiz, conteudo in mensagens(
        [de_fora, catalogo.RAIZ / versao], quantas, f"{versao} {quantas}"
    ):
        elemento = etree.fromstring(conteudo)
        esperado = referencia.validate(elemento)
        vistos[esperado].add(raiz)
        contagem[esperado] += 1
        if esperado is not nosso.valida(elemento) or esperado is bool(nosso.erros(elemento)):
            diferentes.append(conteudo)

    assert not diferentes
    assert min(contagem.values()) >= quantas // 4, contagem
    assert RAIZES.get(versao, 26) == len(vistos[True])


@pytest.mark.parametrize("versao", VERSOES)
def test_em_fluxo_o_mesmo_veredito_e_lugar(versao: str) -> None:
    """A validação em fluxo diz o mesmo que a da árvore e aponta os mesmos elementos."""
    nosso = tiss_xsd.esquema(versao)
    arquivo = catalogo.RAIZ / versao / f"tissWebServices{sufixo(versao)}.xsd"
    em_fluxo = etree.XMLSchema(etree.parse(arquivo))
    invalidas = 0

    for _, conteudo in mensagens([catalogo.RAIZ / versao], 150, f"fluxo {versao}"):
        elemento = etree.fromstring(conteudo)
        valido = nosso.valida(elemento)
        invalidas += not valido
        assert valido == corrido.valido(em_fluxo, elemento)
        assert _lugares(elemento, nosso.erros(elemento, 500)) == _lugares(
            elemento, corrido.erros(em_fluxo, elemento, 500)
        )

    assert invalidas >= 40


def _lugares(
    raiz: etree._Element, erros: tuple[tiss_xsd.ErroEsquema, ...]
) -> set[tuple[str, etree._Element]]:
    # conjunto: em fluxo, texto solto aos pedaços é dito uma vez por pedaço
    return {(erro.tipo, _elemento(raiz, erro.caminho)) for erro in erros}


def _elemento(raiz: etree._Element, caminho: str) -> etree._Element:
    achado: etree._Element
    (achado,) = raiz.getroottree().xpath(caminho.partition("/@")[0], namespaces=PREFIXOS)
    return achado
