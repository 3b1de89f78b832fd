from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from validador import validar_resposta

from bench import assinados, bancos, chegadas
from bench.casos import CASOS, VERSAO, molde_de_lote, molde_de_status
from bench.piso import Piso
from dominio.transacoes import POR_SERVICO
from gateway.aplicacao import ASSUNTOS
from handlers.andamento import Pedido
from handlers.credenciais import Credenciais
from handlers.recepcao import Recepcao
from persistence import tabelas
from persistence.banco import Banco

if TYPE_CHECKING:
    from collections.abc import Iterator

RAIZ = Path(__file__).resolve().parents[2]
LIMITE_SEGUNDOS = 300
LOTES = [nome for nome, caso in CASOS.items() if not caso.consulta]
PROPRIOS = {
    "protocolo": {"mensagem_id", "recebido_em"},
    "historico": {"em"},
    "execucao": {"mensagem_id"},
}
"""Colunas em que duas recepções da mesma mensagem diferem."""


@pytest.fixture
def urls() -> Iterator[tuple[str, str]]:
    """Dois bancos iguais, um para o piso e outro para o gateway."""
    with bancos.fabrica("sqlite") as nova_url:
        yield nova_url(), nova_url()


def _receber(url: str, *mensagens: tuple[str, bytes]) -> list[bytes]:
    banco = Banco.abrir(url)
    try:
        recepcao = Recepcao(banco, {a.servico: a for a in ASSUNTOS}, Credenciais(banco))
        return [
            recepcao.receber(
                Pedido(dados, POR_SERVICO[servico], VERSAO, "soap", f"{n:032x}", "utf-8")
            ).corpo
            for n, (servico, dados) in enumerate(mensagens)
        ]
    finally:
        banco.fechar()


def _linhas(url: str, tabela: str) -> list[dict[str, Any]]:
    banco = Banco.abrir(url)
    try:
        with banco.leitura() as conn:
            linhas = conn.execute(tabelas.metadados.tables[tabela].select()).mappings()
            fora = PROPRIOS.get(tabela, set())
            return [{c: v for c, v in linha.items() if c not in fora} for linha in linhas]
    finally:
        banco.fechar()


def test_forma_rapida_mede_todos_os_casos_no_sqlite(tmp_path: Path) -> None:
    """A forma rápida dá, para cada caso, gastos e latências que podem ser verdade."""
    arquivo = tmp_path / "medida.json"
    comando = [sys.executable, "-m", "bench", "--rapido", "--bancos", "sqlite", "--processos", "1"]
    feito = subprocess.run(
        [*comando, "--json", str(arquivo)],
        cwd=RAIZ,
        capture_output=True,
        text=True,
        timeout=LIMITE_SEGUNDOS,
        check=False,
    )
    assert feito.returncode == 0, feito.stderr
    resultados = json.loads(arquivo.read_text("utf-8"))["resultados"]
    assert list(CASOS) == [r["caso"] for r in resultados]
    for r in resultados:
        assert r["gateway"]["mensagens"] > 0
        assert r["piso"]["mensagens"] > 0
        assert r["gateway"]["processador_ms"] > 0
        assert r["piso"]["processador_ms"] > 0
        assert r["razao"] > 0
        assert 0 < r["p50_ms"] <= r["p99_ms"]
        assert r["pico_mib"] > 0
    for caso in CASOS.values():
        assert caso.titulo in feito.stdout


@pytest.fixture(scope="module", params=LOTES)
def gravados(request: pytest.FixtureRequest) -> Iterator[tuple[str, str]]:
    """O banco do piso e o do gateway depois de receberem o mesmo lote."""
    lote = molde_de_lote(CASOS[request.param]).com(7)
    with bancos.fabrica("sqlite") as nova_url:
        do_piso, do_gateway = nova_url(), nova_url()
        piso = Piso(do_piso)
        piso.lote(lote)
        piso.fechar()
        _receber(do_gateway, ("tissLoteGuias", lote))
        yield do_piso, do_gateway


@pytest.mark.parametrize("tabela", ["lote", "guia", "item", "protocolo", "historico", "execucao"])
def test_piso_deixa_as_mesmas_linhas_que_o_gateway(gravados: tuple[str, str], tabela: str) -> None:
    """O piso faz o mesmo trabalho: as linhas de um lote são as que o gateway grava."""
    do_piso, do_gateway = gravados
    esperadas = _linhas(do_gateway, tabela)
    assert esperadas
    assert esperadas == _linhas(do_piso, tabela)


@pytest.mark.parametrize("nome", LOTES)
def test_piso_responde_a_situacao_como_o_gateway(urls: tuple[str, str], nome: str) -> None:
    """A resposta do piso é válida e só difere da do gateway na hora e, por ela, no hash."""
    lote = molde_de_lote(CASOS[nome]).com(7)
    do_piso, do_gateway = urls
    piso = Piso(do_piso)
    pergunta = molde_de_status().com(piso.lote(lote))
    resposta = piso.status(pergunta)
    piso.fechar()
    validar_resposta(resposta, VERSAO)
    recibo, esperada = _receber(
        do_gateway, ("tissLoteGuias", lote), ("tissSolicitacaoStatusProtocolo", pergunta)
    )
    validar_resposta(recibo, VERSAO)
    validar_resposta(esperada, VERSAO)
    assert _sem_hora(esperada) == _sem_hora(resposta)


def test_lote_assinado_e_aceito_por_quem_o_exige(urls: tuple[str, str]) -> None:
    """O caso assinado mede uma mensagem que passa por tudo o que a política mais dura confere."""
    assinado, liso = (
        molde_de_lote(CASOS[nome]).com(7) for nome in ("lote-100-assinado", "lote-100")
    )
    with assinados.exigidas(urls[0]):
        aceito, recusado = _receber(urls[0], ("tissLoteGuias", assinado), ("tissLoteGuias", liso))
    assert b"numeroProtocolo>" in aceito
    assert b"numeroProtocolo>" not in recusado


def test_piso_recusa_o_assinado_que_mudou(urls: tuple[str, str]) -> None:
    """O piso verifica mesmo a assinatura: com um valor mudado não recebe o lote."""
    molde = molde_de_lote(CASOS["lote-100-assinado"])
    mudado = molde.com(7).replace(b"SP-SADT>", b"SP-SADT> ", 1)
    piso = Piso(urls[0])
    try:
        with pytest.raises(ValueError, match="a assinatura não confere"):
            piso.lote(mudado)
    finally:
        piso.fechar()


def _servir_devagar(escuta: socket.socket, segundos: float) -> None:
    """Atende uma conexão de cada vez, cada pedido no mesmo tempo."""
    corpo = b"<ans:numeroProtocolo>1</ans:numeroProtocolo>"
    resposta = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(corpo) + corpo
    conexoes = [escuta.accept()[0] for _ in range(2)]
    for conexao in conexoes:
        conexao.recv(100)
        time.sleep(segundos)
        conexao.sendall(resposta)
    for conexao in conexoes:
        conexao.close()


def test_latencia_conta_desde_que_a_mensagem_devia_chegar() -> None:
    """Quem chega enquanto se atende outro espera por ele, e essa espera é latência."""
    with socket.create_server(("127.0.0.1", 0)) as escuta:
        demora = 0.2
        servidor = threading.Thread(target=_servir_devagar, args=(escuta, demora))
        servidor.start()
        latencias = chegadas.enviar(escuta.getsockname()[1], [(0.0, b"a"), (0.0, b"b")])
        servidor.join()
    assert min(latencias) >= demora
    assert max(latencias) >= 2 * demora


@pytest.mark.longo
def test_carga_mede_cada_caso_e_a_mistura() -> None:
    """A 40 % do pico há uma linha por caso e ritmo de chegada, e uma por caso da mistura."""
    casos = [CASOS[nome] for nome in chegadas.MISTURA]
    medidas = list(
        chegadas.medir(["sqlite"], [1], casos, porcento=40, segundos=2, avisar=lambda _: None)
    )
    assert len(medidas) == len(casos) * len(chegadas.RITMOS) + len(chegadas.MISTURA)
    for medida in medidas:
        assert 0 < medida.p50_ms <= medida.p99_ms
        assert medida.enviadas == pytest.approx(medida.pico * 0.4)
    assert chegadas.markdown(medidas).count("\n") == len(medidas) + 1


def test_fila_ideal_de_chegadas_iguais_nao_espera() -> None:
    """Com folga e intervalos iguais não há fila: a razão entre p99 e p50 é um."""
    quando = chegadas.instantes(500, 70.0, "igual")
    assert chegadas.fila_ideal(quando, 1, 1 / 100) == pytest.approx(1.0)


def test_fila_ideal_de_chegadas_ao_acaso_encurta_com_mais_atendentes() -> None:
    """Ao acaso forma-se fila, menor quando a mesma capacidade se reparte por mais atendentes."""
    quando = chegadas.instantes(20_000, 70.0, "acaso")
    um, dois = (chegadas.fila_ideal(quando, n, n / 100) for n in (1, 2))
    assert 1 < dois < um


def _sem_hora(resposta: bytes) -> bytes:
    return re.sub(
        rb">[^<]*</ans:(dataRegistroTransacao|horaRegistroTransacao|hash)>", b"", resposta
    )
