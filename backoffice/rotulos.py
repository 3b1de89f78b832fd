"""Como se mostram a quem trabalha na operadora as situações, os tipos de guia e os canais."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dominio.lote import TipoGuia
from dominio.recurso import Estado, Nivel
from dominio.situacao import StatusProtocolo

if TYPE_CHECKING:
    from collections.abc import Collection

S = StatusProtocolo


class Cor(NamedTuple):
    """Uma cor com nome, que se diz também a quem não a vê."""

    nome: str
    hexadecimal: str


class Legenda(NamedTuple):
    """Uma linha da legenda das situações.

    Attributes:
        codigo: ``dm_statusProtocolo``; ausente no que acontece antes de haver protocolo.
        texto: nome da situação.
        cor: a da situação.
    """

    codigo: int | None
    texto: str
    cor: Cor


NAO_ENVIADO = Legenda(None, "Não enviado para a operadora", Cor("cinza", "#6b7280"))
AJUSTE = Legenda(None, "Necessário ajuste no lote", Cor("vermelho", "#b91c1c"))
EM_PROCESSAMENTO = Legenda(None, "Em processamento", Cor("lilás", "#7c3aed"))

_CORES = {
    S.RECEBIDO: Cor("azul", "#1d4ed8"),
    S.EM_ANALISE: Cor("amarelo", "#a16207"),
    S.LIBERADO: Cor("verde-claro", "#4d7c0f"),
    S.ENCERRADO_SEM_PAGAMENTO: Cor("preto", "#111827"),
    S.ANALISADO: Cor("laranja", "#c2410c"),
    S.PAGO: Cor("verde", "#15803d"),
    S.AGUARDANDO_INFORMACAO: Cor("turquesa", "#0f766e"),
    S.CANCELADO: Cor("marrom", "#78350f"),
    S.BLOQUEIO_JUDICIAL: Cor("magenta", "#a21caf"),
}

LEGENDA: tuple[Legenda, ...] = (
    NAO_ENVIADO,
    AJUSTE,
    EM_PROCESSAMENTO,
    *(Legenda(int(status), status.texto, cor) for status, cor in _CORES.items()),
)
"""As nove situações de um lote e as três que o padrão tem a mais, cada uma com a sua cor."""

_DOS_RECURSOS = {
    Estado.PROTOCOLADO: _CORES[S.RECEBIDO],
    Estado.EM_ANALISE: _CORES[S.EM_ANALISE],
    Estado.AUTORIZADO: _CORES[S.PAGO],
    Estado.AUTORIZADO_PARCIAL: _CORES[S.LIBERADO],
    Estado.NEGADO: Cor("vermelho", "#b91c1c"),
    Estado.CANCELADO: _CORES[S.CANCELADO],
}
_NIVEIS = {Nivel.PROTOCOLO: "Lote", Nivel.GUIA: "Guia", Nivel.ITEM: "Eventos"}
_TIPOS = {
    TipoGuia.CONSULTA: "Consulta",
    TipoGuia.SADT: "SP/SADT",
    TipoGuia.INTERNACAO: "Resumo de internação",
    TipoGuia.HONORARIOS: "Honorários",
    TipoGuia.ODONTO: "Tratamento odontológico",
}
_CANAIS = {
    "soap": "Web service",
    "upload": "Arquivo XML",
    "portal": "Portal",
    "operadora": "Operadora",
}


def cor(status: StatusProtocolo) -> Cor:
    """A cor de uma situação guardada."""
    return _CORES[status]


def cor_do_recurso(estado: Estado) -> Cor:
    """A cor do estado de uma linha de recurso."""
    return _DOS_RECURSOS[estado]


def nivel_do_recurso(niveis: Collection[Nivel]) -> str:
    """O nível em que se recorre, como a página o diz; sem linhas, ainda se digita."""
    return " e ".join(texto for qual, texto in _NIVEIS.items() if qual in niveis) or "Em digitação"


def tipo_guia(tipo: str | None) -> str | None:
    """O nome de um tipo de guia, como ``SP/SADT``."""
    return None if tipo is None else _TIPOS[TipoGuia(tipo)]


def canal(nome: str) -> str:
    """O nome de um canal."""
    return _CANAIS.get(nome, nome)


def numero(valor: int, largura: int) -> str:
    """Um número com zeros à esquerda até a largura."""
    return f"{valor:0{largura}d}" if largura else str(valor)


DO_PORTAL = frozenset({"upload", "portal"})
"""Canais de um lote que nasceu no portal."""

LOTE_ENVIADO = "Enviado à operadora"
"""A situação de um lote que já tem protocolo."""

SEQUENCIAL = 8
"""Algarismos do sequencial do lote."""
