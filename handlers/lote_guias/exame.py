"""O que as regras de um lote olham: o lote, quem o envia e o que o gateway já sabe."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    from dominio.lote import Identificacao, Lote
    from persistence.beneficiarios import Beneficiario
    from persistence.calendario import Periodo
    from persistence.regras import ItemApresentado


def _nenhum() -> tuple[ItemApresentado, ...]:
    return ()


def _sem_cadastro() -> None:
    return None


@dataclass(frozen=True, kw_only=True)
class Exame:
    """Um lote a examinar.

    Attributes:
        lote: como veio.
        versao: do padrão em que veio.
        registro_ans: da operadora do destino.
        hoje: data de São Paulo do recebimento.
        prestadores: chaves dos prestadores que a origem alcança.
        executantes: prestador resolvido de cada executante citado; falta o desconhecido.
        alheios: executantes por quem o remetente não pode enviar.
        procurar_itens: consulta que ``apresentados`` faz uma vez, se alguém pergunta.
        procurar_beneficiarios: consulta que ``beneficiarios`` faz uma vez, se alguém pergunta.
        procurar_periodos: consulta que ``periodos`` faz uma vez, se alguém pergunta.
    """

    lote: Lote
    versao: str
    registro_ans: str
    hoje: date
    prestadores: frozenset[int] = frozenset()
    executantes: Mapping[Identificacao, int] = field(default_factory=dict)
    alheios: frozenset[Identificacao] = frozenset()
    procurar_itens: Callable[[], tuple[ItemApresentado, ...]] = _nenhum
    procurar_beneficiarios: Callable[[], Mapping[str, Beneficiario] | None] = _sem_cadastro
    procurar_periodos: Callable[[], tuple[Periodo, ...] | None] = _sem_cadastro

    @cached_property
    def apresentados(self) -> tuple[ItemApresentado, ...]:
        """Itens, em outros lotes vivos, de guias com o número de uma deste lote."""
        return self.procurar_itens()

    @cached_property
    def beneficiarios(self) -> Mapping[str, Beneficiario] | None:
        """Beneficiários por carteira; ``None`` se a operadora não tem cadastro."""
        return self.procurar_beneficiarios()

    @cached_property
    def periodos(self) -> tuple[Periodo, ...] | None:
        """Períodos em que o prestador pode enviar hoje; ``None`` se não há calendário que valha."""
        return self.procurar_periodos()
