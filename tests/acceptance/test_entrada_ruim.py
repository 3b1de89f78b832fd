"""Entrada ruim, nas seis versões: falha bem formada, arquivo, nenhuma linha pela metade."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import time
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from acceptance import mensagens as prontas
from acceptance.mensagens import envelopado
from acceptance.numeros import novo_lote
from acceptance.quirks import Conexao
from acceptance.servidor import HOSPITAL, LOGIN, REGISTRO, SENHA
from lxml import etree
from sqlalchemy import func, select
from validador import validar_resposta

from dominio.erros import ERROS
from dominio.lote import TipoGuia
from dominio.transacoes import POR_SERVICO
from dominio.versoes import VERSOES
from persistence import mensagens, tabelas
from prestador.cabecalho import cabecalho
from prestador.lotes import corpo_lote
from prestador.mensagem_xml import mensagem_arquivo, selar

if TYPE_CHECKING:
    from collections.abc import Callable

    from acceptance.servidor import Resposta, Servidor

_TISS = "http://www.ans.gov.br/padroes/tiss/schemas"
_LINHAS = (tabelas.lote, tabelas.protocolo, tabelas.guia, tabelas.item, tabelas.execucao)


class Alvo:
    """O gateway no ar e a versão em que se fala com ele.

    Args:
        gateway: o servidor.
        versao: a dos endereços e das mensagens.
    """

    def __init__(self, gateway: Servidor, versao: str) -> None:
        self.banco = gateway.banco
        self.cru = gateway.cru
        self.conexao = partial(Conexao, gateway)
        self.cliente = gateway.cliente
        self.postar_em = gateway.postar_em
        self.versao = versao
        self.linha = f"POST /tiss/{versao}/tissLoteGuias".encode()
        self._gateway = gateway

    def lote(self, versao: str | None = None, **opcoes: Any) -> etree._Element:
        return prontas.lote(versao or self.versao, **opcoes)

    def bom(self) -> bytes:
        return envelopado(self.lote())

    def postar(self, corpo: bytes, versao: str | None = None, **opcoes: str) -> Resposta:
        return self._gateway.postar(corpo, versao or self.versao, **opcoes)


@pytest.fixture(params=VERSOES)
def alvo(request: pytest.FixtureRequest, gateway: Servidor) -> Alvo:
    """O gateway, em cada versão e cada banco."""
    return Alvo(gateway, request.param)


def _contar(alvo: Alvo) -> list[int]:
    with alvo.banco.leitura() as conn:
        return [conn.execute(select(func.count()).select_from(t)).scalar_one() for t in _LINHAS]


def _ultima(alvo: Alvo) -> mensagens.RegistroMensagem:
    with alvo.banco.leitura() as conn:
        return mensagens.listar(conn, limite=1)[0]


def _esperar_no_arquivo(alvo: Alvo, erro: str) -> None:
    """Espera o que se arquiva depois de a conexão fechar."""
    fim = time.monotonic() + 10
    while _ultima(alvo).erro != erro and time.monotonic() < fim:
        time.sleep(0.05)
    assert _ultima(alvo).erro == erro


def _recusada(alvo: Alvo, resposta: Resposta, palavra: str, erro: str, http: int = 500) -> None:
    falha = validar_resposta(resposta.corpo, alvo.versao)
    achadas = [e.text for e in falha.iter(f"{{{_TISS}}}tissFault")]
    assert achadas == [palavra]
    assert resposta.status == http
    assert resposta.cabecalhos["content-type"].startswith(("text/xml", "application/soap+xml"))
    arquivada = _ultima(alvo)
    assert arquivada.erro == erro
    assert arquivada.id == resposta.cabecalhos["x-correlation-id"]
    assert b"Traceback" not in resposta.corpo


CORPOS: dict[str, tuple[bytes | None, str]] = {
    "xml malformado": (b"<a><b></a>", "xml-malformado"),
    "texto solto": (b"isto n\xe3o \xe9 xml", "xml-malformado"),
    "dtd": (b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', "dtd"),
    "entidade externa": (
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        "dtd",
    ),
    # o começo de uma mensagem boa da versão
    "truncado": (None, "xml-malformado"),
    "codificação inventada": (b'<?xml version="1.0" encoding="x-nada"?><a/>', "codificacao-xml"),
    "sem envelope": (b"<a/>", "envelope"),
    "elementos demais": (b"<a>" + b"<b/>" * 1_000_001 + b"</a>", "marcas-demais"),
}


@pytest.mark.parametrize("nome", CORPOS)
def test_corpo_ilegivel_e_falha_de_esquema(alvo: Alvo, nome: str) -> None:
    """O que não se pode ler responde SchemaInvalido e fica no arquivo."""
    corpo, erro = CORPOS[nome]
    antes = _contar(alvo)
    resposta = alvo.postar(alvo.bom()[:900] if corpo is None else corpo)
    http = 413 if erro == "marcas-demais" else 500
    _recusada(alvo, resposta, "SchemaInvalido", erro, http)
    assert _contar(alvo) == antes


def test_dois_body_sao_recusados(alvo: Alvo) -> None:
    """Um envelope com dois Body não é ambíguo: é recusado."""
    corpo = alvo.bom()
    fim = corpo.rindex(b"</")
    comeco = corpo.rindex(b"<", 0, corpo.index(b"Body>"))
    dobrado = corpo[:comeco] + corpo[comeco:fim] * 2 + corpo[fim:]
    _recusada(alvo, alvo.postar(dobrado), "SchemaInvalido", "envelope")


def test_body_vazio_e_recusado(alvo: Alvo) -> None:
    """Um Body sem mensagem diz que está vazio."""
    corpo = (
        b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body/></s:Envelope>'
    )
    resposta = alvo.postar(corpo)
    _recusada(alvo, resposta, "SchemaInvalido", "envelope")
    assert "vazio" in resposta.corpo.decode()


def test_raiz_desconhecida_e_recusada(alvo: Alvo) -> None:
    """Uma raiz que não é do padrão é recusada."""
    corpo = (
        b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
        b'<x xmlns="urn:x"/></s:Body></s:Envelope>'
    )
    _recusada(alvo, alvo.postar(corpo), "SchemaInvalido", "raiz-desconhecida")


def test_mensagem_de_outro_servico_e_recusada(alvo: Alvo) -> None:
    """Uma consulta de situação no endereço de lotes é recusada."""
    resposta = alvo.postar(envelopado(prontas.status("1", alvo.versao)))
    _recusada(alvo, resposta, "SchemaInvalido", "outro-servico")


def test_versao_que_nao_e_a_do_endereco(alvo: Alvo) -> None:
    """Padrao de outra versão que a do endereço responde VersaoInvalida."""
    outra = VERSOES[VERSOES.index(alvo.versao) - 1]
    resposta = alvo.postar(envelopado(alvo.lote(outra)))
    _recusada(alvo, resposta, "VersaoInvalida", "versao")


def test_endereco_de_versao_que_nao_existe(alvo: Alvo) -> None:
    """Um endereço de versão não instalada responde VersaoInvalida."""
    resposta = alvo.postar(alvo.bom(), versao="9.99.99")
    _recusada(alvo, resposta, "VersaoInvalida", "versao")


def test_um_erro_de_esquema_diz_guia_e_campo(alvo: Alvo) -> None:
    """A falha diz a guia, o campo e a regra, sem repetir o valor."""
    mensagem = alvo.lote(guias=2)
    mensagem.findall(f".//{{{_TISS}}}CNES")[1].text = "CANARIO-99"
    resposta = alvo.postar(envelopado(mensagem))
    _recusada(alvo, resposta, "SchemaInvalido", "esquema")
    texto = resposta.corpo.decode()
    assert "uia 2" in texto
    assert "CNES" in texto
    assert "CANARIO" not in texto


def test_centenas_de_erros_de_esquema_cabem_numa_falha(alvo: Alvo) -> None:
    """Centenas de erros dão uma falha curta e no máximo cinquenta no arquivo."""
    mensagem = alvo.lote(guias=100)
    for campo in ("CNES", "UF", "CBOS", "tipoConsulta", "regimeAtendimento"):
        for elemento in mensagem.iter(f"{{{_TISS}}}{campo}"):
            elemento.text = "inválido demais"
    resposta = alvo.postar(envelopado(mensagem))
    _recusada(alvo, resposta, "SchemaInvalido", "esquema")
    assert len(resposta.corpo) < 4000
    detalhes = _ultima(alvo).detalhes or {}
    assert len(detalhes["erros"]) == 50


def test_101_guias_sao_recusadas(alvo: Alvo) -> None:
    """O lote de 101 guias é recusado com o limite dito."""
    mensagem = alvo.lote(guias=100)
    guias = mensagem.find(f".//{{{_TISS}}}guiasTISS")
    assert guias is not None
    guias.append(alvo.lote(guias=1).find(f".//{{{_TISS}}}guiaConsulta"))  # type: ignore[arg-type]
    resposta = alvo.postar(envelopado(mensagem))
    _recusada(alvo, resposta, "SchemaInvalido", "esquema")
    assert "100 guias" in resposta.corpo.decode()


@pytest.mark.parametrize("hash_", ["0" * 32, ""], ids=["errado", "vazio"])
def test_hash_errado_ou_vazio(alvo: Alvo, hash_: str) -> None:
    """Hash que não confere, ou vazio, responde HashInvalido e nada grava."""
    mensagem = alvo.lote()
    mensagem.find(f"{{{_TISS}}}hash").text = hash_  # type: ignore[union-attr]
    antes = _contar(alvo)
    _recusada(alvo, alvo.postar(envelopado(mensagem)), "HashInvalido", "hash")
    assert _contar(alvo) == antes


def _trocar(mensagem: object, de: bytes, para: bytes) -> bytes:
    for elemento in mensagem.iter():  # type: ignore[attr-defined]
        if elemento.text == de.decode():
            elemento.text = para.decode()
    selar(mensagem)  # type: ignore[arg-type]
    return envelopado(mensagem)  # type: ignore[arg-type]


def test_destino_desconhecido(alvo: Alvo) -> None:
    """Registro ANS que não é nosso responde DestinatarioInvalido."""
    corpo = _trocar(alvo.lote(), b"999999", b"888888")
    _recusada(alvo, alvo.postar(corpo), "DestinatarioInvalido", "destinatario")


def test_remetente_desconhecido(alvo: Alvo) -> None:
    """CNPJ sem cadastro responde RemetenteInvalido."""
    corpo = _trocar(alvo.lote(), b"11222333000181", b"99888777000100")
    _recusada(alvo, alvo.postar(corpo), "RemetenteInvalido", "remetente")


def test_senha_errada_nao_diz_qual_dos_dois(alvo: Alvo) -> None:
    """Senha errada e login errado têm a mesma falha, palavra por palavra."""
    textos = []
    for senha, login in (("Outra#2026", "hospital"), ("Exemplo#2026", "ninguem")):
        with alvo.cliente(alvo.versao, login=login, senha=senha) as cliente:
            with pytest.raises(Exception, match="LoginInvalido") as erro:
                cliente.status("10000001")
            textos.append(str(erro.value))
    assert textos[0] == textos[1]


def test_grande_demais_e_413(alvo: Alvo) -> None:
    """Um corpo acima do limite é recusado pelo tamanho declarado, sem ser lido."""
    pedido = (
        alvo.linha + b" HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\n"
        b"Content-Length: 16777217\r\n\r\n"
    )
    with alvo.conexao() as conexao:
        conexao.enviar(pedido)
        resposta = conexao.receber()
    _recusada(alvo, resposta, "SchemaInvalido", "tamanho", 413)


def test_em_pedacos_grande_demais_e_413(alvo: Alvo) -> None:
    """Sem tamanho declarado, a leitura para no limite."""
    pedaco = b"100000\r\n" + b" " * 0x100000 + b"\r\n"
    cabecalho = (
        alvo.linha + b" HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n"
    )
    with alvo.conexao() as conexao:
        conexao.enviar(cabecalho + pedaco * 18 + b"0\r\n\r\n")
        resposta = conexao.receber()
    _recusada(alvo, resposta, "SchemaInvalido", "tamanho", 413)


def test_bomba_gzip_e_413(alvo: Alvo) -> None:
    """Vinte quilos de gzip que virariam gigabytes param no limite."""
    bomba = gzip.compress(b" " * (40 * 1_048_576))
    resposta = alvo.postar(bomba, Content_Encoding="gzip")
    _recusada(alvo, resposta, "SchemaInvalido", "tamanho", 413)


def test_gzip_corrompido_e_400(alvo: Alvo) -> None:
    """Um gzip truncado é recusado."""
    resposta = alvo.postar(gzip.compress(alvo.bom())[:-9], Content_Encoding="gzip")
    _recusada(alvo, resposta, "SchemaInvalido", "gzip-invalido", 400)


def test_content_encoding_desconhecido_e_415(alvo: Alvo) -> None:
    """Uma compressão que não se conhece é recusada."""
    resposta = alvo.postar(alvo.bom(), Content_Encoding="br")
    _recusada(alvo, resposta, "SchemaInvalido", "content-encoding", 415)


@pytest.mark.parametrize("tipo", ["application/json", "multipart/related; type=text/xml", ""])
def test_content_type_errado_e_415(alvo: Alvo, tipo: str) -> None:
    """Só SOAP entra: JSON, anexos MIME e nada são recusados."""
    resposta = alvo.postar(alvo.bom(), Content_Type=tipo)
    _recusada(alvo, resposta, "SchemaInvalido", "content-type", 415)


def test_charset_invalido_sem_declaracao_e_415(alvo: Alvo) -> None:
    """Sem declaração XML, um charset inventado no HTTP é recusado."""
    corpo = alvo.bom().partition(b"?>")[2].lstrip()
    resposta = alvo.postar(corpo, Content_Type="text/xml; charset=x-nada")
    _recusada(alvo, resposta, "SchemaInvalido", "charset", 415)


def test_corpo_vazio_e_400(alvo: Alvo) -> None:
    """Um POST sem corpo é recusado com a falha do padrão."""
    _recusada(alvo, alvo.postar(b""), "SchemaInvalido", "corpo-vazio", 400)


def test_sem_tamanho_e_411(alvo: Alvo) -> None:
    """Um POST que não diz o tamanho do corpo é recusado."""
    pedido = alvo.linha + b" HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\n\r\n"
    with alvo.conexao() as conexao:
        conexao.enviar(pedido)
        resposta = conexao.receber()
    _recusada(alvo, resposta, "SchemaInvalido", "sem-tamanho", 411)


def test_content_length_menor_que_o_corpo(alvo: Alvo) -> None:
    """Com o tamanho declarado a menos, o que sobra não é HTTP: 400 do servidor, nada entra."""
    corpo = alvo.bom()
    antes = _contar(alvo)
    pedido = (
        alvo.linha + b" HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\n"
        b"Content-Length: %d\r\n\r\n" % (len(corpo) - 100)
    ) + corpo
    resposta = alvo.cru(pedido, espera=5)
    assert resposta.startswith(b"HTTP/1.1 400")
    _esperar_no_arquivo(alvo, "xml-malformado")
    assert _contar(alvo) == antes


def test_corpo_que_acaba_antes_fica_no_arquivo(alvo: Alvo) -> None:
    """Quem desliga no meio do corpo não recebe protocolo, e o pedaço fica no arquivo."""
    corpo = alvo.bom()
    antes = _contar(alvo)
    pedido = (
        alvo.linha + b" HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\n"
        b"Content-Length: %d\r\n\r\n" % (len(corpo) + 500)
    ) + corpo
    alvo.cru(pedido, espera=5, meia=True)
    _esperar_no_arquivo(alvo, "corpo-truncado")
    assert _contar(alvo) == antes


def test_http_quebrado_recebe_400(alvo: Alvo) -> None:
    """O que não é HTTP recebe o 400 do próprio servidor."""
    assert alvo.cru(b"isto nao e http\r\n\r\n", espera=5).startswith(b"HTTP/1.1 400")


def test_servico_que_nao_existe_e_404(alvo: Alvo) -> None:
    """Um endereço de serviço inventado responde 404 com a falha do padrão."""
    resposta = alvo.postar(alvo.bom(), servico="tissNada")
    _recusada(alvo, resposta, "SchemaInvalido", "servico-desconhecido", 404)


def test_identificador_fora_de_latin1_e_mensagem_de_erro(alvo: Alvo) -> None:
    """Número de carteira que não cabe em ISO-8859-1 é recusado com o campo dito."""
    mensagem = alvo.lote()
    mensagem.find(f".//{{{_TISS}}}numeroCarteira").text = "123€456"  # type: ignore[union-attr]
    folhas = [
        e.text or ""
        for parte in mensagem
        if not parte.tag.endswith("}hash")
        for e in parte.iter()
        if len(e) == 0
    ]
    digest = hashlib.md5("".join(folhas).encode("utf-8")).hexdigest()
    mensagem.find(f"{{{_TISS}}}hash").text = digest  # type: ignore[union-attr]
    antes = _contar(alvo)
    resposta = alvo.postar(envelopado(mensagem))
    raiz = validar_resposta(resposta.corpo, alvo.versao)
    assert raiz.findtext(f".//{{{_TISS}}}codigoGlosa") == "5007"
    assert "numeroCarteira" in (raiz.findtext(f".//{{{_TISS}}}descricaoGlosa") or "")
    assert _contar(alvo) == antes


def test_soap_12_e_respondido_em_soap_12(alvo: Alvo) -> None:
    """Pedido em SOAP 1.2 recebe resposta e falha em SOAP 1.2, a falha com HTTP 400."""
    bom = alvo.postar(
        envelopado(alvo.lote(), soap="1.2"), Content_Type="application/soap+xml; charset=utf-8"
    )
    assert bom.status == 200
    assert b"http://www.w3.org/2003/05/soap-envelope" in bom.corpo
    validar_resposta(bom.corpo, alvo.versao)
    mensagem = alvo.lote()
    mensagem.find(f"{{{_TISS}}}hash").text = "0" * 32  # type: ignore[union-attr]
    ruim = alvo.postar(
        envelopado(mensagem, soap="1.2"), Content_Type="application/soap+xml; charset=utf-8"
    )
    _recusada(alvo, ruim, "HashInvalido", "hash", 400)


def test_grande_demais_enviado_inteiro_recebe_a_falha(alvo: Alvo) -> None:
    """Quem manda o corpo todo antes de ler ainda recebe o 413, e não um corte."""
    _recusada(alvo, alvo.postar(b" " * 20_000_000), "SchemaInvalido", "tamanho", 413)


_MARCA = b"<ans:guiasTISS>"
LIXOS: dict[str, tuple[bytes, bytes]] = {
    "instruções": (b"", b" " + b"<?a?>" * 150_000),
    "pedaços de CDATA": (b"", b"<![CDATA[ ]]>" * 300_000),
    "atributos": (b" " + b" ".join(b'a%d=""' % n for n in range(90_000)), b""),
    "itens vazios": (b"", b"<ans:guiaConsulta/>" * 100 + b"<b/>" * 600_000),
}


@pytest.mark.parametrize("nome", LIXOS)
def test_mensagem_hostil_nao_ocupa_o_servidor(alvo: Alvo, nome: str) -> None:
    """Marcas aos milhares são recusadas sem custo que cresça com o quadrado delas."""
    atributos, dentro = LIXOS[nome]
    corpo = alvo.bom()
    assert _MARCA in corpo
    hostil = corpo.replace(_MARCA, _MARCA[:-1] + atributos + b">" + dentro)
    inicio = time.monotonic()
    resposta = alvo.postar(hostil)
    validar_resposta(resposta.corpo, alvo.versao)
    assert resposta.status in (200, 413, 500), nome
    assert time.monotonic() - inicio < 20


def test_cabecalho_http_sem_fim_e_cortado(alvo: Alvo) -> None:
    """Cabeçalhos sem fim recebem 400 antes de ocupar memória."""
    pedido = alvo.linha + b" HTTP/1.1\r\nHost: x\r\n"
    pedido += b"".join(b"a%d: b\r\n" % n for n in range(5000))
    assert alvo.cru(pedido, espera=5).startswith(b"HTTP/1.1 400")


def test_oferta_de_http2_nao_perde_o_corpo(alvo: Alvo) -> None:
    """Um cliente que oferece trocar para HTTP/2 é atendido em HTTP/1.1."""
    resposta = alvo.postar(
        envelopado(alvo.lote()),
        Connection="Upgrade, HTTP2-Settings",
        Upgrade="h2c",
        HTTP2_Settings="AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA",
    )
    assert resposta.status == 200
    validar_resposta(resposta.corpo, alvo.versao)


def test_barra_a_mais_nao_redireciona_para_o_host_do_pedido(alvo: Alvo) -> None:
    """Um endereço com barra a mais é 404, e não um redirecionamento para qualquer Host."""
    resposta = alvo.cru(
        b"GET /metrics/ HTTP/1.1\r\nHost: exemplo.invalido\r\nConnection: close\r\n\r\n", espera=5
    )
    assert resposta.startswith(b"HTTP/1.1 404")
    assert b"exemplo.invalido" not in resposta


# --- o mesmo em arquivo ---------------------------------------------------------------------------


def _arquivo(versao: str, **trocas: str) -> bytes:
    """Um lote em ``mensagemTISS``, com o texto de elementos trocado e o hash refeito."""
    mensagem = mensagem_arquivo(
        POR_SERVICO["tissLoteGuias"],
        cabecalho("ENVIO_LOTE_GUIAS", versao, HOSPITAL, REGISTRO, login=LOGIN, senha=SENHA),
        corpo_lote(
            TipoGuia.CONSULTA, versao, prestador=HOSPITAL, registro_ans=REGISTRO,
            numero_lote=novo_lote(), guias=2,
        ),
    )  # fmt: skip
    for nome, texto in trocas.items():
        for elemento in mensagem.iter(f"{{{_TISS}}}{nome}"):
            elemento.text = texto
    if "hash" not in trocas:
        selar(mensagem)
    return etree.tostring(mensagem, encoding="ISO-8859-1", xml_declaration=True)


def _com_101_guias(versao: str) -> bytes:
    dados = _arquivo(versao)
    inicio, fim = dados.index(b"<ans:guiaConsulta>"), dados.index(b"</ans:guiasTISS>")
    uma = dados[inicio : dados.index(b"</ans:guiaConsulta>") + len(b"</ans:guiaConsulta>")]
    return dados[:inicio] + uma * 101 + dados[fim:]


ARQUIVOS: dict[str, tuple[Callable[[str], bytes], str]] = {
    **{
        nome: (lambda versao, corpo=corpo: _arquivo(versao)[:900] if corpo is None else corpo, erro)
        for nome, (corpo, erro) in CORPOS.items()
        if nome != "sem envelope"
    },
    "raiz desconhecida": (lambda _: b'<x xmlns="urn:x"/>', "raiz-desconhecida"),
    "com envelope": (lambda versao: envelopado(prontas.lote(versao)), "raiz-desconhecida"),
    "de operadora": (
        lambda versao: _arquivo(versao).replace(
            b"prestadorParaOperadora", b"operadoraParaPrestador"
        ),
        "raiz-desconhecida",
    ),
    "versão inventada": (lambda versao: _arquivo(versao, Padrao="9.99.99"), "versao"),
    "campo fora do esquema": (lambda versao: _arquivo(versao, CNES="CANARIO-99"), "esquema"),
    "101 guias": (_com_101_guias, "esquema"),
    "hash errado": (lambda versao: _arquivo(versao, hash="0" * 32), "hash"),
    "hash vazio": (lambda versao: _arquivo(versao, hash=""), "hash"),
    "outra operadora": (
        lambda versao: _arquivo(versao).replace(b"999999</ans:registroANS></ans:destino>",
                                                b"888888</ans:registroANS></ans:destino>"),
        "destinatario",
    ),
    "remetente desconhecido": (lambda versao: _arquivo(versao, CNPJ="99888777000100"), "remetente"),
    "senha errada": (lambda versao: _arquivo(versao, senhaPrestador="0" * 32), "login"),
    "tipo de transação": (
        lambda versao: _arquivo(versao, tipoTransacao="SOLIC_STATUS_PROTOCOLO"),
        "tipo-transacao",
    ),
    "grande demais": (
        lambda versao: _arquivo(versao).replace(_MARCA, _MARCA + b" " * 15_728_640),
        "tamanho",
    ),
}  # fmt: skip


@pytest.mark.parametrize("nome", ARQUIVOS)
def test_arquivo_ruim_tem_o_mesmo_desfecho(alvo: Alvo, nome: str) -> None:
    """Enviado em arquivo, o que é ruim tem a mesma chave de erro, fica no arquivo e nada grava."""
    fazer, erro = ARQUIVOS[nome]
    antes = _contar(alvo)
    dados = fazer(alvo.versao)
    resposta = alvo.postar_em("/api/v1/mensagens", dados, {"Content-Type": "application/xml"})
    assert resposta.status == 200, resposta.corpo
    [unica] = json.loads(resposta.corpo)["mensagens"]
    assert (unica["resultado"], unica["erro"]) == ("recusada", erro)
    assert unica["texto"].startswith(ERROS[erro].texto)
    assert b"CANARIO" not in resposta.corpo
    if unica["resposta"] is not None:
        validar_resposta(base64.b64decode(unica["resposta"]), alvo.versao)
    arquivada = _ultima(alvo)
    assert (arquivada.id, arquivada.erro) == (unica["id"], erro)
    assert _contar(alvo) == antes


@pytest.mark.parametrize(
    ("fazer", "cabecalhos", "status"),
    [
        (lambda _: b"", {"Content-Type": "application/xml"}, 200),
        (gzip.compress, {"Content-Type": "application/xml", "Content-Encoding": "br"}, 415),
        (
            lambda d: gzip.compress(d)[:-9],
            {"Content-Type": "application/xml", "Content-Encoding": "gzip"},
            400,
        ),
        (
            lambda _: gzip.compress(b" " * (70 * 1_048_576)),
            {"Content-Type": "application/xml", "Content-Encoding": "gzip"},
            413,
        ),
        (lambda d: d, {"Content-Type": "application/json"}, 415),
        (lambda d: d, {"Content-Type": "multipart/form-data; boundary=x"}, 400),
        (lambda d: b"PK\x03\x04" + d, {"Content-Type": "application/zip"}, 400),
    ],
    ids=["vazio", "compressão", "gzip truncado", "bomba gzip", "json", "formulário", "zip"],
)
def test_pedido_de_envio_ruim_e_um_problema(
    alvo: Alvo, fazer: Callable[[bytes], bytes], cabecalhos: dict[str, str], status: int
) -> None:
    """O que não chega a ser uma mensagem é um problema HTTP dito, e nada se grava."""
    antes = _contar(alvo)
    resposta = alvo.postar_em("/api/v1/mensagens", fazer(_arquivo(alvo.versao)), cabecalhos)
    assert resposta.status == status
    if status != 200:
        assert resposta.cabecalhos["content-type"] == "application/problem+json"
        assert json.loads(resposta.corpo)["detail"]
    assert _contar(alvo) == antes
