"""``/api/v1/relatorios``: os que se fazem em segundo plano, e baixá-los quando prontos."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from fastapi import APIRouter
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from backoffice import rotulos
from backoffice.api import anexos, formas, planilhas
from backoffice.api.autorizacao import ComLeitura
from backoffice.api.base import Acesso, da
from backoffice.api.campos import Numero, Pedido
from backoffice.api.chaves import ler_chave
from backoffice.api.formas import Forma, Instante
from backoffice.api.impressos import PDF, nome_de_arquivo
from backoffice.api.problemas import Problema, nao_ha
from dominio.situacao import StatusProtocolo
from persistence import protocolos, relatorios

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from backoffice.api.base import Quem
    from persistence.relatorios import Relatorio

rotas = APIRouter(tags=["relatórios"])

_TIPOS = {"pdf": PDF, "html": "text/html; charset=utf-8", "csv": planilhas.TIPO}
_ARQUIVO: dict[int | str, dict[str, Any]] = {
    200: {"content": {tipo: {} for tipo in _TIPOS.values()}, "description": "Os bytes."}
}


class RelatorioPedido(Pedido):
    """De que protocolo, e em que formato."""

    protocolo: Numero
    formato: Literal["pdf", "html", "csv"] = Field("pdf", description="Do arquivo.")


class RelatorioMostrado(Forma):
    """Um relatório: `pendente` até se fazer, e então `pronto` ou `falhou`."""

    id: int
    tipo: str
    numero_protocolo: str
    formato: str
    estado: str
    criado_em: Instante
    criado_por: str
    feito_em: Instante | None
    tamanho: int | None


class Relatorios(Forma):
    """Os cem mais novos."""

    relatorios: list[RelatorioMostrado]


@rotas.post(
    "/relatorios/glosas",
    response_model=RelatorioMostrado,
    status_code=202,
    summary="Pedir o relatório de glosas",
)
async def pedir_glosas(pedido: Request, quem: ComLeitura, corpo: RelatorioPedido) -> Response:
    """Põe a fazer-se o relatório das glosas de um protocolo analisado.

    O webhook `relatorio.pronto` avisa quando se pode baixar; pedido outra vez enquanto espera, é
    o mesmo. Guarda-se por sete dias.
    """
    base = da(pedido)

    def acao(conn: Connection) -> Relatorio:
        protocolo = protocolos.por_numero(conn, quem.operadora.id, corpo.protocolo)
        if protocolo is None or protocolo.lote_id is None:
            raise nao_ha("protocolo de lote")
        if not protocolo.analise_visivel:
            status: StatusProtocolo = protocolo.status
            raise Problema(
                409, f"A análise ainda não acabou: está em {int(status)} ({status.texto})."
            )
        return relatorios.pedir(
            conn,
            quem.operadora.id,
            tipo="glosas",
            protocolo=protocolo.numero,
            formato=corpo.formato,
            quem=quem.nome,
            agora=base.relogio(),
        )

    pronta = formas.resposta(_mostrado(quem, await base.gravar(acao)))
    pronta.status_code = 202
    return pronta


@rotas.get("/relatorios", response_model=Relatorios, summary="Relatórios")
async def listar(pedido: Request, quem: ComLeitura) -> Response:
    """Os relatórios pedidos nos últimos sete dias, do mais novo ao mais velho."""
    lidos = await da(pedido).ler(lambda conn: relatorios.listar(conn, quem.operadora.id))
    return formas.resposta(Relatorios(relatorios=[_mostrado(quem, r) for r in lidos]))


@rotas.get("/relatorios/{id}", response_model=RelatorioMostrado, summary="Um relatório")
async def um(pedido: Request, id: str, quem: ComLeitura) -> Response:  # noqa: A002 - do endereço
    """Em que pé está um relatório."""
    chave = ler_chave(id, "relatório")
    lido = await da(pedido).ler(lambda conn: _achar(conn, quem, chave))
    return formas.resposta(_mostrado(quem, lido))


@rotas.get(
    "/relatorios/{id}/arquivo",
    response_class=Response,
    responses=_ARQUIVO,
    summary="Baixar um relatório",
)
async def arquivo(pedido: Request, id: str, quem: ComLeitura) -> Response:  # noqa: A002
    """O arquivo de um relatório pronto; enquanto não está, 409."""
    chave = ler_chave(id, "relatório")

    def ler(conn: Connection) -> tuple[Relatorio, bytes, frozenset[str]]:
        lido = _achar(conn, quem, chave)
        if lido.estado != relatorios.PRONTO:
            raise Problema(409, f"O relatório ainda não está pronto: está {lido.estado}.")
        protocolo = protocolos.por_numero(conn, quem.operadora.id, lido.protocolo)
        assert protocolo is not None  # noqa: S101 - protocolos não se apagam
        guias = protocolos.guias(conn, protocolo.lote_id or 0)
        carteiras = frozenset(g.beneficiario.carteira for g in guias)
        return lido, relatorios.conteudo(conn, lido), carteiras

    base = da(pedido)
    lido, conteudo, carteiras = await base.ler(ler)
    detalhes = {"impresso": lido.tipo, "formato": lido.formato}
    await base.auditar(
        quem, Acesso("exportar", "protocolo", str(lido.protocolo), carteiras, detalhes)
    )
    nome = nome_de_arquivo(f"glosas-{lido.protocolo}")
    return anexos.resposta(conteudo, _TIPOS[lido.formato], f"{nome}.{lido.formato}")


def _achar(conn: Connection, quem: Quem, chave: int) -> Relatorio:
    lido = relatorios.ler(conn, quem.operadora.id, chave)
    if lido is None:
        raise nao_ha("relatório")
    return lido


def _mostrado(quem: Quem, r: Relatorio) -> RelatorioMostrado:
    campos = {
        nome: getattr(r, nome) for nome in RelatorioMostrado.model_fields if nome in r._fields
    }
    numero = rotulos.numero(r.protocolo, quem.operadora.largura_protocolo)
    return RelatorioMostrado(**campos, numero_protocolo=numero)
