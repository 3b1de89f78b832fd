"""Responder muitos recursos de uma vez, de um arquivo, com o que não serviu linha a linha.

CSV com ``recurso``, ``linha``, ``acatado``, ``justificativa`` e, se há linha sem valor, ``aceita``
(S ou N): separador ponto e vírgula, e as linhas de um mesmo recurso seguidas. Ou uma linha JSON por
recurso, com os nomes da API.
"""

from __future__ import annotations

import csv
import json
import re
from decimal import Decimal
from itertools import groupby
from typing import TYPE_CHECKING, Any

from dominio import numeros
from handlers.decisao_de_recurso.decisao import decidir
from handlers.decisao_de_recurso.pedido import Decisao, ParteAcatada, PedidoDeDecisao
from handlers.em_massa import Lida, gravar_linhas

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlalchemy import Connection

    from handlers.da_operadora import Autor
    from handlers.em_massa import Relatorio
    from persistence.banco import Banco

_COLUNAS = ("recurso", "linha", "acatado")
_NUMERO = re.compile(r"[0-9]{1,9}")
_REAIS = re.compile(r"-?[0-9]{1,12}([.,][0-9]{1,6})?")
_DO_RECURSO = frozenset({"recurso", "decisoes"})
_DA_DECISAO = frozenset({"linha", "valorAcatado", "justificativa", "aceita", "partes"})
_DA_PARTE = frozenset({"guia", "item", "grauParticipacao", "valorAcatado"})


class _NaoSeEntende(ValueError):
    """Uma linha que não se entende; o texto diz por quê, sem repetir valores."""


def ler_csv(linhas: Iterable[str], prefixo: str) -> Iterator[Lida[PedidoDeDecisao]]:
    """Os recursos de um CSV, na ordem do arquivo.

    Args:
        linhas: do arquivo, com o título, que é a primeira.
        prefixo: identifica o arquivo; com a linha, é a chave de cada pedido.
    """
    leitor = csv.DictReader(linhas, delimiter=";")
    try:
        faltam = [nome for nome in _COLUNAS if nome not in (leitor.fieldnames or ())]
        if faltam:
            yield Lida(1, None, f"Faltam as colunas {', '.join(faltam)}.")
            return
        numeradas = ((leitor.line_num, linha) for linha in leitor)
        for dito, grupo in groupby(numeradas, key=lambda par: (par[1]["recurso"] or "").strip()):
            juntas = list(grupo)
            primeira = juntas[0][0]
            numero = numeros.protocolo(dito)
            try:
                decisoes = tuple(_do_csv(linha) for _, linha in juntas)
            except _NaoSeEntende:
                numero = None
            if numero is None:
                texto = "recurso, linha e acatado são números, e aceita é S ou N."
                yield Lida(primeira, None, texto)
            else:
                yield Lida(primeira, PedidoDeDecisao(numero, f"{prefixo}:{primeira}", decisoes))
    except csv.Error:
        yield Lida(leitor.line_num, None, "Não é CSV; o que vem daí em diante não se leu.")


def ler_json(linhas: Iterable[str], prefixo: str) -> Iterator[Lida[PedidoDeDecisao]]:
    """Os recursos de um arquivo com uma linha JSON por recurso; linhas vazias não contam.

    Args:
        linhas: do arquivo.
        prefixo: identifica o arquivo; com a linha, é a chave de cada pedido.
    """
    for n, texto in enumerate(linhas, 1):
        if not texto.strip():
            continue
        try:
            yield Lida(n, _do_json(texto, f"{prefixo}:{n}"))
        except _NaoSeEntende as defeito:
            yield Lida(n, None, str(defeito))


def _do_csv(linha: dict[str, str]) -> Decisao:
    aceita = (linha.get("aceita") or "").strip().upper()
    if aceita not in ("", "S", "N"):
        raise _NaoSeEntende
    return Decisao(
        _posicao((linha["linha"] or "").strip()),
        _reais((linha["acatado"] or "").strip()),
        linha.get("justificativa") or None,
        None if not aceita else aceita == "S",
    )


def _do_json(texto: str, chave: str) -> PedidoDeDecisao:
    try:
        lido = json.loads(texto, parse_float=Decimal)
    except (ValueError, RecursionError):
        raise _NaoSeEntende("Não é JSON.") from None
    _so(lido, _DO_RECURSO)
    numero = numeros.protocolo(str(lido.get("recurso", "")))
    if numero is None:
        raise _NaoSeEntende("recurso não é um número de até doze algarismos.")
    decisoes = _lista(lido, "decisoes")
    if not decisoes:
        raise _NaoSeEntende("decisoes está vazia.")
    return PedidoDeDecisao(numero, chave, tuple(_decisao(d) for d in decisoes))


def _decisao(lida: Any) -> Decisao:
    _so(lida, _DA_DECISAO)
    justificativa, aceita = lida.get("justificativa"), lida.get("aceita")
    if not isinstance(justificativa, str | None) or not isinstance(aceita, bool | None):
        raise _NaoSeEntende("justificativa é um texto, e aceita é true ou false.")
    return Decisao(
        _posicao(str(lida.get("linha", ""))),
        _reais(str(lida.get("valorAcatado", ""))),
        justificativa,
        aceita,
        tuple(_parte(parte) for parte in _lista(lida, "partes")),
    )


def _parte(lida: Any) -> ParteAcatada:
    _so(lida, _DA_PARTE)
    guia, item = (
        None if lida.get(nome) is None else _posicao(str(lida[nome])) for nome in ("guia", "item")
    )
    grau = lida.get("grauParticipacao", "")
    if not isinstance(grau, str):
        raise _NaoSeEntende("grauParticipacao é um texto.")
    return ParteAcatada(guia, item, _reais(str(lida.get("valorAcatado", ""))), grau)


def _so(lido: Any, conhecidos: frozenset[str]) -> None:
    if not isinstance(lido, dict):
        raise _NaoSeEntende("Onde se espera um objeto há outra coisa.")
    if lido.keys() - conhecidos:
        raise _NaoSeEntende(
            f"Há um campo desconhecido; conhecidos: {', '.join(sorted(conhecidos))}."
        )


def _lista(lido: dict[str, Any], nome: str) -> list[Any]:
    valor = lido.get(nome, [])
    if not isinstance(valor, list):
        raise _NaoSeEntende(f"{nome} não é uma lista.")
    return valor


def _posicao(texto: str) -> int:
    if _NUMERO.fullmatch(texto) is None:
        raise _NaoSeEntende("linha, guia e item são posições, a partir de 1.")
    return int(texto)


def _reais(texto: str) -> Decimal:
    if _REAIS.fullmatch(texto) is None:
        raise _NaoSeEntende("Um valor não é um número em reais.")
    return Decimal(texto.replace(",", "."))


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
