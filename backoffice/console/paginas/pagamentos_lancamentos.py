"""Os débitos e créditos que esperam o próximo pagamento de um prestador."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from backoffice.api.formas_de_pagamento import texto_do_tipo
from backoffice.console.erros import PaginaDeErro
from backoffice.console.filtros import Leitor
from backoffice.console.paginas.pagamentos import area
from backoffice.console.papeis import LEITURA, PAGAMENTO
from dominio.pagamento import MAIOR_DESCRICAO, Desconto, Indicador, TipoLancamento
from handlers.pagamento import avulsos
from persistence import lancamentos
from persistence.consultas.pagamentos import chave_do_prestador

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.responses import Response

    from backoffice.console.visita import Visita

_CAMINHO = "/pagamentos/lancamentos"
_INDICADORES = {Indicador.DEBITO: "Débito", Indicador.CREDITO: "Crédito"}
_ORIGENS = {
    "pessoa": "Alguém o lançou",
    "retencao": "Retenção",
    "tarifa": "Tarifa",
    "estorno": "Estorno de um pagamento",
}


@area.pagina(_CAMINHO, para=LEITURA)
def esperam(v: Visita) -> Response:
    """Os de um prestador, do mais antigo ao mais novo."""
    return _pagina(v, v.consulta.texto("prestador"), {})


@area.formulario(_CAMINHO, para=PAGAMENTO)
def lancar(v: Visita) -> Response:
    """Põe mais um à espera do próximo pagamento do prestador."""
    codigo = v.formulario.texto("prestador")
    dito, erros = _desconto(v)
    if dito is None:
        return _pagina(v, codigo, erros)
    try:
        with v.escrita() as conn:
            avulsos.lancar(
                conn, v.operadora.id, codigo, dito, v.autor, chave=v.formulario.texto("chave")
            )
            v.auditar("lancar", "prestador", codigo, conn=conn, indicador=dito.indicador.value)
    except PaginaDeErro as erro:
        if erro.status == 404:
            raise
        return _pagina(v, codigo, {"": erro.texto})
    destino = v.url(_CAMINHO, prestador=codigo).removeprefix(v.url(""))
    return v.ir(destino, "Lançado; entra no próximo pagamento.")


def _desconto(v: Visita) -> tuple[Desconto | None, dict[str, str]]:
    leitor = Leitor(v.formulario)
    valor = leitor.reais("valor")
    descricao = v.formulario.texto("descricao")
    tipo = next((t for t in TipoLancamento if t == v.formulario.texto("tipo")), None)
    qual = next((i for i in Indicador if i == v.formulario.texto("indicador")), None)
    erros = leitor.erros
    if "valor" not in erros and (valor is None or valor <= 0):
        erros["valor"] = "maior do que zero"
    if not 0 < len(descricao) <= MAIOR_DESCRICAO:
        erros["descricao"] = f"de 1 a {MAIOR_DESCRICAO} caracteres"
    if tipo is None:
        erros["tipo"] = "escolha uma das opções"
    if qual is None:
        erros["indicador"] = "escolha uma das opções"
    if erros or valor is None or tipo is None or qual is None:
        return None, erros
    return Desconto(qual, tipo, descricao, valor), {}


def _pagina(v: Visita, codigo: str, erros: Mapping[str, str]) -> Response:
    todos: tuple[lancamentos.Lancamento, ...] = ()
    achado = None
    if codigo:
        with v.leitura() as conn:
            achado = chave_do_prestador(conn, v.operadora.id, codigo)
            if achado is not None:
                todos = lancamentos.pendentes(conn, v.operadora.id, achado)
        if achado is None:
            erros = {**erros, "prestador": "não há prestador com este código"}
    return v.mostrar(
        "pagamentos/lancamentos.html",
        status=422 if erros and v.pedido.method == "POST" else 200,
        codigo=codigo,
        achado=achado is not None,
        lancamentos=todos,
        indicadores=[(i.value, texto) for i, texto in _INDICADORES.items()],
        nome_do_indicador=_INDICADORES,
        tipos=[(t.value, f"{t.value} {texto_do_tipo(t)}") for t in TipoLancamento],
        texto_do_tipo=texto_do_tipo,
        origens=_ORIGENS,
        maximo=MAIOR_DESCRICAO,
        chave=v.formulario.texto("chave") or uuid.uuid4().hex,
        erros=erros,
    )
