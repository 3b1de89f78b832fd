"""O que um recurso pede, e o que se responde ao recebê-lo."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from datetime import date, datetime
    from decimal import Decimal

    from dominio.lote import Identificacao
    from dominio.recurso import Nivel, Objeto, Origem
    from persistence.operadoras import Operadora
    from persistence.prestadores import Prestador


class LinhaPedida(NamedTuple):
    """Uma coisa que se contesta, como veio.

    Attributes:
        nivel: protocolo, guia ou item.
        codigo: da glosa.
        justificativa: texto livre.
        grupo: ordem do ``recursoGuia`` em que veio, a partir de 1; zero é o protocolo.
        guia_numero: número da guia no prestador.
        guia_operadora: número da guia na operadora, quando veio.
        sequencial: do item; os seguintes até ``quantidade``, idem.
        valor: reais; só de item.
    """

    nivel: Nivel
    codigo: str
    justificativa: str
    grupo: int = 0
    guia_numero: str | None = None
    guia_operadora: str | None = None
    senha: str | None = None
    sequencial: int | None = None
    data_inicio: date | None = None
    data_fim: date | None = None
    tabela: str | None = None
    procedimento: str | None = None
    descricao: str | None = None
    grau: str = ""
    dente: str | None = None
    regiao: str | None = None
    face: str | None = None
    quantidade: int | None = None
    valor: Decimal | None = None


class PedidoDeRecurso(NamedTuple):
    """Um recurso como veio.

    Attributes:
        registro_ans: da operadora, dito na guia de recurso.
        numero_guia: ``numeroGuiaRecGlosaPrestador``.
        numero_guia_operadora: quando veio.
        objeto: o que se diz contestar.
        odonto: se veio na forma da odontologia.
        prestador: de quem é o lote, dito.
        numero_lote: dito.
        numero_protocolo: dito; zeros à esquerda não contam.
        linhas: na ordem da mensagem.
        total: reais, dito.
        data: do recurso, dita.
    """

    registro_ans: str
    numero_guia: str
    numero_guia_operadora: str | None
    objeto: Objeto
    odonto: bool
    prestador: Identificacao
    numero_lote: str
    numero_protocolo: str
    linhas: tuple[LinhaPedida, ...]
    total: Decimal
    data: date

    @property
    def sha256(self) -> str:
        """Digest do que se contesta; o dia em que se diz fazê-lo não conta."""
        conteudo = (self.odonto, self.objeto, self.total.normalize(), self.linhas)
        return hashlib.sha256(repr(conteudo).encode()).hexdigest()

    def __repr__(self) -> str:
        """Sem valores: um recurso fala de pacientes."""
        return f"<PedidoDeRecurso {len(self.linhas)} linhas>"


class Remetente(NamedTuple):
    """Quem faz o recurso, e como ele chegou.

    Attributes:
        prestadores: ids que o remetente alcança e a guia de recurso diz.
        versao: do padrão, cujos códigos valem.
        canal: por onde veio.
        mensagem_id: no arquivo.
        agora: instante do recebimento, em UTC.
        origem: web service, portal ou operadora.
        quem: autor, no histórico.
        numero: o que o recurso já tem noutro sistema, de que vem; do que a operadora ali aceitou só
            se conferem as regras fixas.
    """

    operadora: Operadora
    prestador: Prestador
    prestadores: frozenset[int]
    versao: str
    canal: str
    mensagem_id: str
    agora: datetime
    origem: Origem
    quem: str = "prestador"
    numero: int | None = None


class Recibo(NamedTuple):
    """O que o recibo diz.

    Attributes:
        pedido: o que se repete.
        numero: do recurso.
        original: número do protocolo de que se recorre.
        lote: número do lote, como foi recebido.
        data: data de São Paulo em que o recurso se recebeu.
        valores: reais que cada linha contesta, na ordem do pedido.
        observacao: o que as regras acharam e o prestador pode ver.
        avisos: códigos estáveis do que se notou.
        repetido: se o recurso já tinha sido recebido antes.
    """

    pedido: PedidoDeRecurso
    numero: int
    original: int
    lote: str
    data: date
    valores: tuple[Decimal, ...]
    observacao: str | None = None
    avisos: tuple[str, ...] = ()
    repetido: bool = False

    @property
    def anotacoes(self) -> dict[str, Any]:
        """O número que se deu, como fica no arquivo."""
        return {"recurso": self.numero}
