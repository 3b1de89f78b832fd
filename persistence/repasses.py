"""As mensagens que estão agora a caminho de outro sistema, para que cada uma vá uma vez só.

A marca vale entre processos e máquinas e não prende transação: quem espera a resposta não segura
o banco. A de um processo que morreu caduca.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, bindparam, delete, update

from persistence import tabelas
from persistence.insercao import InsercaoUnica
from persistence.prontos import Pronto

if TYPE_CHECKING:
    from datetime import datetime

_r = tabelas.repasse_em_curso.c
_DA_CHAVE = (
    _r.prestador_id == bindparam("p_prestador"),
    _r.servico == bindparam("p_servico"),
    _r.sha256 == bindparam("p_sha256"),
)
_MARCAR = InsercaoUnica(tabelas.repasse_em_curso, [_r.mensagem_id])
_TOMAR = Pronto(
    update(tabelas.repasse_em_curso)
    .where(*_DA_CHAVE, _r.ate < bindparam("p_agora", type_=_r.ate.type))
    .values(mensagem_id=bindparam("p_mensagem"), ate=bindparam("p_ate", type_=_r.ate.type))
    .returning(_r.mensagem_id)
)
_SOLTAR = Pronto(
    delete(tabelas.repasse_em_curso).where(*_DA_CHAVE, _r.mensagem_id == bindparam("p_mensagem"))
)


def marcar(
    conn: Connection,
    prestador_id: int,
    servico: str,
    sha256: str,
    mensagem_id: str,
    *,
    agora: datetime,
    ate: datetime,
) -> bool:
    """Marca uma mensagem como a caminho.

    Args:
        conn: numa escrita que se confirma antes de enviar.
        prestador_id: de quem a mensagem é.
        servico: nome do serviço.
        sha256: resumo hexadecimal da mensagem inteira.
        mensagem_id: de quem leva, que é quem solta.
        agora: instante com fuso.
        ate: quando a marca caduca.

    Returns:
        Falso se outra cópia da mesma mensagem está a caminho.
    """
    nova = {
        "prestador_id": prestador_id,
        "servico": servico,
        "sha256": sha256,
        "mensagem_id": mensagem_id,
        "ate": ate,
    }
    if _MARCAR.executar(conn, nova) is not None:
        return True
    chave = _chave(prestador_id, servico, sha256)
    tomada = {**chave, "p_mensagem": mensagem_id, "p_ate": ate, "p_agora": agora}
    return _TOMAR.primeira(conn, tomada) is not None


def soltar(
    conn: Connection, prestador_id: int, servico: str, sha256: str, mensagem_id: str
) -> None:
    """Tira a marca, se ainda é de quem a pôs."""
    chave = _chave(prestador_id, servico, sha256)
    _SOLTAR.executar(conn, {**chave, "p_mensagem": mensagem_id})


def _chave(prestador_id: int, servico: str, sha256: str) -> dict[str, object]:
    return {"p_prestador": prestador_id, "p_servico": servico, "p_sha256": sha256}
