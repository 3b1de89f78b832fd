"""Um gateway de verdade a que se manda canário por toda porta, e tudo o que saiu dele.

A regra de um pacote da operadora e o próprio banco são postos a falhar com textos que trazem dados
do paciente, como uma exceção descuidada e o ``DETAIL`` do PostgreSQL trariam.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sqlite3
import threading
import time
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import psycopg
import pytest
from acceptance.servidor import CODIGO, HOSPITAL, REGISTRO, Resposta, Servidor
from lxml import etree
from security import canario
from security.canario import marcar
from sqlalchemy.engine import make_url
from validador import validar_resposta

from dominio.lote import TipoGuia
from dominio.transacoes import NS_TISS, POR_SERVICO
from dominio.versoes import VERSOES
from gateway.linha_de_comando import main
from prestador import mensagem_xml
from prestador.arquivos_inventados import pdf
from prestador.cabecalho import cabecalho, senha_md5
from prestador.cancelamentos import GuiaACancelar, corpo_cancelamento_guias
from prestador.documentos import corpo_documento
from prestador.lotes import corpo_lote, corpo_status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from security.canario import Canario

Q = f"{{{NS_TISS}}}"
VELHA, NOVA = VERSOES[0], VERSOES[-1]
TIPO = {"Content-Type": "text/xml; charset=utf-8"}
LOTE, STATUS, CANCELA, DOCUMENTO = (
    POR_SERVICO[nome]
    for nome in (
        "tissLoteGuias", "tissSolicitacaoStatusProtocolo", "tissCancelaGuia", "tissEnvioDocumentos",
    )
)  # fmt: skip
_EXPLODE, _QUEBRA = "EXPLODE", "QUEBRA"
_REGRA = f'''
from dominio.erros import Erro, Nivel
from handlers.regras import Regra


def conferir(exame, _tolerancia):
    for guia in exame.lote.guias:
        if exame.lote.numero.startswith("{_EXPLODE}"):
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
'''


@dataclass
class Colheita:
    """Tudo o que saiu de um gateway.

    Attributes:
        servidor: o processo, ainda no ar.
        saidas: por porta, o nome do que se fez e os bytes que vieram.
        token: a parte secreta do token que se usou na API.
        recusadas: quantos pedidos SOAP e em arquivo tiveram recusa.
    """

    servidor: Servidor
    saidas: dict[str, list[tuple[str, bytes]]] = field(default_factory=dict)
    token: str = ""
    recusadas: int = 0

    @property
    def banco(self) -> str:
        """``sqlite`` ou ``postgresql``."""
        return make_url(self.servidor.url).get_backend_name()

    def guardar(self, porta: str, nome: str, *dados: bytes) -> None:
        """Junta o que saiu por uma porta."""
        self.saidas.setdefault(porta, []).append((nome, b"\0".join(dados)))

    def vistos(self, porta: str, canarios: tuple[Canario, ...]) -> dict[str, str]:
        """Canário -> onde se viu primeiro, entre o que saiu por uma porta."""
        visto: dict[str, str] = {}
        for nome, dados in self.saidas[porta]:
            for achado in canario.achados(dados, canarios):
                visto.setdefault(achado, nome)
        return visto

    # --- mensagens ----------------------------------------------------------------------------

    def soap(
        self,
        nome: str,
        corpo: bytes,
        versao: str = NOVA,
        servico: str = LOTE.servico,
        **cabecalhos: str,
    ) -> etree._Element | None:
        """Manda um envelope e guarda o que se respondeu; a resposta passa pelo validador."""
        nomes = TIPO | {k.replace("_", "-"): v for k, v in cabecalhos.items()}
        resposta = self.servidor.postar_em(f"/tiss/{versao}/{servico}", corpo, nomes)
        recusa = resposta.status != 200 or b"mensagemErro" in resposta.corpo
        self.recusadas += recusa
        self.guardar("falhas" if recusa else "respostas", nome, resposta.corpo, _nomes(resposta))
        if resposta.status == 404:
            return None
        return validar_resposta(resposta.corpo, versao)

    def arquivo(self, nome: str, corpo: bytes, tipo: str = "application/xml") -> dict[str, Any]:
        """Manda mensagens em arquivo; as respostas que vêm dentro do JSON abrem-se."""
        resposta = self.servidor.postar_em("/api/v1/mensagens", corpo, {"Content-Type": tipo})
        dados: dict[str, Any] = json.loads(resposta.corpo)
        vieram = dados.get("mensagens", ())
        recusa = resposta.status != 200 or any(m["resultado"] != "respondida" for m in vieram)
        self.recusadas += recusa
        self.guardar("falhas" if recusa else "respostas", nome, resposta.corpo, _nomes(resposta))
        return dados

    def api(
        self,
        porta: str,
        caminho: str,
        *,
        metodo: str = "GET",
        token: str | None = None,
        corpo: bytes | None = None,
        **cabecalhos: str,
    ) -> Resposta:
        """Faz um pedido à API e guarda o que veio."""
        import http.client

        nomes = {k.replace("_", "-"): v for k, v in cabecalhos.items()}
        if token is not None:
            nomes["Authorization"] = f"Bearer {token}"
        conexao = http.client.HTTPConnection("127.0.0.1", self.servidor.porta, timeout=60)
        with contextlib.closing(conexao):
            conexao.request(metodo, f"/api/v1{caminho}", body=corpo, headers=nomes)
            r = conexao.getresponse()
            resposta = Resposta(r.status, dict(r.getheaders()), r.read())
        nome = f"{metodo} {caminho} {resposta.status}"
        self.guardar(porta, nome, resposta.corpo, _nomes(resposta))
        return resposta

    # --- comandos -----------------------------------------------------------------------------

    def comando(self, *argumentos: str, porta: str = "comandos", entrada: str = "") -> str:
        """Executa um comando na pasta do gateway e dá a sua saída padrão."""
        saida, erros = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as ambiente:
            ambiente.chdir(self.servidor.pasta)
            ambiente.delenv("TISS_GATEWAY_CONFIG", raising=False)
            ambiente.setenv("TISS_GATEWAY_DATABASE__URL", self.servidor.url)
            ambiente.setattr("sys.stdin", io.StringIO(entrada))
            with contextlib.redirect_stdout(saida), contextlib.redirect_stderr(erros):
                with pytest.raises(SystemExit) as saiu:
                    main(argumentos)
        nome = f"{' '.join(argumentos[:3])} -> {saiu.value.code}"
        self.guardar(porta, nome, saida.getvalue().encode(), erros.getvalue().encode())
        return saida.getvalue()


def _nomes(resposta: Resposta) -> bytes:
    return json.dumps(dict(resposta.cabecalhos)).encode()


# --- as mensagens -----------------------------------------------------------------------------


def _cabecalho(tipo: str, versao: str, **campos: str) -> Any:
    identidade = {"login": canario.LOGIN.valor, "senha": canario.SENHA.valor} | campos
    return cabecalho(tipo, versao, HOSPITAL, REGISTRO, **identidade)  # type: ignore[arg-type]


def lote(
    numero: str, versao: str = NOVA, tipo: TipoGuia = TipoGuia.SADT, *, guias: int = 1, **campos: str
) -> etree._Element:
    """Um ``loteGuiasWS`` em que todo campo que identifica alguém é um canário."""
    corpo = corpo_lote(
        tipo, versao, prestador=HOSPITAL, registro_ans=REGISTRO, numero_lote=numero, guias=guias,
        semente=4,
    )  # fmt: skip
    cab = _cabecalho(LOTE.tipo_pedido, versao, **campos)
    return marcar(mensagem_xml.mensagem_ws(LOTE, cab, corpo))


def status(protocolo: str, versao: str = NOVA, **campos: str) -> etree._Element:
    """Uma ``solicitacaoStatusProtocoloWS``."""
    cab = _cabecalho(STATUS.tipo_pedido, versao, **campos)
    return mensagem_xml.mensagem_ws(STATUS, cab, corpo_status(versao, HOSPITAL, protocolo))


def documento(numero: str, protocolo: str, versao: str = NOVA, **campos: str) -> etree._Element:
    """Um ``envioDocumentoWS`` cujo conteúdo e cuja observação são canários."""
    conteudo = pdf(texto=canario.DOCUMENTO.valor.encode())
    corpo = corpo_documento(
        conteudo, numero_documento=numero, protocolo=protocolo, observacao=canario.OBSERVACAO.valor
    )
    return mensagem_xml.mensagem_ws(
        DOCUMENTO, _cabecalho(DOCUMENTO.tipo_pedido, versao, **campos), corpo
    )


def cancelamento(guia: str, versao: str = NOVA, **campos: str) -> etree._Element:
    """Um ``cancelaGuiaWS`` de uma guia."""
    corpo = corpo_cancelamento_guias(versao, HOSPITAL, [GuiaACancelar(guia)])
    return mensagem_xml.mensagem_ws(
        CANCELA, _cabecalho(CANCELA.tipo_pedido, versao, **campos), corpo
    )


def pronta(mensagem: etree._Element) -> bytes:
    """Os bytes do envelope, com o hash refeito."""
    return mensagem_xml.envelope(mensagem_xml.selar(mensagem))


def em_arquivo(numero: str, **campos: str) -> etree._Element:
    """O mesmo lote como ``mensagemTISS``."""
    corpo = corpo_lote(
        TipoGuia.SADT, NOVA, prestador=HOSPITAL, registro_ans=REGISTRO, numero_lote=numero,
        semente=4,
    )  # fmt: skip
    cab = _cabecalho(LOTE.tipo_pedido, NOVA, **campos)
    return marcar(mensagem_xml.mensagem_arquivo(LOTE, cab, corpo))


def bytes_do_arquivo(mensagem: etree._Element) -> bytes:
    """O ``mensagemTISS`` como se envia, com o hash refeito."""
    selada = mensagem_xml.selar(mensagem)
    return etree.tostring(selada, encoding="ISO-8859-1", xml_declaration=True)


# --- o gateway --------------------------------------------------------------------------------


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
        _erros_nossos(colheita)
        _arquivos(colheita)
        _pela_api(colheita)
        _por_comandos(colheita)
    except BaseException:
        colheita.servidor.encerrar()
        raise
    colheita.guardar("métricas", "/metrics", colheita.servidor.pegar("/metrics").corpo)
    colheita.guardar("páginas", "/", colheita.servidor.pegar("/").corpo)
    colheita.guardar("páginas", "/health", colheita.servidor.pegar("/health/ready").corpo)
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
        dados = pronta(documento(f"D{versao}", protocolo, versao))
        c.soap(f"documento {versao}", dados, versao, DOCUMENTO.servico)
        dados = pronta(cancelamento(f"0{NOVA.replace('.', '')}001", versao))
        c.soap(f"cancelamento {versao}", dados, versao, CANCELA.servico)


_PEDIDOS: dict[str, Callable[..., etree._Element]] = {
    LOTE.servico: lambda **x: lote("R1", **x),
    STATUS.servico: lambda **x: status("10000001", **x),
    DOCUMENTO.servico: lambda **x: documento("R1", "10000001", **x),
    CANCELA.servico: lambda **x: cancelamento("R1", **x),
}


def _defeitos(mensagem: Callable[..., etree._Element]) -> Iterator[tuple[str, bytes]]:
    """Cada recusa que não depende do serviço, com canários na mensagem."""
    com_hash_errado = mensagem()
    com_hash_errado[-1].text = "0" * 32
    yield "hash", mensagem_xml.envelope(com_hash_errado)
    yield "login", pronta(mensagem(login=canario.INTRUSO.valor))
    yield "senha", pronta(mensagem(senha=canario.ERRADA.valor))
    em_claro = mensagem()
    _achar(em_claro, "senhaPrestador").text = canario.SENHA.valor
    yield "senha em claro", pronta(em_claro)
    for campo in ("registroANS", "Padrao", "CNPJ", "tipoTransacao", "sequencialTransacao"):
        trocada = mensagem()
        _achar(trocada, campo).text = canario.INTRUSO.valor
        yield campo, pronta(trocada)
    for campo, valor in (("registroANS", "704170"), ("CNPJ", "70417041704170")):
        trocada = mensagem()
        _achar(trocada, campo).text = valor
        yield f"{campo} de ninguém", pronta(trocada)
    inteira = pronta(mensagem())
    yield "truncada", inteira[: len(inteira) * 2 // 3]
    yield "com DOCTYPE", inteira.replace(
        b"<soapenv:Envelope", b"<!DOCTYPE a SYSTEM 'CANARIOINTRUSO0417'><soapenv:Envelope", 1
    )
    yield "com elemento a mais", inteira.replace(
        b"</soapenv:Body>", b"<CANARIOINTRUSO0417>x</CANARIOINTRUSO0417></soapenv:Body>"
    )
    yield "com atributo a mais", inteira.replace(
        b"<ans:cabecalho>", b'<ans:cabecalho CANARIOINTRUSO0417="CANARIOINTRUSO0417">', 1
    )
    yield "com entidade", inteira.replace(b"<ans:hash>", b"<ans:hash>&CANARIOINTRUSO0417;", 1)
    yield "com instrução", inteira.replace(
        b"<ans:hash>", b"<ans:hash><?CANARIOINTRUSO0417 CANARIOINTRUSO0417?>", 1
    )
    yield "com espaço de nomes", inteira.replace(
        b"<ans:cabecalho>", b'<ans:cabecalho xmlns:CANARIOINTRUSO0417="CANARIOINTRUSO0417">', 1
    )
    yield "assinada de mentira", _assinada_de_mentira(mensagem())


def _recusas(c: Colheita) -> None:
    for servico, pedido in _PEDIDOS.items():
        for defeito, dados in _defeitos(pedido):
            c.soap(f"{servico}: {defeito}", dados, NOVA, servico)
        c.soap(f"{servico}: cabeçalhos", b"CANARIOINTRUSO0417", NOVA, servico,
               SOAPAction=canario.INTRUSO.valor, Content_Type="text/CANARIOINTRUSO0417")  # fmt: skip
        _cada_campo_errado(c, servico, pedido)
    for tipo in TipoGuia:
        _cada_campo_errado(c, str(tipo), lambda tipo=tipo: lote("R2", tipo=tipo))
    outro = lote("R3")
    for elemento in outro.iter(f"{Q}dadosExecutante"):
        elemento[0][0].text = "70417041704170"
    c.soap("executante alheio", pronta(outro))
    repetida = lote("R4", guias=2)
    for numero in repetida.iter(f"{Q}numeroGuiaPrestador"):
        numero.text = canario.INTRUSO.valor
    c.soap("guia repetida", pronta(repetida))
    reusado = lote(f"0{NOVA.replace('.', '')}", guias=2)
    c.soap("número de lote reusado", pronta(reusado))
    c.soap("serviço", pronta(status("1")), NOVA, canario.INTRUSO.valor)
    c.soap("versão", pronta(status("1")), canario.INTRUSO.valor, STATUS.servico)
    for caminho in ("/CANARIOINTRUSO0417", "/tiss/4.03.00/tissLoteGuias?xsd=CANARIOINTRUSO0417"):
        resposta = c.servidor.pegar(caminho)
        c.guardar("falhas", caminho, resposta.corpo, _nomes(resposta))


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
    c.soap("regra que explode", pronta(lote(_EXPLODE)))
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


def _arquivos(c: Colheita) -> None:
    boa = bytes_do_arquivo(em_arquivo("A1"))
    assert c.arquivo("arquivo", boa)["mensagens"][0]["protocolo"]
    ruins = {
        "senha": bytes_do_arquivo(em_arquivo("A2", senha=canario.ERRADA.valor)),
        "truncado": boa[: len(boa) // 2],
        "hash": boa.replace(b"CANARIOCRM0417", b"CANARIOCRM0418"),
        "explode": bytes_do_arquivo(em_arquivo(_EXPLODE)),
        "tipo": boa.replace(b"<ans:dataAutorizacao>", b"<ans:dataAutorizacao>CANARIOINTRUSO0417"),
    }
    for nome, dados in ruins.items():
        c.arquivo(f"arquivo: {nome}", dados)
    zipado = io.BytesIO()
    with zipfile.ZipFile(zipado, "w") as zip_:
        zip_.writestr("CANARIOCARTEIRA0417.txt", b"CANARIOINTRUSO0417")
        for nome, dados in ruins.items():
            zip_.writestr(f"{nome}.xml", dados)
    c.arquivo("zip", zipado.getvalue(), "application/zip")
    c.arquivo("zip quebrado", zipado.getvalue()[:200], "application/zip")
    c.arquivo("tipo desconhecido", b"CANARIOINTRUSO0417", "application/CANARIOINTRUSO0417")


def _pela_api(c: Colheita) -> None:
    t = c.token
    lista = json.loads(c.api("api, listas", "/protocolos?origem=soap&limite=200", token=t).corpo)
    assert lista["protocolos"]
    for caminho in ("/protocolos?formato=csv", "/importacoes", "/importacoes?formato=csv",
                    "/situacoes", "/auditoria", "/auditoria?formato=csv"):  # fmt: skip
        c.api("api, listas", caminho, token=t)
    for caminho in ("/guias?limite=200", "/guias?formato=csv"):
        c.api("api, leitura", caminho, token=t)
    for protocolo in lista["protocolos"]:
        numero = protocolo["numeroProtocolo"]
        for resto in ("", "/guias"):
            c.api("api, leitura", f"/protocolos/{numero}{resto}", token=t)
        c.api("api, listas", f"/protocolos/{numero}/criticas", token=t)
        for resto in ("/mensagem", "/resposta"):
            c.api("api, conteúdo", f"/protocolos/{numero}{resto}", token=t)
    intruso = canario.INTRUSO.valor
    for caminho in (f"/{intruso}", f"/protocolos/{intruso}", f"/protocolos?status={intruso}",
                    f"/protocolos?{intruso}=1", f"/guias?cursor={intruso}",
                    f"/guias?atendimentoDe={intruso}", f"/guias?carteira={intruso}",
                    f"/protocolos?operadora={intruso}"):  # fmt: skip
        c.api("api, erros", caminho, token=t)
    c.api("api, erros", "/protocolos", token=f"tiss_{intruso}_{canario.ERRADA.valor}")
    c.api("api, erros", "/protocolos", Authorization=f"Basic {quote(canario.ERRADA.valor)}")
    json_ = {"Content_Type": "application/json", "If_Match": "*"}
    endereco = f"/protocolos/{lista['protocolos'][0]['numeroProtocolo']}/situacao"
    nulo = json.dumps({"para": 2, "motivo": f"{intruso}\0{intruso}"}).encode()
    for corpo in (nulo, b'{"para": "%s"}' % intruso.encode(), intruso.encode(),
                  b'{"para": 2, "motivo": "%s"}' % (intruso.encode() * 400),
                  b'{"para": 3, "motivo": "motivo", "%s": 1}' % intruso.encode()):  # fmt: skip
        c.api("api, erros", endereco, metodo="POST", token=t, corpo=corpo, **json_)
    for metodo in ("DELETE", "PUT", intruso):
        c.api("api, erros", endereco, metodo=metodo, token=t)


def _por_comandos(c: Colheita) -> None:
    pasta = c.servidor.pasta
    certa, errada = pasta / "certa.xml", pasta / "errada.xml"
    certa.write_bytes(bytes_do_arquivo(em_arquivo("C1")))
    errada.write_bytes(
        certa.read_bytes()
        .replace(b"<ans:dataAutorizacao>", b"<ans:dataAutorizacao>CANARIOINTRUSO0417")
        .replace(b"<ans:hash>", b"<ans:hash>CANARIOINTRUSO0417")
    )
    r = ("--registro-ans", REGISTRO)
    do_prestador = (*r, "--codigo", CODIGO)
    with c.servidor.banco.leitura() as conn:
        linhas = conn.exec_driver_sql(
            "SELECT id, desfecho, erro FROM mensagem WHERE integral ORDER BY recebida_em"
        ).all()
    exemplos = list({(x.desfecho, x.erro): x.id for x in linhas}.values())
    em_json: list[tuple[str, ...]] = [
        ("message", "check", str(certa)),
        ("message", "check", str(errada)),
        *[("message", "replay", exemplo) for exemplo in exemplos],
        ("message", "verify", str(certa)),
        ("archive", "verify"),
        ("homologacao", "report", *r, "--prestador", CODIGO),
        ("prestador", "hash", *r),
        ("titular", "report", *r, "--carteira", canario.CARTEIRA.valor),
        ("token", "list", *r),
        ("config", "check"),
        ("db", "check"),
        ("regras", "list", *r),
        ("trust", "list", *r),
        ("schemas", "list"),
        ("prestador", "certificado", "list", *do_prestador),
        ("archive", "key", "list"),
        ("analise", "automatica", *r, "--protocolo", "10000002"),
    ]
    for argumentos in em_json:
        c.comando(*argumentos)
        c.comando(*argumentos, "--json")
    c.comando("prestador", "credencial", "list", *do_prestador, porta="credenciais")
    c.comando("prestador", "credencial", "list", *do_prestador, "--json", porta="credenciais")
    chave = pasta / "chave.pem"
    chave.write_text(f"-----BEGIN PRIVATE KEY-----\n{canario.INTRUSO.valor}\n", "ascii")
    assinar = ("message", "sign", "--chave", str(chave), "--senha", canario.SENHA_DA_CHAVE.valor)
    c.comando(*assinar, str(certa))
    intruso = canario.INTRUSO.valor
    for argumentos in (
        ("titular", "report", *r, "--carteira", canario.CARTEIRA.valor * 2),
        ("prestador", "senha", *do_prestador, "--login", canario.LOGIN.valor * 9,
         "--senha", canario.ERRADA.valor),
        ("message", "replay", intruso),
        ("prestador", "senha", *do_prestador, "--login", "x", "--senha", "x", f"--{intruso}"),
    ):  # fmt: skip
        c.comando(*argumentos)
    _exportar(c, exemplos[0])
    url = f"postgresql+psycopg://quem:{canario.SENHA_DO_BANCO.valor}@127.0.0.1:1/nada"
    certo, c.servidor.url = c.servidor.url, url
    try:
        for argumentos in (("db", "check"), ("config", "check"), ("token", "list", *r)):
            c.comando(*argumentos)
    finally:
        c.servidor.url = certo


def _exportar(c: Colheita, exemplo: str) -> None:
    saida = c.servidor.pasta / "prova.zip"
    fim = time.monotonic() + 20
    while not saida.is_file() and time.monotonic() < fim:
        c.comando("archive", "export", exemplo, "--out", str(saida))
        threading.Event().wait(0.3)
    with zipfile.ZipFile(saida) as zip_:
        for nome in zip_.namelist():
            c.guardar("exportação", nome, zip_.read(nome))
    saida.unlink()
    for sobra in ("certa.xml", "errada.xml", "beneficiarios.csv"):
        (c.servidor.pasta / sobra).unlink()


def _achar(mensagem: etree._Element, nome: str) -> etree._Element:
    achado = next(mensagem.iter(f"{Q}{nome}"), None)
    assert achado is not None, nome
    return achado


def _assinada_de_mentira(mensagem: etree._Element) -> bytes:
    from integration.recepcao import assinatura

    mensagem.append(assinatura("assinaturaDigital", canario.INTRUSO.valor))
    return mensagem_xml.envelope(mensagem)


__all__ = ["Colheita", "colher", "senha_md5"]
