"""De que prestador é cada guia: conta o executante, nunca o solicitante nem o local."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dominio.lote import Identificacao, Lote
from persistence import prestadores

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from handlers.contexto import Contexto
    from persistence.prestadores import Prestador


class Executantes(NamedTuple):
    """Os executantes que um lote cita.

    Attributes:
        resolvidos: prestador de cada um; falta o que a operadora não tem.
        alheios: os resolvidos por quem o remetente não pode enviar.
    """

    resolvidos: Mapping[Identificacao, int]
    alheios: frozenset[Identificacao]


def executantes(conn: Connection, contexto: Contexto, lote: Lote) -> Executantes:
    """Acha o prestador de cada executante citado no lote.

    CNPJ e CPF não são únicos no cadastro: comparam-se prestadores achados, não textos. Quem envia
    pode enviar por si e por quem a operadora o autorizou.
    """
    citados = {guia.executante for guia in lote.guias}
    proprio = contexto.prestador
    do_remetente = {
        Identificacao("codigo", proprio.codigo),
        Identificacao("cnpj", proprio.cnpj or ""),
        Identificacao("cpf", proprio.cpf or ""),
    }
    resolvidos = dict.fromkeys(citados & do_remetente, proprio.id)
    faltam = citados - resolvidos.keys()
    if not faltam:
        return Executantes(resolvidos, frozenset())
    achados = _procurar(conn, contexto.operadora.id, faltam)
    de_outros = {p.id for lista in achados.values() for p in lista} - contexto.prestadores
    permitidos = contexto.prestadores | (
        prestadores.envia_por(conn, proprio.id, de_outros) if de_outros else frozenset()
    )
    alheios = set()
    for identificacao in faltam:
        candidatos = achados[identificacao]
        if not candidatos:
            continue
        dono = next((p.id for p in candidatos if p.id in permitidos), None)
        if dono is None:
            alheios.add(identificacao)
            dono = candidatos[0].id
        resolvidos[identificacao] = dono
    return Executantes(resolvidos, frozenset(alheios))


def _procurar(
    conn: Connection, operadora_id: int, citados: set[Identificacao]
) -> dict[Identificacao, tuple[Prestador, ...]]:
    """Acha cada executante; honorários e odonto só têm um campo, que pode trazer CNPJ ou CPF."""
    leituras = {i: [i, *_outras_leituras(i)] for i in citados}
    achados = prestadores.resolver(
        conn, operadora_id, {leitura for lista in leituras.values() for leitura in lista}
    )
    return {
        i: next((achados[leitura] for leitura in lista if achados.get(leitura)), ())
        for i, lista in leituras.items()
    }


def _outras_leituras(i: Identificacao) -> list[Identificacao]:
    if i.forma != "codigo":
        return []
    forma = {11: "cpf", 14: "cnpj"}.get(len(i.valor))
    return [Identificacao(forma, i.valor)] if forma else []
