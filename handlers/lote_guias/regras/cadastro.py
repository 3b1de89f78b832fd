"""Números que se conferem sem perguntar a ninguém: CPF, CNPJ e número do lote."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dominio import criticas
from dominio.documentos import cnpj_valido, cpf_valido
from handlers.regras import Achado, Regra

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dominio.lote import Documento
    from handlers.lote_guias.exame import Exame


def _digito(exame: Exame, _limite: int | None) -> Iterator[Achado]:
    # o mesmo médico assina muitos itens: cada documento se confere uma vez por lote
    vereditos: dict[Documento, bool] = {}
    for posicao, guia in enumerate(exame.lote.guias, 1):
        campos: list[str] = []
        for documento in guia.documentos:
            valido = vereditos.get(documento)
            if valido is None:
                confere = cnpj_valido if "cnpj" in documento.campo else cpf_valido
                valido = vereditos[documento] = confere(documento.valor)
            if not valido and documento.campo not in campos:
                campos.append(documento.campo)
        if campos:
            yield Achado(posicao, detalhe=f"Campo: {', '.join(campos)}.")


def _lote(exame: Exame, _limite: int | None) -> Iterator[Achado]:
    numero = exame.lote.numero
    if not (numero.isascii() and numero.isdigit()):
        yield Achado()


DIGITO_VERIFICADOR = Regra(criticas.DIGITO_VERIFICADOR, _digito)
LOTE_NAO_NUMERICO = Regra(criticas.LOTE_NAO_NUMERICO, _lote)
