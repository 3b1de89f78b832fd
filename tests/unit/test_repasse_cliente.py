from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import threading
import time
from typing import TYPE_CHECKING

import pytest
from nucleo_falso import XML, NucleoFalso, Saida

from gateway.repasse import Nucleos
from gateway.repasse.cliente import Cliente
from gateway.secoes.repasse import ServicoRepassado
from handlers.repasse.nucleo import Desfecho, NucleoFalhou, RespostaDoNucleo
from handlers.repasse.recorte import Envelope
from handlers.repasse.resposta import LIMITE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

ENVELOPE = Envelope(b"<pedido/>", "UTF-8")
SERVICO = "tissVerificaElegibilidade"


@pytest.fixture
def nucleo() -> Iterator[NucleoFalso]:
    """Um sistema que responde um XML qualquer."""
    novo = NucleoFalso(lambda _: Saida(b"<a/>"))
    yield novo
    novo.fechar()


def _postar(url: str, **ajustes: object) -> RespostaDoNucleo:
    ajuste = ServicoRepassado(url=url, **{"timeout": 5.0} | ajustes)  # type: ignore[arg-type]
    cliente = Cliente(ajuste)
    try:
        return cliente.postar(ajuste.endereco("4.03.00"), ENVELOPE, "abc")
    finally:
        cliente.fechar()


def _falha(url: str, **ajustes: object) -> tuple[Desfecho, str]:
    with pytest.raises(NucleoFalhou) as falhou:
        _postar(url, **ajustes)
    return falhou.value.desfecho, falhou.value.motivo


def test_pedido_chega_como_soap(nucleo: NucleoFalso) -> None:
    """O envelope chega ao endereço da versão, com o tipo de SOAP 1.1 e a correlação."""
    obtida = _postar(nucleo.url + "/{versao}/s{sufixo}/{versao_compacta}")
    [chegada] = nucleo.chegadas
    assert obtida == RespostaDoNucleo(200, "utf-8", b"<a/>")
    assert chegada.caminho == "/4.03.00/sV4_03_00/40300"
    assert chegada.corpo == ENVELOPE.corpo
    assert chegada.cabecalhos["Content-Type"] == "text/xml; charset=UTF-8"
    assert chegada.cabecalhos["SOAPAction"] == '""'
    assert chegada.cabecalhos["X-Correlation-Id"] == "abc"


def test_situacao_de_erro_com_xml_e_entregue(nucleo: NucleoFalso) -> None:
    """Uma falha SOAP vem com 500: quem sabe lê-la é quem chamou."""
    nucleo.responder = lambda _: Saida(b"<falha/>", 500)
    assert _postar(nucleo.url).http == 500


def test_porta_fechada() -> None:
    """Um endereço em que ninguém escuta é falha de conexão."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        porta = s.getsockname()[1]
    assert _falha(f"http://127.0.0.1:{porta}")[0] is Desfecho.CONEXAO


def test_conexao_cortada_sem_resposta(nucleo: NucleoFalso) -> None:
    """Um sistema que desliga sem responder é falha de conexão."""
    nucleo.responder = lambda _: Saida(None)
    assert _falha(nucleo.url)[0] is Desfecho.CONEXAO


def test_quem_nao_responde_passa_do_prazo(nucleo: NucleoFalso) -> None:
    """Um sistema calado além do prazo é falha de tempo, e o prazo é cumprido."""
    nucleo.responder = nucleo.esperar_solto
    inicio = time.monotonic()
    assert _falha(nucleo.url, timeout=0.3)[0] is Desfecho.TEMPO
    assert time.monotonic() - inicio < 3


@pytest.mark.parametrize(
    ("saida", "motivo"),
    [
        (Saida(b"<html/>", 200, {"Content-Type": "text/html"}), "HTTP 200 sem XML"),
        (Saida(b"x", 502, {}), "HTTP 502 sem XML"),
        (Saida(b"", 302, XML | {"Location": "http://127.0.0.1:1/"}), "redirecionamento"),
        (Saida(b"<a/>", 200, XML | {"Content-Encoding": "gzip"}), "comprimida"),
        (Saida(b"<a>" + b" " * LIMITE + b"</a>"), f"mais de {LIMITE} bytes"),
    ],
    ids=["html", "502", "redirecionamento", "gzip", "enorme"],
)
def test_resposta_que_nem_se_le(nucleo: NucleoFalso, saida: Saida, motivo: str) -> None:
    """Página, redirecionamento, compressão não pedida e tamanho demais não são respostas."""
    nucleo.responder = lambda _: saida
    desfecho, dito = _falha(nucleo.url)
    assert desfecho is Desfecho.RESPOSTA_INVALIDA
    assert motivo in dito


def _servir_cru(partes: Callable[[], Iterator[bytes]]) -> tuple[str, threading.Thread]:
    """Uma só conexão, respondida com os bytes dados enquanto o cliente os quiser."""
    escuta = socket.create_server(("127.0.0.1", 0))

    def atender() -> None:
        with escuta, escuta.accept()[0] as s:
            s.recv(65536)
            try:
                for parte in partes():
                    s.sendall(parte)
            except OSError:
                return

    thread = threading.Thread(target=atender)
    thread.start()
    return f"http://127.0.0.1:{escuta.getsockname()[1]}", thread


_INICIO = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n"


def test_corpo_em_pedacos_sem_fim_para_no_limite() -> None:
    """Um corpo que não diz o tamanho é cortado quando passa do limite."""

    def partes() -> Iterator[bytes]:
        yield _INICIO + b"Transfer-Encoding: chunked\r\n\r\n"
        while True:
            yield b"10000\r\n" + b" " * 65536 + b"\r\n"

    url, thread = _servir_cru(partes)
    assert f"mais de {LIMITE}" in _falha(url, timeout=30)[1]
    thread.join(10)


def test_corpo_a_conta_gotas_para_no_prazo() -> None:
    """Um corpo que chega devagar não passa do prazo da chamada inteira."""

    def partes() -> Iterator[bytes]:
        yield _INICIO + b"Content-Length: 1000000\r\n\r\n"
        while True:
            time.sleep(0.05)
            yield b" "

    url, thread = _servir_cru(partes)
    inicio = time.monotonic()
    assert _falha(url, timeout=0.5)[0] is Desfecho.TEMPO
    assert time.monotonic() - inicio < 3
    thread.join(10)


def test_corpo_cortado_e_falha() -> None:
    """Um corpo menor do que o anunciado não é resposta."""
    url, thread = _servir_cru(lambda: iter([_INICIO + b"Content-Length: 100\r\n\r\n<a/>"]))
    assert _falha(url)[0] is Desfecho.CONEXAO
    thread.join(10)


def test_conexao_serve_para_mais_de_um_pedido(nucleo: NucleoFalso) -> None:
    """Pedidos seguidos usam a mesma conexão."""
    ajuste = ServicoRepassado(url=nucleo.url)
    cliente = Cliente(ajuste)
    situacoes = [cliente.postar(nucleo.url, ENVELOPE, "abc").http for _ in range(5)]
    cliente.fechar()
    assert (situacoes, nucleo.conexoes) == ([200] * 5, 1)


@pytest.fixture
def certificado(tmp_path: Path) -> Path:
    """Um certificado de 127.0.0.1 que ninguém conhece, com a sua chave."""
    if shutil.which("openssl") is None:
        pytest.skip("sem openssl não há como fazer um certificado")
    arquivo = tmp_path / "servidor.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=nucleo", "-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", str(tmp_path / "chave.pem"), "-out", str(arquivo)),
        ],
        check=True,
        capture_output=True,
    )
    return arquivo


def test_certificado_e_conferido(certificado: Path) -> None:
    """Um certificado de autoridade desconhecida é recusado, salvo se a configuração a diz."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificado, certificado.with_name("chave.pem"))
    nucleo = NucleoFalso(lambda _: Saida(b"<a/>"), tls)
    try:
        sem_ca = _falha(nucleo.url)[0]
        com_ca = _postar(nucleo.url, ca=str(certificado)).http
    finally:
        nucleo.fechar()
    assert (sem_ca, com_ca) == (Desfecho.CONEXAO, 200)


def test_proxy_do_ambiente_nao_vale(nucleo: NucleoFalso, monkeypatch: pytest.MonkeyPatch) -> None:
    """As variáveis de proxy do ambiente não desviam a mensagem."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    assert _postar(nucleo.url).http == 200


def test_disjuntor_de_um_endereco_nao_para_o_de_outro(nucleo: NucleoFalso) -> None:
    """Depois das falhas de um endereço ele nem é chamado; o de outra versão continua."""
    nucleo.responder = lambda _: Saida(b"x", 500, {})
    ajuste = ServicoRepassado(url=nucleo.url + "/{versao}", falhas=2, pausa=60)
    nucleos = Nucleos({SERVICO: ajuste})
    desfechos = []
    for versao in ("4.03.00", "4.03.00", "4.03.00", "4.02.00"):
        with pytest.raises(NucleoFalhou) as falhou:
            nucleos.chamar(SERVICO, versao, ENVELOPE, "abc")
        desfechos.append(falhou.value.desfecho)
    nucleos.fechar()
    invalida = Desfecho.RESPOSTA_INVALIDA
    assert [invalida, invalida, Desfecho.ABERTO, invalida] == desfechos
    assert [c.caminho for c in nucleo.chegadas] == ["/4.03.00", "/4.03.00", "/4.02.00"]


def test_disjuntor_fecha_quando_o_endereco_volta(nucleo: NucleoFalso) -> None:
    """Passada a pausa, uma chamada que dá certo volta a deixar todas."""
    nucleo.responder = lambda _: Saida(b"x", 500, {})
    nucleos = Nucleos({SERVICO: ServicoRepassado(url=nucleo.url, falhas=1, pausa=0.05)})
    with pytest.raises(NucleoFalhou):
        nucleos.chamar(SERVICO, "4.03.00", ENVELOPE, "abc")
    nucleo.responder = lambda _: Saida(b"<a/>")
    time.sleep(0.06)
    situacoes = [nucleos.chamar(SERVICO, "4.03.00", ENVELOPE, "abc").http for _ in range(3)]
    nucleos.fechar()
    assert situacoes == [200] * 3
