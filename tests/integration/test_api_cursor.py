"""O cursor da lista de protocolos: nenhuma mudança se perde nem se repete."""

from __future__ import annotations

import contextlib
import random
import threading
import time
from typing import TYPE_CHECKING

import pytest
from integration.comandos import Terminal
from sqlalchemy import update

from backoffice.api import cursores
from dominio.situacao import StatusProtocolo
from persistence import alteracoes, lotes, protocolos, tabelas
from persistence.alteracoes import INICIO, Posicao
from persistence.consultas import protocolos as consultas
from persistence.consultas.protocolos import Filtro

if TYPE_CHECKING:
    from pathlib import Path

    from integration.api import Api
    from integration.exemplos import Cadastro, FabricaDeLote

    from persistence.banco import Banco

S = StatusProtocolo


def _pagina(api: Api, cursor: str | None, limite: int = 100) -> tuple[list[tuple[str, int]], str]:
    consulta = {"limite": limite} | ({} if cursor is None else {"cursor": cursor})
    dados = api.pegar("/protocolos", **consulta).dados
    lidos = [(p["numeroProtocolo"], p["situacao"]["codigo"]) for p in dados["protocolos"]]
    return lidos, dados["proximo"]


def test_paginas_dao_cada_protocolo_uma_vez(api: Api) -> None:
    """Sete protocolos em páginas de três são sete, na ordem em que chegaram, e depois nada."""
    numeros = [api.mesa.enviar_lote(str(n)).protocolo for n in range(7)]
    lidos: list[str] = []
    cursor = None
    for _ in range(4):
        pagina, cursor = _pagina(api, cursor, 3)
        lidos += [numero for numero, _ in pagina]
    assert lidos == numeros


def test_o_que_muda_volta_a_aparecer_com_o_novo_estado(api: Api) -> None:
    """Quem já leu tudo recebe depois só o que mudou, uma vez, por mais que mude."""
    um, dois = (api.mesa.enviar_lote(n).protocolo for n in ("1", "2"))
    _, cursor = _pagina(api, None)
    assert _pagina(api, cursor) == ([], cursor)
    api.mesa.transitar(um, S.EM_ANALISE)
    api.mesa.transitar(um, S.ANALISADO)
    lidos, cursor = _pagina(api, cursor)
    assert lidos == [(um, 5)]
    api.mesa.transitar(dois, S.CANCELADO)
    assert _pagina(api, cursor)[0] == [(dois, 9)]


def test_mudanca_que_nao_foi_gravada_nao_aparece(api: Api) -> None:
    """Uma transação desfeita não move o cursor nem mostra nada."""
    um = api.mesa.enviar_lote("1").protocolo
    _, cursor = _pagina(api, None)
    chave = api.mesa.protocolo(um).id
    with contextlib.suppress(ZeroDivisionError), api.mesa.banco.escrita() as conn:
        protocolos.transitar(conn, chave, S.EM_ANALISE, "teste")
        raise ZeroDivisionError
    assert _pagina(api, cursor) == ([], cursor)


def test_marcar_alterado_basta_para_o_protocolo_voltar(api: Api) -> None:
    """Uma mudança que não é de situação, marcada, também volta a mostrar o protocolo."""
    um = api.mesa.enviar_lote("1").protocolo
    api.mesa.enviar_lote("2")
    _, cursor = _pagina(api, None)
    with api.mesa.banco.escrita() as conn:
        alteracoes.marcar_alterado(conn, api.mesa.protocolo(um).id)
    assert _pagina(api, cursor)[0] == [(um, 1)]


def test_transacao_em_curso_segura_o_que_veio_depois_dela(
    banco: Banco, cadastro: Cadastro, lote_novo: FabricaDeLote
) -> None:
    """No PostgreSQL o que começou antes e acaba depois não fica para trás do cursor."""
    if banco.dialeto == "sqlite":
        pytest.skip("o SQLite tem um só escritor: a ordem dos commits é a das mudanças")
    operadora = cadastro.operadora.id
    lenta, rapida = lote_novo("1", mensagem="m1"), lote_novo("2", mensagem="m2")
    with banco.escrita() as conn:
        primeiro = lotes.registrar(conn, lenta).numero
        with banco.escrita() as outra:
            segundo = lotes.registrar(outra, rapida).numero
        with banco.leitura() as leitura:
            durante = consultas.listar(leitura, operadora, Filtro())
    with banco.leitura() as leitura:
        depois = consultas.listar(leitura, operadora, Filtro(), depois_de=durante.posicao)
    assert durante.linhas == ()
    assert [linha.numero for linha in depois.linhas] == [primeiro, segundo]


def test_posicao_do_futuro_e_de_outro_banco(api: Api) -> None:
    """No PostgreSQL um cursor além da última transação é recusado, em vez de esconder tudo."""
    if api.mesa.banco.dialeto == "sqlite":
        pytest.skip("no SQLite a posição é um contador: adiante do fim não há nada a esconder")
    cursor = cursores.de_posicao(Posicao(2**62, 1))
    assert api.pegar("/protocolos", cursor=cursor).campos() == {"cursor"}


def test_leitor_nao_perde_nem_repete_com_escritores_ao_mesmo_tempo(
    banco: Banco, cadastro: Cadastro, lote_novo: FabricaDeLote
) -> None:
    """Com escritores que demoram a confirmar, cada protocolo se lê no seu estado final.

    O leitor guarda, de cada protocolo, as posições em que o viu: nunca a mesma duas vezes, e a
    última é a que está no banco quando tudo acaba.
    """
    operadora = cadastro.operadora.id
    escritores, por_escritor = 4, 12
    novos = [lote_novo(str(n), guias=1, mensagem=f"m{n}") for n in range(escritores * por_escritor)]
    falhas: list[BaseException] = []

    def escrever(quais: range) -> None:
        sorteio = random.Random(quais.start)
        try:
            for n in quais:
                with banco.escrita() as conn:
                    feito = lotes.registrar(conn, novos[n])
                    time.sleep(sorteio.choice((0, 0, 0.002, 0.02)))
                with banco.escrita() as conn:
                    protocolos.transitar(conn, feito.id, S.EM_ANALISE, "teste")
                    time.sleep(sorteio.choice((0, 0.001, 0.01)))
        except BaseException as erro:
            falhas.append(erro)
            raise

    threads = [
        threading.Thread(target=escrever, args=(range(n, n + por_escritor),))
        for n in range(0, len(novos), por_escritor)
    ]
    for thread in threads:
        thread.start()
    vistos: list[tuple[int, int, int]] = []
    cursor = INICIO
    vazias = 0
    while vazias < 2:
        acabou = not any(thread.is_alive() for thread in threads)
        with banco.leitura() as conn:
            pagina = consultas.listar(conn, operadora, Filtro(), depois_de=cursor, limite=5)
        vistos += [(linha.alteracao, linha.id, int(linha.status)) for linha in pagina.linhas]
        assert pagina.posicao >= cursor
        cursor = pagina.posicao
        vazias = vazias + 1 if acabou and not pagina.linhas else 0
    for thread in threads:
        thread.join()
    assert falhas == []
    posicoes = [(alteracao, chave) for alteracao, chave, _ in vistos]
    assert posicoes == sorted(set(posicoes))
    finais = {chave: status for _, chave, status in vistos}
    assert finais == dict.fromkeys(finais, int(S.EM_ANALISE))
    assert len(finais) == len(novos)


def test_banco_restaurado_volta_a_mostrar_os_seus_protocolos(
    api: Api, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Posições que este banco ainda não deu, como as de um dump, ``db upgrade`` traz ao começo."""
    if api.mesa.banco.dialeto == "sqlite":
        pytest.skip("a posição do SQLite vem com o arquivo: não recomeça")
    numero = api.mesa.enviar_lote("1").protocolo
    with api.mesa.banco.escrita() as conn:
        conn.execute(update(tabelas.protocolo).values(alteracao=2**62))
    assert _pagina(api, None)[0] == []
    url = api.mesa.banco.url.render_as_string(hide_password=False)
    assert Terminal(monkeypatch, capsys, tmp_path).usar(url)("db", "upgrade").codigo == 0
    assert _pagina(api, None)[0] == [(numero, 1)]
