"""Os segredos que assinam os avisos, cifrados se o banco foi aberto com cifra.

Quem avisa precisa do segredo inteiro, e um resumo não serviria.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from persistence import chaves, tabelas
from persistence.banco import cifra_de
from persistence.cifra import cifrado
from persistence.guarda import cifra_exigida

if TYPE_CHECKING:
    from sqlalchemy import Connection

_BYTES = 32

_w = tabelas.webhook.c


def sortear() -> str:
    """Um segredo novo."""
    return f"whsec_{secrets.token_urlsafe(_BYTES)}"


def fechar(conn: Connection, operadora_id: int, segredo: str) -> bytes:
    """O segredo como se guarda; sem cifra, às claras."""
    claro = segredo.encode("ascii")
    cifra = cifra_de(conn)
    if cifra is None or not cifra.ativa:
        return claro
    chaves.registrar(conn, cifra)
    return cifra.cifrar(claro, _contexto(operadora_id))


def abrir(conn: Connection, operadora_id: int, guardado: bytes) -> str:
    """Desfaz ``fechar``.

    Raises:
        ChavesInvalidas: falta a chave que o cifrou.
        NaoDecifrado: foi alterado.
    """
    if cifrado(guardado):
        guardado = cifra_exigida(conn).decifrar(guardado, _contexto(operadora_id))
    return guardado.decode("ascii")


def recifrar(conn: Connection) -> None:
    """Passa os segredos de todos os webhooks, que são poucos, à chave em uso.

    Raises:
        ChavesInvalidas: falta uma chave.
        NaoDecifrado: um segredo foi alterado.
    """
    linhas = conn.execute(select(_w.id, _w.operadora_id, _w.segredo, _w.segredo_anterior)).all()
    for chave, operadora_id, *guardados in linhas:
        novos = [
            None
            if guardado is None
            else fechar(conn, operadora_id, abrir(conn, operadora_id, guardado))
            for guardado in guardados
        ]
        valores = dict(zip(("segredo", "segredo_anterior"), novos, strict=True))
        conn.execute(update(tabelas.webhook).where(_w.id == chave).values(valores))


def _contexto(operadora_id: int) -> str:
    return f"webhook/{operadora_id}/segredo"
