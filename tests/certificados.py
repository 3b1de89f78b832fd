"""Uma ICP inventada, com a forma da ICP-Brasil, feita na hora dos testes.

AC Raiz, AC intermediária e certificados de titulares com os nomes alternativos da ICP-Brasil
(DOC-ICP-04: CNPJ em 2.16.76.1.3.3, dados de pessoa física em .3.1, do responsável em .3.4). Nomes,
CPF e CNPJ são inventados. Gerar chaves RSA demora; por isso tudo se guarda até o fim da sessão.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

TipoDeChave = Literal["rsa1024", "rsa2048", "rsa3072", "ec256", "ec384", "ec521", "ec256k1"]
Chave = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

CNPJ = "11222333000181"
OUTRO_CNPJ = "45723174000110"
FILIAL_CNPJ = "11222333000262"
"""Mesma raiz de ``CNPJ``, outro estabelecimento."""
CPF = "52998224725"
SENHA = "Abre-te 2026"
"""Senha dos arquivos PKCS#12."""

INICIO = datetime(2020, 1, 1, tzinfo=UTC)
FIM = datetime(2045, 12, 31, tzinfo=UTC)
VENCEU = datetime(2023, 12, 31, tzinfo=UTC)

OID_PESSOA_FISICA = x509.ObjectIdentifier("2.16.76.1.3.1")
OID_NOME_DO_RESPONSAVEL = x509.ObjectIdentifier("2.16.76.1.3.2")
OID_CNPJ = x509.ObjectIdentifier("2.16.76.1.3.3")
OID_RESPONSAVEL = x509.ObjectIdentifier("2.16.76.1.3.4")

_CURVAS: dict[str, ec.EllipticCurve] = {
    "ec256": ec.SECP256R1(), "ec384": ec.SECP384R1(), "ec521": ec.SECP521R1(),
    "ec256k1": ec.SECP256K1(),
}  # fmt: skip
OCTET_STRING, UTF8_STRING, PRINTABLE_STRING = 0x04, 0x0C, 0x13
"""Os três tipos em que autoridades reais escrevem os nomes alternativos."""


@cache
def chave(tipo: TipoDeChave, nome: str) -> Chave:
    """Uma chave por tipo e nome, a mesma durante toda a sessão."""
    del nome
    if tipo in _CURVAS:
        return ec.generate_private_key(_CURVAS[tipo])
    return rsa.generate_private_key(65537, int(tipo.removeprefix("rsa")))


def _nome(cn: str, organizacao: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "BR"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organizacao),
            x509.NameAttribute(NameOID.COMMON_NAME, cn),
        ]
    )


def dados_de_pessoa(cpf: str, nascimento: str = "01021970") -> str:
    """O texto de .3.1 e .3.4: nascimento, CPF, NIS, RG e órgão expedidor, em posições fixas."""
    return f"{nascimento}{cpf}{'0' * 11}{'0' * 15}" + "SSPSP".ljust(6)


def _outro_nome(oid: x509.ObjectIdentifier, texto: str, tipo: int) -> x509.OtherName:
    valor = texto.encode()
    return x509.OtherName(oid, bytes([tipo, len(valor)]) + valor)


@dataclass(frozen=True)
class Par:
    """Um certificado com a sua chave."""

    certificado: x509.Certificate
    chave: Chave
    emissores: tuple[x509.Certificate, ...] = ()
    """Do emissor imediato à raiz."""

    @property
    def pem(self) -> bytes:
        return self.certificado.public_bytes(serialization.Encoding.PEM)

    @property
    def der(self) -> bytes:
        return self.certificado.public_bytes(serialization.Encoding.DER)

    def pem_da_chave(self, senha: str | None = None) -> bytes:
        """PKCS#8, cifrada quando há senha."""
        return self.chave.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            _cifra(senha),
        )

    def pkcs12(self, senha: str | None = SENHA) -> bytes:
        """Chave, certificado e emissores sem a raiz, como um A1 é entregue."""
        return pkcs12.serialize_key_and_certificates(
            b"titular", self.chave, self.certificado, self.emissores[:-1] or None, _cifra(senha)
        )


def _cifra(senha: str | None) -> serialization.KeySerializationEncryption:
    if senha is None:
        return serialization.NoEncryption()
    return serialization.BestAvailableEncryption(senha.encode())


@dataclass(frozen=True)
class Autoridade(Par):
    """Uma AC: emite titulares, outras AC e listas de revogados."""

    organizacao: str = "ICP-Teste"

    def titular(
        self,
        nome: str = "CLINICA FICTICIA LTDA",
        *,
        cnpj: str | None = CNPJ,
        cpf: str = CPF,
        tipo: TipoDeChave = "rsa2048",
        de: datetime = INICIO,
        ate: datetime = FIM,
        assina: bool = True,
        nao_repudio: bool = True,
        usos: bool = True,
        ca: bool = False,
        nomes_icp: bool = True,
        texto: int = OCTET_STRING,
        crl: str | None = None,
        serie: int | None = None,
        chave_de: str | None = None,
    ) -> Par:
        """Certificado de titular, o mesmo a cada vez que se pede com as mesmas opções.

        Args:
            nome: do titular; o CN leva também o documento.
            cnpj: de pessoa jurídica; ``None`` faz um certificado de pessoa física.
            cpf: da pessoa física ou do responsável.
            tipo: da chave.
            de: início da validade.
            ate: fim da validade.
            assina: se o uso digitalSignature está ligado.
            nao_repudio: se o uso nonRepudiation está ligado.
            usos: se há a extensão keyUsage.
            ca: se as restrições básicas dizem que é autoridade.
            nomes_icp: se traz os nomes alternativos da ICP-Brasil.
            texto: tipo ASN.1 em que esses nomes se escrevem.
            crl: endereço da lista de revogados.
            serie: número de série; por padrão, um ao acaso.
            chave_de: outro nome para a chave, quando dois certificados devem ter a mesma.
        """
        return _titular(
            self, nome, cnpj, cpf, tipo, de, ate, assina, nao_repudio, usos, ca, nomes_icp,
            texto, crl, serie, chave_de,
        )  # fmt: skip

    def autoridade(
        self,
        nome: str,
        *,
        alcance: int | None = 0,
        de: datetime = INICIO,
        ate: datetime = FIM,
        ca: bool = True,
        tipo: TipoDeChave = "rsa2048",
        crl: str | None = None,
    ) -> Autoridade:
        """AC subordinada; ``alcance`` é quantas AC cabem abaixo dela."""
        return _autoridade(nome, self, self.organizacao, alcance, de, ate, ca, tipo, crl)

    def lcr(
        self,
        revogados: tuple[x509.Certificate, ...] = (),
        *,
        de: datetime = INICIO,
        ate: datetime = FIM,
        revogado_em: datetime = INICIO,
        numero: int = 1,
        chave: Chave | None = None,
    ) -> x509.CertificateRevocationList:
        """Lista de revogados desta AC, assinada por ela ou, para adulterar, por outra chave."""
        lista = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.certificado.subject)
            .last_update(de)
            .next_update(ate)
            .add_extension(x509.CRLNumber(numero), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.chave.public_key()),
                critical=False,
            )
        )
        for certificado in revogados:
            lista = lista.add_revoked_certificate(
                x509.RevokedCertificateBuilder()
                .serial_number(certificado.serial_number)
                .revocation_date(revogado_em)
                .build()
            )
        return lista.sign(chave or self.chave, hashes.SHA256())


def _construtor(
    nome: str,
    organizacao: str,
    publica: Chave,
    emissor: Autoridade | None,
    de: datetime,
    ate: datetime,
    serie: int | None,
    crl: str | None,
) -> x509.CertificateBuilder:
    sujeito = _nome(nome, organizacao)
    da_chave = publica.public_key()
    do_emissor = emissor.chave.public_key() if emissor else da_chave
    construtor = (
        x509.CertificateBuilder()
        .subject_name(sujeito)
        .issuer_name(emissor.certificado.subject if emissor else sujeito)
        .public_key(da_chave)
        .serial_number(serie or x509.random_serial_number())
        .not_valid_before(de)
        .not_valid_after(ate)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(da_chave), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(do_emissor), critical=False
        )
    )
    if crl is None:
        return construtor
    ponto = x509.DistributionPoint([x509.UniformResourceIdentifier(crl)], None, None, None)
    return construtor.add_extension(x509.CRLDistributionPoints([ponto]), critical=False)


def _usos(*, assina: bool, nao_repudio: bool, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=assina,
        content_commitment=nao_repudio,
        key_encipherment=not ca,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=ca,
        crl_sign=ca,
        encipher_only=False,
        decipher_only=False,
    )


@cache
def _autoridade(
    nome: str,
    emissor: Autoridade | None,
    organizacao: str,
    alcance: int | None,
    de: datetime,
    ate: datetime,
    ca: bool,
    tipo: TipoDeChave,
    crl: str | None,
) -> Autoridade:
    da_ac = chave(tipo, f"AC {organizacao} {nome}")
    construtor = (
        _construtor(nome, organizacao, da_ac, emissor, de, ate, None, crl)
        .add_extension(
            x509.BasicConstraints(ca=ca, path_length=alcance if ca else None), critical=True
        )
        .add_extension(_usos(assina=not ca, nao_repudio=False, ca=ca), critical=True)
    )
    certificado = construtor.sign(emissor.chave if emissor else da_ac, hashes.SHA256())
    emissores = (emissor.certificado, *emissor.emissores) if emissor else ()
    return Autoridade(certificado, da_ac, emissores, organizacao)


@cache
def _titular(
    emissor: Autoridade,
    nome: str,
    cnpj: str | None,
    cpf: str,
    tipo: TipoDeChave,
    de: datetime,
    ate: datetime,
    assina: bool,
    nao_repudio: bool,
    usos: bool,
    ca: bool,
    nomes_icp: bool,
    texto: int,
    crl: str | None,
    serie: int | None,
    chave_de: str | None,
) -> Par:
    do_titular = chave(tipo, chave_de or nome)
    construtor = _construtor(
        f"{nome}:{cnpj or cpf}", emissor.organizacao, do_titular, emissor, de, ate, serie, crl
    ).add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    if usos:
        construtor = construtor.add_extension(
            _usos(assina=assina, nao_repudio=nao_repudio, ca=ca), critical=True
        )
    construtor = construtor.add_extension(
        x509.ExtendedKeyUsage(
            [ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.EMAIL_PROTECTION]
        ),
        critical=False,
    )
    nomes: list[x509.GeneralName] = [x509.RFC822Name("titular@exemplo.com.br")]
    if nomes_icp and cnpj is None:
        nomes.append(_outro_nome(OID_PESSOA_FISICA, dados_de_pessoa(cpf), texto))
    elif nomes_icp and cnpj is not None:
        nomes += [
            _outro_nome(OID_NOME_DO_RESPONSAVEL, "MARIA INVENTADA", texto),
            _outro_nome(OID_CNPJ, cnpj, texto),
            _outro_nome(OID_RESPONSAVEL, dados_de_pessoa(cpf), texto),
        ]
    construtor = construtor.add_extension(x509.SubjectAlternativeName(nomes), critical=False)
    certificado = construtor.sign(emissor.chave, hashes.SHA256())
    return Par(certificado, do_titular, (emissor.certificado, *emissor.emissores))


def raiz(nome: str = "AC Raiz de Teste v1", organizacao: str = "ICP-Teste") -> Autoridade:
    """AC Raiz autoassinada; o nome e a organização a distinguem."""
    return _autoridade(nome, None, organizacao, None, INICIO, FIM, True, "rsa2048", None)


def intermediaria(crl: str | None = None) -> Autoridade:
    """AC subordinada à raiz, que emite titulares."""
    return raiz().autoridade("AC Intermediaria de Teste", crl=crl)


def falsa() -> Autoridade:
    """Raiz em que ninguém confia, com os mesmos nomes da verdadeira e outra chave."""
    return _autoridade_falsa()


@cache
def _autoridade_falsa() -> Autoridade:
    verdadeira = raiz()
    impostora = rsa.generate_private_key(65537, 2048)
    certificado = (
        _construtor("AC Raiz de Teste v1", "ICP-Teste", impostora, None, INICIO, FIM, None, None)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(_usos(assina=False, nao_repudio=False, ca=True), critical=True)
        .sign(impostora, hashes.SHA256())
    )
    assert certificado.subject == verdadeira.certificado.subject
    return Autoridade(certificado, impostora, (), "ICP-Teste")
