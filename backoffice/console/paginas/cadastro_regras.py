"""As regras de recebimento: o que vale em cada uma, para todos ou para um prestador."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from backoffice.api.cadastro_regras import NovoAjuste, todas
from backoffice.console.conferencia import conferir
from backoffice.console.erros import nao_ha
from backoffice.console.filtros import Leitor
from backoffice.console.paginas.cadastro import area
from backoffice.console.papeis import ADMIN
from dominio.versoes import VERSOES
from handlers.regras import politica
from handlers.regras.externas import MAIOR_TEXTO
from handlers.regras.regra import NIVEIS
from persistence import credenciamento, regras

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection
    from starlette.responses import Response

    from backoffice.console.visita import Visita
    from handlers.regras import Regra

NOMES = {
    "recusa": "Recusa o lote",
    "glosa": "Glosa",
    "critica": "Crítica",
    "nota": "Nota",
    "desligada": "Desligada",
}
"""Como se lê cada nível."""
_UMA = "/cadastro/regras/{regra}"


@area.pagina("/cadastro/regras", para=ADMIN)
def das_regras(v: Visita) -> Response:
    """Todas as regras, com quem disse a última palavra em cada uma."""
    leitor = Leitor(v.consulta)
    codigo = leitor.texto("prestador")
    with v.leitura() as conn:
        dono = None
        if codigo is not None:
            dono = credenciamento.por_codigo(conn, v.operadora.id, codigo)
            if dono is None:
                leitor.erros["prestador"] = "não há prestador com este código"
        mudadas = regras.ajustes(conn, v.operadora.id, None if dono is None else dono.id)
    return v.mostrar(
        "cadastro/regras.html",
        linhas=[(regra, politica.em_vigor(regra, mudadas)) for regra in todas()],
        dono=dono,
        nomes=NOMES,
        versao=VERSOES[-1],
        erros=leitor.erros,
    )


@area.pagina(_UMA, para=ADMIN)
def da_regra(v: Visita) -> Response:
    """Uma regra e o seu ajuste, para mudar."""
    return _pagina(v, _achar(v), {})


@area.formulario(_UMA, para=ADMIN)
def ajustar(v: Visita) -> Response:
    """Troca o ajuste inteiro de uma regra; vale na mensagem seguinte."""
    regra = _achar(v)
    campos = {nome: v.formulario.texto(nome) for nome in ("nivel", "tolerancia", "texto")}
    pedido, erros = conferir(NovoAjuste, campos)
    if pedido is None:
        return _pagina(v, regra, erros)
    ajuste = regras.Ajuste(pedido.nivel, pedido.tolerancia, pedido.texto)
    try:
        politica.conferir(regra, ajuste)
    except politica.AjusteRecusado as erro:
        return _pagina(v, regra, {erro.campo: str(erro)})
    codigo = v.formulario.texto("prestador")
    with v.escrita() as conn:
        prestador_id = _prestador(v, conn, codigo)
        regras.ajustar(conn, v.operadora.id, prestador_id, regra.chave, ajuste)
        v.auditar(
            "ajustar", "regra", regra.chave, conn=conn, prestador=codigo or None,
            nivel=ajuste.nivel, tolerancia=ajuste.tolerancia,
        )  # fmt: skip
    fim = v.url("/cadastro/regras", prestador=codigo).removeprefix(v.url(""))
    return v.ir(fim, "Regra mudada; vale na mensagem seguinte.")


def _achar(v: Visita) -> Regra[Any]:
    chave = v.parametro("regra")
    achada = next((r for r in todas() if r.chave == chave), None)
    if achada is None:
        raise nao_ha("regra")
    return achada


def _prestador(v: Visita, conn: Connection, codigo: str) -> int | None:
    if not codigo:
        return None
    achado = credenciamento.por_codigo(conn, v.operadora.id, codigo)
    if achado is None:
        raise nao_ha("prestador")
    return achado.id


def _pagina(v: Visita, regra: Regra[Any], erros: Mapping[str, str]) -> Response:
    codigo = v.formulario.texto("prestador") or v.consulta.texto("prestador")
    with v.leitura() as conn:
        prestador_id = _prestador(v, conn, codigo)
        mudadas = regras.ajustes(conn, v.operadora.id, prestador_id)
    deles = mudadas.da_operadora if prestador_id is None else mudadas.do_prestador
    return v.mostrar(
        "cadastro/regra.html",
        status=422 if erros else 200,
        regra=regra,
        vigor=politica.em_vigor(regra, mudadas),
        ajuste=deles.get(regra.chave, regras.Ajuste()),
        codigo=codigo,
        niveis=[(n.value, NOMES[n.value]) for n in NIVEIS],
        maior=MAIOR_TEXTO,
        nomes=NOMES,
        erros=erros,
    )
