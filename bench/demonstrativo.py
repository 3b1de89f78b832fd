"""A análise de conta de 30 protocolos de 100 guias: ``python -m bench.demonstrativo``.

Cada guia tem cinco procedimentos, e todos se mostram, um em cada dez com glosa. Mede-se um gateway
de um processo por HTTP: o primeiro pedido emite os trinta demonstrativos, os seguintes dão os
mesmos. A memória é o pico do processo, e o que cresceu sobre o que ocupava antes.
"""

from __future__ import annotations

import contextlib
import http.client
import sys
import tempfile
import time
from datetime import UTC, datetime
from decimal import Decimal
from typing import NamedTuple

from bench import bancos, servidor
from bench.casos import CASOS, CODIGO, LOGIN, REGISTRO_ANS, SENHA, VERSAO, molde_de_lote
from dominio.analise import Glosa
from dominio.lote import Identificacao
from dominio.transacoes import POR_SERVICO
from handlers import analise
from handlers.analise import (
    PedidoDeFinalizacao,
    PedidoDeRegistro,
    QualGuia,
    ResultadoDeGuia,
    ResultadoDeItem,
)
from handlers.da_operadora import Autor
from persistence import demonstrativos, operadoras, prestadores, protocolos
from persistence.banco import Banco
from prestador.cabecalho import cabecalho
from prestador.demonstrativos import corpo_analise
from prestador.mensagem_xml import envelope, mensagem_ws
from prestador.valores import identificado

PROTOCOLOS = 30
REPETICOES = 3
_PEDIDO = POR_SERVICO["tissSolicitacaoDemonstrativoRetorno"]
_CADA_GLOSA = 10
_DEZ_REAIS = Decimal("10.00")


class Medida(NamedTuple):
    """O que um pedido custou.

    Attributes:
        banco: em que banco.
        protocolos: quantos se pediram.
        mb: tamanho da resposta.
        emitir: segundos do primeiro pedido.
        repetir: segundos do mais rápido dos seguintes.
        antes_mib: memória residente antes.
        pico_mib: o pico nos pedidos.
    """

    banco: str
    protocolos: int
    mb: float
    emitir: float
    repetir: float
    antes_mib: float
    pico_mib: float


def preparar(url: str) -> None:
    """Deixa o prestador do banco ver todos os itens."""
    banco = Banco.abrir(url)
    with banco.escrita() as conn:
        operadora = operadoras.por_registro(conn, REGISTRO_ANS)
        if operadora is None:
            raise RuntimeError("a operadora sumiu")
        quem = Identificacao("codigo", CODIGO)
        (prestador,) = prestadores.resolver(conn, operadora.id, [quem])[quem]
        demonstrativos.mostrar_todos(conn, operadora.id, prestador.id, todos=True)
    banco.fechar()


def analisar(url: str) -> list[str]:
    """Analisa todos os lotes do banco, com uma glosa a cada dez itens, e diz os números."""
    banco = Banco.abrir(url)
    autor = Autor("bench", datetime.now(UTC))
    with banco.leitura() as conn:
        operadora = operadoras.por_registro(conn, REGISTRO_ANS)
    if operadora is None:
        raise RuntimeError("a operadora sumiu")
    numeros = range(10000001, 10000001 + PROTOCOLOS)
    for numero in numeros:
        with banco.escrita() as conn:
            protocolo = protocolos.por_numero(conn, operadora.id, numero)
            itens = protocolos.itens(conn, (protocolo and protocolo.lote_id) or 0)
            glosados = [
                ResultadoDeGuia(
                    QualGuia(i.guia_posicao),
                    (
                        ResultadoDeItem(
                            i.item.valor_total,
                            i.item.valor_total - min(_DEZ_REAIS, i.item.valor_total),
                            i.posicao,
                            glosas=(Glosa("1705", min(_DEZ_REAIS, i.item.valor_total)),),
                        ),
                    ),
                )
                for n, i in enumerate(itens)
                if n % _CADA_GLOSA == 0
            ]
            pedido = PedidoDeRegistro(numero, f"b{numero}", tuple(glosados))
            analise.registrar(conn, operadora.id, pedido, autor)
            fim = PedidoDeFinalizacao(numero, completar=True)
            analise.finalizar(conn, operadora.id, fim, autor)
    banco.fechar()
    return [str(numero) for numero in numeros]


def pedido(numeros: list[str], sequencial: int) -> bytes:
    """O envelope que pede a análise de protocolos."""
    quem = identificado("codigo", CODIGO)
    corpo = corpo_analise(VERSAO, quem, numeros, datetime.now(UTC).date())
    topo = cabecalho(
        _PEDIDO.tipo_pedido,
        VERSAO,
        quem,
        REGISTRO_ANS,
        sequencial=str(sequencial),
        login=LOGIN,
        senha=SENHA,
    )
    return envelope(mensagem_ws(_PEDIDO, topo, corpo))


def medir(tipo: bancos.Tipo) -> list[Medida]:
    """Mede um protocolo e trinta, num gateway de um processo.

    Raises:
        SemBanco: se o banco não pode existir aqui.
        RuntimeError: se o gateway respondeu outra coisa.
    """
    caso = CASOS["lote-100"]
    molde = molde_de_lote(caso)
    with (
        bancos.fabrica(tipo) as nova_url,
        tempfile.TemporaryDirectory(prefix="tiss-bench-") as pasta,
        contextlib.chdir(pasta),
    ):
        url = nova_url()
        preparar(url)
        with servidor.no_ar(url, 1) as gateway:
            for n in range(PROTOCOLOS):
                _enviar(gateway.porta, caso.caminho_do_lote, molde.com(n + 1), b"numeroProtocolo")
            numeros = analisar(url)
            return [_um(gateway, tipo, numeros[-quantos:]) for quantos in (1, PROTOCOLOS)]


def _um(gateway: servidor.Servidor, tipo: str, numeros: list[str]) -> Medida:
    antes = gateway.memoria()
    gateway.zerar_pico()
    tempos, tamanho = [], 0
    caminho = f"/tiss/{VERSAO}/{_PEDIDO.servico}"
    for n in range(1 + REPETICOES):
        dados = pedido(numeros, n + 1)
        inicio = time.monotonic()
        tamanho = _enviar(gateway.porta, caminho, dados, b"valorLiberadoGeral")
        tempos.append(time.monotonic() - inicio)
    return Medida(
        tipo,
        len(numeros),
        tamanho / 1e6,
        tempos[0],
        min(tempos[1:]),
        antes,
        gateway.pico_de_memoria(),
    )


def _enviar(porta: int, caminho: str, dados: bytes, esperado: bytes) -> int:
    conexao = http.client.HTTPConnection("127.0.0.1", porta, timeout=120)
    try:
        conexao.request("POST", caminho, dados, {"Content-Type": "text/xml; charset=utf-8"})
        resposta = conexao.getresponse().read()
    finally:
        conexao.close()
    if esperado not in resposta:
        raise RuntimeError(resposta.decode("utf-8", "replace")[:500])
    return len(resposta)


def main() -> None:
    """Mede nos bancos que houver e escreve uma tabela Markdown."""
    print("| banco | protocolos | MB | emitir s | repetir s | antes MiB | pico MiB |")
    print("| :-- | --: | --: | --: | --: | --: | --: |")
    for tipo in bancos.TIPOS:
        try:
            medidas = medir(tipo)
        except bancos.SemBanco as motivo:
            print(f"{tipo}: {motivo}", file=sys.stderr)
            continue
        for m in medidas:
            print(
                f"| {m.banco} | {m.protocolos} | {m.mb:.1f} | {m.emitir:.2f} | {m.repetir:.2f} | "
                f"{m.antes_mib:.0f} | {m.pico_mib:.0f} |"
            )


if __name__ == "__main__":
    main()
