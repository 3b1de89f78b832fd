"""O que ainda se pode recursar, e até quando: só o que uma operadora hoje aceitaria."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from dominio.dinheiro import ZERO
from dominio.erros import Nivel
from dominio.recurso import CONTESTAVEIS
from handlers.recurso_glosa.exame import prazos
from handlers.recurso_glosa.regras import (
    ANTES_DO_PAGAMENTO,
    FATURADOS,
    FINAIS,
    NAO_FATURADO,
    PRAZO,
    PRAZO_EM_DIAS,
)
from handlers.regras.politica import em_vigor
from persistence import regras
from persistence.consultas import recursaveis

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

    from sqlalchemy import Connection

    from dominio.recurso import Saldo, Unidade
    from dominio.situacao import StatusProtocolo
    from handlers.recurso_glosa.exame import Prazo
    from persistence.consultas.recursaveis import Filtro, ProtocoloGlosado
    from persistence.protocolos import Protocolo
    from persistence.regras import Ajustes

_POR_VEZ = 200
_SEM_FIM = 36_525
"""Dias de um prazo que já não corta nada: um século."""


class Prazos:
    """Até quando se recorre de cada guia de um protocolo, pelas regras da operadora.

    Args:
        prazo: desde quando corre.
        ajustes: o que a operadora mudou nas regras.
        hoje: data de São Paulo.
    """

    def __init__(self, prazo: Prazo, ajustes: Ajustes, hoje: date) -> None:
        vigor = em_vigor(PRAZO, ajustes)
        self._dias = None if vigor.nivel is Nivel.DESLIGADA else vigor.tolerancia
        self._recusa = vigor.nivel is Nivel.RECUSA
        self._prazo = prazo
        self._hoje = hoje

    @classmethod
    def de(cls, conn: Connection, protocolo: Protocolo, ajustes: Ajustes, hoje: date) -> Prazos:
        """Os de um só protocolo, que se leem aqui."""
        return cls(prazos(conn, [protocolo])[protocolo.id], ajustes, hoje)

    def da_guia(self, posicao: int | None) -> date | None:
        """O último dia; ausente se o prazo não corre. Sem posição, é o do protocolo."""
        inicio = self._prazo.da_guia(posicao)
        if inicio is None or self._dias is None:
            return None
        return inicio + timedelta(self._dias)

    def aberto(self, posicao: int | None) -> bool:
        """Se ainda se aceita: o prazo não acabou, ou acabado não se recusa."""
        fim = self.da_guia(posicao)
        return not self._recusa or fim is None or self._hoje <= fim


class Recursavel(NamedTuple):
    """Um protocolo de que se pode recorrer.

    Attributes:
        glosado: o protocolo com as suas glosas.
        recursado: reais presos por recursos, em curso ou acatados.
        saldo: reais por recursar, dentro do prazo.
        guias: quantas têm saldo.
        prazo: o último dia da que acaba primeiro; ausente se não corre.
    """

    glosado: ProtocoloGlosado
    recursado: Decimal
    saldo: Decimal
    guias: int
    prazo: date | None


def listar(
    conn: Connection,
    operadora_id: int,
    filtro: Filtro,
    hoje: date,
    *,
    antes_de: int | None = None,
    limite: int = 100,
    do_menor: bool = False,
) -> tuple[Recursavel, ...]:
    """Os protocolos de que se pode recorrer, do maior número ao menor.

    Args:
        conn: transação.
        operadora_id: de quem são.
        filtro: o que se quer ver.
        hoje: data de São Paulo.
        antes_de: continua depois do protocolo de um número.
        limite: quantos.
        do_menor: do menor número ao maior.
    """
    achados: list[Recursavel] = []
    dias = _maior_prazo(conn, operadora_id)
    if dias is not None and dias < _SEM_FIM:
        # a história inteira da operadora já não se percorre: só o que ainda pode estar no prazo
        filtro = filtro._replace(no_prazo_desde=hoje - timedelta(dias))
    dos_prestadores: dict[int, Ajustes] = {}
    while len(achados) < limite:
        grupo = recursaveis.glosados(
            conn, operadora_id, filtro, antes_de=antes_de, limite=_POR_VEZ, do_menor=do_menor
        )
        correm = prazos(conn, [glosado.protocolo for glosado in grupo])
        for glosado in grupo:
            dono = glosado.protocolo.prestador_id
            if dono not in dos_prestadores:
                dos_prestadores[dono] = regras.ajustes(conn, operadora_id, dono)
            recursavel = _um(glosado, correm[glosado.protocolo.id], dos_prestadores[dono], hoje)
            if recursavel is not None:
                achados.append(recursavel)
        if len(grupo) < _POR_VEZ:
            break
        antes_de = grupo[-1].protocolo.numero
    return tuple(achados[:limite])


def _maior_prazo(conn: Connection, operadora_id: int) -> int | None:
    """O maior prazo que um prestador tem; ausente se a algum não se recusa o vencido."""
    dele = recursaveis.ajustes_de(conn, operadora_id, PRAZO.chave)
    comum = next((a for a in dele if a.prestador_id is None), None)
    prazos = []
    for um in (None, *(a for a in dele if a.prestador_id is not None)):
        ditos = [a for a in (um, comum) if a is not None]
        nivel = next((a.nivel for a in ditos if a.nivel is not None), PRAZO.erro.nivel.value)
        dias = next((a.tolerancia for a in ditos if a.tolerancia is not None), PRAZO_EM_DIAS)
        if nivel != Nivel.RECUSA.value:
            return None
        prazos.append(dias)
    return max(prazos)


def aceita_se(protocolo: Protocolo, ajustes: Ajustes) -> bool:
    """Se a operadora aceita recursos do protocolo na situação em que ele está."""
    return protocolo.status in situacoes_aceitas(ajustes)


def situacoes_aceitas(ajustes: Ajustes) -> frozenset[StatusProtocolo]:
    """As situações de um protocolo em que a operadora aceita recursos."""
    aceitas = CONTESTAVEIS
    for regra, so in ((NAO_FATURADO, FATURADOS), (ANTES_DO_PAGAMENTO, FINAIS)):
        if em_vigor(regra, ajustes).nivel is Nivel.RECUSA:
            aceitas &= frozenset(so)
    return aceitas


def _um(glosado: ProtocoloGlosado, prazo: Prazo, ajustes: Ajustes, hoje: date) -> Recursavel | None:
    protocolo = glosado.protocolo
    livres = [u for u, saldo in glosado.saldos.items() if _livre(glosado, u, saldo)]
    if not livres or not aceita_se(protocolo, ajustes):
        return None
    ate = Prazos(prazo, ajustes, hoje)
    abertas = [u for u in livres if ate.aberto(u.guia)]
    if not abertas:
        return None
    fins = [fim for u in abertas if (fim := ate.da_guia(u.guia)) is not None]
    return Recursavel(
        glosado,
        sum((saldo.preso for saldo in glosado.saldos.values()), ZERO),
        sum((glosado.saldos[u].livre for u in abertas), ZERO),
        len({u.guia for u in abertas if u.guia is not None}),
        min(fins, default=None),
    )


def _livre(glosado: ProtocoloGlosado, unidade: Unidade, saldo: Saldo) -> bool:
    """Se há o que contestar; de um código sem valor, contesta-se o motivo."""
    if saldo.glosado:
        return saldo.livre > 0
    return unidade.como_alvo.chave not in glosado.abertas
