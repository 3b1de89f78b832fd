"""De que prestador é cada guia: conta o executante, nunca o solicitante nem o local."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dominio import erros
from dominio.lote import Identificacao, Lote
from handlers.lote_guias.regras import citar
from mensagem.recusa import RegraRecusada
from persistence import prestadores

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from handlers.contexto import Contexto
    from persistence.prestadores import Prestador


def executantes(conn: Connection, contexto: Contexto, lote: Lote) -> dict[Identificacao, int]:
    """Prestador de cada executante citado no lote.

    CNPJ e CPF não são únicos no cadastro: comparam-se prestadores achados, não textos. Quem envia
    pode enviar por si e por quem a operadora o autorizou.

    Raises:
        RegraRecusada: executante que não existe ou por quem o remetente não envia.
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
        return resolvidos
    achados = _procurar(conn, contexto.operadora.id, faltam)
    alheios = {p.id for lista in achados.values() for p in lista} - contexto.prestadores
    permitidos = contexto.prestadores | (
        prestadores.envia_por(conn, proprio.id, alheios) if alheios else frozenset()
    )
    for identificacao in faltam:
        candidatos = achados[identificacao]
        if not candidatos:
            _recusar(lote, identificacao, erros.EXECUTANTE_DESCONHECIDO)
        dono = next((p.id for p in candidatos if p.id in permitidos), None)
        if dono is None:
            _recusar(lote, identificacao, erros.EXECUTANTE_ALHEIO)
        else:
            resolvidos[identificacao] = dono
    return resolvidos


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


def _recusar(lote: Lote, identificacao: Identificacao, erro: erros.Erro) -> None:
    posicoes = [p for p, g in enumerate(lote.guias, 1) if g.executante == identificacao]
    raise RegraRecusada(erro, citar(lote, posicoes))
