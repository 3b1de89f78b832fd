"""Os trabalhos de fundo e as chaves com o gateway como processo."""

from __future__ import annotations

import json
import os
import signal
import time
from typing import TYPE_CHECKING, Any

import pytest
from acceptance import viveiro
from acceptance.mensagens import envelopado, lote
from sqlalchemy import select

from gateway.arquivo.conferencia import conferir
from persistence import mensagens, selos, tabelas, trabalhos

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    from acceptance.servidor import Servidor

ESPERA = 40.0
SELAR_SEM_FALHAS = b'tiss_trabalhos_falhas_seguidas{trabalho="selar"} 0.0'
LIGEIRO = {"TISS_GATEWAY_ARCHIVE__SEAL_SECONDS": "1", "TISS_GATEWAY_JOBS__LEASE": "3"}


@pytest.fixture(params=["sqlite", "postgresql"])
def novo(
    request: pytest.FixtureRequest, novo_servidor: Callable[..., Servidor]
) -> Callable[[], Servidor]:
    """Faz um gateway parado em cada um dos dois bancos, que trabalha a cada segundo."""
    url = None
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres").nova_base(migrada=False)
    return lambda: novo_servidor(url, **LIGEIRO)


def _ate(condicao: Callable[[], bool]) -> None:
    fim = time.monotonic() + ESPERA
    while not condicao():
        assert time.monotonic() < fim, "não aconteceu a tempo"
        time.sleep(0.05)


def _selado(servidor: Servidor, id_: str) -> bool:
    with servidor.banco.leitura() as conn:
        achada = selos.folha_de(conn, id_)
    return achada is not None and achada[1] is not None


def _enviar(servidor: Servidor) -> str:
    resposta = servidor.postar(envelopado(lote()))
    assert resposta.status == 200
    return resposta.cabecalhos["x-correlation-id"]


def _comando(servidor: Servidor, *argumentos: str) -> viveiro.Processo | subprocess.Popen[bytes]:
    with (servidor.pasta / "outro.log").open("ab") as saida:
        return viveiro.abrir(argumentos, env=servidor._ambiente, cwd=servidor.pasta, stdout=saida)


def test_serve_sela_e_o_arquivo_confere(novo: Callable[[], Servidor]) -> None:
    """Com vários processos um só executa os trabalhos: sela, escreve a cabeça, mostra métricas."""
    servidor = novo().iniciar("--workers", "2")
    id_ = _enviar(servidor)
    _ate(lambda: _selado(servidor, id_))
    arquivo = servidor.pasta / "dados/arquivo.cabeca"
    # escreve-se depois do commit do selo
    _ate(arquivo.exists)
    cabeca = json.loads(arquivo.read_text("utf-8"))
    relatorio = conferir(servidor.banco, cabeca["cabeca"])
    assert relatorio.achados == ()
    assert SELAR_SEM_FALHAS in servidor.pegar("/metrics").corpo
    assert servidor.parar() == 0
    tomadas = [x for x in servidor.linhas_do_registro() if x["event"].startswith("posse")]
    assert [x["event"] for x in tomadas] == ["posse dos trabalhos tomada"]


def test_bytes_ficam_cifrados_por_padrao(novo: Callable[[], Servidor]) -> None:
    """Sem configurar nada, o que chega não se lê no banco, e as chaves nascem só do dono."""
    servidor = novo().iniciar()
    id_ = _enviar(servidor)
    with servidor.banco.leitura() as conn:
        guardado = conn.execute(select(tabelas.mensagem.c.pedido)).scalar_one()
        lida = mensagens.ler(conn, servidor.operadora.id, id_)
    assert guardado[:1] == b"\x01"
    assert lida is not None
    assert lida.pedido is not None
    assert (servidor.pasta / "chaves/arquivo.chaves").stat().st_mode & 0o777 == 0o600
    assert any("chaves do arquivo criadas" in x["event"] for x in servidor.linhas_do_registro())


def test_no_jobs_deixa_os_trabalhos_para_o_comando(novo: Callable[[], Servidor]) -> None:
    """``serve --no-jobs`` não sela; ``jobs`` sela, e para com calma quando se manda."""
    servidor = novo().iniciar("--no-jobs")
    id_ = _enviar(servidor)
    time.sleep(2)
    with servidor.banco.leitura() as conn:
        assert trabalhos.ultimas(conn) == ()
    processo = _comando(servidor, "jobs")
    try:
        _ate(lambda: _selado(servidor, id_))
        assert SELAR_SEM_FALHAS in servidor.pegar("/metrics").corpo
        processo.send_signal(signal.SIGTERM)
        assert processo.wait(timeout=30) == 0
    finally:
        if processo.poll() is None:
            processo.kill()
            processo.wait()


def test_executor_morto_a_forca_e_substituido(novo: Callable[[], Servidor]) -> None:
    """Morto o processo que tinha a posse, outro a toma depois que ela vence."""
    servidor = novo().iniciar("--no-jobs")
    processos = [_comando(servidor, "jobs")]
    try:
        _ate(lambda: len(_posses(servidor)) == 1)
        [(primeiro, _)] = _posses(servidor)
        processos.append(_comando(servidor, "jobs"))
        os.kill(processos[0].pid, signal.SIGKILL)
        processos[0].wait()
        _ate(lambda: _posses(servidor)[0][0] not in (primeiro, ""))
        assert _posses(servidor)[0][1] == 2
        id_ = _enviar(servidor)
        _ate(lambda: _selado(servidor, id_))
    finally:
        for processo in processos:
            processo.kill()
            processo.wait()


def _posses(servidor: Servidor) -> list[tuple[Any, ...]]:
    p = tabelas.posse.c
    with servidor.banco.leitura() as conn:
        return [tuple(linha) for linha in conn.execute(select(p.dono, p.ficha))]


def test_sem_as_chaves_do_banco_nao_se_comeca(novo: Callable[[], Servidor]) -> None:
    """Perdidas as chaves, ``serve`` não inventa outras: diz qual falta e sai com 2."""
    servidor = novo().iniciar()
    _enviar(servidor)
    servidor.parar()
    chaves = servidor.pasta / "chaves/arquivo.chaves"
    guardadas = chaves.read_bytes()
    chaves.unlink()
    for comando in ("serve", "jobs"):
        processo = _comando(servidor, comando)
        assert processo.wait(timeout=60) == 2
    texto = (servidor.pasta / "outro.log").read_text("utf-8")
    assert texto.count("arquivo.chaves") == 2
    assert not chaves.exists()
    chaves.write_bytes(guardadas)
    chaves.chmod(0o600)
    servidor.iniciar()
    assert _enviar(servidor)
