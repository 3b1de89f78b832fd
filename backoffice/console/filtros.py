"""Ler filtros do endereço: o que não se entende volta com o erro no campo, e não filtra."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from dominio.competencia import competencia_valida
from dominio.lote import TipoGuia
from dominio.numeros import protocolo as ler_protocolo
from dominio.situacao import StatusProtocolo

if TYPE_CHECKING:
    from backoffice.console.formulario import Campos

_MAIOR_TEXTO = 60
_MAIOR_EMAIL = 254
_EMAIL = re.compile(r"[!-?A-~]{1,64}@[!-?A-~]+\.[!-?A-~]+")
_REAIS = re.compile(r"-?[0-9]{1,10}(\.[0-9]{1,2})?")


class Leitor:
    """Lê campos e junta o que está errado em cada um.

    Args:
        campos: da consulta ou do formulário.
    """

    def __init__(self, campos: Campos) -> None:
        self._campos = campos
        self.erros: dict[str, str] = {}

    def texto(self, nome: str) -> str | None:
        """Um texto curto; ausente se vazio."""
        valor = self._campos.texto(nome)
        if len(valor) > _MAIOR_TEXTO or not valor.isprintable():
            self.erros[nome] = f"até {_MAIOR_TEXTO} caracteres"
            return None
        return valor or None

    def email(self, nome: str, *, obrigatorio: bool = True) -> str | None:
        """Um e-mail; ausente se vazio."""
        valor = self._campos.texto(nome)
        if not valor and not obrigatorio:
            return None
        if len(valor) > _MAIOR_EMAIL or not _EMAIL.fullmatch(valor):
            self.erros[nome] = "não é um e-mail"
            return None
        return valor

    def dia(self, nome: str) -> date | None:
        """Um dia, como ``2026-03-31`` ou ``31/03/2026``."""
        valor = self._campos.texto(nome)
        if not valor:
            return None
        partes = valor.split("/")
        try:
            if len(partes) == 3:
                return date(int(partes[2]), int(partes[1]), int(partes[0]))
            return date.fromisoformat(valor)
        except (ValueError, OverflowError):
            self.erros[nome] = "é uma data, como 31/03/2026"
            return None

    def numero(self, nome: str) -> int | None:
        """Um número de protocolo, com ou sem zeros à esquerda."""
        valor = self._campos.texto(nome)
        if not valor:
            return None
        numero = ler_protocolo(valor)
        if numero is None:
            self.erros[nome] = "só algarismos, até doze"
        return numero

    def reais(self, nome: str) -> Decimal | None:
        """Um valor como ``1.234,56``; também ``1234.56``."""
        valor = self._campos.texto(nome).removeprefix("R$").strip()
        if not valor:
            return None
        if "," in valor:
            valor = valor.replace(".", "").replace(",", ".")
        if _REAIS.fullmatch(valor) is None:
            self.erros[nome] = "é um valor em reais, como 1.234,56"
            return None
        return Decimal(valor)

    def competencia(self, nome: str) -> str | None:
        """Uma competência ``AAAAMM``; aceita ``2026-03`` e ``03/2026``."""
        valor = self._campos.texto(nome)
        if not valor:
            return None
        limpo = valor.replace("-", "")
        if "/" in valor:
            mes, _, ano = valor.partition("/")
            limpo = f"{ano}{mes}"
        if not competencia_valida(limpo):
            self.erros[nome] = "é um mês, como 03/2026"
            return None
        return limpo

    def situacoes(self, nome: str) -> tuple[StatusProtocolo, ...]:
        """As situações pedidas; as que não há não contam."""
        validas = {str(int(s)): s for s in StatusProtocolo}
        return tuple(validas[t] for t in self._campos.textos(nome) if t in validas)

    def tipo_guia(self, nome: str) -> str | None:
        """Um tipo de guia; outro texto não conta."""
        valor = self._campos.texto(nome)
        return valor if valor in set(TipoGuia) else None

    def um_de(self, nome: str, *valores: str) -> str | None:
        """Um destes textos; outro não conta."""
        valor = self._campos.texto(nome)
        return valor if valor in valores else None
