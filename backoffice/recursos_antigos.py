"""Os recursos de um protocolo de outro sistema, dentro da linha do protocolo."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from backoffice.api.campos import Dia, Numero, Pedido, Posicao
from backoffice.campos_antigos import Instante, PagamentoDito, Total, Vinte, eco, pagamento
from dominio.recurso import MAIOR_JUSTIFICATIVA, Nivel, Origem
from dominio.situacao import StatusProtocolo
from handlers.importacao import LinhaAntiga, RecursoAntigo
from handlers.recurso_glosa.pedido import LinhaPedida

if TYPE_CHECKING:
    from collections.abc import Iterable

_MAIS_LINHAS = 5000
Codigo = Annotated[str, Field(pattern="^[0-9]{4}$")]
Justificativa = Annotated[
    str, BeforeValidator(eco), Field(min_length=1, max_length=MAIOR_JUSTIFICATIVA)
]


class LinhaDita(Pedido):
    """O que se contestou, e o que se respondeu."""

    nivel: Nivel
    codigo_glosa: Codigo
    justificativa: Justificativa
    numero_guia_prestador: Vinte | None = None
    numero_guia_operadora: Vinte | None = None
    senha: Vinte | None = None
    sequencial_item: Posicao | None = None
    data: Dia | None = None
    data_final: Dia | None = None
    tabela: Annotated[str, Field(pattern="^[0-9]{2}$")] | None = None
    codigo: Annotated[str, BeforeValidator(eco), Field(min_length=1, max_length=10)] | None = None
    grau_participacao: Annotated[str, Field(pattern="^([0-9]{2})?$")] = ""
    valor_recursado: Total | None = Field(None, description="Sem ele, o saldo inteiro.")
    valor_acatado: Total | None = Field(None, description="Sem ele, não se respondeu.")
    aceita: bool | None = Field(None, description="Só da linha que não contesta valor.")
    resposta: Justificativa | None = None

    @model_validator(mode="after")
    def _com_o_que_o_nivel_pede(self) -> LinhaDita:
        if self.nivel is not Nivel.PROTOCOLO and self.numero_guia_prestador is None:
            raise PydanticCustomError("texto", "a linha de guia ou item traz numeroGuiaPrestador")
        do_item = (self.sequencial_item, self.data, self.tabela, self.codigo)
        if self.nivel is Nivel.ITEM and None in do_item:
            raise PydanticCustomError(
                "texto", "a linha de item traz sequencialItem, data, tabela e codigo"
            )
        return self


class RecursoDito(Pedido):
    """Um recurso, com o número que tem."""

    recurso: Numero
    numero_guia_rec_glosa_prestador: Vinte
    numero_guia_rec_glosa_operadora: Vinte | None = None
    origem: Origem = Origem.WEBSERVICE
    recebido_em: Instante
    situacao: Literal[1, 2, 3, 4, 6]
    linhas: list[LinhaDita] = Field(min_length=1, max_length=_MAIS_LINHAS)
    respondido_em: Instante | None = None
    pagamento: PagamentoDito | None = None


def recurso(dito: RecursoDito) -> RecursoAntigo:
    """O recurso como valor."""
    return RecursoAntigo(
        numero=dito.recurso,
        numero_guia=dito.numero_guia_rec_glosa_prestador,
        numero_guia_operadora=dito.numero_guia_rec_glosa_operadora,
        origem=dito.origem,
        recebido_em=dito.recebido_em,
        situacao=StatusProtocolo(dito.situacao),
        linhas=tuple(_linhas(dito.linhas)),
        respondido_em=dito.respondido_em,
        pagamento=None if dito.pagamento is None else pagamento(dito.pagamento),
    )


def _linhas(ditas: Iterable[LinhaDita]) -> Iterable[LinhaAntiga]:
    for ordem, dita in enumerate(ditas, 1):
        pedida = LinhaPedida(
            dita.nivel,
            dita.codigo_glosa,
            dita.justificativa,
            grupo=0 if dita.nivel is Nivel.PROTOCOLO else ordem,
            guia_numero=dita.numero_guia_prestador,
            guia_operadora=dita.numero_guia_operadora,
            senha=dita.senha,
            sequencial=dita.sequencial_item,
            data_inicio=dita.data,
            data_fim=dita.data_final,
            tabela=dita.tabela,
            procedimento=dita.codigo,
            grau=dita.grau_participacao,
            valor=dita.valor_recursado,
        )
        yield LinhaAntiga(pedida, dita.valor_acatado, dita.aceita, dita.resposta)
