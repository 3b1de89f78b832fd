"""Assinaturas XML das mensagens: verificar a integridade, assinar.

Sem banco e sem juízo de confiança: cadeia, validade, revogação e titular do certificado não se
olham aqui.
"""

from mensagem.assinatura.chave import ChaveDeAssinatura, ChaveInvalida
from mensagem.assinatura.escrita import Assinante, C14n, Politica, Qualificacao, assinar
from mensagem.assinatura.guias import verificar_guias
from mensagem.assinatura.motivos import AssinaturaInvalida, Motivo
from mensagem.assinatura.valores import AssinaturaDeGuia, Grafia, Verificada, Xades
from mensagem.assinatura.verificacao import verificar

__all__ = [
    "Assinante",
    "AssinaturaDeGuia",
    "AssinaturaInvalida",
    "C14n",
    "ChaveDeAssinatura",
    "ChaveInvalida",
    "Grafia",
    "Motivo",
    "Politica",
    "Qualificacao",
    "Verificada",
    "Xades",
    "assinar",
    "verificar",
    "verificar_guias",
]
