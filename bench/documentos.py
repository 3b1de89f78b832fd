"""A memória de um processo enquanto recebe um documento: ``python -m bench.documentos``.

O documento é um PDF inventado de bytes ao acaso, que não se comprimem. Mede-se o pico do maior
processo acima do que ele ocupava depois de um documento pequeno, e divide-se pelo conteúdo. O piso
(``bench.piso_documentos``) recebe a mesma mensagem na mesma corrida.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from bench import bancos, piso_documentos, servidor
from bench.casos import CODIGO, LOGIN, REGISTRO_ANS, SENHA, VERSAO
from dominio.transacoes import POR_SERVICO
from prestador.arquivos_inventados import pdf
from prestador.cabecalho import cabecalho
from prestador.documentos import corpo_documento
from prestador.mensagem_xml import envelope, mensagem_ws
from prestador.valores import identificado

MIB = 1_048_576
TAMANHOS_MIB = (1, 10, 30)
_MOLDURA = 64
"""Bytes do PDF fora os dados."""
_ENVIO = POR_SERVICO["tissEnvioDocumentos"]


class Medida(NamedTuple):
    """O que um documento custou.

    Attributes:
        banco: em que banco; ``piso`` sem gateway.
        conteudo_mib: tamanho do documento.
        segundos: do envio à resposta.
        antes_mib: memória residente antes.
        pico_mib: o pico enquanto se recebia.
    """

    banco: str
    conteudo_mib: int
    segundos: float
    antes_mib: float
    pico_mib: float

    @property
    def vezes(self) -> float:
        """Crescimento sobre o tamanho do conteúdo."""
        return (self.pico_mib - self.antes_mib) / self.conteudo_mib


def pedido(mib: int, numero: int) -> bytes:
    """Um envelope com um documento de tantos MiB."""
    conteudo = pdf(texto=os.urandom(mib * MIB - _MOLDURA))
    corpo = corpo_documento(conteudo, guia_prestador="1", numero_documento=str(numero))
    topo = cabecalho(
        _ENVIO.tipo_pedido,
        VERSAO,
        identificado("codigo", CODIGO),
        REGISTRO_ANS,
        login=LOGIN,
        senha=SENHA,
    )
    return envelope(mensagem_ws(_ENVIO, topo, corpo))


def medir(tipo: bancos.Tipo) -> list[Medida]:
    """Envia um documento de cada tamanho, cada um a um gateway novo de um processo.

    Raises:
        SemBanco: se o banco não pode existir aqui.
        RuntimeError: se o gateway não aceitou o documento.
    """
    medidas = []
    with bancos.fabrica(tipo) as nova_url:
        for mib in TAMANHOS_MIB:
            # documentos e chaves ficam na pasta em que o gateway corre
            with (
                tempfile.TemporaryDirectory(prefix="tiss-bench-") as pasta,
                contextlib.chdir(pasta),
                servidor.no_ar(nova_url(), 1) as gateway,
            ):
                _enviar(gateway.porta, pedido(1, 1))
                grande = pedido(mib, 2)
                antes = gateway.memoria()
                gateway.zerar_pico()
                inicio = time.monotonic()
                _enviar(gateway.porta, grande)
                segundos = time.monotonic() - inicio
                medidas.append(Medida(tipo, mib, segundos, antes, gateway.pico_de_memoria()))
    return medidas


def medir_piso() -> list[Medida]:
    """Entrega um documento de cada tamanho ao piso, cada um a um processo novo.

    Raises:
        RuntimeError: se o piso não o aceitou.
    """
    medidas = []
    for mib in TAMANHOS_MIB:
        with tempfile.TemporaryDirectory(prefix="tiss-bench-") as pasta:
            custo = piso_documentos.medir(Path(pasta), pedido(1, 1), pedido(mib, 2))
        medidas.append(Medida("piso", mib, *custo))
    return medidas


def _enviar(porta: int, dados: bytes) -> None:
    conexao = http.client.HTTPConnection("127.0.0.1", porta, timeout=120)
    try:
        caminho = f"/tiss/{VERSAO}/{_ENVIO.servico}"
        conexao.request("POST", caminho, dados, {"Content-Type": "text/xml; charset=utf-8"})
        resposta = conexao.getresponse().read()
    finally:
        conexao.close()
    if b"protocoloDoc" not in resposta:
        raise RuntimeError(resposta.decode("utf-8", "replace")[:500])


def main() -> None:
    """Mede nos bancos que houver e escreve uma tabela Markdown."""
    print("| banco | conteúdo MiB | segundos | antes MiB | pico MiB | vezes o conteúdo |")
    print("| :-- | --: | --: | --: | --: | --: |")
    _imprimir(medir_piso())
    for tipo in bancos.TIPOS:
        try:
            _imprimir(medir(tipo))
        except bancos.SemBanco as motivo:
            print(f"{tipo}: {motivo}", file=sys.stderr)


def _imprimir(medidas: list[Medida]) -> None:
    for m in medidas:
        print(
            f"| {m.banco} | {m.conteudo_mib} | {m.segundos:.2f} | {m.antes_mib:.0f} | "
            f"{m.pico_mib:.0f} | {m.vezes:.1f} |"
        )


if __name__ == "__main__":
    main()
