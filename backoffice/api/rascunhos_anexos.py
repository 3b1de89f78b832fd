"""Os arquivos de um recurso: os do rascunho, os que se juntam depois, e os que se aceitam."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from backoffice.api import anexos, atos, formas
from backoffice.api import formas_de_rascunho as f
from backoffice.api.autorizacao import ComAdmin, ComAnalise, ComConteudo, ComLeitura
from backoffice.api.base import Acesso, da
from backoffice.api.campos import Pedido, Posicao
from backoffice.api.chaves import ler_chave
from backoffice.api.formas import Forma
from backoffice.api.formas_de_recurso import DocumentoDoRecurso, documento
from backoffice.api.operacoes import autor, fazer, problema
from backoffice.api.problemas import de_campo, nao_ha
from backoffice.api.rascunhos import DeQuem, em_nome_de
from dominio.formatos_de_anexo import EXTENSOES, MIB, QUALQUER, como_se_serve, extensoes_aceitas
from dominio.impedimento import Impedimento
from dominio.impedimentos_de_recurso import TAMANHO_DO_ANEXO
from handlers.recurso_glosa import anexos as casos
from persistence import anexos_de_rascunhos, documentos, politicas_de_anexos, rascunhos
from persistence.consultas import guias
from persistence.politicas_de_anexos import PoliticaDeAnexos

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from handlers.envio_documentos import Deposito
    from persistence.anexos_de_rascunhos import Anexo
    from persistence.documentos import Documento

rotas = APIRouter(tags=["recursos"])

_ANEXOS = "/rascunhos-de-recurso/{rascunho}/anexos"
_CORPO = {
    "required": True,
    "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
}
_ARQUIVO: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/octet-stream": {}}, "description": "Os bytes."}
}


class SobreOArquivo(DeQuem):
    """O que se diz de um arquivo; os bytes são o corpo do pedido."""

    nome: Annotated[str, Field(min_length=1, max_length=200, description="Com a extensão.")]
    tipo: Annotated[str, Field(max_length=2, description="`dm_tipoDocumento`.")] = "05"
    descricao: Annotated[str, Field(max_length=500)] | None = Field(
        None, description="A que o documento se refere."
    )
    guia: Posicao | None = Field(None, description="Posição no lote; sem ela, é do recurso.")

    def arquivo(self, conteudo: bytes) -> casos.Arquivo:
        """Como o caso de uso o recebe."""
        return casos.Arquivo(self.nome, conteudo, self.tipo, self.descricao, self.guia)


class PoliticaDita(Pedido):
    """Que arquivos se aceitam; o que não se diz volta ao comum."""

    extensoes: list[Annotated[str, Field(max_length=8)]] | None = Field(
        None, max_length=40, description=f"Como `pdf`; `{QUALQUER}` aceita qualquer uma."
    )
    maior_mib: Annotated[int, Field(ge=1, le=30)] = 30


class Politica(Forma):
    """Que arquivos a operadora aceita com um recurso."""

    extensoes: list[str]
    maior_mib: int


@rotas.post(
    _ANEXOS,
    response_model=f.AnexoDoRascunho,
    summary="Anexar um arquivo",
    openapi_extra={"requestBody": _CORPO},
)
async def anexar(
    pedido: Request, rascunho: str, quem: ComAnalise, campos: Annotated[SobreOArquivo, Query()]
) -> Response:
    """Guarda um arquivo do rascunho; enviado o rascunho, é um documento do recurso.

    O nome diz o formato, e os bytes têm de o confirmar.
    """
    chave = ler_chave(rascunho, "rascunho")
    deposito, arquivo = await _recebido(pedido, campos)

    def acao(conn: Connection) -> Anexo:
        em_nome, _ = em_nome_de(conn, pedido, quem, chave, campos.prestador)
        return casos.anexar(conn, deposito.arquivos, em_nome, chave, arquivo)

    return formas.resposta(f.anexo(await fazer(pedido, quem, acao)))


@rotas.get(f"{_ANEXOS}/{{anexo}}", response_class=Response, responses=_ARQUIVO, summary="Baixar")
async def baixar(pedido: Request, rascunho: str, anexo: str, quem: ComConteudo) -> Response:
    """Um arquivo do rascunho, como foi anexado."""
    chave, qual = ler_chave(rascunho, "rascunho"), ler_chave(anexo, "anexo")
    arquivos = anexos.deposito(pedido).arquivos

    def ler(conn: Connection) -> tuple[Anexo, frozenset[str], bytes] | None:
        dono = rascunhos.ler(conn, quem.operadora.id, chave)
        achado = anexos_de_rascunhos.ler(conn, quem.operadora.id, chave, qual)
        if dono is None or achado is None:
            return None
        conteudo = b"".join(anexos_de_rascunhos.conteudo(conn, arquivos, achado))
        return achado, guias.carteiras_do_protocolo(conn, dono.original_id), conteudo

    lido = await anexos.ler(pedido, ler)
    if lido is None:
        raise nao_ha("anexo")
    achado, carteiras, conteudo = lido
    await da(pedido).auditar(quem, Acesso("ler", "anexo", str(qual), carteiras))
    formato = como_se_serve(achado.formato)
    nome = f"anexo-{qual}.{formato.extensao}"
    return anexos.resposta(conteudo, formato.tipo, nome, quote(achado.nome))


@rotas.delete(f"{_ANEXOS}/{{anexo}}", status_code=204, summary="Remover um arquivo")
async def remover(
    pedido: Request,
    rascunho: str,
    anexo: str,
    quem: ComAnalise,
    campos: Annotated[DeQuem, Query()],
) -> Response:
    """Tira um arquivo de um rascunho não enviado."""
    chave, qual = ler_chave(rascunho, "rascunho"), ler_chave(anexo, "anexo")

    def acao(conn: Connection) -> None:
        em_nome, _ = em_nome_de(conn, pedido, quem, chave, campos.prestador)
        casos.remover(conn, em_nome, chave, qual)

    await fazer(pedido, quem, acao)
    return Response(status_code=204)


@rotas.post(
    "/recursos/{numero}/documentos",
    response_model=DocumentoDoRecurso,
    summary="Juntar um documento",
    openapi_extra={"requestBody": _CORPO},
)
async def documentar(
    pedido: Request, numero: str, quem: ComAnalise, campos: Annotated[SobreOArquivo, Query()]
) -> Response:
    """Junta um documento a um recurso já enviado; o mesmo arquivo outra vez é o mesmo documento."""
    chave = ler_chave(numero, "recurso")
    deposito, arquivo = await _recebido(pedido, campos)

    def acao(conn: Connection) -> Documento:
        qual = casos.documentar(
            conn,
            deposito.arquivos,
            quem.operadora,
            numero=chave,
            arquivo=arquivo,
            autor=autor(pedido, quem),
        )
        feito = documentos.por_numero(conn, quem.operadora.id, qual)
        assert feito is not None  # noqa: S101 - acaba de se registrar
        return feito

    feito = await fazer(pedido, quem, acao)
    return formas.resposta(documento(feito, quem.operadora.largura_protocolo))


@rotas.get("/politica-de-anexos", response_model=Politica, summary="Que arquivos se aceitam")
async def politica(pedido: Request, quem: ComLeitura) -> Response:
    """As extensões e o tamanho dos arquivos que a operadora aceita com um recurso."""
    lida = await da(pedido).ler(lambda conn: politicas_de_anexos.ler(conn, quem.operadora.id))
    return formas.resposta(_politica(lida))


@rotas.put("/politica-de-anexos", response_model=Politica, summary="Mudar o que se aceita")
async def mudar_politica(pedido: Request, quem: ComAdmin, corpo: PoliticaDita) -> Response:
    """Diz que arquivos a operadora aceita; vale no anexo seguinte."""
    ditas = EXTENSOES if corpo.extensoes is None else tuple(dict.fromkeys(corpo.extensoes))
    if not extensoes_aceitas(ditas):
        raise de_campo("extensoes", f"são algumas de {', '.join(EXTENSOES)}, ou {QUALQUER}")
    nova = PoliticaDeAnexos(ditas, corpo.maior_mib)

    def acao(conn: Connection) -> None:
        politicas_de_anexos.gravar(conn, quem.operadora.id, nova)
        atos.registrar(
            conn,
            quem,
            "mudar",
            ("operadora", quem.operadora.registro_ans),
            anexos=list(nova.extensoes),
            maior_mib=nova.maior_mib,
        )

    await da(pedido).gravar(acao)
    return formas.resposta(_politica(nova))


async def _recebido(pedido: Request, campos: SobreOArquivo) -> tuple[Deposito, casos.Arquivo]:
    """O arquivo do corpo, examinado, e onde se guarda."""
    deposito = anexos.deposito(pedido)
    arquivo = campos.arquivo(await pedido.body())
    if len(arquivo.conteudo) > deposito.tamanho:
        maior = f"O máximo deste servidor são {deposito.tamanho // MIB} MiB."
        raise problema(Impedimento(TAMANHO_DO_ANEXO, detalhe=maior))
    await anexos.examinar(pedido, deposito, arquivo.conteudo)
    return deposito, arquivo


def _politica(lida: PoliticaDeAnexos) -> Politica:
    return Politica(extensoes=list(lida.extensoes), maior_mib=lida.maior_mib)
