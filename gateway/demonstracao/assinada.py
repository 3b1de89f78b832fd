"""Uma mensagem assinada pelo hospital, enviada em arquivo, e o que se acha da assinatura."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from lxml import etree

from dominio.competencia import agora
from dominio.lote import TipoGuia
from dominio.transacoes import POR_SERVICO
from gateway.comandos.comum import Recusado
from gateway.demonstracao.cenario import CNPJ, EM_VIGOR, HOSPITAL, LOGIN, OPERADORA, SENHA
from gateway.demonstracao.fala import passo
from gateway.demonstracao.retaguarda import pedir
from mensagem.assinatura import ChaveDeAssinatura, assinar, verificar
from mensagem.certificados import titular
from prestador.cabecalho import cabecalho
from prestador.lotes import corpo_lote
from prestador.mensagem_xml import mensagem_arquivo

if TYPE_CHECKING:
    from mensagem.assinatura import Verificada


def enviar(base: str) -> None:
    """Assina um lote, envia-o em arquivo e mostra o que se confere da assinatura.

    Raises:
        Recusado: se a assinatura não confere, ou se o gateway recusou a mensagem.
    """
    passo("O hospital assina um lote e envia-o em arquivo")
    transacao = POR_SERVICO["tissLoteGuias"]
    mensagem = mensagem_arquivo(
        transacao,
        cabecalho(transacao.tipo_pedido, EM_VIGOR, HOSPITAL, OPERADORA, login=LOGIN, senha=SENHA),
        corpo_lote(
            TipoGuia.CONSULTA,
            EM_VIGOR,
            prestador=HOSPITAL,
            registro_ans=OPERADORA,
            numero_lote="4030006",
        ),
    )
    dados = etree.tostring(assinar(mensagem, _chave()), encoding="ISO-8859-1", xml_declaration=True)
    protocolo = _entregar(base, dados)
    verificada = verificar(etree.fromstring(dados))
    if verificada is None:
        raise Recusado("a mensagem assinada não tem assinatura")
    click.echo(f"  protocolo {protocolo}; assinatura íntegra, {_de_quem(verificada)}")


def _de_quem(verificada: Verificada) -> str:
    nome = titular(verificada.certificado).nome
    return f"{verificada.algoritmo}, de {nome}"


def _chave() -> ChaveDeAssinatura:
    """Uma chave que ninguém certificou: serve para a integridade, não para a confiança."""
    privada = ec.generate_private_key(ec.SECP256R1())
    nome = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"HOSPITAL SAO LAZARO:{CNPJ}")])
    inicio = agora()
    certificado = (
        x509.CertificateBuilder()
        .subject_name(nome)
        .issuer_name(nome)
        .public_key(privada.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(inicio - timedelta(days=1))
        .not_valid_after(inicio + timedelta(days=1))
        .sign(privada, hashes.SHA256())
    )
    return ChaveDeAssinatura(privada, certificado)


def _entregar(base: str, dados: bytes) -> str:
    resposta, _ = pedir(f"{base}/api/v1/mensagens", dados, {"Content-Type": "application/xml"})
    resultado: dict[str, Any] = json.loads(resposta)["mensagens"][0]
    if resultado["protocolo"] is None:
        raise Recusado(f"o gateway recusou a mensagem assinada: {resultado['texto']}")
    return str(resultado["protocolo"])
