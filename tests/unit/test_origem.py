"""De onde um pedido vem: endereço, certificado de cliente, e em quem se acredita."""

from __future__ import annotations

import base64
import hashlib
from typing import Any
from urllib.parse import quote

import pytest
from pydantic import ValidationError

from gateway.origem import Origem
from gateway.secoes.servidor import Servidor
from handlers.redes import rede

PROXY, ESTRANHO = "10.0.0.5", "203.0.113.9"
DER = bytes(range(256)) * 4
DIGITAL = hashlib.sha256(DER).hexdigest()
B64 = base64.b64encode(DER).decode()
LINHAS = "\n".join(B64[n : n + 64] for n in range(0, len(B64), 64))
PEM = f"-----BEGIN CERTIFICATE-----\n{LINHAS}\n-----END CERTIFICATE-----\n"
NOME = "X-SSL-Client-Cert"
OUTRO = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"


def _origem(nome: str = NOME) -> Origem:
    return Origem(Servidor(trusted_proxies=(PROXY,), client_cert_header=nome))


def _scope(*valores: str, de: str = PROXY, der: bytes | None = None) -> dict[str, Any]:
    return {
        "client": (de, 1),
        "headers": [(NOME.lower().encode(), v.encode()) for v in valores],
        "extensions": {"tls": {"client_cert_der": der}} if der else {},
    }


@pytest.mark.parametrize(
    "valor",
    [
        quote(PEM),
        quote(PEM, safe=""),
        quote(PEM + OUTRO),
        PEM.replace("\n", " "),
        PEM.replace("\n", "\t"),
        B64,
        quote(B64),
        f"{B64},AAAA",
    ],
    ids=[
        "nginx",
        "nginx-tudo",
        "cadeia",
        "apache",
        "linhas-dobradas",
        "haproxy",
        "traefik",
        "traefik-cadeia",
    ],
)
def test_certificado_do_cabecalho_de_um_proxy_de_confianca(valor: str) -> None:
    """As formas em que os proxies escrevem o certificado dão o resumo do mesmo DER."""
    assert _origem().certificado(_scope(valor)) == DIGITAL


@pytest.mark.parametrize(
    "valor", ["", "-", "(null)", "%%%", "não é base64", "-----BEGIN CERTIFICATE-----", "AAA"]
)
def test_cabecalho_sem_certificado_nao_e_certificado(valor: str) -> None:
    """O que o proxy escreve quando não há certificado, ou lixo, não é certificado nem erro."""
    assert _origem().certificado(_scope(valor)) is None


def test_cabecalho_de_um_estranho_nao_vale() -> None:
    """Quem não é proxy de confiança não diz que certificado tem."""
    assert _origem().certificado(_scope(quote(PEM), de=ESTRANHO)) is None


def test_cabecalho_repetido_nao_vale() -> None:
    """Um proxy que acrescenta em vez de substituir deixa passar o do cliente: nenhum vale."""
    assert _origem().certificado(_scope(quote(PEM), quote(PEM))) is None


def test_sem_ajuste_nenhum_cabecalho_vale() -> None:
    """Sem ``client_cert_header`` nem o proxy de confiança é ouvido."""
    assert _origem("").certificado(_scope(quote(PEM))) is None


def test_certificado_da_propria_conexao() -> None:
    """Numa conexão TLS com o gateway vale o certificado dela, e não o cabeçalho."""
    scope = _scope(quote(OUTRO), de=ESTRANHO, der=DER)
    assert _origem().certificado(scope) == DIGITAL


def test_atras_do_proxy_o_certificado_dele_nao_e_o_do_cliente() -> None:
    """O certificado com que o proxy se liga ao gateway não autentica prestador nenhum."""
    assert _origem().certificado(_scope(der=DER)) is None


@pytest.mark.parametrize(
    ("ajustes", "diz"),
    [
        ({"client_cert_header": NOME}, "trusted_proxies"),
        (
            {"client_cert_header": "X Cert:", "trusted_proxies": (PROXY,)},
            "nome de um cabeçalho",
        ),
        ({"tls_key": "chave.pem"}, "só vale com tls_cert"),
        ({"tls_client_ca": "ca.pem"}, "só vale com tls_cert"),
        ({"tls_cert": "falta.pem"}, "não é um arquivo"),
        ({"host": "0.0.0.0"}, "tls_cert"),  # noqa: S104
    ],
)
def test_ajustes_de_tls_sem_sentido_sao_recusados(ajustes: dict[str, Any], diz: str) -> None:
    """A configuração que deixaria forjar certificados, ou que está pela metade, é recusada."""
    with pytest.raises(ValidationError, match=diz):
        Servidor(**ajustes)


def test_com_tls_se_escuta_fora_de_loopback(tmp_path: Any) -> None:
    """TLS próprio basta para escutar fora de loopback."""
    arquivo = tmp_path / "servidor.pem"
    arquivo.write_text(PEM)
    assert Servidor(host="0.0.0.0", tls_cert=str(arquivo)).tls_cert  # noqa: S104


def _encaminhado(*linhas: tuple[str, str], de: str = PROXY) -> dict[str, Any]:
    return {
        "client": (de, 1),
        "scheme": "http",
        "server": ("gateway.exemplo", 8080),
        "headers": [(n.lower().encode(), v.encode()) for n, v in linhas],
    }


@pytest.mark.parametrize(
    "linhas",
    [("10.9.8.7", ESTRANHO), (f"10.9.8.7, {ESTRANHO}",), ("10.9.8.7", f"{ESTRANHO}, {PROXY}")],
    ids=["linha-própria", "mesma-linha", "dois-proxies"],
)
def test_endereco_e_o_que_o_proxy_viu(linhas: tuple[str, ...]) -> None:
    """O que o cliente escreve em X-Forwarded-For não vale, ponha o proxy o seu onde puser."""
    scope = _encaminhado(*[("X-Forwarded-For", linha) for linha in linhas])
    assert _origem().cliente(scope) == ESTRANHO
    assert _origem().cliente({**scope, "client": ("192.0.2.1", 1)}) == "192.0.2.1"


def test_endereco_publico_encaminhado_duas_vezes_nao_vale() -> None:
    """De X-Forwarded-Host e X-Forwarded-Proto repetidos não se escolhe nenhum."""
    comum = ("Host", "api.exemplo")
    uma = _encaminhado(comum, ("X-Forwarded-Host", "pub.exemplo"), ("X-Forwarded-Proto", "https"))
    assert _origem().base(uma) == "https://pub.exemplo"
    duas = _encaminhado(
        ("X-Forwarded-Host", "mau.exemplo"),
        ("X-Forwarded-Proto", "http"),
        comum,
        ("X-Forwarded-Host", "pub.exemplo"),
        ("X-Forwarded-Proto", "https"),
    )
    assert _origem().base(duas) == "http://api.exemplo"


@pytest.mark.parametrize(
    ("endereco", "esperada"),
    [
        ("192.0.2.10", "192.0.2.10"),
        ("::ffff:192.0.2.10", "192.0.2.10"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("unix:", "unix:"),
    ],
)
def test_rede_de_um_endereco(endereco: str, esperada: str) -> None:
    """Contam-se endereços IPv4 um a um e IPv6 por rede /64."""
    assert rede(endereco) == esperada
