"""De quem é a guia, e os textos que a identificam nas respostas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dominio import erros
from dominio.textos import cabe_em_latin1
from handlers.regras import Achado, Regra

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dominio.lote import Guia
    from handlers.lote_guias.exame import Exame


def _operadora(exame: Exame, _limite: int | None) -> Iterator[Achado]:
    for posicao, guia in enumerate(exame.lote.guias, 1):
        if guia.registro_ans != exame.registro_ans:
            yield Achado(posicao)


def _desconhecido(exame: Exame, _limite: int | None) -> Iterator[Achado]:
    for posicao, guia in enumerate(exame.lote.guias, 1):
        if guia.executante not in exame.executantes:
            yield Achado(posicao)


def _alheio(exame: Exame, _limite: int | None) -> Iterator[Achado]:
    if exame.alheios:
        for posicao, guia in enumerate(exame.lote.guias, 1):
            if guia.executante in exame.alheios:
                yield Achado(posicao)


def _identificadores(exame: Exame, _limite: int | None) -> Iterator[Achado]:
    """O que se ecoa precisa existir na codificação do hash da resposta."""
    if not cabe_em_latin1(exame.lote.numero):
        yield Achado(detalhe="Campo: numeroLote.")
    for posicao, guia in enumerate(exame.lote.guias, 1):
        for campo, valor in _ecoados(guia):
            if valor is not None and not cabe_em_latin1(valor):
                yield Achado(posicao, detalhe=f"Campo: {campo}.")


def _ecoados(guia: Guia) -> tuple[tuple[str, str | None], ...]:
    return (
        ("numeroGuiaPrestador", guia.numero_prestador),
        ("numeroGuiaOperadora", guia.numero_operadora),
        ("numeroCarteira", guia.beneficiario.carteira),
        ("numeroCNS", guia.beneficiario.cns),
        ("senha", guia.senha),
        ("codValidacao", guia.cod_validacao),
    )


OPERADORA_DA_GUIA = Regra(erros.OPERADORA_DA_GUIA, _operadora, fixa=True)
IDENTIFICADORES = Regra(erros.IDENTIFICADOR_FORA_DE_LATIN1, _identificadores, fixa=True)
EXECUTANTE_DESCONHECIDO = Regra(erros.EXECUTANTE_DESCONHECIDO, _desconhecido)
EXECUTANTE_ALHEIO = Regra(erros.EXECUTANTE_ALHEIO, _alheio)
