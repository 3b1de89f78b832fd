"""Maços de certificados que quem administra entrega: avulsos, vários juntos ou em zip."""

from __future__ import annotations

import re
import zipfile
from io import BytesIO

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from mensagem.certificados.leitura import CertificadoIlegivel, ler_certificados

MAIOR_MACO = 32 * 1_048_576
"""Bytes de um maço, também depois de aberto o zip."""
_MAIOR_ZIP = 2_000
"""Membros; o maço da ICP-Brasil tem poucas centenas."""
_EXTENSOES = (".crt", ".cer", ".pem", ".der", ".p7b", ".p7c")
_RAIZ_BRASILEIRA = re.compile(r"Autoridade Certificadora Raiz Brasileira v[0-9]{1,3}")
_ICP_BRASIL = "ICP-Brasil"


def abrir_maco(dados: bytes) -> list[x509.Certificate]:
    """Todos os certificados de um PEM, DER, PKCS#7, ou de um zip deles.

    Raises:
        CertificadoIlegivel: é grande demais ou traz o que não se lê.
    """
    if len(dados) > MAIOR_MACO:
        raise CertificadoIlegivel("o arquivo passa de 32 MiB")
    if not zipfile.is_zipfile(BytesIO(dados)):
        return ler_certificados(dados)
    return [c for membro in _membros(dados) for c in ler_certificados(membro)]


def _membros(dados: bytes) -> list[bytes]:
    achados = []
    resta = MAIOR_MACO
    try:
        with zipfile.ZipFile(BytesIO(dados)) as zip_:
            nomes = [i for i in zip_.infolist() if i.filename.lower().endswith(_EXTENSOES)]
            if len(nomes) > _MAIOR_ZIP:
                raise CertificadoIlegivel("o zip tem arquivos demais")
            for nome in nomes:
                with zip_.open(nome) as membro:
                    achados.append(membro.read(resta + 1))
                resta -= len(achados[-1])
                if resta < 0:
                    raise CertificadoIlegivel("o zip, aberto, passa de 32 MiB")
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError):
        raise CertificadoIlegivel("o zip está estragado ou tem senha") from None
    if not achados:
        raise CertificadoIlegivel("o zip não traz certificados (.crt, .cer, .pem, .der, .p7b)")
    return achados


def e_autoridade(certificado: x509.Certificate) -> bool:
    """Se as restrições básicas dizem que emite certificados."""
    try:
        return certificado.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        return False


def e_autoassinado(certificado: x509.Certificate) -> bool:
    """Se foi assinado pela própria chave, como toda raiz."""
    try:
        certificado.verify_directly_issued_by(certificado)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def e_raiz_brasileira(certificado: x509.Certificate) -> bool:
    """Se tem os nomes da AC Raiz da ICP-Brasil e é autoassinado.

    Os nomes qualquer um escreve: quem carrega o maço ainda deve comparar a impressão digital com a
    que o ITI publica.
    """
    nomes = {
        oid: [str(a.value) for a in certificado.subject.get_attributes_for_oid(oid)]
        for oid in (x509.NameOID.COMMON_NAME, x509.NameOID.ORGANIZATION_NAME)
    }
    comum = nomes[x509.NameOID.COMMON_NAME]
    return (
        len(comum) == 1
        and _RAIZ_BRASILEIRA.fullmatch(comum[0]) is not None
        and nomes[x509.NameOID.ORGANIZATION_NAME] == [_ICP_BRASIL]
        and e_autoassinado(certificado)
    )
