"""O que impede uma página de se mostrar, com as palavras que a pessoa lê."""

from __future__ import annotations

from dominio.impedimento import Impedimento, Natureza

_STATUS = {Natureza.INVALIDO: 422, Natureza.CONFLITO: 409, Natureza.AUSENTE: 404}


class PaginaDeErro(Exception):
    """O pedido não pode ser atendido; nada dele foi feito.

    Attributes:
        status: situação HTTP.
        texto: o que está errado e o que fazer, sem valores do pedido.
        impedimento: o do caso de uso, se foi ele; diz o lugar de cada coisa errada.
    """

    def __init__(self, status: int, texto: str, impedimento: Impedimento | None = None) -> None:
        super().__init__(texto)
        self.status = status
        self.texto = texto
        self.impedimento = impedimento


def nao_ha(coisa: str) -> PaginaDeErro:
    """Não há, ou é de outro: quem pede não sabe a diferença."""
    return PaginaDeErro(404, f"Não há {coisa} com esta identificação.")


def do_impedimento(impedimento: Impedimento) -> PaginaDeErro:
    """A página do que impede um caso de uso."""
    return PaginaDeErro(_STATUS[impedimento.natureza], impedimento.texto, impedimento)
