"""Tentativas de login erradas: trancam (login, endereço) por alguns minutos."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, bindparam, delete, select, update

from persistence import prestadores, tabelas
from persistence.insercao import InsercaoUnica
from persistence.prontos import Pronto

LIMITE = 5
"""Valores errados diferentes que trancam."""

MINUTOS = 5
"""Quanto dura a tranca."""

_t = tabelas.tentativa_login
_DA_CHAVE = and_(
    _t.c.operadora_id == bindparam("operadora"),
    _t.c.login_normal == bindparam("login"),
    _t.c.endereco == bindparam("origem"),
)
_CRIAR = InsercaoUnica(_t, [_t.c.operadora_id])
_TRANCA = Pronto(select(_t.c.bloqueada_ate).where(_DA_CHAVE))
_LER_PARA_MUDAR = select(_t.c.erros, _t.c.bloqueada_ate).where(_DA_CHAVE).with_for_update()
_MUDAR = update(_t).where(_DA_CHAVE)
_APAGAR = delete(_t).where(_DA_CHAVE)


def bloqueada(
    conn: Connection, operadora_id: int, login: str, endereco: str, agora: datetime
) -> bool:
    """Diz se o login está trancado para o endereço."""
    linha = _TRANCA.primeira(conn, _chave(operadora_id, login, endereco))
    return linha is not None and linha[0] is not None and agora < linha[0]


def registrar_erro(
    conn: Connection,
    operadora_id: int,
    login: str,
    endereco: str,
    *,
    resumo_do_valor: str,
    agora: datetime,
    limite: int = LIMITE,
    minutos: int = MINUTOS,
) -> bool:
    """Conta um valor errado; o mesmo valor outra vez não conta.

    Args:
        conn: transação de escrita.
        operadora_id: de quem é o login.
        login: em qualquer grafia.
        endereco: de onde veio a tentativa.
        resumo_do_valor: resumo com chave do valor errado, nunca o valor.
        agora: instante com fuso.
        limite: valores errados diferentes que trancam.
        minutos: duração da tranca; vencida, a conta recomeça.

    Returns:
        Se ficou trancado.
    """
    chave = _chave(operadora_id, login, endereco)
    _CRIAR.executar(
        conn,
        {
            "operadora_id": operadora_id,
            "login_normal": chave["login"],
            "endereco": endereco,
            "erros": [],
            "bloqueada_ate": None,
            "atualizada_em": agora,
        },
    )
    erros, ate = conn.execute(_LER_PARA_MUDAR, chave).one()
    if ate is not None and agora < ate:
        return True
    contados = [] if ate is not None else list(erros)
    if resumo_do_valor not in contados:
        contados.append(resumo_do_valor)
    trancado = len(contados) >= limite
    ate = agora + timedelta(minutes=minutos) if trancado else None
    mudanca = {"erros": contados, "bloqueada_ate": ate, "atualizada_em": agora}
    conn.execute(_MUDAR.values(**mudanca), chave)
    return trancado


def registrar_acerto(conn: Connection, operadora_id: int, login: str, endereco: str) -> None:
    """Esquece os erros do login neste endereço."""
    conn.execute(_APAGAR, _chave(operadora_id, login, endereco))


def _chave(operadora_id: int, login: str, endereco: str) -> dict[str, object]:
    return {
        "operadora": operadora_id,
        "login": prestadores.login_normal(login),
        "origem": endereco,
    }
