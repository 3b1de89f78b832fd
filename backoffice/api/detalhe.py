"""``/api/v1/protocolos/{numero}``: um protocolo inteiro, e as suas críticas."""

from __future__ import annotations

from datetime import date, time
from typing import TYPE_CHECKING, Annotated, NamedTuple

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from backoffice.api import formas, listas, planilhas
from backoffice.api.acoes_do_lote import em_que_se_recorre
from backoffice.api.autorizacao import ComLeitura
from backoffice.api.base import Acesso, da
from backoffice.api.chaves import ler_numero
from backoffice.api.etiquetas import etiqueta
from backoffice.api.formas import Forma, Instante, Quantidade, Reais, Situacao, Valores
from backoffice.api.guias import Beneficiario
from backoffice.api.problemas import nao_ha
from backoffice.api.protocolos import ProtocoloNaLista, na_lista
from dominio.competencia import dia
from dominio.situacao import CICLO, StatusProtocolo
from persistence import beneficiarios, calendario, protocolos
from persistence.consultas import protocolos as consultas

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from persistence.consultas.protocolos import Linha
    from persistence.lotes import Critica
    from persistence.protocolos import GuiaGuardada, ItemGuardado, Passagem, Protocolo

rotas = APIRouter(tags=["protocolos"])


class Executante(Forma):
    """Como a guia identificou quem executou."""

    forma: str
    valor: str


class Item(Forma):
    """Um procedimento ou uma despesa; ``informado`` é o valor total."""

    posicao: int
    despesa: bool
    sequencial: int
    data: date
    hora_inicial: time | None
    hora_final: time | None
    tabela: str
    codigo: str
    descricao: str | None
    quantidade: Quantidade
    valor_unitario: Reais
    graus: str | None
    valores: Valores


class Guia(Forma):
    """Uma guia com os seus itens."""

    posicao: int
    numero_guia_prestador: str
    numero_guia_operadora: str | None
    guia_principal: str | None
    senha: str | None
    beneficiario: Beneficiario
    executante: Executante
    cnes: str | None
    data_inicio: date | None
    data_fim: date | None
    data_realizacao: date | None
    situacao: Situacao
    valores: Valores
    itens: list[Item]


class PassagemNoHistorico(Forma):
    """Uma mudança de situação."""

    em: Instante
    de: Situacao | None
    para: Situacao
    quem: str
    motivo: str | None


class Operadora(Forma):
    """A dona do protocolo."""

    registro_ans: str
    nome: str


class ProtocoloInteiro(ProtocoloNaLista):
    """Um protocolo com guias, itens, críticas e histórico."""

    operadora: Operadora
    data_pagamento: date | None
    enviar_ate: date | None
    analise_visivel: bool
    avisos: list[str]
    id_mensagem: str
    situacoes_permitidas: list[int]
    guias: list[Guia]
    criticas: list[formas.Critica]
    historico: list[PassagemNoHistorico]


class _Lido(NamedTuple):
    linha: Linha
    protocolo: Protocolo
    guias: tuple[GuiaGuardada, ...]
    itens: tuple[ItemGuardado, ...]
    criticas: tuple[Critica, ...]
    historico: tuple[Passagem, ...]
    nomes: dict[str, str]
    recursaveis: frozenset[StatusProtocolo]
    enviar_ate: date | None = None


@rotas.get("/protocolos/{numero}", response_model=ProtocoloInteiro, summary="Um protocolo inteiro")
async def inteiro(pedido: Request, numero: str, quem: ComLeitura) -> Response:
    """Um protocolo com as suas guias, itens, críticas e histórico; o ETag é a última mudança."""
    chave = ler_numero(numero)
    base = da(pedido)
    lido = await base.ler(lambda conn: _ler(conn, quem.operadora.id, chave))
    if lido is None:
        raise nao_ha("protocolo")
    carteiras = frozenset(guia.beneficiario.carteira for guia in lido.guias)
    await base.auditar(quem, Acesso("ler", "protocolo", str(chave), carteiras))
    operadora = Operadora(registro_ans=quem.operadora.registro_ans, nome=quem.operadora.nome)
    pronto = ProtocoloInteiro(
        **dict(na_lista(lido.linha, quem.operadora.largura_protocolo, lido.recursaveis)),
        operadora=operadora,
        data_pagamento=_pagamento(lido),
        enviar_ate=lido.enviar_ate,
        analise_visivel=lido.protocolo.analise_visivel,
        avisos=list(lido.protocolo.avisos),
        id_mensagem=lido.protocolo.mensagem_id,
        situacoes_permitidas=sorted(int(s) for s in CICLO[lido.linha.status]),
        guias=_guias(lido),
        criticas=[_critica(critica) for critica in lido.criticas],
        historico=[_passagem(passagem) for passagem in lido.historico],
    )
    return formas.resposta(pronto, {"ETag": etiqueta(lido.linha.alteracao)})


@rotas.get("/protocolos/{numero}/criticas", response_model=formas.Criticas, summary="Críticas")
async def criticas(
    pedido: Request,
    numero: str,
    quem: ComLeitura,
    campos: Annotated[listas.Formato, Query()],
) -> Response:
    """As críticas de um protocolo, na ordem em que se registraram."""
    chave = ler_numero(numero)

    def ler(conn: Connection) -> tuple[Critica, ...] | None:
        linha = consultas.um(conn, quem.operadora.id, chave)
        if linha is None:
            return None
        return () if linha.lote_id is None else protocolos.criticas(conn, linha.lote_id)

    lidas = await da(pedido).ler(ler)
    if lidas is None:
        raise nao_ha("protocolo")
    if listas.quer_planilha(pedido, campos.formato):
        linhas = (
            (c.guia_posicao, c.item_posicao, c.regra, c.codigo, c.nivel, c.texto) for c in lidas
        )
        titulos = ("Guia", "Item", "Regra", "Código", "Nível", "Texto")
        return planilhas.resposta("criticas", titulos, linhas, {})
    return formas.resposta(formas.Criticas(criticas=[_critica(c) for c in lidas]))


def _ler(conn: Connection, operadora_id: int, numero: int) -> _Lido | None:
    linha = consultas.um(conn, operadora_id, numero)
    protocolo = protocolos.por_numero(conn, operadora_id, numero)
    if linha is None or protocolo is None:
        return None
    historico = protocolos.historico(conn, linha.id)
    if linha.lote_id is None:
        return _Lido(linha, protocolo, (), (), (), historico, {}, frozenset())
    guias = protocolos.guias(conn, linha.lote_id)
    sem_nome = [g.beneficiario.carteira for g in guias if g.beneficiario.nome is None]
    nomes = beneficiarios.por_carteira(conn, operadora_id, sem_nome)
    return _Lido(
        linha,
        protocolo,
        guias,
        protocolos.itens(conn, linha.lote_id),
        protocolos.criticas(conn, linha.lote_id),
        historico,
        {carteira: achado.nome for carteira, achado in nomes.items()},
        em_que_se_recorre(conn, operadora_id, protocolo.prestador_id),
        enviar_ate(conn, protocolo, guias),
    )


def enviar_ate(
    conn: Connection, protocolo: Protocolo, guias: tuple[GuiaGuardada, ...]
) -> date | None:
    """O último dia em que o calendário recebe a guia mais velha do lote."""
    datas = [g.data_realizacao for g in guias if g.data_realizacao is not None]
    if not datas:
        return None
    return calendario.enviar_ate(conn, protocolo.operadora_id, protocolo.prestador_id, min(datas))


def _guias(lido: _Lido) -> list[Guia]:
    itens: dict[int, list[Item]] = {}
    for guardado in lido.itens:
        itens.setdefault(guardado.guia_posicao, []).append(_item(guardado))
    return [_guia(g, itens.get(g.posicao, []), lido.nomes) for g in lido.guias]


def _guia(g: GuiaGuardada, itens: list[Item], nomes: dict[str, str]) -> Guia:
    carteira = g.beneficiario.carteira
    nome = g.beneficiario.nome or nomes.get(carteira)
    return Guia(
        posicao=g.posicao,
        numero_guia_prestador=g.numero_prestador,
        numero_guia_operadora=g.numero_operadora,
        guia_principal=g.guia_principal,
        senha=g.senha,
        beneficiario=Beneficiario(carteira=carteira, nome=nome),
        executante=Executante(forma=g.executante.forma, valor=g.executante.valor),
        cnes=g.cnes,
        data_inicio=g.data_inicio,
        data_fim=g.data_fim,
        data_realizacao=g.data_realizacao,
        situacao=formas.situacao(g.status),
        valores=formas.valores(g),
        itens=itens,
    )


def _item(guardado: ItemGuardado) -> Item:
    item = guardado.item
    return Item(
        posicao=guardado.posicao,
        despesa=item.despesa,
        sequencial=item.sequencial,
        data=item.data,
        hora_inicial=item.hora_inicial,
        hora_final=item.hora_final,
        tabela=item.tabela,
        codigo=item.codigo,
        descricao=item.descricao,
        quantidade=item.quantidade,
        valor_unitario=item.valor_unitario,
        graus=item.graus,
        valores=Valores(
            informado=item.valor_total,
            processado=guardado.processado,
            glosado=guardado.glosa,
            liberado=guardado.liberado,
        ),
    )


def _critica(c: Critica) -> formas.Critica:
    return formas.Critica(
        guia=c.guia_posicao,
        item=c.item_posicao,
        regra=c.regra,
        codigo=c.codigo,
        nivel=c.nivel,
        texto=c.texto,
    )


def _passagem(passagem: Passagem) -> PassagemNoHistorico:
    return PassagemNoHistorico(
        em=passagem.em,
        de=None if passagem.de is None else formas.situacao(passagem.de),
        para=formas.situacao(passagem.para),
        quem=passagem.quem,
        motivo=passagem.motivo,
    )


def _pagamento(lido: _Lido) -> date | None:
    """O dia em que passou a pago, se ainda o está."""
    if lido.linha.status is not StatusProtocolo.PAGO:
        return None
    return dia(lido.historico[-1].em)
