"""O console: as páginas de quem trabalha na operadora e as de quem fala por um prestador.

``LEIAME.md``, ao lado, diz como se acrescenta uma página.
"""

from __future__ import annotations

from backoffice.console.aplicacao import criar, leva_arquivos, quem_entrou
from backoffice.console.casa import Ajustes, Casa
from backoffice.console.seguranca import EXTENSAO, RAIZ

__all__ = ["EXTENSAO", "RAIZ", "Ajustes", "Casa", "criar", "leva_arquivos", "quem_entrou"]
