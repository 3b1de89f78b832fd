"""As glosas de um protocolo com o que cada uma cortou."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Connection, select

from persistence import glosas, prestadores, protocolos, tabelas

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

    from dominio.analise import Glosa
    from persistence.prestadores import Prestador
    from persistence.protocolos import Protocolo

_pr = tabelas.prestador.c


class Glosada(NamedTuple):
    """Uma glosa e a guia ou o item em que está; o que falta não se aplica.

    Attributes:
        glosa: código, valor e texto.
        informado: reais do item ou, se é da guia, da guia.
        grau: ``dm_grauPart``, se é da parte de um item.
    """

    glosa: Glosa
    guia_prestador: str | None = None
    guia_operadora: str | None = None
    senha: str | None = None
    carteira: str | None = None
    sequencial: int | None = None
    data: date | None = None
    tabela: str | None = None
    codigo: str | None = None
    descricao: str | None = None
    grau: str | None = None
    informado: Decimal | None = None


class ProtocoloGlosado(NamedTuple):
    """Um protocolo analisado com as suas glosas, na ordem das guias e dos itens."""

    protocolo: Protocolo
    prestador: Prestador
    glosas: tuple[Glosada, ...]


def do_protocolo(conn: Connection, operadora_id: int, numero: int) -> ProtocoloGlosado | None:
    """As glosas de um lote da operadora; ausente se não há, ou a sua análise não acabou."""
    protocolo = protocolos.por_numero(conn, operadora_id, numero)
    if protocolo is None or protocolo.lote_id is None or not protocolo.analise_visivel:
        return None
    dono = conn.execute(select(*prestadores.COLUNAS).where(_pr.id == protocolo.prestador_id)).one()
    guias = {g.posicao: g for g in protocolos.guias(conn, protocolo.lote_id)}
    itens = {(i.guia_posicao, i.posicao): i.item for i in protocolos.itens(conn, protocolo.lote_id)}
    achadas = []
    for guardada in glosas.do_protocolo(conn, protocolo.id):
        posicao, item = guardada.guia_posicao, guardada.item_posicao
        if posicao is None:
            achadas.append(Glosada(guardada.glosa, informado=protocolo.informado))
            continue
        guia = guias[posicao]
        da_guia = Glosada(
            guardada.glosa,
            guia.numero_prestador,
            guia.numero_operadora,
            guia.senha,
            guia.beneficiario.carteira,
            informado=guia.informado,
        )
        if item is not None:
            cobrado = itens[posicao, item]
            da_guia = da_guia._replace(
                sequencial=cobrado.sequencial,
                data=cobrado.data,
                tabela=cobrado.tabela,
                codigo=cobrado.codigo,
                descricao=cobrado.descricao,
                grau=guardada.grau or None,
                informado=cobrado.valor_total,
            )
        achadas.append(da_guia)
    return ProtocoloGlosado(protocolo, prestadores.de_valores(dono), tuple(achadas))
