"""Um protocolo de outro sistema, como valor."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, NamedTuple

from dominio.competencia import FUSO

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

    from dominio.analise import Glosa
    from dominio.lote import Lote
    from dominio.pagamento import Desconto, Forma
    from dominio.recurso import Origem
    from dominio.situacao import StatusProtocolo
    from handlers.analise import ResultadoDeGuia
    from handlers.recurso_glosa.pedido import LinhaPedida


class AnaliseAntiga(NamedTuple):
    """O que o outro sistema decidiu.

    Attributes:
        guias: os resultados.
        glosas: do protocolo inteiro.
        observacao: para o prestador.
        completar: libera como informado o que não tem resultado.
        finalizada_em: instante em UTC; ausente, o da liberação ou do pagamento.
    """

    guias: tuple[ResultadoDeGuia, ...]
    glosas: tuple[Glosa, ...]
    observacao: str | None
    completar: bool
    finalizada_em: datetime | None


class PagamentoAntigo(NamedTuple):
    """Como o outro sistema pagou um protocolo.

    Attributes:
        data: em que se pagou.
        forma: ``dm_formaPagamento``.
        banco: até 4 caracteres.
        agencia: até 7.
        conta: até 20.
        descontos: débitos e créditos, retenções inclusive: aqui não se calculam de novo.
    """

    data: date
    forma: Forma
    banco: str | None
    agencia: str | None
    conta: str | None
    descontos: tuple[Desconto, ...]

    @property
    def instante(self) -> datetime:
        """O meio-dia em que se pagou, em UTC."""
        return datetime.combine(self.data, time(12), FUSO).astimezone(UTC)


class LinhaAntiga(NamedTuple):
    """Uma linha de um recurso, com a resposta que teve.

    Attributes:
        pedida: o que se contestou.
        acatado: reais; ausente se não se respondeu.
        aceita: só da linha que não contesta valor.
        resposta: justificativa da operadora.
    """

    pedida: LinhaPedida
    acatado: Decimal | None
    aceita: bool | None
    resposta: str | None


class RecursoAntigo(NamedTuple):
    """Um recurso que o outro sistema recebeu.

    Attributes:
        numero: o que ele tem e conserva.
        numero_guia: ``numeroGuiaRecGlosaPrestador``.
        numero_guia_operadora: quando há.
        origem: por onde foi feito.
        recebido_em: instante em UTC.
        situacao: 1 ou 2 por fechar, 3 com algo acatado, 4 sem nada, 6 pago.
        linhas: na ordem.
        respondido_em: instante em UTC; ausente, o do recebimento.
        pagamento: só do que está pago.
    """

    numero: int
    numero_guia: str
    numero_guia_operadora: str | None
    origem: Origem
    recebido_em: datetime
    situacao: StatusProtocolo
    linhas: tuple[LinhaAntiga, ...]
    respondido_em: datetime | None
    pagamento: PagamentoAntigo | None


class ProtocoloAntigo(NamedTuple):
    """Um protocolo de outro sistema.

    Attributes:
        numero: o que ele tem e conserva.
        prestador: código na operadora.
        lote: como o prestador o enviou.
        versao: em que versão do padrão veio.
        recebido_em: instante em UTC.
        data_envio: dita pela mensagem.
        situacao: em que está.
        analise: ausente antes de haver uma.
        liberado_em: instante em UTC; ausente, o do pagamento, ou nunca se liberou.
        pagamento: só do que está pago.
        recursos: do primeiro ao último.
        sha256: da linha, para reconhecer a mesma outra vez.
        tamanho: bytes da linha.
    """

    numero: int
    prestador: str
    lote: Lote
    versao: str
    recebido_em: datetime
    data_envio: date
    situacao: StatusProtocolo
    analise: AnaliseAntiga | None
    liberado_em: datetime | None
    pagamento: PagamentoAntigo | None
    recursos: tuple[RecursoAntigo, ...]
    sha256: str
    tamanho: int
