"""As listas de revogados que chegam: a que alguém entrega, e como uma entra em vigor."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from cryptography import x509

from dominio.competencia import agora as agora_mesmo
from handlers.confianca.autoridades import ConfiancaRecusada
from mensagem.certificados import ListaInvalida, chave_do_emissor, emissor_da_lista, ler_lista
from mensagem.certificados.leitura import der, nome_comum
from persistence import confianca, revogados
from persistence.revogados import Edicao

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from mensagem.certificados import Lista
    from persistence.banco import Banco
    from persistence.revogados import ListaGuardada

_FOLGA = timedelta(minutes=5)
"""Quanto depois de vencer se busca a lista nova: a autoridade também demora a publicá-la."""


def receber(
    banco: Banco,
    operadora_id: int,
    dados: bytes,
    agora: datetime,
    anotar: Callable[[Connection, str], None],
) -> int:
    """Põe em vigor uma lista que alguém entrega, sem a buscar; diz quantos revogados tem.

    A que se busca continua a buscar-se quando ia ser buscada.

    Args:
        banco: onde ficam.
        operadora_id: quem a usa.
        dados: a lista, em PEM ou DER.
        agora: instante em UTC.
        anotar: recebe a transação em que a lista se pede e o seu SHA-256, para a auditoria.

    Raises:
        ListaInvalida: não é uma lista, ou é mais antiga que a que já se tem.
        ConfiancaRecusada: nenhuma autoridade guardada a assinou.
        EdicaoAtropelada: outro processo a trocava.
    """
    nome = emissor_da_lista(dados)
    with banco.leitura() as conn:
        guardados = confianca.certificados(conn, operadora_id)
    autoridades = [x509.load_der_x509_certificate(g.der) for g in guardados]
    possiveis = [a for a in autoridades if a.subject.public_bytes() == nome]
    if not possiveis:
        raise ConfiancaRecusada("é a lista de uma autoridade em que não se confia")
    emissor, lista = _conferir(dados, possiveis)
    with banco.escrita() as conn:
        chave = revogados.pedir(
            conn,
            operadora_id,
            chave_emissor=chave_do_emissor(emissor),
            enderecos=[lista.ponto] if lista.ponto else [],
            emissor=nome_comum(emissor.subject),
            emissor_der=der(emissor),
            agora=None,
        )
        guardada = next(x for x in revogados.listar(conn, operadora_id) if x.id == chave)
        anotar(conn, lista.sha256)
    return guardar(banco, guardada, lista, agora, guardada.tentar_em)


def proxima_busca(nova: Lista, agora: datetime, intervalo: int) -> datetime:
    """Quando se busca outra vez: no intervalo, ou logo depois de esta vencer.

    Args:
        nova: a lista que se tem.
        agora: instante em UTC.
        intervalo: segundos.
    """
    tentar_em = agora + timedelta(seconds=intervalo)
    return nova.proxima_em + _FOLGA if agora < nova.proxima_em < tentar_em else tentar_em


def guardar(
    banco: Banco, lista: ListaGuardada, nova: Lista, agora: datetime, tentar_em: datetime | None
) -> int:
    """Põe em vigor uma lista já conferida; diz quantos revogados tem.

    Args:
        banco: onde ficam.
        lista: a que muda.
        nova: a conferida.
        agora: instante em UTC.
        tentar_em: quando se busca a seguinte; ausente, a lista não se busca.

    Raises:
        EdicaoAtropelada: outro processo a trocava.
        ListaInvalida: a lista é mais antiga que a que já se tem, ou emitida no futuro.
    """
    if nova.emitida_em > agora_mesmo() + _FOLGA:
        raise ListaInvalida("a lista tem data de emissão no futuro")
    if lista.emitida_em is not None and nova.emitida_em < lista.emitida_em:
        # quem pudesse repor uma lista antiga faria valer de novo um certificado revogado
        raise ListaInvalida("a lista é mais antiga que a que já se tem")
    if nova.sha256 == lista.sha256:
        if tentar_em is not None:
            with banco.escrita() as conn:
                revogados.adiar(conn, lista, tentar_em, None)
        return lista.quantos or 0
    edicao = Edicao(nova.emitida_em, nova.proxima_em, nova.sha256, nova.tamanho)
    return revogados.guardar(
        banco, lista, edicao, nova.revogados(), agora=agora, tentar_em=tentar_em
    )


def _conferir(
    dados: bytes, possiveis: Sequence[x509.Certificate]
) -> tuple[x509.Certificate, Lista]:
    """A autoridade, das de mesmo nome, cuja chave assinou a lista."""
    erro = ListaInvalida()
    for emissor in possiveis:
        try:
            return emissor, ler_lista(dados, emissor)
        except ListaInvalida as falha:
            erro = falha
    raise ConfiancaRecusada(str(erro))
