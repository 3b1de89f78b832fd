"""O ERP do hospital envia um lote de cada tipo em duas versões, e uma mensagem errada."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import click

from dominio.lote import TipoGuia
from dominio.situacao import StatusProtocolo
from gateway.comandos.comum import Recusado
from gateway.demonstracao.cenario import (
    EM_VIGOR,
    HOSPITAL,
    NOMES,
    OPERADORA,
    VERSOES,
    erp,
)
from gateway.demonstracao.fala import passo, quadro, reais
from prestador.cliente import FalhaTISS
from prestador.lotes import corpo_lote

if TYPE_CHECKING:
    from collections.abc import Mapping

    from prestador.cliente import Cliente

_COLUNAS = ("versão", "guias", "lote", "protocolo", "valor", "situação")


class _Enviado(NamedTuple):
    protocolo: str
    linha: tuple[str, ...]


def enviar(base: str) -> Mapping[TipoGuia, str]:
    """Envia tudo e mostra o que voltou; dá o protocolo de cada tipo na versão em vigor.

    Raises:
        Recusado: se um lote não ganhou protocolo, ou se a mensagem errada passou.
    """
    enviados: dict[tuple[str, TipoGuia], _Enviado] = {}
    for versao in VERSOES:
        with erp(base, versao) as cliente:
            for numero, tipo in enumerate(TipoGuia, 1):
                enviados[versao, tipo] = _enviar(cliente, versao, tipo, numero)
            recusa = _mensagem_recusada(cliente, versao)
    quadro(
        "Lotes enviados por zeep a partir do WSDL servido:",
        _COLUNAS,
        [enviado.linha for enviado in enviados.values()],
    )
    click.echo("Uma mensagem recusada, com os motivos que o hospital recebe:")
    for parte in recusa:
        click.echo(f"  {parte}")
    click.echo()
    return {tipo: enviados[EM_VIGOR, tipo].protocolo for tipo in TipoGuia}


def _enviar(cliente: Cliente, versao: str, tipo: TipoGuia, numero: int) -> _Enviado:
    passo(f"{versao}: enviando lote de {NOMES[tipo]}")
    lote = f"{versao.replace('.', '')}{numero:02d}"
    recibo = cliente.enviar_lote(
        corpo_lote(
            tipo, versao, prestador=HOSPITAL, registro_ans=OPERADORA, numero_lote=lote, guias=3
        )
    )
    if recibo.protocolo is None or recibo.valor_total is None:
        texto = recibo.erro.descricao if recibo.erro else "sem motivo"
        raise Recusado(f"o lote {lote} não ganhou protocolo: {texto}")
    situacao = cliente.status(recibo.protocolo)
    if situacao.status is None:
        raise Recusado(f"o protocolo {recibo.protocolo} não tem situação")
    texto = StatusProtocolo(situacao.status).texto
    valor = reais(recibo.valor_total)
    return _Enviado(recibo.protocolo, (versao, NOMES[tipo], lote, recibo.protocolo, valor, texto))


def _mensagem_recusada(cliente: Cliente, versao: str) -> list[str]:
    passo(f"{versao}: enviando uma mensagem com erros de preenchimento")
    corpo = corpo_lote(
        TipoGuia.CONSULTA, versao, prestador=HOSPITAL, registro_ans=OPERADORA, guias=2
    )
    guias: Any = corpo["guiasTISS"]
    guias = guias["guiaConsulta"]
    guias[0]["dadosAtendimento"]["tipoConsulta"] = "9"
    guias[1]["dadosAtendimento"]["procedimento"]["valorProcedimento"] = "150,00"
    try:
        cliente.enviar_lote(corpo)
    except FalhaTISS as falha:
        return [f"falha {falha.codigo}", *falha.texto.rstrip(".").split("; ")]
    raise Recusado("a mensagem com erros não foi recusada")
