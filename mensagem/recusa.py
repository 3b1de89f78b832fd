"""As duas maneiras de dizer não: recusar a mensagem ou recusar o pedido."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dominio.erros import Erro


class Recusa(Exception):
    """A mensagem não passa de uma das verificações feitas antes do assunto.

    Attributes:
        erro: linha da tabela de erros.
        motivo: complemento em português; não repete valores da mensagem.
        detalhes: lista para o arquivo, já sem valores da mensagem.
    """

    def __init__(
        self, erro: Erro, motivo: str | None = None, detalhes: list[dict[str, Any]] | None = None
    ) -> None:
        super().__init__(erro.chave)
        self.erro = erro
        self.motivo = motivo
        self.detalhes = detalhes or []

    @property
    def texto(self) -> str:
        """Frase completa para quem enviou."""
        return f"{self.erro.texto} {self.motivo}" if self.motivo else self.erro.texto


class RegraRecusada(Recusa):
    """Uma regra do assunto não aceita o pedido; a resposta é ``mensagemErro``."""
