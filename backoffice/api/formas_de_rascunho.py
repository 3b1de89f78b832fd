"""As formas de um rascunho de recurso: o que se digita, e como se mostra."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from pydantic import Field

from backoffice import rotulos
from backoffice.api import campos, formas
from backoffice.api.campos import Pedido, Posicao, Texto
from backoffice.api.formas import Forma, Instante, Prestador, Reais, Situacao
from backoffice.api.formas_de_recurso import (
    ENVIADO,
    NAO_ENVIADO,
    GlosaNomeada,
    ValoresDoRecurso,
    glosa,
)
from dominio.dinheiro import ZERO
from dominio.formatos_de_anexo import como_se_serve
from dominio.recurso import Nivel
from handlers.recurso_glosa.digitacao import LinhaDigitada

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dominio.recurso import Parcela
    from handlers.recurso_glosa.exame import Exame, Resolvida
    from persistence.anexos_de_rascunhos import Anexo
    from persistence.operadoras import Operadora
    from persistence.prestadores import Prestador as UmPrestador
    from persistence.protocolos import Protocolo
    from persistence.rascunhos import Rascunho

MAIS_LINHAS = 1_000


class LinhaDita(Pedido):
    """O que se contesta: o protocolo, uma guia ou um item."""

    nivel: Nivel
    codigo_glosa: Texto
    justificativa: str = Field(description="Até 500 caracteres.")
    guia: Posicao | None = Field(None, description="Posição no lote; ou então o número dela.")
    numero_guia_prestador: Texto | None = None
    item: Posicao | None = Field(None, description="Posição na guia.")
    grau_participacao: str = Field("", description="Vazio é o item inteiro.")
    valor: campos.Reais | None = Field(None, description="Só de item; sem ele, o saldo inteiro.")

    def digitada(self) -> LinhaDigitada:
        """Como o caso de uso a recebe."""
        return LinhaDigitada(
            self.nivel,
            self.codigo_glosa,
            self.justificativa,
            self.guia,
            self.numero_guia_prestador,
            self.item,
            self.grau_participacao,
            self.valor,
        )


class LinhaDoRascunho(Forma):
    """Uma linha digitada, com o que hoje contestaria."""

    nivel: str
    objeto: str
    guia: int | None
    numero_guia_prestador: str | None
    item: int | None
    sequencial_item: int | None
    tabela: str | None
    procedimento: str | None
    descricao: str | None
    data_procedimento: date | None
    grau_participacao: str
    glosa: GlosaNomeada
    justificativa: str
    valor_recursado: Reais
    acima_do_saldo: bool


class AnexoDoRascunho(Forma):
    """Um arquivo por enviar; enviado o rascunho, é um documento do recurso."""

    id: int
    numero_documento: str
    nome_arquivo: str
    descricao: str | None
    tipo_documento: str
    formato: str
    guia: int | None
    tamanho: int
    data_anexo: Instante
    anexado_por: str
    situacao: str


class RascunhoNaLista(Forma):
    """Um rascunho, sem as suas linhas."""

    id: int
    situacao_envio: str
    origem: str
    origem_texto: str
    numero_protocolo: str
    numero_lote_prestador: str
    prestador: Prestador
    data_inclusao: Instante
    alterado_em: Instante
    criado_por: str
    qtd_linhas: int
    numero_recurso: str | None
    revisao: int


class RascunhoInteiro(RascunhoNaLista):
    """Um rascunho inteiro; o ETag é a revisão."""

    nivel: str
    situacao_do_protocolo: Situacao
    valores: ValoresDoRecurso
    linhas: list[LinhaDoRascunho]
    anexos: list[AnexoDoRascunho]


class Lido(NamedTuple):
    """Um rascunho e o que o cerca.

    Attributes:
        rascunho: como se guardou.
        original: o protocolo de que se quer recorrer.
        prestador: de quem é o lote.
        exame: como as regras o olhariam hoje; ausente se só se quer a linha da lista.
        anexos: do primeiro ao último.
        recurso: número do que fez, se já se enviou.
    """

    rascunho: Rascunho
    original: Protocolo
    prestador: UmPrestador
    exame: Exame | None = None
    anexos: tuple[Anexo, ...] = ()
    recurso: int | None = None


def na_lista(lido: Lido, operadora: Operadora) -> RascunhoNaLista:
    """A forma de um rascunho na lista."""
    r = lido.rascunho
    return RascunhoNaLista(
        id=r.id,
        situacao_envio=NAO_ENVIADO if r.recurso_id is None else ENVIADO,
        origem=r.origem.value,
        origem_texto=r.origem.texto,
        numero_protocolo=rotulos.numero(lido.original.numero, operadora.largura_protocolo),
        numero_lote_prestador=lido.original.lote_numero or "",
        prestador=Prestador(codigo=lido.prestador.codigo, nome=lido.prestador.nome),
        data_inclusao=r.criado_em,
        alterado_em=r.alterado_em,
        criado_por=r.criado_por,
        qtd_linhas=len(r.conteudo["linhas"]),
        numero_recurso=(
            None
            if lido.recurso is None
            else rotulos.numero(lido.recurso, operadora.largura_do_recurso)
        ),
        revisao=r.revisao,
    )


def inteiro(lido: Lido, operadora: Operadora) -> RascunhoInteiro:
    """A forma de um rascunho inteiro."""
    exame = lido.exame
    assert exame is not None  # noqa: S101 - quem chama o leu inteiro
    juntas = list(zip(exame.linhas, exame.parcelas, strict=True))
    linhas = [_linha(resolvida, parcelas) for resolvida, parcelas in juntas]
    o = lido.original
    return RascunhoInteiro(
        **dict(na_lista(lido, operadora)),
        nivel=rotulos.nivel_do_recurso({resolvida.linha.nivel for resolvida, _ in juntas}),
        situacao_do_protocolo=formas.situacao(o.status),
        valores=ValoresDoRecurso(
            informado=o.informado,
            glosado=o.glosa,
            liberado=o.liberado,
            recursado=sum((x.valor_recursado for x in linhas), ZERO),
            acatado=ZERO,
        ),
        linhas=linhas,
        anexos=[anexo(a) for a in lido.anexos],
    )


def anexo(a: Anexo) -> AnexoDoRascunho:
    """A forma de um anexo."""
    return AnexoDoRascunho(
        id=a.id,
        numero_documento=str(a.id),
        nome_arquivo=a.nome,
        descricao=a.descricao,
        tipo_documento=a.tipo,
        formato=como_se_serve(a.formato).nome,
        guia=a.guia_posicao,
        tamanho=a.tamanho,
        data_anexo=a.anexado_em,
        anexado_por=a.anexado_por,
        situacao="Envio pendente",
    )


def _linha(resolvida: Resolvida, parcelas: Sequence[Parcela] | None) -> LinhaDoRascunho:
    linha, alvo = resolvida.linha, resolvida.alvo
    presas = sum((p.recursado for p in parcelas or ()), ZERO)
    return LinhaDoRascunho(
        nivel=linha.nivel.value,
        objeto=linha.nivel.texto,
        guia=None if alvo is None else alvo.guia,
        numero_guia_prestador=linha.guia_numero,
        item=None if alvo is None else alvo.item,
        sequencial_item=linha.sequencial,
        tabela=linha.tabela,
        procedimento=linha.procedimento,
        descricao=linha.descricao,
        data_procedimento=linha.data_inicio,
        grau_participacao=linha.grau,
        glosa=glosa(linha.codigo),
        justificativa=linha.justificativa,
        valor_recursado=(linha.valor or ZERO) if parcelas is None else presas,
        acima_do_saldo=parcelas is None,
    )
