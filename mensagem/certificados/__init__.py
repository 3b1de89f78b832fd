"""Certificados X.509: leitura, titular da ICP-Brasil, cadeia até uma âncora, listas de revogados.

Aqui nada se busca e nada se guarda: quem chama traz as âncoras, os intermediários e o instante.
"""

from mensagem.certificados.cadeia import Cadeia, CadeiaInvalida, Loja, Motivo
from mensagem.certificados.leitura import CertificadoIlegivel, impressao, ler_certificados
from mensagem.certificados.maco import (
    MAIOR_MACO,
    abrir_maco,
    e_autoassinado,
    e_autoridade,
    e_raiz_brasileira,
)
from mensagem.certificados.revogacao import (
    Lista,
    ListaInvalida,
    chave_do_emissor,
    emissor_da_lista,
    ler_lista,
    pontos,
)
from mensagem.certificados.titular import Titular, titular

__all__ = [
    "MAIOR_MACO",
    "Cadeia",
    "CadeiaInvalida",
    "CertificadoIlegivel",
    "Lista",
    "ListaInvalida",
    "Loja",
    "Motivo",
    "Titular",
    "abrir_maco",
    "chave_do_emissor",
    "e_autoassinado",
    "e_autoridade",
    "e_raiz_brasileira",
    "emissor_da_lista",
    "impressao",
    "ler_certificados",
    "ler_lista",
    "pontos",
    "titular",
]
