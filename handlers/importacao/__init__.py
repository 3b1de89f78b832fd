"""A importação de protocolos de outro sistema, que conservam os seus números.

Não é um assunto: usa os da análise, do pagamento e dos recursos, para que o que se importa fique
como se tivesse acontecido aqui.
"""

from handlers.importacao.caso import importar
from handlers.importacao.pedido import (
    AnaliseAntiga,
    LinhaAntiga,
    PagamentoAntigo,
    ProtocoloAntigo,
    RecursoAntigo,
)

__all__ = [
    "AnaliseAntiga",
    "LinhaAntiga",
    "PagamentoAntigo",
    "ProtocoloAntigo",
    "RecursoAntigo",
    "importar",
]
