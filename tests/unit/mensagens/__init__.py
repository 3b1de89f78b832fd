"""Mensagens em arquivo, nomeadas pelo que têm de especial, e construtores das demais."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from dominio.lote import TipoGuia
from dominio.transacoes import NS_TISS, POR_SERVICO
from mensagem.cabecalho import Cabecalho
from prestador.cabecalho import cabecalho
from prestador.lotes import corpo_lote, corpo_status
from prestador.mensagem_xml import mensagem_ws
from prestador.valores import identificado

if TYPE_CHECKING:
    from lxml import etree

    from prestador.valores import Identificado

PASTA = Path(__file__).parent
VETORES = Path(__file__).resolve().parents[3].parent / "shared" / "tiss" / "hash_vectors"
Q = f"{{{NS_TISS}}}"
REGISTRO = "999999"
PRESTADOR = identificado("codigo", "013950")
LOTE = POR_SERVICO["tissLoteGuias"]
STATUS = POR_SERVICO["tissSolicitacaoStatusProtocolo"]
INSTANTE = datetime(2026, 3, 20, 13, 11, 12, 345678, tzinfo=UTC)


class Linha(NamedTuple):
    """Uma linha do manifesto: o que se espera do hash de um arquivo; ``-`` é nenhum."""

    arquivo: str
    oficial: str
    variante: str


def manifesto() -> list[Linha]:
    """As linhas do manifesto, na ordem do arquivo."""
    with (PASTA / "manifesto.csv").open(encoding="utf-8", newline="") as arquivo:
        return [Linha(*linha) for linha in list(csv.reader(arquivo, delimiter=";"))[1:]]


def lote(
    tipo: TipoGuia = TipoGuia.SADT,
    versao: str = "4.03.00",
    *,
    guias: int = 1,
    itens: int = 3,
    prefixo: str | None = "ans",
    prestador: Identificado = PRESTADOR,
    login: str | None = None,
) -> etree._Element:
    """Um ``loteGuiasWS`` válido e selado, sempre o mesmo para os mesmos argumentos."""
    senha = None if login is None else "segredo"
    cab = cabecalho(
        LOTE.tipo_pedido, versao, prestador, REGISTRO, login=login, senha=senha, agora=INSTANTE
    )
    corpo = corpo_lote(
        tipo,
        versao,
        prestador=prestador,
        registro_ans=REGISTRO,
        guias=guias,
        itens=itens,
        hoje=date(2026, 3, 20),
    )
    return mensagem_ws(LOTE, cab, corpo, prefixo=prefixo)


def status(versao: str = "4.03.00") -> etree._Element:
    """Uma ``solicitacaoStatusProtocoloWS`` válida e selada."""
    cab = cabecalho(STATUS.tipo_pedido, versao, PRESTADOR, REGISTRO, agora=INSTANTE)
    return mensagem_ws(STATUS, cab, corpo_status(versao, PRESTADOR, "10000001"))


def achar(mensagem: etree._Element, nome: str, posicao: int = 0) -> etree._Element:
    """O elemento TISS de um nome, onde quer que esteja na mensagem."""
    return list(mensagem.iter(Q + nome))[posicao]


def cabecalho_lido(tipo: str, versao: str, **campos: object) -> Cabecalho:
    """Um cabeçalho de pedido como se tivesse sido lido."""
    padrao: dict[str, object] = {
        "tipo_transacao": tipo,
        "sequencial": "0042",
        "origem": PRESTADOR.identificacao,
        "destino": REGISTRO,
        "padrao": versao,
        "login": None,
        "senha": None,
    }
    return Cabecalho(**{**padrao, **campos})  # type: ignore[arg-type]
