"""``/api/v1/operadora`` e ``/api/v1/prestadores``: políticas e credenciamento."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError
from starlette.requests import Request
from starlette.responses import Response

from backoffice.api import atos, cursores, formas, listas, planilhas
from backoffice.api.autorizacao import ComAdmin
from backoffice.api.base import da
from backoffice.api.cadastro_campos import (
    Cnes,
    Cnpj,
    Codigo,
    Cpf,
    Largura,
    Nome,
    PadraoDeGuia,
    Versao,
    conferir_pessoa,
    versoes_aceitas,
)
from backoffice.api.campos import Dia, Pedido
from backoffice.api.formas import Forma, Instante
from backoffice.api.problemas import Problema, nao_ha
from persistence import credenciamento, prestadores
from persistence.erros import JaExiste

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from backoffice.api.base import Quem
    from persistence.operadoras import Operadora
    from persistence.prestadores import Prestador

rotas = APIRouter(tags=["cadastro"])

Recusa = Literal["fault", "mensagemErro"]
Credenciais = Literal["registradas", "exigidas"]
HashModo = Literal["strict", "tolerant", "off"]
LoteRepetido = Literal["mesmo-protocolo", "recusar"]


class MudancaDaOperadora(Pedido):
    """O que mudar na operadora; o que não se diz fica como está."""

    nome: Nome | None = None
    recusa: Recusa | None = None
    credenciais: Credenciais | None = None
    lote_repetido: LoteRepetido | None = None
    hash_modo: HashModo | None = None
    versoes_recusadas: dict[Versao, Dia] | None = Field(
        None, description="Versão -> dia desde o qual se recusa; troca todas as que havia."
    )
    falha_com200: bool | None = None
    largura_protocolo: Largura | None = None
    largura_recurso: Largura | None = Field(
        None, description="Nunca dita, são doze se o protocolo se escreve com zeros."
    )
    largura_demonstrativo: Largura | None = Field(None, description="Nunca dita, é a do protocolo.")
    padrao_guia: PadraoDeGuia | None = Field(
        None,
        description="De numeroGuiaOperadora, como 0001{AAAAMM}{8}; vazio, deixa de se gerar.",
    )

    def mudancas(self) -> dict[str, Any]:
        """Só o que se disse, com os nomes que a operadora tem no banco."""
        ditas = self.model_dump(exclude_none=True)
        if "falha_com200" in ditas:
            ditas["falha_com_200"] = ditas.pop("falha_com200")
        if "padrao_guia" in ditas:
            ditas["padrao_guia"] = ditas["padrao_guia"] or None
        return ditas


class OperadoraMostrada(Forma):
    """A operadora do token e as suas políticas."""

    registro_ans: str
    cnpj: str
    nome: str
    recusa: str
    credenciais: str
    lote_repetido: str
    hash_modo: str
    versoes_recusadas: dict[str, date]
    falha_com200: bool
    largura_protocolo: int
    largura_recurso: int
    largura_demonstrativo: int
    padrao_guia: str | None


class VersaoDoPrestador(Pedido):
    """Uma versão que o prestador pode usar."""

    versao: Versao
    envio_ate: Dia | None = None
    consulta_ate: Dia | None = None


class _DoPrestador(Pedido):
    """O que se diz de um prestador, novo ou não."""

    cnpj: Cnpj | None = None
    cpf: Cpf | None = None
    cnes: Cnes | None = None
    recusa: Recusa | None = Field(None, description="Sem ela, a da operadora.")
    hash_modo: HashModo | None = Field(None, description="Sem ele, o da operadora.")
    credenciais: Credenciais | None = Field(None, description="Sem elas, as da operadora.")
    versoes: list[VersaoDoPrestador] | None = Field(
        None, max_length=20, description="As que pode usar; sem elas, todas."
    )


class NovoPrestador(_DoPrestador):
    """Um prestador a credenciar."""

    codigo: Codigo
    nome: Nome
    homologacao: bool = False

    @model_validator(mode="after")
    def _com_uma_pessoa(self) -> NovoPrestador:
        if (self.cnpj is None) == (self.cpf is None):
            raise PydanticCustomError("texto", "diga cnpj ou cpf, um dos dois")
        return self


class MudancaDoPrestador(_DoPrestador):
    """O que mudar num prestador; o que não se diz fica como está, e ``null`` tira o que há."""

    nome: Nome | None = None
    homologacao: bool | None = None
    ativo: bool | None = None


class VersaoMostrada(Forma):
    """Uma versão aceita."""

    versao: str
    envio_ate: date | None
    consulta_ate: date | None


class PrestadorMostrado(Forma):
    """Um prestador credenciado."""

    codigo: str
    nome: str
    cnpj: str | None
    cpf: str | None
    cnes: str | None
    ativo: bool
    homologacao: bool
    recusa: str | None
    hash_modo: str | None
    credenciais: str | None
    versoes: list[VersaoMostrada] | None
    criado_em: Instante


class PrestadorInteiro(PrestadorMostrado):
    """Um prestador e por quem pode enviar."""

    envia_por: list[str]


class Prestadores(Forma):
    """Uma página dos prestadores."""

    prestadores: list[PrestadorMostrado]
    proximo: str
    ha_mais: bool


class FiltroDePrestadores(listas.PedidoDeLista):
    """Os filtros da lista de prestadores."""

    ativo: bool | None = None


@rotas.get("/operadora", response_model=OperadoraMostrada, summary="A operadora")
async def operadora(quem: ComAdmin) -> Response:
    """A operadora do token e as suas políticas."""
    return formas.resposta(_da_operadora(quem.operadora))


@rotas.patch("/operadora", response_model=OperadoraMostrada, summary="Mudar a operadora")
async def mudar_operadora(pedido: Request, quem: ComAdmin, corpo: MudancaDaOperadora) -> Response:
    """Muda as políticas da operadora; valem na mensagem seguinte."""
    mudancas = corpo.mudancas()

    def gravar(conn: Connection) -> Operadora:
        mudada = credenciamento.mudar_operadora(conn, quem.operadora, mudancas)
        atos.registrar(
            conn, quem, "mudar", ("operadora", mudada.registro_ans), campos=sorted(mudancas)
        )
        return mudada

    return formas.resposta(_da_operadora(await da(pedido).gravar(gravar)))


@rotas.get("/prestadores", response_model=Prestadores, summary="Prestadores")
async def listar(
    pedido: Request, quem: ComAdmin, campos: Annotated[FiltroDePrestadores, Query()]
) -> Response:
    """Os prestadores credenciados, pela ordem em que entraram, inativos inclusive."""
    listas.conferir_operadora(quem, campos.operadora)
    desde = 0 if campos.cursor is None else cursores.PRESTADOR.ler(campos.cursor)
    limite = listas.quantas(pedido, campos)
    lidos = await da(pedido).ler(
        lambda conn: credenciamento.listar(
            conn, quem.operadora.id, depois_de=desde, limite=limite + 1, ativo=campos.ativo
        )
    )
    mostrados, ha_mais = lidos[:limite], len(lidos) > limite
    proximo = cursores.PRESTADOR.escrever(mostrados[-1].id if mostrados else desde)
    ligacao = listas.ligacao(pedido, proximo, ha_mais=ha_mais)
    if listas.quer_planilha(pedido, campos.formato):
        linhas = (
            (p.codigo, p.nome, p.cnpj, p.cpf, p.cnes, "sim" if p.ativo else "não", p.criado_em)
            for p in mostrados
        )
        return planilhas.resposta("prestadores", _TITULOS, linhas, ligacao)
    prontos = [_mostrado(p) for p in mostrados]
    return formas.resposta(
        Prestadores(prestadores=prontos, proximo=proximo, ha_mais=ha_mais), ligacao
    )


@rotas.post("/prestadores", response_model=PrestadorInteiro, summary="Credenciar um prestador")
async def criar(pedido: Request, quem: ComAdmin, corpo: NovoPrestador) -> Response:
    """Credencia um prestador; os logins dão-se depois."""

    def gravar(conn: Connection) -> PrestadorInteiro:
        campos = corpo.model_dump(exclude={"versoes"})
        try:
            novo = prestadores.adicionar(
                conn, quem.operadora.id, **campos, versoes=versoes_aceitas(corpo.versoes)
            )
        except JaExiste:
            raise Problema(409, "Já existe prestador com este código.") from None
        atos.registrar(conn, quem, "credenciar", ("prestador", novo.codigo))
        return inteiro(conn, novo)

    return formas.resposta(await da(pedido).gravar(gravar))


@rotas.get("/prestadores/{codigo}", response_model=PrestadorInteiro, summary="Um prestador")
async def um(pedido: Request, codigo: str, quem: ComAdmin) -> Response:
    """Um prestador e por quem pode enviar."""
    return formas.resposta(
        await da(pedido).ler(lambda conn: inteiro(conn, achar(conn, quem, codigo)))
    )


@rotas.patch("/prestadores/{codigo}", response_model=PrestadorInteiro, summary="Mudar um prestador")
async def mudar(
    pedido: Request, codigo: str, quem: ComAdmin, corpo: MudancaDoPrestador
) -> Response:
    """Muda o cadastro ou as políticas; inativo, deixa de poder usar os serviços."""
    mudancas = corpo.model_dump(include=corpo.model_fields_set - {"versoes"})
    if "versoes" in corpo.model_fields_set:
        mudancas["versoes"] = versoes_aceitas(corpo.versoes)

    def gravar(conn: Connection) -> PrestadorInteiro:
        antes = achar(conn, quem, codigo)
        conferir_pessoa(antes, mudancas)
        mudado = credenciamento.mudar(conn, antes, mudancas)
        atos.registrar(conn, quem, "mudar", ("prestador", codigo), campos=sorted(mudancas))
        return inteiro(conn, mudado)

    return formas.resposta(await da(pedido).gravar(gravar))


def achar(conn: Connection, quem: Quem, codigo: str) -> Prestador:
    """O prestador de um código da operadora de quem pede.

    Raises:
        Problema: 404, se não há.
    """
    achado = credenciamento.por_codigo(conn, quem.operadora.id, codigo)
    if achado is None:
        raise nao_ha("prestador")
    return achado


def inteiro(conn: Connection, p: Prestador) -> PrestadorInteiro:
    """A forma de um prestador com tudo."""
    envia_por = list(credenciamento.por_quem_envia(conn, p))
    return PrestadorInteiro(**dict(_mostrado(p)), envia_por=envia_por)


_TITULOS = ("Código", "Nome", "CNPJ", "CPF", "CNES", "Ativo", "Credenciado em")


def _mostrado(p: Prestador) -> PrestadorMostrado:
    campos: dict[str, Any] = {nome: getattr(p, nome) for nome in PrestadorMostrado.model_fields}
    if p.versoes is not None:
        campos["versoes"] = [VersaoMostrada(**v._asdict()) for v in p.versoes]
    return PrestadorMostrado(**campos)


def _da_operadora(o: Operadora) -> OperadoraMostrada:
    campos = o._asdict() | {
        "falha_com200": o.falha_com_200,
        "largura_recurso": o.largura_do_recurso,
        "largura_demonstrativo": o.largura_do_demonstrativo,
    }
    return OperadoraMostrada(**{nome: campos[nome] for nome in OperadoraMostrada.model_fields})
