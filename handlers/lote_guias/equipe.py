"""Quem executou cada item de uma guia, lido da mensagem guardada: o banco só tem os graus.

As versões mudam pouco: ``equipeSadt`` e ``identificacaoEquipe`` dizem ``nomeProf`` e ``CBOS``, os
honorários ``nomeProfissional`` e ``CBO``, a odontologia ``nomeProfExec`` (em 4.x só o segundo
profissional tem nome) e ``cbosExec2``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dominio.transacoes import NS_TISS
from mensagem.parse import Limites, parse
from mensagem.recusa import Recusa

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lxml import etree

_Q = f"{{{NS_TISS}}}"
_EQUIPES = ("equipeSadt", "identificacaoEquipe", "profissionais")
_DA_GUIA = ("profissionalExecutante", "dadosProfissionaisResponsaveis")
_ITENS = ("procedimentosExecutados", "procedimentosRealizados")
_UM = ("procedimentoExecutado", "procedimentoRealizado")
_NOMES = ("nomeProf", "nomeProfissional", "nomeProfExec", "nomeProfExec2")
_CBOS = ("CBOS", "CBO", "cbosExec2")
_QUEM = ("codigoPrestadorNaOperadora", "cpfContratado", "codigoProfExec")
_GRAUS = ("grauPart", "grauParticipacao")


class Profissional(NamedTuple):
    """Quem executou.

    Attributes:
        nome: como veio.
        cbo: a ocupação.
        identificacao: CPF, ou código na operadora.
        grau: ``dm_grauPart``; ausente onde a guia não o tem.
    """

    nome: str | None
    cbo: str | None
    identificacao: str | None
    grau: str | None


def equipes(
    dados: bytes, guia: int, *, charset: str | None = None
) -> Mapping[int, tuple[Profissional, ...]]:
    """Posição do item -> quem o executou; vazio se a mensagem não o diz, ou não se lê.

    Args:
        dados: a mensagem, que já foi aceita.
        guia: posição no lote, a partir de 1.
        charset: codificação que só o cabeçalho HTTP disse.
    """
    try:
        raiz = parse(dados, Limites(), charset)
    except Recusa:
        return {}
    guias = next(raiz.iter(f"{_Q}guiasTISS"), None)
    if guias is None or not 1 <= guia <= len(guias):
        return {}
    elemento = guias[guia - 1]
    achados: dict[int, tuple[Profissional, ...]] = {}
    for posicao, item in enumerate(_itens(elemento), 1):
        dele = tuple(_profissional(um) for nome in _EQUIPES for um in item.iter(_Q + nome))
        if dele:
            achados[posicao] = dele
    if achados:
        return achados
    # a consulta e a odontologia dizem-no uma vez, para a guia inteira
    da_guia = tuple(_profissional(um) for nome in _DA_GUIA for um in elemento.iter(_Q + nome))
    quantos = max(1, len(_itens(elemento)))
    return dict.fromkeys(range(1, quantos + 1), da_guia) if da_guia else {}


def _itens(guia: etree._Element) -> list[etree._Element]:
    """Os procedimentos, pela ordem em que se guardam; na odontologia repete-se o de fora."""
    de_fora = [um for nome in _ITENS for um in guia.iterfind(_Q + nome)]
    de_dentro = [um for fora in de_fora for nome in _UM for um in fora.iterfind(_Q + nome)]
    return de_dentro or de_fora


def _profissional(elemento: etree._Element) -> Profissional:
    def dito(nomes: tuple[str, ...]) -> str | None:
        achados = (um.text for nome in nomes for um in elemento.iter(_Q + nome))
        return next((texto.strip() for texto in achados if texto), None)

    return Profissional(dito(_NOMES), dito(_CBOS), dito(_QUEM), dito(_GRAUS))
