"""As pessoas que trabalham para uma operadora e os convites com que criam a sua senha."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection, bindparam, insert, select, update

from persistence import senhas_de_pessoas, tabelas
from persistence.insercao import InsercaoUnica
from persistence.tokens import Escopo

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from persistence.senhas_de_pessoas import Senhas

VALIDADE_DO_CONVITE = timedelta(days=7)

_SEGREDO_BYTES = 32


class Usuario(NamedTuple):
    """Uma pessoa.

    Attributes:
        id: chave no banco.
        operadora_id: para quem trabalha.
        email: em minúsculas; é com que entra.
        nome: como aparece na auditoria.
        escopos: o que pode fazer.
        ativo: se pode entrar.
        criado_em: instante em UTC.
        trocada_em: quando criou ou trocou a senha, em UTC; ausente até aceitar o convite.
    """

    id: int
    operadora_id: int
    email: str
    nome: str
    escopos: frozenset[Escopo]
    ativo: bool
    criado_em: datetime
    trocada_em: datetime | None

    def senha_vencida(self, agora: datetime) -> bool:
        """Se a senha já devia ter sido trocada."""
        return senhas_de_pessoas.vencida(self.trocada_em, agora)


_u = tabelas.usuario.c
_c = tabelas.convite.c
_CAMPOS = tuple(_u[nome] for nome in Usuario._fields)
_ESCOPOS = Usuario._fields.index("escopos")
_INSERIR = InsercaoUnica(tabelas.usuario, _CAMPOS)


def criar(
    conn: Connection,
    operadora_id: int,
    *,
    email: str,
    nome: str,
    escopos: Collection[Escopo],
    agora: datetime,
) -> Usuario | None:
    """Cria uma pessoa sem senha; ``None`` se a operadora já tem alguém com esse e-mail."""
    linha = _INSERIR.executar(
        conn,
        {
            "operadora_id": operadora_id,
            "email": email_normal(email),
            "nome": nome,
            "escopos": sorted(escopos),
            "ativo": True,
            "criado_em": agora,
        },
    )
    return None if linha is None else _usuario(linha)


def email_normal(email: str) -> str:
    """A forma em que os e-mails se guardam e comparam."""
    return email.strip().lower()


def por_email(conn: Connection, operadora_id: int, email: str) -> Usuario | None:
    """A pessoa de um e-mail, ativa ou não."""
    return _um(conn, _u.operadora_id == operadora_id, _u.email == email_normal(email))


def por_id(conn: Connection, operadora_id: int, usuario_id: int) -> Usuario | None:
    """Uma pessoa da operadora."""
    return _um(conn, _u.operadora_id == operadora_id, _u.id == usuario_id)


def por_chave(conn: Connection, usuario_id: int) -> Usuario | None:
    """A pessoa de uma sessão, seja de que operadora for."""
    return _um(conn, _u.id == usuario_id)


def listar(conn: Connection, operadora_id: int) -> tuple[Usuario, ...]:
    """As pessoas de uma operadora, por e-mail."""
    consulta = select(*_CAMPOS).where(_u.operadora_id == operadora_id).order_by(_u.email)
    return tuple(_usuario(linha) for linha in conn.execute(consulta))


def mudar(conn: Connection, usuario: Usuario, mudancas: Mapping[str, Any]) -> Usuario:
    """Grava o nome, os escopos ou o estado de uma pessoa."""
    valores = dict(mudancas)
    if "escopos" in valores:
        valores["escopos"] = sorted(valores["escopos"])
    if valores:
        conn.execute(update(tabelas.usuario).where(_u.id == usuario.id).values(valores))
    mudado = por_id(conn, usuario.operadora_id, usuario.id)
    assert mudado is not None  # noqa: S101 - pessoas não se apagam
    return mudado


def convidar(conn: Connection, usuario: Usuario, agora: datetime) -> str:
    """Sorteia um convite e dá o seu texto, que não se lê de novo; os de antes deixam de valer."""
    largar_convites(conn, usuario, agora)
    texto = f"conv_{secrets.token_urlsafe(_SEGREDO_BYTES)}"
    conn.execute(
        insert(tabelas.convite),
        {
            "usuario_id": usuario.id,
            "sha256": _resumo(texto),
            "criado_em": agora,
            "expira_em": agora + VALIDADE_DO_CONVITE,
        },
    )
    return texto


def largar_convites(conn: Connection, usuario: Usuario, agora: datetime) -> None:
    """Os convites de uma pessoa que ainda não se usaram deixam de valer."""
    conn.execute(
        update(tabelas.convite)
        .where(_c.usuario_id == usuario.id, _c.usado_em.is_(None))
        .values(usado_em=agora)
    )


def ver_convite(conn: Connection, texto: str, agora: datetime) -> Usuario | None:
    """De quem é um convite que ainda vale, sem o gastar."""
    achado = conn.execute(
        select(_c.usuario_id).where(
            _c.sha256 == _resumo(texto), _c.usado_em.is_(None), _c.expira_em > agora
        )
    ).scalar_one_or_none()
    return None if achado is None else _um(conn, _u.id == achado, _u.ativo)


def usar_convite(conn: Connection, texto: str, agora: datetime) -> Usuario | None:
    """Gasta um convite que valha e dá a pessoa convidada, se ainda pode entrar."""
    linha = conn.execute(
        update(tabelas.convite)
        .where(
            _c.sha256 == bindparam("resumo"),
            _c.usado_em.is_(None),
            _c.expira_em > bindparam("agora", type_=_c.expira_em.type),
        )
        .values(usado_em=bindparam("usado", type_=_c.usado_em.type))
        .returning(_c.usuario_id),
        {"resumo": _resumo(texto), "agora": agora, "usado": agora},
    ).one_or_none()
    return None if linha is None else _um(conn, _u.id == linha.usuario_id, _u.ativo)


def senhas(conn: Connection, usuario: Usuario) -> Senhas:
    """Os verificadores de uma pessoa."""
    return senhas_de_pessoas.ler(conn, tabelas.usuario, usuario.id)


def gravar_senha(conn: Connection, usuario: Usuario, verificador: str, agora: datetime) -> None:
    """Troca a senha; a que havia passa a ser a mais nova das passadas."""
    senhas_de_pessoas.gravar(conn, tabelas.usuario, usuario.id, verificador, agora)


def _um(conn: Connection, *condicoes: Any) -> Usuario | None:
    linha = conn.execute(select(*_CAMPOS).where(*condicoes)).one_or_none()
    return None if linha is None else _usuario(linha)


def _usuario(valores: Sequence[Any]) -> Usuario:
    cru = Usuario._make(valores)
    return cru._replace(escopos=frozenset(Escopo(e) for e in valores[_ESCOPOS]))


def _resumo(texto: str) -> str:
    return hashlib.sha256(texto.encode()).hexdigest()
