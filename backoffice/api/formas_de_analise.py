"""As formas da análise em JSON: pedidos, resultados, andamento."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from backoffice import rotulos
from backoffice.api import campos, formas
from backoffice.api.campos import Motivo, Pedido, Posicao, Texto
from backoffice.api.formas import Forma, Instante, Quantidade, Reais, Situacao, Valores
from dominio.analise import Glosa
from handlers import analise as casos

if TYPE_CHECKING:
    from backoffice.api.base import Quem
    from dominio.analise import GuiaAnalisada
    from handlers.analise import AnaliseAtual
    from persistence.apontamentos import Apontamento

_MAIS_ITENS = 10_000


class GlosaDita(Pedido):
    """Uma glosa."""

    codigo: Texto
    valor: campos.Reais = Decimal("0.00")
    texto: str | None = None


class ItemDito(Pedido):
    """O resultado de um item, ou da parte de um grau de participação dele."""

    item: Posicao | None = Field(None, description="Posição na guia; ou então `sequencialItem`.")
    sequencial_item: Annotated[int, Field(ge=0, le=campos.MAIOR_POSICAO)] | None = None
    despesa: bool = Field(False, description="Se o sequencial é de `outrasDespesas`.")
    grau_participacao: str = Field("", description="Vazio é o item inteiro.")
    valor_informado: campos.Reais | None = Field(None, description="Só com grau de participação.")
    valor_processado: campos.Reais
    valor_liberado: campos.Reais
    valor_glosa: campos.Reais | None = Field(None, description="Sem ele, a soma das glosas.")
    qtd_executada: campos.Reais | None = None
    qtd_paga: campos.Reais | None = None
    glosas: list[GlosaDita] = Field([], max_length=100)


class GuiaDita(Pedido):
    """O resultado de uma guia; toma o lugar do que ela tinha."""

    guia: Posicao | None = Field(None, description="Posição no lote; ou então um dos números.")
    numero_guia_operadora: Texto | None = None
    numero_guia_prestador: Texto | None = None
    itens: list[ItemDito] = Field([], max_length=_MAIS_ITENS)
    glosas: list[GlosaDita] = Field([], max_length=100)
    valor_processado: campos.Reais | None = Field(None, description="Sem ele, a soma dos itens.")
    valor_liberado: campos.Reais | None = None
    valor_glosa: campos.Reais | None = None
    observacao: str | None = None


class ResultadosDitos(Pedido):
    """Resultados de um lote, inteiros ou em partes."""

    guias: list[GuiaDita] = Field([], max_length=1000)
    glosas: list[GlosaDita] | None = Field(
        None, max_length=100, description="Do protocolo; sem o campo, ficam as que há."
    )
    observacao: str | None = None


class Finalizacao(Pedido):
    """Como finalizar."""

    completar: bool = Field(False, description="Libera como informado o que não tem resultado.")


class Reabertura(Pedido):
    """Por que se reabre."""

    motivo: Motivo


class Descarte(Pedido):
    """O que se desfaz."""

    guia: Posicao | None = Field(None, description="Posição no lote; sem ela, a análise inteira.")


class Automatica(Pedido):
    """O que fazer depois da análise automática."""

    finalizar: bool = Field(False, description="Finaliza, se nada ficou para uma pessoa.")


class AndamentoDaAnalise(Forma):
    """Em que pé a análise ficou; o ETag é a revisão."""

    numero_protocolo: str
    situacao: Situacao
    estado: str
    rodada: int
    revisao: int
    valores: Valores
    repetido: bool


class ApontamentoFeito(Forma):
    """O que a análise automática achou e não decidiu."""

    guia: int
    item: int | None
    regra: str
    acao: str
    codigo: str
    texto: str


class AutomaticaFeita(Forma):
    """O que a análise automática fez."""

    analise: AndamentoDaAnalise
    guias_com_resultado: int
    apontamentos: list[ApontamentoFeito]


class GlosaFeita(Forma):
    """Uma glosa registrada."""

    codigo: str
    valor: Reais
    texto: str | None


class ItemAnalisado(Forma):
    """O resultado de um item, ou de um grau de participação dele."""

    item: int
    grau_participacao: str
    qtd_executada: Quantidade
    qtd_paga: Quantidade
    valores: Valores
    glosas: list[GlosaFeita]


class GuiaAnalisadaNaApi(Forma):
    """O resultado de uma guia; um valor ausente é a soma dos itens e das glosas."""

    guia: int
    numero_guia_prestador: str
    valor_processado: Reais | None
    valor_liberado: Reais | None
    valor_glosa: Reais | None
    observacao: str | None
    itens: list[ItemAnalisado]
    glosas: list[GlosaFeita]


class AnaliseInteira(AndamentoDaAnalise):
    """A análise com os resultados guardados, que o prestador só vê depois de finalizada."""

    politica: str | None
    observacao: str | None
    aberta_em: Instante
    aberta_por: str
    finalizada_em: Instante | None
    finalizada_por: str | None
    guias: list[GuiaAnalisadaNaApi]
    glosas: list[GlosaFeita]
    apontamentos: list[ApontamentoFeito]


def resultados(guias: list[GuiaDita]) -> tuple[casos.ResultadoDeGuia, ...]:
    """Os resultados de um pedido."""
    return tuple(_resultado(guia) for guia in guias)


def glosas_ditas(ditas: list[GlosaDita]) -> tuple[Glosa, ...]:
    """As glosas de um pedido."""
    return tuple(Glosa(g.codigo, g.valor, g.texto) for g in ditas)


def _resultado(guia: GuiaDita) -> casos.ResultadoDeGuia:
    return casos.ResultadoDeGuia(
        casos.QualGuia(guia.guia, guia.numero_guia_operadora, guia.numero_guia_prestador),
        tuple(
            casos.ResultadoDeItem(
                item.valor_processado,
                item.valor_liberado,
                item.item,
                item.sequencial_item,
                item.despesa,
                glosas_ditas(item.glosas),
                item.valor_glosa,
                item.grau_participacao,
                item.valor_informado,
                item.qtd_executada,
                item.qtd_paga,
            )
            for item in guia.itens
        ),
        glosas_ditas(guia.glosas),
        guia.valor_processado,
        guia.valor_liberado,
        guia.valor_glosa,
        guia.observacao,
    )


def andamento(quem: Quem, atual: AnaliseAtual) -> AndamentoDaAnalise:
    """Em que pé uma análise ficou."""
    return AndamentoDaAnalise(
        numero_protocolo=rotulos.numero(atual.protocolo, quem.operadora.largura_protocolo),
        situacao=formas.situacao(atual.status),
        estado=atual.estado,
        rodada=atual.rodada,
        revisao=atual.revisao,
        valores=formas.valores(atual.valores),
        repetido=atual.repetido,
    )


def apontamento(a: Apontamento) -> ApontamentoFeito:
    """A forma de um apontamento."""
    return ApontamentoFeito(
        guia=a.guia_posicao,
        item=a.item_posicao,
        regra=a.regra,
        acao=a.acao,
        codigo=a.codigo,
        texto=a.texto,
    )


def glosas(registradas: list[Glosa]) -> list[GlosaFeita]:
    """As formas de glosas registradas."""
    return [GlosaFeita(**g._asdict()) for g in registradas]


def guia(analisada: GuiaAnalisada, numero_prestador: str) -> GuiaAnalisadaNaApi:
    """A forma do resultado de uma guia."""
    return GuiaAnalisadaNaApi(
        guia=analisada.posicao,
        numero_guia_prestador=numero_prestador,
        valor_processado=analisada.processado,
        valor_liberado=analisada.liberado,
        valor_glosa=analisada.glosa,
        observacao=analisada.observacao,
        itens=[
            ItemAnalisado(
                item=item.posicao,
                grau_participacao=item.grau,
                qtd_executada=item.quantidade,
                qtd_paga=item.quantidade_paga,
                valores=formas.valores(item.valores),
                glosas=glosas(list(item.glosas)),
            )
            for item in analisada.itens
        ],
        glosas=glosas(list(analisada.glosas)),
    )
