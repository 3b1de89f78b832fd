"""Resultados de análise num arquivo: uma linha JSON por protocolo, ou CSV com uma por item.

Lê-se aos poucos: o arquivo pode ter milhares de protocolos. Valores são textos ou números em
reais, com ponto decimal.
"""

from __future__ import annotations

import csv
import json
import re
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import TYPE_CHECKING, Any

from dominio import numeros
from dominio.analise import Glosa
from handlers.analise.pedido import PedidoDeRegistro, QualGuia, ResultadoDeGuia, ResultadoDeItem
from handlers.em_massa import Lida

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

COLUNAS = (
    "protocolo",
    "guia",
    "item",
    "grau",
    "processado",
    "liberado",
    "glosa_codigo",
    "glosa_valor",
    "glosa_texto",
)
_DO_PROTOCOLO = frozenset({"protocolo", "guias", "glosas", "observacao"})
_DA_GUIA = frozenset(
    {
        "guia", "numeroGuiaOperadora", "numeroGuiaPrestador", "itens", "glosas",
        "valorProcessado", "valorLiberado", "valorGlosa", "observacao",
    }
)  # fmt: skip
_DO_ITEM = frozenset(
    {
        "item", "sequencialItem", "despesa", "valorProcessado", "valorLiberado", "valorGlosa",
        "glosas", "grauParticipacao", "valorInformado", "qtdExecutada", "qtdPaga",
    }
)  # fmt: skip
_DA_GLOSA = frozenset({"codigo", "valor", "texto"})

_NUMERO = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,6})?")


class LinhaInvalida(ValueError):
    """Uma linha que não se entende; o texto diz por quê, sem repetir valores."""


def de_json(linhas: Iterable[str], prefixo: str) -> Iterator[Lida[PedidoDeRegistro]]:
    """Lê JSON Lines; linhas vazias não contam.

    Args:
        linhas: do arquivo.
        prefixo: começo da chave de cada pedido, a que se junta o número do protocolo.
    """
    for numero, texto in enumerate(linhas, 1):
        if not texto.strip():
            continue
        try:
            yield Lida(numero, _pedido(_objeto(texto), prefixo))
        except LinhaInvalida as defeito:
            yield Lida(numero, None, str(defeito))


def de_csv(linhas: Iterable[str], prefixo: str) -> Iterator[Lida[PedidoDeRegistro]]:
    """Lê CSV com ``;``; as linhas de um protocolo vêm seguidas, e cada item pode repetir-se.

    Uma linha sem item traz uma glosa da guia; sem guia, do protocolo. Um item repetido traz mais
    uma glosa dele.

    Args:
        linhas: do arquivo; a primeira traz os nomes das colunas, em qualquer ordem.
        prefixo: começo da chave de cada pedido, a que se junta o número do protocolo.

    Raises:
        LinhaInvalida: a primeira linha não traz as colunas.
    """
    leitor = csv.reader(linhas, delimiter=";")
    nomes = [nome.strip().lower().lstrip("\ufeff") for nome in next(leitor, [])]
    if sorted(nomes) != sorted(COLUNAS):
        raise LinhaInvalida(f"a primeira linha deve ser {';'.join(COLUNAS)}")
    numeradas = ((leitor.line_num, campos) for campos in leitor if campos)
    vistos: set[str] = set()
    for protocolo, grupo in groupby(numeradas, key=lambda par: _celula(par[1], nomes)):
        todas = list(grupo)
        primeira = todas[0][0]
        try:
            if protocolo in vistos:
                raise LinhaInvalida("o protocolo já apareceu antes: as linhas dele vêm seguidas")
            vistos.add(protocolo)
            juntas = _Juntas()
            for numero, campos in todas:
                juntas.somar(numero, _linha(campos, nomes))
            yield Lida(primeira, _do_csv(protocolo, juntas, prefixo))
        except LinhaInvalida as defeito:
            yield Lida(primeira, None, str(defeito))


def _objeto(texto: str) -> dict[str, Any]:
    try:
        lido = json.loads(texto, parse_float=Decimal)
    except (ValueError, RecursionError):
        raise LinhaInvalida("não é JSON") from None
    if not isinstance(lido, dict):
        raise LinhaInvalida("não é um objeto JSON")
    return lido


def _pedido(lido: Mapping[str, Any], prefixo: str) -> PedidoDeRegistro:
    _so(lido, _DO_PROTOCOLO)
    protocolo = _protocolo(str(lido.get("protocolo", "")))
    return PedidoDeRegistro(
        protocolo,
        f"{prefixo}:{protocolo}",
        tuple(_guia(g) for g in _lista(lido, "guias")),
        _glosas(lido) if "glosas" in lido else None,
        _texto(lido, "observacao"),
    )


def _guia(lida: Any) -> ResultadoDeGuia:
    _so(lida, _DA_GUIA)
    qual = QualGuia(
        _inteiro(lida, "guia"),
        _texto(lida, "numeroGuiaOperadora"),
        _texto(lida, "numeroGuiaPrestador"),
    )
    if all(campo is None for campo in qual):
        raise LinhaInvalida("uma guia não diz qual é")
    return ResultadoDeGuia(
        qual,
        tuple(_item(i) for i in _lista(lida, "itens")),
        _glosas(lida),
        _reais(lida, "valorProcessado"),
        _reais(lida, "valorLiberado"),
        _reais(lida, "valorGlosa"),
        _texto(lida, "observacao"),
    )


def _item(lido: Any) -> ResultadoDeItem:
    _so(lido, _DO_ITEM)
    processado, liberado = _reais(lido, "valorProcessado"), _reais(lido, "valorLiberado")
    if processado is None or liberado is None:
        raise LinhaInvalida("um item não traz valorProcessado ou valorLiberado")
    return ResultadoDeItem(
        processado,
        liberado,
        _inteiro(lido, "item"),
        _inteiro(lido, "sequencialItem"),
        lido.get("despesa") is True,
        _glosas(lido),
        _reais(lido, "valorGlosa"),
        _texto(lido, "grauParticipacao") or "",
        _reais(lido, "valorInformado"),
        _reais(lido, "qtdExecutada"),
        _reais(lido, "qtdPaga"),
    )


def _glosas(lido: Mapping[str, Any]) -> tuple[Glosa, ...]:
    glosas = []
    for glosa in _lista(lido, "glosas"):
        _so(glosa, _DA_GLOSA)
        codigo = _texto(glosa, "codigo")
        if codigo is None:
            raise LinhaInvalida("uma glosa não traz código")
        glosas.append(Glosa(codigo, _reais(glosa, "valor") or Decimal(0), _texto(glosa, "texto")))
    return tuple(glosas)


@dataclass(slots=True)
class _DoCsv:
    processado: Decimal | None
    liberado: Decimal | None
    glosas: list[Glosa]


class _Juntas:
    """As linhas de um protocolo, por guia e item."""

    def __init__(self) -> None:
        self.glosas: list[Glosa] = []
        self.das_guias: dict[int, list[Glosa]] = {}
        self.itens: dict[tuple[int, int, str], _DoCsv] = {}

    def somar(self, numero: int, linha: Mapping[str, str]) -> None:
        glosas = (
            [
                Glosa(
                    linha["glosa_codigo"],
                    _numero(linha["glosa_valor"] or "0", "glosa_valor"),
                    linha["glosa_texto"] or None,
                )
            ]
            if linha["glosa_codigo"]
            else []
        )
        if not linha["guia"]:
            self.glosas += glosas
            return
        guia = _posicao(linha["guia"], "guia")
        self.das_guias.setdefault(guia, [])
        if not linha["item"]:
            self.das_guias[guia] += glosas
            return
        chave = (guia, _posicao(linha["item"], "item"), linha["grau"])
        processado, liberado = (
            _numero(linha[nome], nome) if linha[nome] else None
            for nome in ("processado", "liberado")
        )
        antes = self.itens.setdefault(chave, _DoCsv(processado, liberado, []))
        if (processado, liberado) not in ((None, None), (antes.processado, antes.liberado)):
            raise LinhaInvalida(f"linha {numero}: o item repetido traz outros valores")
        antes.glosas += glosas


def _do_csv(protocolo: str, juntas: _Juntas, prefixo: str) -> PedidoDeRegistro:
    numero = _protocolo(protocolo)
    itens: dict[int, list[ResultadoDeItem]] = {}
    for (guia, posicao, grau), dele in juntas.itens.items():
        if dele.processado is None or dele.liberado is None:
            raise LinhaInvalida("um item não traz processado ou liberado")
        itens.setdefault(guia, []).append(
            ResultadoDeItem(
                dele.processado,
                dele.liberado,
                posicao,
                glosas=tuple(dele.glosas),
                grau=grau,
                informado=dele.processado if grau else None,
            )
        )
    return PedidoDeRegistro(
        numero,
        f"{prefixo}:{numero}",
        tuple(
            ResultadoDeGuia(QualGuia(guia), tuple(itens.get(guia, ())), tuple(glosas))
            for guia, glosas in juntas.das_guias.items()
        ),
        tuple(juntas.glosas) or None,
    )


def _celula(campos: list[str], nomes: list[str]) -> str:
    posicao = nomes.index("protocolo")
    return campos[posicao].strip() if len(campos) > posicao else ""


def _linha(campos: list[str], nomes: list[str]) -> dict[str, str]:
    if len(campos) != len(nomes):
        raise LinhaInvalida(f"tem {len(campos)} colunas em vez de {len(nomes)}")
    return {nome: campo.strip() for nome, campo in zip(nomes, campos, strict=True)}


def _so(lido: Any, conhecidos: frozenset[str]) -> None:
    if not isinstance(lido, dict):
        raise LinhaInvalida("onde se espera um objeto há outra coisa")
    if lido.keys() - conhecidos:
        raise LinhaInvalida(
            f"há um campo desconhecido; conhecidos: {', '.join(sorted(conhecidos))}"
        )


def _lista(lido: Mapping[str, Any], nome: str) -> list[Any]:
    valor = lido.get(nome, [])
    if not isinstance(valor, list):
        raise LinhaInvalida(f"{nome} não é uma lista")
    return valor


def _texto(lido: Mapping[str, Any], nome: str) -> str | None:
    valor = lido.get(nome)
    if valor is not None and not isinstance(valor, str):
        raise LinhaInvalida(f"{nome} não é um texto")
    return valor


def _inteiro(lido: Mapping[str, Any], nome: str) -> int | None:
    valor = lido.get(nome)
    if valor is not None and (not isinstance(valor, int) or isinstance(valor, bool)):
        raise LinhaInvalida(f"{nome} não é um número inteiro")
    return valor


def _reais(lido: Mapping[str, Any], nome: str) -> Decimal | None:
    valor = lido.get(nome)
    if valor is None:
        return None
    if isinstance(valor, bool) or not isinstance(valor, str | int | Decimal):
        raise LinhaInvalida(f"{nome} não é um número")
    return _numero(str(valor), nome)


def _numero(texto: str, nome: str) -> Decimal:
    if _NUMERO.fullmatch(texto) is None:
        raise LinhaInvalida(f"{nome} não é um número com ponto decimal")
    return Decimal(texto)


def _posicao(texto: str, nome: str) -> int:
    lida = numeros.natural(texto, 9)
    if lida is None:
        raise LinhaInvalida(f"{nome} não é uma posição, a partir de 1")
    return lida


def _protocolo(texto: str) -> int:
    numero = numeros.protocolo(texto)
    if numero is None:
        raise LinhaInvalida("protocolo não é um número de até doze algarismos")
    return numero
