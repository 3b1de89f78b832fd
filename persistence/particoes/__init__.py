"""As partes mensais do arquivo, das guias e dos itens, no PostgreSQL.

``mensagem`` parte-se pela sua identificação, e o que é de um lote pela chave dele; as duas levam o
mês (``dominio.meses``), e assim toda chave primária e estrangeira já traz a da partição. O que
havia antes de se partir fica inteiro numa parte só, a primeira; o que é de um mês que não se fez a
tempo, ou de um relógio errado, cai na última, e nunca se perde.

``conversao`` parte um banco, ``adiante`` faz os meses que vêm, ``largada`` larga os que já não têm
nada a guardar, e ``registro`` sabe quais se largaram.
"""

from __future__ import annotations

from persistence.particoes.adiante import fazer_meses
from persistence.particoes.catalogo import Situacao, situacao
from persistence.particoes.conversao import NaoPartivel, partir, tirar_condicoes
from persistence.particoes.largada import largar
from persistence.particoes.registro import (
    Largada,
    autentica,
    largadas,
    largou_guias,
    largou_mensagem,
)

__all__ = [
    "Largada",
    "NaoPartivel",
    "Situacao",
    "autentica",
    "fazer_meses",
    "largadas",
    "largar",
    "largou_guias",
    "largou_mensagem",
    "partir",
    "situacao",
    "tirar_condicoes",
]
