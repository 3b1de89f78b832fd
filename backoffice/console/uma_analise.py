"""A análise de um lote como as suas páginas a mostram: a conta, o que se decidiu, o que falta."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from backoffice.console.erros import nao_ha
from backoffice.console.papeis import Papel
from dominio.analise import GuiaAnalisada, Politica, Valores, somar
from dominio.situacao import StatusProtocolo
from handlers.analise import exame
from handlers.analise.conta import Conta
from persistence import (
    analises,
    apontamentos,
    beneficiarios,
    glosas,
    politicas_de_cobranca,
    resultados,
)
from persistence import protocolos as guardados
from persistence.consultas import protocolos

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from backoffice.console.visita import Visita
    from dominio.analise import Glosa
    from persistence.analises import Analise
    from persistence.apontamentos import Apontamento
    from persistence.consultas.protocolos import Linha
    from persistence.protocolos import GuiaGuardada

_ABERTAS = (StatusProtocolo.RECEBIDO, StatusProtocolo.EM_ANALISE)
_REABRIVEIS = (StatusProtocolo.ANALISADO, StatusProtocolo.ENCERRADO_SEM_PAGAMENTO)


class Lida(NamedTuple):
    """A análise de um lote.

    Attributes:
        linha: o protocolo, como na lista.
        analise: a rodada em curso ou finalizada; ausente se ninguém começou.
        revisao: sobre a qual se grava.
        conta: as guias que se analisam e os seus itens.
        guias: todas, as canceladas também.
        nomes: dos beneficiários, pela carteira, quando a guia não o diz.
        resultados: o que já se decidiu, pela posição da guia.
        glosas: as do protocolo inteiro.
        apontamentos: o que a análise automática achou.
        politica: como os valores se ligam.
        editavel: se quem vê pode mudar resultados agora.
        reabrivel: se a análise está finalizada e quem vê a pode reabrir.
    """

    linha: Linha
    analise: Analise | None
    revisao: int
    conta: Conta
    guias: tuple[GuiaGuardada, ...]
    nomes: Mapping[str, str]
    resultados: Mapping[int, GuiaAnalisada]
    glosas: tuple[Glosa, ...]
    apontamentos: tuple[Apontamento, ...]
    politica: Politica
    editavel: bool
    reabrivel: bool

    @property
    def finalizada(self) -> bool:
        """Se o prestador já vê os valores."""
        return self.analise is not None and self.analise.estado == analises.FINALIZADA

    @property
    def esperam(self) -> frozenset[int]:
        """As guias que uma regra deixou para uma pessoa."""
        return frozenset(a.guia_posicao for a in self.apontamentos if a.acao == "pessoa")

    def valores(self, posicao: int) -> Valores | None:
        """O que a guia soma com o que já se decidiu; ausente se não se decidiu nada."""
        guia = self.resultados.get(posicao)
        if guia is None or posicao not in self.conta.guias:
            return None
        return exame.fechar_guia(self.conta, self.politica, guia)[0]

    @property
    def total(self) -> Valores:
        """A soma do que já se decidiu, com as glosas do protocolo."""
        das_guias = [v for p in self.conta.guias if (v := self.valores(p)) is not None]
        return somar(self.politica, das_guias, self.glosas, self.linha.informado)

    def andamento(self, posicao: int) -> str:
        """Em que pé está uma guia, em palavras."""
        if posicao not in self.conta.guias:
            return "Cancelada"
        if posicao in self.esperam:
            return "Espera decisão"
        guia = self.resultados.get(posicao)
        if guia is None:
            return "Sem resultado"
        feitos = {item.posicao for item in guia.itens}
        return "Pronta" if feitos >= self.conta.itens[posicao].keys() else "Em parte"

    def vizinha(self, posicao: int, passo: int) -> int | None:
        """A guia seguinte (1) ou anterior (-1) das que se analisam."""
        posicoes = [p for p in self.conta.guias if (p - posicao) * passo > 0]
        return min(posicoes, key=lambda p: abs(p - posicao), default=None)

    def por_fazer(self, depois_de: int) -> int | None:
        """A próxima guia por acabar, dando a volta ao lote; ausente se não há mais."""
        faltam = [p for p in self.conta.guias if self.andamento(p) != "Pronta" and p != depois_de]
        return next((p for p in faltam if p > depois_de), faltam[0] if faltam else None)


def ler(v: Visita, conn: Connection) -> Lida:
    """A análise do lote do endereço.

    Raises:
        PaginaDeErro: 404, a operadora não tem lote com esse protocolo.
    """
    numero = v.numero("numero", "lote")
    linha = protocolos.um(conn, v.operadora.id, numero)
    protocolo = guardados.por_numero(conn, v.operadora.id, numero)
    if linha is None or protocolo is None or protocolo.lote_id is None:
        raise nao_ha("lote")
    analise = analises.viva(conn, protocolo.id)
    guias = guardados.guias(conn, protocolo.lote_id)
    sem_nome = [g.beneficiario.carteira for g in guias if g.beneficiario.nome is None]
    achados = beneficiarios.por_carteira(conn, v.operadora.id, sem_nome)
    decidir = v.pode(Papel.ANALISE)
    finalizada = analise is not None and analise.estado == analises.FINALIZADA
    return Lida(
        linha,
        analise,
        _revisao(conn, protocolo.id, analise),
        Conta.ler(conn, protocolo),
        guias,
        {carteira: um.nome for carteira, um in achados.items()},
        {g.posicao: g for g in resultados.ler(conn, protocolo.id, protocolo.lote_id)},
        tuple(g.glosa for g in glosas.do_protocolo(conn, protocolo.id) if g.guia_posicao is None),
        apontamentos.do_protocolo(conn, protocolo.id),
        _politica(conn, v.operadora.id, analise),
        decidir and not finalizada and linha.status in _ABERTAS,
        decidir and finalizada and linha.status in _REABRIVEIS,
    )


def _revisao(conn: Connection, protocolo_id: int, analise: Analise | None) -> int:
    """A revisão sobre a qual se gravará, também quando a rodada ainda não começou."""
    if analise is not None:
        return analise.revisao
    antes = analises.rodadas(conn, protocolo_id)
    return antes[-1].revisao + 1 if antes else 0


def _politica(conn: Connection, operadora_id: int, analise: Analise | None) -> Politica:
    if analise is not None and analise.politica is not None:
        return Politica(analise.politica)
    return politicas_de_cobranca.ler(conn, operadora_id).valores
