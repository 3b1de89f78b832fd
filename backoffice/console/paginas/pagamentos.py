"""Os pagamentos de uma operadora: liberar, prever, criar com a prévia, confirmar e estornar."""

from __future__ import annotations

import uuid
from functools import partial
from typing import TYPE_CHECKING

from backoffice.api import formas_de_pagamento as formas
from backoffice.api.previas import previa_de
from backoffice.console import folhas, lista_de_pagamentos
from backoffice.console.area import Area
from backoffice.console.erros import PaginaDeErro, nao_ha
from backoffice.console.filtros import Leitor
from backoffice.console.papeis import LEITURA, PAGAMENTO, Papel
from backoffice.impressos import previa as folha
from backoffice.impressos.pagamento import FORMAS
from dominio.competencia import dia
from dominio.dinheiro import ZERO
from dominio.impedimento import Impedimento
from dominio.numeros import protocolo as ler_protocolo
from dominio.pagamento import (
    MAIOR_DESCRICAO,
    Desconto,
    EstadoPagamento,
    Forma,
    Indicador,
    TipoLancamento,
)
from dominio.situacao import StatusProtocolo
from handlers import pagamento as casos
from handlers.pagamento import montagem
from persistence import notas_fiscais
from persistence.consultas import pagamentos as consultas
from persistence.consultas.lista_de_protocolos import recentes
from persistence.consultas.protocolos import Filtro

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import Connection
    from starlette.responses import Response

    from backoffice.console.visita import Visita
    from handlers.pagamento import PagamentoAtual, Previsto

area = Area("pagamentos")
area.no_menu("Pagamentos", "/pagamentos", ordem=30, atalho="p")

_MOSTRADOS = 50
_A_ESCOLHER = 100
"""De quantos protocolos se escolhe um a um; os outros pagam-se todos ou nenhum."""
_UM = "/pagamentos/{pagamento}"
LINHAS_DE_DESCONTOS = 4
"""Débitos e créditos que o formulário deixa digitar de uma vez."""


@area.pagina("/pagamentos", para=LEITURA)
def lista(v: Visita) -> Response:
    """Os pagamentos, do mais novo ao mais velho, com os filtros no endereço."""
    leitor = Leitor(v.consulta)
    dito = v.consulta.texto("estado")
    estados = tuple(e for e in EstadoPagamento if e.value == dito)
    pagina = lista_de_pagamentos.ler(v, leitor, leitor.texto("prestador"), estados)
    return v.mostrar(
        "pagamentos/lista.html",
        pagina=pagina,
        estados=[(e.value, e.value.capitalize()) for e in EstadoPagamento],
        situacao_de=_situacao,
        erros=leitor.erros,
    )


@area.pagina("/pagamentos/liberacao", para=LEITURA)
def por_liberar(v: Visita) -> Response:
    """Os lotes analisados que esperam liberação, e os liberados de que ela se pode retirar."""
    leitor = Leitor(v.consulta)
    quais = leitor.um_de("quais", "liberados")
    status = StatusProtocolo.LIBERADO if quais else StatusProtocolo.ANALISADO
    filtro = Filtro(prestador=leitor.texto("prestador"), status=(status,))
    with v.leitura() as conn:
        pagina = recentes(conn, v.operadora.id, filtro, antes_de=leitor.numero("antes"))
    return v.mostrar("pagamentos/liberacao.html", pagina=pagina, quais=quais, erros=leitor.erros)


@area.formulario("/pagamentos/liberacao", para=PAGAMENTO)
def liberar(v: Visita) -> Response:
    """Libera, ou retira a liberação, dos lotes escolhidos; ou todos, ou nenhum."""
    numeros = _numeros(v)
    if not numeros:
        raise PaginaDeErro(422, "Escolha pelo menos um lote.")
    retirar = v.formulario.texto("acao") == "retirar"
    motivo = v.formulario.texto("motivo")
    with v.escrita() as conn:
        for numero in sorted(set(numeros)):
            if retirar:
                casos.retirar(conn, v.operadora.id, numero, v.autor, motivo=motivo)
            else:
                casos.liberar(conn, v.operadora.id, numero, v.autor)
            acao = "retirar-liberacao" if retirar else "liberar"
            v.auditar(acao, "protocolo", str(numero), conn=conn)
    feito = "Liberação retirada" if retirar else "Liberado para pagamento"
    plural = "" if len(numeros) == 1 else f" ({len(numeros)} lotes)"
    return v.ir("/pagamentos/liberacao", f"{feito}{plural}.")


@area.pagina("/pagamentos/previsao", para=LEITURA)
def previsao(v: Visita) -> Response:
    """O que se espera pagar, e a soma de cada dia."""
    leitor = Leitor(v.consulta)
    passadas = leitor.numero("passadas") or 0
    hoje = dia(v.agora)
    with v.leitura() as conn:
        lidas = casos.prever(conn, v.operadora.id, hoje, passadas=passadas, limite=_MOSTRADOS + 1)
        linhas = lidas[:_MOSTRADOS]
        quem = consultas.recebedores(conn, v.operadora.id, {p.prestador_id for p in linhas})
        # quem continua a lista já viu os totais
        totais = {} if v.htmx else casos.totais_previstos(conn, v.operadora.id, hoje)
    return v.mostrar(
        "pagamentos/previsao.html",
        linhas=linhas,
        quem=quem,
        totais=totais,
        passadas=passadas + _MOSTRADOS if len(lidas) > _MOSTRADOS else None,
    )


@area.pagina("/pagamentos/novo", para=PAGAMENTO)
def novo(v: Visita) -> Response:
    """O que se pode pagar a um prestador, para escolher."""
    return _formulario(v, {})


@area.formulario("/pagamentos/novo", para=PAGAMENTO)
def criar(v: Visita) -> Response:
    """Prende o que se escolheu num pagamento por confirmar, e mostra a prévia."""
    leitor = Leitor(v.formulario)
    prevista = leitor.dia("data")
    numeros = _numeros(v) + _outros(v)
    descontos, erros = _descontos(v, leitor)
    forma = next((f for f in Forma if f.value == v.formulario.texto("forma")), None)
    if prevista is None:
        erros.setdefault("data", leitor.erros.get("data", "diga quando se espera pagar"))
    if forma is None:
        erros["forma"] = "escolha a forma de pagamento"
    if not numeros:
        erros[""] = "Escolha pelo menos um protocolo."
    if erros or leitor.erros or prevista is None or forma is None:
        return _formulario(v, leitor.erros | erros)
    pedido = casos.PedidoDePagamento(
        v.formulario.texto("chave"), v.formulario.texto("prestador"), prevista, forma,
        tuple(casos.Alvo(numero) for numero in sorted(set(numeros))),
        v.formulario.texto("banco") or None, v.formulario.texto("agencia") or None,
        v.formulario.texto("conta") or None, tuple(descontos),
    )  # fmt: skip
    try:
        with v.escrita() as conn:
            feito = casos.criar(conn, v.operadora.id, pedido, v.autor)
            v.auditar("criar", "pagamento", str(feito.pagamento.id), conn=conn)
    except PaginaDeErro as erro:
        return _formulario(v, {"": erro.texto})
    return v.ir(f"/pagamentos/{feito.pagamento.id}", "Pagamento previsto; confira a prévia.")


@area.pagina(_UM, para=LEITURA)
def um(v: Visita) -> Response:
    """Um pagamento; enquanto previsto, a sua prévia. ``?formato=pdf`` dá-a para imprimir."""
    return _pagina(v, {})


@area.formulario(f"{_UM}/confirmacao", para=PAGAMENTO)
def confirmar(v: Visita) -> Response:
    """Diz que se pagou, e em que dia."""
    data = Leitor(v.formulario).dia("data")
    if data is None:
        return _pagina(v, {"data": "diga o dia em que se pagou"})
    return _fazer(v, "confirmar", partial(casos.confirmar, data=data), "Pagamento confirmado.")


@area.formulario(f"{_UM}/cancelamento", para=PAGAMENTO)
def cancelar(v: Visita) -> Response:
    """Desfaz um pagamento que não se confirmou."""
    motivo = v.formulario.texto("motivo")
    return _fazer(v, "cancelar", partial(casos.cancelar, motivo=motivo), "Pagamento cancelado.")


@area.formulario(f"{_UM}/estorno", para=PAGAMENTO)
def estornar(v: Visita) -> Response:
    """Desfaz o que se pagou, inteiro ou dos protocolos escolhidos; o valor vira um débito."""
    motivo = v.formulario.texto("motivo")
    numeros = _numeros(v)
    alvos = tuple(casos.Alvo(numero) for numero in numeros) or None
    acao = partial(casos.estornar, motivo=motivo, alvos=alvos)
    return _fazer(v, "estornar", acao, "Pagamento estornado.")


def _fazer(v: Visita, nome: str, acao: Callable[..., PagamentoAtual], recado: str) -> Response:
    chave = v.numero("pagamento", "pagamento")
    revisao = v.formulario.visto("revisao")
    try:
        with v.escrita() as conn:
            acao(conn, v.operadora.id, chave, v.autor, revisao=revisao)
            v.auditar(nome, "pagamento", str(chave), conn=conn)
    except PaginaDeErro as erro:
        if erro.status == 404:
            raise
        return _pagina(v, {"": erro.texto})
    return v.ir(f"/pagamentos/{chave}", recado)


def _pagina(v: Visita, erros: Mapping[str, str]) -> Response:
    chave = v.numero("pagamento", "pagamento")
    with v.leitura() as conn:
        try:
            atual = casos.ler(conn, v.operadora.id, chave)
        except Impedimento:
            raise nao_ha("pagamento") from None
        dono = atual.pagamento.prestador_id
        quem = consultas.recebedores(conn, v.operadora.id, [dono])[dono]
        notas = notas_fiscais.do_pagamento(conn, chave)
    previa = folha.montar(v.operadora, previa_de(v.operadora, atual, quem), dia(v.agora))
    if v.consulta.texto("formato") == "pdf":
        return folhas.em_pdf(v, [previa])
    return v.mostrar(
        "pagamentos/um.html",
        status=422 if erros else 200,
        atual=atual,
        quem=quem,
        previa=previa,
        notas=notas,
        situacao=formas.situacao(atual.pagamento.estado, atual.nota),
        paga=v.pode(Papel.PAGAMENTO),
        hoje=dia(v.agora),
        erros=erros,
    )


def _formulario(v: Visita, erros: Mapping[str, str]) -> Response:
    codigo = v.formulario.texto("prestador") or v.consulta.texto("prestador")
    linhas: tuple[Previsto, ...] = ()
    with v.leitura() as conn:
        dono = consultas.chave_do_prestador(conn, v.operadora.id, codigo) if codigo else None
        if dono is not None:
            linhas = _a_pagar(v, conn, dono)
    if codigo and dono is None:
        erros = {**erros, "prestador": "não há prestador com este código"}
    return v.mostrar(
        "pagamentos/novo.html",
        status=422 if erros else 200,
        codigo=codigo,
        linhas=linhas[:_A_ESCOLHER],
        outras=linhas[_A_ESCOLHER:],
        total=sum((p.liberado for p in linhas), ZERO),
        formas=[(f.value, FORMAS[f]) for f in Forma],
        tipos=[(t.value, f"{t.value} {formas.texto_do_tipo(t)}") for t in TipoLancamento],
        indicadores=[(Indicador.DEBITO.value, "Débito"), (Indicador.CREDITO.value, "Crédito")],
        quantos=LINHAS_DE_DESCONTOS,
        chave=v.formulario.texto("chave") or uuid.uuid4().hex,
        erros=erros,
    )


def _a_pagar(v: Visita, conn: Connection, dono: int) -> tuple[Previsto, ...]:
    """O que um prestador tem liberado e em nenhum pagamento, do número menor ao maior."""
    return casos.prever(conn, v.operadora.id, dia(v.agora), prestador_id=dono, sem_pagamento=True)


def _outros(v: Visita) -> list[int]:
    """Os protocolos que não se mostraram um a um, se se pediu que entrassem."""
    ultimo = ler_protocolo(v.formulario.texto("depois-de"))
    if ultimo is None or not v.formulario.texto("outros"):
        return []
    with v.leitura() as conn:
        dono = consultas.chave_do_prestador(conn, v.operadora.id, v.formulario.texto("prestador"))
        linhas = () if dono is None else _a_pagar(v, conn, dono)
    return [p.protocolo for p in linhas if p.protocolo > ultimo]


def _descontos(v: Visita, leitor: Leitor) -> tuple[list[Desconto], dict[str, str]]:
    feitos: list[Desconto] = []
    erros: dict[str, str] = {}
    for n in range(1, LINHAS_DE_DESCONTOS + 1):
        valor = leitor.reais(f"valor-{n}")
        if valor is None:
            continue
        descricao = v.formulario.texto(f"descricao-{n}")
        tipo = next((t for t in TipoLancamento if t == v.formulario.texto(f"tipo-{n}")), None)
        qual = next((i for i in Indicador if i == v.formulario.texto(f"indicador-{n}")), None)
        if valor <= 0:
            erros[f"valor-{n}"] = "maior do que zero"
        if not 0 < len(descricao) <= MAIOR_DESCRICAO:
            erros[f"descricao-{n}"] = f"de 1 a {MAIOR_DESCRICAO} caracteres"
        if tipo is None or qual is None:
            erros[f"tipo-{n}"] = "escolha se é débito ou crédito, e de que tipo"
        elif not erros:
            feitos.append(Desconto(qual, tipo, descricao, valor))
    return feitos, erros


def _situacao(linha: consultas.Linha) -> str:
    nota = montagem.estado_da_nota(linha.nota, exigida=linha.exige_nota)
    return formas.situacao(linha.estado, nota)


def _numeros(v: Visita) -> list[int]:
    """Os protocolos marcados; o que não é um número de protocolo não conta."""
    lidos = [ler_protocolo(texto) for texto in v.formulario.textos("numero")]
    return [numero for numero in lidos if numero is not None]
