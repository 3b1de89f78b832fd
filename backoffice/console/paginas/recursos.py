"""Os recursos de glosa de uma operadora: a lista, cada um, e responder linha por linha."""

from __future__ import annotations

import uuid
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from backoffice.console import folhas
from backoffice.console.area import Area
from backoffice.console.erros import PaginaDeErro, nao_ha
from backoffice.console.filtros import Leitor
from backoffice.console.papeis import ANALISE, LEITURA, Papel
from backoffice.impressos import recurso as impresso
from dominio.competencia import dia
from dominio.dinheiro import ZERO
from dominio.recurso import MAIOR_JUSTIFICATIVA, Estado, Nivel, Origem
from handlers import decisao_de_recurso as casos
from handlers.decisao_de_recurso import Acao, Decisao, PedidoDeDecisao
from persistence.consultas import recurso_inteiro, recursos

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from decimal import Decimal

    from sqlalchemy import Connection
    from starlette.responses import Response

    from backoffice.console.visita import Visita
    from handlers.decisao_de_recurso import RecursoAtual
    from persistence.consultas.recurso_inteiro import RecursoInteiro
    from persistence.recursos_valores import Linha

_T = TypeVar("_T", Estado, Nivel, Origem)

area = Area("recursos")
area.no_menu("Recursos", "/recursos", ordem=50, atalho="r")

_MOSTRADOS = 50
_UM = "/recursos/{numero}"


@area.pagina("/recursos", para=LEITURA, pacientes=True)
def lista(v: Visita) -> Response:
    """Os recursos, do mais novo ao mais velho, uma linha por guia."""
    leitor = Leitor(v.consulta)
    filtro = recursos.Filtro(
        prestador=leitor.texto("prestador"),
        recurso=leitor.numero("recurso"),
        protocolo=leitor.numero("protocolo"),
        guia=leitor.texto("guia"),
        estado=_um_de(Estado, v.consulta.texto("estado")),
        objeto=_um_de(Nivel, v.consulta.texto("objeto")),
        origem=_um_de(Origem, v.consulta.texto("origem")),
        solicitado_de=leitor.dia("de"),
        solicitado_ate=leitor.dia("ate"),
        busca=leitor.texto("busca"),
    )
    with v.leitura() as conn:
        linhas = recursos.listar(
            conn, v.operadora.id, filtro, antes_de=leitor.numero("antes"), limite=_MOSTRADOS
        )
        numeros = list(dict.fromkeys(linha.recurso for linha in linhas))
        carteiras = recursos.carteiras(conn, v.operadora.id, numeros)
    v.auditar("listar", "recursos", v.operadora.registro_ans, carteiras=carteiras)
    return v.mostrar(
        "recursos/lista.html",
        linhas=linhas,
        antes=numeros[-1] if len(numeros) == _MOSTRADOS else None,
        erros=leitor.erros,
        estados=[(e.value, e.texto) for e in Estado],
        objetos=[(n.value, n.texto) for n in Nivel],
        origens=[(o.value, o.texto) for o in Origem],
    )


@area.pagina(_UM, para=LEITURA, pacientes=True)
def um(v: Visita) -> Response:
    """Um recurso, com o formulário de resposta de quem analisa; também em PDF, em duas vias."""
    return _pagina(v, {})


@area.formulario(f"{_UM}/analise", para=ANALISE)
def analisar(v: Visita) -> Response:
    """Diz ao prestador que o recurso está em análise."""
    return _fazer(v, "analisar", casos.analisar, "Recurso em análise.")


@area.formulario(f"{_UM}/finalizacao", para=ANALISE)
def finalizar(v: Visita) -> Response:
    """Fecha o recurso com as respostas guardadas."""
    return _fazer(v, "finalizar", casos.finalizar, "Recurso respondido.")


@area.formulario(f"{_UM}/reabertura", para=ANALISE)
def reabrir(v: Visita) -> Response:
    """Volta a analisar um recurso respondido e não pago."""
    motivo = v.formulario.texto("motivo")
    if not motivo:
        raise PaginaDeErro(422, "Diga por que se reabre.")

    return _fazer(v, "reabrir", partial(casos.reabrir, motivo=motivo), "Recurso reaberto.")


@area.formulario(f"{_UM}/decisoes", para=ANALISE)
def decidir(v: Visita) -> Response:
    """Guarda as respostas das linhas preenchidas e, se se pede, fecha o recurso."""
    numero = v.numero("numero", "recurso")
    with v.leitura() as conn:
        lido = _ler(conn, v, numero)
    decisoes, erros = _decisoes(v, lido)
    if not decisoes and not erros:
        erros[""] = "Responda pelo menos uma linha."
    if erros:
        return _pagina(v, erros)
    pedido = PedidoDeDecisao(
        numero, v.formulario.texto("chave"), tuple(decisoes),
        v.formulario.visto("revisao"), v.formulario.texto("acao") == "fechar",
    )  # fmt: skip
    try:
        with v.escrita() as conn:
            feito = casos.decidir(conn, v.operadora.id, pedido, v.autor)
            v.auditar("decidir", "recurso", str(numero), conn=conn, linhas=len(decisoes))
    except PaginaDeErro as erro:
        if erro.status == 404:
            raise
        return _pagina(v, {"": erro.texto})
    prontas = all(estado.decidido for estado in feito.estados)
    recado = "Recurso respondido." if prontas and pedido.fechar else "Respostas guardadas."
    return v.ir(f"/recursos/{numero}", recado)


def _pagina(v: Visita, erros: Mapping[str, str]) -> Response:
    numero = v.numero("numero", "recurso")
    with v.leitura() as conn:
        lido = _ler(conn, v, numero)
    v.auditar("ler", "recurso", str(numero), carteiras=lido.carteiras)
    em_pdf = v.consulta.texto("formato") == "pdf"
    prontas = impresso.montar(v.operadora, lido, dia(v.agora), vias=2 if em_pdf else 1)
    if em_pdf:
        return folhas.em_pdf(v, prontas)
    permitidas = casos.permitidas(lido.recurso.status, lido.linhas)
    return v.mostrar(
        "recursos/um.html",
        status=422 if erros else 200,
        lido=lido,
        folha_do_recurso=prontas[0],
        permitidas=permitidas if v.pode(Papel.ANALISE) else (),
        Acao=Acao,
        chave=v.formulario.texto("chave") or uuid.uuid4().hex,
        maximo=MAIOR_JUSTIFICATIVA,
        erros=erros,
    )


def _ler(conn: Connection, v: Visita, numero: int) -> RecursoInteiro:
    lido = recurso_inteiro.ler(conn, v.operadora.id, numero)
    if lido is None:
        raise nao_ha("recurso")
    return lido


def _fazer(v: Visita, nome: str, acao: Callable[..., RecursoAtual], recado: str) -> Response:
    numero = v.numero("numero", "recurso")
    try:
        with v.escrita() as conn:
            acao(conn, v.operadora.id, numero, v.autor, revisao=v.formulario.visto("revisao"))
            v.auditar(nome, "recurso", str(numero), conn=conn)
    except PaginaDeErro as erro:
        if erro.status == 404:
            raise
        return _pagina(v, {"": erro.texto})
    return v.ir(f"/recursos/{numero}", recado)


def _decisoes(v: Visita, lido: RecursoInteiro) -> tuple[list[Decisao], dict[str, str]]:
    leitor = Leitor(v.formulario)
    decisoes: list[Decisao] = []
    erros: dict[str, str] = {}
    for linha in lido.linhas:
        justificativa = v.formulario.texto(f"justificativa-{linha.posicao}") or None
        if len(justificativa or "") > MAIOR_JUSTIFICATIVA:
            erros[f"justificativa-{linha.posicao}"] = f"até {MAIOR_JUSTIFICATIVA} caracteres"
        aceita, acatado = _resposta(v, leitor, linha)
        if acatado is None:
            continue
        if not ZERO <= acatado <= linha.recursado:
            erros[f"acatado-{linha.posicao}"] = "de zero até o que se recursou"
        inteira = aceita if aceita is not None else acatado == linha.recursado
        if not inteira and justificativa is None:
            erros[f"justificativa-{linha.posicao}"] = "diga por que não se acata por inteiro"
        decisoes.append(Decisao(linha.posicao, acatado, justificativa, aceita))
    return decisoes, leitor.erros | erros


def _resposta(v: Visita, leitor: Leitor, linha: Linha) -> tuple[bool | None, Decimal | None]:
    """Se se aceita, numa linha sem valor, e quanto se acata; sem resposta, nada."""
    if linha.recursado:
        return None, leitor.reais(f"acatado-{linha.posicao}")
    dito = v.formulario.texto(f"aceita-{linha.posicao}")
    return (dito == "sim", ZERO) if dito in ("sim", "nao") else (None, None)


def _um_de(de: type[_T], dito: str) -> _T | None:
    return next((um for um in de if um.value == dito), None)
