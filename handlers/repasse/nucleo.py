"""O sistema da operadora a que se repassa, visto daqui: quem o chama não sabe de HTTP."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from handlers.repasse.recorte import Envelope


class Desfecho(StrEnum):
    """Como acabou uma chamada; rótulo das métricas e do arquivo."""

    RESPONDIDA = "respondida"
    FALHA = "falha"
    """O sistema recusou a mensagem com uma falha SOAP do padrão."""
    TEMPO = "tempo"
    CONEXAO = "conexao"
    RESPOSTA_INVALIDA = "resposta-invalida"
    ABERTO = "aberto"
    """Nem se chamou: as últimas chamadas ao endereço falharam."""


class RespostaDoNucleo(NamedTuple):
    """Uma resposta HTTP com corpo XML, ainda por conferir.

    Attributes:
        http: situação HTTP.
        charset: do Content-Type, se havia.
        corpo: bytes.
    """

    http: int
    charset: str | None
    corpo: bytes


class NucleoFalhou(Exception):
    """Não há resposta que se possa entregar.

    Attributes:
        desfecho: de que espécie foi.
        motivo: frase para o arquivo, sem valores da mensagem.
        lugares: onde a resposta está errada, se é o caso.
    """

    def __init__(self, desfecho: Desfecho, motivo: str, lugares: tuple[str, ...] = ()) -> None:
        super().__init__(motivo)
        self.desfecho = desfecho
        self.motivo = motivo
        self.lugares = lugares


class Nucleo(Protocol):
    """Os sistemas da operadora, por serviço; usado por várias threads."""

    @property
    def repassados(self) -> frozenset[str]:
        """Serviços que outro sistema responde."""

    @property
    def espelhados(self) -> frozenset[str]:
        """Serviços respondidos aqui, de que outro sistema recebe cópia."""

    def prazo(self, servico: str) -> float:
        """Segundos que uma chamada pode durar."""

    def chamar(self, servico: str, versao: str, envelope: Envelope, id: str) -> RespostaDoNucleo:  # noqa: A002
        """Entrega um envelope e espera a resposta.

        Raises:
            NucleoFalhou: não veio uma resposta XML no prazo.
        """

    def copiar(self, servico: str, versao: str, envelope: Envelope, id: str) -> None:  # noqa: A002
        """Põe uma cópia na fila de saída, sem esperar; nunca levanta exceção."""

    def anotar(self, servico: str, desfecho: Desfecho, segundos: float) -> None:
        """Conta uma chamada nas métricas."""
