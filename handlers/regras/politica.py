"""O que vale em cada regra: o padrão, o que a operadora mudou, o que mudou para o prestador."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from dominio.erros import Nivel
from dominio.textos import cabe_em_latin1
from handlers.regras.externas import MAIOR_TEXTO

if TYPE_CHECKING:
    from handlers.regras.regra import Regra
    from persistence.regras import Ajuste, Ajustes


class AjusteRecusado(Exception):
    """A regra não se ajusta assim; o texto diz por quê.

    Attributes:
        campo: do ajuste.
    """

    def __init__(self, campo: str, texto: str) -> None:
        super().__init__(texto)
        self.campo = campo


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


def conferir(regra: Regra[Any], ajuste: Ajuste) -> None:
    """Uma regra pode ser ajustada assim.

    Raises:
        AjusteRecusado: o nível é fixo, não há tolerância, ou o texto não cabe numa resposta.
    """
    if regra.fixa and ajuste.nivel is not None:
        raise AjusteRecusado("nivel", "o nível desta regra não se muda")
    if regra.tolerancia is None and ajuste.tolerancia is not None:
        raise AjusteRecusado("tolerancia", "esta regra não tem tolerância")
    texto = ajuste.texto
    if texto is None:
        return
    cabe = len(texto) <= MAIOR_TEXTO and texto.isprintable() and cabe_em_latin1(texto)
    if not cabe or not texto.strip():
        frase = f"deve ser uma frase em ISO-8859-1 de até {MAIOR_TEXTO} caracteres"
        raise AjusteRecusado("texto", frase)
