"""Arquivos de certificados e listas que estão no disco de quem administra."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mensagem.certificados import MAIOR_MACO, CertificadoIlegivel, abrir_maco

if TYPE_CHECKING:
    from pathlib import Path

    from cryptography import x509


def ler(caminho: Path) -> list[x509.Certificate]:
    """Todos os certificados de um arquivo PEM, DER, PKCS#7, ou de um zip deles.

    Raises:
        CertificadoIlegivel: o arquivo não se abre, é grande demais ou traz o que não se lê.
    """
    return abrir_maco(conteudo(caminho))


def conteudo(caminho: Path) -> bytes:
    """Os bytes de um arquivo de tamanho aceitável.

    Raises:
        CertificadoIlegivel: não se pôde ler, ou é grande demais.
    """
    try:
        with caminho.open("rb") as arquivo:
            dados = arquivo.read(MAIOR_MACO + 1)
    except OSError as erro:
        raise CertificadoIlegivel(erro.strerror or "não se pôde ler") from None
    if len(dados) > MAIOR_MACO:
        raise CertificadoIlegivel("o arquivo passa de 32 MiB")
    return dados
