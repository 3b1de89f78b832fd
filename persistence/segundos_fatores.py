"""O segundo fator de cada pessoa da operadora: o segredo, cifrado, e os códigos de recuperação."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection, delete, select, update

from persistence import guarda, tabelas
from persistence.insercao import InsercaoUnica

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


class SegundoFator(NamedTuple):
    """O segundo fator de uma pessoa.

    Attributes:
        usuario_id: de quem é.
        segredo: em base32, como o aplicativo o recebe.
        ativado_em: quando se confirmou, em UTC; ausente, ainda não vale.
        ultimo_passo: o intervalo de tempo do último código aceito.
        recuperacao: resumos dos códigos de recuperação ainda não usados.
    """

    usuario_id: int
    segredo: str
    ativado_em: datetime | None
    ultimo_passo: int
    recuperacao: tuple[str, ...]


_f = tabelas.segundo_fator.c
_COLUNA = "segredo"
_CRIAR = InsercaoUnica(tabelas.segundo_fator, [_f.usuario_id])


def ler(conn: Connection, usuario_id: int) -> SegundoFator | None:
    """O de uma pessoa, valha já ou não.

    Raises:
        ChavesInvalidas: falta a chave que o cifrou.
        NaoDecifrado: o que está guardado foi alterado.
    """
    linha = conn.execute(
        select(tabelas.segundo_fator).where(_f.usuario_id == usuario_id).with_for_update()
    ).one_or_none()
    if linha is None:
        return None
    aberto = guarda.abrir(conn, _linha(usuario_id), _COLUNA, linha.segredo)
    assert aberto is not None  # noqa: S101 - a coluna não é nula
    return SegundoFator(
        usuario_id,
        aberto.decode("ascii"),
        linha.ativado_em,
        linha.ultimo_passo,
        tuple(linha.recuperacao),
    )


def ativo(conn: Connection, usuario_id: int) -> bool:
    """Se a pessoa tem um segundo fator que vale."""
    consulta = select(_f.usuario_id).where(_f.usuario_id == usuario_id, _f.ativado_em.is_not(None))
    return conn.execute(consulta).first() is not None


def preparar(conn: Connection, usuario_id: int, segredo: str) -> None:
    """Guarda um segredo que ainda não vale, em lugar do que houvesse."""
    valores: dict[str, Any] = {
        "segredo": guarda.guardar(conn, _linha(usuario_id), _COLUNA, segredo.encode("ascii")),
        "ativado_em": None,
        "ultimo_passo": 0,
        "recuperacao": [],
    }
    if _CRIAR.executar(conn, {"usuario_id": usuario_id, **valores}) is None:
        _mudar(conn, usuario_id, **valores)


def ativar(
    conn: Connection, usuario_id: int, agora: datetime, passo: int, recuperacao: Sequence[str]
) -> None:
    """O segredo passa a valer, com os seus códigos de recuperação."""
    _mudar(conn, usuario_id, ativado_em=agora, ultimo_passo=passo, recuperacao=list(recuperacao))


def anotar_passo(conn: Connection, usuario_id: int, passo: int) -> None:
    """Diz de que intervalo era o código aceito."""
    _mudar(conn, usuario_id, ultimo_passo=passo)


def gastar(conn: Connection, fator: SegundoFator, resumo: str) -> None:
    """Tira um código de recuperação dos que ainda servem."""
    _mudar(conn, fator.usuario_id, recuperacao=[r for r in fator.recuperacao if r != resumo])


def apagar(conn: Connection, usuario_id: int) -> bool:
    """Tira o segundo fator de uma pessoa; diz se o havia."""
    comando = delete(tabelas.segundo_fator).where(_f.usuario_id == usuario_id)
    return conn.execute(comando).rowcount > 0


def recifrar(conn: Connection) -> int:
    """Passa os segredos, que são poucos, à chave em uso, e diz quantos eram.

    Raises:
        ChavesInvalidas: falta uma chave.
        NaoDecifrado: um segredo foi alterado.
    """
    linhas = conn.execute(select(_f.usuario_id, _f.segredo)).all()
    for usuario_id, segredo in linhas:
        novo = guarda.recifrar(conn, _linha(usuario_id), _COLUNA, segredo)
        _mudar(conn, usuario_id, segredo=novo)
    return len(linhas)


def _mudar(conn: Connection, usuario_id: int, **campos: Any) -> None:
    conn.execute(update(tabelas.segundo_fator).where(_f.usuario_id == usuario_id).values(**campos))


def _linha(usuario_id: int) -> str:
    return f"segundo-fator/{usuario_id}"
