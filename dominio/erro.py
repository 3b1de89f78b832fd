"""A forma de uma linha da tabela de erros, e as palavras que ela usa."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from dominio.versoes import ordem


class Nivel(StrEnum):
    """O que um erro faz com o que foi enviado."""

    MENSAGEM = "mensagem"
    """A mensagem é recusada antes de chegar ao assunto."""
    RECUSA = "recusa"
    """O pedido foi entendido e não é aceito."""
    GLOSA = "glosa"
    """O pedido é aceito; a análise dirá quanto se glosa."""
    CRITICA = "critica"
    """O pedido é aceito, com um aviso sem valor."""
    NOTA = "nota"
    """O pedido é aceito; só a operadora vê a observação."""
    DESLIGADA = "desligada"
    """A regra não é conferida."""


class TissFault(StrEnum):
    """``st_tissFault``: as sete palavras de uma falha SOAP do padrão."""

    DESTINATARIO = "DestinatarioInvalido"
    REMETENTE = "RemetenteInvalido"
    LOGIN = "LoginInvalido"
    VERSAO = "VersaoInvalida"
    HASH = "HashInvalido"
    ESQUEMA = "SchemaInvalido"
    INESPERADO = "ErroInesperadoServidor"


@dataclass(frozen=True, slots=True)
class Erro:
    """Uma linha da tabela.

    Attributes:
        chave: nome estável, usado em arquivo, logs e métricas.
        texto: frase em português para quem enviou; nunca repete valores da mensagem.
        glosas: pares (versão a partir da qual vale, código), em ordem crescente.
        nivel: o que o erro faz, se ninguém o muda.
        fault: palavra de ``tissFault``; ``None`` quando o padrão não tem palavra para ele.
        sempre_fault: nunca responde ``mensagemErro``, por não haver cabeçalho confiável.
        http: situação HTTP da falha SOAP 1.1.
        corrigir: o que quem enviou muda para que o erro não volte.
    """

    chave: str
    texto: str
    glosas: tuple[tuple[str, str], ...]
    nivel: Nivel = Nivel.RECUSA
    fault: TissFault | None = None
    sempre_fault: bool = False
    http: int = 500
    corrigir: str = ""

    def glosa(self, versao: str) -> str:
        """Código de glosa do erro na versão."""
        alvo = ordem(versao)
        valido = self.glosas[0][1]
        for desde, codigo in self.glosas:
            if ordem(desde) <= alvo:
                valido = codigo
        return valido
