"""Por que um pedido da operadora não se faz: chave estável, texto e lugar.

Os casos de uso do lado da operadora (análise, pagamento) levantam ``Impedimento``; a API o traduz
para a sua resposta, a linha de comando para uma linha.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Natureza(StrEnum):
    """O que quem pediu pode fazer com a recusa."""

    INVALIDO = "invalido"
    """O pedido está errado: corrija-o."""
    CONFLITO = "conflito"
    """O pedido não cabe no estado em que as coisas estão: leia-o de novo."""
    AUSENTE = "ausente"
    """O que se pediu não existe nesta operadora."""


class Lugar(NamedTuple):
    """Onde está o que impede; o que é ausente não se aplica.

    Attributes:
        protocolo: número.
        guia: posição no lote, a partir de 1.
        item: posição na guia, a partir de 1.
    """

    protocolo: int | None = None
    guia: int | None = None
    item: int | None = None

    def __str__(self) -> str:
        """``guia 2, item 1``; vazio quando não se sabe."""
        partes = ((n, v) for n, v in self._asdict().items() if v is not None)
        return ", ".join(f"{nome} {valor}" for nome, valor in partes)


class Motivo(NamedTuple):
    """Um dos motivos por que um pedido pode não se fazer.

    Attributes:
        chave: nome estável.
        texto: o que está errado e o que fazer, sem valores do pedido.
        natureza: de que tipo é.
    """

    chave: str
    texto: str
    natureza: Natureza = Natureza.INVALIDO


class Impedimento(Exception):
    """Um pedido que não se faz; nada dele se grava.

    Attributes:
        motivo: por quê.
        lugar: onde.
        detalhe: o que completa o texto neste caso, sem dados de pacientes.
        outros: o que mais impede o mesmo pedido, para se corrigir de uma vez.
    """

    def __init__(
        self,
        motivo: Motivo,
        lugar: Lugar | None = None,
        detalhe: str = "",
        outros: tuple[Impedimento, ...] = (),
    ) -> None:
        self.outros = outros
        self.motivo = motivo
        self.lugar = lugar or Lugar()
        self.detalhe = detalhe
        super().__init__(self.texto)

    @property
    def chave(self) -> str:
        """Nome estável do motivo."""
        return self.motivo.chave

    @property
    def natureza(self) -> Natureza:
        """Se o pedido é inválido, se há conflito, ou se falta o que se pediu."""
        return self.motivo.natureza

    @property
    def texto(self) -> str:
        """Frase completa, com o lugar quando se sabe."""
        partes = [self.motivo.texto, self.detalhe]
        lugar = str(self.lugar)
        if lugar:
            partes.append(f"Onde: {lugar}.")
        return " ".join(parte for parte in partes if parte)
