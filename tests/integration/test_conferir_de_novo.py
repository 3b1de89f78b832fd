"""``message replay``: uma mensagem do arquivo outra vez, sem que nada fique."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from integration.arquivos import bytes_de, enviar, lote_em_arquivo
from integration.comandos import Terminal
from integration.recepcao import abrir_mesa, com, lote, pronta, status
from sqlalchemy import delete, func, select, update

from dominio import erros
from dominio.lote import TipoGuia
from handlers.andamento import COMECO_GUARDADO
from persistence import tabelas
from persistence.banco import Banco

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from integration.recepcao import Mesa


class Bancada:
    """Uma recepção e o comando sobre o mesmo banco."""

    def __init__(self, mesa: Mesa, terminal: Terminal) -> None:
        self.mesa = mesa
        self.terminal = terminal

    def conteudo(self) -> dict[str, list[tuple[object, ...]]]:
        """Tudo o que há no banco, fora as sequências."""
        with self.mesa.banco.leitura() as conn:
            return {
                t.name: sorted(map(tuple, conn.execute(select(t))), key=repr)
                for t in tabelas.metadados.sorted_tables
                if t.name != "serie"
            }


@pytest.fixture
def bancada(
    nova_url: Callable[[bool], str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> Iterator[Bancada]:
    """A recepção e o terminal diante da mesma base."""
    url = nova_url(True)
    banco = Banco.abrir(url)
    yield Bancada(abrir_mesa(banco), Terminal(monkeypatch, capsys, tmp_path).usar(url))
    banco.fechar()


def test_aceita_continua_com_o_seu_protocolo(bancada: Bancada) -> None:
    """Um lote aceito tem outra vez o mesmo protocolo, e o banco fica igual."""
    aceita = bancada.mesa.enviar(pronta(lote()))
    antes = bancada.conteudo()
    saida = bancada.terminal("message", "replay", "--json", aceita.id)
    assert (saida.codigo, saida.dados["igual"]) == (0, True)
    assert saida.dados["agora"]["protocolo"] == "10000001"
    assert antes == bancada.conteudo()


def test_em_arquivo_tambem(bancada: Bancada) -> None:
    """Uma mensagem recebida em arquivo se reexecuta como arquivo."""
    pedido, _ = enviar(bancada.mesa, bytes_de(lote_em_arquivo()))
    saida = bancada.terminal("message", "replay", "--json", pedido.id)
    assert (saida.dados["igual"], saida.dados["agora"]["protocolo"]) == (True, "10000001")


def test_do_portal_fala_por_quem_tinha_entrado(bancada: Bancada) -> None:
    """Um arquivo que o portal recebeu sem senha tem outra vez o seu protocolo."""
    mesa = bancada.mesa
    mesa.dar_login("hospital", "Exemplo#2026")
    pedido, _ = enviar(mesa, bytes_de(lote_em_arquivo()), quem_entrou=mesa.prestador)
    saida = bancada.terminal("message", "replay", "--json", pedido.id)
    assert (saida.dados["igual"], saida.dados["agora"]["protocolo"]) == (True, "10000001")


def test_recusada_que_hoje_seria_aceita(bancada: Bancada) -> None:
    """Corrigido o cadastro, vê-se que a mensagem recusada passaria; e nada dela fica."""
    mesa = bancada.mesa
    with mesa.banco.escrita() as conn:
        conn.execute(update(tabelas.prestador).values(ativo=False))
    recusada = mesa.enviar(pronta(lote()))
    assert erros.REMETENTE.chave == recusada.resultado.erro
    with mesa.banco.escrita() as conn:
        conn.execute(update(tabelas.prestador).values(ativo=True))
    antes = bancada.conteudo()
    dados = bancada.terminal("message", "replay", "--json", recusada.id).dados
    assert (dados["antes"]["erro"], dados["agora"]["erro"]) == (erros.REMETENTE.chave, None)
    assert dados["agora"]["desfecho"] == "respondida"
    assert antes == bancada.conteudo()


def test_aceita_que_hoje_seria_recusada(bancada: Bancada) -> None:
    """Uma política mudada aparece como outro desfecho, com o erro e o texto de agora."""
    mesa = bancada.mesa
    mensagem = lote()
    mensagem[-1].text = "0" * 32
    with mesa.banco.escrita() as conn:
        conn.execute(update(tabelas.operadora).values(hash_modo="off"))
    aceita = mesa.enviar(pronta(mensagem, selar=False))
    with mesa.banco.escrita() as conn:
        conn.execute(update(tabelas.operadora).values(hash_modo="strict"))
    dados = bancada.terminal("message", "replay", "--json", aceita.id).dados
    assert dados["igual"] is False
    assert (dados["antes"]["erro"], dados["agora"]["erro"]) == (None, erros.HASH.chave)
    assert dados["agora"]["texto"].startswith(erros.HASH.texto)


def test_senha_errada_nao_conta_como_tentativa(bancada: Bancada) -> None:
    """Reexecutar uma senha errada muitas vezes não trava ninguém."""
    mesa = bancada.mesa
    mesa.dar_login("clinica", "Segredo#1")
    errada = mesa.enviar(pronta(lote(login="clinica", senha="Segredo#2")))
    with mesa.banco.escrita() as conn:
        conn.execute(delete(tabelas.tentativa_login))
    dados = bancada.terminal("message", "replay", "--json", errada.id).dados
    assert dados["agora"]["erro"] == erros.LOGIN.chave
    with mesa.banco.leitura() as conn:
        assert conn.execute(select(func.count()).select_from(tabelas.tentativa_login)).scalar() == 0


def test_mensagem_em_latin1_sem_declaracao(bancada: Bancada) -> None:
    """O charset que veio só no cabeçalho HTTP é o que se usa ao reexecutar."""
    mensagem = com(lote(), {"nomeProfissional": "João Conceição"})
    texto = pronta(mensagem).decode().partition("\n")[2]
    aceita = bancada.mesa.enviar(texto.encode("iso-8859-1"), charset="iso-8859-1")
    assert aceita.recibo.protocolo is not None
    dados = bancada.terminal("message", "replay", "--json", aceita.id).dados
    assert dados["agora"]["protocolo"] is not None


def test_consulta_se_reexecuta(bancada: Bancada) -> None:
    """Uma pergunta de situação dá outra vez a situação."""
    bancada.mesa.enviar_lote()
    feita = bancada.mesa.perguntar("10000001")
    dados = bancada.terminal("message", "replay", "--json", feita.id).dados
    assert (dados["igual"], dados["agora"]["protocolo"]) == (True, "10000001")


def test_so_o_comeco_nao_se_reexecuta(bancada: Bancada) -> None:
    """De uma mensagem grande de um desconhecido só há o começo, e isso se diz."""
    mensagem = com(lote(TipoGuia.SADT, guias=60, itens=4), {"hash": "0" * 32})
    dados = pronta(mensagem, selar=False)
    assert len(dados) > COMECO_GUARDADO
    saida = bancada.terminal("message", "replay", bancada.mesa.enviar(dados).id)
    assert saida.codigo == 1
    assert "só tem o começo" in saida.erro


def test_identificacao_que_nao_ha(bancada: Bancada) -> None:
    """Uma identificação que não está no arquivo é dita, e o comando sai com 1."""
    saida = bancada.terminal("message", "replay", "f" * 32)
    assert (saida.codigo, saida.texto) == (1, "")
    assert "não há mensagem" in saida.erro


def test_servico_de_outro_sistema_nao_se_reexecuta(
    bancada: Bancada, monkeypatch: pytest.MonkeyPatch
) -> None:
    """O que outro sistema responde não se executa de novo: lá nada se desfaz."""
    aceita = bancada.mesa.enviar(pronta(lote()))
    monkeypatch.setenv("TISS_GATEWAY_REPASSE__TISSLOTEGUIAS__URL", "http://127.0.0.1:9/tiss")
    saida = bancada.terminal("message", "replay", aceita.id)
    assert saida.codigo == 1
    assert "outro sistema" in saida.erro


def test_texto_diz_antes_e_agora(bancada: Bancada) -> None:
    """Sem --json o comando diz os dois desfechos e se mudou."""
    aceita = bancada.mesa.enviar(pronta(status("99")), servico="tissSolicitacaoStatusProtocolo")
    texto = bancada.terminal("message", "replay", aceita.id).texto
    assert [p.partition(":")[0] for p in texto.splitlines()] == [
        "antes",
        "agora",
        "o mesmo desfecho",
    ]
