"""Quem enviou uma mensagem, numa só consulta: operadora, prestadores possíveis e credencial."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Connection, and_, bindparam, exists, select

from persistence import operadoras, prestadores, tabelas
from persistence.acessos import PoliticaDeSenhas
from persistence.prestadores import Credencial
from persistence.prontos import Pronto

if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any

    from sqlalchemy import Select

    from dominio.lote import Identificacao
    from persistence.operadoras import Operadora
    from persistence.prestadores import Prestador


class Acesso(NamedTuple):
    """Com que um candidato se identifica.

    Attributes:
        tem_login: se tem credencial registrada, mesmo revogada.
        autenticacao: ``login``, ``certificado`` ou ``ambos``.
        certificado_ate: até quando vale o certificado da conexão, se é dele; em UTC.
    """

    tem_login: bool
    autenticacao: str
    certificado_ate: datetime | None


class Remetente(NamedTuple):
    """O que o cadastro diz do cabeçalho de uma mensagem.

    Attributes:
        operadora: a do registro ANS; ausente se não é nossa.
        candidatos: prestadores ativos com a identificação da origem, por ordem de código.
        credencial: a ativa desse login, de um prestador ativo da operadora.
        prestador_da_credencial: de quem é a credencial.
        acessos: o de cada candidato, na mesma ordem.
        senhas: o que a operadora faz das vencidas.
    """

    operadora: Operadora | None
    candidatos: tuple[Prestador, ...]
    credencial: Credencial | None
    prestador_da_credencial: Prestador | None
    acessos: tuple[Acesso, ...]
    senhas: PoliticaDeSenhas = PoliticaDeSenhas()

    @property
    def exige_login(self) -> bool:
        """Se algum candidato tem credencial registrada; revogá-la não abre a porta."""
        return any(acesso.tem_login for acesso in self.acessos)

    @property
    def indicado(self) -> Prestador | None:
        """O candidato que o login diz, senão o primeiro que tem o certificado da conexão."""
        if self.prestador_da_credencial in self.candidatos:
            return self.prestador_da_credencial
        pares = zip(self.candidatos, self.acessos, strict=True)
        return next((p for p, acesso in pares if acesso.certificado_ate is not None), None)


_o = tabelas.operadora
_p = tabelas.prestador
_c = tabelas.credencial
_dono = tabelas.prestador.alias("dono")
_registrada = tabelas.credencial.alias("registrada")
_acesso = tabelas.acesso_prestador
_senhas = tabelas.acesso_operadora
_certificado = tabelas.certificado_prestador

_N_OPERADORA = len(operadoras.COLUNAS)
_N_PRESTADOR = len(prestadores.COLUNAS)
_FIM_CANDIDATO = _N_OPERADORA + _N_PRESTADOR
_FIM_CREDENCIAL = _FIM_CANDIDATO + len(prestadores.COLUNAS_CREDENCIAL)
_FIM_DONO = _FIM_CREDENCIAL + _N_PRESTADOR
_FIM_SENHAS = _FIM_DONO + len(PoliticaDeSenhas._fields)


def _consulta(forma: str) -> Select[Any]:
    credencial_com_dono = _c.join(_dono, and_(_dono.c.id == _c.c.prestador_id, _dono.c.ativo))
    origem = (
        _o.outerjoin(
            _p,
            and_(_p.c.operadora_id == _o.c.id, _p.c[forma] == bindparam("valor"), _p.c.ativo),
        )
        .outerjoin(
            credencial_com_dono,
            and_(
                _c.c.operadora_id == _o.c.id,
                _c.c.login_normal == bindparam("login_normal"),
                _c.c.ativa,
            ),
        )
        .outerjoin(_senhas, _senhas.c.operadora_id == _o.c.id)
    )
    acesso = (
        exists().where(_registrada.c.prestador_id == _p.c.id).label("tem_login"),
        select(_acesso.c.autenticacao)
        .where(_acesso.c.prestador_id == _p.c.id)
        .scalar_subquery()
        .label("autenticacao"),
        select(_certificado.c.vale_ate)
        .where(
            _certificado.c.prestador_id == _p.c.id,
            _certificado.c.sha256 == bindparam("certificado"),
        )
        .scalar_subquery()
        .label("certificado_ate"),
    )
    return (
        select(
            *operadoras.COLUNAS,
            *prestadores.COLUNAS,
            *prestadores.COLUNAS_CREDENCIAL,
            *(_dono.c[coluna.name] for coluna in prestadores.COLUNAS),
            _senhas.c.credencial_vencida,
            _senhas.c.validade_dias,
            *acesso,
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
    certificado: str | None = None,
) -> Remetente:
    """Procura quem enviou, pelo destino, pela origem e pelo login de um cabeçalho.

    Args:
        conn: transação aberta.
        registro_ans: o destino da mensagem.
        identificacao: a origem da mensagem.
        login_normal: o login em ``prestadores.login_normal``; ausente se a mensagem não o traz.
        certificado: SHA-256 hexadecimal do certificado da conexão, se há.
    """
    linhas = _CONSULTAS[identificacao.forma].linhas(
        conn,
        {
            "registro_ans": registro_ans,
            "valor": prestadores.valor_normal(identificacao),
            "login_normal": login_normal,
            "certificado": certificado,
        },
    )
    if not linhas:
        return Remetente(None, (), None, None, ())
    primeira = linhas[0]
    credencial = dono = None
    if primeira[_FIM_CANDIDATO] is not None:
        credencial = Credencial._make(primeira[_FIM_CANDIDATO:_FIM_CREDENCIAL])
        dono = prestadores.de_valores(primeira[_FIM_CREDENCIAL:_FIM_DONO])
    candidatas = [linha for linha in linhas if linha[_N_OPERADORA] is not None]
    return Remetente(
        operadoras.de_valores(primeira[:_N_OPERADORA]),
        tuple(prestadores.de_valores(linha[_N_OPERADORA:_FIM_CANDIDATO]) for linha in candidatas),
        credencial,
        dono,
        tuple(_acesso_de(*linha[_FIM_SENHAS:]) for linha in candidatas),
        PoliticaDeSenhas()
        if primeira[_FIM_DONO] is None
        else PoliticaDeSenhas._make(primeira[_FIM_DONO:_FIM_SENHAS]),
    )


def _acesso_de(tem_login: object, autenticacao: str | None, ate: datetime | None) -> Acesso:
    return Acesso(bool(tem_login), autenticacao or "login", ate)
