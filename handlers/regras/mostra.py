"""As críticas guardadas na forma em que as respostas as levam: do lote, de cada guia, de cada item.

O que a versão da resposta não comporta sobe um nível: o item vira um motivo da guia.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dominio.erros import Nivel
from handlers.regras.externas import codigo
from mensagem.itens import ItemCriticado, Motivo, cabe_na_versao

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from dominio.lote import Item
    from persistence.lotes import Critica


@dataclass(slots=True)
class DaGuia:
    """O que se diz de uma guia."""

    motivos: list[Motivo] = field(default_factory=list)
    itens: list[ItemCriticado] = field(default_factory=list)


@dataclass(slots=True)
class Mostra:
    """O que se diz de um lote.

    Attributes:
        do_lote: motivos do lote inteiro.
        das_guias: posição da guia -> o que se diz dela; falta a de que nada se diz.
    """

    do_lote: list[Motivo] = field(default_factory=list)
    das_guias: dict[int, DaGuia] = field(default_factory=dict)

    def da_guia(self, posicao: int) -> DaGuia:
        """O que se diz de uma guia, que pode ser nada."""
        return self.das_guias.get(posicao) or _NADA


_NADA = DaGuia()


def visiveis(criticas: Iterable[Critica]) -> tuple[Critica, ...]:
    """As que o prestador pode ver; as notas são só da operadora."""
    return tuple(c for c in criticas if c.nivel != Nivel.NOTA)


def mostrar(
    criticas: Iterable[Critica], versao: str, item_de: Callable[[int, int], Item]
) -> Mostra:
    """Reparte as críticas visíveis pelo lugar a que pertencem.

    Args:
        criticas: de um lote.
        versao: da resposta.
        item_de: item de uma posição de guia e de item; só se pergunta pelos que têm críticas.
    """
    mostra = Mostra()
    criticados: dict[tuple[int, int], ItemCriticado] = {}
    for critica in visiveis(criticas):
        da_versao = codigo(critica.regra, critica.codigo, versao)
        if da_versao is None:
            continue
        motivo = Motivo(da_versao, critica.texto)
        if critica.guia_posicao is None:
            mostra.do_lote.append(motivo)
            continue
        guia = mostra.das_guias.setdefault(critica.guia_posicao, DaGuia())
        if critica.item_posicao is None:
            guia.motivos.append(motivo)
            continue
        lugar = (critica.guia_posicao, critica.item_posicao)
        item = item_de(*lugar)
        if not cabe_na_versao(item, versao):
            guia.motivos.append(Motivo(da_versao, f"Item {lugar[1]}: {critica.texto}"))
            continue
        if lugar not in criticados:
            criticados[lugar] = ItemCriticado(item, [])
            guia.itens.append(criticados[lugar])
        criticados[lugar].motivos.append(motivo)
    return mostra
