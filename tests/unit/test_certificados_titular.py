"""De quem é um certificado, pelos nomes alternativos da ICP-Brasil."""

from __future__ import annotations

import certificados as icp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from mensagem.certificados import titular


@pytest.mark.parametrize("tipo", [icp.OCTET_STRING, icp.UTF8_STRING, icp.PRINTABLE_STRING])
def test_pessoa_juridica(tipo: int) -> None:
    """O CNPJ e quem responde por ele, no tipo ASN.1 que a autoridade tiver usado."""
    par = icp.intermediaria().titular(nome=f"CLINICA {tipo}", texto=tipo)
    achado = titular(par.certificado)
    assert (achado.cnpj, achado.cpf) == (icp.CNPJ, None)
    assert (achado.responsavel, achado.cpf_do_responsavel) == ("MARIA INVENTADA", icp.CPF)
    assert achado.nome == f"CLINICA {tipo}"


def test_pessoa_fisica() -> None:
    """O CPF vem depois da data de nascimento, e não há CNPJ."""
    achado = titular(icp.intermediaria().titular(nome="MEDICA", cnpj=None).certificado)
    assert (achado.cnpj, achado.cpf) == (None, icp.CPF)


def test_certificado_de_outra_icp_nao_diz_titular() -> None:
    """Sem os nomes da ICP-Brasil não se sabe o documento; o nome comum não o prova."""
    achado = titular(icp.intermediaria().titular(nome="DE FORA", nomes_icp=False).certificado)
    assert (achado.cnpj, achado.cpf) == (None, None)


def _com_nomes(*nomes: tuple[str, bytes]) -> x509.Certificate:
    chave = ec.generate_private_key(ec.SECP256R1())
    nome = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "TESTE")])
    outros = [x509.OtherName(x509.ObjectIdentifier(oid), valor) for oid, valor in nomes]
    return (
        x509.CertificateBuilder()
        .subject_name(nome)
        .issuer_name(nome)
        .public_key(chave.public_key())
        .serial_number(1)
        .not_valid_before(icp.INICIO)
        .not_valid_after(icp.FIM)
        .add_extension(x509.SubjectAlternativeName(outros), critical=False)
        .sign(chave, hashes.SHA256())
    )


CNPJ = ("2.16.76.1.3.3", b"\x04\x0e11222333000181")


def test_cnpj_com_letras() -> None:
    """O CNPJ alfanumérico é lido como os outros."""
    assert (
        titular(_com_nomes(("2.16.76.1.3.3", b"\x0c\x0e12ABC34501DE35"))).cnpj == "12ABC34501DE35"
    )


@pytest.mark.parametrize(
    "nomes",
    [
        [CNPJ, CNPJ],
        [("2.16.76.1.3.3", b"\x04\x0e11222333000182")],
        [("2.16.76.1.3.3", b"\x30\x0e11222333000181")],
        [("2.16.76.1.3.3", b"\x04\x00")],
        [("2.16.76.1.3.3", b"\x0c\x02\xff\xfe")],
    ],
    ids=["dois", "dígito errado", "outro tipo", "vazio", "não é texto"],
)
def test_cnpj_estragado_fica_ausente(nomes: list[tuple[str, bytes]]) -> None:
    """O que não se lê com certeza não é titular de nada."""
    assert titular(_com_nomes(*nomes)).cnpj is None


def test_cpf_e_o_das_posicoes_certas() -> None:
    """O CPF é o das posições 9 a 19, e não outro número do mesmo texto."""
    texto = icp.dados_de_pessoa(icp.CPF).encode()
    nome = ("2.16.76.1.3.1", bytes([4, len(texto)]) + texto)
    assert titular(_com_nomes(nome)).cpf == icp.CPF
    deslocado = ("2.16.76.1.3.1", bytes([4, len(texto) - 1]) + texto[1:])
    assert titular(_com_nomes(deslocado)).cpf is None
