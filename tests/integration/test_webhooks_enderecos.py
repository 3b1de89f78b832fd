"""Para onde um aviso pode ir, e que se liga só ao endereço que se conferiu."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
from typing import TYPE_CHECKING

import pytest
from acceptance.tls import Papeis
from integration.avisos import Receptor

from gateway.configuracao import Configuracao
from gateway.destinos import Destino, EnderecoRecusado, Politica
from gateway.webhooks.envio import NaoAtendeu, chamar

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_URL = "https://sistema.exemplo.com.br/avisos"


def _politica(*ips: str, redes: tuple[str, ...] = ()) -> Politica:
    listadas = tuple(ipaddress.ip_network(rede) for rede in redes)
    return Politica(listadas, lambda _nome, _porta: ips)


@pytest.mark.parametrize(
    "ip",
    [
        "127.0.0.1", "127.9.9.9", "0.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.0.1",
        "169.254.169.254", "100.64.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1",
        "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1",
        "2001:db8::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1",
        "64:ff9b:1::a00:1", "2002:7f00:1::", "2001:0:0:0:0:0:80ff:fffe",
    ],
)  # fmt: skip
def test_endereco_que_nao_e_publico_e_recusado(ip: str) -> None:
    """Nenhum endereço de dentro, de documentação, de muitos ou que traduza um desses se aceita."""
    with pytest.raises(EnderecoRecusado):
        _politica(ip).destino(_URL)


@pytest.mark.parametrize("ip", ["8.8.8.8", "2606:4700::1111"])
def test_endereco_publico_e_aceito_por_https(ip: str) -> None:
    """A um endereço da internet manda-se por https, e é ele que se chama."""
    assert _politica(ip).destino(_URL) == Destino(
        ip, "sistema.exemplo.com.br", 443, https=True, caminho="/avisos"
    )


def test_basta_um_endereco_de_dentro_para_se_recusar() -> None:
    """Um nome com um endereço bom e um de dentro é de quem quer que se tente o segundo."""
    with pytest.raises(EnderecoRecusado):
        _politica("8.8.8.8", "10.0.0.1").destino(_URL)


def test_o_listado_aceita_se_tambem_por_http() -> None:
    """A rede listada recebe, por http ou https; a vizinha não."""
    politica = _politica("10.1.2.3", redes=("10.1.0.0/16",))
    assert politica.destino("http://interno:8080/x?y=1") == Destino(
        "10.1.2.3", "interno", 8080, https=False, caminho="/x?y=1"
    )
    assert politica.destino("https://interno").https
    with pytest.raises(EnderecoRecusado):
        _politica("10.2.0.1", redes=("10.1.0.0/16",)).destino("https://interno")
    assert _politica("::ffff:10.1.2.3", redes=("10.1.0.0/16",)).destino("http://interno")


def test_publico_por_http_e_recusado() -> None:
    """Fora da lista, só https."""
    with pytest.raises(EnderecoRecusado, match="só https"):
        _politica("8.8.8.8").destino("http://sistema.exemplo.com.br/")


@pytest.mark.parametrize(
    "url",
    [
        "", "sistema.exemplo", "ftp://sistema.exemplo/", "https://", "https:///x", "file:///etc",
        "https://u@sistema.exemplo/", "https://u:s@sistema.exemplo/", "https://s.exemplo/#x",
        "https://s.exemplo:0/", "https://s.exemplo:99999/", "https://s.exemplo/a b",
        "https://s.exemplo/\r\nX: y", "https://[::1", "https://s.exemplo/" + "x" * 500,
        "https://sé.exemplo/",
    ],
)  # fmt: skip
def test_url_que_nao_serve_e_recusada(url: str) -> None:
    """O que não é uma URL simples de http não se aceita."""
    with pytest.raises(EnderecoRecusado):
        _politica("8.8.8.8").destino(url)


@pytest.mark.parametrize("falha", [socket.gaierror(), UnicodeError(), None])
def test_nome_que_nao_se_resolve_e_recusado(falha: Exception | None) -> None:
    """Sem endereço não há a quem chamar."""

    def resolver(_nome: str, _porta: int) -> tuple[str, ...]:
        if falha is not None:
            raise falha
        return ()

    with pytest.raises(EnderecoRecusado, match="não se resolve"):
        Politica((), resolver).destino(_URL)


def test_liga_se_ao_endereco_conferido_e_nao_ao_nome() -> None:
    """O nome, que não existe, só vai no cabeçalho: a ligação é ao endereço que se conferiu."""
    with Receptor() as receptor:
        destino = Destino(
            "127.0.0.1", "nao.existe.invalid", receptor.porta, https=False, caminho="/a"
        )
        assert chamar(destino, b"{}", {"X-A": "b"}, prazo=5) == 204
        [aviso] = receptor.avisos
    assert aviso.cabecalhos["host"] == f"nao.existe.invalid:{receptor.porta}"
    assert (aviso.caminho, aviso.corpo, aviso.cabecalhos["x-a"]) == ("/a", b"{}", "b")


def test_por_https_exige_o_certificado_do_nome(tmp_path: Path) -> None:
    """Com a autoridade de quem recebe entra; sem ela, ou com outro nome, não."""
    papeis = Papeis(tmp_path)
    contexto = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    contexto.load_cert_chain(*papeis.servidor)
    with Receptor(contexto) as receptor:
        certo = Destino("127.0.0.1", "127.0.0.1", receptor.porta, https=True, caminho="/")
        outro = certo._replace(nome="sistema.exemplo.com.br")
        assert chamar(certo, b"{}", {}, prazo=5, autoridades=str(papeis.ca)) == 204
        with pytest.raises(NaoAtendeu, match="SSLError"):
            chamar(certo, b"{}", {}, prazo=5)
        with pytest.raises(NaoAtendeu, match="SSLError"):
            chamar(outro, b"{}", {}, prazo=5, autoridades=str(papeis.ca))
        assert len(receptor.avisos) == 1


def test_prazo_vale_para_quem_pinga_bytes() -> None:
    """Um servidor que manda um byte de cada vez não segura a chamada além do prazo."""
    with socket.create_server(("127.0.0.1", 0)) as servidor:
        destino = Destino("127.0.0.1", "x", servidor.getsockname()[1], https=False, caminho="/")
        parar = _pingar(servidor)
        with pytest.raises(NaoAtendeu, match="prazo"):
            chamar(destino, b"{}", {}, prazo=0.5)
        parar()


def _pingar(servidor: socket.socket) -> Callable[[], None]:
    fim = threading.Event()

    def servir() -> None:
        ligacao, _ = servidor.accept()
        with ligacao:
            ligacao.sendall(b"HTTP/1.1 200 OK\r\nX-A: ")
            while not fim.wait(0.05):
                try:
                    ligacao.sendall(b"a")
                except OSError:
                    return

    thread = threading.Thread(target=servir, daemon=True)
    thread.start()

    def parar() -> None:
        fim.set()
        thread.join(5)

    return parar


@pytest.mark.parametrize("rede", ["10.0.0.1/8", "interno", ""])
def test_rede_mal_escrita_nao_se_configura(rede: str) -> None:
    """O que não é uma rede é recusado ao ler a configuração."""
    with pytest.raises(ValueError, match="não é uma rede"):
        Configuracao(webhooks={"allow_networks": (rede,)})  # type: ignore[arg-type]
