"""O relógio da máquina salta para diante e para trás: nada se perde, nada para."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from integration.recepcao import lote, pronta
from sqlalchemy import update

from dominio.competencia import agora
from gateway.arquivo.conferencia import conferir
from gateway.trabalhos.executor import Executor, Trabalho
from handlers.credenciais import Credenciais
from handlers.recepcao import Recepcao
from persistence import integridade, protocolos, selos, tabelas, trabalhos

if TYPE_CHECKING:
    from datetime import datetime

    from integration.recepcao import Mesa

    from persistence.banco import Banco

_DIAS = (0, 400, -2, -400, 0)
_UM_ANO = timedelta(days=365)


def test_relogio_que_salta_na_recepcao(mesa: Mesa) -> None:
    """Com o relógio a saltar, cada lote tem protocolo ou recusa, e repetido, o mesmo protocolo.

    O banco confere consigo mesmo, e o arquivo selado no meio dos saltos também.
    """
    instante = agora()

    def relogio() -> datetime:
        return instante

    recepcao = Recepcao(
        mesa.banco, mesa.recepcao._assuntos, Credenciais(mesa.banco), relogio=relogio
    )
    saltando = replace(mesa, recepcao=recepcao)
    certo = instante
    recebidos: dict[str, bytes] = {}
    for n, dias in enumerate(_DIAS):
        instante = certo + timedelta(days=dias)
        dados = pronta(lote(numero=f"S{n}"))
        resposta = saltando.enviar(dados)
        assert not resposta.resultado.falha
        if (numero := resposta.recibo.protocolo) is None:
            # para um relógio atrasado, a data das guias ainda não chegou
            assert dias < 0
            continue
        recebidos[numero] = dados
        with mesa.banco.escrita() as conn:
            selos.selar(conn, instante, 100)
    for numero, dados in recebidos.items():
        assert saltando.enviar(dados).recibo.protocolo == numero
        assert int(saltando.perguntar(numero).situacao.status) == 1
        with mesa.banco.leitura() as conn:
            assert len(protocolos.historico(conn, saltando.protocolo(numero).id)) == 1
    assert len(recebidos) >= sum(dias >= 0 for dias in _DIAS)
    with mesa.banco.leitura() as conn:
        assert list(integridade.do_banco(conn)) == []
    assert conferir(mesa.banco).achados == ()


def test_relogio_que_volta_nao_para_os_trabalhos(banco: Banco) -> None:
    """O que se executou com o relógio adiantado de um ano executa-se já quando ele volta."""
    feitos: list[datetime] = []

    def executar(_banco: Banco, quando: datetime) -> None:
        feitos.append(quando)
        executor.pedir_parada()

    executor = Executor(
        banco, [Trabalho("t", 3600, executar)], posse_segundos=30, passo_segundos=0.01
    )
    futuro = agora() + _UM_ANO
    adiantada = trabalhos.Execucao(
        nome="t",
        inicio=futuro,
        fim=futuro,
        proximo=futuro + timedelta(hours=1),
        resultado=None,
        erro=None,
        falhas=0,
    )
    with banco.escrita() as conn:
        trabalhos.registrar(conn, adiantada)
    executor.correr()
    assert len(feitos) == 1


def test_posse_de_um_relogio_adiantado_nao_prende_os_trabalhos(banco: Banco) -> None:
    """A posse que um relógio adiantado deixou para daqui a um ano é de quem a quiser."""
    with banco.escrita() as conn:
        primeira = trabalhos.tomar(conn, "t", "a", 30)
        conn.execute(update(tabelas.posse).values(ate=agora() + _UM_ANO))
    with banco.escrita() as conn:
        segunda = trabalhos.tomar(conn, "t", "b", 30)
    assert primeira is not None
    assert segunda is not None
    assert segunda.ficha == primeira.ficha + 1
