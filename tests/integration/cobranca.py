"""O lado da operadora nos testes: lotes inventados, analisados e pagos sem HTTP nem XML."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from dominio.analise import Glosa
from dominio.lote import Beneficiario, Guia, Identificacao, Item, Lote, TipoGuia
from dominio.pagamento import Forma
from handlers import analise, pagamento
from handlers.analise import (
    PedidoDeFinalizacao,
    PedidoDeRegistro,
    QualGuia,
    ResultadoDeGuia,
    ResultadoDeItem,
)
from handlers.da_operadora import Autor
from handlers.pagamento import Alvo, PedidoDePagamento
from persistence import lotes, mensagens, partes_pagas, protocolos, tabelas
from persistence.lotes import NovoLote

if TYPE_CHECKING:
    from collections.abc import Sequence

    from integration.exemplos import Cadastro
    from sqlalchemy import Connection

    from handlers.analise import AnaliseAtual
    from handlers.pagamento import PagamentoAtual
    from persistence.banco import Banco
    from persistence.partes_pagas import Parte
    from persistence.prestadores import Prestador
    from persistence.protocolos import GuiaGuardada, ItemGuardado, Protocolo

AGORA = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)
HOJE = date(2026, 3, 10)
ZERO = Decimal("0.00")


def reais(texto: str) -> Decimal:
    """Um valor escrito como nos demonstrativos."""
    return Decimal(texto)


def glosa(valor: str, codigo: str = "1705") -> Glosa:
    """Uma glosa com código que existe em todas as versões."""
    return Glosa(codigo, Decimal(valor))


def de_item(posicao: int, processado: str, *glosas: Glosa, **campos: Any) -> ResultadoDeItem:
    """O resultado de um item em que o liberado é o processado menos as glosas."""
    valor = Decimal(processado)
    liberado = valor - sum((g.valor for g in glosas), ZERO)
    return ResultadoDeItem(valor, liberado, posicao, glosas=glosas, **campos)


def de_guia(posicao: int, *itens: ResultadoDeItem, **campos: Any) -> ResultadoDeGuia:
    """O resultado de uma guia pela posição."""
    return ResultadoDeGuia(QualGuia(posicao), itens, **campos)


@dataclass
class Cobranca:
    """Uma operadora que recebe, analisa e paga; o relógio anda um segundo a cada pedido."""

    banco: Banco
    cadastro: Cadastro
    prefixo: str = ""
    _numeros: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def operadora(self) -> int:
        """Chave da operadora."""
        return self.cadastro.operadora.id

    def autor(self, quem: str = "ana") -> Autor:
        """Quem pede, um segundo depois do pedido anterior."""
        return Autor(quem, AGORA + timedelta(seconds=next(self._numeros)))

    def lote(
        self,
        *guias: Sequence[str],
        prestador: Prestador | None = None,
        versao: str = "4.03.00",
        tipo: TipoGuia = TipoGuia.SADT,
        homologacao: bool = False,
        **do_item: Any,
    ) -> int:
        """Recebe um lote com os valores dos itens de cada guia e dá o número do protocolo."""
        dono = prestador or self.cadastro.prestador
        n = next(self._numeros)
        executante = Identificacao("codigo", dono.codigo)
        with self.banco.escrita() as conn:
            mensagens.arquivar(
                conn,
                mensagens.MensagemNova(
                    id=f"{self.prefixo}m{n}",
                    recebida_em=AGORA,
                    canal="soap",
                    tamanho=1,
                    sha256="cd" * 32,
                    desfecho="respondida",
                ),
            )
            novo = NovoLote(
                operadora_id=dono.operadora_id,
                prestador_id=dono.id,
                lote=Lote(
                    str(n),
                    tipo,
                    tuple(
                        guia(f"G{n}-{g}", executante, valores, **do_item)
                        for g, valores in enumerate(guias or [["100.00"]], 1)
                    ),
                ),
                versao=versao,
                canal="soap",
                mensagem_id=f"{self.prefixo}m{n}",
                recebido_em=AGORA,
                data_envio=HOJE,
                executantes={executante: dono.id},
                homologacao=homologacao,
            )
            return lotes.registrar(conn, novo).numero

    def registrar(self, numero: int, *guias: ResultadoDeGuia, **campos: Any) -> AnaliseAtual:
        """Registra resultados com uma chave nova, salvo se dada."""
        campos.setdefault("chave", f"k{next(self._numeros)}")
        with self.banco.escrita() as conn:
            return analise.registrar(
                conn,
                self.operadora,
                PedidoDeRegistro(numero, guias=guias, **campos),
                self.autor(),
            )

    def finalizar(self, numero: int, **campos: Any) -> AnaliseAtual:
        """Finaliza a análise."""
        with self.banco.escrita() as conn:
            return analise.finalizar(
                conn, self.operadora, PedidoDeFinalizacao(numero, **campos), self.autor()
            )

    def reabrir(self, numero: int, motivo: str = "engano", **campos: Any) -> AnaliseAtual:
        """Reabre a análise."""
        with self.banco.escrita() as conn:
            return analise.reabrir(
                conn, self.operadora, numero, self.autor(), motivo=motivo, **campos
            )

    def liberar(self, numero: int) -> None:
        """Libera para pagamento."""
        with self.banco.escrita() as conn:
            pagamento.liberar(conn, self.operadora, numero, self.autor())

    def retirar(self, numero: int) -> None:
        """Retira a liberação."""
        with self.banco.escrita() as conn:
            pagamento.retirar(conn, self.operadora, numero, self.autor(), motivo="revisão")

    def liberado(self, *guias: Sequence[str], **campos: Any) -> int:
        """Um lote já analisado por inteiro e liberado."""
        numero = self.lote(*guias, **campos)
        self.finalizar(numero, completar=True)
        self.liberar(numero)
        return numero

    def pagar(self, *alvos: int | Alvo, **campos: Any) -> PagamentoAtual:
        """Cria um pagamento com uma chave nova, salvo se dada."""
        campos.setdefault("chave", f"p{next(self._numeros)}")
        campos.setdefault("prestador", self.cadastro.prestador.codigo)
        campos.setdefault("data_prevista", date(2026, 3, 31))
        campos.setdefault("forma", Forma.BOLETO)
        pedido = PedidoDePagamento(
            alvos=tuple(Alvo(a) if isinstance(a, int) else a for a in alvos), **campos
        )
        with self.banco.escrita() as conn:
            return pagamento.criar(conn, self.operadora, pedido, self.autor())

    def confirmar(self, quem: PagamentoAtual, **campos: Any) -> PagamentoAtual:
        """Confirma um pagamento."""
        campos.setdefault("data", date(2026, 3, 31))
        with self.banco.escrita() as conn:
            return pagamento.confirmar(
                conn, self.operadora, quem.pagamento.id, self.autor(), **campos
            )

    def pago(
        self, *alvos: int | Alvo, data: date = date(2026, 3, 31), **campos: Any
    ) -> PagamentoAtual:
        """Cria e confirma um pagamento."""
        return self.confirmar(self.pagar(*alvos, **campos), data=data)

    def estornar(self, quem: PagamentoAtual, *alvos: Alvo, **campos: Any) -> PagamentoAtual:
        """Estorna um pagamento, inteiro se não se dizem alvos."""
        with self.banco.escrita() as conn:
            return pagamento.estornar(
                conn,
                self.operadora,
                quem.pagamento.id,
                self.autor(),
                motivo="conta errada",
                alvos=alvos or None,
                **campos,
            )

    def cancelar(self, quem: PagamentoAtual) -> PagamentoAtual:
        """Cancela um pagamento previsto."""
        with self.banco.escrita() as conn:
            return pagamento.cancelar(
                conn, self.operadora, quem.pagamento.id, self.autor(), motivo="engano"
            )

    def protocolo(self, numero: int) -> Protocolo:
        """O protocolo como está gravado."""
        with self.banco.leitura() as conn:
            achado = protocolos.por_numero(conn, self.operadora, numero)
        assert achado is not None
        return achado

    def guias(self, numero: int) -> tuple[GuiaGuardada, ...]:
        """As guias como estão gravadas."""
        with self.banco.leitura() as conn:
            return protocolos.guias(conn, self.protocolo(numero).lote_id or 0)

    def itens(self, numero: int) -> tuple[ItemGuardado, ...]:
        """Os itens como estão gravados."""
        with self.banco.leitura() as conn:
            return protocolos.itens(conn, self.protocolo(numero).lote_id or 0)

    def situacoes(self, numero: int) -> list[int]:
        """As situações por que o protocolo passou."""
        with self.banco.leitura() as conn:
            historico = protocolos.historico(conn, self.protocolo(numero).id)
        return [int(passagem.para) for passagem in historico]

    def andar(self, numero: int, *situacoes: Any) -> None:
        """Leva o protocolo por situações, sem análise nem pagamento."""
        with self.banco.escrita() as conn:
            for situacao in situacoes:
                protocolos.transitar(conn, self.protocolo(numero).id, situacao, "teste")


def guia(numero: str, executante: Identificacao, valores: Sequence[str], **do_item: Any) -> Guia:
    """Uma guia cujos itens têm os valores dados, um procedimento cada."""
    informado = sum((Decimal(v) for v in valores), ZERO)
    return Guia(
        numero_prestador=numero,
        numero_operadora=f"O{numero}",
        guia_principal=None,
        senha="S1",
        beneficiario=Beneficiario("00123", "N"),
        executante=executante,
        cnes="1234567",
        data_inicio=HOJE,
        hora_inicio=None,
        data_fim=None,
        hora_fim=None,
        data_realizacao=HOJE,
        informado=informado,
        itens=tuple(item(n, valor, **do_item) for n, valor in enumerate(valores, 1)),
    )


def item(sequencial: int, valor: str, **campos: Any) -> Item:
    """Um procedimento de valor dado, de quantidade um."""
    return Item(
        **{
            "despesa": False,
            "sequencial": sequencial,
            "data": HOJE,
            "tabela": "22",
            "codigo": f"4030{sequencial:04d}",
            "descricao": "Exame",
            "quantidade": Decimal(1),
            "valor_unitario": Decimal(valor),
            "valor_total": Decimal(valor),
            **campos,
        }
    )


def partes(conn: Connection, protocolo_id: int) -> list[Parte]:
    """As partes de um protocolo em todos os pagamentos, vivas ou não."""
    _x = tabelas.pagamento_parte.c
    ids = conn.execute(
        select(_x.pagamento_id).where(_x.protocolo_id == protocolo_id).distinct()
    ).scalars()
    return [
        parte
        for pagamento_id in sorted(ids)
        for parte in partes_pagas.do_pagamento(conn, pagamento_id)
        if parte.protocolo_id == protocolo_id
    ]
