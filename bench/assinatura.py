"""Quanto custa verificar a assinatura de um lote de 100 guias, diante do trabalho nu.

O nu é o que não se pode deixar de fazer sobre a mensagem já lida: uma forma canônica, um resumo e
uma verificação RSA; na forma inclusiva dentro de um envelope, também uma segunda leitura, de que a
forma canônica certa depende. Cada rodada mede um e outro, em documentos recém-lidos; a razão é a
mediana das rodadas. Roda-se à mão: ``python -m bench.assinatura``.
"""

from __future__ import annotations

import gc
import hashlib
import statistics
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.x509.oid import NameOID
from lxml import etree

from bench.casos import CASOS, molde_de_lote
from mensagem import envelope
from mensagem.assinatura import ChaveDeAssinatura, assinar, verificar
from mensagem.assinatura.canonica import avulso, sozinho
from mensagem.envelope import Soap
from mensagem.parse import Limites, parse

if TYPE_CHECKING:
    from collections.abc import Callable

    from mensagem.assinatura import C14n

RODADAS = 60
ALVO = 1.4
_FORMAS: tuple[C14n, ...] = ("exclusiva", "inclusiva")


def chave() -> ChaveDeAssinatura:
    """Uma chave RSA de 2048 bits com um certificado seu, sem autoridade."""
    privada = rsa.generate_private_key(65537, 2048)
    nome = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Medicao")])
    hoje = datetime.now(UTC)
    certificado = (
        x509.CertificateBuilder()
        .subject_name(nome)
        .issuer_name(nome)
        .public_key(privada.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(hoje)
        .not_valid_after(hoje + timedelta(days=1))
        .sign(privada, hashes.SHA256())
    )
    return ChaveDeAssinatura(privada, certificado)


def assinada(quem: ChaveDeAssinatura, forma: C14n) -> bytes:
    """O envelope com o lote de 100 guias assinado."""
    pedido = parse(molde_de_lote(CASOS["lote-100"]).com(1), Limites())
    mensagem = assinar(sozinho(envelope.abrir(pedido)), quem, c14n=forma)
    return envelope.fechar(
        etree.tostring(mensagem, encoding="utf-8", xml_declaration=False), Soap.V11
    )


def nu(quem: ChaveDeAssinatura, forma: C14n) -> Callable[[etree._Element], object]:
    """O trabalho sem nenhuma verificação: nem lugar, nem forma, nem certificado."""
    informacao = b"x" * 1024
    valor = quem.assinar(informacao)
    publica = quem.certificado.public_key()
    assert isinstance(publica, rsa.RSAPublicKey)  # noqa: S101 - a chave fez-se acima

    def fazer(mensagem: etree._Element) -> object:
        if forma == "inclusiva":
            mensagem = avulso(mensagem)
        mensagem.remove(mensagem[-1])
        canonica = etree.tostring(mensagem, method="c14n", exclusive=forma == "exclusiva")
        publica.verify(valor, informacao, PKCS1v15(), hashes.SHA256())
        return mensagem, hashlib.sha256(canonica).digest()

    return fazer


def _milissegundos(fazer: Callable[[etree._Element], object], dados: bytes) -> float:
    mensagem = envelope.abrir(parse(dados, Limites()))
    inicio = time.process_time()
    feito = fazer(mensagem)
    gasto = time.process_time() - inicio
    if feito is None:
        raise ValueError("a mensagem medida não tem assinatura")
    return gasto * 1000


def medir(forma: C14n, rodadas: int) -> tuple[float, float, float]:
    """Medianas, em milissegundos de processador, do nu e da verificação, e a da sua razão."""
    quem = chave()
    dados, trabalho = assinada(quem, forma), nu(quem, forma)
    nus, inteiros = [], []
    gc.disable()
    for _ in range(rodadas):
        nus.append(_milissegundos(trabalho, dados))
        inteiros.append(_milissegundos(verificar, dados))
        gc.collect()
    gc.enable()
    razao = statistics.median(i / n for n, i in zip(nus, inteiros, strict=True))
    return statistics.median(nus), statistics.median(inteiros), razao


def main() -> None:
    """Mede as duas formas e mostra uma tabela."""
    rodadas = int(sys.argv[1]) if len(sys.argv) > 1 else RODADAS
    print("| C14N | nu ms | verificar ms | razão | alvo |")
    print("| :-- | --: | --: | --: | --: |")
    for forma in _FORMAS:
        do_nu, inteiro, razao = medir(forma, rodadas)
        print(f"| {forma} | {do_nu:.2f} | {inteiro:.2f} | {razao:.2f} | {ALVO} |")


if __name__ == "__main__":
    main()
