"""Débitos e créditos de um prestador que esperam o seu próximo pagamento."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dominio.impedimento import Impedimento
from dominio.impedimentos import PRESTADOR_AUSENTE
from handlers import da_operadora
from handlers.pagamento.criacao import conferir_desconto
from persistence import feitos, lancamentos, pagamentos

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from dominio.pagamento import Desconto
    from handlers.da_operadora import Autor
    from persistence.lancamentos import Lancamento

_ACAO = "lancamento"


def lancar(
    conn: Connection,
    operadora_id: int,
    prestador: str,
    desconto: Desconto,
    autor: Autor,
    *,
    chave: str,
) -> tuple[Lancamento, ...]:
    """Põe um débito ou crédito à espera e dá todos os que esperam.

    Repetido com a sua chave, nada mais se grava.

    Args:
        conn: transação de escrita.
        operadora_id: de quem é o prestador.
        prestador: código na operadora.
        desconto: o que se desconta ou acrescenta.
        autor: quem pede.
        chave: escolhida por quem chama.

    Raises:
        Impedimento: o pedido não se faz; a transação deve ser desfeita.
    """
    da_operadora.conferir_chave(chave)
    conferir_desconto(desconto)
    recebedor = pagamentos.trancar_recebedor(conn, operadora_id, prestador)
    if recebedor is None:
        raise Impedimento(PRESTADOR_AUSENTE)
    sha256 = da_operadora.resumo(prestador, desconto)
    feito = feitos.reservar(conn, operadora_id, _ACAO, chave, sha256=sha256, agora=autor.agora)
    if feito is not None:
        da_operadora.conferir_repeticao(sha256, feito.sha256)
    else:
        lancamentos.incluir(
            conn,
            operadora_id,
            recebedor.id,
            [desconto],
            origem="pessoa",
            quem=autor.quem,
            agora=autor.agora,
        )
    return lancamentos.pendentes(conn, operadora_id, recebedor.id)
