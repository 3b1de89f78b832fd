"""As regras da primeira análise, que o programa faz sozinho, e o que se faz com o que acham."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from dominio import listas
from dominio.impedimento import Impedimento
from dominio.impedimentos import CODIGO_DESCONHECIDO, REGRA_DESCONHECIDA
from dominio.versoes import VERSOES
from persistence import precos
from persistence.precos import AjusteDeRegra

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection


class Acao(StrEnum):
    """O que fazer com o que uma regra acha."""

    GLOSA = "glosa"
    """Glosa-se o que a regra diz."""
    CRITICA = "critica"
    """Libera-se o informado, e o prestador vê a observação quando a análise se finaliza."""
    PESSOA = "pessoa"
    """Fica sem resultado até alguém decidir."""
    DESLIGADA = "desligada"
    """A regra não se confere."""


class RegraDeAnalise(NamedTuple):
    """Uma regra.

    Attributes:
        chave: nome estável.
        texto: o que achou, para quem lê a crítica ou decide.
        codigo: da tabela 38, em todas as versões.
        acao: se a operadora não escolhe outra.
    """

    chave: str
    texto: str
    codigo: str
    acao: Acao


PRECO_MAIOR = RegraDeAnalise(
    "preco-maior",
    "O valor informado passa de preço x quantidade x fator da tabela da operadora.",
    "1714",
    Acao.GLOSA,
)
SEM_PRECO = RegraDeAnalise(
    "sem-preco",
    "O código não tem preço vigente na data, na tabela da operadora.",
    "1801",
    Acao.PESSOA,
)
DUPLICADO = RegraDeAnalise(
    "duplicado",
    "O mesmo procedimento já vem no lote, para a mesma carteira, na mesma data e hora.",
    "1702",
    Acao.PESSOA,
)
SEM_AUTORIZACAO = RegraDeAnalise(
    "sem-autorizacao",
    "A guia não traz senha de autorização.",
    "1403",
    Acao.DESLIGADA,
)
REGRAS = {r.chave: r for r in (PRECO_MAIOR, SEM_PRECO, DUPLICADO, SEM_AUTORIZACAO)}


def da_operadora(conn: Connection, operadora_id: int) -> dict[str, RegraDeAnalise]:
    """As regras com o que a operadora mudou, pela chave."""
    ajustes = precos.regras(conn, operadora_id)
    return {chave: _ajustada(regra, ajustes.get(chave)) for chave, regra in REGRAS.items()}


def ajustar(
    conn: Connection, operadora_id: int, escolhas: Mapping[str, tuple[Acao, str | None]]
) -> None:
    """Muda o que regras fazem: chave -> ação e código da tabela 38, se é outro.

    Raises:
        Impedimento: não há a regra, ou o código não existe em todas as versões.
    """
    for chave, (_, codigo) in escolhas.items():
        if chave not in REGRAS:
            raise Impedimento(REGRA_DESCONHECIDA, detalhe=f"Há: {', '.join(REGRAS)}.")
        if codigo is not None and not all(
            listas.tem("dm_tipoGlosa", codigo, versao) for versao in VERSOES
        ):
            raise Impedimento(CODIGO_DESCONHECIDO, detalhe="Use um que todas as versões tenham.")
    precos.gravar_regras(
        conn,
        operadora_id,
        {c: AjusteDeRegra(acao.value, codigo) for c, (acao, codigo) in escolhas.items()},
    )


def _ajustada(regra: RegraDeAnalise, ajuste: AjusteDeRegra | None) -> RegraDeAnalise:
    if ajuste is None:
        return regra
    return regra._replace(acao=Acao(ajuste.acao), codigo=ajuste.codigo or regra.codigo)
