"""Responder muitos recursos de uma vez, de um CSV, com o que não serviu linha a linha.

Colunas: ``recurso``, ``linha``, ``acatado``, ``justificativa`` e, se há linha sem valor, ``aceita``
(S ou N). Separador ponto e vírgula; as linhas de um mesmo recurso vêm seguidas.
"""

from __future__ import annotations

import csv
from decimal import Decimal, InvalidOperation
from itertools import groupby
from typing import TYPE_CHECKING

from dominio import numeros
from handlers.decisao_de_recurso.decisao import decidir
from handlers.decisao_de_recurso.pedido import Decisao, PedidoDeDecisao
from handlers.em_massa import Lida, gravar_linhas

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlalchemy import Connection

    from handlers.da_operadora import Autor
    from handlers.em_massa import Relatorio
    from persistence.banco import Banco

_COLUNAS = ("recurso", "linha", "acatado")


def ler_csv(linhas: Iterable[str], prefixo: str) -> Iterator[Lida[PedidoDeDecisao]]:
    """Os recursos de um CSV, na ordem do arquivo.

    Args:
        linhas: do arquivo, com o título, que é a primeira.
        prefixo: identifica o arquivo; com o número do recurso, é a chave de cada pedido.
    """
    leitor = csv.DictReader(linhas, delimiter=";")
    faltam = [nome for nome in _COLUNAS if nome not in (leitor.fieldnames or ())]
    if faltam:
        yield Lida(1, None, f"Faltam as colunas {', '.join(faltam)}.")
        return
    numeradas = enumerate(leitor, 2)
    for dito, grupo in groupby(numeradas, key=lambda par: (par[1]["recurso"] or "").strip()):
        juntas = list(grupo)
        primeira = juntas[0][0]
        numero = numeros.protocolo(dito)
        try:
            decisoes = tuple(_decisao(linha) for _, linha in juntas)
        except (ValueError, InvalidOperation):
            decisoes = ()
        if numero is None or not decisoes:
            texto = "recurso, linha e acatado são números, e aceita é S ou N."
            yield Lida(primeira, None, texto)
        else:
            yield Lida(primeira, PedidoDeDecisao(numero, f"{prefixo}:{primeira}", decisoes))


def _decisao(linha: dict[str, str]) -> Decisao:
    aceita = (linha.get("aceita") or "").strip().upper()
    if aceita not in ("", "S", "N"):
        raise ValueError("aceita")
    return Decisao(
        int(linha["linha"] or ""),
        Decimal((linha["acatado"] or "").strip().replace(",", ".")),
        linha.get("justificativa") or None,
        None if not aceita else aceita == "S",
    )


def importar(
    banco: Banco,
    operadora_id: int,
    lidas: Iterable[Lida[PedidoDeDecisao]],
    autor: Autor,
    *,
    parcial: bool = False,
) -> Relatorio:
    """Responde cada recurso do arquivo: todos ou nenhum, salvo se ``parcial``."""

    def gravar(conn: Connection, pedido: PedidoDeDecisao) -> bool:
        return decidir(conn, operadora_id, pedido, autor).repetido

    return gravar_linhas(banco, lidas, gravar, parcial=parcial)
