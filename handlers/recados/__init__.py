"""A troca de recados entre a operadora e o prestador sobre um lote ou uma guia."""

from handlers.recados.caso import PedidoDeRecado, escrever, marcar_lidos

__all__ = ["PedidoDeRecado", "escrever", "marcar_lidos"]
