"""Os recados sobre os lotes de um prestador, vistos e escritos por ele."""

from __future__ import annotations

from backoffice.console import anexos_de_recados, troca_de_recados, um_lote
from backoffice.console.paginas.portal_lotes import area
from backoffice.console.papeis import PRESTADOR

_UM = f"{um_lote.DO_PRESTADOR}/{{numero}}/recados"

area.pagina(_UM, para=PRESTADOR, pacientes=True)(troca_de_recados.conversa)
area.formulario(_UM, para=PRESTADOR, arquivos=True)(troca_de_recados.escrever)
area.pagina(f"{_UM}/anexos/{{anexo}}", para=PRESTADOR, pacientes=True)(anexos_de_recados.baixar)
area.formulario(f"{_UM}/lidos", para=PRESTADOR)(troca_de_recados.dar_por_lidos)
