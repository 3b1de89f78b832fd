"""Certificados e um gateway com TLS próprio, para os testes que passam por ele."""

from __future__ import annotations

import ipaddress
import ssl
import urllib.request
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import certificados
from acceptance import viveiro
from acceptance.servidor import REGISTRO, Resposta, Servidor
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from prestador.cliente import Cliente

if TYPE_CHECKING:
    from pathlib import Path

    from certificados import Par

    from prestador.valores import Identificado


def do_servidor(serie: int = 1) -> Par:
    """Um certificado de 127.0.0.1, da raiz dos testes."""
    raiz = certificados.raiz()
    chave = certificados.chave("rsa2048", f"servidor {serie}")
    agora = datetime.now(UTC)
    certificado = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"servidor {serie}")]))
        .issuer_name(raiz.certificado.subject)
        .public_key(chave.public_key())
        .serial_number(serie)
        .not_valid_before(agora - timedelta(days=1))
        .not_valid_after(agora + timedelta(days=30))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(raiz.chave.public_key()),
            critical=False,
        )
        .sign(raiz.chave, hashes.SHA256())
    )
    return certificados.Par(certificado, chave)


class Papeis:
    """Os arquivos de que servidor e clientes precisam, numa pasta.

    Attributes:
        ca: a raiz dos testes.
        cliente: certificado e chave do hospital.
        alheio: os de outro titular da mesma autoridade.
        falso: os de um titular que outra autoridade emitiu.
    """

    def __init__(self, pasta: Path) -> None:
        self._pasta = pasta
        self.ca = str(self._gravar("ca.pem", certificados.raiz().pem))
        self.cliente = self._par("cliente", certificados.intermediaria().titular())
        outro = certificados.intermediaria().titular("OUTRA CLINICA", cnpj=certificados.OUTRO_CNPJ)
        self.alheio = self._par("alheio", outro)
        self.falso = self._par("falso", certificados.falsa().titular())
        self.renovar(1)

    def renovar(self, serie: int) -> None:
        """Grava um certificado de servidor novo no lugar do que há."""
        par = do_servidor(serie)
        self.servidor = self._par("servidor", par)

    def ajustes(self) -> dict[str, str]:
        """Variáveis de um gateway com TLS e certificados de cliente."""
        return {
            "TISS_GATEWAY_SERVER__TLS_CERT": self.servidor[0],
            "TISS_GATEWAY_SERVER__TLS_KEY": self.servidor[1],
            "TISS_GATEWAY_SERVER__TLS_CLIENT_CA": self.ca,
        }

    def _par(self, nome: str, par: Par) -> tuple[str, str]:
        cadeia = b"".join(c.public_bytes(_PEM) for c in par.emissores[:-1])
        certificado = self._gravar(f"{nome}.pem", par.pem + cadeia)
        chave = self._gravar(f"{nome}.chave.pem", par.pem_da_chave())
        return str(certificado), str(chave)

    def _gravar(self, nome: str, dados: bytes) -> Path:
        arquivo = self._pasta / nome
        arquivo.write_bytes(dados)
        return arquivo


_PEM = certificados.serialization.Encoding.PEM


class ServidorTls(Servidor):
    """Um gateway que atende em TLS, com certificados de cliente.

    Args:
        url: banco já vazio.
        pasta: onde ficam o registro e os certificados.
        ambiente: variáveis a mais.
    """

    def __init__(self, url: str, pasta: Path, **ambiente: str) -> None:
        self.papeis = Papeis(pasta)
        super().__init__(url, pasta, **self.papeis.ajustes(), **ambiente)

    @property
    def base(self) -> str:
        return f"https://127.0.0.1:{self.porta}"

    def contexto(self, cliente: tuple[str, str] | None = None) -> ssl.SSLContext:
        """Um contexto de cliente que confia na raiz dos testes."""
        novo = ssl.create_default_context(cafile=self.papeis.ca)
        if cliente is not None:
            novo.load_cert_chain(*cliente)
        return novo

    def pegar(self, caminho: str) -> Resposta:
        pedido = urllib.request.urlopen(self.base + caminho, timeout=30, context=self.contexto())
        with pedido as r:
            return Resposta(r.status, {k.lower(): v for k, v in r.headers.items()}, r.read())

    def que_nao_sobe(self) -> tuple[int, str]:
        """O código de saída e os erros de um ``serve`` que deve recusar a configuração."""
        saida = viveiro.executar(["serve"], env=self._ambiente, cwd=self.pasta, timeout=60)
        return saida.returncode, saida.stderr

    def zeep(self, quem: Identificado, **opcoes: Any) -> Cliente:
        """Um cliente zeep sobre TLS, na versão em vigor."""
        return Cliente(self.base, "4.03.00", REGISTRO, quem, ca=self.papeis.ca, **opcoes)
