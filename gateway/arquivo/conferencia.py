"""``archive verify``: recalcula tudo o que os selos provam e diz o que não confere, e onde."""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from dominio.competencia import agora as instante_de_agora
from gateway.arquivo import cabeca as cabecas
from gateway.secoes.base import CINCO_ANOS_DIAS, PRAZO_MINIMO_DIAS
from persistence import linhas_seladas, selos
from persistence.merkle import raiz
from persistence.retencao import Prazos

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gateway.secoes.arquivo import Arquivo
    from persistence.banco import Banco
    from persistence.linhas_seladas import Conferida
    from persistence.selos import Folha, Selo

_RESUMO = re.compile(r"[0-9a-f]{64}")
_PRAZO_MINIMO = timedelta(days=PRAZO_MINIMO_DIAS)
_CINCO_ANOS = timedelta(days=CINCO_ANOS_DIAS)
_FOLGA_DO_RELOGIO = timedelta(minutes=10)
"""Quem confere pode estar noutra máquina, com o relógio um pouco atrás."""


class Expurgos(NamedTuple):
    """O que se aceita de uma mensagem dada por expurgada.

    Attributes:
        prazos: antes deles o gateway não expurga.
        agora: depois disto ninguém expurgou ainda.
    """

    prazos: Prazos
    agora: datetime


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


class Achado(NamedTuple):
    """Algo que não confere.

    Attributes:
        tipo: palavra estável, como ``linha-alterada``.
        onde: a mensagem ou o selo.
        texto: o que se viu, em português.
    """

    tipo: str
    onde: str
    texto: str


class Relatorio(NamedTuple):
    """O que se conferiu e o que não confere.

    Attributes:
        selos: quantos.
        seladas: mensagens sob eles.
        expurgadas: dessas, quantas já sem bytes.
        por_selar: mensagens que ainda esperam por um selo, e que nada prova.
        cabeca: a do último selo.
        achados: o que está errado; vazio se tudo confere.
    """

    selos: int
    seladas: int
    expurgadas: int
    por_selar: int
    cabeca: str | None
    achados: tuple[Achado, ...]


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
    aceitos = aceitos or Expurgos(Prazos(*[_PRAZO_MINIMO] * 3), instante_de_agora())
    with banco.leitura() as conn:
        cadeia = selos.todos(conn)
        orfas = selos.selos_sem_linha(conn)
    contagem: Counter[str] = Counter()
    achados = [*_conferir_cadeia(cadeia), *_conferir_cabeca(cadeia, cabeca)]
    achados += [Achado("selo-faltando", f"selo {n}", "há folhas dele") for n in orfas]
    for selo in cadeia:
        achados += _conferir_selo(banco, selo, contagem, aceitos)
    with banco.leitura() as conn:
        # as mesmas transações que gravam a mensagem gravam a folha
        espera = selos.folhas(conn, None)
        for conferida in linhas_seladas.conferir_folhas(conn, espera):
            achados += _da_linha(conferida, aceitos)
        achados += [
            Achado("folha-forjada", f"mensagem {id_}", "não foi o gateway que gravou a folha")
            for id_ in selos.forjadas(conn, exigir_marca=exigir_marca)
        ]
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
    )


def _conferir_cadeia(cadeia: tuple[Selo, ...]) -> Iterator[Achado]:
    sequencia, anterior = 0, selos.ORIGEM
    for selo in cadeia:
        onde = f"selo {selo.sequencia}"
        if selo.sequencia < 1:
            yield Achado("selo-forjado", onde, "a sequência começa em 1; o gateway não o fez")
            continue
        if selo.sequencia != sequencia + 1:
            faltam = f"{sequencia + 1} a {selo.sequencia - 1}"
            yield Achado("selo-faltando", f"selos {faltam}", "a sequência salta")
        elif selo.anterior != anterior:
            yield Achado("cadeia-quebrada", onde, "não continua o selo anterior")
        if selo.cabeca != selo.cabeca_certa():
            yield Achado("selo-alterado", onde, "a cabeça não é a dos seus campos")
        if not cabecas.assinatura_confere(selo):
            yield Achado("assinatura-invalida", onde, "a assinatura não é da cabeça")
        sequencia, anterior = selo.sequencia, selo.cabeca


def _conferir_cabeca(cadeia: tuple[Selo, ...], cabeca: str | None) -> Iterator[Achado]:
    if cabeca is not None and all(selo.cabeca != cabeca for selo in cadeia):
        yield Achado("cabeca-ausente", f"cabeça {cabeca}", "a cadeia deste banco não passa por ela")


def _conferir_selo(
    banco: Banco, selo: Selo, contagem: Counter[str], aceitos: Expurgos
) -> Iterator[Achado]:
    with banco.leitura() as conn:
        folhas = selos.folhas(conn, selo.sequencia)
        if not _folhas_certas(selo, folhas):
            yield Achado(
                "folhas-alteradas", f"selo {selo.sequencia}", "as folhas não dão a raiz do selo"
            )
        for conferida in linhas_seladas.conferir_folhas(conn, folhas):
            contagem["seladas"] += 1
            contagem["expurgadas"] += conferida.expurgada_em is not None
            yield from _da_linha(conferida, aceitos)


def _folhas_certas(selo: Selo, folhas: tuple[Folha, ...]) -> bool:
    resumos = [f.resumo for f in folhas if f.resumo is not None and _RESUMO.fullmatch(f.resumo)]
    return (
        len(resumos) == len(folhas) == selo.quantidade
        and [f.posicao for f in folhas] == list(range(len(folhas)))
        and (folhas[0].mensagem_id, folhas[-1].mensagem_id) == (selo.primeira, selo.ultima)
        and raiz(resumos) == selo.raiz
    )


def _da_linha(conferida: Conferida, aceitos: Expurgos) -> Iterator[Achado]:
    onde = f"mensagem {conferida.folha.mensagem_id}"
    if not conferida.existe:
        yield Achado("linha-faltando", onde, "a linha não está no banco")
        return
    if conferida.folha.resumo is not None and conferida.resumo != conferida.folha.resumo:
        yield Achado("linha-alterada", onde, "os campos não são os que se gravaram")
    if conferida.expurgada_em is not None:
        yield from _do_expurgo(conferida, aceitos, onde)
        return
    for coluna in conferida.bytes_errados:
        yield Achado("bytes-alterados", onde, f"os bytes de {coluna} não são os que se gravaram")


def _do_expurgo(conferida: Conferida, aceitos: Expurgos, onde: str) -> Iterator[Achado]:
    for coluna in conferida.bytes_errados:
        yield Achado("expurgo-falso", onde, f"dada por expurgada, e ainda há bytes em {coluna}")
    if conferida.expurgada_em is None or conferida.recebida_em is None:
        return
    if conferida.expurgada_em > aceitos.agora + _FOLGA_DO_RELOGIO:
        yield Achado("expurgo-falso", onde, "o instante do expurgo ainda não chegou")
    prazo = getattr(aceitos.prazos, conferida.tipo)
    if conferida.expurgada_em - conferida.recebida_em < prazo:
        texto = f"bytes apagados antes de {prazo.days} dias, que é o prazo das {conferida.tipo}"
        yield Achado("expurgo-cedo", onde, texto)
