"""``/api/v1/rascunhos-de-recurso``: digitar um recurso, mudá-lo, apagá-lo e, por fim, enviá-lo."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from backoffice import rotulos
from backoffice.api import cursores, formas, listas
from backoffice.api import formas_de_rascunho as f
from backoffice.api.autorizacao import ComAnalise, ComLeitura
from backoffice.api.base import PORTA, Acesso, da
from backoffice.api.campos import Limite, Numero, Pedido, RegistroAns, Texto
from backoffice.api.chaves import ler_chave
from backoffice.api.etiquetas import IfMatch, etiqueta, visto_se_dito
from backoffice.api.formas import Forma, Reais
from backoffice.api.operacoes import autor, consultar, fazer
from backoffice.api.problemas import Problema, nao_ha
from dominio.dinheiro import ZERO
from dominio.impedimento import Impedimento
from dominio.impedimentos import PROTOCOLO_AUSENTE
from dominio.impedimentos_de_recurso import RASCUNHO_AUSENTE
from dominio.recurso import Origem
from dominio.versoes import VERSOES
from handlers.recurso_glosa import rascunho as casos
from handlers.recurso_glosa.digitacao import completar
from handlers.recurso_glosa.posse import Quem as EmNome
from mensagem.recusa import RegraRecusada
from persistence import anexos_de_rascunhos, auditoria, protocolos, rascunhos
from persistence.consultas import guias, impressos
from persistence.consultas import pagamentos as recebedores

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from backoffice.api.base import Quem
    from handlers.recurso_glosa.pedido import Recibo
    from persistence.rascunhos import Rascunho

rotas = APIRouter(tags=["recursos"])

_ENDERECO = "/rascunhos-de-recurso"


class DeQuem(Pedido):
    """Um portal diz de que prestador é quem pede; o rascunho de outro não existe para ele."""

    prestador: Texto | None = Field(None, description="Código na operadora.")


class Filtros(DeQuem):
    """Os filtros da lista de rascunhos."""

    operadora: RegistroAns | None = None
    protocolo: Numero | None = Field(None, description="Com ou sem zeros à esquerda.")
    origem: Literal["portal", "operadora"] | None = None
    enviados: bool = Field(False, description="Os já enviados, em lugar dos outros.")
    cursor: str | None = Field(None, min_length=1, max_length=120)
    limite: Limite = 100


class NovoRascunho(Pedido):
    """Um recurso que se começa a digitar; as linhas podem vir depois."""

    protocolo: Numero = Field(description="De que se recorre, com ou sem zeros à esquerda.")
    prestador: Texto | None = Field(None, description="Código; se dito, o protocolo é dele.")
    origem: Literal["portal", "operadora"] = "operadora"
    linhas: list[f.LinhaDita] = Field([], max_length=f.MAIS_LINHAS)


class LinhasDitas(Pedido):
    """As linhas que ficam, em lugar das que havia."""

    linhas: list[f.LinhaDita] = Field(max_length=f.MAIS_LINHAS)


class Rascunhos(Forma):
    """Uma página, do mais novo ao mais antigo."""

    rascunhos: list[f.RascunhoNaLista]
    proximo: str | None
    ha_mais: bool


class RecursoGravado(Forma):
    """O recurso em que o rascunho se tornou."""

    numero_recurso: str
    texto: str
    valor_recursado: Reais | None
    observacao: str | None
    avisos: list[str]
    repetido: bool


@rotas.get(_ENDERECO, response_model=Rascunhos, summary="Rascunhos de recursos")
async def listar(
    pedido: Request, quem: ComLeitura, campos: Annotated[Filtros, Query()]
) -> Response:
    """Os recursos em digitação, ou os que já se enviaram."""
    listas.conferir_operadora(quem, campos.operadora)
    antes = None if campos.cursor is None else cursores.RECURSO.ler(campos.cursor)

    def ler(conn: Connection) -> list[f.Lido] | None:
        dono = None
        if campos.prestador is not None:
            dono = recebedores.chave_do_prestador(conn, quem.operadora.id, campos.prestador)
            if dono is None:
                return None
        filtro = rascunhos.Filtro(
            dono,
            campos.protocolo,
            None if campos.origem is None else Origem(campos.origem),
            campos.enviados,
        )
        lidos = rascunhos.da_operadora(
            conn, quem.operadora.id, filtro, antes_de=antes, limite=campos.limite + 1
        )
        return [_cercado(conn, quem, rascunho) for rascunho in lidos]

    lidos = await da(pedido).ler(ler)
    if lidos is None:
        raise nao_ha("prestador")
    mostrados, ha_mais = lidos[: campos.limite], len(lidos) > campos.limite
    proximo = cursores.RECURSO.escrever(mostrados[-1].rascunho.id) if ha_mais else None
    pronta = Rascunhos(
        rascunhos=[f.na_lista(lido, quem.operadora) for lido in mostrados],
        proximo=proximo,
        ha_mais=ha_mais,
    )
    return formas.resposta(pronta, listas.ligacao(pedido, proximo or "", ha_mais=ha_mais))


@rotas.post(_ENDERECO, response_model=f.RascunhoInteiro, summary="Novo recurso")
async def criar(pedido: Request, quem: ComAnalise, corpo: NovoRascunho) -> Response:
    """Começa a digitar um recurso: nada se prende nem se envia ainda."""

    def acao(conn: Connection) -> f.Lido:
        dono = impressos.dono(conn, quem.operadora.id, corpo.protocolo)
        if dono is None or corpo.prestador not in (None, dono.codigo):
            raise Impedimento(PROTOCOLO_AUSENTE)
        em_nome = EmNome(quem.operadora, dono, Origem(corpo.origem), autor(pedido, quem))
        novo = casos.criar(conn, em_nome, str(corpo.protocolo), [])
        if corpo.linhas:
            novo = _com_linhas(conn, em_nome, novo, corpo.linhas)
        return _digitado(conn, quem, em_nome, novo)

    return _resposta(quem, await fazer(pedido, quem, acao))


@rotas.get(f"{_ENDERECO}/{{rascunho}}", response_model=f.RascunhoInteiro, summary="Um rascunho")
async def ler(
    pedido: Request, rascunho: str, quem: ComLeitura, campos: Annotated[DeQuem, Query()]
) -> Response:
    """Um rascunho, com o que cada linha contestaria hoje e os arquivos por enviar."""
    chave = ler_chave(rascunho, "rascunho")

    def consulta(conn: Connection) -> tuple[f.Lido, frozenset[str]]:
        em_nome, achado = em_nome_de(conn, pedido, quem, chave, campos.prestador)
        lido = _inteiro(conn, quem, em_nome, achado)
        return lido, guias.carteiras_do_protocolo(conn, lido.original.id)

    lido, carteiras = await consultar(pedido, consulta)
    await da(pedido).auditar(quem, Acesso("ler", "rascunho", str(chave), carteiras))
    return _resposta(quem, lido)


@rotas.put(f"{_ENDERECO}/{{rascunho}}", response_model=f.RascunhoInteiro, summary="Mudar")
async def mudar(
    pedido: Request,
    rascunho: str,
    quem: ComAnalise,
    *,
    corpo: LinhasDitas,
    campos: Annotated[DeQuem, Query()],
    if_match: IfMatch = None,
) -> Response:
    """Troca as linhas de um rascunho; com `If-Match`, só sobre a revisão lida."""
    chave, revisao = ler_chave(rascunho, "rascunho"), visto_se_dito(if_match)

    def acao(conn: Connection) -> f.Lido:
        em_nome, achado = em_nome_de(conn, pedido, quem, chave, campos.prestador)
        mudado = _com_linhas(conn, em_nome, achado, corpo.linhas, revisao=revisao)
        return _digitado(conn, quem, em_nome, mudado)

    return _resposta(quem, await fazer(pedido, quem, acao))


@rotas.delete(f"{_ENDERECO}/{{rascunho}}", status_code=204, summary="Excluir")
async def apagar(
    pedido: Request, rascunho: str, quem: ComAnalise, campos: Annotated[DeQuem, Query()]
) -> Response:
    """Apaga um rascunho não enviado, com os seus arquivos."""
    chave = ler_chave(rascunho, "rascunho")

    def acao(conn: Connection) -> None:
        em_nome, _ = em_nome_de(conn, pedido, quem, chave, campos.prestador)
        casos.apagar(conn, em_nome, chave)

    await fazer(pedido, quem, acao)
    return Response(status_code=204)


@rotas.post(f"{_ENDERECO}/{{rascunho}}/envio", response_model=RecursoGravado, summary="Enviar")
async def enviar(
    pedido: Request,
    rascunho: str,
    quem: ComAnalise,
    campos: Annotated[DeQuem, Query()],
    if_match: IfMatch = None,
) -> Response:
    """Faz do rascunho um recurso, pelas mesmas regras de um que veio por web service.

    Enviado outra vez, responde o mesmo número.
    """
    chave, revisao = ler_chave(rascunho, "rascunho"), visto_se_dito(if_match)
    zeros = quem.operadora.largura_do_recurso

    def acao(conn: Connection) -> RecursoGravado:
        em_nome, _ = em_nome_de(conn, pedido, quem, chave, campos.prestador)
        # quem envia ao mesmo tempo espera, e lê o número que o outro deu
        dele = (em_nome.prestador.id,)
        achado = rascunhos.trancar(conn, quem.operadora.id, dele, chave)
        if achado is not None and achado.recurso_id is not None:
            feito = protocolos.por_ids(conn, [achado.recurso_id])[achado.recurso_id]
            return _gravado(feito.numero, zeros, None)
        recibo = casos.enviar(conn, em_nome, chave, revisao=revisao)
        return _gravado(recibo.numero, zeros, recibo)

    try:
        gravado = await fazer(pedido, quem, acao)
    except RegraRecusada as recusa:
        membros = {"motivo": recusa.erro.chave, "codigo": recusa.erro.glosa(VERSOES[-1])}
        raise Problema(422, recusa.texto, membros=membros) from None
    return formas.resposta(gravado)


def em_nome_de(
    conn: Connection, pedido: Request, quem: Quem, chave: int, prestador: str | None
) -> tuple[EmNome, Rascunho]:
    """Um rascunho da operadora, e em nome de quem se mexe nele.

    Raises:
        Impedimento: não o há, ou é de outro prestador.
    """
    achado = rascunhos.ler(conn, quem.operadora.id, chave)
    if achado is None:
        raise Impedimento(RASCUNHO_AUSENTE)
    original = protocolos.por_ids(conn, [achado.original_id])[achado.original_id]
    dono = impressos.dono(conn, quem.operadora.id, original.numero)
    if dono is None or prestador not in (None, dono.codigo):
        raise Impedimento(RASCUNHO_AUSENTE)
    return EmNome(quem.operadora, dono, achado.origem, autor(pedido, quem)), achado


def _com_linhas(
    conn: Connection,
    em_nome: EmNome,
    rascunho: Rascunho,
    ditas: list[f.LinhaDita],
    *,
    revisao: int | None = None,
) -> Rascunho:
    original = protocolos.por_ids(conn, [rascunho.original_id])[rascunho.original_id]
    linhas = completar(conn, original, [dita.digitada() for dita in ditas])
    return casos.mudar(conn, em_nome, rascunho.id, linhas, revisao=revisao)


def _cercado(conn: Connection, quem: Quem, rascunho: Rascunho) -> f.Lido:
    ids = [rascunho.original_id, *([rascunho.recurso_id] if rascunho.recurso_id else [])]
    achados = protocolos.por_ids(conn, ids)
    original = achados[rascunho.original_id]
    dono = impressos.dono(conn, quem.operadora.id, original.numero)
    assert dono is not None  # noqa: S101 - a chave estrangeira o garante
    recurso = achados[rascunho.recurso_id].numero if rascunho.recurso_id else None
    return f.Lido(rascunho, original, dono, recurso=recurso)


def _inteiro(conn: Connection, quem: Quem, em_nome: EmNome, rascunho: Rascunho) -> f.Lido:
    lido = _cercado(conn, quem, rascunho)
    return lido._replace(
        exame=casos.exame(conn, em_nome, rascunho, lido.original),
        anexos=anexos_de_rascunhos.do_rascunho(conn, rascunho.id),
    )


def _digitado(conn: Connection, quem: Quem, em_nome: EmNome, rascunho: Rascunho) -> f.Lido:
    """O rascunho com o que se cobrou: quem o digita também vê dados de pacientes."""
    auditoria.registrar(
        conn,
        operadora_id=quem.operadora.id,
        quem=quem.nome,
        porta=PORTA,
        acao="digitar",
        alvo_tipo="rascunho",
        alvo=str(rascunho.id),
        carteira=guias.carteiras_do_protocolo(conn, rascunho.original_id),
        detalhes={"endereco": quem.endereco},
    )
    return _inteiro(conn, quem, em_nome, rascunho)


def _resposta(quem: Quem, lido: f.Lido) -> Response:
    pronto = f.inteiro(lido, quem.operadora)
    return formas.resposta(pronto, {"ETag": etiqueta(lido.rascunho.revisao)})


def _gravado(numero: int, zeros: int, recibo: Recibo | None) -> RecursoGravado:
    escrito = rotulos.numero(numero, zeros)
    return RecursoGravado(
        numero_recurso=escrito,
        texto=f"Recurso gravado com sucesso. Protocolo do recurso: {escrito}.",
        valor_recursado=None if recibo is None else sum(recibo.valores, ZERO),
        observacao=None if recibo is None else recibo.observacao,
        avisos=[] if recibo is None else list(recibo.avisos),
        repetido=recibo is None or recibo.repetido,
    )
