"""Regras que recusam um lote na recepção, cada uma uma função de uma coisa só."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from dominio import erros
from dominio.dinheiro import MAIOR_TOTAL
from dominio.lote import Guia, Item, Lote, TipoGuia
from dominio.textos import cabe_em_latin1
from mensagem.recusa import RegraRecusada

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dominio.erros import Erro

_CITADAS = 5


def conferir(lote: Lote, *, registro_ans: str, hoje: date) -> None:
    """Aplica as regras que só dependem do lote.

    Args:
        lote: como veio.
        registro_ans: da operadora do destino.
        hoje: data de São Paulo do recebimento.

    Raises:
        RegraRecusada: a primeira regra que não aceita, com as guias em que falha.
    """
    for erro, regra in (
        (erros.OPERADORA_DA_GUIA, lambda g: g.registro_ans != registro_ans),
        (erros.VALOR_NEGATIVO, _tem_valor_negativo),
        (erros.DATA_FUTURA, lambda g: _ultima_data(g, lote.tipo) > hoje),
    ):
        _por_guia(lote, erro, regra)
    _identificadores(lote)
    _repetidas(lote)
    if lote.informado > MAIOR_TOTAL:
        raise RegraRecusada(erros.TOTAL_NAO_CABE, "Divida o lote.")


def citar(lote: Lote, posicoes: list[int]) -> str:
    """Frase que diz quais guias, pela posição e pelo número do prestador."""
    citadas = ", ".join(
        f"{p} (nº {lote.guias[p - 1].numero_prestador})" for p in posicoes[:_CITADAS]
    )
    resto = f" e mais {len(posicoes) - _CITADAS}" if len(posicoes) > _CITADAS else ""
    return f"Guia{'s' if len(posicoes) > 1 else ''} {citadas}{resto}."


def _por_guia(lote: Lote, erro: Erro, falha: Callable[[Guia], bool]) -> None:
    posicoes = [p for p, guia in enumerate(lote.guias, 1) if falha(guia)]
    if posicoes:
        raise RegraRecusada(erro, citar(lote, posicoes))


def _tem_valor_negativo(guia: Guia) -> bool:
    return guia.informado < 0 or any(_negativo(i) for i in guia.itens)


def _negativo(item: Item) -> bool:
    return item.valor_total < 0 or item.valor_unitario < 0 or item.quantidade < 0


def _ultima_data(guia: Guia, tipo: TipoGuia) -> date:
    # o término do tratamento odontológico pode ser uma previsão
    datas = [guia.data_inicio, guia.data_realizacao, *(i.data for i in guia.itens)]
    if tipo is not TipoGuia.ODONTO:
        datas.append(guia.data_fim)
    return max((d for d in datas if d is not None), default=date.min)


def _identificadores(lote: Lote) -> None:
    """O que se ecoa precisa existir na codificação do hash da resposta."""
    if not cabe_em_latin1(lote.numero):
        raise RegraRecusada(erros.IDENTIFICADOR_FORA_DE_LATIN1, "Campo: numeroLote.")
    for posicao, guia in enumerate(lote.guias, 1):
        for campo, valor in _ecoados(guia):
            if valor is not None and not cabe_em_latin1(valor):
                raise RegraRecusada(
                    erros.IDENTIFICADOR_FORA_DE_LATIN1, f"Guia {posicao}, campo: {campo}."
                )


def _ecoados(guia: Guia) -> Iterator[tuple[str, str | None]]:
    yield "numeroGuiaPrestador", guia.numero_prestador
    yield "numeroGuiaOperadora", guia.numero_operadora
    yield "numeroCarteira", guia.beneficiario.carteira
    yield "numeroCNS", guia.beneficiario.cns
    yield "senha", guia.senha
    yield "codValidacao", guia.cod_validacao


def _repetidas(lote: Lote) -> None:
    vistas: set[str] = set()
    repetidas = []
    for posicao, guia in enumerate(lote.guias, 1):
        if guia.numero_prestador in vistas:
            repetidas.append(posicao)
        vistas.add(guia.numero_prestador)
    if repetidas:
        raise RegraRecusada(erros.GUIA_REPETIDA, citar(lote, repetidas))
