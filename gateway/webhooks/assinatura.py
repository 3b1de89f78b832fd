"""A assinatura de um aviso: quem o recebe sabe que é deste gateway, e de quando é."""

from __future__ import annotations

import hmac
import json
from typing import TYPE_CHECKING

from dominio.competencia import FUSO
from dominio.numeros import formatar

if TYPE_CHECKING:
    from collections.abc import Iterable

    from persistence.entregas import Destino, Entrega

_NUMEROS = {
    "protocolo": "numeroProtocolo",
    "recurso": "numeroRecurso",
    "documento": "protocoloDocumento",
    "pagamento": "numeroPagamento",
    "relatorio": "numeroRelatorio",
}
_COM_LARGURA = frozenset({"protocolo", "documento"})


def corpo(destino: Destino, entrega: Entrega) -> bytes:
    """O aviso em JSON: números e situações, nada mais; o mesmo em todas as tentativas."""
    dados: dict[str, object] = {
        "id": entrega.evento_id,
        "sequencia": entrega.id,
        "evento": entrega.evento,
        "em": entrega.em.astimezone(FUSO).isoformat(timespec="microseconds"),
        "registroANS": destino.registro_ans,
    }
    nome = _NUMEROS.get(entrega.assunto)
    if nome is not None:
        largura = destino.largura_protocolo if entrega.assunto in _COM_LARGURA else 0
        if entrega.assunto == "recurso":
            largura = destino.largura_recurso
        dados[nome] = formatar(entrega.numero, largura)
    if entrega.para is not None:
        dados["situacaoAnterior"] = entrega.de
        dados["situacao"] = entrega.para
    if destino.webhook.homologacao:
        dados["homologacao"] = True
    return json.dumps(dados, separators=(",", ":")).encode("ascii")


def assinar(segredos: Iterable[str], instante: int, conteudo: bytes) -> str:
    """``t=<instante>,v1=<HMAC-SHA256 de "<instante>.<corpo>">``, com um ``v1`` por segredo.

    Args:
        segredos: os que valem.
        instante: segundos Unix da tentativa.
        conteudo: o corpo, byte por byte como se envia.
    """
    texto = str(instante).encode("ascii") + b"." + conteudo
    marcas = [hmac.digest(segredo.encode("ascii"), texto, "sha256").hex() for segredo in segredos]
    return ",".join([f"t={instante}", *(f"v1={marca}" for marca in marcas)])
