"""``/api/v1/protocolos/{numero}/documentos``: os documentos de um lote e o conteúdo de cada um."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from backoffice import rotulos
from backoffice.api import anexos, formas
from backoffice.api.autorizacao import ComConteudo, ComLeitura
from backoffice.api.base import Acesso, da
from backoffice.api.chaves import ler_chave, ler_numero
from backoffice.api.formas import Forma, Instante
from backoffice.api.problemas import nao_ha
from dominio.formatos_de_anexo import como_se_serve
from persistence import documentos, protocolos, recursos

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from backoffice.api.base import Quem
    from persistence.documentos import Documento

rotas = APIRouter(tags=["documentos"])

_CONTEUDO: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/octet-stream": {}}, "description": "Os bytes."}
}


class DocumentoNaLista(Forma):
    """Um documento de um lote; ``guia`` é a posição dela no lote."""

    protocolo_documento: str
    numero_documento: str
    tipo_documento: str
    formato: str
    nome_arquivo: str
    recebido_em: Instante
    situacao: str
    guia: int | None
    numero_guia_prestador: str | None
    numero_guia_operadora: str | None
    sequencial_item: int | None
    observacao: str | None
    tamanho: int
    sha256: str


class Documentos(Forma):
    """Os documentos de um lote, do primeiro ao último recebido."""

    documentos: list[DocumentoNaLista]


class _Lidos(NamedTuple):
    documentos: tuple[Documento, ...]
    carteiras: dict[int, str]


@rotas.get(
    "/protocolos/{numero}/documentos", response_model=Documentos, summary="Documentos de um lote"
)
async def listar(pedido: Request, numero: str, quem: ComLeitura) -> Response:
    """Os documentos que citam o lote, ou uma guia que está nele; ou os de um recurso."""
    chave = ler_numero(numero)
    base = da(pedido)
    lidos = await base.ler(lambda conn: _ler(conn, quem, chave))
    if lidos is None:
        raise nao_ha("protocolo")
    acesso = Acesso(
        "listar", "documentos", str(chave), frozenset(_de_quem(lidos, *lidos.documentos))
    )
    await base.auditar(quem, acesso)
    largura = quem.operadora.largura_protocolo
    prontos = [_documento(d, largura) for d in lidos.documentos]
    return formas.resposta(Documentos(documentos=prontos))


@rotas.get(
    "/protocolos/{numero}/documentos/{documento}",
    response_class=Response,
    responses=_CONTEUDO,
    summary="Conteúdo de um documento",
)
async def conteudo(pedido: Request, numero: str, documento: str, quem: ComConteudo) -> Response:
    """Os bytes de um documento, pelo número que ele recebeu ao chegar."""
    chave, procurado = ler_numero(numero), ler_chave(documento, "documento")
    arquivos = anexos.deposito(pedido).arquivos

    def ler(conn: Connection) -> tuple[_Lidos, Documento, bytes] | None:
        lidos = _ler(conn, quem, chave)
        for achado in () if lidos is None else lidos.documentos:
            if achado.numero == procurado:
                assert lidos is not None  # noqa: S101 - achou-se nele
                return lidos, achado, b"".join(documentos.conteudo(conn, arquivos, achado))
        return None

    lido = await anexos.ler(pedido, ler)
    if lido is None:
        raise nao_ha("documento")
    lidos, achado, dados = lido
    acesso = Acesso(
        "ler",
        "documento",
        str(achado.numero),
        frozenset(_de_quem(lidos, achado)),
        {"protocolo": chave},
    )
    await da(pedido).auditar(quem, acesso)
    formato = como_se_serve(achado.formato)
    nome = None if achado.nome is None else quote(achado.nome)
    return anexos.resposta(dados, formato.tipo, _nome(achado), nome)


def _ler(conn: Connection, quem: Quem, numero: int) -> _Lidos | None:
    protocolo = protocolos.por_numero(conn, quem.operadora.id, numero)
    if protocolo is None:
        return None
    lote = protocolo.lote_id
    if lote is None and (recurso := recursos.por_numero(conn, quem.operadora.id, numero)):
        lote = recurso.lote_id
    guias = () if lote is None else protocolos.guias(conn, lote)
    return _Lidos(
        documentos.do_protocolo(conn, quem.operadora.id, protocolo.id),
        {guia.posicao: guia.beneficiario.carteira for guia in guias},
    )


def _de_quem(lidos: _Lidos, *quais: Documento) -> set[str]:
    """As carteiras das guias dos documentos; o do lote inteiro pode ser de qualquer uma delas."""
    if any(d.guia_posicao is None for d in quais):
        return set(lidos.carteiras.values())
    return {lidos.carteiras[d.guia_posicao] for d in quais if d.guia_posicao in lidos.carteiras}


def _nome(documento: Documento) -> str:
    return f"{documento.numero}.{como_se_serve(documento.formato).extensao}"


def _documento(d: Documento, largura: int) -> DocumentoNaLista:
    return DocumentoNaLista(
        protocolo_documento=rotulos.numero(d.numero, largura),
        numero_documento=d.numero_documento,
        tipo_documento=d.tipo,
        formato=como_se_serve(d.formato).nome,
        nome_arquivo=d.nome or _nome(d),
        recebido_em=d.recebido_em,
        situacao="Recebido",
        guia=d.guia_posicao,
        numero_guia_prestador=d.guia_prestador,
        numero_guia_operadora=d.guia_operadora,
        sequencial_item=d.sequencial_item,
        observacao=d.observacao,
        tamanho=d.tamanho,
        sha256=d.sha256,
    )
