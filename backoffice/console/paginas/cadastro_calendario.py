"""O calendário de faturamento: os períodos, um a um ou de um ano inteiro."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backoffice.api.calendario import NovoAno, NovoPeriodo
from backoffice.console.conferencia import conferir
from backoffice.console.erros import nao_ha
from backoffice.console.filtros import Leitor
from backoffice.console.paginas.cadastro import area
from backoffice.console.papeis import ADMIN
from handlers import calendario as casos
from handlers.calendario import CalendarioRecusado, PedidoDeAno, PedidoDePeriodo
from persistence import calendario, credenciamento

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.responses import Response

    from backoffice.console.visita import Visita

_CAMPOS = (
    "prestador", "competencia", "execucaoDe", "execucaoAte", "envioDe", "envioAte", "pagamento",
)  # fmt: skip


@area.pagina("/cadastro/calendario", para=ADMIN)
def do_calendario(v: Visita) -> Response:
    """Os períodos, pela ordem em que se acaba de receber."""
    return _pagina(v, {})


@area.formulario("/cadastro/calendario/anos", para=ADMIN)
def gerar(v: Visita) -> Response:
    """Cria os doze períodos de um ano."""
    ditos = {nome: v.formulario.texto(nome) for nome in ("ano", "ultimoDia")}
    pedido, erros = conferir(NovoAno, ditos | {"uteis": v.formulario.marcado("uteis")})
    if pedido is None:
        return _pagina(v, erros)
    try:
        with v.escrita() as conn:
            quais = PedidoDeAno(pedido.ano, pedido.ultimo_dia, pedido.uteis)
            casos.gerar(conn, v.operadora.id, quais)
            v.auditar("gerar", "calendario", str(pedido.ano), conn=conn)
    except CalendarioRecusado as erro:
        return _pagina(v, {erro.campo or "": str(erro)})
    return v.ir("/cadastro/calendario", f"Períodos de {pedido.ano} criados.")


@area.pagina("/cadastro/calendario/novo", para=ADMIN)
def novo(v: Visita) -> Response:
    """O formulário de um período."""
    return v.mostrar("cadastro/periodo.html", erros={})


@area.formulario("/cadastro/calendario/novo", para=ADMIN)
def criar(v: Visita) -> Response:
    """Abre um período, para todos ou para um prestador, como o de um lote retroativo."""
    pedido, erros = conferir(NovoPeriodo, {nome: v.formulario.texto(nome) for nome in _CAMPOS})
    if pedido is None:
        return v.mostrar("cadastro/periodo.html", status=422, erros=erros)
    try:
        with v.escrita() as conn:
            dono = None
            if pedido.prestador is not None:
                dono = credenciamento.por_codigo(conn, v.operadora.id, pedido.prestador)
                if dono is None:
                    raise CalendarioRecusado("não há prestador com este código", "prestador")
            campos = pedido.model_dump(exclude={"prestador"})
            pedida = PedidoDePeriodo(None if dono is None else dono.id, **campos)
            feito = casos.criar(conn, v.operadora.id, pedida)
            v.auditar("criar", "periodo", str(feito.id), conn=conn, competencia=feito.competencia)
    except CalendarioRecusado as erro:
        return v.mostrar("cadastro/periodo.html", status=422, erros={erro.campo or "": str(erro)})
    return v.ir("/cadastro/calendario", "Período criado.")


@area.formulario("/cadastro/calendario/{periodo}/apagar", para=ADMIN)
def apagar(v: Visita) -> Response:
    """Apaga um período; o que já se recebeu fica como está."""
    chave = v.numero("periodo", "período")
    with v.escrita() as conn:
        if not calendario.apagar(conn, v.operadora.id, chave):
            raise nao_ha("período")
        v.auditar("apagar", "periodo", str(chave), conn=conn)
    return v.ir("/cadastro/calendario", "Período apagado.")


def _pagina(v: Visita, erros: Mapping[str, str]) -> Response:
    leitor = Leitor(v.consulta)
    competencia = leitor.competencia("competencia")
    with v.leitura() as conn:
        periodos = calendario.listar(conn, v.operadora.id, competencia=competencia)
        de_um = [p.prestador_id for p in periodos if p.prestador_id is not None]
        codigos = credenciamento.codigos(conn, v.operadora.id, de_um)
    return v.mostrar(
        "cadastro/calendario.html",
        status=422 if erros else 200,
        periodos=periodos,
        codigos=codigos,
        do_filtro=leitor.erros,
        erros=erros,
    )
