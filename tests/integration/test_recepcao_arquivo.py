"""O que o arquivo guarda de cada mensagem, conforme o que se soube de quem enviou."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from integration.recepcao import (
    ENDERECO,
    LOTE,
    STATUS,
    Q,
    com,
    lote,
    pronta,
)
from integration.recepcao_outros import NAO_OFERECIDOS, pedido

from dominio import erros
from dominio.lote import TipoGuia
from handlers.andamento import COMECO_GUARDADO, Pedido
from handlers.credenciais import forma_de_fio
from mensagem.recusa import Recusa
from persistence import guarda, mensagens
from persistence.banco import Banco

if TYPE_CHECKING:
    from collections.abc import Iterator

    from integration.recepcao import Mesa
    from lxml import etree
    from sqlalchemy import Connection

    from persistence.cifra import Cifra


def _grande() -> etree._Element:
    return lote(TipoGuia.SADT, guias=60, itens=4)


def test_aceita_fica_inteira(mesa: Mesa) -> None:
    """Da que se aceitou fica a mensagem inteira, por maior que seja, e a resposta."""
    dados = pronta(_grande())
    resposta = mesa.enviar(dados)
    guardada = mesa.arquivada(resposta.id)
    assert len(dados) > COMECO_GUARDADO
    assert (True, dados, resposta.resultado.corpo) == (
        guardada.integral,
        guardada.pedido,
        guardada.resposta,
    )


def test_aceita_fica_com_tudo_o_que_se_soube(mesa: Mesa) -> None:
    """A linha do arquivo diz de quem, para quem, o quê, por onde, em que versão e com que fim."""
    dados = pronta(lote(sequencial="SEQ42", versao="4.01.00"))
    guardada = mesa.arquivada(mesa.enviar(dados, versao="4.01.00").id)
    esperado = {
        "operadora_id": mesa.operadora.id,
        "prestador_id": mesa.prestador.id,
        "servico": LOTE.servico,
        "raiz": LOTE.raiz_pedido,
        "versao": "4.01.00",
        "tipo_transacao": LOTE.tipo_pedido,
        "sequencial": "SEQ42",
        "canal": "soap",
        "soap": "1.1",
        "endereco": ENDERECO,
        "desfecho": "respondida",
        "erro": None,
        "http": 200,
        "hash_variante": "oficial",
        "assinatura": None,
        "detalhes": {"avisos": ["versao-vencida"]},
        "tamanho": len(dados),
        "sha256": hashlib.sha256(dados).hexdigest(),
    }
    assert esperado == {nome: getattr(guardada, nome) for nome in esperado}
    assert (guardada.duracao_us or 0) > 0


def test_pedido_comprime_se_antes_da_transacao(mesa: Mesa, monkeypatch: pytest.MonkeyPatch) -> None:
    """Comprimir e cifrar o que chegou não segura nenhuma tranca do banco."""
    verdadeira, escrita = guarda.preparar, Banco.escrita
    abertas: list[Connection] = []
    vistas: list[tuple[str, int]] = []

    @contextmanager
    def anotada(banco: Banco) -> Iterator[Connection]:
        with escrita(banco) as conn:
            abertas.append(conn)
            yield conn
            abertas.pop()

    def preparar(cifra: Cifra | None, mensagem_id: str, coluna: str, bruto: bytes) -> bytes:
        vistas.append((coluna, len(abertas)))
        return verdadeira(cifra, mensagem_id, coluna, bruto)

    monkeypatch.setattr(Banco, "escrita", anotada)
    monkeypatch.setattr(guarda, "preparar", preparar)
    assert mesa.enviar(pronta(lote())).recibo.protocolo
    # a resposta tem o número do protocolo, que só há dentro dela
    assert vistas == [("pedido", 0), ("resposta", 1)]


def test_resposta_guardada_tem_o_seu_resumo(mesa: Mesa) -> None:
    """O arquivo guarda o SHA-256 da resposta como saiu."""
    resposta = mesa.enviar(pronta(lote()))
    esperado = hashlib.sha256(resposta.resultado.corpo).hexdigest()
    assert esperado == mesa.arquivada(resposta.id).resposta_sha256


@pytest.mark.parametrize("defeito", ["hash", "login", "esquema", "malformada"])
def test_de_desconhecido_fica_so_o_comeco(mesa: Mesa, defeito: str) -> None:
    """De quem não se autenticou ficam os primeiros 64 KiB, o tamanho e o resumo do todo."""
    mensagem = _grande()
    if defeito == "login":
        mesa.dar_login("clinica", "Segredo#1")
    elif defeito == "hash":
        com(mensagem, {"hash": "0" * 32})
    elif defeito == "esquema":
        com(mensagem, {"numeroLote": "9" * 13})
    dados = pronta(mensagem, selar=defeito == "esquema")
    if defeito == "malformada":
        dados = dados[:-5]
    guardada = mesa.arquivada(mesa.enviar(dados).id)
    assert guardada.desfecho == "recusada"
    assert (False, dados[:COMECO_GUARDADO], len(dados), hashlib.sha256(dados).hexdigest()) == (
        guardada.integral,
        guardada.pedido,
        guardada.tamanho,
        guardada.sha256,
    )


def test_pequena_de_desconhecido_fica_inteira(mesa: Mesa) -> None:
    """A recusada que cabe em 64 KiB fica inteira."""
    dados = pronta(com(lote(), {"hash": "0" * 32}), selar=False)
    guardada = mesa.arquivada(mesa.enviar(dados).id)
    assert (True, dados) == (guardada.integral, guardada.pedido)


def test_recusada_depois_de_autenticada_fica_inteira(mesa: Mesa) -> None:
    """Quem se autenticou e pediu o que não se oferece tem a mensagem inteira guardada."""
    transacao = NAO_OFERECIDOS[0]
    mesa.dar_login("clinica", "Segredo#1")
    mensagem = pedido(transacao, "4.03.00", login="clinica", senha="Segredo#1")
    # espaço entre elementos cresce a mensagem sem mudar o que ela diz
    mensagem[0].tail = " " * COMECO_GUARDADO
    dados = pronta(mensagem, selar=False)
    guardada = mesa.arquivada(mesa.enviar(dados, servico=transacao.servico).id)
    assert (erros.NAO_OFERECIDO.chave, True) == (guardada.erro, guardada.integral)


def test_recusada_por_regra_fica_inteira(mesa: Mesa) -> None:
    """Um lote que uma regra recusa, de quem provou quem é, fica inteiro."""
    mesa.dar_login("clinica", "Segredo#1")
    mensagem = lote(TipoGuia.SADT, guias=60, itens=4, login="clinica", senha="Segredo#1")
    for guia in mensagem.iter(f"{Q}numeroGuiaPrestador"):
        guia.text = "1"
    dados = pronta(mensagem)
    guardada = mesa.arquivada(mesa.enviar(dados).id)
    mascarados = dados.replace(forma_de_fio("Segredo#1").encode(), b"***")
    assert (erros.GUIA_REPETIDA.chave, True, mascarados) == (
        guardada.erro,
        guardada.integral,
        guardada.pedido,
    )


@pytest.mark.parametrize("prefixo", ["ans", None])
def test_senha_sai_mascarada_do_arquivo(mesa: Mesa, prefixo: str | None) -> None:
    """Quem lê o arquivo vê ``***`` no lugar da senha; os bytes de reprocessar a têm."""
    mesa.dar_login("clinica", "Segredo#1")
    dados = pronta(lote(login="clinica", senha="Segredo#1", prefixo=prefixo))
    resposta = mesa.enviar(dados)
    fio = forma_de_fio("Segredo#1").encode()
    assert dados.replace(fio, b"***") == mesa.arquivada(resposta.id).pedido
    with mesa.banco.leitura() as conn:
        assert dados == mensagens.bruta(conn, None, resposta.id)


def test_senha_da_recusada_tambem_sai_mascarada(mesa: Mesa) -> None:
    """A máscara vale também para o que foi recusado, mesmo malformado."""
    dados = pronta(lote(login="clinica", senha="Segredo#1"))[:-20]
    guardada = mesa.arquivada(mesa.enviar(dados).id)
    assert guardada.erro == erros.XML_MALFORMADO.chave
    assert forma_de_fio("Segredo#1").encode() not in (guardada.pedido or b"")


def test_consulta_fica_arquivada(mesa: Mesa) -> None:
    """Uma pergunta de situação tem a sua linha, com a resposta dada."""
    resposta = mesa.perguntar("1")
    guardada = mesa.arquivada(resposta.id)
    assert (STATUS.servico, "respondida", resposta.resultado.corpo) == (
        guardada.servico,
        guardada.desfecho,
        guardada.resposta,
    )


def test_o_que_a_porta_nao_deixa_entrar_tambem_se_arquiva(mesa: Mesa) -> None:
    """Uma recusa da porta, antes da leitura, tem falha e linha no arquivo sem dono."""
    entrada = Pedido(b"comeco", LOTE, "4.03.00", "soap", "f" * 32, endereco=ENDERECO)
    resultado = mesa.recepcao.recusar(entrada, Recusa(erros.GRANDE_DEMAIS))
    guardada = mesa.arquivada("f" * 32)
    assert (resultado.http, resultado.desfecho) == (413, "recusada")
    assert (erros.GRANDE_DEMAIS.chave, None, b"comeco") == (
        guardada.erro,
        guardada.operadora_id,
        guardada.pedido,
    )
