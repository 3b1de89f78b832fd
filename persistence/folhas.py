"""A marca de uma folha: prova, com a chave do arquivo, que foi o gateway que a gravou.

Enquanto uma folha espera pelo selo nada mais a prova, e quem só tem o banco poderia refazê-la. A
marca é a autenticação do AES-GCM sobre um conteúdo vazio, com a folha no contexto: sem a chave, que
não está no banco, não se faz outra.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from persistence import guarda
from persistence.cifra import NaoDecifrado

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from persistence.cifra import Cifra


def marcar(cifra: Cifra | None, mensagem_id: str, resumo: str) -> bytes | None:
    """A marca de uma folha nova; ``None`` se não se cifra.

    Raises:
        ChavesInvalidas: o arquivo de chaves não serve.
    """
    if cifra is None or not cifra.ativa:
        return None
    return cifra.cifrar(b"", _contexto(mensagem_id, resumo))


def confere(
    conn: Connection,
    mensagem_id: str,
    resumo: str | None,
    marca: bytes | None,
    *,
    exigir: bool,
) -> bool:
    """Se uma folha por selar é a que o gateway gravou.

    Args:
        conn: a transação.
        mensagem_id: da mensagem.
        resumo: o da folha.
        marca: a que está gravada com ela.
        exigir: se uma folha sem marca, de quando não se cifrava, já não se aceita.

    Raises:
        ChavesInvalidas: falta a chave que a fez.
    """
    if marca is None:
        return not exigir
    if resumo is None:
        return False
    try:
        return guarda.cifra_exigida(conn).decifrar(marca, _contexto(mensagem_id, resumo)) == b""
    except NaoDecifrado:
        return False


def _contexto(mensagem_id: str, resumo: str) -> str:
    return f"folha/{mensagem_id}/{resumo}"
