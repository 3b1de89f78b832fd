"""Listas de revogados: leitura, conferência e endereços."""

from __future__ import annotations

import certificados as icp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from mensagem.certificados import ListaInvalida, chave_do_emissor, ler_lista, pontos
from mensagem.certificados.revogacao import serie


def _der(lista: x509.CertificateRevocationList) -> bytes:
    return lista.public_bytes(Encoding.DER)


@pytest.mark.parametrize("forma", [Encoding.DER, Encoding.PEM])
def test_lista_diz_quem_foi_revogado(forma: Encoding) -> None:
    """Os números da lista são os dos certificados revogados, em DER ou PEM."""
    ac = icp.intermediaria()
    perdido, bom = ac.titular(nome="PERDIDO"), ac.titular(nome="BOM")
    dados = ac.lcr((perdido.certificado,)).public_bytes(forma)
    lista = ler_lista(dados, ac.certificado)
    numeros = set(lista.revogados())
    assert serie(perdido.certificado.serial_number) in numeros
    assert serie(bom.certificado.serial_number) not in numeros
    assert (lista.emitida_em, lista.proxima_em) == (icp.INICIO, icp.FIM)


def test_assinatura_da_lista_e_conferida() -> None:
    """Uma lista assinada por outra chave, ou de outra autoridade, não vale."""
    ac = icp.intermediaria()
    with pytest.raises(ListaInvalida, match="assinatura"):
        ler_lista(_der(ac.lcr(chave=icp.falsa().chave)), ac.certificado)
    with pytest.raises(ListaInvalida, match="outra autoridade"):
        ler_lista(_der(icp.raiz().lcr()), ac.certificado)


def test_titular_nao_assina_lista() -> None:
    """Quem não tem o uso de assinar listas não as faz, ainda que a assinatura confira."""
    titular = icp.intermediaria().titular(nome="QUER SER AC")
    lista = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(titular.certificado.subject)
        .last_update(icp.INICIO)
        .next_update(icp.FIM)
        .sign(titular.chave, hashes.SHA256())
    )
    with pytest.raises(ListaInvalida, match="não pode assinar"):
        ler_lista(_der(lista), titular.certificado)


def _com(extensao: x509.ExtensionType) -> bytes:
    ac = icp.intermediaria()
    return _der(
        x509.CertificateRevocationListBuilder()
        .issuer_name(ac.certificado.subject)
        .last_update(icp.INICIO)
        .next_update(icp.FIM)
        .add_extension(extensao, critical=True)
        .sign(ac.chave, hashes.SHA256())
    )


def _ponto(**campos: object) -> x509.IssuingDistributionPoint:
    padroes: dict[str, object] = {
        "full_name": None,
        "relative_name": None,
        "only_contains_user_certs": False,
        "only_contains_ca_certs": False,
        "only_some_reasons": None,
        "indirect_crl": False,
        "only_contains_attribute_certs": False,
    }
    return x509.IssuingDistributionPoint(**{**padroes, **campos})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "extensao",
    [
        x509.DeltaCRLIndicator(1),
        _ponto(indirect_crl=True),
        _ponto(only_contains_ca_certs=True),
        _ponto(only_some_reasons=frozenset({x509.ReasonFlags.key_compromise})),
    ],
    ids=["de diferenças", "indireta", "só de autoridades", "só de alguns motivos"],
)
def test_lista_parcial_nao_serve(extensao: x509.ExtensionType) -> None:
    """Uma lista que não fala de todos os certificados não prova que um deles vale."""
    with pytest.raises(ListaInvalida):
        ler_lista(_com(extensao), icp.intermediaria().certificado)


def test_lista_com_o_seu_endereco() -> None:
    """O endereço que a lista diz ser o seu é lido."""
    endereco = "http://lcr.exemplo.com.br/a.crl"
    nome = [x509.UniformResourceIdentifier(endereco)]
    lista = ler_lista(_com(_ponto(full_name=nome)), icp.intermediaria().certificado)
    assert lista.ponto == endereco


def test_lista_de_outro_endereco_nao_serve() -> None:
    """A lista que diz o seu endereço só serve a um dos que se pediram; a que não diz, a todos."""
    endereco, outro = "http://lcr.exemplo.com.br/a.crl", "http://lcr.exemplo.com.br/b.crl"
    emissor = icp.intermediaria().certificado
    nome = [x509.UniformResourceIdentifier(endereco)]
    lista = ler_lista(_com(_ponto(full_name=nome)), emissor)
    lista.conferir_ponto([outro, endereco])
    with pytest.raises(ListaInvalida, match="outro endereço"):
        lista.conferir_ponto([outro])
    geral = icp.intermediaria().lcr().public_bytes(Encoding.DER)
    ler_lista(geral, emissor).conferir_ponto([outro])


def test_lista_com_endereco_que_nao_se_le_nao_serve() -> None:
    """A lista que só se diz num diretório LDAP não é a de nenhum endereço que se busque."""
    nome = [x509.UniformResourceIdentifier("ldap://lcr.exemplo.com.br/cn=ac")]
    lista = ler_lista(_com(_ponto(full_name=nome)), icp.intermediaria().certificado)
    with pytest.raises(ListaInvalida, match="outro endereço"):
        lista.conferir_ponto(["http://lcr.exemplo.com.br/a.crl"])


@pytest.mark.parametrize("dados", [b"", b"\x30\x03\x02\x01\x01", b"-----BEGIN X509 CRL-----\nAA\n"])
def test_o_que_nao_e_lista(dados: bytes) -> None:
    """Bytes que não são uma lista se recusam com palavras."""
    with pytest.raises(ListaInvalida, match="não é uma lista"):
        ler_lista(dados, icp.intermediaria().certificado)


@pytest.mark.parametrize(
    ("endereco", "serve"),
    [
        ("http://lcr.exemplo.com.br/a.crl", True),
        ("HTTPS://lcr.exemplo.com.br/a.crl", True),
        ("ldap://lcr.exemplo.com.br/cn=ac", False),
        ("file:///etc/passwd", False),
        ("http://" + "a" * 2000, False),
        ("http://[", False),
        ("http://alguem@lcr.exemplo.com.br/a.crl", False),
        ("http://alguem:senha@lcr.exemplo.com.br/a.crl", False),
    ],
)
def test_so_enderecos_http_se_buscam(endereco: str, *, serve: bool) -> None:
    """Só HTTP e HTTPS, de tamanho razoável, são endereços de lista."""
    par = icp.intermediaria().titular(nome="COM LISTA", crl=endereco)
    assert pontos(par.certificado) == ((endereco,) if serve else ())


def test_autoridades_de_mesmo_nome_se_distinguem_pela_chave() -> None:
    """Duas raízes com os mesmos nomes não partilham listas."""
    assert chave_do_emissor(icp.raiz().certificado) != chave_do_emissor(icp.falsa().certificado)
