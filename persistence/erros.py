"""Os erros que a persistência levanta por nome, em lugar dos erros do banco."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import date


class BancoIndisponivel(Exception):
    """O banco não atendeu: sem conexão, cortado, trancado além do limite ou sem espaço.

    Nada da transação ficou gravado, salvo se o corte veio durante o próprio commit; repetir é
    seguro porque a unicidade no banco decide. A causa está em ``__cause__``.
    """


class JaExiste(Exception):
    """Já há uma linha com a mesma identificação.

    Attributes:
        chave: nome da coisa repetida, como ``registro_ans``; nunca o valor.
    """

    def __init__(self, chave: str) -> None:
        super().__init__(f"já existe um registro com o mesmo valor de {chave}")
        self.chave = chave


class LoteExistente(NamedTuple):
    """O lote vivo que ocupa um número.

    Attributes:
        protocolo_id: chave do protocolo no banco.
        protocolo_numero: número do protocolo que o prestador conhece.
        lote_id: chave do lote no banco.
        mensagem_id: a mensagem que o trouxe, no arquivo.
        data_envio: data de São Paulo em que foi recebido.
    """

    protocolo_id: int
    protocolo_numero: int
    lote_id: int
    mensagem_id: str
    data_envio: date


class NumeroEmUso(Exception):
    """O número de lote já é de um lote vivo do mesmo prestador; nada foi gravado.

    Attributes:
        existente: o lote que ocupa o número.
    """

    def __init__(self, existente: LoteExistente) -> None:
        super().__init__("o número de lote já está em uso por um lote vivo do prestador")
        self.existente = existente
