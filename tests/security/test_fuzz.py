"""Mutações sem fim de mensagens válidas: sempre uma resposta válida ou uma falha bem formada.

A invariante é uma só: nenhuma mensagem, por torta que seja, é um erro nosso. A forma curta repete
sempre os mesmos exemplos; a longa procura outros.
"""

from __future__ import annotations

import shutil
import uuid
from functools import cache
from typing import TYPE_CHECKING

import pytest
from acceptance.servidor import LOGIN, SENHA
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from integration.recepcao import EU, LOTE, REGISTRO, STATUS, Mesa, Q, abrir_mesa, lote, status
from lxml import etree
from security.assinaturas.adulteracoes import boa, com_id, com_xades
from security.mutacoes import (
    CODIFICACOES,
    NA_ARVORE,
    NA_ASSINATURA,
    NOS_BYTES,
    Mutacao,
    em_envelope,
    mudar,
    mudar_bytes,
    reselar,
)
from validador import validar_resposta

from dominio.lote import TipoGuia
from dominio.versoes import VERSOES
from handlers.andamento import Pedido
from persistence.banco import Banco
from prestador.cabecalho import cabecalho
from prestador.lotes import corpo_lote
from prestador.mensagem_xml import mensagem_arquivo

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dominio.transacoes import Transacao

CURTA = settings(
    max_examples=150, derandomize=True, deadline=None, database=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
LONGA = settings(
    max_examples=20_000, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)
SO_MENSAGEM = st.tuples(st.sampled_from(VERSOES), st.sampled_from(list(TipoGuia)))


@pytest.fixture(scope="module")
def mesa(tmp_path_factory: pytest.TempPathFactory, sqlite_migrado: Path) -> Iterator[Mesa]:
    """Uma recepção para todos os exemplos."""
    arquivo = tmp_path_factory.mktemp("fuzz") / "tiss.db"
    shutil.copy(sqlite_migrado, arquivo)
    banco = Banco.abrir(f"sqlite:///{arquivo}")
    aberta = abrir_mesa(banco)
    aberta.dar_login(LOGIN, SENHA)
    yield aberta
    banco.fechar()


def _conferir(
    mesa: Mesa, dados: bytes, versao: str, transacao: Transacao, canal: str = "soap"
) -> str:
    em_arquivo = canal == "upload"
    pedido = Pedido(
        dados,
        None if em_arquivo else transacao,
        None if em_arquivo else versao,
        canal,
        uuid.uuid4().hex,
        endereco="192.0.2.10",
    )
    resultado = mesa.recepcao.receber(pedido)
    assert resultado.desfecho in ("respondida", "recusada"), dados
    assert resultado.erro != "inesperado", dados
    if resultado.corpo or not em_arquivo:
        validar_resposta(resultado.corpo, resultado.versao or versao if em_arquivo else versao)
    return resultado.desfecho


def _lote(caso: tuple[str, TipoGuia], numero: str = "1") -> etree._Element:
    versao, tipo = caso
    return lote(tipo, versao=versao, numero=numero, login=LOGIN, senha=SENHA, itens=2)


def _arvore(mesa: Mesa, caso: tuple[str, TipoGuia], mutacoes: list[Mutacao], codigo: str) -> None:
    mensagem = mudar(_lote(caso), mutacoes)
    reselar(mensagem)
    try:
        dados = em_envelope(mensagem, codigo)
    except ValueError:
        return  # a árvore mudada não tem forma em XML
    _conferir(mesa, dados, caso[0], LOTE)


def _em_bytes(
    mesa: Mesa,
    caso: tuple[str, TipoGuia],
    mutacoes: list[Mutacao],
    nos_bytes: list[Mutacao],
    codigo: str,
) -> None:
    dados = em_envelope(mudar(_lote(caso), mutacoes), codigo)
    _conferir(mesa, mudar_bytes(dados, nos_bytes), caso[0], LOTE)


@cache
def _assinadas() -> tuple[bytes, ...]:
    """Lotes bem assinados, a sós e com propriedades XAdES, sem nada do que se assina adulterado."""
    return tuple(etree.tostring(feita()) for feita in (boa, com_id, com_xades))


def _assinada(mesa: Mesa, qual: int, mutacoes: list[Mutacao], nos_bytes: list[Mutacao]) -> None:
    mensagem = etree.fromstring(_assinadas()[qual], etree.XMLParser(collect_ids=False))
    versao = mensagem.findtext(f"{Q}cabecalho/{Q}Padrao") or ""
    dados = em_envelope(mudar(mensagem, mutacoes), "UTF-8")
    _conferir(mesa, mudar_bytes(dados, nos_bytes), versao, LOTE)


def _situacao(mesa: Mesa, versao: str, mutacoes: list[Mutacao], nos_bytes: list[Mutacao]) -> None:
    mensagem = mudar(status("10000001", versao=versao, login=LOGIN, senha=SENHA), mutacoes)
    reselar(mensagem)
    dados = mudar_bytes(em_envelope(mensagem, "UTF-8"), nos_bytes)
    _conferir(mesa, dados, versao, STATUS)


def _arquivo(mesa: Mesa, caso: tuple[str, TipoGuia], mutacoes: list[Mutacao]) -> None:
    versao, tipo = caso
    mensagem = mensagem_arquivo(
        LOTE,
        cabecalho(LOTE.tipo_pedido, versao, EU, REGISTRO, login=LOGIN, senha=SENHA),
        corpo_lote(tipo, versao, prestador=EU, registro_ans=REGISTRO, numero_lote="2", itens=2),
    )
    mudar(mensagem, mutacoes)
    reselar(mensagem)
    dados = etree.tostring(mensagem, encoding="ISO-8859-1", xml_declaration=True)
    _conferir(mesa, dados, versao, LOTE, "upload")


# --- forma curta ----------------------------------------------------------------------------------


@CURTA
@given(caso=SO_MENSAGEM, mutacoes=NA_ARVORE, codigo=st.sampled_from(CODIFICACOES))
def test_lote_mudado_na_arvore(
    mesa: Mesa, caso: tuple[str, TipoGuia], mutacoes: list[Mutacao], codigo: str
) -> None:
    """Elementos, nomes, atributos, ordem e valores trocados, com o hash refeito."""
    _arvore(mesa, caso, mutacoes, codigo)


@CURTA
@given(
    caso=SO_MENSAGEM, mutacoes=NA_ARVORE, nos_bytes=NOS_BYTES, codigo=st.sampled_from(CODIFICACOES)
)
def test_lote_mudado_nos_bytes(
    mesa: Mesa,
    caso: tuple[str, TipoGuia],
    mutacoes: list[Mutacao],
    nos_bytes: list[Mutacao],
    codigo: str,
) -> None:
    """Bytes postos, cortados e trocados no envelope, com o hash velho."""
    _em_bytes(mesa, caso, mutacoes, nos_bytes, codigo)


@CURTA
@given(versao=st.sampled_from(VERSOES), mutacoes=NA_ARVORE, nos_bytes=NOS_BYTES)
def test_situacao_mudada(
    mesa: Mesa, versao: str, mutacoes: list[Mutacao], nos_bytes: list[Mutacao]
) -> None:
    """A consulta de situação, mudada na árvore e nos bytes."""
    _situacao(mesa, versao, mutacoes, nos_bytes)


@CURTA
@given(qual=st.integers(0, 2), mutacoes=NA_ASSINATURA, nos_bytes=NOS_BYTES)
def test_assinada_mudada(
    mesa: Mesa, qual: int, mutacoes: list[Mutacao], nos_bytes: list[Mutacao]
) -> None:
    """Uma mensagem assinada, mudada no que se assinou e na própria assinatura."""
    _assinada(mesa, qual, mutacoes, nos_bytes)


@CURTA
@given(caso=SO_MENSAGEM, mutacoes=NA_ARVORE)
def test_arquivo_mudado(mesa: Mesa, caso: tuple[str, TipoGuia], mutacoes: list[Mutacao]) -> None:
    """A mensagem em arquivo, mudada na árvore, pelo canal de upload."""
    _arquivo(mesa, caso, mutacoes)


def test_a_mensagem_sem_mutacao_e_respondida(mesa: Mesa) -> None:
    """Sem mutação há protocolo em toda versão e tipo: os exemplos partem de mensagens boas."""
    for versao in VERSOES:
        for tipo in TipoGuia:
            mensagem = _lote((versao, tipo), numero=f"{versao}{tipo.value}"[:12])
            reselar(mensagem)
            assert _conferir(mesa, em_envelope(mensagem, "UTF-8"), versao, LOTE) == "respondida"


# --- forma longa ----------------------------------------------------------------------------------


@pytest.mark.longo
@LONGA
@given(caso=SO_MENSAGEM, mutacoes=NA_ARVORE, codigo=st.sampled_from(CODIFICACOES))
def test_longo_na_arvore(
    mesa: Mesa, caso: tuple[str, TipoGuia], mutacoes: list[Mutacao], codigo: str
) -> None:
    """A forma longa das mutações na árvore, com exemplos novos a cada vez."""
    _arvore(mesa, caso, mutacoes, codigo)


@pytest.mark.longo
@LONGA
@given(
    caso=SO_MENSAGEM, mutacoes=NA_ARVORE, nos_bytes=NOS_BYTES, codigo=st.sampled_from(CODIFICACOES)
)
def test_longo_nos_bytes(
    mesa: Mesa,
    caso: tuple[str, TipoGuia],
    mutacoes: list[Mutacao],
    nos_bytes: list[Mutacao],
    codigo: str,
) -> None:
    """A forma longa das mutações nos bytes."""
    _em_bytes(mesa, caso, mutacoes, nos_bytes, codigo)


@pytest.mark.longo
@LONGA
@given(versao=st.sampled_from(VERSOES), mutacoes=NA_ARVORE, nos_bytes=NOS_BYTES)
def test_longo_da_situacao(
    mesa: Mesa, versao: str, mutacoes: list[Mutacao], nos_bytes: list[Mutacao]
) -> None:
    """A forma longa das mutações da consulta de situação."""
    _situacao(mesa, versao, mutacoes, nos_bytes)


@pytest.mark.longo
@LONGA
@given(qual=st.integers(0, 2), mutacoes=NA_ASSINATURA, nos_bytes=NOS_BYTES)
def test_longo_da_assinada(
    mesa: Mesa, qual: int, mutacoes: list[Mutacao], nos_bytes: list[Mutacao]
) -> None:
    """A forma longa das mutações de uma mensagem assinada."""
    _assinada(mesa, qual, mutacoes, nos_bytes)


@pytest.mark.longo
@LONGA
@given(caso=SO_MENSAGEM, mutacoes=NA_ARVORE)
def test_longo_do_arquivo(mesa: Mesa, caso: tuple[str, TipoGuia], mutacoes: list[Mutacao]) -> None:
    """A forma longa das mutações da mensagem em arquivo."""
    _arquivo(mesa, caso, mutacoes)
