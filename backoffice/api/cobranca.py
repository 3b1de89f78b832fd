"""``/api/v1/cobranca``, ``/retencoes`` e ``/analise/regras``: o que a prévia e a análise usam."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from backoffice.api import atos, campos, formas
from backoffice.api.autorizacao import ComAdmin, ComLeitura
from backoffice.api.base import da
from backoffice.api.cadastro import achar
from backoffice.api.campos import Pedido, Texto
from backoffice.api.formas import Forma, Quantidade, Reais
from backoffice.api.operacoes import fazer
from backoffice.api.problemas import de_campo
from dominio.analise import Politica
from dominio.dinheiro import MAIOR_TOTAL
from dominio.pagamento import TRIBUTOS, TipoLancamento, conferir_retencoes
from handlers.analise import regras as da_analise
from handlers.analise.regras import Acao
from persistence import demonstrativos, politicas_de_cobranca
from persistence.politicas_de_cobranca import PoliticaDeCobranca
from persistence.tabelas.demonstrativos import GLOSADOS, TODOS

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from backoffice.api.base import Quem

rotas = APIRouter(tags=["cobrança"])

Banco = Annotated[str, Field(pattern="^[0-9]{3,4}$", description="Código do banco, como 041.")]
Percentual = Annotated[campos.Reais, Field(gt=0, le=100, decimal_places=4)]


class MudancaDaCobranca(Pedido):
    """O que mudar; o que não se diz fica como está."""

    valores: Politica | None = Field(None, description="Como os quatro valores se ligam.")
    exige_nota: Literal["nunca", "pessoa-juridica", "todos"] | None = Field(
        None, description="De quem se espera nota fiscal aceita antes de confirmar o pagamento."
    )
    tarifa_bancaria: (
        Annotated[campos.Reais, Field(ge=0, le=MAIOR_TOTAL, decimal_places=2)] | None
    ) = Field(None, description="Débito 07 de um depósito fora dos bancos sem tarifa.")
    bancos_sem_tarifa: Annotated[list[Banco], Field(max_length=100)] | None = None


class CobrancaMostrada(Forma):
    """As políticas com que se analisa e paga."""

    valores: str
    exige_nota: str
    tarifa_bancaria: Reais
    bancos_sem_tarifa: list[str]


class DeQuem(Pedido):
    """De quem são as retenções."""

    prestador: Texto | None = Field(None, description="Código; sem ele, as da operadora.")


class RetencaoDita(Pedido):
    """Um tributo que se retém."""

    tipo: TipoLancamento = Field(description="`dm_debitoCreditoTipo`, de 01 a 06.")
    percentual: Percentual = Field(description="Do bruto, até quatro casas.")


class RetencoesDitas(Pedido):
    """Todas as que valem: as que não estão deixam de valer."""

    retencoes: list[RetencaoDita] = Field(max_length=len(TRIBUTOS))


class RetencaoMostrada(Forma):
    """Um tributo que se retém, e de onde vem o percentual."""

    tipo: str
    tipo_texto: str
    percentual: Quantidade
    origem: Literal["operadora", "prestador"]


class Retencoes(Forma):
    """O que se retém do próximo pagamento."""

    retencoes: list[RetencaoMostrada]


class RegraDaAnalise(Forma):
    """Uma regra da análise automática."""

    regra: str
    texto: str
    acao: str
    codigo: str


class RegrasDaAnalise(Forma):
    """As regras da análise automática."""

    regras: list[RegraDaAnalise]


class NovaAcao(Pedido):
    """O que a regra faz com o que acha."""

    acao: Acao
    codigo: Texto | None = Field(None, description="Da tabela 38; sem ele, o da regra.")


class ItensMostrados(Pedido):
    """Que itens a análise de conta mostra ao prestador."""

    itens: Literal["glosados", "todos"]


class ItensDoDemonstrativo(Forma):
    """Que itens a análise de conta mostra ao prestador."""

    itens: str


@rotas.get("/cobranca", response_model=CobrancaMostrada, summary="Políticas de cobrança")
async def politica(pedido: Request, quem: ComLeitura) -> Response:
    """Com que políticas a operadora analisa e paga."""
    lida = await da(pedido).ler(lambda conn: politicas_de_cobranca.ler(conn, quem.operadora.id))
    return formas.resposta(_politica(lida))


@rotas.patch("/cobranca", response_model=CobrancaMostrada, summary="Mudar as políticas")
async def mudar_politica(pedido: Request, quem: ComAdmin, corpo: MudancaDaCobranca) -> Response:
    """Muda as políticas; valem na análise e na prévia seguintes, também dos já previstos."""
    mudancas = corpo.model_dump(exclude_none=True)
    if "bancos_sem_tarifa" in mudancas:
        mudancas["bancos_sem_tarifa"] = tuple(dict.fromkeys(mudancas["bancos_sem_tarifa"]))

    def gravar(conn: Connection) -> PoliticaDeCobranca:
        politicas_de_cobranca.trancar(conn, quem.operadora.id)
        nova = politicas_de_cobranca.ler(conn, quem.operadora.id)._replace(**mudancas)
        politicas_de_cobranca.gravar(conn, quem.operadora.id, nova)
        atos.registrar(
            conn,
            quem,
            "mudar",
            ("cobranca", quem.operadora.registro_ans),
            **{nome: _em_texto(valor) for nome, valor in mudancas.items()},
        )
        return nova

    return formas.resposta(_politica(await da(pedido).gravar(gravar)))


@rotas.get("/retencoes", response_model=Retencoes, summary="Retenções")
async def retencoes(
    pedido: Request, quem: ComLeitura, campos: Annotated[DeQuem, Query()]
) -> Response:
    """Os tributos que se retêm: os da operadora ou, de um prestador, os que lhe valem."""
    return formas.resposta(await da(pedido).ler(lambda conn: _retencoes(conn, quem, campos)))


@rotas.put("/retencoes", response_model=Retencoes, summary="Mudar as retenções")
async def mudar_retencoes(
    pedido: Request, quem: ComAdmin, campos: Annotated[DeQuem, Query()], corpo: RetencoesDitas
) -> Response:
    """Troca todas as retenções da operadora, ou as próprias de um prestador.

    O percentual do prestador vale em lugar do da operadora, tributo a tributo.
    """
    percentuais = {r.tipo: r.percentual for r in corpo.retencoes}
    if len(percentuais) < len(corpo.retencoes):
        raise de_campo("retencoes", "o mesmo tributo está mais de uma vez")
    try:
        conferir_retencoes(percentuais)
    except ValueError as erro:
        raise de_campo("retencoes", str(erro)) from None

    def gravar(conn: Connection) -> Retencoes:
        prestador_id = _prestador(conn, quem, campos.prestador)
        politicas_de_cobranca.trancar(conn, quem.operadora.id)
        politicas_de_cobranca.gravar_retencoes(conn, quem.operadora.id, prestador_id, percentuais)
        atos.registrar(
            conn,
            quem,
            "mudar",
            ("retencoes", campos.prestador or quem.operadora.registro_ans),
            percentuais={tipo.value: str(valor) for tipo, valor in percentuais.items()},
        )
        return _retencoes(conn, quem, campos)

    return formas.resposta(await da(pedido).gravar(gravar))


@rotas.get("/analise/regras", response_model=RegrasDaAnalise, summary="Regras da análise")
async def regras(pedido: Request, quem: ComLeitura) -> Response:
    """O que cada regra da análise automática faz."""
    return formas.resposta(await da(pedido).ler(lambda conn: _regras(conn, quem)))


@rotas.put("/analise/regras/{regra}", response_model=RegrasDaAnalise, summary="Mudar uma regra")
async def mudar_regra(pedido: Request, regra: str, quem: ComAdmin, corpo: NovaAcao) -> Response:
    """Escolhe o que uma regra da análise automática faz: glosa, crítica, pessoa ou nada."""

    def gravar(conn: Connection) -> RegrasDaAnalise:
        politicas_de_cobranca.trancar(conn, quem.operadora.id)
        da_analise.ajustar(conn, quem.operadora.id, {regra: (corpo.acao, corpo.codigo)})
        atos.registrar(
            conn, quem, "ajustar", ("regra de análise", regra), faz=corpo.acao.value,
            codigo=corpo.codigo,
        )  # fmt: skip
        return _regras(conn, quem)

    return formas.resposta(await fazer(pedido, quem, gravar))


@rotas.put(
    "/prestadores/{codigo}/demonstrativo",
    response_model=ItensDoDemonstrativo,
    summary="Itens no demonstrativo",
)
async def mudar_itens(
    pedido: Request, codigo: str, quem: ComAdmin, corpo: ItensMostrados
) -> Response:
    """Escolhe que itens a análise de conta mostra a um prestador; muda o que se emitir depois."""

    def gravar(conn: Connection) -> ItensDoDemonstrativo:
        prestador = achar(conn, quem, codigo)
        demonstrativos.mostrar_todos(
            conn, quem.operadora.id, prestador.id, todos=corpo.itens == TODOS
        )
        atos.registrar(conn, quem, "mudar-demonstrativo", ("prestador", codigo), itens=corpo.itens)
        return _itens(conn, prestador.id)

    return formas.resposta(await da(pedido).gravar(gravar))


@rotas.get(
    "/prestadores/{codigo}/demonstrativo",
    response_model=ItensDoDemonstrativo,
    summary="Itens no demonstrativo",
)
async def itens(pedido: Request, codigo: str, quem: ComAdmin) -> Response:
    """Que itens a análise de conta mostra a um prestador."""
    return formas.resposta(
        await da(pedido).ler(lambda conn: _itens(conn, achar(conn, quem, codigo).id))
    )


def _itens(conn: Connection, prestador_id: int) -> ItensDoDemonstrativo:
    todos = demonstrativos.mostra_todos(conn, prestador_id)
    return ItensDoDemonstrativo(itens=TODOS if todos else GLOSADOS)


def _prestador(conn: Connection, quem: Quem, codigo: str | None) -> int | None:
    return None if codigo is None else achar(conn, quem, codigo).id


def _politica(p: PoliticaDeCobranca) -> CobrancaMostrada:
    return CobrancaMostrada(
        valores=p.valores.value,
        exige_nota=p.exige_nota,
        tarifa_bancaria=p.tarifa_bancaria,
        bancos_sem_tarifa=list(p.bancos_sem_tarifa),
    )


def _retencoes(conn: Connection, quem: Quem, pedidas: DeQuem) -> Retencoes:
    prestador_id = _prestador(conn, quem, pedidas.prestador)
    gravadas = politicas_de_cobranca.gravadas(conn, quem.operadora.id, prestador_id)
    return Retencoes(
        retencoes=[
            RetencaoMostrada(
                tipo=tipo.value,
                tipo_texto=tipo.name,
                percentual=percentual,
                origem="prestador" if do_prestador else "operadora",
            )
            for tipo, (percentual, do_prestador) in sorted(gravadas.items())
        ]
    )


def _regras(conn: Connection, quem: Quem) -> RegrasDaAnalise:
    return RegrasDaAnalise(
        regras=[
            RegraDaAnalise(regra=r.chave, texto=r.texto, acao=r.acao.value, codigo=r.codigo)
            for r in da_analise.da_operadora(conn, quem.operadora.id).values()
        ]
    )


def _em_texto(valor: object) -> str | list[str]:
    return list(valor) if isinstance(valor, tuple) else str(valor)
