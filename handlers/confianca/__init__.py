"""A confiança que uma assinatura merece: política, cadeia, revogação e titular."""

from handlers.confianca.exame import Confianca
from handlers.confianca.passo import Assinaturas
from handlers.confianca.politica import Modo, Politica, em_vigor
from handlers.confianca.veredito import Cadeia, Revogacao, Titularidade, Veredito

__all__ = [
    "Assinaturas",
    "Cadeia",
    "Confianca",
    "Modo",
    "Politica",
    "Revogacao",
    "Titularidade",
    "Veredito",
    "em_vigor",
]
