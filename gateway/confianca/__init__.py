"""As listas de certificados revogados, buscadas e guardadas, e os avisos de vencimento."""

from gateway.confianca.atualizacao import INTERVALO, tarefa
from gateway.confianca.saude import avisos, medir, proprios

__all__ = ["INTERVALO", "avisos", "medir", "proprios", "tarefa"]
