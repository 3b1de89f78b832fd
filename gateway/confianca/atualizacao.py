"""O trabalho que mantém as listas de revogados em dia."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from cryptography import x509

from gateway.confianca.busca import BuscaFalhou, buscar
from gateway.confianca.saude import avisos
from gateway.destinos import Politica, redes
from handlers.confianca.listas import guardar, proxima_busca
from mensagem.certificados import ListaInvalida, ler_lista
from persistence import revogados
from persistence.revogados import EdicaoAtropelada

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
            tentar_em = proxima_busca(nova, agora, ajustes.crl_interval)
            return nova, guardar(banco, lista, nova, agora, tentar_em)
        except (BuscaFalhou, ListaInvalida) as erro:
            erros.append(str(erro))
    raise BuscaFalhou("; ".join(erros) or "não há endereço em que buscar")
