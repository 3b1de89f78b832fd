"""O arquivo de uma nota fiscal: anexa-se ao rascunho; depois de enviada, só se lê."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from dominio.formatos_de_nota import MAIOR_ARQUIVO, formato_de
from dominio.impedimento import Impedimento
from dominio.impedimentos import FORMATO_DO_ARQUIVO, NOME_DO_ARQUIVO, TAMANHO_DO_ARQUIVO
from handlers.pagamento.notas import trancar_rascunho
from persistence import arquivos_de_notas
from persistence.arquivos import chave
from persistence.arquivos_de_notas import ArquivoDeNota
from persistence.banco import cifra_de

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from handlers.da_operadora import Autor
    from persistence.arquivos import Arquivos

_MAIOR_NOME = 200


def anexar(
    conn: Connection,
    arquivos: Arquivos,
    operadora_id: int,
    nota_id: int,
    autor: Autor,
    *,
    nome: str,
    conteudo: bytes,
) -> ArquivoDeNota:
    """Guarda o arquivo de um rascunho, no lugar do que ele tinha.

    Raises:
        Impedimento: o pedido não se faz; a transação deve ser desfeita.
        OSError: o depósito não o guardou.
    """
    if not 1 <= len(nome) <= _MAIOR_NOME or not nome.isprintable() or set(nome) & set("/\\"):
        raise Impedimento(NOME_DO_ARQUIVO)
    if not 0 < len(conteudo) <= MAIOR_ARQUIVO:
        raise Impedimento(TAMANHO_DO_ARQUIVO)
    formato = formato_de(nome, conteudo)
    if formato is None:
        raise Impedimento(FORMATO_DO_ARQUIVO)
    nota = trancar_rascunho(conn, operadora_id, nota_id)
    novo = ArquivoDeNota(
        nota.id,
        operadora_id,
        nome,
        formato,
        hashlib.sha256(conteudo).hexdigest(),
        len(conteudo),
        autor.agora,
        autor.quem,
    )
    # antes da linha: o que sobra sem linha a varredura apaga
    arquivos.guardar(chave(operadora_id, novo.sha256), conteudo, cifra_de(conn))
    arquivos_de_notas.gravar(conn, novo)
    return novo
