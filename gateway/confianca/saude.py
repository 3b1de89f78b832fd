"""O que vence: âncoras, intermediários, o certificado das respostas e as listas de revogados."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from gateway import metricas
from gateway.assinante import assinante
from gateway.confianca import arquivos
from handlers.confianca.exame import TOLERANCIA
from mensagem.certificados import CertificadoIlegivel
from persistence import confianca, revogados

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gateway.configuracao import Configuracao
    from persistence.banco import Banco
    from persistence.revogados import ListaGuardada

_NOMES = {
    "ancora": "uma âncora de confiança",
    "intermediaria": "uma autoridade intermediária",
    "resposta": "o certificado que assina as respostas",
    "tls": "o certificado TLS do servidor",
}
_NENHUM: Mapping[str, datetime] = MappingProxyType({})


def proprios(configuracao: Configuracao) -> dict[str, datetime]:
    """Quando vence cada certificado que é deste gateway, pelo tipo que as métricas lhe dão.

    Raises:
        ConfiguracaoInvalida: a chave das respostas não se pode usar.
    """
    vencem = {}
    quem = assinante(configuracao.signature)
    if quem is not None:
        vencem["resposta"] = quem.chave.certificado.not_valid_after_utc
    if configuracao.server.tls_cert:
        # um arquivo que não serve é dito por quem escuta, com outras palavras
        with suppress(CertificadoIlegivel):
            do_servidor = arquivos.ler(Path(configuracao.server.tls_cert))
            vencem["tls"] = do_servidor[0].not_valid_after_utc
    return vencem


def medir(banco: Banco, agora: datetime, dos_nossos: Mapping[str, datetime] = _NENHUM) -> None:
    """Acerta as métricas do que vence; chame antes de as expor.

    Args:
        banco: âncoras e listas.
        agora: instante em UTC.
        dos_nossos: o que ``proprios`` disse.
    """
    with banco.leitura() as conn:
        vencem = confianca.primeiros_a_vencer(conn) | dict(dos_nossos)
        listas = revogados.listar(conn)
    for tipo, quando in vencem.items():
        metricas.CERTIFICADO_EXPIRA.labels(tipo).set((quando - agora) / timedelta(days=1))
    vencidas = sum(1 for lista in listas if _situacao(lista, agora) is not None)
    metricas.LISTAS_DE_REVOGADOS.labels("em-dia").set(len(listas) - vencidas)
    metricas.LISTAS_DE_REVOGADOS.labels("atrasada").set(vencidas)


def avisos(
    banco: Banco, agora: datetime, dias: int, dos_nossos: Mapping[str, datetime] = _NENHUM
) -> list[str]:
    """O que está por vencer ou já venceu, em frases; nada disto tira o gateway do ar.

    Args:
        banco: onde estão.
        agora: instante em UTC.
        dias: antes do vencimento de um certificado em que se começa a avisar.
        dos_nossos: o que ``proprios`` disse.
    """
    with banco.leitura() as conn:
        vencem = confianca.primeiros_a_vencer(conn) | dict(dos_nossos)
        listas = revogados.listar(conn)
    frases = [
        _frase(_NOMES[tipo], quando, agora)
        for tipo, quando in sorted(vencem.items())
        if quando - agora < timedelta(days=dias)
    ]
    return frases + [f for lista in listas if (f := _situacao(lista, agora)) is not None]


def _frase(o_que: str, quando: datetime, agora: datetime) -> str:
    if quando <= agora:
        return f"{o_que} venceu"
    return f"{o_que} vence em {(quando - agora).days} dias"


def _situacao(lista: ListaGuardada, agora: datetime) -> str | None:
    """O que há de errado com uma lista, se há."""
    if lista.proxima_em is None:
        return f"a lista de revogados de {lista.emissor} ainda não foi obtida"
    if agora <= lista.proxima_em:
        return None
    resta = lista.proxima_em + TOLERANCIA - agora
    if resta <= timedelta(0):
        return f"a lista de revogados de {lista.emissor} venceu e já não serve"
    horas = int(resta / timedelta(hours=1))
    return f"a lista de revogados de {lista.emissor} venceu; serve ainda por {horas} h"
