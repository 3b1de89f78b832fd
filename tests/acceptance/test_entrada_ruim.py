"""Entrada ruim pela porta de verdade: falha bem formada, arquivo, nenhuma linha pela metade."""

from __future__ import annotations

import gzip
import hashlib
import time
from typing import TYPE_CHECKING

import pytest
from acceptance.mensagens import envelopado, lote, status
from sqlalchemy import func, select
from validador import validar_resposta

from persistence import mensagens, tabelas
from prestador.mensagem_xml import selar

if TYPE_CHECKING:
    from acceptance.servidor import Resposta, Servidor

_TISS = "http://www.ans.gov.br/padroes/tiss/schemas"
_LINHAS = (tabelas.lote, tabelas.protocolo, tabelas.guia, tabelas.item, tabelas.execucao)


def _contar(gateway: Servidor) -> list[int]:
    with gateway.banco.leitura() as conn:
        return [conn.execute(select(func.count()).select_from(t)).scalar_one() for t in _LINHAS]


def _ultima(gateway: Servidor) -> mensagens.RegistroMensagem:
    with gateway.banco.leitura() as conn:
        return mensagens.listar(conn, limite=1)[0]


def _esperar_no_arquivo(gateway: Servidor, erro: str) -> None:
    """Espera o que se arquiva depois de a conexão fechar."""
    fim = time.monotonic() + 10
    while _ultima(gateway).erro != erro and time.monotonic() < fim:
        time.sleep(0.05)
    assert _ultima(gateway).erro == erro


def _recusada(
    gateway: Servidor, resposta: Resposta, palavra: str, erro: str, http: int = 500
) -> None:
    falha = validar_resposta(resposta.corpo, "4.03.00")
    achadas = [e.text for e in falha.iter(f"{{{_TISS}}}tissFault")]
    assert achadas == [palavra]
    assert resposta.status == http
    assert resposta.cabecalhos["content-type"].startswith(("text/xml", "application/soap+xml"))
    arquivada = _ultima(gateway)
    assert arquivada.erro == erro
    assert arquivada.id == resposta.cabecalhos["x-correlation-id"]
    assert b"Traceback" not in resposta.corpo


def _bom() -> bytes:
    return envelopado(lote())


CORPOS: dict[str, tuple[bytes, str]] = {
    "xml malformado": (b"<a><b></a>", "xml-malformado"),
    "texto solto": (b"isto n\xe3o \xe9 xml", "xml-malformado"),
    "dtd": (b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', "dtd"),
    "entidade externa": (
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        "dtd",
    ),
    "truncado": (_bom()[:900], "xml-malformado"),
    "codificação inventada": (b'<?xml version="1.0" encoding="x-nada"?><a/>', "codificacao-xml"),
    "sem envelope": (b"<a/>", "envelope"),
    "elementos demais": (b"<a>" + b"<b/>" * 1_000_001 + b"</a>", "marcas-demais"),
}


@pytest.mark.parametrize("nome", CORPOS)
def test_corpo_ilegivel_e_falha_de_esquema(gateway: Servidor, nome: str) -> None:
    """O que não se pode ler responde SchemaInvalido e fica no arquivo."""
    corpo, erro = CORPOS[nome]
    antes = _contar(gateway)
    resposta = gateway.postar(corpo)
    http = 413 if erro == "marcas-demais" else 500
    _recusada(gateway, resposta, "SchemaInvalido", erro, http)
    assert _contar(gateway) == antes


def test_dois_body_sao_recusados(gateway: Servidor) -> None:
    """Um envelope com dois Body não é ambíguo: é recusado."""
    corpo = _bom()
    fim = corpo.rindex(b"</")
    comeco = corpo.rindex(b"<", 0, corpo.index(b"Body>"))
    dobrado = corpo[:comeco] + corpo[comeco:fim] * 2 + corpo[fim:]
    _recusada(gateway, gateway.postar(dobrado), "SchemaInvalido", "envelope")


def test_body_vazio_e_recusado(gateway: Servidor) -> None:
    """Um Body sem mensagem diz que está vazio."""
    corpo = (
        b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body/></s:Envelope>'
    )
    resposta = gateway.postar(corpo)
    _recusada(gateway, resposta, "SchemaInvalido", "envelope")
    assert "vazio" in resposta.corpo.decode()


def test_raiz_desconhecida_e_recusada(gateway: Servidor) -> None:
    """Uma raiz que não é do padrão é recusada."""
    corpo = (
        b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
        b'<x xmlns="urn:x"/></s:Body></s:Envelope>'
    )
    _recusada(gateway, gateway.postar(corpo), "SchemaInvalido", "raiz-desconhecida")


def test_mensagem_de_outro_servico_e_recusada(gateway: Servidor) -> None:
    """Uma consulta de situação no endereço de lotes é recusada."""
    resposta = gateway.postar(envelopado(status("1")))
    _recusada(gateway, resposta, "SchemaInvalido", "outro-servico")


def test_versao_que_nao_e_a_do_endereco(gateway: Servidor) -> None:
    """Padrao de outra versão que a do endereço responde VersaoInvalida."""
    resposta = gateway.postar(envelopado(lote("4.02.00")), versao="4.03.00")
    _recusada(gateway, resposta, "VersaoInvalida", "versao")


def test_endereco_de_versao_que_nao_existe(gateway: Servidor) -> None:
    """Um endereço de versão não instalada responde VersaoInvalida."""
    resposta = gateway.postar(_bom(), versao="9.99.99")
    _recusada(gateway, resposta, "VersaoInvalida", "versao")


def test_um_erro_de_esquema_diz_guia_e_campo(gateway: Servidor) -> None:
    """A falha diz a guia, o campo e a regra, sem repetir o valor."""
    mensagem = lote(guias=2)
    mensagem.findall(f".//{{{_TISS}}}CNES")[1].text = "CANARIO-99"
    resposta = gateway.postar(envelopado(mensagem))
    _recusada(gateway, resposta, "SchemaInvalido", "esquema")
    texto = resposta.corpo.decode()
    assert "uia 2" in texto
    assert "CNES" in texto
    assert "CANARIO" not in texto


def test_quinhentos_erros_de_esquema_cabem_numa_falha(gateway: Servidor) -> None:
    """Quinhentos erros dão uma falha curta e no máximo cinquenta no arquivo."""
    mensagem = lote(guias=100)
    for campo in ("CNES", "UF", "CBOS", "tipoConsulta", "regimeAtendimento"):
        for elemento in mensagem.iter(f"{{{_TISS}}}{campo}"):
            elemento.text = "inválido demais"
    resposta = gateway.postar(envelopado(mensagem))
    _recusada(gateway, resposta, "SchemaInvalido", "esquema")
    assert len(resposta.corpo) < 4000
    detalhes = _ultima(gateway).detalhes or {}
    assert len(detalhes["erros"]) == 50


def test_101_guias_sao_recusadas(gateway: Servidor) -> None:
    """O lote de 101 guias é recusado com o limite dito."""
    mensagem = lote(guias=100)
    guias = mensagem.find(f".//{{{_TISS}}}guiasTISS")
    assert guias is not None
    guias.append(lote(guias=1).find(f".//{{{_TISS}}}guiaConsulta"))  # type: ignore[arg-type]
    resposta = gateway.postar(envelopado(mensagem))
    _recusada(gateway, resposta, "SchemaInvalido", "esquema")
    assert "100 guias" in resposta.corpo.decode()


@pytest.mark.parametrize("hash_", ["0" * 32, ""], ids=["errado", "vazio"])
def test_hash_errado_ou_vazio(gateway: Servidor, hash_: str) -> None:
    """Hash que não confere, ou vazio, responde HashInvalido e nada grava."""
    mensagem = lote()
    mensagem.find(f"{{{_TISS}}}hash").text = hash_  # type: ignore[union-attr]
    antes = _contar(gateway)
    _recusada(gateway, gateway.postar(envelopado(mensagem)), "HashInvalido", "hash")
    assert _contar(gateway) == antes


def _trocar(mensagem: object, de: bytes, para: bytes) -> bytes:
    for elemento in mensagem.iter():  # type: ignore[attr-defined]
        if elemento.text == de.decode():
            elemento.text = para.decode()
    selar(mensagem)  # type: ignore[arg-type]
    return envelopado(mensagem)  # type: ignore[arg-type]


def test_destino_desconhecido(gateway: Servidor) -> None:
    """Registro ANS que não é nosso responde DestinatarioInvalido."""
    corpo = _trocar(lote(), b"999999", b"888888")
    _recusada(gateway, gateway.postar(corpo), "DestinatarioInvalido", "destinatario")


def test_remetente_desconhecido(gateway: Servidor) -> None:
    """CNPJ sem cadastro responde RemetenteInvalido."""
    corpo = _trocar(lote(), b"11222333000181", b"99888777000100")
    _recusada(gateway, gateway.postar(corpo), "RemetenteInvalido", "remetente")


def test_senha_errada_nao_diz_qual_dos_dois(gateway: Servidor) -> None:
    """Senha errada e login errado têm a mesma falha, palavra por palavra."""
    textos = []
    for senha, login in (("Outra#2026", "hospital"), ("Exemplo#2026", "ninguem")):
        with gateway.cliente("4.03.00", login=login, senha=senha) as cliente:
            with pytest.raises(Exception, match="LoginInvalido") as erro:
                cliente.status("10000001")
            textos.append(str(erro.value))
    assert textos[0] == textos[1]


def test_grande_demais_e_413(gateway: Servidor) -> None:
    """Um corpo acima do limite é recusado pelo tamanho declarado, sem ser lido."""
    pedido = (
        b"POST /tiss/4.03.00/tissLoteGuias HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\n"
        b"Content-Length: 16777217\r\n\r\n"
    )
    resposta = gateway.cru(pedido, espera=10)
    assert resposta.startswith(b"HTTP/1.1 413")
    validar_resposta(resposta.partition(b"\r\n\r\n")[2], "4.03.00")
    assert _ultima(gateway).erro == "tamanho"


def test_em_pedacos_grande_demais_e_413(gateway: Servidor) -> None:
    """Sem tamanho declarado, a leitura para no limite."""
    pedaco = b"100000\r\n" + b" " * 0x100000 + b"\r\n"
    cabecalho = (
        b"POST /tiss/4.03.00/tissLoteGuias HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n"
    )
    try:
        resposta = gateway.cru(cabecalho + pedaco * 18 + b"0\r\n\r\n", espera=10)
    except (BrokenPipeError, ConnectionResetError):
        resposta = b""
    assert resposta.startswith(b"HTTP/1.1 413") or resposta == b""
    assert _ultima(gateway).erro == "tamanho"


def test_bomba_gzip_e_413(gateway: Servidor) -> None:
    """Vinte quilos de gzip que virariam gigabytes param no limite."""
    bomba = gzip.compress(b" " * (40 * 1_048_576))
    resposta = gateway.postar(bomba, Content_Encoding="gzip")
    _recusada(gateway, resposta, "SchemaInvalido", "tamanho", 413)


def test_gzip_corrompido_e_400(gateway: Servidor) -> None:
    """Um gzip truncado é recusado."""
    resposta = gateway.postar(gzip.compress(_bom())[:-9], Content_Encoding="gzip")
    _recusada(gateway, resposta, "SchemaInvalido", "gzip-invalido", 400)


def test_content_encoding_desconhecido_e_415(gateway: Servidor) -> None:
    """Uma compressão que não se conhece é recusada."""
    resposta = gateway.postar(_bom(), Content_Encoding="br")
    _recusada(gateway, resposta, "SchemaInvalido", "content-encoding", 415)


@pytest.mark.parametrize("tipo", ["application/json", "multipart/related; type=text/xml", ""])
def test_content_type_errado_e_415(gateway: Servidor, tipo: str) -> None:
    """Só SOAP entra: JSON, anexos MIME e nada são recusados."""
    resposta = gateway.postar(_bom(), Content_Type=tipo)
    _recusada(gateway, resposta, "SchemaInvalido", "content-type", 415)


def test_charset_invalido_sem_declaracao_e_415(gateway: Servidor) -> None:
    """Sem declaração XML, um charset inventado no HTTP é recusado."""
    corpo = _bom().partition(b"?>")[2].lstrip()
    resposta = gateway.postar(corpo, Content_Type="text/xml; charset=x-nada")
    _recusada(gateway, resposta, "SchemaInvalido", "charset", 415)


def test_corpo_vazio_e_400(gateway: Servidor) -> None:
    """Um POST sem corpo é recusado com a falha do padrão."""
    _recusada(gateway, gateway.postar(b""), "SchemaInvalido", "corpo-vazio", 400)


def test_sem_tamanho_e_411(gateway: Servidor) -> None:
    """Um POST que não diz o tamanho do corpo é recusado."""
    pedido = (
        b"POST /tiss/4.03.00/tissLoteGuias HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\n\r\n"
    )
    resposta = gateway.cru(pedido, espera=5)
    assert resposta.startswith(b"HTTP/1.1 411")
    validar_resposta(resposta.partition(b"\r\n\r\n")[2], "4.03.00")


def test_content_length_menor_que_o_corpo(gateway: Servidor) -> None:
    """Com o tamanho declarado a menos, o que sobra não é HTTP: 400 do servidor, nada entra."""
    corpo = _bom()
    antes = _contar(gateway)
    pedido = (
        b"POST /tiss/4.03.00/tissLoteGuias HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\n"
        b"Content-Length: %d\r\n\r\n" % (len(corpo) - 100)
    ) + corpo
    resposta = gateway.cru(pedido, espera=5)
    assert resposta.startswith(b"HTTP/1.1 400")
    _esperar_no_arquivo(gateway, "xml-malformado")
    assert _contar(gateway) == antes


def test_corpo_que_acaba_antes_fica_no_arquivo(gateway: Servidor) -> None:
    """Quem desliga no meio do corpo não recebe protocolo, e o pedaço fica no arquivo."""
    corpo = _bom()
    antes = _contar(gateway)
    pedido = (
        b"POST /tiss/4.03.00/tissLoteGuias HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\n"
        b"Content-Length: %d\r\n\r\n" % (len(corpo) + 500)
    ) + corpo
    gateway.cru(pedido, espera=5, meia=True)
    _esperar_no_arquivo(gateway, "corpo-truncado")
    assert _contar(gateway) == antes


def test_http_quebrado_recebe_400(gateway: Servidor) -> None:
    """O que não é HTTP recebe o 400 do próprio servidor."""
    assert gateway.cru(b"isto nao e http\r\n\r\n", espera=5).startswith(b"HTTP/1.1 400")


def test_servico_que_nao_existe_e_404(gateway: Servidor) -> None:
    """Um endereço de serviço inventado responde 404 com a falha do padrão."""
    resposta = gateway.postar(_bom(), servico="tissNada")
    _recusada(gateway, resposta, "SchemaInvalido", "servico-desconhecido", 404)


def test_identificador_fora_de_latin1_e_mensagem_de_erro(gateway: Servidor) -> None:
    """Número de carteira que não cabe em ISO-8859-1 é recusado com o campo dito."""
    mensagem = lote()
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
    antes = _contar(gateway)
    resposta = gateway.postar(envelopado(mensagem))
    raiz = validar_resposta(resposta.corpo, "4.03.00")
    assert raiz.findtext(f".//{{{_TISS}}}codigoGlosa") == "5007"
    assert "numeroCarteira" in (raiz.findtext(f".//{{{_TISS}}}descricaoGlosa") or "")
    assert _contar(gateway) == antes


def test_soap_12_e_respondido_em_soap_12(gateway: Servidor) -> None:
    """Pedido em SOAP 1.2 recebe resposta e falha em SOAP 1.2, a falha com HTTP 400."""
    bom = gateway.postar(
        envelopado(lote(), soap="1.2"), Content_Type="application/soap+xml; charset=utf-8"
    )
    assert bom.status == 200
    assert b"http://www.w3.org/2003/05/soap-envelope" in bom.corpo
    validar_resposta(bom.corpo, "4.03.00")
    mensagem = lote()
    mensagem.find(f"{{{_TISS}}}hash").text = "0" * 32  # type: ignore[union-attr]
    ruim = gateway.postar(
        envelopado(mensagem, soap="1.2"), Content_Type="application/soap+xml; charset=utf-8"
    )
    _recusada(gateway, ruim, "HashInvalido", "hash", 400)


def test_grande_demais_enviado_inteiro_recebe_a_falha(gateway: Servidor) -> None:
    """Quem manda o corpo todo antes de ler ainda recebe o 413, e não um corte."""
    _recusada(gateway, gateway.postar(b" " * 20_000_000), "SchemaInvalido", "tamanho", 413)


def _com_lixo(lixo: bytes) -> bytes:
    marca = b"<ans:guiasTISS>"
    corpo = envelopado(lote())
    assert marca in corpo
    return corpo.replace(marca, marca + lixo)


@pytest.mark.parametrize(
    ("nome", "corpo"),
    [
        ("instruções", _com_lixo(b" " + b"<?a?>" * 150_000)),
        ("pedaços de CDATA", _com_lixo(b"<![CDATA[ ]]>" * 300_000)),
        ("atributos", envelopado(lote()).replace(
            b"<ans:guiasTISS>",
            b"<ans:guiasTISS " + b" ".join(b'a%d=""' % n for n in range(90_000)) + b">",
        )),
        ("itens vazios", _com_lixo(b"<ans:guiaConsulta/>" * 100 + b"<b/>" * 600_000)),
    ],
    ids=lambda v: v if isinstance(v, str) else "",
)  # fmt: skip
def test_mensagem_hostil_nao_ocupa_o_servidor(gateway: Servidor, nome: str, corpo: bytes) -> None:
    """Marcas aos milhares são recusadas sem custo que cresça com o quadrado delas."""
    inicio = time.monotonic()
    resposta = gateway.postar(corpo)
    validar_resposta(resposta.corpo, "4.03.00")
    assert resposta.status in (200, 413, 500), nome
    assert time.monotonic() - inicio < 10


def test_cabecalho_http_sem_fim_e_cortado(gateway: Servidor) -> None:
    """Cabeçalhos sem fim recebem 400 antes de ocupar memória."""
    pedido = b"POST /tiss/4.03.00/tissLoteGuias HTTP/1.1\r\nHost: x\r\n"
    pedido += b"".join(b"a%d: b\r\n" % n for n in range(5000))
    assert gateway.cru(pedido, espera=5).startswith(b"HTTP/1.1 400")


def test_oferta_de_http2_nao_perde_o_corpo(gateway: Servidor) -> None:
    """Um cliente que oferece trocar para HTTP/2 é atendido em HTTP/1.1."""
    resposta = gateway.postar(
        envelopado(lote()),
        Connection="Upgrade, HTTP2-Settings",
        Upgrade="h2c",
        HTTP2_Settings="AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA",
    )
    assert resposta.status == 200
    validar_resposta(resposta.corpo, "4.03.00")


def test_barra_a_mais_nao_redireciona_para_o_host_do_pedido(gateway: Servidor) -> None:
    """Um endereço com barra a mais é 404, e não um redirecionamento para qualquer Host."""
    resposta = gateway.cru(
        b"GET /metrics/ HTTP/1.1\r\nHost: exemplo.invalido\r\nConnection: close\r\n\r\n", espera=5
    )
    assert resposta.startswith(b"HTTP/1.1 404")
    assert b"exemplo.invalido" not in resposta
