"""Escrever um recado, e dar por lidos os do outro lado."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

from dominio.impedimento import Impedimento, Lugar
from dominio.impedimentos import ANEXOS_DO_RECADO, GUIA_AUSENTE, RECADO_VAZIO
from handlers import arquivo_anexado, da_operadora
from persistence import anexos_de_recados, feitos, protocolos, recados
from persistence.arquivos import chave
from persistence.banco import cifra_de

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from handlers.da_operadora import Autor
    from persistence.arquivos import Arquivos
    from persistence.recados import Recado

MAIOR_TEXTO = 2000
MAIS_ANEXOS = 10
"""Arquivos de um recado."""
_ACAO = "recado"


class Anexo(NamedTuple):
    """Um arquivo que acompanha um recado.

    Attributes:
        nome: com a extensão, que diz o formato.
        conteudo: os bytes.
    """

    nome: str
    conteudo: bytes

    def __repr__(self) -> str:
        """Sem valores: pode ser de um paciente."""
        return f"<Anexo {len(self.conteudo)} bytes>"


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


def escrever(
    conn: Connection,
    operadora_id: int,
    pedido: PedidoDeRecado,
    autor: Autor,
    *,
    anexos: Sequence[Anexo] = (),
    arquivos: Arquivos | None = None,
) -> Recado:
    """Grava um recado; repetido com a sua chave, dá o que já se gravou.

    Args:
        conn: transação de escrita.
        operadora_id: dona do lote.
        pedido: o recado.
        autor: quem escreve, e quando.
        anexos: os arquivos que o acompanham; os formatos são os que a operadora aceita em anexos.
        arquivos: onde ficam; só falta se não há anexos.

    Raises:
        Impedimento: o pedido não se faz; a transação deve ser desfeita.
        OSError: o depósito não os guardou.
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
    if len(anexos) > MAIS_ANEXOS:
        raise Impedimento(ANEXOS_DO_RECADO, lugar)
    formatos = [arquivo_anexado.conferir(conn, operadora_id, *um) for um in anexos]
    digests = [hashlib.sha256(um.conteudo).hexdigest() for um in anexos]
    sha256 = da_operadora.resumo(pedido, *digests)
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
    for um, formato, digest in zip(anexos, formatos, digests, strict=True):
        assert arquivos is not None  # noqa: S101 - com anexos há onde os guardar
        # antes da linha: o que sobra sem linha a varredura apaga
        arquivos.guardar(chave(operadora_id, digest), um.conteudo, cifra_de(conn))
        anexos_de_recados.incluir(
            conn,
            operadora_id=operadora_id,
            recado_id=novo.id,
            nome=um.nome,
            formato=formato,
            sha256=digest,
            tamanho=len(um.conteudo),
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
