"""Mensagens tortas de remetentes de campo: as que se aceitam e as que se recusam dizendo o engano.

Cada arquivo de ``quirks`` é o corpo HTTP exato; o manifesto diz o que se espera dele.
"""

from __future__ import annotations

import gzip
import hashlib
from datetime import date
from typing import TYPE_CHECKING

import pytest
from acceptance.quirks import PASTA, Linha, aceitas, enviar, manifesto, recusadas
from acceptance.servidor import Servidor
from lxml import etree
from sqlalchemy import func, select, update
from validador import validar_resposta

from persistence import mensagens, tabelas

if TYPE_CHECKING:
    from collections.abc import Iterator

    from integration.banco_de_teste import Postgres

    from persistence.mensagens import MensagemGuardada

_TISS = "http://www.ans.gov.br/padroes/tiss/schemas"
_Q = f"{{{_TISS}}}"
_OFICIAL = "oficial"


def _arquivadas(gateway: Servidor, correlacao: str) -> tuple[MensagemGuardada, bytes]:
    """A linha do arquivo e os bytes do pedido como vieram."""
    with gateway.banco.leitura() as conn:
        linha = mensagens.ler(conn, None, correlacao)
        bruta = mensagens.bruta(conn, None, correlacao)
    assert linha is not None
    assert bruta is not None
    return linha, bruta


def _descomprimida(linha: Linha) -> bytes:
    return gzip.decompress(linha.corpo) if linha.arquivo.endswith(".gz") else linha.corpo


def _protocolos(gateway: Servidor) -> int:
    with gateway.banco.leitura() as conn:
        return int(conn.execute(select(func.count()).select_from(tabelas.protocolo)).scalar_one())


def test_o_manifesto_tem_todos_os_arquivos() -> None:
    """Cada arquivo da pasta está no manifesto, uma vez."""
    no_disco = sorted(p.name for p in PASTA.iterdir() if ".xml" in p.suffixes)
    assert no_disco == sorted(linha.arquivo for linha in manifesto())


@pytest.mark.parametrize("linha", aceitas(), ids=lambda x: x.arquivo)
def test_o_que_se_aceita(gateway: Servidor, linha: Linha) -> None:
    """A mensagem recebe protocolo; o arquivo tem os bytes que vieram e a leitura do hash."""
    resposta = enviar(gateway, linha)
    recibo = validar_resposta(resposta.corpo, "4.03.00")
    assert resposta.status == 200
    assert recibo.find(f".//{_Q}numeroProtocolo") is not None
    arquivada, bruta = _arquivadas(gateway, resposta.cabecalhos["x-correlation-id"])
    assert _descomprimida(linha) == bruta
    assert linha.detalhe == arquivada.hash_variante


@pytest.mark.parametrize("linha", recusadas(), ids=lambda x: x.arquivo)
def test_o_que_se_recusa_dizendo_o_engano(gateway: Servidor, linha: Linha) -> None:
    """A falha tem a palavra do padrão e diz qual foi o engano; a mensagem fica no arquivo."""
    antes = _protocolos(gateway)
    resposta = enviar(gateway, linha)
    falha = validar_resposta(resposta.corpo, "4.03.00")
    palavras = [e.text for e in falha.iter(f"{_Q}tissFault")]
    assert ([] if linha.veredito == "-" else [linha.veredito]) == palavras
    assert linha.diz in (falha.findtext("faultstring") or "")
    assert resposta.status == 500
    arquivada, bruta = _arquivadas(gateway, resposta.cabecalhos["x-correlation-id"])
    assert linha.detalhe == arquivada.erro
    assert linha.corpo == bruta
    assert antes == _protocolos(gateway)


def test_senha_em_texto_claro_nao_volta_na_falha(gateway: Servidor) -> None:
    """A falha que pede o MD5 não repete a senha que veio, nem o arquivo a mostra."""
    linha = next(x for x in recusadas() if x.arquivo == "senha-em-texto-claro.xml")
    resposta = enviar(gateway, linha)
    arquivada, _ = _arquivadas(gateway, resposta.cabecalhos["x-correlation-id"])
    assert b"Exemplo#2026" in linha.corpo
    assert b"Exemplo#2026" not in resposta.corpo
    assert b"Exemplo#2026" not in (arquivada.pedido or b"")


@pytest.mark.parametrize("arquivo", ["datas-com-zona.xml", "data-de-atendimento-em-utc.xml"])
def test_data_com_zona_e_o_dia_escrito(gateway: Servidor, arquivo: str) -> None:
    """A zona de uma data não muda o dia que se guarda."""
    linha = next(x for x in aceitas() if x.arquivo == arquivo)
    enviar(gateway, linha)
    numero = etree.fromstring(linha.corpo).findtext(f".//{_Q}numeroLote")
    with gateway.banco.leitura() as conn:
        dias = conn.execute(
            select(tabelas.item.c.data)
            .join(tabelas.lote, tabelas.lote.c.id == tabelas.item.c.lote_id)
            .where(tabelas.lote.c.numero == numero)
        ).scalars()
        assert [date(2026, 3, 2)] == list(dias)


# --- o mesmo num gateway rigoroso -----------------------------------------------------------------


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def rigoroso(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Servidor]:
    """Um gateway em que o prestador confere o hash em modo ``strict``."""
    pasta = tmp_path_factory.mktemp("rigoroso")
    url = f"sqlite:///{pasta / 'gateway.db'}"
    if request.param == "postgresql":
        postgres: Postgres = request.getfixturevalue("postgres")
        url = postgres.nova_base()
    servidor = Servidor(url, pasta)
    with servidor.banco.escrita() as conn:
        conn.execute(update(tabelas.prestador).values(hash_modo="strict"))
    servidor.iniciar()
    yield servidor
    servidor.encerrar()


@pytest.mark.parametrize("linha", aceitas(), ids=lambda x: x.arquivo)
def test_em_modo_rigoroso_so_o_hash_oficial_passa(rigoroso: Servidor, linha: Linha) -> None:
    """Em strict, o que confere por outra leitura é HashInvalido, dito qual leitura."""
    resposta = enviar(rigoroso, linha)
    corpo = validar_resposta(resposta.corpo, "4.03.00")
    if linha.detalhe == _OFICIAL:
        assert resposta.status == 200
        assert corpo.find(f".//{_Q}numeroProtocolo") is not None
        return
    assert resposta.status == 500
    assert [e.text for e in corpo.iter(f"{_Q}tissFault")] == ["HashInvalido"]
    assert linha.detalhe in (corpo.findtext("faultstring") or "")


def test_hash_de_cada_arquivo_e_o_que_o_manifesto_diz() -> None:
    """Calculado à parte do gateway, o hash é o oficial nos arquivos que o manifesto diz oficiais.

    Sem isso, um erro igual no gateway e nos arquivos passaria despercebido.
    """
    conferidos = 0
    for linha in aceitas():
        leitor = etree.XMLParser(recover=True, remove_comments=True, remove_pis=True)
        dados = _descomprimida(linha).lstrip()
        if linha.arquivo == "sem-declaracao-com-charset-iso-8859-1.xml":
            leitor = etree.XMLParser(encoding="iso-8859-1")
        documento = etree.fromstring(dados, leitor)
        raiz = next(e for e in documento.iter() if etree.QName(e).localname == "loteGuiasWS")
        cabecalho, lote, hash_ = raiz
        folhas = [e.text or "" for parte in (cabecalho, lote) for e in parte.iter() if len(e) == 0]
        conteudo, dito = "".join(folhas), hash_.text or ""
        octetos = conteudo.encode("iso-8859-1", "replace")
        fora = conteudo != octetos.decode("iso-8859-1")
        confere = hashlib.md5(octetos).hexdigest() == dito.strip().lower() and not fora
        assert confere == (linha.detalhe == _OFICIAL), linha.arquivo
        conferidos += 1
    assert conferidos >= 50
