"""Com que cada prestador se identifica, os seus certificados, e o prazo das senhas."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import bindparam, delete, select, update

from persistence import tabelas
from persistence.erros import JaExiste
from persistence.insercao import InsercaoUnica
from persistence.prontos import Pronto

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from persistence.prestadores import Prestador

VALIDADE_DIAS = 180
"""Dias em que a senha se deve trocar, pelos requisitos de segurança do padrão."""
MAIOR_VALIDADE = 3650
"""Dias: mais do que isto é o mesmo que não vencer."""
VENCIDAS = ("avisa", "recusa")
"""O que uma operadora pode fazer de uma senha vencida."""


class PoliticaDeSenhas(NamedTuple):
    """O que uma operadora faz das credenciais vencidas.

    Attributes:
        vencida: ``avisa`` ou ``recusa``.
        validade_dias: idade em que uma senha sem data própria vence; 0, nunca.
    """

    vencida: str = "avisa"
    validade_dias: int = VALIDADE_DIAS


class Certificado(NamedTuple):
    """Um certificado de cliente de um prestador.

    Attributes:
        sha256: do DER, em hexadecimal minúsculo.
        titular: ``subject`` no texto da RFC 4514.
        emissor: ``issuer`` no texto da RFC 4514.
        vale_de: instante em UTC.
        vale_ate: instante em UTC.
        adicionado_em: instante em UTC.
    """

    sha256: str
    titular: str
    emissor: str
    vale_de: datetime
    vale_ate: datetime
    adicionado_em: datetime


_o = tabelas.acesso_operadora
_p = tabelas.acesso_prestador
_c = tabelas.certificado_prestador
_POLITICA = Pronto(
    select(_o.c.credencial_vencida, _o.c.validade_dias).where(
        _o.c.operadora_id == bindparam("operadora")
    )
)
_CRIAR_POLITICA = InsercaoUnica(_o, [_o.c.operadora_id])
_CRIAR_ACESSO = InsercaoUnica(_p, [_p.c.prestador_id])
_CRIAR_CERTIFICADO = InsercaoUnica(_c, [_c.c.id])
_AUTENTICACAO = select(_p.c.autenticacao).where(_p.c.prestador_id == bindparam("prestador"))
_CERTIFICADOS = (
    select(*(_c.c[nome] for nome in Certificado._fields))
    .where(_c.c.prestador_id == bindparam("prestador"))
    .order_by(_c.c.vale_ate, _c.c.sha256)
)


def politica_de_senhas(conn: Connection, operadora_id: int) -> PoliticaDeSenhas:
    """A de uma operadora, ou a comum."""
    linha = _POLITICA.primeira(conn, {"operadora": operadora_id})
    return PoliticaDeSenhas() if linha is None else PoliticaDeSenhas._make(linha)


def mudar_politica_de_senhas(
    conn: Connection, operadora_id: int, politica: PoliticaDeSenhas
) -> None:
    """Grava a de uma operadora."""
    valores = {
        "credencial_vencida": politica.vencida,
        "validade_dias": politica.validade_dias,
    }
    if _CRIAR_POLITICA.executar(conn, {"operadora_id": operadora_id, **valores}) is None:
        conn.execute(update(_o).where(_o.c.operadora_id == operadora_id).values(**valores))


def autenticacao(conn: Connection, prestador: Prestador) -> str:
    """Com que o prestador se identifica: ``login``, ``certificado`` ou ``ambos``."""
    dita = conn.execute(_AUTENTICACAO, {"prestador": prestador.id}).scalar_one_or_none()
    return "login" if dita is None else str(dita)


def mudar_autenticacao(conn: Connection, prestador: Prestador, nova: str) -> None:
    """Diz com que o prestador se identifica."""
    valores = {"prestador_id": prestador.id, "autenticacao": nova}
    if _CRIAR_ACESSO.executar(conn, valores) is None:
        conn.execute(update(_p).where(_p.c.prestador_id == prestador.id).values(autenticacao=nova))


def adicionar_certificado(conn: Connection, prestador: Prestador, novo: Certificado) -> None:
    """Dá um certificado a um prestador.

    Raises:
        JaExiste: se o prestador já o tem.
    """
    valores = {"prestador_id": prestador.id, **novo._asdict()}
    if _CRIAR_CERTIFICADO.executar(conn, valores) is None:
        raise JaExiste("certificado")


def certificados(conn: Connection, prestador: Prestador) -> tuple[Certificado, ...]:
    """Os de um prestador, o que vence primeiro à frente."""
    linhas = conn.execute(_CERTIFICADOS, {"prestador": prestador.id})
    return tuple(Certificado._make(linha) for linha in linhas)


def certificados_da_operadora(
    conn: Connection, operadora_id: int
) -> tuple[tuple[str, Certificado], ...]:
    """Os de todos os prestadores de uma operadora, com o código de cada um."""
    dono = tabelas.prestador.c
    campos = (_c.c[nome] for nome in Certificado._fields)
    consulta = (
        select(dono.codigo, *campos)
        .join(tabelas.prestador, dono.id == _c.c.prestador_id)
        .where(dono.operadora_id == operadora_id)
        .order_by(_c.c.vale_ate, _c.c.sha256)
    )
    return tuple((codigo, Certificado(*resto)) for codigo, *resto in conn.execute(consulta))


def remover_certificado(conn: Connection, prestador: Prestador, sha256: str) -> bool:
    """Tira um certificado de um prestador.

    Returns:
        Se ele o tinha.
    """
    comando = delete(_c).where(_c.c.prestador_id == prestador.id, _c.c.sha256 == sha256)
    return conn.execute(comando).rowcount > 0
