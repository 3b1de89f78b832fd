"""Uma página da lista de pagamentos, da operadora inteira ou de um prestador."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from persistence.consultas import pagamentos

if TYPE_CHECKING:
    from backoffice.console.filtros import Leitor
    from backoffice.console.visita import Visita
    from dominio.pagamento import EstadoPagamento

_MOSTRADOS = 50


class Pagina(NamedTuple):
    """Do mais novo ao mais velho.

    Attributes:
        linhas: as que se mostram.
        antes: de onde continuam; ausente se não há mais.
    """

    linhas: tuple[pagamentos.Linha, ...]
    antes: int | None


def ler(
    v: Visita, leitor: Leitor, prestador: str | None, estados: tuple[EstadoPagamento, ...]
) -> Pagina:
    """A página que o endereço pede, com ``de``, ``ate`` e ``antes``.

    Args:
        v: a visita.
        leitor: do endereço; fica com o que nele se não entende.
        prestador: código do único de quem se querem.
        estados: os que se querem; vazio, todos.
    """
    filtro = pagamentos.Filtro(prestador, estados, leitor.dia("de"), leitor.dia("ate"))
    with v.leitura() as conn:
        lidas = pagamentos.listar(
            conn, v.operadora.id, filtro, antes_de=leitor.numero("antes"), limite=_MOSTRADOS + 1
        )
    linhas = tuple(lidas[:_MOSTRADOS])
    return Pagina(linhas, linhas[-1].id if len(lidas) > _MOSTRADOS else None)
