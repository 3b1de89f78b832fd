"""O trabalho que mantém as listas de revogados em dia."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from cryptography import x509

from dominio.competencia import agora as agora_mesmo
from gateway.confianca.busca import BuscaFalhou, buscar
from gateway.confianca.saude import avisos
from gateway.destinos import Politica, redes
from mensagem.certificados import ListaInvalida, ler_lista
from persistence import revogados
from persistence.revogados import Edicao, EdicaoAtropelada

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date, datetime

    from gateway.secoes.confianca import Confianca
    from mensagem.certificados import Lista
    from persistence.banco import Banco
    from persistence.revogados import ListaGuardada

_POR_VEZ = 5
"""Listas por vez: com servidores que não respondem, os outros trabalhos esperam por estas."""
_PRIMEIRO_RECUO = timedelta(minutes=2)
_MAIOR_RECUO = timedelta(hours=1)
_FOLGA = timedelta(minutes=5)
"""Quanto depois de vencer se busca a lista nova: a autoridade também demora a publicá-la."""
_MAIOR_ERRO = 300
_log = structlog.get_logger("confianca")


def tarefa(
    ajustes: Confianca, dos_nossos: Mapping[str, datetime] | None = None
) -> Callable[[Banco, datetime], str | None]:
    """O trabalho de fundo, a cada ``poll_seconds``: buscar as listas e avisar do que vence.

    Args:
        ajustes: prazos e limites.
        dos_nossos: quando vence cada certificado deste gateway.
    """
    ditos: set[tuple[date, str]] = set()

    def executar(banco: Banco, agora: datetime) -> str | None:
        frase = atualizar(banco, ajustes, agora)
        frases = avisos(banco, agora, ajustes.expiry_warning, dos_nossos or {})
        hoje = {(agora.date(), aviso) for aviso in frases}
        # cada aviso uma vez por dia, que um registro repetido a cada minuto ninguém lê
        for _, aviso in sorted(hoje - ditos):
            _log.warning("confiança a vencer", aviso=aviso)
        ditos.clear()
        ditos.update(hoje)
        return frase

    return executar


def atualizar(banco: Banco, ajustes: Confianca, agora: datetime) -> str | None:
    """Busca as listas cuja hora chegou.

    Returns:
        O que fez, ou ``None`` se nada havia a buscar.
    """
    with banco.leitura() as conn:
        atrasadas = revogados.por_buscar(conn, agora, _POR_VEZ)
    if not atrasadas:
        return None
    certas = sum(_atualizar(banco, ajustes, lista, agora) for lista in atrasadas)
    return f"listas de revogados: {certas} em dia, {len(atrasadas) - certas} com falha"


def _atualizar(banco: Banco, ajustes: Confianca, lista: ListaGuardada, agora: datetime) -> bool:
    try:
        nova, quantos = _buscar_e_guardar(banco, ajustes, lista, agora)
    except (BuscaFalhou, ListaInvalida, EdicaoAtropelada) as erro:
        texto = str(erro)[:_MAIOR_ERRO] or "duas buscas ao mesmo tempo"
        espera = min(_PRIMEIRO_RECUO * 2 ** min(lista.falhas, 10), _MAIOR_RECUO)
        with banco.escrita() as conn:
            revogados.adiar(conn, lista, agora + espera, texto)
        _log.warning(
            "lista de revogados não obtida",
            emissor=lista.emissor,
            falhas=lista.falhas + 1,
            erro=texto,
        )
        return False
    _log.info("lista de revogados em dia", emissor=lista.emissor, revogados=quantos)
    if nova.proxima_em < agora:
        _log.warning("a autoridade publica uma lista já vencida", emissor=lista.emissor)
    return True


def _buscar_e_guardar(
    banco: Banco, ajustes: Confianca, lista: ListaGuardada, agora: datetime
) -> tuple[Lista, int]:
    """Busca nos endereços da lista, por ordem, até um que sirva.

    Raises:
        BuscaFalhou: nenhum respondeu, ou só responderam listas que não servem.
        EdicaoAtropelada: outro processo a trocava.
    """
    emissor = x509.load_der_x509_certificate(lista.emissor_der)
    erros: list[str] = []
    # as listas são assinadas, e as autoridades publicam-nas por http
    politica = Politica(redes(ajustes.allow_networks), http_publico=True)
    prazo = ajustes.crl_timeout / max(len(lista.enderecos), 1)
    for endereco in lista.enderecos:
        try:
            dados = buscar(endereco, politica=politica, prazo=prazo, limite=ajustes.crl_max)
            nova = ler_lista(dados, emissor)
            nova.conferir_ponto(lista.enderecos)
            return nova, guardar(banco, lista, nova, agora, ajustes.crl_interval)
        except (BuscaFalhou, ListaInvalida) as erro:
            erros.append(str(erro))
    raise BuscaFalhou("; ".join(erros) or "não há endereço em que buscar")


def guardar(
    banco: Banco, lista: ListaGuardada, nova: Lista, agora: datetime, intervalo: int | None
) -> int:
    """Põe em vigor uma lista já conferida; diz quantos revogados tem.

    Args:
        banco: onde ficam.
        lista: a que muda.
        nova: a conferida.
        agora: instante em UTC.
        intervalo: segundos até a próxima busca; ausente, a lista não se busca.

    Raises:
        EdicaoAtropelada: outro processo a trocava.
        ListaInvalida: a lista é mais antiga que a que já se tem, ou emitida no futuro.
    """
    if nova.emitida_em > agora_mesmo() + _FOLGA:
        raise ListaInvalida("a lista tem data de emissão no futuro")
    if lista.emitida_em is not None and nova.emitida_em < lista.emitida_em:
        # quem pudesse repor uma lista antiga faria valer de novo um certificado revogado
        raise ListaInvalida("a lista é mais antiga que a que já se tem")
    tentar_em = None
    if intervalo is not None:
        tentar_em = agora + timedelta(seconds=intervalo)
        if agora < nova.proxima_em < tentar_em:
            tentar_em = nova.proxima_em + _FOLGA
    if nova.sha256 == lista.sha256:
        if tentar_em is not None:
            with banco.escrita() as conn:
                revogados.adiar(conn, lista, tentar_em, None)
        return lista.quantos or 0
    edicao = Edicao(nova.emitida_em, nova.proxima_em, nova.sha256, nova.tamanho)
    return revogados.guardar(
        banco, lista, edicao, nova.revogados(), agora=agora, tentar_em=tentar_em
    )
