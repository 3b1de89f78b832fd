"""A operadora: os seus dados e as políticas com que recebe mensagens e numera."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import tiss_xsd
from backoffice.api.cadastro import MudancaDaOperadora
from backoffice.console.area import Area
from backoffice.console.conferencia import conferir
from backoffice.console.papeis import ADMIN
from persistence import credenciamento

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.responses import Response

    from backoffice.console.visita import Visita

area = Area("cadastro")
area.no_menu("Cadastro", "/cadastro", ordem=70)

_CAMPOS = (
    "nome", "recusa", "credenciais", "loteRepetido", "hashModo", "larguraProtocolo",
    "larguraRecurso", "larguraDemonstrativo", "padraoGuia",
)  # fmt: skip


@area.pagina("/cadastro", para=ADMIN)
def da_operadora(v: Visita) -> Response:
    """Os dados e as políticas da operadora, para mudar."""
    return _pagina(v, {})


@area.formulario("/cadastro", para=ADMIN)
def mudar(v: Visita) -> Response:
    """Muda as políticas; valem na mensagem seguinte."""
    ditos: dict[str, Any] = {nome: v.formulario.texto(nome) for nome in _CAMPOS}
    ditos["falhaCom200"] = v.formulario.marcado("falhaCom200")
    recusadas = {versao: v.formulario.texto(f"desde-{versao}") for versao in tiss_xsd.versoes()}
    pedido, erros = conferir(MudancaDaOperadora, ditos)
    # cada versão confere-se sozinha, para o erro ficar no seu campo
    for versao, desde in recusadas.items():
        _, defeitos = conferir(MudancaDaOperadora, {"versoesRecusadas": {versao: desde or None}})
        if desde and defeitos:
            erros[f"desde-{versao}"] = next(iter(defeitos.values()))
    if not ditos["nome"]:
        erros["nome"] = "falta"
    if pedido is None or erros:
        return _pagina(v, erros)
    escolhidas = {versao: desde for versao, desde in recusadas.items() if desde}
    com_versoes = MudancaDaOperadora.model_validate({"versoesRecusadas": escolhidas})
    mudancas = pedido.mudancas() | com_versoes.mudancas()
    # o formulário mostra o padrão que há: apagá-lo é deixar de gerar números
    mudancas.setdefault("padrao_guia", None)
    with v.escrita() as conn:
        mudada = credenciamento.mudar_operadora(conn, v.operadora, mudancas)
        v.auditar("mudar", "operadora", mudada.registro_ans, conn=conn, campos=sorted(mudancas))
    return v.ir("/cadastro", "Cadastro mudado; vale na mensagem seguinte.")


def _pagina(v: Visita, erros: Mapping[str, str]) -> Response:
    return v.mostrar(
        "cadastro/operadora.html",
        status=422 if erros else 200,
        o=v.operadora,
        versoes=tiss_xsd.versoes(),
        erros=erros,
    )
