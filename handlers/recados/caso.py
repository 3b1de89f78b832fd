"""Escrever um recado, e dar por lidos os do outro lado."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dominio.impedimento import Impedimento, Lugar
from dominio.impedimentos import GUIA_AUSENTE, RECADO_VAZIO
from handlers import da_operadora
from persistence import feitos, protocolos, recados

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from handlers.da_operadora import Autor
    from persistence.recados import Recado

MAIOR_TEXTO = 2000
_ACAO = "recado"


class PedidoDeRecado(NamedTuple):
    """Um recado por escrever.

    Attributes:
        protocolo: número.
        texto: até 2.000 caracteres.
        guia: posição no lote, a partir de 1; ausente se é do lote inteiro.
        lado: ``operadora`` ou ``prestador``: em nome de quem se escreve.
        chave: escolhida por quem chama; o mesmo pedido com ela não escreve outro.
    """

    protocolo: int
    texto: str
    guia: int | None
    lado: str
    chave: str


def escrever(conn: Connection, operadora_id: int, pedido: PedidoDeRecado, autor: Autor) -> Recado:
    """Grava um recado; repetido com a sua chave, dá o que já se gravou.

    Raises:
        Impedimento: o pedido não se faz; a transação deve ser desfeita.
    """
    da_operadora.conferir_chave(pedido.chave)
    lugar = Lugar(pedido.protocolo, pedido.guia)
    if not pedido.texto.strip():
        raise Impedimento(RECADO_VAZIO, lugar)
    da_operadora.conferir_texto(pedido.texto, MAIOR_TEXTO, lugar)
    protocolo = da_operadora.trancar_lote(conn, operadora_id, pedido.protocolo)
    assert protocolo.lote_id is not None  # noqa: S101 - é de lote
    if pedido.guia is not None and all(
        guia.posicao != pedido.guia for guia in protocolos.guias(conn, protocolo.lote_id)
    ):
        raise Impedimento(GUIA_AUSENTE, lugar)
    sha256 = da_operadora.resumo(pedido)
    feito = feitos.reservar(
        conn, operadora_id, _ACAO, pedido.chave, sha256=sha256, agora=autor.agora
    )
    if feito is not None:
        da_operadora.conferir_repeticao(sha256, feito.sha256)
        return recados.ler(conn, operadora_id, feito.alvo)
    novo = recados.incluir(
        conn,
        operadora_id,
        protocolo.id,
        guia_posicao=pedido.guia,
        lado=pedido.lado,
        quem=autor.quem,
        em=autor.agora,
        texto=pedido.texto,
    )
    feitos.anotar(conn, operadora_id, _ACAO, pedido.chave, novo.id)
    return novo


def marcar_lidos(
    conn: Connection, operadora_id: int, numero: int, autor: Autor, *, lado: str, ate: int
) -> int:
    """Dá por lidos os recados que um lado escreveu, até um deles inclusive.

    Returns:
        Quantos passaram a lidos.

    Raises:
        Impedimento: a operadora não tem lote com esse protocolo.
    """
    protocolo = da_operadora.trancar_lote(conn, operadora_id, numero)
    return recados.marcar_lidos(
        conn, operadora_id, protocolo.id, lado=lado, quem=autor.quem, agora=autor.agora, ate=ate
    )
