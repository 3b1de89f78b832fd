"""Corpos de mensagens inventados e coerentes: lotes dos cinco tipos de guia, em toda versão.

São dicionários na ordem do esquema, com textos já na forma léxica do padrão; servem ao zeep como
argumentos e a ``prestador.mensagem_xml`` como conteúdo.
"""

from __future__ import annotations

from datetime import date, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING

from dominio.lote import TipoGuia
from dominio.versoes import VERSOES
from prestador.cabecalho import FUSO
from prestador.guias import consulta, honorarios, internacao, odonto, sadt
from prestador.guias.comum import Pedido
from prestador.invencao import Inventor

if TYPE_CHECKING:
    from collections.abc import Callable

    from prestador.valores import Corpo, Identificado

_CONSTRUTORES: MappingProxyType[TipoGuia, Callable[[Pedido], Corpo]] = MappingProxyType(
    {
        TipoGuia.CONSULTA: consulta.guia,
        TipoGuia.SADT: sadt.guia,
        TipoGuia.INTERNACAO: internacao.guia,
        TipoGuia.HONORARIOS: honorarios.guia,
        TipoGuia.ODONTO: odonto.guia,
    }
)


def corpo_lote(
    tipo: TipoGuia,
    versao: str,
    *,
    prestador: Identificado,
    registro_ans: str,
    numero_lote: str = "1",
    guias: int = 1,
    itens: int = 5,
    semente: int = 1,
    hoje: date | None = None,
) -> Corpo:
    """Conteúdo de ``loteGuias``: somas certas, datas em ordem e passadas, números distintos.

    Args:
        tipo: o único tipo de guia do lote.
        versao: uma de ``dominio.versoes.VERSOES``.
        prestador: executante de todas as guias.
        registro_ans: da operadora, seis dígitos.
        numero_lote: até 12 caracteres; também começa o número de cada guia.
        guias: de 1 a 100 no padrão.
        itens: por guia, ao menos 1, despesas incluídas; a guia de consulta tem sempre um.
        semente: mesma semente e mesmo dia, mesmo lote.
        hoje: as datas vêm antes desta; por padrão, o dia de Brasília.

    Raises:
        ValueError: se a versão é desconhecida ou se não há guia ou item.
    """
    if versao not in VERSOES:
        raise ValueError(f"versão desconhecida: {versao}")
    if guias < 1 or itens < 1:
        raise ValueError("um lote tem ao menos uma guia, e uma guia ao menos um item")
    dia = hoje or datetime.now(FUSO).date()
    construtor = _CONSTRUTORES[tipo]
    sorteio = Inventor(semente)
    lista = [
        construtor(
            Pedido(
                versao=versao,
                numero=f"{numero_lote}{posicao:03d}",
                itens=itens,
                registro_ans=registro_ans,
                prestador=prestador,
                hoje=dia,
                sorteio=sorteio,
            )
        )
        for posicao in range(1, guias + 1)
    ]
    return {"numeroLote": numero_lote, "guiasTISS": {tipo.value: lista}}


def corpo_status(versao: str, prestador: Identificado, protocolo: str) -> Corpo:
    """Conteúdo de ``solicitacaoStatusProtocolo``."""
    return {"dadosPrestador": prestador.contratado(versao), "numeroProtocolo": protocolo}
