"""As respostas assinadas: no lugar do contrato, válidas no esquema, aceitas pelo xmlsec1."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import certificados as icp
import pytest
from lxml import etree
from mensagens import INSTANTE, REGISTRO, cabecalho_lido
from security.assinaturas import xmlsec1
from validador import validar_resposta

import tiss_xsd
from dominio import erros
from dominio.transacoes import NS_TISS, TRANSACOES, Transacao
from dominio.versoes import VERSOES
from mensagem.assinatura import (
    Assinante,
    ChaveDeAssinatura,
    ChaveInvalida,
    Grafia,
    Politica,
    verificar,
)
from mensagem.parse import Limites, parse
from mensagem.resposta import corpo_de_erro, montar

if TYPE_CHECKING:
    from pathlib import Path

    from certificados import TipoDeChave

    from mensagem.assinatura import C14n

UTILIZAVEIS = [(t, v) for t in TRANSACOES for v in VERSOES if t.utilizavel_em(v)]
POLITICA = Politica("2.16.76.1.7.1.6.2.4", hashlib.sha256(b"politica").digest(), "http://p.invalid")
CONTRATO = {
    "Signatures": Grafia.ANS_SIGNATURES,
    "Signature": Grafia.ANS_SIGNATURE,
}


def chave(tipo: TipoDeChave = "rsa2048") -> ChaveDeAssinatura:
    return ChaveDeAssinatura.carregar(icp.intermediaria().titular(tipo=tipo).pkcs12(), icp.SENHA)


def responder(
    transacao: Transacao, versao: str, quem: Assinante, *, em_arquivo: bool = False
) -> bytes:
    return montar(
        transacao,
        corpo_de_erro(transacao, versao, erros.HASH, erros.HASH.texto),
        cabecalho_lido(transacao.tipo_pedido, versao),
        registro_ans=REGISTRO,
        versao=versao,
        agora=INSTANTE,
        em_arquivo=em_arquivo,
        assinar_com=quem,
    )


@pytest.mark.parametrize(
    ("transacao", "versao"), UTILIZAVEIS, ids=lambda x: getattr(x, "servico", x)
)
@pytest.mark.parametrize("em_arquivo", [False, True], ids=["ws", "arquivo"])
def test_assinada_no_lugar_do_contrato(
    transacao: Transacao, versao: str, *, em_arquivo: bool
) -> None:
    """Em todo serviço e versão a resposta assinada é válida no esquema e a assinatura vale."""
    dados = responder(
        transacao, versao, Assinante(chave(), politica=POLITICA), em_arquivo=em_arquivo
    )
    validar_resposta(dados, versao)
    verificada = verificar(parse(dados, Limites()))
    assert verificada is not None
    esperada = Grafia.DS_SIGNATURE if em_arquivo else CONTRATO[transacao.assinatura_resposta]
    assert verificada.grafia is esperada
    assert verificada.xades is not None
    assert verificada.xades.assinada_em == INSTANTE.replace(microsecond=0)
    assert verificada.xades.politica == POLITICA.oid


@pytest.mark.parametrize("versao", VERSOES)
@pytest.mark.parametrize("em_arquivo", [False, True], ids=["ws", "arquivo"])
@pytest.mark.parametrize("c14n", ["exclusiva", "inclusiva"])
@pytest.mark.parametrize("xades", [True, False], ids=["XAdES", "simples"])
def test_o_xmlsec1_aceita(
    tmp_path: Path, versao: str, c14n: C14n, *, em_arquivo: bool, xades: bool
) -> None:
    """O xmlsec1 aceita as nossas assinaturas em todas as versões e formas."""
    quem = Assinante(chave(), c14n, xades)
    dados = responder(TRANSACOES[0], versao, quem, em_arquivo=em_arquivo)
    aceita, dito = xmlsec1.confere(dados, tmp_path)
    assert aceita, dito


@pytest.mark.parametrize("tipo", ["rsa3072", "ec256", "ec384", "ec521"])
def test_o_xmlsec1_aceita_cada_tipo_de_chave(tmp_path: Path, tipo: TipoDeChave) -> None:
    """RSA maiores e curvas elípticas também saem na forma que o padrão quer."""
    aceita, dito = xmlsec1.confere(
        responder(TRANSACOES[0], "4.03.00", Assinante(chave(tipo))), tmp_path
    )
    assert aceita, dito


def test_o_xmlsec1_recusa_a_adulterada(tmp_path: Path) -> None:
    """O oráculo recusa a mesma resposta com um valor trocado."""
    dados = responder(TRANSACOES[0], "4.03.00", Assinante(chave()))
    adulterada = dados.replace(REGISTRO.encode(), b"000001")
    assert adulterada != dados
    assert not xmlsec1.confere(adulterada, tmp_path)[0]


def test_o_esquema_confere_a_assinatura_tambem() -> None:
    """A resposta assinada passa inteira pelo esquema, com a assinatura nela."""
    dados = responder(TRANSACOES[0], "4.03.00", Assinante(chave()))
    mensagem = etree.fromstring(dados)
    assert mensagem[-1].tag == f"{{{NS_TISS}}}Signature"
    assert tiss_xsd.esquema("4.03.00").valida(mensagem)
    mensagem[-1].tag = f"{{{NS_TISS}}}Signatures"
    assert not tiss_xsd.esquema("4.03.00").valida(mensagem)


def test_sem_assinante_nada_muda() -> None:
    """Sem quem assine, a resposta vai sem assinatura."""
    dados = montar(
        TRANSACOES[0],
        corpo_de_erro(TRANSACOES[0], "4.03.00", erros.HASH, "x"),
        cabecalho_lido(TRANSACOES[0].tipo_pedido, "4.03.00"),
        registro_ans=REGISTRO,
        versao="4.03.00",
        agora=INSTANTE,
    )
    assert verificar(parse(dados, Limites())) is None


# --- a chave ----------------------------------------------------------------------------------


def test_pkcs12_traz_a_cadeia_sem_a_raiz() -> None:
    """Do PKCS#12 saem chave, certificado e intermediários; a raiz não se envia."""
    carregada = chave()
    assert carregada.certificado == icp.intermediaria().titular().certificado
    assert carregada.cadeia == (icp.intermediaria().certificado,)


@pytest.mark.parametrize("senha", [None, "", "s3nha"])
@pytest.mark.parametrize("certificado_antes", [True, False])
def test_pem_em_qualquer_ordem(senha: str | None, *, certificado_antes: bool) -> None:
    """Um PEM serve com chave e certificados em qualquer ordem, cifrado ou não."""
    par = icp.intermediaria().titular()
    partes = [par.pem_da_chave(senha or None), icp.intermediaria().pem + par.pem + icp.raiz().pem]
    dados = b"".join(reversed(partes) if certificado_antes else partes)
    carregada = ChaveDeAssinatura.carregar(dados, senha)
    assert carregada.certificado == par.certificado
    assert carregada.cadeia == (icp.intermediaria().certificado,)


def test_pkcs12_sem_senha() -> None:
    """Um PKCS#12 sem senha abre sem senha."""
    dados = icp.intermediaria().titular().pkcs12(None)
    assert ChaveDeAssinatura.carregar(dados, "").certificado is not None


_PAR = icp.intermediaria().titular()


@pytest.mark.parametrize(
    ("dados", "senha", "dito"),
    [
        (_PAR.pkcs12(), "errada", "senha está errada"),
        (_PAR.pkcs12(), None, "senha está errada"),
        (b"nada disto", None, "nem um PEM"),
        (_PAR.pem, None, "nem um PEM"),
        (_PAR.pem_da_chave(), None, "nem um PEM"),
        (_PAR.pem_da_chave("x") + _PAR.pem, None, "senha está errada"),
        (_PAR.pem_da_chave() + icp.raiz().pem, None, "não traz o certificado da chave"),
        (
            icp.intermediaria().titular(tipo="rsa1024").pkcs12(),
            icp.SENHA,
            "menos de 2048 bits",
        ),
        (icp.intermediaria().titular(tipo="ec256k1").pkcs12(), icp.SENHA, "curva"),
        (icp.intermediaria().titular(assina=False).pkcs12(), icp.SENHA, "digitalSignature"),
    ],
    ids=[
        "senha errada", "senha ausente", "lixo", "sem chave", "sem certificado", "pem cifrado",
        "certificado de outra", "rsa curta", "curva", "sem uso de assinatura",
    ],
)  # fmt: skip
def test_chave_que_nao_serve(dados: bytes, senha: str | None, dito: str) -> None:
    """Um arquivo com que não se pode assinar diz por quê, sem repetir a senha."""
    with pytest.raises(ChaveInvalida, match=dito) as invalida:
        ChaveDeAssinatura.carregar(dados, senha)
    assert senha is None or senha not in str(invalida.value).split()


def test_hora_da_assinatura_e_em_utc() -> None:
    """A hora que a assinatura diz é a dada, em UTC."""
    instante = datetime(2026, 3, 20, 23, 59, 59, tzinfo=UTC)
    raiz = etree.Element(f"{{{NS_TISS}}}loteGuiasWS", nsmap={"ans": NS_TISS})
    texto = etree.tostring(Assinante(chave()).assinar(raiz, instante))
    assert b"<xades:SigningTime>2026-03-20T23:59:59Z</xades:SigningTime>" in texto
