"""As listas de certificados revogados, buscadas e guardadas, e os avisos de vencimento."""

from gateway.confianca.atualizacao import tarefa
from gateway.confianca.saude import avisos, medir, proprios

__all__ = ["avisos", "medir", "proprios", "tarefa"]
