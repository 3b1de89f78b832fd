"""Os campos de uma guia, um a um: do texto de um elemento ao valor que ele diz."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

from dominio.competencia import ler_data, ler_hora
from dominio.lote import Beneficiario, Identificacao
from dominio.transacoes import NS_TISS
from mensagem.contratado import FORMAS

if TYPE_CHECKING:
    from datetime import date, time

    from lxml import etree

_Q = f"{{{NS_TISS}}}"
_N = len(_Q)

Campos: TypeAlias = dict[str, str | None]
Filhos: TypeAlias = dict[str, Any]


def campos_de(elemento: Any) -> Campos:
    """Filhos por nome local; de um nome repetido fica o último, que aqui nunca é o que se lê."""
    return {} if elemento is None else {f.tag[_N:]: f.text for f in elemento}


def filhos_de(elemento: etree._Element) -> Filhos:
    """O mesmo, os próprios elementos: percorre-os uma vez, em vez de procurar cada um."""
    return {str(f.tag)[_N:]: f for f in elemento}


def texto_de(filhos: Filhos, nome: str) -> str | None:
    """O texto de um filho, se o há."""
    filho = filhos.get(nome)
    return None if filho is None else filho.text


def filho_de(elemento: etree._Element, nome: str) -> etree._Element | None:
    """O filho com um nome, se o há."""
    return elemento.find(_Q + nome)


def data_opcional(texto: str | None) -> date | None:
    """A data de um campo, se veio."""
    return None if texto is None else ler_data(texto)


def hora_opcional(texto: str | None) -> time | None:
    """A hora de um campo, se veio."""
    return None if texto is None else ler_hora(texto)


def ler_numero(texto: str) -> Decimal:
    """Um número que o esquema já aceitou."""
    # um número de megabytes de zeros à esquerda passa no esquema e não deve ficar na memória
    return _lembrado(texto) if len(texto) <= 40 else Decimal(texto.strip())


@lru_cache(maxsize=4096)
def _lembrado(texto: str) -> Decimal:
    return Decimal(texto.strip())


def decimal_opcional(texto: str | None) -> Decimal | None:
    """O número de um campo, se veio."""
    return None if texto is None else ler_numero(texto)


def ler_valor(texto: str | None) -> Decimal:
    """O valor de um campo; zero se não veio."""
    return ler_numero(texto or "0")


def ler_inteiro(texto: str | None) -> int:
    """O inteiro de um campo; zero se não veio."""
    # int() recusa textos de milhares de dígitos, que o esquema aceita se forem zeros à esquerda
    return int(ler_numero(texto or "0"))


def data_obrigatoria(texto: str | None) -> date:
    """A data de um campo que o esquema exige."""
    return ler_data(texto or "")


def ler_beneficiario(elemento: etree._Element | None) -> Beneficiario:
    """O beneficiário de uma guia."""
    c = campos_de(elemento)
    return Beneficiario(
        c.get("numeroCarteira") or "",
        c.get("atendimentoRN") or "N",
        c.get("tipoIdent"),
        c.get("nomeBeneficiario"),
        c.get("numeroCNS"),
    )


def ler_executante(campos: Campos) -> Identificacao:
    """Quem executou, por uma das três formas de identificar."""
    for nome, forma in FORMAS.items():
        valor = campos.get(nome)
        if valor is not None:
            return Identificacao(forma, valor)
    raise AssertionError("o esquema garante uma das três formas")
