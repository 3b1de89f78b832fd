"""O que vale em cada regra: o padrão, o que a operadora mudou, o que mudou para o prestador."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from dominio.erros import Nivel

if TYPE_CHECKING:
    from handlers.regras.regra import Regra
    from persistence.regras import Ajustes


class EmVigor(NamedTuple):
    """Como uma regra se aplica a um prestador.

    Attributes:
        nivel: o que acontece quando ela falha.
        tolerancia: na unidade da regra.
        texto: frase para quem enviou.
        origem: quem disse a última palavra: ``padrão``, ``operadora`` ou ``prestador``.
    """

    nivel: Nivel
    tolerancia: int | None
    texto: str
    origem: str


def em_vigor(regra: Regra[Any], ajustes: Ajustes) -> EmVigor:
    """Junta os três, campo a campo; o do prestador vale por cima."""
    nivel, texto = regra.erro.nivel, regra.erro.texto
    tolerancia = regra.tolerancia.padrao if regra.tolerancia else None
    origem = "padrão"
    for dono, mudancas in (
        ("operadora", ajustes.da_operadora),
        ("prestador", ajustes.do_prestador),
    ):
        ajuste = mudancas.get(regra.chave)
        if ajuste is None:
            continue
        origem = dono
        nivel = nivel if ajuste.nivel is None else Nivel(ajuste.nivel)
        tolerancia = tolerancia if ajuste.tolerancia is None else ajuste.tolerancia
        texto = ajuste.texto or texto
    return EmVigor(nivel, tolerancia, texto, origem)
