"""Mensagens dos serviços que o gateway ainda não oferece: válidas, com conteúdo ao acaso."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from integration.recepcao import EU, REGISTRO, SERVICOS_FEITOS, Q

import tiss_xsd
from dominio.transacoes import TRANSACOES, Transacao
from prestador import mensagem_xml
from prestador.cabecalho import cabecalho

sys.path.append(str(Path(__file__).resolve().parents[1] / "unit"))

from _esquemas.componentes import ler_pasta
from _esquemas.gerador import Gerador

if TYPE_CHECKING:
    from lxml import etree

    from prestador.valores import Identificado

NAO_OFERECIDOS = tuple(t for t in TRANSACOES if t.servico not in SERVICOS_FEITOS)


@cache
def _gerador(versao: str) -> Gerador:
    pasta = Path(tiss_xsd.__file__).parent / versao
    return Gerador(ler_pasta(pasta), Random(versao))


def pedido(
    transacao: Transacao,
    versao: str,
    *,
    tipo: str | None = None,
    quem: Identificado = EU,
    login: str | None = None,
    senha: str | None = None,
) -> etree._Element:
    """Um pedido válido e selado do prestador, com o corpo sorteado pelo esquema da versão."""
    mensagem = _gerador(versao).mensagem(Q + transacao.raiz_pedido)
    novo = mensagem_xml.elemento(
        "cabecalho",
        cabecalho(tipo or transacao.tipo_pedido, versao, quem, REGISTRO, login=login, senha=senha),
    )
    mensagem.replace(mensagem[0], novo)
    for assinatura in mensagem.findall(f"{Q}Signature"):
        # sorteada, nada assina, e seria recusada por isso
        mensagem.remove(assinatura)
    return mensagem_xml.selar(mensagem)
