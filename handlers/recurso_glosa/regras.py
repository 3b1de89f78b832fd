"""As regras de um recurso, na ordem em que se conferem."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dominio import erros_de_recurso as erros
from dominio.dinheiro import ZERO
from dominio.recurso import CONTESTAVEIS, Nivel, Objeto, Origem, dentro_do_prazo
from dominio.situacao import StatusProtocolo
from handlers.regras import Achado, Regra, Tolerancia, Unidade

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from handlers.recurso_glosa.exame import Exame

PRAZO_EM_DIAS = 60
_CITADAS = 5
FINAIS = (StatusProtocolo.PAGO, StatusProtocolo.ENCERRADO_SEM_PAGAMENTO)
"""Situações em que o pagamento do protocolo, se o havia, já se fez."""

FATURADOS = (StatusProtocolo.LIBERADO, *FINAIS)
"""Situações em que o que se vai pagar, ou não, já está dito."""


def _objeto(exame: Exame, _limite: int | None) -> Iterator[Achado]:
    do_protocolo = any(r.linha.nivel is Nivel.PROTOCOLO for r in exame.linhas)
    if do_protocolo != (exame.pedido.objeto is Objeto.PROTOCOLO):
        yield Achado()


def _justificativa(exame: Exame, _limite: int | None) -> Iterator[Achado]:
    for n, resolvida in enumerate(exame.linhas, 1):
        if not resolvida.linha.justificativa.strip():
            yield Achado(n)


def _canal(exame: Exame, _limite: int | None) -> Iterator[Achado]:
    if exame.origem is Origem.WEBSERVICE:
        yield Achado()


def _situacao(exame: Exame, _limite: int | None) -> Iterator[Achado]:
    status = exame.protocolo.status
    if status not in CONTESTAVEIS:
        yield Achado(detalhe=f"Está em {int(status)} ({status.texto}).")


def _antes_do_pagamento(exame: Exame, _limite: int | None) -> Iterator[Achado]:
    if exame.protocolo.status not in FINAIS:
        yield Achado()


def _nao_faturado(exame: Exame, _limite: int | None) -> Iterator[Achado]:
    if exame.protocolo.status not in FATURADOS:
        yield Achado()


def _prazo(exame: Exame, dias: int | None) -> Iterator[Achado]:
    for n, resolvida in enumerate(exame.linhas, 1):
        inicio = resolvida.inicio_do_prazo
        if dias is not None and not dentro_do_prazo(inicio, dias, exame.hoje):
            yield Achado(n, detalhe=f"São {dias} dias desde {inicio:%d/%m/%Y}.")


def _guia(exame: Exame, _limite: int | None) -> Iterator[Achado]:
    for n, resolvida in enumerate(exame.linhas, 1):
        if not resolvida.guia_achada:
            yield Achado(n)


def _sem_glosa(exame: Exame, _limite: int | None) -> Iterator[Achado]:
    for n, (resolvida, parcelas) in enumerate(zip(exame.linhas, exame.parcelas, strict=True), 1):
        if resolvida.guia_achada and parcelas == ():
            yield Achado(n)


def _repetida(exame: Exame, _limite: int | None) -> Iterator[Achado]:
    vistas: set[str] = set()
    for n, resolvida in enumerate(exame.linhas, 1):
        if resolvida.alvo is None:
            continue
        if resolvida.alvo.chave in vistas:
            yield Achado(n)
        vistas.add(resolvida.alvo.chave)


def _aberto(exame: Exame, _limite: int | None) -> Iterator[Achado]:
    for n, resolvida in enumerate(exame.linhas, 1):
        if resolvida.alvo is not None and resolvida.alvo.chave in exame.abertas:
            yield Achado(n)


def _saldo(exame: Exame, _limite: int | None) -> Iterator[Achado]:
    for n, parcelas in enumerate(exame.parcelas, 1):
        if parcelas is None:
            yield Achado(n)


def _nivel(exame: Exame, _limite: int | None) -> Iterator[Achado]:
    for n, (resolvida, parcelas) in enumerate(zip(exame.linhas, exame.parcelas, strict=True), 1):
        if any(p.unidade.nivel is not resolvida.linha.nivel for p in parcelas or ()):
            yield Achado(n)


def _total(exame: Exame, _limite: int | None) -> Iterator[Achado]:
    soma = sum((p.recursado for linha in exame.parcelas for p in linha or ()), ZERO)
    if soma != exame.pedido.total:
        yield Achado()


NAO_FATURADO: Regra[Exame] = Regra(erros.NAO_FATURADO, _nao_faturado)
ANTES_DO_PAGAMENTO: Regra[Exame] = Regra(erros.ANTES_DO_PAGAMENTO, _antes_do_pagamento)
PRAZO: Regra[Exame] = Regra(erros.PRAZO_DO_RECURSO, _prazo, Tolerancia(Unidade.DIAS, PRAZO_EM_DIAS))

REGRAS: tuple[Regra[Exame], ...] = (
    Regra(erros.OBJETO_DO_RECURSO, _objeto, fixa=True),
    Regra(erros.CANAL_DO_RECURSO, _canal),
    Regra(erros.SITUACAO_DO_PROTOCOLO, _situacao, fixa=True),
    NAO_FATURADO,
    ANTES_DO_PAGAMENTO,
    Regra(erros.JUSTIFICATIVA, _justificativa),
    Regra(erros.GUIA_ALHEIA, _guia, fixa=True),
    PRAZO,
    Regra(erros.LINHA_REPETIDA, _repetida, fixa=True),
    Regra(erros.RECURSO_ABERTO, _aberto, fixa=True),
    Regra(erros.OBJETO_SEM_GLOSA, _sem_glosa, fixa=True),
    Regra(erros.SALDO, _saldo, fixa=True),
    Regra(erros.NIVEL_DA_GLOSA, _nivel),
    Regra(erros.TOTAL_DO_RECURSO, _total),
)
"""As fixas garantem que nunca se conteste mais do que foi glosado."""


def citar(exame: Exame, achados: Sequence[Achado]) -> str:
    """Frase que diz em que guias e itens do recurso uma regra falhou."""
    lugares = [_lugar(exame, a.guia) for a in achados if a.guia is not None]
    unicos = list(dict.fromkeys(lugar for lugar in lugares if lugar))
    frases = []
    if unicos:
        resto = f" e mais {len(unicos) - _CITADAS}" if len(unicos) > _CITADAS else ""
        frases.append(f"Onde: {'; '.join(unicos[:_CITADAS])}{resto}.")
    if achados[0].detalhe is not None:
        frases.append(achados[0].detalhe)
    return " ".join(frases)


def _lugar(exame: Exame, n: int) -> str:
    linha = exame.linhas[n - 1].linha
    if linha.nivel is Nivel.PROTOCOLO:
        return ""
    item = "" if linha.sequencial is None else f", item {linha.sequencial}"
    return f"guia nº {linha.guia_numero}{item}"
