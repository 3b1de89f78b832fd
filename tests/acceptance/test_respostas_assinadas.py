"""Respostas assinadas com o certificado da operadora, conferidas por quem as recebe."""

from __future__ import annotations

from typing import TYPE_CHECKING

import certificados as icp
import pytest
from acceptance import viveiro
from acceptance.servidor import HOSPITAL, LOGIN, SENHA
from integration.recepcao import STATUS, lote, pronta, status
from lxml import etree
from security.assinaturas import xmlsec1
from validador import validar_resposta

from dominio.transacoes import NS_TISS
from mensagem.assinatura import verificar
from mensagem.parse import Limites, parse

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from acceptance.servidor import Servidor

_Q = f"{{{NS_TISS}}}"
VERSOES = ("3.05.00", "4.03.00")


@pytest.fixture
def da_operadora() -> icp.Par:
    """O certificado com que a operadora assina."""
    return icp.intermediaria().titular(nome="OPERADORA EXEMPLO", cnpj=icp.OUTRO_CNPJ)


@pytest.fixture
def servidor(
    novo_servidor: Callable[..., Servidor], tmp_path: Path, da_operadora: icp.Par
) -> Servidor:
    """Um gateway que assina as respostas."""
    chave, senha = tmp_path / "operadora.p12", tmp_path / "senha"
    chave.write_bytes(da_operadora.pkcs12())
    senha.write_text(icp.SENHA + "\n", encoding="utf-8")
    return novo_servidor(
        TISS_GATEWAY_SIGNATURE__KEY=str(chave), TISS_GATEWAY_SIGNATURE__PASSWORD_FILE=str(senha)
    )


def _resposta(corpo: bytes) -> etree._Element:
    return parse(corpo, Limites())[0][0]


def test_resposta_assinada_confere_no_xmlsec1(
    servidor: Servidor, da_operadora: icp.Par, tmp_path: Path
) -> None:
    """Recibo, situação e recusa saem assinados, e o xmlsec1 os confere até à raiz."""
    servidor.iniciar()
    quem = {"quem": HOSPITAL, "login": LOGIN, "senha": SENHA}
    for n, versao in enumerate(VERSOES, 1):
        recibo = servidor.postar(pronta(lote(versao=versao, numero=str(n), **quem)), versao).corpo
        protocolo = next(e.text for e in etree.fromstring(recibo).iter(f"{_Q}numeroProtocolo"))
        pergunta = pronta(status(protocolo or "", versao=versao, **quem))
        situacao = servidor.postar(pergunta, versao, STATUS.servico).corpo
        repetida = pronta(lote(versao=versao, numero=str(n), semente=9, sequencial="7", **quem))
        for corpo in (recibo, situacao, servidor.postar(repetida, versao).corpo):
            validar_resposta(corpo, versao)
            aceita, dito = xmlsec1.confere(etree.tostring(_resposta(corpo)), tmp_path)
            assert aceita, dito
            verificada = verificar(_resposta(corpo))
            assert verificada is not None
            assert verificada.certificado == da_operadora.certificado


def test_chave_que_nao_se_abre_impede_o_comeco(servidor: Servidor, tmp_path: Path) -> None:
    """Com a senha errada o gateway diz em uma linha por que não começa."""
    (tmp_path / "senha").write_text("outra", encoding="utf-8")
    saida = viveiro.executar(["serve"], env=servidor._ambiente, cwd=servidor.pasta, timeout=60)
    assert saida.returncode == 2
    assert "signature.key" in saida.stderr
    assert saida.stderr.count("\n") == 1
