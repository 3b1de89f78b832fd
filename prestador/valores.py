"""Valores de mensagem ainda sem XML, e o prestador como as mensagens o identificam."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from dominio.lote import Identificacao

Corpo: TypeAlias = "dict[str, Valor]"
"""Conteúdo de um elemento: nome -> valor, na ordem do esquema."""

Valor: TypeAlias = "str | Corpo | list[Corpo] | list[str]"
"""Texto na forma léxica do padrão, elemento com filhos, ou elemento repetido."""

_NO_CABECALHO = {"codigo": "codigoPrestadorNaOperadora", "cnpj": "CNPJ", "cpf": "CPF"}
_NO_CORPO = {
    "codigo": "codigoPrestadorNaOperadora",
    "cnpj": "cnpjContratado",
    "cpf": "cpfContratado",
}


@dataclass(frozen=True, slots=True)
class Identificado:
    """Um prestador e tudo o que as mensagens precisam dizer dele.

    Attributes:
        identificacao: forma (``codigo``, ``cnpj`` ou ``cpf``) e valor usados onde há escolha.
        codigo: código na operadora, para onde o padrão só aceita código (honorários e
            odontologia); ausente, vale o texto da identificação.
        nome: só 3.05.00 o pede nos dados do contratado.
        cnes: sete dígitos.
    """

    identificacao: Identificacao
    codigo: str | None = None
    nome: str = "Clínica São Lázaro"
    cnes: str = "7654321"

    @property
    def codigo_ou_valor(self) -> str:
        """O texto dos campos que só aceitam código, até 14 caracteres."""
        return self.codigo or self.identificacao.valor

    def no_cabecalho(self) -> Corpo:
        """Conteúdo de ``identificacaoPrestador``."""
        return {_NO_CABECALHO[self.identificacao.forma]: self.identificacao.valor}

    def contratado(self, versao: str) -> Corpo:
        """Conteúdo de ``ct_contratadoDados``; o nome saiu do tipo depois de 3.05.00."""
        corpo: Corpo = {_NO_CORPO[self.identificacao.forma]: self.identificacao.valor}
        if versao == "3.05.00":
            corpo["nomeContratado"] = self.nome
        return corpo


def identificado(forma: str, valor: str, **campos: str) -> Identificado:
    """Atalho para um prestador identificado de uma forma.

    Args:
        forma: ``codigo``, ``cnpj`` ou ``cpf``.
        valor: o texto da identificação.
        **campos: ``codigo``, ``nome`` e ``cnes``, quando importam.

    Raises:
        ValueError: se a forma não existe.
    """
    if forma not in _NO_CABECALHO:
        raise ValueError(f"forma de identificação desconhecida: {forma}")
    return Identificado(Identificacao(forma, valor), **campos)
