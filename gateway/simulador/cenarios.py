"""Os cenários do simulador e como um pedido escolhe o seu."""

from __future__ import annotations

from enum import StrEnum

from dominio.erros import Erro, Nivel, TissFault
from mensagem.recusa import Recusa

CABECALHO = "X-TISS-Cenario"
"""Cabeçalho HTTP com o nome do cenário; vale por cima do número do lote."""

_PREFIXO = "99"


class Cenario(StrEnum):
    """O que o simulador faz de um lote; o valor é o nome que o cabeçalho traz."""

    APROVADO = "aprovado"
    GLOSA_PARCIAL = "glosa-parcial"
    DUPLICIDADE = "duplicidade"
    CARTEIRA_VENCIDA = "carteira-vencida"
    FORA_DO_PRAZO = "fora-do-prazo"
    LENTA = "lenta"
    FALHA_TRANSITORIA = "falha-transitoria"
    FALHA_PERMANENTE = "falha-permanente"

    @property
    def prefixo(self) -> str:
        """Como começa o número dos lotes deste cenário: ``9901``, ``9902``..."""
        return f"{_PREFIXO}{list(Cenario).index(self) + 1:02d}"


CARTEIRA_VENCIDA = Erro(
    "carteira-vencida",
    "A validade da carteira do beneficiário está vencida.",
    (("3.05.00", "1017"),),
)
FORA_DO_PRAZO = Erro(
    "fora-do-prazo",
    "O envio está fora do prazo combinado com a operadora.",
    (("3.05.00", "3091"), ("4.00.00", "3161")),
)
DESCONHECIDO = Erro(
    "cenario-desconhecido",
    f"O cabeçalho {CABECALHO} não traz um cenário do simulador.",
    (("3.05.00", "5001"),),
    Nivel.MENSAGEM,
    TissFault.ESQUEMA,
    sempre_fault=True,
    http=400,
)


def do_cabecalho(nome: str | None) -> Cenario | None:
    """Cenário que o cabeçalho HTTP pede; nenhum se não veio.

    Raises:
        Recusa: o nome não é de um cenário.
    """
    if nome is None:
        return None
    try:
        return Cenario(nome.strip().lower())
    except ValueError:
        raise Recusa(DESCONHECIDO, f"Há: {', '.join(Cenario)}.") from None


def do_lote(numero: str) -> Cenario | None:
    """Cenário que o começo do número do lote escolhe, se escolhe."""
    return next((c for c in Cenario if numero.startswith(c.prefixo)), None)
