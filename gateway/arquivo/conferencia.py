"""``archive verify``: recalcula tudo o que os selos provam e diz o que não confere, e onde."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from dominio.competencia import agora as instante_de_agora
from dominio.meses import inicio
from gateway.secoes.base import CINCO_ANOS_DIAS
from handlers.prova import (
    FOLGA_DO_RELOGIO,
    Achado,
    Expurgos,
    da_cadeia,
    da_linha,
    das_folhas,
    folha_forjada,
    minimos,
)
from persistence import linhas_seladas, particoes, selos
from persistence.retencao import Prazos

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gateway.secoes.arquivo import Arquivo
    from persistence.banco import Banco
    from persistence.selos import Selo

_CINCO_ANOS = timedelta(days=CINCO_ANOS_DIAS)


def expurgos(ajustes: Arquivo, agora: datetime) -> Expurgos:
    """O que estes ajustes aceitam.

    De cada tipo, o menor entre o prazo de agora e cinco anos: quem um dia teve os prazos fiscais e
    depois os subiu não vê achados no que já então se expurgou.
    """
    configurados = (
        ajustes.retention_accepted,
        ajustes.retention_refused,
        ajustes.retention_unauthenticated,
    )
    return Expurgos(Prazos(*[min(timedelta(days=d), _CINCO_ANOS) for d in configurados]), agora)


class Relatorio(NamedTuple):
    """O que se conferiu e o que não confere.

    Attributes:
        selos: quantos.
        seladas: mensagens sob eles.
        expurgadas: dessas, quantas já sem bytes.
        por_selar: mensagens que ainda esperam por um selo, e que nada prova.
        cabeca: a do último selo.
        achados: o que está errado; vazio se tudo confere.
        largadas: das seladas, quantas se foram com o seu mês.
    """

    selos: int
    seladas: int
    expurgadas: int
    por_selar: int
    cabeca: str | None
    achados: tuple[Achado, ...]
    largadas: int = 0


def conferir(
    banco: Banco,
    cabeca: str | None = None,
    *,
    exigir_marca: bool = False,
    aceitos: Expurgos | None = None,
) -> Relatorio:
    """Confere o arquivo inteiro: linhas, bytes, folhas, selos, cadeia e assinaturas.

    Args:
        banco: aberto com a cifra do arquivo.
        cabeca: uma cabeça guardada fora do banco, que tem de estar na cadeia; sem ela não se vê
            uma cadeia refeita de ponta a ponta, nem cortada no fim.
        exigir_marca: se uma folha por selar sem marca é um achado.
        aceitos: os expurgos que se aceitam; sem eles, os que passaram de noventa dias.

    Raises:
        ChavesInvalidas: falta a chave que cifrou alguma mensagem.
        BancoIndisponivel: o banco não atendeu.
    """
    aceitos = aceitos or minimos(instante_de_agora())
    with banco.leitura() as conn:
        cadeia = selos.todos(conn)
        orfas = selos.selos_sem_linha(conn)
        meses = particoes.largadas(conn)
    contagem: Counter[str] = Counter()
    achados = [*da_cadeia(cadeia), *_conferir_cabeca(cadeia, cabeca)]
    achados += [Achado("selo-faltando", f"selo {n}", "há folhas dele") for n in orfas]
    for mes in meses:
        achados += _do_mes(banco, mes, aceitos, exigir_marca=exigir_marca)
    for selo in cadeia:
        achados += _conferir_selo(banco, selo, contagem, aceitos, meses)
    with banco.leitura() as conn:
        # as mesmas transações que gravam a mensagem gravam a folha
        espera = selos.folhas(conn, None)
        for conferida in linhas_seladas.conferir_folhas(conn, espera):
            achados += da_linha(conferida, aceitos)
        achados += [folha_forjada(id_) for id_ in selos.forjadas(conn, exigir_marca=exigir_marca)]
        achados += [
            Achado("linha-sem-folha", f"mensagem {id_}", "entrou por fora, ou perdeu a folha")
            for id_ in selos.sem_folha(conn)
        ]
    return Relatorio(
        selos=len(cadeia),
        seladas=contagem["seladas"],
        expurgadas=contagem["expurgadas"],
        por_selar=len(espera),
        cabeca=cadeia[-1].cabeca if cadeia else None,
        achados=tuple(achados),
        largadas=contagem["largadas"],
    )


def _conferir_cabeca(cadeia: tuple[Selo, ...], cabeca: str | None) -> Iterator[Achado]:
    if cabeca is not None and all(selo.cabeca != cabeca for selo in cadeia):
        yield Achado("cabeca-ausente", f"cabeça {cabeca}", "a cadeia deste banco não passa por ela")


def _conferir_selo(
    banco: Banco,
    selo: Selo,
    contagem: Counter[str],
    aceitos: Expurgos,
    meses: tuple[particoes.Largada, ...],
) -> Iterator[Achado]:
    with banco.leitura() as conn:
        folhas = selos.folhas(conn, selo.sequencia)
        yield from das_folhas(selo, folhas)
        for conferida in linhas_seladas.conferir_folhas(conn, folhas):
            contagem["seladas"] += 1
            contagem["expurgadas"] += conferida.expurgada_em is not None
            if not conferida.existe and any(m.tinha(conferida.folha.mensagem_id) for m in meses):
                contagem["largadas"] += 1
                continue
            yield from da_linha(conferida, aceitos)


def _do_mes(
    banco: Banco, mes: particoes.Largada, aceitos: Expurgos, *, exigir_marca: bool
) -> Iterator[Achado]:
    """Um mês dado por largado: foi o gateway, e a seu tempo?"""
    onde = f"{mes.tabela} antes de {mes.ate}"
    if not particoes.autentica(banco.cifra, mes, exigir=exigir_marca):
        yield Achado("largada-forjada", onde, "não foi o gateway que o deu por largado")
    if mes.em > aceitos.agora + FOLGA_DO_RELOGIO:
        yield Achado("largada-falsa", onde, "o instante da largada ainda não chegou")
    if mes.em - inicio(mes.ate) < max(aceitos.prazos):
        yield Achado("largada-cedo", onde, "largado antes do prazo do que lá se guardava")
