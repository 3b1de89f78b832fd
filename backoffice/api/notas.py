"""``/api/v1/pagamentos/{pagamento}/notas`` e ``/notas/{nota}``: notas fiscais e seus arquivos."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from backoffice.api import anexos, campos, formas
from backoffice.api.autorizacao import ComConteudo, ComLeitura, ComPagamento
from backoffice.api.base import Acesso, da
from backoffice.api.campos import Dia, Pedido, Texto
from backoffice.api.chaves import ler_chave
from backoffice.api.formas import Forma, Instante, Reais
from backoffice.api.operacoes import autor, consultar, fazer
from backoffice.api.problemas import nao_ha
from dominio.formatos_de_nota import FORMATOS
from handlers import pagamento as casos
from handlers.pagamento import notas as das_notas
from handlers.pagamento.arquivo_da_nota import anexar
from handlers.pagamento.notas import DadosDaNota
from persistence import arquivos_de_notas, notas_fiscais

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from backoffice.api.base import Quem
    from persistence.arquivos_de_notas import ArquivoDeNota
    from persistence.notas_fiscais import NotaFiscal

rotas = APIRouter(tags=["notas fiscais"])

ESTADOS = {
    "rascunho": "Aguardando envio",
    "em-analise": "Em análise",
    "aceita": "Aceita",
    "recusada": "Recusada",
}
"""O que se diz de uma nota em cada estado."""
_CORPO = {
    "required": True,
    "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
}
_ARQUIVO: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/octet-stream": {}}, "description": "Os bytes."}
}


class NotaDita(Pedido):
    """O que a nota fiscal diz; o valor é o bruto do pagamento."""

    numero: Annotated[str, Field(max_length=60)]
    serie: Annotated[str, Field(max_length=60)]
    valor: campos.Reais
    emissao: Dia
    documento: Texto | None = Field(None, description="Referência do documento, se há.")


class Decisao(Pedido):
    """Se a nota se aceita; recusada, por quê."""

    aceitar: bool
    motivo: Annotated[str, Field(max_length=500)] = ""


class NomeDoArquivo(Pedido):
    """Com que nome se guarda."""

    nome: Annotated[str, Field(min_length=1, max_length=200, description="Com a extensão.")]


class Arquivo(Forma):
    """O arquivo de uma nota."""

    nome: str
    tipo: str
    tamanho: int
    anexado_em: Instante
    anexado_por: str


class Nota(Forma):
    """Uma nota fiscal."""

    id: int
    pagamento: int
    numero: str
    serie: str
    valor: Reais
    emissao: date
    documento: str | None
    estado: str
    situacao: str
    motivo: str | None
    criada_em: Instante
    enviada_em: Instante | None
    decidida_em: Instante | None
    decidida_por: str | None
    arquivo: Arquivo | None


class Notas(Forma):
    """As notas de um pagamento, da primeira à última."""

    exigida: bool
    notas: list[Nota]


@rotas.get("/pagamentos/{pagamento}/notas", response_model=Notas, summary="Notas de um pagamento")
async def listar(pedido: Request, pagamento: str, quem: ComLeitura) -> Response:
    """As notas fiscais de um pagamento, e se ele espera uma."""
    chave = ler_chave(pagamento, "pagamento")

    def ler(conn: Connection) -> Notas:
        atual = casos.ler(conn, quem.operadora.id, chave).pagamento
        notas = notas_fiscais.do_pagamento(conn, atual.id)
        return Notas(exigida=atual.exige_nota, notas=[_nota(conn, quem, nota) for nota in notas])

    return formas.resposta(await consultar(pedido, ler))


@rotas.post("/pagamentos/{pagamento}/notas", response_model=Nota, summary="Nova nota fiscal")
async def incluir(pedido: Request, pagamento: str, quem: ComPagamento, corpo: NotaDita) -> Response:
    """Cria o rascunho da nota de um pagamento previsto; um pagamento só tem uma nota viva."""
    chave = ler_chave(pagamento, "pagamento")
    return await _fazer(
        pedido,
        quem,
        lambda conn: das_notas.incluir(
            conn, quem.operadora.id, chave, _dados(corpo), autor(pedido, quem)
        ),
    )


@rotas.put("/notas/{nota}", response_model=Nota, summary="Editar o rascunho")
async def editar(pedido: Request, nota: str, quem: ComPagamento, corpo: NotaDita) -> Response:
    """Muda um rascunho; depois de enviada, uma nota não muda."""
    chave = ler_chave(nota, "nota fiscal")
    return await _fazer(
        pedido,
        quem,
        lambda conn: das_notas.editar(conn, quem.operadora.id, chave, _dados(corpo)),
    )


@rotas.delete("/notas/{nota}", status_code=204, summary="Excluir o rascunho")
async def excluir(pedido: Request, nota: str, quem: ComPagamento) -> Response:
    """Apaga um rascunho, com o seu arquivo; depois de enviada, uma nota fica."""
    chave = ler_chave(nota, "nota fiscal")
    await fazer(pedido, quem, lambda conn: das_notas.excluir(conn, quem.operadora.id, chave))
    return Response(status_code=204)


@rotas.post("/notas/{nota}/envio", response_model=Nota, summary="Enviar a nota")
async def enviar(pedido: Request, nota: str, quem: ComPagamento) -> Response:
    """Entrega o rascunho à operadora, que o analisa."""
    chave = ler_chave(nota, "nota fiscal")
    return await _fazer(
        pedido,
        quem,
        lambda conn: das_notas.enviar(conn, quem.operadora.id, chave, autor(pedido, quem)),
    )


@rotas.post("/notas/{nota}/decisao", response_model=Nota, summary="Aceitar ou recusar a nota")
async def decidir(pedido: Request, nota: str, quem: ComPagamento, corpo: Decisao) -> Response:
    """Aceita ou recusa uma nota enviada; recusada, pode vir outra."""
    chave = ler_chave(nota, "nota fiscal")
    return await _fazer(
        pedido,
        quem,
        lambda conn: das_notas.decidir(
            conn,
            quem.operadora.id,
            chave,
            autor(pedido, quem),
            aceitar=corpo.aceitar,
            motivo=corpo.motivo,
        ),
    )


@rotas.put(
    "/notas/{nota}/arquivo",
    response_model=Nota,
    summary="Anexar o arquivo",
    openapi_extra={"requestBody": _CORPO},
)
async def guardar_arquivo(
    pedido: Request, nota: str, quem: ComPagamento, campos: Annotated[NomeDoArquivo, Query()]
) -> Response:
    """Anexa o arquivo ao rascunho: os bytes são o corpo do pedido.

    DOC, DOCX, XLS, PDF, JPEG, PNG, ZIP ou RAR, até 15 MB; o nome diz o formato.
    """
    chave = ler_chave(nota, "nota fiscal")
    deposito = anexos.deposito(pedido)
    conteudo = await pedido.body()
    await anexos.examinar(pedido, deposito, conteudo)

    def acao(conn: Connection) -> NotaFiscal:
        quando = autor(pedido, quem)
        anexar(
            conn,
            deposito.arquivos,
            quem.operadora.id,
            chave,
            quando,
            nome=campos.nome,
            conteudo=conteudo,
        )
        return _ler(conn, quem, chave)

    return await _fazer(pedido, quem, acao)


@rotas.get(
    "/notas/{nota}/arquivo",
    response_class=Response,
    responses=_ARQUIVO,
    summary="Baixar o arquivo",
)
async def ler_arquivo(pedido: Request, nota: str, quem: ComConteudo) -> Response:
    """O arquivo da nota, como foi anexado."""
    chave = ler_chave(nota, "nota fiscal")
    arquivos = anexos.deposito(pedido).arquivos

    def ler(conn: Connection) -> tuple[ArquivoDeNota, bytes] | None:
        achado = arquivos_de_notas.ler(conn, quem.operadora.id, chave)
        if achado is None:
            return None
        return achado, b"".join(arquivos_de_notas.conteudo(conn, arquivos, achado))

    lido = await anexos.ler(pedido, ler)
    if lido is None:
        raise nao_ha("arquivo de nota fiscal")
    arquivo, conteudo = lido
    await da(pedido).auditar(quem, Acesso("ler", "nota fiscal", str(chave)))
    nome = f"nota-{chave}.{arquivo.formato}"
    return anexos.resposta(conteudo, FORMATOS[arquivo.formato].tipo, nome, quote(arquivo.nome))


async def _fazer(pedido: Request, quem: Quem, acao: Callable[[Connection], NotaFiscal]) -> Response:
    pronta = await fazer(pedido, quem, lambda conn: _nota(conn, quem, acao(conn)))
    return formas.resposta(pronta)


def _ler(conn: Connection, quem: Quem, chave: int) -> NotaFiscal:
    nota = notas_fiscais.trancar(conn, quem.operadora.id, chave)
    assert nota is not None  # noqa: S101 - acaba de receber o arquivo
    return nota


def _dados(dita: NotaDita) -> DadosDaNota:
    return DadosDaNota(dita.numero, dita.serie, dita.valor, dita.emissao, dita.documento)


def _nota(conn: Connection, quem: Quem, nota: NotaFiscal) -> Nota:
    arquivo = arquivos_de_notas.ler(conn, quem.operadora.id, nota.id)
    campos_da_nota = nota._asdict()
    del campos_da_nota["pagamento_id"]
    return Nota(
        **campos_da_nota
        | {
            "pagamento": nota.pagamento_id,
            "estado": nota.estado.value,
            "situacao": ESTADOS[nota.estado.value],
            "arquivo": None if arquivo is None else _arquivo(arquivo),
        }
    )


def _arquivo(arquivo: ArquivoDeNota) -> Arquivo:
    return Arquivo(
        nome=arquivo.nome,
        tipo=FORMATOS[arquivo.formato].tipo,
        tamanho=arquivo.tamanho,
        anexado_em=arquivo.anexado_em,
        anexado_por=arquivo.anexado_por,
    )
