"""Os demonstrativos de um prestador, na tela, em XML e em PDF; as suas glosas e o INSS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from backoffice import rotulos
from backoffice.api import planilhas
from backoffice.api.impressos import nome_de_arquivo
from backoffice.console import folhas
from backoffice.console.area import Area
from backoffice.console.erros import PaginaDeErro, nao_ha
from backoffice.console.filtros import Leitor
from backoffice.console.papeis import PRESTADOR
from backoffice.demonstrativos import AindaNaoHa, emitir
from backoffice.impressos import demonstrativo, glosas, inss
from dominio.competencia import dia
from dominio.lote import Identificacao
from dominio.numeros import protocolo as ler_protocolo
from dominio.pagamento import TipoLancamento
from dominio.situacao import StatusProtocolo
from dominio.versoes import VERSOES
from handlers.demonstrativo import (
    PedidoDeAnalise,
    PedidoDePagamento,
    Tipo,
    mes,
)
from mensagem.recusa import RegraRecusada
from persistence.consultas import glosas as consultas_de_glosas
from persistence.consultas import impressos
from persistence.consultas.lista_de_protocolos import recentes
from persistence.consultas.protocolos import Filtro

if TYPE_CHECKING:
    from starlette.responses import Response

    from backoffice.console.visita import Visita
    from handlers.demonstrativo import Pedido

area = Area("portal_demonstrativos")
area.no_menu("Demonstrativos", "/portal/demonstrativos", ordem=30, atalho="d")

MAIS_PROTOCOLOS = 30
"""O que cabe num pedido (``ct_demonstrativoSolicitacao``)."""
_S = StatusProtocolo
COM_ANALISE = (
    _S.LIBERADO, _S.ENCERRADO_SEM_PAGAMENTO, _S.ANALISADO, _S.PAGO, _S.BLOQUEIO_JUDICIAL,
)  # fmt: skip
"""As situações em que um protocolo já tem o que demonstrar."""
_FORMATOS = (("pdf", "PDF"), ("xml", "XML do padrão"))
_DAS_GLOSAS = (("pdf", "PDF"), ("csv", "Planilha"))
_TRILHA = (("Demonstrativos", "/portal/demonstrativos"),)
_PAGAMENTOS = {"pagamento": Tipo.PAGAMENTO, "odonto": Tipo.ODONTO}
_XML = "application/xml"


@area.pagina("/portal/demonstrativos", para=PRESTADOR)
def lista(v: Visita) -> Response:
    """Os protocolos analisados, dos quais se escolhem até 30, e o pedido dos pagamentos."""
    return _lista(v, {})


@area.pagina("/portal/demonstrativos/analise", para=PRESTADOR, pacientes=True)
def analise(v: Visita) -> Response:
    """A análise de conta dos protocolos escolhidos."""
    numeros = dict.fromkeys(ler_protocolo(texto) for texto in v.consulta.textos("protocolo"))
    if not numeros or len(numeros) > MAIS_PROTOCOLOS:
        return _lista(v, {"": f"Escolha de 1 a {MAIS_PROTOCOLOS} protocolos."})
    if None in numeros:
        raise nao_ha("protocolo")
    quem = Identificacao("codigo", v.prestador.codigo)
    pedido = PedidoDeAnalise(quem, tuple(str(numero) for numero in numeros))
    return _responder(v, pedido, "Análise de conta")


@area.pagina("/portal/demonstrativos/pagamento", para=PRESTADOR, pacientes=True)
def de_pagamento(v: Visita) -> Response:
    """O que se pagou num dia ou num mês."""
    leitor = Leitor(v.consulta)
    dia, competencia = leitor.dia("data"), leitor.competencia("competencia")
    if not leitor.erros and (dia is None) == (competencia is None):
        leitor.erros["competencia"] = "diga o mês ou o dia, e só um deles"
    if leitor.erros:
        return _lista(v, leitor.erros)
    inicio, fim = (dia, dia) if dia is not None else mes(str(competencia))
    tipo = _PAGAMENTOS.get(v.consulta.texto("tipo"), Tipo.PAGAMENTO)
    quem = Identificacao("codigo", v.prestador.codigo)
    return _responder(v, PedidoDePagamento(quem, tipo, inicio, fim), "Demonstrativo de pagamento")


@area.pagina("/portal/demonstrativos/inss", para=PRESTADOR)
def declaracao_de_inss(v: Visita) -> Response:
    """O INSS retido nos pagamentos de um mês."""
    leitor = Leitor(v.consulta)
    competencia = leitor.competencia("mes")
    if competencia is None:
        return _lista(v, leitor.erros or {"mes": "diga o mês, como 03/2026"})
    inicio, fim = mes(competencia)
    with v.leitura() as conn:
        retidas = impressos.retidas(
            conn, v.operadora.id, v.prestador.id, TipoLancamento.INSS, inicio=inicio, fim=fim
        )
    folha = inss.montar(
        v.operadora, inss.Declaracao(v.prestador, competencia, retidas), dia(v.agora)
    )
    return folhas.responder(
        v, [folha], v.consulta.texto("formato"), titulo="Retenção de INSS", trilha=_TRILHA
    )


@area.pagina("/portal/demonstrativos/glosas", para=PRESTADOR, pacientes=True)
def relatorio_de_glosas(v: Visita) -> Response:
    """O que se cortou de um protocolo analisado, de quê e por quê."""
    leitor = Leitor(v.consulta)
    numero = leitor.numero("protocolo")
    if numero is None:
        return _lista(v, {"protocolo": leitor.erros.get("protocolo", "diga o protocolo")})
    with v.leitura() as conn:
        lido = consultas_de_glosas.do_protocolo(conn, v.operadora.id, numero)
    if lido is None or lido.protocolo.prestador_id != v.prestador.id:
        return _lista(v, {"protocolo": "não há protocolo analisado com este número"})
    formato = v.consulta.texto("formato")
    carteiras = {g.carteira for g in lido.glosas if g.carteira is not None}
    v.auditar(
        "ler", "protocolo", str(numero), carteiras=carteiras, impresso="glosas", formato=formato
    )
    folha = glosas.montar(v.operadora, lido, dia(v.agora))
    if formato == "csv":
        celulas: Any = glosas.linhas(v.operadora, lido)
        planilha = planilhas.planilha(glosas.TITULOS, celulas)
        return v.arquivo(planilha, planilhas.TIPO, f"{nome_de_arquivo(folha.nome)}.csv")
    return folhas.responder(
        v, [folha], formato, titulo="Relatório de glosas", trilha=_TRILHA, formatos=_DAS_GLOSAS
    )


def _lista(v: Visita, erros: dict[str, str]) -> Response:
    leitor = Leitor(v.consulta)
    filtro = Filtro(
        numero=leitor.numero("numero"),
        lote=leitor.texto("lote"),
        status=leitor.situacoes("situacao") or COM_ANALISE,
        recebido_de=leitor.dia("de"),
        recebido_ate=leitor.dia("ate"),
    )
    with v.leitura() as conn:
        pagina = recentes(
            conn, v.operadora.id, filtro, prestador_id=v.prestador.id,
            antes_de=leitor.numero("antes"),
        )  # fmt: skip
    return v.mostrar(
        "portal_demonstrativos/lista.html",
        status=422 if erros else 200,
        pagina=pagina,
        filtro=filtro,
        situacoes=COM_ANALISE,
        erros=leitor.erros | erros,
        sequencial=rotulos.SEQUENCIAL,
    )


def _responder(v: Visita, pedido: Pedido, titulo: str) -> Response:
    try:
        pronto = emitir(
            v.casa.banco, v.operadora, v.prestador, pedido, agora=v.agora, versao=VERSOES[-1]
        )
    except RegraRecusada as recusa:
        return _lista(v, {"": recusa.texto})
    except AindaNaoHa as falta:
        raise PaginaDeErro(409, str(falta)) from None
    emitidos, numeros, carteiras = pronto
    formato = v.consulta.texto("formato")
    v.auditar(
        "ler", "demonstrativo", numeros[0], carteiras=carteiras, numeros=numeros, formato=formato
    )
    prontas = [demonstrativo.montar(d) for d in emitidos.demonstrativos]
    if formato == "xml":
        return v.arquivo(emitidos.arquivo, _XML, f"{nome_de_arquivo(prontas[0].nome)}.xml")
    return folhas.responder(v, prontas, formato, titulo=titulo, trilha=_TRILHA, formatos=_FORMATOS)
