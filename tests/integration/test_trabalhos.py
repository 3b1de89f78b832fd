"""Os trabalhos de fundo: um só executor, que se toma quando o dono some."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, insert, select, update

from dominio.competencia import agora
from gateway import metricas
from gateway.trabalhos import medidas
from gateway.trabalhos.executor import Executor, Trabalho
from persistence import tabelas, trabalhos
from persistence.trabalhos import BancoCercado, Interrompido, PossePerdida

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from persistence.banco import Banco
    from persistence.trabalhos import Execucao

ESPERA = 20.0


def _ate(condicao: Callable[[], bool]) -> None:
    fim = time.monotonic() + ESPERA
    while not condicao():
        assert time.monotonic() < fim, "não aconteceu a tempo"
        time.sleep(0.01)


def _executor(banco: Banco, *lista: Trabalho, posse: float = 30.0) -> Executor:
    return Executor(banco, lista, posse_segundos=posse, passo_segundos=0.02)


def _execucao(banco: Banco, nome: str) -> Execucao:
    with banco.leitura() as conn:
        return next(e for e in trabalhos.ultimas(conn) if e.nome == nome)


def _acabada(banco: Banco, nome: str) -> bool:
    with banco.leitura() as conn:
        return any(e.nome == nome and e.fim is not None for e in trabalhos.ultimas(conn))


def test_posse_e_de_um_so_ate_vencer(banco: Banco) -> None:
    """Quem tem a posse a renova; outro só a toma depois de vencida, e então a ficha cresce."""
    with banco.escrita() as conn:
        primeira = trabalhos.tomar(conn, "t", "a", 30)
    with banco.escrita() as conn:
        assert trabalhos.tomar(conn, "t", "b", 30) is None
        assert trabalhos.tomar(conn, "t", "a", 30) == primeira
        assert trabalhos.tomar(conn, "outra", "b", 30) is not None
    with banco.escrita() as conn:
        passado = agora() - timedelta(seconds=1)
        conn.execute(update(tabelas.posse).values(ate=passado))
    with banco.escrita() as conn:
        segunda = trabalhos.tomar(conn, "t", "b", 30)
    assert primeira is not None
    assert segunda is not None
    assert (primeira.ficha, segunda.ficha) == (1, 2)
    with banco.escrita() as conn:
        assert not trabalhos.renovar(conn, primeira, 30)
        assert trabalhos.renovar(conn, segunda, 30)
        assert trabalhos.tomar(conn, "t", "a", 30) is None


def test_posse_largada_e_tomada_ja(banco: Banco) -> None:
    """Quem para larga a posse, e outro não espera que vença."""
    with banco.escrita() as conn:
        posse = trabalhos.tomar(conn, "t", "a", 3600)
        assert posse is not None
        trabalhos.largar(conn, posse)
    with banco.escrita() as conn:
        assert trabalhos.tomar(conn, "t", "b", 30) is not None


def test_quem_perdeu_a_posse_nao_escreve(banco: Banco) -> None:
    """A escrita de quem parou, perdeu a posse e voltou é desfeita."""
    with banco.escrita() as conn:
        posse = trabalhos.tomar(conn, "t", "a", 30)
        assert posse is not None
    cercado = BancoCercado(banco, posse, lambda: False)
    valores = {"id": "k1", "registrada_em": agora()}
    with cercado.escrita() as conn:
        conn.execute(insert(tabelas.chave).values(valores))
    with banco.escrita() as conn:
        conn.execute(update(tabelas.posse).values(dono="b", ficha=2))
    with pytest.raises(PossePerdida), cercado.escrita() as conn:
        conn.execute(insert(tabelas.chave).values(valores | {"id": "k2"}))
    with banco.leitura() as conn:
        assert conn.execute(select(tabelas.chave.c.id)).scalars().all() == ["k1"]


def test_posse_nao_se_toma_no_meio_de_uma_escrita(banco: Banco) -> None:
    """Vencida enquanto o dono escreve, a posse só muda de mão quando a escrita termina."""
    if banco.dialeto == "sqlite":
        pytest.skip("no SQLite ninguém mais escreve enquanto um escreve")
    with banco.escrita() as conn:
        posse = trabalhos.tomar(conn, "t", "a", 0.01)
        assert posse is not None
    time.sleep(0.05)
    with banco.escrita() as dele:
        trabalhos.confirmar(dele, posse)
        with banco.escrita() as conn:
            assert trabalhos.tomar(conn, "t", "b", 30) is None
        with banco.escrita() as conn:
            # a renovação não espera pela escrita
            assert trabalhos.renovar(conn, posse, 0.01)
    time.sleep(0.05)
    with banco.escrita() as conn:
        assert trabalhos.tomar(conn, "t", "b", 30) is not None


def test_trabalho_se_executa_e_fica_registrado(banco: Banco) -> None:
    """Uma execução guarda começo, fim, resultado e a próxima hora."""
    executor = _executor(banco, Trabalho("contar", 3600, lambda _b, _a: "contei 3"))
    executor.iniciar()
    _ate(lambda: _acabada(banco, "contar"))
    executor.parar()
    feita = _execucao(banco, "contar")
    assert feita.fim is not None
    assert (feita.resultado, feita.erro, feita.falhas) == ("contei 3", None, 0)
    assert feita.inicio <= feita.fim
    assert feita.proximo - feita.inicio == timedelta(hours=1)


def test_trabalho_so_se_repete_no_intervalo(banco: Banco) -> None:
    """Um trabalho que já se fez não se repete antes da hora, nem noutro processo."""
    vezes: list[datetime] = []
    lento = Trabalho("lento", 3600, lambda _b, a: vezes.append(a))
    rapido_vezes: list[datetime] = []
    rapido = Trabalho("rapido", 0.05, lambda _b, a: rapido_vezes.append(a))
    for _ in range(2):
        executor = _executor(banco, lento, rapido)
        alvo = len(rapido_vezes) + 3
        executor.iniciar()
        _ate(lambda alvo=alvo: len(rapido_vezes) >= alvo)  # type: ignore[misc]
        executor.parar()
    assert len(vezes) == 1


def test_de_dois_executores_so_um_trabalha(banco: Banco) -> None:
    """Com dois executores no mesmo banco, um trabalho nunca corre nos dois ao mesmo tempo."""
    dentro, juntos, vezes = set(), [], {"a": 0, "b": 0}
    tranca = threading.Lock()

    def fazer(quem: str) -> Callable[[Banco, datetime], str | None]:
        def executar(_banco: Banco, _agora: datetime) -> str | None:
            with tranca:
                dentro.add(quem)
                juntos.append(len(dentro))
                vezes[quem] += 1
            time.sleep(0.02)
            with tranca:
                dentro.discard(quem)
            return None

        return executar

    executores = [_executor(banco, Trabalho("t", 0.01, fazer(quem))) for quem in ("a", "b")]
    for executor in executores:
        executor.iniciar()
    _ate(lambda: sum(vezes.values()) >= 10)
    for executor in executores:
        executor.parar()
    assert max(juntos) == 1
    assert min(vezes.values()) == 0


def test_executor_morto_e_substituido(banco: Banco) -> None:
    """Vencida a posse de quem morreu no meio de um trabalho, outro o toma e o faz de novo."""
    with banco.escrita() as conn:
        trabalhos.tomar(conn, "trabalhos", "morto", 0.5)
        trabalhos.registrar(
            conn,
            trabalhos.Execucao(
                nome="t",
                inicio=agora(),
                fim=None,
                proximo=agora(),
                resultado=None,
                erro=None,
                falhas=0,
            ),
        )
    executor = _executor(banco, Trabalho("t", 3600, lambda _b, _a: "feito"), posse=0.5)
    executor.iniciar()
    _ate(lambda: _acabada(banco, "t"))
    executor.parar()
    assert _execucao(banco, "t").resultado == "feito"


def test_trabalho_demorado_nao_perde_a_posse(banco: Banco) -> None:
    """Um trabalho que dura mais do que a posse continua dono dela, e grava o que fez."""
    comecou = threading.Event()

    def demorar(cercado: Banco, _agora: datetime) -> str | None:
        comecou.set()
        time.sleep(1.5)
        with cercado.escrita() as conn:
            conn.execute(insert(tabelas.chave).values(id="k", registrada_em=agora()))
        return "feito"

    executor = _executor(banco, Trabalho("t", 3600, demorar), posse=0.5)
    outro = _executor(banco, Trabalho("t", 3600, demorar), posse=0.5)
    executor.iniciar()
    comecou.wait(ESPERA)
    outro.iniciar()
    _ate(lambda: _acabada(banco, "t"))
    executor.parar()
    outro.parar()
    with banco.leitura() as conn:
        assert conn.execute(select(func.count()).select_from(tabelas.chave)).scalar_one() == 1


def test_falha_fica_registrada_e_recua(banco: Banco) -> None:
    """A falha guarda só o tipo do erro, adia a próxima vez, e não para os outros trabalhos."""

    def falhar(_banco: Banco, _agora: datetime) -> str | None:
        raise ZeroDivisionError("carteira 00123")

    executor = _executor(
        banco, Trabalho("ruim", 1, falhar), Trabalho("bom", 3600, lambda _b, _a: None)
    )
    executor.iniciar()
    _ate(lambda: _acabada(banco, "bom"))
    executor.parar()
    ruim = _execucao(banco, "ruim")
    assert (ruim.erro, ruim.falhas, ruim.resultado) == ("ZeroDivisionError", 1, None)
    assert ruim.proximo - ruim.inicio == timedelta(seconds=30)
    with banco.escrita() as conn:
        vencida = {"proximo": agora() - timedelta(seconds=1)}
        conn.execute(
            update(tabelas.trabalho).where(tabelas.trabalho.c.nome == "ruim").values(vencida)
        )
    executor = _executor(banco, Trabalho("ruim", 1, falhar))
    executor.iniciar()
    _ate(lambda: _execucao(banco, "ruim").falhas == 2)
    executor.parar()
    ruim = _execucao(banco, "ruim")
    assert ruim.proximo - ruim.inicio == timedelta(seconds=60)


def test_parada_interrompe_entre_transacoes(banco: Banco) -> None:
    """Parar não espera pelo fim do trabalho: a escrita seguinte já não começa, e ele se repete."""
    passos: list[int] = []

    def aos_poucos(cercado: Banco, _agora: datetime) -> str | None:
        for passo in range(10_000):
            with cercado.escrita():
                passos.append(passo)
            time.sleep(0.01)
        return "fim"

    executor = _executor(banco, Trabalho("t", 3600, aos_poucos))
    executor.iniciar()
    _ate(lambda: len(passos) > 3)
    executor.parar()
    quantos = len(passos)
    assert quantos < 10_000
    assert not _acabada(banco, "t")
    with banco.escrita() as conn:
        assert trabalhos.tomar(conn, "trabalhos", "outro", 30) is not None
    assert len(passos) == quantos


def test_cercado_que_para_recusa_escrever(banco: Banco) -> None:
    """Depois do pedido de parada nenhuma transação de trabalho começa."""
    with banco.escrita() as conn:
        posse = trabalhos.tomar(conn, "t", "a", 30)
        assert posse is not None
    with pytest.raises(Interrompido), BancoCercado(banco, posse, lambda: True).escrita():
        pass


def test_metricas_saem_do_banco(banco: Banco) -> None:
    """Quem expõe métricas mostra o que outro processo executou."""
    inicio = agora()
    with banco.escrita() as conn:
        trabalhos.registrar(
            conn,
            trabalhos.Execucao(
                nome="medido",
                inicio=inicio,
                fim=inicio + timedelta(seconds=2),
                proximo=inicio,
                resultado=None,
                erro="OSError",
                falhas=3,
            ),
        )
    medidas.atualizar(banco)
    texto = metricas.texto()[0].decode()
    assert 'tiss_trabalhos_falhas_seguidas{trabalho="medido"} 3.0' in texto
    assert 'tiss_trabalhos_duracao_segundos{trabalho="medido"} 2.0' in texto
