"""O recurso de glosa: o que se pode contestar, até quanto, e o que foi de cada linha.

Cada glosa da análise é uma unidade: o protocolo, uma guia, um item ou o grau de um item, com um
código. Uma linha do recurso alcança uma ou mais unidades e prende parte do saldo de cada uma.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from dominio.dinheiro import ZERO
from dominio.pagamento import ratear
from dominio.situacao import StatusProtocolo

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date
    from decimal import Decimal

CONTESTAVEIS = frozenset(
    {
        StatusProtocolo.LIBERADO,
        StatusProtocolo.ENCERRADO_SEM_PAGAMENTO,
        StatusProtocolo.ANALISADO,
        StatusProtocolo.PAGO,
    }
)
"""Situações do protocolo em que as suas glosas já se podem contestar."""

MAIOR_JUSTIFICATIVA = 500
LARGURA = 12
"""Algarismos do número do recurso, se a operadora os completa com zeros."""


class Nivel(StrEnum):
    """O que uma linha contesta."""

    PROTOCOLO = "protocolo"
    GUIA = "guia"
    ITEM = "item"

    @property
    def texto(self) -> str:
        """Como se mostra."""
        return _NIVEIS[self]


_NIVEIS = {Nivel.PROTOCOLO: "Protocolo", Nivel.GUIA: "Guia", Nivel.ITEM: "Itens"}


class Objeto(StrEnum):
    """``dm_objetoRecurso``."""

    PROTOCOLO = "1"
    GUIA = "2"


class Origem(StrEnum):
    """Por onde o recurso foi feito."""

    WEBSERVICE = "webservice"
    PORTAL = "portal"
    OPERADORA = "operadora"

    @property
    def texto(self) -> str:
        """Como se mostra."""
        return _ORIGENS[self]


_ORIGENS = {
    Origem.WEBSERVICE: "Via Webservice",
    Origem.PORTAL: "Via Portal",
    Origem.OPERADORA: "Via Operadora",
}


class Estado(StrEnum):
    """A vida de uma linha."""

    PROTOCOLADO = "protocolado"
    EM_ANALISE = "em-analise"
    AUTORIZADO = "autorizado"
    AUTORIZADO_PARCIAL = "autorizado-parcial"
    NEGADO = "negado"
    CANCELADO = "cancelado"

    @property
    def texto(self) -> str:
        """Como se mostra."""
        return _ESTADOS[self]

    @property
    def acatado(self) -> bool:
        """Se a operadora aceitou a linha inteira."""
        return self is Estado.AUTORIZADO

    @property
    def decidido(self) -> bool:
        """Se a operadora já respondeu."""
        return self in (Estado.AUTORIZADO, Estado.AUTORIZADO_PARCIAL, Estado.NEGADO)


_ESTADOS = {
    Estado.PROTOCOLADO: "PROTOCOLADO",
    Estado.EM_ANALISE: "EM ANÁLISE",
    Estado.AUTORIZADO: "AUTORIZADO",
    Estado.AUTORIZADO_PARCIAL: "AUTORIZADO PARCIAL",
    Estado.NEGADO: "NEGADO",
    Estado.CANCELADO: "CANCELADO",
}


class Unidade(NamedTuple):
    """Uma glosa que se pode contestar.

    Attributes:
        guia: posição no lote, a partir de 1; ausente se a glosa é do protocolo.
        item: posição na guia, a partir de 1; ausente se é da guia ou do protocolo.
        grau: ``dm_grauPart``; vazio é o item inteiro.
        codigo: da tabela 38.
    """

    guia: int | None
    item: int | None
    grau: str
    codigo: str

    @property
    def nivel(self) -> Nivel:
        """O nível em que a glosa está."""
        if self.guia is None:
            return Nivel.PROTOCOLO
        return Nivel.GUIA if self.item is None else Nivel.ITEM

    @property
    def como_alvo(self) -> Alvo:
        """O que a contesta no próprio nível dela."""
        return Alvo(self.nivel, *self)


class Saldo(NamedTuple):
    """O que há por contestar de uma glosa, em reais.

    Attributes:
        glosado: o valor da glosa.
        preso: o que recursos em curso contestam, mais o que outros já recuperaram.
    """

    glosado: Decimal
    preso: Decimal = ZERO

    @property
    def livre(self) -> Decimal:
        """O saldo a recursar."""
        return max(self.glosado - self.preso, ZERO)


class Alvo(NamedTuple):
    """O que uma linha contesta; a chave de ``Unidade``, no nível que o prestador escolheu.

    Attributes:
        nivel: protocolo, guia ou item.
        guia: posição no lote, a partir de 1.
        item: posição na guia, a partir de 1.
        grau: vazio alcança o item inteiro, com todos os graus.
        codigo: da tabela 38.
    """

    nivel: Nivel
    guia: int | None
    item: int | None
    grau: str
    codigo: str

    @property
    def chave(self) -> str:
        """Texto que identifica o que se contesta entre as linhas do mesmo protocolo."""
        lugar = ".".join(str(parte) for parte in (self.guia, self.item) if parte is not None)
        return f"{self.nivel}:{lugar}:{self.grau}:{self.codigo}"

    def alcanca(self, unidade: Unidade) -> bool:
        """Se a linha contesta a glosa: a do próprio lugar e as do mesmo código abaixo dele."""
        if unidade.codigo != self.codigo:
            return False
        if self.nivel is Nivel.PROTOCOLO:
            return True
        if unidade.guia != self.guia:
            return False
        if self.nivel is Nivel.GUIA:
            return True
        # a análise pode ter glosado o item inteiro, sem distinguir os graus
        return unidade.item == self.item and (
            not self.grau or not unidade.grau or self.grau == unidade.grau
        )


class Parcela(NamedTuple):
    """Quanto uma linha contesta de uma glosa.

    Attributes:
        unidade: a glosa.
        recursado: reais.
        acatado: reais; ausente até a operadora responder.
    """

    unidade: Unidade
    recursado: Decimal
    acatado: Decimal | None = None


class AcimaDoSaldo(ValueError):
    """O valor pedido passa do que há por contestar, ou não há nada."""


def saldos(
    glosas: Iterable[tuple[Unidade, Decimal]], presas: Iterable[tuple[Unidade, Decimal]]
) -> dict[Unidade, Saldo]:
    """O saldo de cada glosa; valores negativos não se contestam.

    Args:
        glosas: as da análise; as de mesmo lugar e código somam-se.
        presas: o que cada linha viva prende.
    """
    glosado: dict[Unidade, Decimal] = {}
    for unidade, valor in glosas:
        glosado[unidade] = glosado.get(unidade, ZERO) + valor
    preso: dict[Unidade, Decimal] = defaultdict(lambda: ZERO)
    for unidade, valor in presas:
        preso[unidade] += valor
    return {u: Saldo(valor, preso[u]) for u, valor in glosado.items() if valor >= 0}


def prender(
    alvo: Alvo, valor: Decimal | None, dos_codigos: Mapping[Unidade, Saldo]
) -> tuple[Parcela, ...]:
    """Reparte o que uma linha contesta pelas glosas que alcança.

    Args:
        alvo: o que se contesta.
        valor: reais; ausente é o saldo inteiro.
        dos_codigos: os saldos do protocolo.

    Returns:
        Uma parcela por glosa com saldo, ou a glosa sem valor próprio com 0.00; vazio se o alvo
        não alcança glosa nenhuma.

    Raises:
        AcimaDoSaldo: passa do saldo, é zero onde há valor, ou já não há saldo.
    """
    alcancadas = [(u, s) for u, s in dos_codigos.items() if alvo.alcanca(u)]
    if not alcancadas:
        return ()
    if not any(s.glosado for _, s in alcancadas):
        # o código não tem valor próprio: contesta-se o motivo
        if valor:
            raise AcimaDoSaldo
        return tuple(Parcela(u, ZERO) for u, _ in alcancadas)
    total = sum((s.livre for _, s in alcancadas), ZERO)
    pedido = total if valor is None else valor
    if not ZERO < pedido <= total:
        raise AcimaDoSaldo
    partes = ratear(pedido, [s.livre for _, s in alcancadas])
    return tuple(
        Parcela(u, parte) for (u, _), parte in zip(alcancadas, partes, strict=True) if parte
    )


def responder(parcelas: Sequence[Parcela], acatado: Decimal) -> tuple[Parcela, ...]:
    """Reparte o que se acata de uma linha pelas suas parcelas, em proporção ao contestado."""
    partes = ratear(acatado, [p.recursado for p in parcelas])
    return tuple(p._replace(acatado=parte) for p, parte in zip(parcelas, partes, strict=True))


def estado_de(recursado: Decimal, acatado: Decimal, *, aceita: bool) -> Estado:
    """O estado de uma linha respondida.

    Args:
        recursado: reais.
        acatado: reais.
        aceita: o que decide quando nada se contesta em dinheiro.
    """
    if not recursado:
        return Estado.AUTORIZADO if aceita else Estado.NEGADO
    if not acatado:
        return Estado.NEGADO
    return Estado.AUTORIZADO if acatado == recursado else Estado.AUTORIZADO_PARCIAL


def juntar(estados: Iterable[Estado]) -> Estado:
    """O estado de um conjunto de linhas, como a lista o mostra."""
    ha = set(estados)
    if len(ha) == 1:
        return ha.pop()
    if ha & {Estado.PROTOCOLADO, Estado.EM_ANALISE}:
        return Estado.EM_ANALISE
    return Estado.AUTORIZADO_PARCIAL


def dentro_do_prazo(inicio: date | None, dias: int, hoje: date) -> bool:
    """Se ainda se pode recorrer; sem dia de início o prazo ainda não corre."""
    return inicio is None or hoje <= inicio + timedelta(dias)


def largura(do_protocolo: int, propria: int | None = None) -> int:
    """Algarismos do número do recurso: os que a operadora disse, senão doze se usa zeros."""
    if propria is not None:
        return propria
    return LARGURA if do_protocolo else 0
