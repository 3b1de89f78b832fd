"""Defeitos nossos e banco que cai: uma falha com a correlação, e nada do que se fez fica."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from integration.recepcao import (
    LOTE,
    SEGREDO,
    STATUS,
    VAZIO,
    AssuntoQuebrado,
    conferir_falha,
    lote,
    pronta,
)
from sqlalchemy import text

from dominio import erros
from dominio.lote import TipoGuia
from handlers.lote_guias import LoteGuias
from handlers.recepcao import Recepcao
from mensagem.escrita import elemento
from persistence import mensagens
from persistence.banco import Banco
from persistence.erros import BancoIndisponivel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from integration.recepcao import AbrirMesa, Mesa, Resposta
    from sqlalchemy import Connection

    from handlers.contexto import Contexto


class EscreveMal(LoteGuias):
    """Executa tudo e falha ao escrever a resposta."""

    def escrever(self, contexto: Contexto, resposta: Any) -> str:
        raise RuntimeError(f"{SEGREDO} {contexto.mensagem_id} {resposta}")


class RespondeInvalido(LoteGuias):
    """Executa tudo e escreve uma resposta que o esquema não aceita."""

    def escrever(self, contexto: Contexto, resposta: Any) -> str:
        certa = super().escrever(contexto, resposta)
        fim = "</ans:protocoloRecebimento>"
        return certa.replace(fim, elemento("inventado", texto=SEGREDO) + fim)


class RespondeForaDeLatin1(LoteGuias):
    """Executa tudo e escreve um texto para o qual não há hash."""

    def escrever(self, contexto: Contexto, resposta: Any) -> str:
        certa = super().escrever(contexto, resposta)
        return certa.replace("<ans:numeroLote>", "<ans:numeroLote>Ω")


class PerdeOBanco(LoteGuias):
    """Executa tudo e perde a conexão antes do commit."""

    def executar(self, conn: Connection, contexto: Contexto, pedido: Any) -> Any:
        feito = super().executar(conn, contexto, pedido)
        if conn.dialect.name == "postgresql":
            pid = conn.execute(text("SELECT pg_backend_pid()")).scalar_one()
            with conn.engine.connect() as outra:
                outra.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        else:
            conn.connection.driver_connection.close()  # type: ignore[union-attr]
        return feito


QUEBRADOS = pytest.mark.parametrize(
    "assunto", [EscreveMal(), RespondeInvalido(), RespondeForaDeLatin1(), PerdeOBanco()],
    ids=lambda a: type(a).__name__,
)  # fmt: skip


def _quebrada(nova_mesa: AbrirMesa, assunto: LoteGuias) -> Mesa:
    return nova_mesa(assuntos={LOTE.servico: assunto})


def _conferir_falha_nossa(resposta: Resposta) -> None:
    conferir_falha(resposta, erros.INESPERADO)
    assert f"Erro inesperado no servidor. Correlação: {resposta.id}." == resposta.texto
    assert (resposta.resultado.http, resposta.resultado.desfecho) == (500, "falha")


def _conferir_falha_de(assunto: LoteGuias, resposta: Resposta) -> None:
    do_banco = isinstance(assunto, PerdeOBanco)
    (_conferir_falha_do_banco if do_banco else _conferir_falha_nossa)(resposta)


def _conferir_falha_do_banco(resposta: Resposta) -> None:
    conferir_falha(resposta, erros.SEM_BANCO)
    assert resposta.texto.endswith(f"Correlação: {resposta.id}.")
    assert (resposta.resultado.http, resposta.resultado.desfecho) == (503, "falha")


@QUEBRADOS
def test_defeito_nosso_so_diz_a_correlacao(nova_mesa: AbrirMesa, assunto: LoteGuias) -> None:
    """Quem enviou só sabe o número da mensagem, nem uma palavra do que houve."""
    resposta = _quebrada(nova_mesa, assunto).enviar(pronta(lote()))
    _conferir_falha_de(assunto, resposta)
    assert SEGREDO.encode() not in resposta.resultado.corpo


@QUEBRADOS
def test_defeito_nosso_desfaz_tudo(nova_mesa: AbrirMesa, assunto: LoteGuias) -> None:
    """Lote, guias, itens, protocolo e a reserva da execução somem; fica a linha do arquivo."""
    mesa = _quebrada(nova_mesa, assunto)
    resposta = mesa.enviar(pronta(lote(TipoGuia.SADT, guias=3)))
    assert mesa.contagens() == VAZIO
    guardada = mesa.arquivada(resposta.id)
    erro = erros.SEM_BANCO if isinstance(assunto, PerdeOBanco) else erros.INESPERADO
    assert ("falha", erro.chave, erro.http, resposta.resultado.corpo) == (
        guardada.desfecho,
        guardada.erro,
        guardada.http,
        guardada.resposta,
    )


@QUEBRADOS
def test_a_mesma_mensagem_executa_se_depois_de_sanado_o_defeito(
    nova_mesa: AbrirMesa, mesa: Mesa, assunto: LoteGuias
) -> None:
    """A falha nossa não gasta a mensagem: os mesmos bytes, de novo, dão protocolo."""
    quebrada = nova_mesa(operadora={"registro_ans": "888888"}, assuntos={LOTE.servico: assunto})
    dados = pronta(lote(registro_ans="888888"))
    quebrada.enviar(dados)
    resposta = mesa.enviar(dados)
    assert resposta.recibo.protocolo is not None
    assert not resposta.resultado.repetida


def test_defeito_ao_consultar_tambem_e_falha_nossa(nova_mesa: AbrirMesa) -> None:
    """Um serviço que só consulta falha do mesmo modo."""
    mesa = nova_mesa(assuntos={STATUS.servico: AssuntoQuebrado()})
    resposta = mesa.perguntar("10000001")
    _conferir_falha_nossa(resposta)
    assert mesa.arquivada(resposta.id).desfecho == "falha"


def test_log_do_defeito_nao_traz_o_texto_dele(
    nova_mesa: AbrirMesa, capsys: pytest.CaptureFixture[str]
) -> None:
    """O log diz o tipo, o lugar e a correlação, nunca o texto, que pode ter dados de pacientes."""
    resposta = _quebrada(nova_mesa, EscreveMal()).enviar(pronta(lote()))
    saida = "".join(capsys.readouterr())
    assert SEGREDO not in saida
    assert resposta.id in saida
    assert "RuntimeError" in saida


# --- sem banco ------------------------------------------------------------------------------------


def _sem_banco(monkeypatch: pytest.MonkeyPatch, *portas: str) -> None:
    @contextmanager
    def fechada(_banco: Banco) -> Iterator[Connection]:
        raise BancoIndisponivel("fora do ar")
        yield

    avulsas = {"leitura": "consulta_avulsa", "escrita": "escrita_avulsa"}
    for porta in portas:
        monkeypatch.setattr(Banco, porta, fechada)
        monkeypatch.setattr(Banco, avulsas[porta], fechada)


@pytest.mark.parametrize("portas", [("leitura",), ("escrita",), ("leitura", "escrita")])
def test_banco_fora_do_ar_ainda_responde(
    mesa: Mesa, monkeypatch: pytest.MonkeyPatch, portas: tuple[str, ...]
) -> None:
    """Sem banco para ler, para escrever ou para os dois, há falha com correlação, sem exceção."""
    dados = pronta(lote())
    with monkeypatch.context() as contexto:
        _sem_banco(contexto, *portas)
        resposta = mesa.enviar(dados)
    _conferir_falha_do_banco(resposta)
    assert mesa.contagens() == VAZIO


def test_recusa_sem_banco_para_o_arquivo_e_falha_nossa(
    mesa: Mesa, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Uma recusa que não se pode arquivar não sai como recusa: nada sai sem arquivo."""
    with monkeypatch.context() as contexto:
        _sem_banco(contexto, "escrita")
        resposta = mesa.enviar(b"isto nem XML e")
    _conferir_falha_do_banco(resposta)


def test_banco_que_volta_executa_a_mesma_mensagem(
    mesa: Mesa, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Passada a queda, os mesmos bytes são executados."""
    dados = pronta(lote())
    with monkeypatch.context() as contexto:
        _sem_banco(contexto, "escrita")
        mesa.enviar(dados)
    assert mesa.enviar(dados).recibo.protocolo == "10000001"


def test_arquivo_que_falha_desfaz_o_lote(mesa: Mesa, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lote e arquivo são uma transação: sem a linha do arquivo não há lote."""
    verdadeira = mensagens.arquivar

    def so_falhas(conn: Connection, nova: mensagens.MensagemNova) -> None:
        if nova.desfecho == "respondida":
            raise RuntimeError(SEGREDO)
        verdadeira(conn, nova)

    monkeypatch.setattr(mensagens, "arquivar", so_falhas)
    _conferir_falha_nossa(mesa.enviar(pronta(lote())))
    assert mesa.contagens() == VAZIO


def test_banco_trancado_por_outro_e_falha_do_banco(mesa: Mesa, banco: Banco) -> None:
    """Passado o limite de espera por uma tranca alheia, a mensagem falha e nada fica."""
    with banco.leitura() as conn:
        url = conn.engine.url.render_as_string(hide_password=False)
    apressado = Banco.abrir(url, limite_segundos=0.3)
    recepcao = Recepcao(apressado, mesa.recepcao._assuntos, mesa.recepcao._conferencia._credenciais)
    impaciente = type(mesa)(mesa.banco, recepcao, mesa.operadora, mesa.prestador)
    try:
        with banco.escrita() as conn:
            if banco.dialeto == "postgresql":
                conn.execute(text("LOCK TABLE lote IN ACCESS EXCLUSIVE MODE"))
            resposta = impaciente.enviar(pronta(lote()))
    finally:
        apressado.fechar()
    _conferir_falha_do_banco(resposta)
    assert mesa.contagens() == VAZIO
