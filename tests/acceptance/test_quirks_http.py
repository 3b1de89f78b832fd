"""As formas de HTTP que remetentes de campo usam, por soquete cru."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest
from acceptance.mensagens import envelopado, lote
from acceptance.quirks import CAMINHO, Conexao, pedido
from validador import validar_resposta

if TYPE_CHECKING:
    from acceptance.servidor import Resposta, Servidor

_NUMERO = ".//{http://www.ans.gov.br/padroes/tiss/schemas}numeroProtocolo"
_XML = "Content-Type: text/xml; charset=utf-8"


def _corpo() -> bytes:
    return envelopado(lote())


def _protocolo(resposta: Resposta) -> str:
    assert resposta.status == 200
    numero = validar_resposta(resposta.corpo, "4.03.00").findtext(_NUMERO)
    assert numero is not None
    return numero


def _trocar(gateway: Servidor, dados: bytes) -> Resposta:
    with Conexao(gateway) as conexao:
        conexao.enviar(dados)
        return conexao.receber()


def _em_pedacos(corpo: bytes, *, fim: bytes = b"0\r\n\r\n") -> bytes:
    partes = [corpo[i : i + 1000] for i in range(0, len(corpo), 1000)]
    return b"".join(b"%x\r\n%b\r\n" % (len(p), p) for p in partes) + fim


@pytest.mark.parametrize(
    "acao",
    [
        (),
        ("SOAPAction:",),
        ('SOAPAction: ""',),
        ("SOAPAction: tissLoteGuias_Operation",),
        ('SOAPAction: "http://www.ans.gov.br/tiss/ws/tipos/tissLoteGuias/v30200/inventada"',),
    ],
    ids=["ausente", "vazio", "aspas", "sem-aspas", "inventado"],
)
def test_soapaction_nao_decide_nada(gateway: Servidor, acao: tuple[str, ...]) -> None:
    """Sem SOAPAction, com ele vazio ou inventado, o serviço é o do endereço."""
    _protocolo(_trocar(gateway, pedido(_corpo(), (_XML, *acao))))


@pytest.mark.parametrize(
    "caminho",
    [
        "/tissLoteGuiasV4_03_00.svc",
        "/tissLoteGuiasV4_03_00.asmx",
        "/tiss/tissLoteGuiasV4_03_00.svc",
        "/tiss/4.03.00/TissLoteGuias.asmx",
        "/tiss/tissloteguias",
        "http://tiss.example/tiss/4.03.00/tissLoteGuias",
        "/tiss/4.03.00/tissLoteGuias?x=1",
    ],
)
def test_enderecos_de_campo(gateway: Servidor, caminho: str) -> None:
    """Nomes com .svc e .asmx, outra caixa, endereço absoluto ou com sobra recebem o lote."""
    _protocolo(_trocar(gateway, pedido(_corpo(), caminho=caminho)))


@pytest.mark.parametrize(
    "tipo",
    [
        "content-type: text/xml",
        "CONTENT-TYPE: TEXT/XML; CHARSET=UTF-8",
        'Content-Type: text/xml;charset="utf-8"',
        "Content-Type: text/xml; charset=utf-8; action=urn:x",
        "Content-Type: application/xml",
    ],
)
def test_tipo_de_conteudo_de_toda_forma(gateway: Servidor, tipo: str) -> None:
    """Caixa, aspas e parâmetros a mais em Content-Type não importam."""
    _protocolo(_trocar(gateway, pedido(_corpo(), (tipo,))))


def test_soap_12_com_action_no_tipo_de_conteudo(gateway: Servidor) -> None:
    """Em SOAP 1.2 o parâmetro action do Content-Type é ignorado, e a resposta é SOAP 1.2."""
    tipo = 'Content-Type: application/soap+xml; charset=utf-8; action="urn:x"'
    resposta = _trocar(gateway, pedido(envelopado(lote(), soap="1.2"), (tipo,)))
    _protocolo(resposta)
    assert resposta.cabecalhos["content-type"] == "application/soap+xml; charset=utf-8"


def test_nomes_de_cabecalho_em_minusculas(gateway: Servidor) -> None:
    """Nomes de cabeçalho HTTP em minúsculas valem o mesmo."""
    cru = pedido(_corpo(), ("content-type: text/xml", "soapaction: x", "connection: close"))
    cru = cru.replace(b"Host:", b"host:").replace(b"Content-Length:", b"content-length:")
    _protocolo(_trocar(gateway, cru))


def test_http_10(gateway: Servidor) -> None:
    """Um pedido em HTTP/1.0 é respondido e a conexão fecha."""
    with Conexao(gateway) as conexao:
        conexao.enviar(pedido(_corpo(), http="1.0"))
        _protocolo(conexao.receber())
        assert conexao.fechada()


def test_http_10_sem_host_e_com_keep_alive(gateway: Servidor) -> None:
    """HTTP/1.0 sem Host, pedindo que a conexão fique, é respondido."""
    cru = pedido(_corpo(), (_XML, "Connection: Keep-Alive"), http="1.0")
    _protocolo(_trocar(gateway, cru.replace(b"Host: tiss.example\r\n", b"")))


def test_corpo_em_pedacos(gateway: Servidor) -> None:
    """Um corpo em pedaços, sem tamanho declarado, é lido inteiro."""
    cabecalhos = (_XML, "Transfer-Encoding: chunked")
    cru = pedido(b"", cabecalhos, tamanho=False)
    _protocolo(_trocar(gateway, cru + _em_pedacos(_corpo())))


def test_corpo_em_pedacos_com_reboque_e_extensao(gateway: Servidor) -> None:
    """Extensões de pedaço e cabeçalhos depois do último não atrapalham."""
    cabecalhos = (_XML, "Transfer-Encoding: chunked", "Trailer: X-Soma")
    corpo = _em_pedacos(_corpo(), fim=b"0\r\nX-Soma: 1\r\n\r\n").replace(b"\r\n", b";a=b\r\n", 1)
    _protocolo(_trocar(gateway, pedido(b"", cabecalhos, tamanho=False) + corpo))


def test_comprimido_e_em_pedacos(gateway: Servidor) -> None:
    """Compressão e pedaços juntos desfazem-se na ordem certa."""
    cabecalhos = (_XML, "Content-Encoding: gzip", "Transfer-Encoding: chunked")
    corpo = _em_pedacos(gzip.compress(_corpo()))
    _protocolo(_trocar(gateway, pedido(b"", cabecalhos, tamanho=False) + corpo))


def test_gzip_de_varios_membros(gateway: Servidor) -> None:
    """Quem comprime aos bocados manda um gzip atrás do outro, que é um só corpo."""
    corpo = _corpo()
    membros = b"".join(gzip.compress(corpo[i : i + 1000]) for i in range(0, len(corpo), 1000))
    _protocolo(_trocar(gateway, pedido(membros, (_XML, "Content-Encoding: gzip"))))


def test_byte_a_byte(gateway: Servidor) -> None:
    """Uma mensagem que chega em muitos pacotes pequenos é uma mensagem."""
    cru = pedido(_corpo())
    with Conexao(gateway) as conexao:
        for i in range(0, len(cru), 7):
            conexao.enviar(cru[i : i + 7])
        _protocolo(conexao.receber())


def test_espera_pelo_100(gateway: Servidor) -> None:
    """Quem manda Expect: 100-continue recebe o 100 antes de mandar o corpo, e depois a resposta."""
    corpo = _corpo()
    cru = pedido(corpo, (_XML, "Expect: 100-continue"))
    with Conexao(gateway) as conexao:
        conexao.enviar(cru.removesuffix(corpo))
        assert conexao.receber().status == 100
        conexao.enviar(corpo)
        _protocolo(conexao.receber())


def test_espera_pelo_100_de_um_corpo_grande_demais(gateway: Servidor) -> None:
    """A um corpo declarado acima do limite responde-se 413 no lugar do 100."""
    cru = pedido(b"", (_XML, "Expect: 100-continue", "Content-Length: 16777217"), tamanho=False)
    resposta = _trocar(gateway, cru)
    assert resposta.status == 413
    validar_resposta(resposta.corpo, "4.03.00")


def test_duas_mensagens_na_mesma_conexao(gateway: Servidor) -> None:
    """A conexão fica aberta entre duas mensagens, também depois de uma falha."""
    with Conexao(gateway) as conexao:
        conexao.enviar(pedido(_corpo()))
        primeiro = _protocolo(conexao.receber())
        conexao.enviar(pedido(b"<a/>"))
        assert conexao.receber().status == 500
        conexao.enviar(pedido(_corpo(), (_XML, "Connection: close")))
        segundo = _protocolo(conexao.receber())
        assert conexao.fechada()
    assert int(segundo) > int(primeiro)


def test_mensagens_enfileiradas(gateway: Servidor) -> None:
    """Três mensagens mandadas sem esperar têm as respostas na ordem dos pedidos."""
    corpos = [envelopado(lote(sequencial=str(n))) for n in (1, 2, 3)]
    with Conexao(gateway) as conexao:
        conexao.enviar(b"".join(map(pedido, corpos)))
        respostas = [conexao.receber() for _ in corpos]
    sequenciais = [
        validar_resposta(r.corpo, "4.03.00").findtext(".//{*}sequencialTransacao")
        for r in respostas
    ]
    assert sequenciais == ["1", "2", "3"]
    assert len({_protocolo(r) for r in respostas}) == 3


def test_identificacao_do_cliente_nao_importa(gateway: Servidor) -> None:
    """Cabeçalhos de costume de clientes conhecidos não mudam nada."""
    outros = (
        "User-Agent: Apache-HttpClient/4.5.5 (Java/16.0.2)",
        "Accept: text/xml, multipart/related, application/dime",
        "Accept-Encoding: gzip,deflate",
        "Cache-Control: no-cache",
        "Pragma: no-cache",
        "Cookie: JSESSIONID=1",
        "Authorization: Basic eDp5",
    )
    resposta = _trocar(gateway, pedido(_corpo(), (_XML, *outros), caminho=CAMINHO))
    _protocolo(resposta)
    assert "set-cookie" not in resposta.cabecalhos
