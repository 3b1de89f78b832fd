"""Até quando cada versão do componente de comunicação está em vigor.

Só o que se sabe: 4.03.00 está em vigor; 4.02.00 e 4.01.00 puderam ser usadas até o fim do prazo de
implantação dela; as anteriores já tinham saído de vigor. Uma versão instalada depois, que não está
aqui, vale.
"""

from __future__ import annotations

from datetime import date
from types import MappingProxyType

_FIM_DO_PRAZO = date(2026, 6, 30)

ULTIMO_DIA = MappingProxyType(
    {
        "3.05.00": date.min,
        "4.00.00": date.min,
        "4.00.01": date.min,
        "4.01.00": _FIM_DO_PRAZO,
        "4.02.00": _FIM_DO_PRAZO,
    }
)
"""Último dia de vigor; ``date.min`` para a que já não vigorava e cujo dia não se sabe."""


VERSAO_VENCIDA = "versao-vencida"
"""Aviso de que a versão já passou da sua validade; não é um engano de quem envia."""


def vencida(versao: str, hoje: date) -> bool:
    """Diz se a versão já não está em vigor no dia."""
    ultimo = ULTIMO_DIA.get(versao)
    return ultimo is not None and hoje > ultimo
