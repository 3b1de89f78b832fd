"""Consultar um protocolo: só o dono o encontra."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from dominio import erros, numeros, situacao
from dominio.dinheiro import ZERO
from dominio.textos import cabe_em_latin1
from handlers.regras.mostra import visiveis
from mensagem.partes import Valores, com_nomes
from mensagem.recusa import RegraRecusada
from persistence import beneficiarios, prestadores, protocolos

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from dominio.lote import Identificacao, Item
    from handlers.contexto import Contexto
    from handlers.pergunta import PedidoDeStatus
    from persistence.lotes import Critica
    from persistence.protocolos import GuiaGuardada, Protocolo

_SEM_ANALISE = Valores(ZERO, ZERO, ZERO)


class Situacao(NamedTuple):
    """Resposta à pergunta.

    Attributes:
        prestador: identificação a repetir.
        protocolo: ``None`` quando não se encontra um do prestador.
        valores: do protocolo, zerados até a análise terminar.
        guias: cada guia a listar com os seus valores.
        criticas: as que o prestador pode ver.
        itens: por posição de guia e de item; só quando algum tem crítica.
    """

    prestador: Identificacao
    protocolo: Protocolo | None
    valores: Valores = _SEM_ANALISE
    guias: tuple[tuple[GuiaGuardada, Valores], ...] = ()
    criticas: tuple[Critica, ...] = ()
    itens: Mapping[tuple[int, int], Item] = MappingProxyType({})

    @property
    def achada(self) -> bool:
        """Se há o protocolo."""
        return self.protocolo is not None


def consultar(conn: Connection, contexto: Contexto, pedido: PedidoDeStatus) -> Situacao:
    """Situação do protocolo; o de outro prestador é como se não existisse.

    Raises:
        RegraRecusada: identificação que não se pode repetir na resposta.
    """
    if not cabe_em_latin1(pedido.prestador.valor):
        raise RegraRecusada(erros.IDENTIFICADOR_FORA_DE_LATIN1, "Campo: dadosPrestador.")
    numero = numeros.protocolo(pedido.numero)
    protocolo = (
        None if numero is None else protocolos.por_numero(conn, contexto.operadora.id, numero)
    )
    if protocolo is None or protocolo.lote_id is None:
        return Situacao(pedido.prestador, None)
    if not _e_do_prestador(conn, contexto, pedido.prestador, protocolo):
        return Situacao(pedido.prestador, None)
    guias = protocolos.guias(conn, protocolo.lote_id)
    if not guias:
        # largaram-se com o seu mês, passado o prazo de guarda
        return Situacao(pedido.prestador, None)
    ativas = tuple(g for g in guias if g.status is not situacao.StatusProtocolo.CANCELADO)
    criticas = visiveis(protocolos.criticas(conn, protocolo.lote_id))
    return Situacao(
        pedido.prestador,
        protocolo,
        _valores(protocolo, protocolo),
        tuple((g, _valores(protocolo, g)) for g in _com_nomes(conn, contexto, ativas or guias)),
        criticas,
        _itens(conn, protocolo.lote_id, criticas),
    )


def _com_nomes(
    conn: Connection, contexto: Contexto, guias: tuple[GuiaGuardada, ...]
) -> tuple[GuiaGuardada, ...]:
    """As guias com o nome do cadastro onde não o trouxeram, se a versão da resposta o pede."""
    sem_nome = {g.beneficiario.carteira for g in guias if g.beneficiario.nome is None}
    if not sem_nome or not com_nomes(contexto.versao):
        return guias
    achados = beneficiarios.por_carteira(conn, contexto.operadora.id, sem_nome)
    return tuple(
        g._replace(beneficiario=g.beneficiario._replace(nome=achado.nome))
        if g.beneficiario.nome is None and (achado := achados.get(g.beneficiario.carteira))
        else g
        for g in guias
    )


def _itens(
    conn: Connection, lote_id: int, criticas: tuple[Critica, ...]
) -> dict[tuple[int, int], Item]:
    if all(c.item_posicao is None for c in criticas):
        return {}
    return {(i.guia_posicao, i.posicao): i.item for i in protocolos.itens(conn, lote_id)}


def _e_do_prestador(
    conn: Connection, contexto: Contexto, dito: Identificacao, protocolo: Protocolo
) -> bool:
    if protocolo.prestador_id not in contexto.prestadores:
        return False
    if dito == contexto.cabecalho.origem:
        return True
    p = contexto.prestador
    if protocolo.prestador_id == p.id and dito.valor in (p.codigo, p.cnpj, p.cpf):
        return True
    achados = prestadores.resolver(conn, contexto.operadora.id, [dito]).get(dito, ())
    return any(a.id == protocolo.prestador_id for a in achados)


def _valores(protocolo: Protocolo, linha: Protocolo | GuiaGuardada) -> Valores:
    # o que a análise decidiu só aparece quando ela termina
    if not protocolo.analise_visivel:
        return _SEM_ANALISE
    return Valores(linha.processado, linha.glosa, linha.liberado)
