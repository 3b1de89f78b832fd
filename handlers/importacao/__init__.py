"""A importação de protocolos de outro sistema, que conservam os seus números.

Não é um assunto: usa os da análise e do pagamento, para que o que se importa fique como se tivesse
acontecido aqui.
"""

from handlers.importacao.caso import importar
from handlers.importacao.pedido import AnaliseAntiga, PagamentoAntigo, ProtocoloAntigo

__all__ = ["AnaliseAntiga", "PagamentoAntigo", "ProtocoloAntigo", "importar"]
