"""As credenciais dos prestadores: trocar a senha com prazo para a antiga, revogar, listar.

Ao lado de cada verificador guarda-se um filtro, um byte do resumo com chave da senha. Ele não
prova nada; diz quais valores vale a pena verificar, e assim a senha certa passa por uma tranca sem
que cada palpite custe um argon2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select, update

from persistence import tabelas
from persistence.prestadores import COLUNAS_CREDENCIAL, Credencial, login_normal

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from persistence.prestadores import Prestador

LEMBRADAS = 3
"""Senhas passadas que se guardam, para que não voltem."""

_t = tabelas.credencial
_c = _t.c
_POR_LOGIN = (
    select(*COLUNAS_CREDENCIAL)
    .where(_c.operadora_id == bindparam("operadora"), _c.login_normal == bindparam("login"))
    .with_for_update()
)
_DO_PRESTADOR = (
    select(*COLUNAS_CREDENCIAL)
    .where(_c.operadora_id == bindparam("operadora"), _c.prestador_id == bindparam("prestador"))
    .order_by(_c.login_normal)
)
_ANTERIORES = select(_c.anteriores).where(_c.id == bindparam("chave"))


def por_login(conn: Connection, operadora_id: int, login: str) -> Credencial | None:
    """A credencial de um login da operadora, ativa ou não, presa até o fim da transação.

    Args:
        conn: transação de escrita.
        operadora_id: os logins são únicos por operadora.
        login: em qualquer grafia.
    """
    valores = {"operadora": operadora_id, "login": login_normal(login)}
    linha = conn.execute(_POR_LOGIN, valores).one_or_none()
    return None if linha is None else Credencial._make(linha)


def do_prestador(conn: Connection, prestador: Prestador) -> tuple[Credencial, ...]:
    """Todas as credenciais de um prestador, por login."""
    valores = {"operadora": prestador.operadora_id, "prestador": prestador.id}
    return tuple(Credencial._make(linha) for linha in conn.execute(_DO_PRESTADOR, valores))


def passadas(conn: Connection, credencial: Credencial) -> tuple[str, ...]:
    """Os verificadores das últimas senhas, da mais nova para a mais velha, sem a atual."""
    guardadas = conn.execute(_ANTERIORES, {"chave": credencial.id}).scalar_one()
    return tuple(guardadas or ())


def trocar(
    conn: Connection,
    credencial: Credencial,
    verificador: str,
    filtro: str,
    *,
    agora: datetime,
    anterior_ate: datetime | None = None,
    expira_em: datetime | None = None,
) -> Credencial:
    """Troca a senha de uma credencial, que passa a valer se estava revogada.

    Args:
        conn: transação de escrita.
        credencial: como ``por_login`` a deu, na mesma transação.
        verificador: da senha nova.
        filtro: da senha nova.
        agora: instante com fuso.
        anterior_ate: até quando a senha de antes também vale; ausente, deixa de valer já.
        expira_em: quando a nova vence; ausente, vale o prazo da operadora.
    """
    fica = anterior_ate is not None and credencial.ativa
    lembradas = (credencial.verificador, *passadas(conn, credencial))[:LEMBRADAS]
    mudanca: dict[str, Any] = {
        "verificador": verificador,
        "filtro": filtro,
        "revisao": credencial.revisao + 1,
        "trocada_em": agora,
        "expira_em": expira_em,
        "ativa": True,
        "verificador_anterior": credencial.verificador if fica else None,
        "filtro_anterior": credencial.filtro if fica else None,
        "anterior_ate": anterior_ate if fica else None,
    }
    conn.execute(
        update(_t).where(_c.id == credencial.id).values(**mudanca, anteriores=list(lembradas))
    )
    return credencial._replace(**mudanca)


def revogar(conn: Connection, credencial: Credencial, *, so_a_anterior: bool = False) -> None:
    """Faz uma credencial deixar de valer, ou só a senha de antes da última troca."""
    mudanca = {"verificador_anterior": None, "filtro_anterior": None, "anterior_ate": None}
    comando = update(_t).where(_c.id == credencial.id).values(**mudanca)
    if not so_a_anterior:
        comando = comando.values(ativa=False)
    conn.execute(comando)


def anotar_filtros(
    conn: Connection, credencial: Credencial, atual: str | None, anterior: str | None
) -> None:
    """Guarda os filtros que um acerto revelou, salvo se a senha mudou entretanto."""
    conn.execute(
        update(_t)
        .where(_c.id == credencial.id, _c.revisao == credencial.revisao)
        .values(filtro=atual, filtro_anterior=anterior)
    )


def esquecer_filtros(conn: Connection, operadora_id: int) -> None:
    """Apaga os filtros de uma operadora; cada acerto refaz o seu."""
    conn.execute(
        update(_t).where(_c.operadora_id == operadora_id).values(filtro=None, filtro_anterior=None)
    )
