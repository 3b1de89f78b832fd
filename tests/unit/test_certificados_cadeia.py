"""A cadeia de um certificado até uma âncora, com uma ICP inventada."""

from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import certificados as icp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from mensagem.certificados import CadeiaInvalida, Loja, Motivo

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

AGORA = datetime(2026, 6, 1, tzinfo=UTC)
AC_VENCIDA = datetime(2024, 1, 1, tzinfo=UTC)


def _loja(*intermediarias: icp.Autoridade) -> Loja:
    return Loja([icp.raiz().certificado], [i.certificado for i in intermediarias])


def _motivo(
    loja: Loja, folha: x509.Certificate, enviados: Sequence[x509.Certificate] = ()
) -> Motivo:
    with pytest.raises(CadeiaInvalida) as recusada:
        loja.cadeia(folha, enviados, AGORA)
    assert recusada.value.texto.endswith(".")
    return recusada.value.motivo


@pytest.mark.parametrize("tipo", ["rsa2048", "ec256", "ec384"])
def test_intermediario_da_loja_ou_da_mensagem(tipo: icp.TipoDeChave) -> None:
    """O intermediário pode estar na loja ou vir com a mensagem; o caminho é o mesmo."""
    ac = icp.intermediaria()
    folha = ac.titular(nome=f"CLINICA {tipo}", tipo=tipo).certificado
    caminho = (folha, ac.certificado, icp.raiz().certificado)
    assert _loja(ac).cadeia(folha, (), AGORA).certificados == caminho
    assert _loja().cadeia(folha, (folha, ac.certificado), AGORA).certificados == caminho


def test_nao_repudio_e_dito() -> None:
    """O uso nonRepudiation não é preciso, mas sabe-se se o certificado o tem."""
    ac = icp.intermediaria()
    sem = ac.titular(nome="SEM NAO REPUDIO", nao_repudio=False).certificado
    assert _loja(ac).cadeia(ac.titular().certificado, (), AGORA).nao_repudio
    assert not _loja(ac).cadeia(sem, (), AGORA).nao_repudio


def test_sem_intermediario_nao_ha_caminho() -> None:
    """Sem o intermediário em parte alguma, não se chega à âncora."""
    assert _motivo(_loja(), icp.intermediaria().titular().certificado) is Motivo.SEM_ANCORA


def test_raiz_da_mensagem_nao_e_ancora() -> None:
    """Uma raiz que vem na mensagem não vale como âncora, tenha o nome que tiver."""
    falsa = icp.falsa()
    folha = falsa.titular(nome="IMPOSTORA").certificado
    assert _motivo(_loja(), folha, [folha, falsa.certificado]) is Motivo.SEM_ANCORA


@pytest.mark.parametrize(
    ("opcoes", "motivo"),
    [
        ({"nome": "VENCIDA", "ate": icp.VENCEU}, Motivo.VENCIDO),
        ({"nome": "FUTURA", "de": AGORA + timedelta(days=1)}, Motivo.AINDA_NAO_VALE),
        ({"nome": "SEM ASSINATURA", "assina": False}, Motivo.SEM_USO),
        ({"nome": "SEM USOS", "usos": False}, Motivo.SEM_USO),
        ({"nome": "CURTA", "tipo": "rsa1024"}, Motivo.FRACA),
    ],
)
def test_folha_que_nao_serve(opcoes: dict[str, object], motivo: Motivo) -> None:
    """Cada defeito do certificado que assinou tem o seu motivo."""
    ac = icp.intermediaria()
    assert _motivo(_loja(ac), ac.titular(**opcoes).certificado) is motivo  # type: ignore[arg-type]


def _com_finalidades(*finalidades: x509.ObjectIdentifier, critica: bool) -> x509.Certificate:
    """O certificado de um titular com outra extensão de finalidades."""
    ac = icp.intermediaria()
    titular = ac.titular()
    construtor = (
        x509.CertificateBuilder()
        .subject_name(titular.certificado.subject)
        .issuer_name(titular.certificado.issuer)
        .public_key(titular.chave.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(icp.INICIO)
        .not_valid_after(icp.FIM)
    )
    for extensao in titular.certificado.extensions:
        if extensao.oid != x509.ExtendedKeyUsage.oid:
            construtor = construtor.add_extension(extensao.value, extensao.critical)
    if finalidades:
        construtor = construtor.add_extension(x509.ExtendedKeyUsage(finalidades), critica)
    return construtor.sign(ac.chave, hashes.SHA256())


@pytest.mark.parametrize("critica", [False, True])
@pytest.mark.parametrize("finalidade", ["SERVER_AUTH", "TIME_STAMPING", "OCSP_SIGNING"])
def test_certificado_de_outra_finalidade(finalidade: str, *, critica: bool) -> None:
    """Um certificado só de servidor, de carimbo ou de OCSP não assina mensagens."""
    oid = getattr(ExtendedKeyUsageOID, finalidade)
    folha = _com_finalidades(oid, critica=critica)
    assert _motivo(_loja(icp.intermediaria()), folha) is Motivo.OUTRA_FINALIDADE


@pytest.mark.parametrize(
    "finalidade",
    [
        ExtendedKeyUsageOID.CLIENT_AUTH,
        ExtendedKeyUsageOID.EMAIL_PROTECTION,
        ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,
        x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36"),
    ],
)
def test_finalidade_de_quem_assina_serve(finalidade: x509.ObjectIdentifier) -> None:
    """Basta uma finalidade de quem assina entre as ditas, e nenhuma dita também serve."""
    ac = icp.intermediaria()
    mista = _com_finalidades(ExtendedKeyUsageOID.SERVER_AUTH, finalidade, critica=True)
    for folha in (mista, _com_finalidades(critica=False)):
        assert _loja(ac).cadeia(folha, (), AGORA)


def test_autoridade_vencida() -> None:
    """Uma autoridade fora da validade derruba a cadeia, ainda que a folha valha."""
    ac = icp.raiz().autoridade("AC Vencida", ate=AC_VENCIDA)
    assert _motivo(_loja(ac), ac.titular(nome="DE AC VENCIDA").certificado) is Motivo.AC_VENCIDA


def test_certificado_de_titular_nao_emite() -> None:
    """Um certificado que não é de autoridade não serve de intermediário."""
    falso = icp.raiz().autoridade("Titular que Emite", ca=False)
    folha = falso.titular(nome="EMITIDA POR TITULAR").certificado
    assert _motivo(_loja(), folha, [falso.certificado]) is Motivo.AC_INVALIDA


def test_alcance_da_autoridade() -> None:
    """Uma autoridade de alcance zero não pode ter outra abaixo."""
    acima = icp.raiz().autoridade("AC de Alcance Zero", alcance=0)
    abaixo = acima.autoridade("AC a Mais")
    folha = abaixo.titular(nome="LONGE DEMAIS").certificado
    assert _motivo(_loja(acima, abaixo), folha) is Motivo.AC_INVALIDA
    livre = icp.raiz().autoridade("AC de Alcance Um", alcance=1)
    certa = livre.autoridade("AC Que Cabe")
    assert _loja(livre, certa).cadeia(certa.titular(nome="NA MEDIDA").certificado, (), AGORA)


def test_caminho_alternativo_vale_mais_que_o_vencido() -> None:
    """Com dois certificados da mesma autoridade, o que vale é achado, venha antes ou depois."""
    nome = "AC Renovada"
    velha = icp.raiz().autoridade(nome, ate=AC_VENCIDA)
    nova = icp.raiz().autoridade(nome, ate=icp.FIM)
    folha = nova.titular(nome="DE AC RENOVADA").certificado
    for ordem in ([velha, nova], [nova, velha]):
        assert _loja(*ordem).cadeia(folha, (), AGORA).certificados[1] == nova.certificado


def test_extensao_critica_desconhecida() -> None:
    """O que é crítico e não se conhece recusa o certificado."""
    ac = icp.intermediaria()
    chave = rsa.generate_private_key(65537, 2048)
    desconhecida = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4.5"), b"\x05\x00")
    folha = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "ESTRANHA")]))
        .issuer_name(ac.certificado.subject)
        .public_key(chave.public_key())
        .serial_number(7)
        .not_valid_before(icp.INICIO)
        .not_valid_after(icp.FIM)
        .add_extension(ac.titular().certificado.extensions.get_extension_for_class(
            x509.KeyUsage).value, critical=True)
        .add_extension(desconhecida, critical=True)
        .sign(ac.chave, hashes.SHA256())
    )  # fmt: skip
    assert _motivo(_loja(ac), folha) is Motivo.EXTENSAO


def test_muitos_emissores_de_mesmo_nome_nao_custam() -> None:
    """Uma mensagem com muitos intermediários de mesmo nome acaba logo em recusa."""
    falsas = [
        icp.raiz(organizacao="ICP-Teste", nome=f"AC Raiz {n}").autoridade(
            "AC Intermediaria de Teste"
        )
        for n in range(3)
    ]
    folha = icp.intermediaria().titular().certificado
    enviados = [f.certificado for f in falsas] * 50
    assert _motivo(_loja(), folha, enviados) is Motivo.SEM_ANCORA


@pytest.mark.skipif(shutil.which("openssl") is None, reason="falta o openssl")
@pytest.mark.parametrize("caso", ["boa", "vencida", "falsa", "sem intermediária"])
def test_openssl_diz_o_mesmo(tmp_path: Path, caso: str) -> None:
    """O openssl, que não conhece este código, aceita e recusa os mesmos certificados."""
    ac = icp.intermediaria()
    par = {
        "boa": ac.titular(),
        "vencida": ac.titular(nome="VENCIDA", ate=icp.VENCEU),
        "falsa": icp.falsa().titular(),
        "sem intermediária": ac.titular(),
    }[caso]
    ajuda = [] if caso == "sem intermediária" else [ac]
    (tmp_path / "raiz.pem").write_bytes(icp.raiz().pem)
    (tmp_path / "folha.pem").write_bytes(par.pem)
    comando = ["openssl", "verify", "-attime", str(int(AGORA.timestamp())), "-CAfile", "raiz.pem"]
    if ajuda:
        (tmp_path / "ac.pem").write_bytes(ac.pem)
        comando += ["-untrusted", "ac.pem"]
    saida = subprocess.run([*comando, "folha.pem"], cwd=tmp_path, capture_output=True, check=False)
    try:
        _loja(*ajuda).cadeia(par.certificado, (), AGORA)
        aceita = True
    except CadeiaInvalida:
        aceita = False
    assert (saida.returncode == 0) == aceita == (caso == "boa")
