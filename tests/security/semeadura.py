"""Manda canários por toda porta de um gateway, em mensagens certas e erradas, e colhe o que sai.

A regra de um pacote da operadora e o próprio banco são postos a falhar com textos que trazem dados
do paciente, como uma exceção descuidada e o ``DETAIL`` do PostgreSQL trariam.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from acceptance.servidor import CODIGO, REGISTRO, Servidor
from lxml import etree
from security import canario, outras_portas
from security.colheita import Colheita, nomes
from security.mensagens_com_canarios import (
    CANCELA,
    DEMONSTRATIVO,
    DOCUMENTO,
    LOTE,
    NOVA,
    PEDIDOS,
    STATUS,
    VELHA,
    Q,
    bytes_do_arquivo,
    cancelamento,
    defeitos,
    demonstrativo,
    documento,
    em_arquivo,
    lote,
    pronta,
    status,
)
from sqlalchemy.engine import make_url

from dominio.lote import TipoGuia
from dominio.transacoes import POR_SERVICO
from dominio.versoes import VERSOES
from prestador import mensagem_xml
from prestador.documentos import ler_recibo_de_documento

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

EXPLODE = outras_portas.EXPLODE
_QUEBRA = "QUEBRA"
_REGRA = f"""
from dominio.erros import Erro, Nivel
from handlers.regras import Regra


def conferir(exame, _tolerancia):
    for guia in exame.lote.guias:
        if exame.lote.numero.startswith("{EXPLODE}"):
            raise RuntimeError(repr(guia))
    return []


ruim = Regra(
    Erro(
        chave="exemplo.ruim",
        texto="Uma regra que falha.",
        glosas=(("3.05.00", "1403"),),
        nivel=Nivel.CRITICA,
        corrigir="Nada a corrigir.",
    ),
    conferir,
)
"""


def abrir(url: str, pasta: Path) -> Servidor:
    """Um gateway com a regra que explode, que registra tudo o que sabe registrar."""
    pacote = pasta / "pacote"
    dados = pacote / "regra_ruim-1.dist-info"
    dados.mkdir(parents=True)
    (pacote / "regra_ruim.py").write_text(_REGRA, "utf-8")
    (dados / "METADATA").write_text("Metadata-Version: 2.1\nName: regra-ruim\nVersion: 1\n")
    (dados / "entry_points.txt").write_text("[tiss_gateway.regras]\nruim = regra_ruim:ruim\n")
    caminho = os.pathsep.join(
        [str(pacote), str(Path(__file__).resolve().parents[2]), os.environ.get("PYTHONPATH", "")]
    ).rstrip(os.pathsep)
    return Servidor(
        url, pasta,
        PYTHONPATH=caminho,
        TISS_GATEWAY_LOG__LEVEL="debug",
        TISS_GATEWAY_DATABASE__TIMEOUT="1",
        TISS_GATEWAY_ARCHIVE__SEAL_SECONDS="1",
    )  # fmt: skip


def colher(url: str, pasta: Path) -> Colheita:
    """Manda tudo por todas as portas e dá o que saiu."""
    colheita = Colheita(abrir(url, pasta))
    try:
        _cadastrar(colheita)
        colheita.servidor.iniciar()
        _sucessos(colheita)
        _recusas(colheita)
        _demonstrados(colheita)
        _erros_nossos(colheita)
        outras_portas.usar(colheita)
    except BaseException:
        colheita.servidor.encerrar()
        raise
    colheita.guardar("métricas", "/metrics", colheita.servidor.pegar("/metrics").corpo)
    colheita.guardar("páginas", "/", colheita.servidor.pegar("/").corpo)
    colheita.guardar("páginas", "/health", colheita.servidor.pegar("/health/ready").corpo)
    assert colheita.servidor.parar() == 0
    colheita.guardar("registro", "gateway.log", colheita.servidor.registro.read_bytes())
    return colheita


def _cadastrar(c: Colheita) -> None:
    r = ("--registro-ans", REGISTRO)
    planilha = c.servidor.pasta / "beneficiarios.csv"
    titulos = "carteira;nome;cns;validade;suspenso_desde;suspenso_ate;incluido_em;excluido_em\n"
    boa = f"{canario.CARTEIRA.valor};{canario.NOME.valor};{canario.CNS.valor};;;;;\n"
    ruins = f"{canario.CARTEIRA.valor * 3};{canario.NOME.valor};x;{canario.CNS.valor};;;;\n"
    planilha.write_text(titulos + boa + boa + ruins, "utf-8")
    for opcao in ((), ("--json",)):
        c.comando("beneficiarios", "import", *r, *opcao, str(planilha))
    c.comando("beneficiarios", "import", *r, "--parcial", str(planilha))
    de = (*r, "--codigo", CODIGO)
    login = ("--login", canario.LOGIN.valor)
    senha = f"{canario.SENHA.valor}\n"
    c.comando("prestador", "senha", *de, *login, "--senha", "-", entrada=senha)
    c.comando("prestador", "senha", *de, *login, "--senha", canario.SENHA.valor, "--json")
    escopos = [x for e in ("leitura", "conteudo", "analise", "admin") for x in ("--escopo", e)]
    criado = json.loads(
        c.comando("token", "add", *r, "--nome", "teste", *escopos, "--json", porta="token add")
    )
    c.token = criado["token"]


def _sucessos(c: Colheita) -> None:
    protocolo: str | None = None
    for versao in VERSOES:
        for n, tipo in enumerate(TipoGuia):
            mensagem = lote(f"{n}{versao.replace('.', '')}", versao, tipo)
            raiz = c.soap(f"lote {tipo} {versao}", pronta(mensagem), versao)
            assert raiz is not None
            protocolo = raiz.findtext(f".//{Q}numeroProtocolo")
            assert protocolo, etree.tostring(raiz)
            dados = pronta(status(protocolo, versao))
            c.soap(f"situação {tipo} {versao}", dados, versao, STATUS.servico)
            c.soap(f"repetição {tipo} {versao}", pronta(mensagem), versao)
    for versao in (VELHA, NOVA):
        dados = pronta(documento(f"D{versao}", protocolo or "", versao))
        recibo = c.soap(f"documento {versao}", dados, versao, DOCUMENTO.servico)
        # 3.05.00 não tem o serviço: a recusa também tem de calar
        if versao == NOVA:
            assert recibo is not None
            c.documento = ler_recibo_de_documento(recibo[1]).protocolo or ""
        dados = pronta(cancelamento(f"0{NOVA.replace('.', '')}001", versao))
        c.soap(f"cancelamento {versao}", dados, versao, CANCELA.servico)


def _demonstrados(c: Colheita) -> None:
    """O demonstrativo do que a operadora analisou, em toda versão."""
    conta = "/protocolos/10000002"
    opcoes = {"Content_Type": "application/json", "Idempotency_Key": "canario"}
    for passo, corpo in (("", b'{"guias": []}'), ("/finalizacao", b'{"completar": true}')):
        feito = c.api(
            "api, leitura", f"{conta}/analise{passo}", metodo="POST", token=c.token, corpo=corpo,
            If_Match="*", **opcoes,
        )  # fmt: skip
        assert feito.status == 200, feito.corpo
    for versao in VERSOES:
        dados = pronta(demonstrativo("10000002", versao))
        raiz = c.soap(f"demonstrativo {versao}", dados, versao, DEMONSTRATIVO.servico)
        assert raiz is not None


def _recusas(c: Colheita) -> None:
    for servico, pedido in PEDIDOS.items():
        for defeito, dados in defeitos(pedido):
            c.soap(f"{servico}: {defeito}", dados, NOVA, servico)
        intruso = canario.INTRUSO.valor
        estranhos = {"SOAPAction": intruso, "Content_Type": f"text/{intruso}"}
        c.soap(f"{servico}: cabeçalhos", intruso.encode(), NOVA, servico, **estranhos)
        _cada_campo_errado(c, servico, pedido)
    for tipo in TipoGuia:
        _cada_campo_errado(c, str(tipo), partial(lote, "R2", tipo=tipo))
    outro = lote("R3")
    for elemento in outro.iter(f"{Q}dadosExecutante"):
        elemento[0][0].text = "70417041704170"
    c.soap("executante alheio", pronta(outro))
    repetida = lote("R4", guias=2)
    for numero in repetida.iter(f"{Q}numeroGuiaPrestador"):
        numero.text = canario.GUIA.valor
    c.soap("guia repetida", pronta(repetida))
    reusado = lote(f"0{NOVA.replace('.', '')}", guias=2)
    c.soap("número de lote reusado", pronta(reusado))
    c.soap("serviço", pronta(status("1")), NOVA, canario.INTRUSO.valor)
    c.soap("versão", pronta(status("1")), canario.INTRUSO.valor, STATUS.servico)
    for caminho in ("/CANARIOINTRUSO0417", "/tiss/4.03.00/tissLoteGuias?xsd=CANARIOINTRUSO0417"):
        resposta = c.servidor.pegar(caminho)
        c.guardar("falhas", caminho, resposta.corpo, nomes(resposta))


def _cada_campo_errado(c: Colheita, nome: str, pedido: Callable[[], etree._Element]) -> None:
    """Um pedido por campo da mensagem, em que o próprio campo é o canário e não cabe."""
    folhas = {e.tag for e in pedido().iter() if not len(e) and isinstance(e.tag, str)}
    servico = nome if nome in POR_SERVICO else LOTE.servico
    for folha in sorted(folhas):
        mensagem = pedido()
        for elemento in mensagem.iter(folha):
            elemento.text = canario.INTRUSO.valor * 30
        dados = mensagem_xml.envelope(mensagem)
        c.soap(f"{nome}: {folha} que não cabe", dados, NOVA, servico)


def _erros_nossos(c: Colheita) -> None:
    """Exceções nossas e do banco com o texto da guia, e um banco que não responde a tempo."""
    c.soap("regra que explode", pronta(lote(EXPLODE)))
    with _banco_que_quebra(c):
        c.soap("banco que quebra", pronta(lote(_QUEBRA)))
        c.arquivo("banco que quebra em arquivo", bytes_do_arquivo(em_arquivo(_QUEBRA)))
    with _banco_ocupado(c):
        c.soap("banco ocupado", pronta(lote("R5")))
        c.soap("banco ocupado", pronta(status("10000001")), servico=STATUS.servico)


@contextlib.contextmanager
def _banco_que_quebra(c: Colheita) -> Iterator[None]:
    condicao = f"numero_prestador LIKE '{_QUEBRA}%'"
    if c.banco == "sqlite":
        liga = (
            f"CREATE TRIGGER canario BEFORE INSERT ON guia WHEN NEW.{condicao} BEGIN "
            f"SELECT RAISE(ABORT, '{canario.CARTEIRA.valor}'); END"
        )
        desliga = "DROP TRIGGER canario"
    else:
        liga = f"ALTER TABLE guia ADD CONSTRAINT canario CHECK (NOT {condicao})"
        desliga = "ALTER TABLE guia DROP CONSTRAINT canario"
    with c.servidor.banco.escrita() as conn:
        conn.exec_driver_sql(liga.replace("%", "%%"))
    yield
    with c.servidor.banco.escrita() as conn:
        conn.exec_driver_sql(desliga)


@contextlib.contextmanager
def _banco_ocupado(c: Colheita) -> Iterator[None]:
    url = make_url(c.servidor.url)
    if c.banco == "sqlite":
        assert url.database is not None
        with contextlib.closing(sqlite3.connect(url.database)) as conexao:
            conexao.execute("BEGIN IMMEDIATE")
            yield
            conexao.rollback()
        return
    dsn = url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(dsn) as conexao_pg:
        conexao_pg.execute("LOCK TABLE lote, protocolo IN ACCESS EXCLUSIVE MODE")
        yield
        conexao_pg.rollback()
