"""As notas fiscais de um pagamento: rascunho, enviada, aceita ou recusada."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dominio.impedimento import Impedimento
from dominio.impedimentos import (
    DADOS_DA_NOTA,
    ESTADO_DA_NOTA,
    NOTA_AUSENTE,
    NOTA_EXISTENTE,
    VALOR_DA_NOTA,
)
from dominio.pagamento import EstadoNota, EstadoPagamento
from handlers import da_operadora
from handlers.pagamento import montagem
from handlers.pagamento.base import exigir_estado, exigir_motivo, trancar
from persistence import arquivos_de_notas, notas_fiscais, partes_pagas

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

    from sqlalchemy import Connection

    from handlers.da_operadora import Autor
    from persistence.notas_fiscais import NotaFiscal

_MAIOR_NUMERO, _MAIOR_SERIE, _MAIOR_DOCUMENTO = 20, 5, 200


class DadosDaNota(NamedTuple):
    """O que a nota fiscal diz.

    Attributes:
        numero: até 20 caracteres.
        serie: até 5.
        valor: reais; o bruto liberado do pagamento, sem retenções.
        emissao: data da nota.
        documento: referência do arquivo guardado, se há.
    """

    numero: str
    serie: str
    valor: Decimal
    emissao: date
    documento: str | None = None


def incluir(
    conn: Connection, operadora_id: int, pagamento_id: int, dados: DadosDaNota, autor: Autor
) -> NotaFiscal:
    """Cria o rascunho da nota de um pagamento previsto.

    Raises:
        Impedimento: o pedido não se faz; a transação deve ser desfeita.
    """
    pagamento = trancar(conn, operadora_id, pagamento_id)
    exigir_estado(pagamento, EstadoPagamento.PREVISTO)
    _conferir(conn, pagamento.id, dados)
    nota = notas_fiscais.incluir(
        conn,
        operadora_id=operadora_id,
        prestador_id=pagamento.prestador_id,
        pagamento_id=pagamento.id,
        criada_em=autor.agora,
        **dados._asdict(),
    )
    if nota is None:
        raise Impedimento(NOTA_EXISTENTE)
    return nota


def editar(conn: Connection, operadora_id: int, nota_id: int, dados: DadosDaNota) -> NotaFiscal:
    """Muda um rascunho.

    Raises:
        Impedimento: o pedido não se faz; a transação deve ser desfeita.
    """
    nota = trancar_rascunho(conn, operadora_id, nota_id)
    _conferir(conn, nota.pagamento_id, dados)
    return notas_fiscais.mudar(conn, nota, **dados._asdict())


def excluir(conn: Connection, operadora_id: int, nota_id: int) -> None:
    """Apaga um rascunho; depois de enviada, uma nota fica.

    Raises:
        Impedimento: o pedido não se faz; a transação deve ser desfeita.
    """
    nota = trancar_rascunho(conn, operadora_id, nota_id)
    arquivos_de_notas.apagar(conn, nota.id)
    notas_fiscais.apagar(conn, nota)


def enviar(conn: Connection, operadora_id: int, nota_id: int, autor: Autor) -> NotaFiscal:
    """Entrega o rascunho à operadora, que o analisa.

    Raises:
        Impedimento: o pedido não se faz; a transação deve ser desfeita.
    """
    nota = trancar_rascunho(conn, operadora_id, nota_id)
    return notas_fiscais.mudar(conn, nota, estado=EstadoNota.EM_ANALISE, enviada_em=autor.agora)


def decidir(
    conn: Connection,
    operadora_id: int,
    nota_id: int,
    autor: Autor,
    *,
    aceitar: bool,
    motivo: str = "",
) -> NotaFiscal:
    """Aceita ou recusa uma nota enviada; recusada, o prestador pode mandar outra.

    Raises:
        Impedimento: o pedido não se faz; a transação deve ser desfeita.
    """
    nota = _trancar(conn, operadora_id, nota_id, EstadoNota.EM_ANALISE)
    if not aceitar:
        exigir_motivo(motivo)
    return notas_fiscais.mudar(
        conn,
        nota,
        estado=EstadoNota.ACEITA if aceitar else EstadoNota.RECUSADA,
        motivo=motivo or None,
        decidida_em=autor.agora,
        decidida_por=autor.quem,
    )


def trancar_rascunho(conn: Connection, operadora_id: int, nota_id: int) -> NotaFiscal:
    """Uma nota que ainda se pode mudar, trancada até o fim da transação.

    Raises:
        Impedimento: a operadora não a tem, ou já foi enviada.
    """
    return _trancar(conn, operadora_id, nota_id, EstadoNota.RASCUNHO)


def _trancar(conn: Connection, operadora_id: int, nota_id: int, estado: EstadoNota) -> NotaFiscal:
    nota = notas_fiscais.trancar(conn, operadora_id, nota_id)
    if nota is None:
        raise Impedimento(NOTA_AUSENTE)
    if nota.estado is not estado:
        raise Impedimento(ESTADO_DA_NOTA, detalhe=f"Está {nota.estado}.")
    return nota


def _conferir(conn: Connection, pagamento_id: int, dados: DadosDaNota) -> None:
    numero, serie = dados.numero.strip(), dados.serie.strip()
    if not 1 <= len(numero) <= _MAIOR_NUMERO or not 1 <= len(serie) <= _MAIOR_SERIE:
        raise Impedimento(DADOS_DA_NOTA)
    for texto, tamanho in (
        (numero, _MAIOR_NUMERO),
        (serie, _MAIOR_SERIE),
        (dados.documento, _MAIOR_DOCUMENTO),
    ):
        da_operadora.conferir_texto(texto, tamanho)
    vivas = [parte for parte in partes_pagas.do_pagamento(conn, pagamento_id) if parte.viva]
    if dados.valor != montagem.somar(vivas).liberado:
        raise Impedimento(VALOR_DA_NOTA)
