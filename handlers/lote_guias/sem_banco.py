"""As regras de um lote que só dependem dele, para quem o confere antes de o enviar.

As que perguntam a um cadastro ou a outros lotes não acham nada, e vale o padrão de cada uma: o que
uma operadora mudou só se sabe no banco dela.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dominio.erros import Nivel
from handlers.lote_guias import leitura
from handlers.lote_guias.citacao import citar
from handlers.lote_guias.exame import Exame
from handlers.lote_guias.regras import todas
from handlers.regras.politica import em_vigor
from handlers.verificacao import Falta
from mensagem.recusa import RegraRecusada
from persistence.regras import Ajustes

if TYPE_CHECKING:
    from datetime import date

    from lxml import etree

_NENHUM = Ajustes({}, {}, com_beneficiarios=False)
_QUALQUER = 0
"""Chave que serve de prestador onde não há cadastro: todo executante é o próprio remetente."""


def conferir(corpo: etree._Element, versao: str, registro_ans: str, hoje: date) -> list[Falta]:
    """Cada regra em que um ``loteGuias`` falha.

    Args:
        corpo: já conferido pelo esquema.
        versao: da mensagem.
        registro_ans: o destino da mensagem.
        hoje: data de São Paulo.
    """
    try:
        lote = leitura.ler(corpo)
    except RegraRecusada as recusa:
        return [Falta(recusa.erro.chave, recusa.texto, grave=True)]
    exame = Exame(
        lote=lote,
        versao=versao,
        registro_ans=registro_ans,
        hoje=hoje,
        prestadores=frozenset({_QUALQUER}),
        executantes={guia.executante: _QUALQUER for guia in lote.guias},
    )
    faltas = []
    for regra in todas():
        vigor = em_vigor(regra, _NENHUM)
        if vigor.nivel is Nivel.DESLIGADA:
            continue
        achados = list(regra.conferir(exame, vigor.tolerancia))
        if achados:
            texto = f"{vigor.texto} {citar(lote, achados)}".strip()
            faltas.append(Falta(regra.chave, texto, grave=vigor.nivel is Nivel.RECUSA))
    return faltas
