"""Quem enviou uma mensagem, numa só consulta: operadora, prestadores possíveis e credencial."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Connection, and_, bindparam, exists, select

from persistence import operadoras, prestadores, tabelas
from persistence.prestadores import Credencial
from persistence.prontos import Pronto

if TYPE_CHECKING:
    from typing import Any

    from sqlalchemy import Select

    from dominio.lote import Identificacao
    from persistence.operadoras import Operadora
    from persistence.prestadores import Prestador


class Remetente(NamedTuple):
    """O que o cadastro diz do cabeçalho de uma mensagem.

    Attributes:
        operadora: a do registro ANS; ausente se não é nossa.
        candidatos: prestadores ativos com a identificação da origem, por ordem de código.
        credencial: a ativa desse login, de um prestador ativo da operadora.
        prestador_da_credencial: de quem é a credencial.
        exige_login: se algum candidato tem credencial registrada; revogá-la não abre a porta.
    """

    operadora: Operadora | None
    candidatos: tuple[Prestador, ...]
    credencial: Credencial | None
    prestador_da_credencial: Prestador | None
    exige_login: bool


_o = tabelas.operadora
_p = tabelas.prestador
_c = tabelas.credencial
_dono = tabelas.prestador.alias("dono")
_registrada = tabelas.credencial.alias("registrada")

_N_OPERADORA = len(operadoras.COLUNAS)
_N_PRESTADOR = len(prestadores.COLUNAS)
_FIM_CANDIDATO = _N_OPERADORA + _N_PRESTADOR
_FIM_CREDENCIAL = _FIM_CANDIDATO + len(prestadores.COLUNAS_CREDENCIAL)
_FIM_DONO = _FIM_CREDENCIAL + _N_PRESTADOR


def _consulta(forma: str) -> Select[Any]:
    credencial_com_dono = _c.join(_dono, and_(_dono.c.id == _c.c.prestador_id, _dono.c.ativo))
    origem = _o.outerjoin(
        _p,
        and_(_p.c.operadora_id == _o.c.id, _p.c[forma] == bindparam("valor"), _p.c.ativo),
    ).outerjoin(
        credencial_com_dono,
        and_(
            _c.c.operadora_id == _o.c.id,
            _c.c.login_normal == bindparam("login_normal"),
            _c.c.ativa,
        ),
    )
    exige = exists().where(_registrada.c.prestador_id == _p.c.id)
    return (
        select(
            *operadoras.COLUNAS,
            *prestadores.COLUNAS,
            *prestadores.COLUNAS_CREDENCIAL,
            *(_dono.c[coluna.name] for coluna in prestadores.COLUNAS),
            exige,
        )
        .select_from(origem)
        .where(_o.c.registro_ans == bindparam("registro_ans"))
        .order_by(_p.c.codigo)
    )


_CONSULTAS = {forma: Pronto(_consulta(forma)) for forma in ("codigo", "cnpj", "cpf")}


def buscar(
    conn: Connection,
    registro_ans: str,
    identificacao: Identificacao,
    login_normal: str | None,
) -> Remetente:
    """Procura quem enviou, pelo destino, pela origem e pelo login de um cabeçalho.

    Args:
        conn: transação aberta.
        registro_ans: o destino da mensagem.
        identificacao: a origem da mensagem.
        login_normal: o login em ``prestadores.login_normal``; ausente se a mensagem não o traz.
    """
    linhas = _CONSULTAS[identificacao.forma].linhas(
        conn,
        {
            "registro_ans": registro_ans,
            "valor": prestadores.valor_normal(identificacao),
            "login_normal": login_normal,
        },
    )
    if not linhas:
        return Remetente(None, (), None, None, exige_login=False)
    primeira = linhas[0]
    credencial = dono = None
    if primeira[_FIM_CANDIDATO] is not None:
        credencial = Credencial._make(primeira[_FIM_CANDIDATO:_FIM_CREDENCIAL])
        dono = prestadores.de_valores(primeira[_FIM_CREDENCIAL:_FIM_DONO])
    return Remetente(
        operadoras.de_valores(primeira[:_N_OPERADORA]),
        tuple(
            prestadores.de_valores(linha[_N_OPERADORA:_FIM_CANDIDATO])
            for linha in linhas
            if linha[_N_OPERADORA] is not None
        ),
        credencial,
        dono,
        exige_login=any(linha[-1] for linha in linhas),
    )
