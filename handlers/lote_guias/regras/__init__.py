"""As regras de um lote, na ordem em que se conferem: primeiro as que, por padrão, recusam."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers.lote_guias.regras import (
    beneficiarios,
    cadastro,
    calendario,
    datas,
    identidade,
    repeticao,
    valores,
)
from handlers.regras.externas import externas

if TYPE_CHECKING:
    from handlers.lote_guias.exame import Exame
    from handlers.regras import Regra

REGRAS: tuple[Regra[Exame], ...] = (
    identidade.OPERADORA_DA_GUIA,
    valores.VALOR_NEGATIVO,
    datas.DATA_FUTURA,
    identidade.IDENTIFICADORES,
    repeticao.GUIA_REPETIDA,
    valores.TOTAL_NAO_CABE,
    identidade.EXECUTANTE_DESCONHECIDO,
    identidade.EXECUTANTE_ALHEIO,
    repeticao.GUIA_JA_APRESENTADA,
    valores.SOMA_DO_ITEM,
    valores.SOMA_DA_GUIA,
    cadastro.DIGITO_VERIFICADOR,
    cadastro.LOTE_NAO_NUMERICO,
    datas.PRAZO_DE_ENVIO,
    datas.COMPETENCIA_ENCERRADA,
    calendario.FORA_DA_COMPETENCIA,
    beneficiarios.CARTEIRA_DESCONHECIDA,
    beneficiarios.CARTEIRA_VENCIDA,
    beneficiarios.SUSPENSO,
    beneficiarios.EXCLUIDO,
    beneficiarios.NAO_INCLUIDO,
)
"""As do gateway."""


def todas() -> tuple[Regra[Exame], ...]:
    """As do gateway e, depois, as da própria operadora.

    Raises:
        RegraExternaInvalida: um pacote anuncia uma regra que não serve.
    """
    return (*REGRAS, *externas())
