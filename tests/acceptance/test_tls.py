"""TLS servido pelo próprio gateway, e certificados de cliente de ponta a ponta."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import ssl
import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import certificados
import pytest
from acceptance.servidor import CODIGO, HOSPITAL, LOGIN, REGISTRO, SENHA, Servidor
from acceptance.tls import Papeis, ServidorTls
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from integration.recepcao import lote, pronta
from lxml import etree
from requests.exceptions import ConnectionError as SemConexao
from validador import validar_resposta

from dominio.lote import TipoGuia
from dominio.transacoes import POR_SERVICO
from persistence import acessos
from persistence.acessos import Certificado
from prestador.cabecalho import cabecalho
from prestador.cliente import FalhaTISS
from prestador.lotes import corpo_lote
from prestador.mensagem_xml import mensagem_arquivo
from prestador.valores import identificado

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from persistence.prestadores import Prestador
    from prestador.cliente import Cliente
    from prestador.valores import Corpo

CABECALHO = "X-SSL-Client-Cert"


@pytest.fixture(scope="module")
def no_ar(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServidorTls]:
    """Um gateway com TLS, em SQLite, com um prestador que se identifica por certificado."""
    pasta = tmp_path_factory.mktemp("tls")
    servidor = ServidorTls(f"sqlite:///{pasta / 'gateway.db'}", pasta).iniciar()
    yield servidor
    servidor.encerrar()


def _registrar(servidor: Servidor, arquivo: str, exige: str) -> None:
    """Dá ao hospital o certificado de um arquivo e diz com que ele se identifica."""
    certificado = x509.load_pem_x509_certificate(Path(arquivo).read_bytes())
    novo = Certificado(
        certificado.fingerprint(hashes.SHA256()).hex(),
        certificado.subject.rfc4514_string(),
        certificado.issuer.rfc4514_string(),
        certificado.not_valid_before_utc,
        certificado.not_valid_after_utc,
        certificado.not_valid_before_utc,
    )
    quem: Prestador = servidor.prestador
    with servidor.banco.escrita() as conn:
        if novo.sha256 not in {c.sha256 for c in acessos.certificados(conn, quem)}:
            acessos.adicionar_certificado(conn, quem, novo)
        acessos.mudar_autenticacao(conn, quem, exige)


def _corpo(numero: str) -> Corpo:
    return corpo_lote(
        TipoGuia.CONSULTA, "4.03.00", prestador=HOSPITAL, registro_ans=REGISTRO, numero_lote=numero
    )


def _recusado(cliente: Cliente, numero: str) -> str:
    with pytest.raises(FalhaTISS) as falha, cliente:
        cliente.enviar_lote(_corpo(numero))
    validar_resposta(cliente.ultima_resposta, "4.03.00")
    return falha.value.codigo


# --- a conexão ------------------------------------------------------------------------------------


def test_zeep_por_tls_com_login(no_ar: ServidorTls) -> None:
    """Sem certificado de cliente, o zeep lê o WSDL e envia um lote por TLS, com login."""
    _registrar(no_ar, no_ar.papeis.cliente[0], "login")
    with no_ar.zeep(HOSPITAL, login=LOGIN, senha=SENHA) as cliente:
        assert cliente.enviar_lote(_corpo("tls-1")).protocolo
    assert b"https://127.0.0.1" in no_ar.pegar("/tiss/4.03.00/tissLoteGuias?wsdl").corpo


def test_zeep_com_certificado_de_cliente(no_ar: ServidorTls) -> None:
    """O certificado da conexão, sem login nenhum, autentica o hospital."""
    _registrar(no_ar, no_ar.papeis.cliente[0], "certificado")
    with no_ar.zeep(HOSPITAL, certificado=no_ar.papeis.cliente) as cliente:
        protocolo = cliente.enviar_lote(_corpo("tls-2")).protocolo
        assert cliente.status(protocolo or "").status == 1


def test_outro_certificado_da_mesma_autoridade_e_login_invalido(no_ar: ServidorTls) -> None:
    """Ser de autoridade aceita não basta: o certificado tem de ser o do prestador."""
    _registrar(no_ar, no_ar.papeis.cliente[0], "certificado")
    cliente = no_ar.zeep(HOSPITAL, certificado=no_ar.papeis.alheio, login=LOGIN, senha=SENHA)
    assert _recusado(cliente, "tls-3") == "LoginInvalido"


@pytest.mark.parametrize("entra", [True, False])
def test_arquivo_enviado_com_certificado(no_ar: ServidorTls, entra: bool) -> None:
    """O certificado da conexão também identifica quem envia mensagens em arquivo."""
    _registrar(no_ar, no_ar.papeis.cliente[0], "certificado")
    transacao = POR_SERVICO["tissLoteGuias"]
    mensagem = mensagem_arquivo(
        transacao, cabecalho(transacao.tipo_pedido, "4.03.00", HOSPITAL, REGISTRO), _corpo("arq-1")
    )
    dados = etree.tostring(mensagem, encoding="ISO-8859-1", xml_declaration=True)
    papeis = no_ar.papeis
    conexao = http.client.HTTPSConnection(
        "127.0.0.1",
        no_ar.porta,
        timeout=60,
        context=no_ar.contexto(papeis.cliente if entra else papeis.alheio),
    )
    try:
        conexao.request(
            "POST", "/api/v1/mensagens", dados, headers={"Content-Type": "application/xml"}
        )
        resultado = json.loads(conexao.getresponse().read())
    finally:
        conexao.close()
    [um] = resultado if isinstance(resultado, list) else resultado["mensagens"]
    assert um["tissFault"] == (None if entra else "LoginInvalido")
    assert (um["protocolo"] is not None) == entra


def test_sem_certificado_e_login_invalido(no_ar: ServidorTls) -> None:
    """A conexão sem certificado faz-se, e a mensagem de quem precisa dele é recusada."""
    _registrar(no_ar, no_ar.papeis.cliente[0], "certificado")
    assert _recusado(no_ar.zeep(HOSPITAL, login=LOGIN, senha=SENHA), "tls-4") == "LoginInvalido"


def test_ambos_por_tls(no_ar: ServidorTls) -> None:
    """Com a política ``ambos`` entra quem traz o certificado e a senha, e só."""
    _registrar(no_ar, no_ar.papeis.cliente[0], "ambos")
    with no_ar.zeep(
        HOSPITAL, certificado=no_ar.papeis.cliente, login=LOGIN, senha=SENHA
    ) as cliente:
        assert cliente.enviar_lote(_corpo("tls-5")).protocolo
    so_senha = no_ar.zeep(HOSPITAL, login=LOGIN, senha=SENHA)
    assert _recusado(so_senha, "tls-6") == "LoginInvalido"
    so_certificado = no_ar.zeep(HOSPITAL, certificado=no_ar.papeis.cliente)
    assert _recusado(so_certificado, "tls-7") == "LoginInvalido"


def test_certificado_de_autoridade_estranha_nao_conecta(no_ar: ServidorTls) -> None:
    """O certificado que ninguém de ``tls_client_ca`` emitiu não passa da negociação."""
    with pytest.raises(SemConexao), no_ar.zeep(HOSPITAL, certificado=no_ar.papeis.falso) as cliente:
        cliente.enviar_lote(_corpo("tls-8"))


def test_cabecalho_de_certificado_nao_vale_sem_proxy(no_ar: ServidorTls) -> None:
    """O certificado é público: mandá-lo num cabeçalho não autentica ninguém."""
    _registrar(no_ar, no_ar.papeis.cliente[0], "certificado")
    with (
        socket.create_connection(("127.0.0.1", no_ar.porta), 30) as cru,
        no_ar.contexto().wrap_socket(cru, server_hostname="127.0.0.1") as cifrado,
    ):
        cifrado.sendall(_pedido(Path(no_ar.papeis.cliente[0]).read_text("ascii")))
        assert b"LoginInvalido" in _tudo(cifrado)


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_tls_velho_nao_conecta(no_ar: ServidorTls) -> None:
    """TLS 1.1 não se negocia; 1.2 e 1.3, sim."""
    for versao, passa in (("TLSv1_1", False), ("TLSv1_2", True), ("TLSv1_3", True)):
        contexto = no_ar.contexto()
        contexto.set_ciphers("ALL:@SECLEVEL=0")
        contexto.minimum_version = contexto.maximum_version = ssl.TLSVersion[versao]
        with socket.create_connection(("127.0.0.1", no_ar.porta), 30) as cru:
            try:
                with contexto.wrap_socket(cru, server_hostname="127.0.0.1") as cifrado:
                    assert passa, cifrado.version()
            except (ssl.SSLError, ConnectionError):
                assert not passa


def test_http_puro_na_porta_de_tls_nao_entra(no_ar: ServidorTls) -> None:
    """Na porta de TLS um pedido HTTP em claro não tem resposta."""
    assert b"HTTP/1.1 200" not in no_ar.cru(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
    assert no_ar.pegar("/health/live").status == 200


def test_negociacao_que_nao_anda_e_cortada(tmp_path: Path) -> None:
    """Quem conecta e não negocia o TLS é cortado no prazo do cabeçalho, e os outros entram."""
    servidor = ServidorTls(
        f"sqlite:///{tmp_path / 'g.db'}", tmp_path, TISS_GATEWAY_SERVER__HEADER_TIMEOUT="1"
    )
    try:
        servidor.iniciar()
        with socket.create_connection(("127.0.0.1", servidor.porta), 20) as parada:
            assert servidor.pegar("/health/live").status == 200
            # vazio é o fim da conexão; o silêncio seria o prazo do soquete
            assert parada.recv(1) == b""
    finally:
        servidor.encerrar()


# --- o certificado do servidor --------------------------------------------------------------------


def _serie(servidor: ServidorTls) -> int:
    with (
        socket.create_connection(("127.0.0.1", servidor.porta), 30) as cru,
        servidor.contexto().wrap_socket(cru, server_hostname="127.0.0.1") as cifrado,
    ):
        der = cifrado.getpeercert(binary_form=True)
    assert der is not None
    return x509.load_der_x509_certificate(der).serial_number


def _esperar_no_registro(servidor: ServidorTls, texto: str, vezes: int) -> None:
    fim = time.monotonic() + 120
    while time.monotonic() < fim and servidor.registro.read_text("utf-8").count(texto) < vezes:
        time.sleep(0.1)
    assert servidor.registro.read_text("utf-8").count(texto) == vezes


@pytest.mark.parametrize("processos", ["1", "2"])
def test_sighup_le_o_certificado_renovado(tmp_path: Path, processos: str) -> None:
    """Renovado o certificado, um SIGHUP o põe em uso sem parar de atender."""
    servidor = ServidorTls(f"sqlite:///{tmp_path / 'g.db'}", tmp_path)
    try:
        servidor.iniciar("--workers", processos)
        assert _serie(servidor) == 1
        servidor.papeis.renovar(2)
        assert servidor.processo is not None
        servidor.processo.send_signal(signal.SIGHUP)
        # um só processo lê os arquivos de novo; vários trocam-se, cada um a seu tempo
        feito = "certificado renovado" if processos == "1" else "processo parado"
        _esperar_no_registro(servidor, feito, int(processos))
        assert {_serie(servidor) for _ in range(6)} == {2}
        assert servidor.pegar("/health/live").status == 200
    finally:
        servidor.encerrar()


def test_sighup_com_certificado_estragado_fica_com_o_de_antes(tmp_path: Path) -> None:
    """Um arquivo estragado não tira o gateway do ar."""
    servidor = ServidorTls(f"sqlite:///{tmp_path / 'g.db'}", tmp_path)
    try:
        servidor.iniciar()
        Path(servidor.papeis.servidor[0]).write_text("estragado")
        assert servidor.processo is not None
        servidor.processo.send_signal(signal.SIGHUP)
        _esperar_no_registro(servidor, "não renovado", 1)
        assert _serie(servidor) == 1
    finally:
        servidor.encerrar()


@pytest.mark.parametrize("estrago", ["certificado", "chave", "cifrada", "autoridades"])
def test_arquivo_que_nao_serve_e_um_erro_de_uma_linha(tmp_path: Path, estrago: str) -> None:
    """Certificado, chave ou autoridades que não se leem impedem o início, com o nome do ajuste."""
    servidor = ServidorTls(f"sqlite:///{tmp_path / 'g.db'}", tmp_path)
    papeis: Papeis = servidor.papeis
    alvo = {"certificado": papeis.servidor[0], "autoridades": papeis.ca}.get(
        estrago, papeis.servidor[1]
    )
    novo = b"-----BEGIN X-----"
    if estrago == "chave":
        novo = certificados.raiz().pem_da_chave()
    elif estrago == "cifrada":
        novo = certificados.raiz().pem_da_chave("senha")
    Path(alvo).write_bytes(novo)
    try:
        codigo, escrito = servidor.que_nao_sobe()
        assert codigo == 2
        [linha] = escrito.splitlines()
        assert linha.startswith("tiss-gateway: server.tls_")
    finally:
        servidor.encerrar()


# --- atrás de um proxy ----------------------------------------------------------------------------


def _pedido(valor: str | None) -> bytes:
    """Um POST de um lote sem login, com o certificado escrito no cabeçalho como o nginx escreve."""
    hospital = identificado("codigo", CODIGO, nome="Hospital")
    corpo = pronta(lote(quem=hospital, numero="99"))
    linhas = [
        "POST /tiss/4.03.00/tissLoteGuias HTTP/1.1",
        "Host: 127.0.0.1",
        "Content-Type: text/xml",
        f"Content-Length: {len(corpo)}",
        "Connection: close",
    ]
    if valor is not None:
        linhas.append(f"{CABECALHO}: {quote(valor)}")
    return "\r\n".join([*linhas, "", ""]).encode() + corpo


def _tudo(soquete: socket.socket) -> bytes:
    partes = []
    while parte := soquete.recv(65_536):
        partes.append(parte)
    return b"".join(partes)


@pytest.mark.parametrize(
    ("proxies", "certificado", "entra"),
    [
        ('["127.0.0.1"]', "cliente", True),
        ('["127.0.0.1"]', "alheio", False),
        ('["127.0.0.1"]', None, False),
        ('["10.0.0.5"]', "cliente", False),
    ],
    ids=["confiado", "outro-certificado", "sem-certificado", "nao-confiado"],
)
def test_certificado_pelo_cabecalho_do_proxy(
    novo_servidor: Callable[..., Servidor],
    tmp_path: Path,
    proxies: str,
    certificado: str | None,
    entra: bool,
) -> None:
    """O cabeçalho do proxy de confiança vale como o certificado; o de qualquer outro, não."""
    pasta = tmp_path / "papeis"
    pasta.mkdir()
    papeis = Papeis(pasta)
    servidor = novo_servidor(
        TISS_GATEWAY_SERVER__TRUSTED_PROXIES=proxies,
        TISS_GATEWAY_SERVER__CLIENT_CERT_HEADER=CABECALHO,
    )
    _registrar(servidor, papeis.cliente[0], "certificado")
    servidor.iniciar()
    valor = (
        None if certificado is None else Path(getattr(papeis, certificado)[0]).read_text("utf-8")
    )
    resposta = servidor.cru(_pedido(valor))
    corpo = resposta.partition(b"\r\n\r\n")[2]
    validar_resposta(corpo, "4.03.00")
    assert (b"numeroProtocolo" in corpo, b"LoginInvalido" in corpo) == (entra, not entra)
