"""Quem errou e quem acertou o login, de onde: o que tranca, e quem a tranca não alcança.

Três trancas, todas no banco, que valem para todos os processos e sobrevivem a eles:

- (login, endereço): cinco valores errados diferentes, por cinco minutos;
- o login inteiro: muitos valores errados somados os endereços, por cinco minutos;
- o endereço: erros em cinquenta logins diferentes, enquanto não passar uma hora deles.

As duas últimas não alcançam o endereço em que o login acertou nos últimos trinta dias: um estranho
não tranca um hospital. A chave dos resumos é de cada operadora e fica no mesmo banco; por isso os
resumos são curtos demais para se voltar deles a um valor.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, bindparam, delete, func, or_, select, update

from persistence import credenciais, tabelas
from persistence.insercao import InsercaoUnica
from persistence.prestadores import login_normal
from persistence.prontos import Pronto

LIMITE = 5
"""Valores errados diferentes que trancam (login, endereço)."""

LIMITE_DO_LOGIN = 25
"""Valores errados diferentes, de todos os endereços, que trancam o login a desconhecidos."""

LIMITE_DO_ENDERECO = 50
"""Logins diferentes errados de um endereço que o limitam."""

MINUTOS = 5
"""Quanto dura uma tranca."""

ESQUECE = timedelta(hours=24)
"""Sem erro novo por este tempo, a conta recomeça."""

JANELA_DO_ENDERECO = timedelta(hours=1)
"""Por quanto tempo um login errado pesa no limite do endereço."""

CONHECIDO = timedelta(days=30)
"""Por quanto tempo um acerto faz do endereço um conhecido do login."""

_ANOTA_DE_NOVO = timedelta(days=1)
"""Um acerto mais novo do que isto não se grava outra vez."""

_TODOS = "*"
"""No lugar do endereço, a linha que soma os de um login."""

_CHAVE = "tentativas"
_CHAVE_BYTES = 32

_t = tabelas.tentativa_login
_a = tabelas.acerto_login
_s = tabelas.segredo


class Situacao(NamedTuple):
    """O que pesa sobre uma tentativa, antes de a verificar.

    Attributes:
        conhecido: se o login acertou deste endereço há pouco.
        trancado: se (login, endereço) está trancado.
        login_trancado: se o login está trancado a desconhecidos.
        endereco_limitado: se o endereço errou logins demais.
        por_anotar: se um acerto agora mudaria o que está gravado.
    """

    conhecido: bool
    trancado: bool
    login_trancado: bool
    endereco_limitado: bool
    por_anotar: bool


def _do_par(tabela: Any, endereco: str = "origem") -> Any:
    return and_(
        tabela.c.operadora_id == bindparam("operadora"),
        tabela.c.login_normal == bindparam("login"),
        tabela.c.endereco == bindparam(endereco),
    )


_DO_PAR = _do_par(_t)
_CRIAR = InsercaoUnica(_t, [_t.c.operadora_id])
_LER_PARA_MUDAR = (
    select(_t.c.erros, _t.c.bloqueada_ate, _t.c.atualizada_em).where(_DO_PAR).with_for_update()
)
_MUDAR = update(_t).where(_DO_PAR)
_APAGAR = delete(_t).where(
    _DO_PAR, or_(_t.c.bloqueada_ate.is_(None), _t.c.bloqueada_ate <= bindparam("agora"))
)
_LOGINS_ERRADOS = (
    select(_t.c.login_normal)
    .where(_t.c.endereco == bindparam("origem"), _t.c.atualizada_em > bindparam("desde"))
    .limit(LIMITE_DO_ENDERECO)
    .subquery()
)
_SITUACAO = Pronto(
    select(
        select(_a.c.em).where(_do_par(_a)).scalar_subquery().label("acerto"),
        select(_t.c.bloqueada_ate).where(_DO_PAR).scalar_subquery().label("daqui"),
        select(_t.c.bloqueada_ate).where(_do_par(_t, "todos")).scalar_subquery().label("login"),
        select(func.count()).select_from(_LOGINS_ERRADOS).scalar_subquery().label("errados"),
        select(func.count()).select_from(_t).where(_DO_PAR).scalar_subquery().label("com_erros"),
    )
)
_CRIAR_ACERTO = InsercaoUnica(_a, [_a.c.em])
_RENOVAR_ACERTO = update(_a).where(_do_par(_a)).values(em=bindparam("quando"))
_CRIAR_CHAVE = InsercaoUnica(_s, [_s.c.valor])
_LER_CHAVE = select(_s.c.valor).where(
    _s.c.operadora_id == bindparam("operadora"), _s.c.nome == _CHAVE
)


def chave(conn: Connection, operadora_id: int) -> bytes:
    """A chave dos resumos de uma operadora, sorteada na primeira vez.

    Args:
        conn: transação de escrita.
        operadora_id: de quem.
    """
    achada = conn.execute(_LER_CHAVE, {"operadora": operadora_id}).scalar_one_or_none()
    if achada is not None:
        return bytes(achada)
    valor = secrets.token_bytes(_CHAVE_BYTES)
    nova = {"operadora_id": operadora_id, "nome": _CHAVE, "valor": valor}
    if _CRIAR_CHAVE.executar(conn, nova) is None:
        return bytes(conn.execute(_LER_CHAVE, {"operadora": operadora_id}).scalar_one())
    # filtros feitos com outra chave recusariam a senha certa
    credenciais.esquecer_filtros(conn, operadora_id)
    return valor


def situacao(
    conn: Connection, operadora_id: int, login: str, endereco: str, agora: datetime
) -> Situacao:
    """Diz, numa consulta, o que pesa sobre uma tentativa."""
    valores = {
        **_chave_do_par(operadora_id, login, endereco),
        "todos": _TODOS,
        "desde": agora - JANELA_DO_ENDERECO,
    }
    linha = _SITUACAO.primeira(conn, valores)
    assert linha is not None  # noqa: S101 - sem FROM, há sempre uma linha
    acerto, daqui, do_login, errados, com_erros = linha
    return Situacao(
        conhecido=acerto is not None and agora < acerto + CONHECIDO,
        trancado=daqui is not None and agora < daqui,
        login_trancado=do_login is not None and agora < do_login,
        endereco_limitado=errados >= LIMITE_DO_ENDERECO,
        por_anotar=bool(com_erros) or acerto is None or agora >= acerto + _ANOTA_DE_NOVO,
    )


def registrar_erro(
    conn: Connection,
    operadora_id: int,
    login: str,
    endereco: str,
    *,
    resumo_do_valor: str,
    agora: datetime,
) -> bool:
    """Conta um valor errado; o mesmo valor outra vez não conta.

    Args:
        conn: transação de escrita.
        operadora_id: de quem é o login.
        login: em qualquer grafia.
        endereco: de onde veio a tentativa.
        resumo_do_valor: resumo com chave do valor errado, nunca o valor.
        agora: instante com fuso.

    Returns:
        Se trancou agora, para este endereço ou para o login.
    """
    par = _chave_do_par(operadora_id, login, endereco)
    daqui = _contar(conn, par, resumo_do_valor, agora, LIMITE)
    do_login = _contar(conn, par | {"origem": _TODOS}, resumo_do_valor, agora, LIMITE_DO_LOGIN)
    return daqui or do_login


def registrar_acerto(
    conn: Connection, operadora_id: int, login: str, endereco: str, agora: datetime
) -> None:
    """Faz do endereço um conhecido do login e esquece os seus erros.

    Uma tranca em curso fica até o fim, e a soma dos erros do login também: senão cada acerto do
    dono daria mais tentativas a quem adivinha.
    """
    par = _chave_do_par(operadora_id, login, endereco)
    novo = {
        "operadora_id": operadora_id,
        "login_normal": par["login"],
        "endereco": endereco,
        "em": agora,
    }
    if _CRIAR_ACERTO.executar(conn, novo) is None:
        conn.execute(_RENOVAR_ACERTO, par | {"quando": agora})
    conn.execute(_APAGAR, par | {"agora": agora})


def limpar(conn: Connection, antes: datetime) -> int:
    """Apaga o que já não pesa.

    Args:
        conn: transação de escrita.
        antes: apagam-se erros anteriores, e acertos anteriores em trinta dias.

    Returns:
        Quantas linhas.
    """
    # mais nova do que isto, a conta ainda não recomeçou
    erros = delete(_t).where(_t.c.atualizada_em < antes - ESQUECE)
    acertos = delete(_a).where(_a.c.em < antes - CONHECIDO)
    return conn.execute(erros).rowcount + conn.execute(acertos).rowcount


def _contar(
    conn: Connection, par: dict[str, Any], resumo: str, agora: datetime, limite: int
) -> bool:
    _CRIAR.executar(
        conn,
        {
            "operadora_id": par["operadora"],
            "login_normal": par["login"],
            "endereco": par["origem"],
            "erros": [],
            "bloqueada_ate": None,
            "atualizada_em": agora,
        },
    )
    erros, ate, ultimo = conn.execute(_LER_PARA_MUDAR, par).one()
    if ate is not None and agora < ate:
        return False
    contados = [] if ate is not None or agora >= ultimo + ESQUECE else list(erros)
    if resumo not in contados:
        contados.append(resumo)
    tranca = len(contados) >= limite
    ate = agora + timedelta(minutes=MINUTOS) if tranca else None
    conn.execute(_MUDAR.values(erros=contados, bloqueada_ate=ate, atualizada_em=agora), par)
    return tranca


def _chave_do_par(operadora_id: int, login: str, endereco: str) -> dict[str, Any]:
    return {
        "operadora": operadora_id,
        "login": login_normal(login),
        "origem": endereco,
    }
