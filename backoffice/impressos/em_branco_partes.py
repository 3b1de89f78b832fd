"""Os pedaços que mais de uma guia em branco tem, com os números que tomam em cada uma."""

from __future__ import annotations

from typing import TypeAlias

from backoffice.impressos.folha import Campo, Coluna, Ficha, Tabela

Dito: TypeAlias = (
    tuple[int | None, str] | tuple[int | None, str, float] | tuple[int | None, str, float, str]
)
"""Número, rótulo, largura e o que já se sabe de um campo."""

BENEFICIARIO = "Dados do beneficiário"


def campo(numero: int | None, rotulo: str, peso: float = 1, texto: str = "") -> Campo:
    """Um campo, em branco salvo se já se sabe o que diz."""
    return Campo(rotulo, texto, numero, peso)


AUTORIZACAO = (
    campo(4, "Data da autorização"),
    campo(5, "Senha", 2),
    campo(6, "Data de validade da senha"),
    campo(7, "Número da guia atribuído pela operadora", 2),
)
"""O que as guias que pedem autorização trazem dela."""


def ficha(titulo: str | None, *campos: Dito) -> Ficha:
    """Campos por preencher."""
    return Ficha(titulo, tuple(campo(*um) for um in campos))


def tabela(titulo: str | None, linhas: int, *colunas: Dito) -> Tabela:
    """Uma tabela de tantas linhas por preencher."""
    feitas = tuple(Coluna(um[1], um[2] if len(um) > 2 else 1, um[0]) for um in colunas)
    return Tabela(titulo, feitas, (("",) * len(feitas),) * linhas, a_mao=True)


def beneficiario(nome_social: int | None) -> Ficha:
    """O beneficiário das guias de SP/SADT e de internação.

    Args:
        nome_social: o número deste campo, que cada guia tem o seu.
    """
    return ficha(
        BENEFICIARIO,
        (8, "Número da carteira", 2), (9, "Validade da carteira"),
        (nome_social, "Nome social", 2.5), (12, "Atendimento a RN"), (10, "Nome", 3),
    )  # fmt: skip


def executados(titulo: str, primeiro: int, *, linhas: int) -> Tabela:
    """O que se fez, em doze campos numerados a partir de ``primeiro``."""
    rotulos = (
        ("Data", 1.2), ("Hora inicial", 0.8), ("Hora final", 0.8), ("Tabela", 0.7),
        ("Código do procedimento", 1.5), ("Descrição", 5), ("Qtde.", 0.7), ("Via", 0.5),
        ("Tec.", 0.5), ("Fator red./acresc.", 1), ("Valor unitário (R$)", 1.3),
        ("Valor total (R$)", 1.3),
    )  # fmt: skip
    return tabela(titulo, linhas, *_seguidos(primeiro, rotulos))


def profissionais(primeiro: int, *, linhas: int) -> Tabela:
    """Quem o fez, em oito campos numerados a partir de ``primeiro``."""
    rotulos = (
        ("Seq. ref.", 0.7), ("Grau part.", 0.7), ("Código na operadora / CPF", 2),
        ("Nome do profissional", 5), ("Conselho profissional", 1.2), ("Número no conselho", 1.5),
        ("UF", 0.5), ("Código CBO", 1),
    )  # fmt: skip
    titulo = "Identificação dos profissionais executantes"
    return tabela(titulo, linhas, *_seguidos(primeiro, rotulos))


def totais(primeiro: int, *de_que: str) -> Ficha:
    """Os totais, com o geral no fim, numerados a partir de ``primeiro``."""
    rotulos = [f"Total de {um} (R$)" for um in de_que]
    return ficha(None, *_seguidos(primeiro, [(um, 1.2) for um in [*rotulos, "Total geral (R$)"]]))


def _seguidos(
    primeiro: int, rotulos: tuple[tuple[str, float], ...] | list[tuple[str, float]]
) -> list[tuple[int, str, float]]:
    return [(n, rotulo, peso) for n, (rotulo, peso) in enumerate(rotulos, primeiro)]
