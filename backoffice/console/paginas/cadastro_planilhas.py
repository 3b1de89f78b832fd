"""Os preços e os beneficiários: enviar uma planilha, procurar um código ou uma carteira."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from backoffice.api.cadastro_beneficiarios import Busca
from backoffice.api.precos import FiltroDePrecos
from backoffice.console.conferencia import conferir
from backoffice.console.paginas.cadastro import area
from backoffice.console.papeis import ADMIN, CONTEUDO, LEITURA
from backoffice.planilha import ArquivoInvalido, Planilha
from backoffice.planilha_de_beneficiarios import BENEFICIARIOS
from backoffice.planilha_de_precos import PRECOS
from persistence import beneficiarios, precos

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.responses import Response

    from backoffice.console.visita import Visita
    from backoffice.planilha import LinhaRuim

_MOSTRADAS = 500
"""Linhas recusadas que a página mostra."""


@area.pagina("/cadastro/precos", para=ADMIN | LEITURA)
def dos_precos(v: Visita) -> Response:
    """Os preços de um código, e o envio de uma tabela."""
    return _precos(v, {})


@area.formulario("/cadastro/precos", para=ADMIN, arquivos=True)
def carregar_precos(v: Visita) -> Response:
    """Cria e troca os preços de uma planilha; os que não estão nela ficam como estão."""
    try:
        planilha = Planilha(_arquivo(v), PRECOS)
        boas = sum(1 for _ in planilha.ler())
        ruins = list(planilha.ruins)
        if _nao_serve(v, boas, ruins):
            return _relatorio(v, "precos", boas, ruins, None)
        with v.escrita() as conn:
            gravados = precos.gravar(conn, v.operadora.id, planilha.ler())
            v.auditar("gravar", "precos", "", conn=conn, gravados=gravados)
    except ArquivoInvalido as erro:
        return _precos(v, {"arquivo": str(erro)})
    return _relatorio(v, "precos", boas, ruins, f"Preços gravados: {gravados}.")


@area.pagina("/cadastro/beneficiarios", para=ADMIN | CONTEUDO)
def dos_beneficiarios(v: Visita) -> Response:
    """A busca de uma carteira, e o envio de uma planilha."""
    return _beneficiarios(v, {})


@area.pagina("/cadastro/beneficiarios/busca", metodo="POST", para=CONTEUDO, pacientes=True)
def buscar(v: Visita) -> Response:
    """O beneficiário de uma carteira, que não vai no endereço; o acesso fica na auditoria."""
    pedido, erros = conferir(Busca, {"carteira": v.formulario.texto("carteira")})
    if pedido is None:
        return _beneficiarios(v, erros)
    with v.leitura() as conn:
        achados = beneficiarios.por_carteira(conn, v.operadora.id, [pedido.carteira])
    v.auditar("ler", "beneficiario", "", carteiras=[pedido.carteira])
    achado = achados.get(pedido.carteira)
    if achado is None:
        return _beneficiarios(v, {"carteira": "não há beneficiário com esta carteira"})
    return _beneficiarios(v, {}, achado=achado)


@area.formulario("/cadastro/beneficiarios", para=ADMIN, arquivos=True)
def carregar_beneficiarios(v: Visita) -> Response:
    """Cria e atualiza os beneficiários de uma planilha; os outros ficam como estão."""
    try:
        planilha = Planilha(_arquivo(v), BENEFICIARIOS)
        boas = sum(1 for _ in planilha.ler())
        ruins = list(planilha.ruins)
        if _nao_serve(v, boas, ruins):
            return _relatorio(v, "beneficiarios", boas, ruins, None)
        with v.escrita() as conn:
            feitos = beneficiarios.gravar(conn, v.operadora.id, planilha.ler())
            v.auditar("gravar", "beneficiarios", "", conn=conn, **feitos._asdict())
    except ArquivoInvalido as erro:
        return _beneficiarios(v, {"arquivo": str(erro)})
    texto = f"Beneficiários novos: {feitos.novos}; atualizados: {feitos.atualizados}."
    return _relatorio(v, "beneficiarios", boas, ruins, texto)


def _arquivo(v: Visita) -> bytes:
    """O conteúdo do único arquivo do formulário.

    Raises:
        ArquivoInvalido: não veio nenhum, ou veio mais de um.
    """
    vieram = v.formulario.arquivos("arquivo")
    if len(vieram) != 1:
        raise ArquivoInvalido("escolha um arquivo CSV")
    return vieram[0].dados


def _nao_serve(v: Visita, boas: int, ruins: list[LinhaRuim]) -> bool:
    """Com linhas ruins só se grava o resto se assim se pediu; sem linhas boas, nunca."""
    return not boas or (bool(ruins) and not v.formulario.marcado("parcial"))


def _relatorio(
    v: Visita, qual: str, boas: int, ruins: list[LinhaRuim], feito: str | None
) -> Response:
    return v.mostrar(
        "cadastro/relatorio.html",
        status=200 if feito else 422,
        qual=qual,
        boas=boas,
        ruins=ruins[:_MOSTRADAS],
        quantas_ruins=len(ruins),
        feito=feito,
    )


def _precos(v: Visita, erros: Mapping[str, str]) -> Response:
    ditos = {nome: v.consulta.texto(nome) for nome in ("tabela", "codigo")}
    do_filtro: dict[str, str] = {}
    linhas: tuple[precos.Preco, ...] | None = None
    if any(ditos.values()):
        pedido, do_filtro = conferir(FiltroDePrecos, ditos)
        if pedido is not None:
            with v.leitura() as conn:
                linhas = precos.do_codigo(conn, v.operadora.id, pedido.tabela, pedido.codigo)
    return v.mostrar(
        "cadastro/precos.html",
        status=422 if erros else 200,
        linhas=linhas,
        colunas=PRECOS.colunas,
        do_filtro=do_filtro,
        erros=erros,
    )


def _beneficiarios(
    v: Visita, erros: Mapping[str, str], achado: beneficiarios.Beneficiario | None = None
) -> Response:
    contexto: dict[str, Any] = {"colunas": BENEFICIARIOS.colunas, "achado": achado}
    status = 422 if erros else 200
    return v.mostrar("cadastro/beneficiarios.html", status=status, erros=erros, **contexto)
