"""O que os selos provam: de uma mensagem, do que está sob um selo, da cadeia deles."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15

from persistence import folhas as marcas
from persistence import linhas_seladas, selos
from persistence.merkle import raiz
from persistence.retencao import Prazos

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from persistence.linhas_seladas import Conferida
    from persistence.selos import Folha, Selo

PRAZO_MINIMO = timedelta(days=90)
"""Antes disto nada se expurga, pelos requisitos de segurança do padrão."""
MAIOR_CADEIA = 20_000
"""Selos que a prova de uma mensagem percorre; os mais só ``archive verify`` os confere."""
FOLGA_DO_RELOGIO = timedelta(minutes=10)
"""Quem confere pode estar noutra máquina, com o relógio um pouco atrás."""
_RESUMO = re.compile(r"[0-9a-f]{64}")


class Expurgos(NamedTuple):
    """O que se aceita de uma mensagem dada por expurgada.

    Attributes:
        prazos: antes deles o gateway não expurga.
        agora: depois disto ninguém expurgou ainda.
    """

    prazos: Prazos
    agora: datetime


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


class Prova(NamedTuple):
    """O que se pôde provar de uma mensagem.

    Attributes:
        selo: o que a cobre; ausente, ainda está por selar.
        marcada: se a folha traz a marca que só o gateway faz, que é o que a prova até ser selada.
        ultimo: o último selo da cadeia que se conferiu.
        conferidos: quantos selos se conferiram, do da mensagem até ele.
        ate_ao_fim: se a cadeia se conferiu até ao último selo que há.
        expurgada_em: quando os bytes se apagaram, se se apagaram; só os campos se provam então.
        achados: o que não confere; vazio se tudo confere.
    """

    selo: Selo | None
    marcada: bool
    ultimo: Selo | None
    conferidos: int
    ate_ao_fim: bool
    expurgada_em: datetime | None
    achados: tuple[Achado, ...]


def minimos(agora: datetime) -> Expurgos:
    """Os expurgos que se aceitam sem saber os prazos configurados."""
    return Expurgos(Prazos(*[PRAZO_MINIMO] * 3), agora)


def provar(conn: Connection, operadora_id: int, mensagem_id: str, agora: datetime) -> Prova | None:
    """Confere uma mensagem com a sua folha, a folha com o selo, e o selo com os que vêm depois.

    Args:
        conn: leitura de um banco aberto com a cifra do arquivo.
        operadora_id: de quem a mensagem tem de ser.
        mensagem_id: identificação no arquivo.
        agora: instante em UTC.

    Returns:
        A prova; ausente se a operadora não tem a mensagem.

    Raises:
        ChavesInvalidas: falta a chave que a cifrou.
    """
    linha = selos.linha_de(conn, mensagem_id)
    if linha is None or linha.get("operadora_id") != operadora_id:
        return None
    achada = selos.folha_de(conn, mensagem_id)
    if achada is None:
        sem = Achado("linha-sem-folha", f"mensagem {mensagem_id}", "entrou por fora, ou perdeu-a")
        return Prova(None, False, None, 0, False, None, (sem,))
    folha, sequencia = achada
    conferida = next(linhas_seladas.conferir_folhas(conn, (folha,)))
    achados = list(da_linha(conferida, minimos(agora)))
    marcada = folha.marca is not None
    if sequencia is None:
        if not marcas.confere(conn, mensagem_id, folha.resumo, folha.marca, exigir=False):
            achados.append(folha_forjada(mensagem_id))
        return Prova(None, marcada, None, 0, False, conferida.expurgada_em, tuple(achados))
    # o de antes também: o elo que o prende à cadeia é o da sua cabeça
    cadeia = selos.todos(conn, desde=max(sequencia - 1, 1), limite=MAIOR_CADEIA + 1)
    achados += da_cadeia(cadeia, desde=max(sequencia - 1, 1))
    selo = next((s for s in cadeia if s.sequencia == sequencia), None)
    if selo is None:
        achados.append(Achado("selo-faltando", f"selo {sequencia}", "há folhas dele"))
    else:
        achados += das_folhas(selo, selos.folhas(conn, sequencia))
    ultimo = selos.ultimo(conn)
    return Prova(
        selo,
        marcada,
        cadeia[-1] if cadeia else None,
        sum(s.sequencia >= sequencia for s in cadeia),
        bool(cadeia) and ultimo is not None and cadeia[-1].sequencia == ultimo.sequencia,
        conferida.expurgada_em,
        tuple(achados),
    )


def da_cadeia(cadeia: Sequence[Selo], *, desde: int = 1) -> Iterator[Achado]:
    """Confere os selos uns com os outros, e cada um com os seus campos e a sua assinatura.

    Args:
        cadeia: os selos, pela ordem.
        desde: a sequência do primeiro que deve lá estar; do que vem antes dele não se sabe nada.
    """
    sequencia = desde - 1
    anterior = selos.ORIGEM if desde == 1 else None
    for selo in cadeia:
        onde = f"selo {selo.sequencia}"
        if selo.sequencia < 1:
            yield Achado("selo-forjado", onde, "a sequência começa em 1; o gateway não o fez")
            continue
        if selo.sequencia != sequencia + 1:
            faltam = f"{sequencia + 1} a {selo.sequencia - 1}"
            yield Achado("selo-faltando", f"selos {faltam}", "a sequência salta")
        elif anterior is not None and selo.anterior != anterior:
            yield Achado("cadeia-quebrada", onde, "não continua o selo anterior")
        if selo.cabeca != selo.cabeca_certa():
            yield Achado("selo-alterado", onde, "a cabeça não é a dos seus campos")
        if not _assinatura_confere(selo):
            yield Achado("assinatura-invalida", onde, "a assinatura não é da cabeça")
        sequencia, anterior = selo.sequencia, selo.cabeca


def das_folhas(selo: Selo, folhas: tuple[Folha, ...]) -> Iterator[Achado]:
    """Confere as folhas de um selo com a raiz dele."""
    resumos = [f.resumo for f in folhas if f.resumo is not None and _RESUMO.fullmatch(f.resumo)]
    certas = (
        len(resumos) == len(folhas) == selo.quantidade
        and [f.posicao for f in folhas] == list(range(len(folhas)))
        and (folhas[0].mensagem_id, folhas[-1].mensagem_id) == (selo.primeira, selo.ultima)
        and raiz(resumos) == selo.raiz
    )
    if not certas:
        yield Achado(
            "folhas-alteradas", f"selo {selo.sequencia}", "as folhas não dão a raiz do selo"
        )


def da_linha(conferida: Conferida, aceitos: Expurgos) -> Iterator[Achado]:
    """O que uma linha do arquivo, comparada com a sua folha, tem de errado."""
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


def folha_forjada(mensagem_id: str) -> Achado:
    """O de uma folha por selar cuja marca não é a que o gateway faria."""
    texto = "não foi o gateway que gravou a folha"
    return Achado("folha-forjada", f"mensagem {mensagem_id}", texto)


def _do_expurgo(conferida: Conferida, aceitos: Expurgos, onde: str) -> Iterator[Achado]:
    for coluna in conferida.bytes_errados:
        yield Achado("expurgo-falso", onde, f"dada por expurgada, e ainda há bytes em {coluna}")
    if conferida.expurgada_em is None or conferida.recebida_em is None:
        return
    if conferida.expurgada_em > aceitos.agora + FOLGA_DO_RELOGIO:
        yield Achado("expurgo-falso", onde, "o instante do expurgo ainda não chegou")
    prazo = getattr(aceitos.prazos, conferida.tipo)
    if conferida.expurgada_em - conferida.recebida_em < prazo:
        texto = f"bytes apagados antes de {prazo.days} dias, que é o prazo das {conferida.tipo}"
        yield Achado("expurgo-cedo", onde, texto)


def _assinatura_confere(selo: Selo) -> bool:
    """Se a assinatura de um selo é da sua cabeça com o certificado guardado; sem ela, sim."""
    if selo.assinatura is None and selo.certificado is None:
        return True
    if selo.assinatura is None or selo.certificado is None:
        return False
    try:
        publica = x509.load_der_x509_certificate(selo.certificado).public_key()
        cabeca = selo.cabeca.encode("ascii")
        if isinstance(publica, rsa.RSAPublicKey):
            publica.verify(selo.assinatura, cabeca, PKCS1v15(), hashes.SHA256())
            return True
        if isinstance(publica, ec.EllipticCurvePublicKey):
            publica.verify(selo.assinatura, cabeca, ec.ECDSA(hashes.SHA256()))
            return True
    except (InvalidSignature, ValueError):
        return False
    return False
