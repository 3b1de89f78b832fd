"""As contas com que os prestadores entram no console e os seus acessos.

Uma conta não é de nenhuma operadora: cada acesso a liga a um prestador de uma delas.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection, select, update

from persistence import operadoras, prestadores, senhas_de_pessoas, tabelas
from persistence.insercao import InsercaoUnica

if TYPE_CHECKING:
    from datetime import datetime

    from persistence.operadoras import Operadora
    from persistence.prestadores import Prestador
    from persistence.senhas_de_pessoas import Senhas


class Conta(NamedTuple):
    """Quem entra por um ou mais prestadores.

    Attributes:
        id: chave no banco.
        login: CNPJ ou CPF, sem pontuação.
        tipo: o que a pessoa é, como ``Hospital`` ou ``Secretária/o``.
        nome: como se mostra; dados de quem entra, não de pacientes.
        email: para onde a operadora escreve.
        email_secundario: outro, se há.
        ativo: se pode entrar.
        criado_em: instante em UTC.
        trocada_em: quando criou ou trocou a senha, em UTC; ausente até aceitar o convite.
        termos: a versão dos termos de uso que aceitou.
        termos_em: quando a aceitou, em UTC.
    """

    id: int
    login: str
    tipo: str
    nome: str
    email: str
    email_secundario: str | None
    ativo: bool
    criado_em: datetime
    trocada_em: datetime | None
    termos: str | None
    termos_em: datetime | None

    def senha_vencida(self, agora: datetime) -> bool:
        """Se a senha já devia ter sido trocada."""
        return senhas_de_pessoas.vencida(self.trocada_em, agora)


class Acesso(NamedTuple):
    """Um prestador por que uma conta pode falar.

    Attributes:
        id: chave no banco.
        conta_id: de quem é.
        operadora: a que credenciou o prestador.
        prestador: por quem se fala.
    """

    id: int
    conta_id: int
    operadora: Operadora
    prestador: Prestador


class QuemFala(NamedTuple):
    """Quem fala, ou foi convidado a falar, por um prestador.

    Attributes:
        login: CNPJ ou CPF, sem pontuação.
        nome: de quem entra.
        tipo: o que a pessoa é.
        desde: quando se lhe deu o acesso ou o convite, em UTC.
        convidada: se ainda não aceitou.
    """

    login: str
    nome: str
    tipo: str
    desde: datetime
    convidada: bool


_c = tabelas.conta_prestador.c
_a = tabelas.acesso_conta.c
_v = tabelas.convite_prestador.c
_p = tabelas.prestador.c
_o = tabelas.operadora.c
COLUNAS = tuple(_c[nome] for nome in Conta._fields)
_CRIAR = InsercaoUnica(tabelas.conta_prestador, COLUNAS)
_DAR = InsercaoUnica(tabelas.acesso_conta, [_a.id])
_N_OPERADORA = len(operadoras.COLUNAS)
_ACESSOS = (
    select(_a.id, _a.conta_id, *operadoras.COLUNAS, *prestadores.COLUNAS)
    .select_from(
        tabelas.acesso_conta.join(tabelas.prestador, _a.prestador_id == _p.id).join(
            tabelas.operadora, _a.operadora_id == _o.id
        )
    )
    .where(_a.ativo, _p.ativo)
    .order_by(_o.nome, _p.nome, _a.id)
)


def criar(
    conn: Connection, *, login: str, tipo: str, nome: str, email: str, agora: datetime
) -> Conta | None:
    """Cria uma conta sem senha nem acessos; ``None`` se o login já tem uma."""
    linha = _CRIAR.executar(
        conn,
        {
            "login": login,
            "tipo": tipo,
            "nome": nome,
            "email": email,
            "ativo": True,
            "criado_em": agora,
        },
    )
    return None if linha is None else Conta._make(linha)


def por_login(conn: Connection, login: str) -> Conta | None:
    """A conta de um CNPJ ou CPF sem pontuação."""
    return _uma(conn, _c.login == login)


def por_id(conn: Connection, conta_id: int) -> Conta | None:
    """A conta de uma sessão."""
    return _uma(conn, _c.id == conta_id)


def mudar(conn: Connection, conta: Conta, **campos: Any) -> Conta:
    """Grava nome, tipo, e-mails, estado ou termos."""
    conn.execute(update(tabelas.conta_prestador).where(_c.id == conta.id).values(**campos))
    return conta._replace(**campos)


def senhas(conn: Connection, conta: Conta) -> Senhas:
    """Os verificadores de uma conta."""
    return senhas_de_pessoas.ler(conn, tabelas.conta_prestador, conta.id)


def gravar_senha(conn: Connection, conta: Conta, verificador: str, agora: datetime) -> None:
    """Troca a senha; a que havia passa a ser a mais nova das passadas."""
    senhas_de_pessoas.gravar(conn, tabelas.conta_prestador, conta.id, verificador, agora)


# --- acessos ----------------------------------------------------------------------------------


def acessos(conn: Connection, conta_id: int) -> tuple[Acesso, ...]:
    """Os prestadores por que uma conta pode falar, por operadora."""
    return tuple(map(_acesso, conn.execute(_ACESSOS.where(_a.conta_id == conta_id))))


def da_operadora(conn: Connection, operadora_id: int) -> tuple[tuple[Conta, Acesso], ...]:
    """Quem entra pelos prestadores de uma operadora, por nome do prestador."""
    consulta = (
        _ACESSOS.add_columns(*COLUNAS)
        .join(tabelas.conta_prestador, _a.conta_id == _c.id)
        .where(_a.operadora_id == operadora_id)
    )
    corte = -len(COLUNAS)
    return tuple(
        (Conta._make(linha[corte:]), _acesso(linha[:corte])) for linha in conn.execute(consulta)
    )


def do_prestador(
    conn: Connection, operadora_id: int, prestador_id: int, agora: datetime
) -> tuple[QuemFala, ...]:
    """Quem fala por um prestador e quem tem convite para isso, do mais novo ao mais velho."""
    pessoa = (_c.login, _c.nome, _c.tipo)
    com_acesso = (
        select(*pessoa, _a.criado_em)
        .join(tabelas.acesso_conta, _a.conta_id == _c.id)
        .where(_a.operadora_id == operadora_id, _a.prestador_id == prestador_id, _a.ativo)
    )
    convidadas = (
        select(*pessoa, _v.criado_em)
        .join(tabelas.convite_prestador, _v.conta_id == _c.id)
        .where(
            _v.operadora_id == operadora_id,
            _v.prestador_id == prestador_id,
            _v.usado_em.is_(None),
            _v.expira_em > agora,
        )
    )
    achadas = [QuemFala(*linha, convidada=False) for linha in conn.execute(com_acesso)]
    achadas += [QuemFala(*linha, convidada=True) for linha in conn.execute(convidadas)]
    return tuple(sorted(achadas, key=lambda q: q.desde, reverse=True))


def dar_acesso(conn: Connection, conta: Conta, prestador: Prestador, agora: datetime) -> None:
    """Deixa uma conta falar por um prestador; repetir não muda nada."""
    valores = {
        "conta_id": conta.id,
        "operadora_id": prestador.operadora_id,
        "prestador_id": prestador.id,
        "ativo": True,
        "criado_em": agora,
    }
    if _DAR.executar(conn, valores) is None:
        conn.execute(
            update(tabelas.acesso_conta)
            .where(_a.conta_id == conta.id, _a.prestador_id == prestador.id)
            .values(ativo=True)
        )


def tirar_acesso(conn: Connection, operadora_id: int, acesso_id: int) -> bool:
    """Tira um acesso de uma operadora; diz se o havia."""
    comando = (
        update(tabelas.acesso_conta)
        .where(_a.operadora_id == operadora_id, _a.id == acesso_id, _a.ativo)
        .values(ativo=False)
    )
    return conn.execute(comando).rowcount > 0


def serve_a_outra(conn: Connection, conta: Conta, operadora_id: int) -> bool:
    """Se uma conta tem acessos que não são de uma operadora, ainda que de prestador inativo."""
    consulta = select(_a.id).where(
        _a.conta_id == conta.id, _a.operadora_id != operadora_id, _a.ativo
    )
    return conn.execute(consulta.limit(1)).first() is not None


def _uma(conn: Connection, *condicoes: Any) -> Conta | None:
    linha = conn.execute(select(*COLUNAS).where(*condicoes)).one_or_none()
    return None if linha is None else Conta._make(linha)


def _acesso(linha: Any) -> Acesso:
    return Acesso(
        linha[0],
        linha[1],
        operadoras.de_valores(linha[2 : 2 + _N_OPERADORA]),
        prestadores.de_valores(linha[2 + _N_OPERADORA :]),
    )
