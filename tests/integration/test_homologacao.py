"""O relatório da homologação, o seu fim, e a contagem de leituras do hash."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from integration.comandos import Saida, Terminal
from integration.recepcao import (
    CODIGO,
    EM_VIGOR,
    REGISTRO,
    Mesa,
    abrir_mesa,
    achar,
    com,
    com_hash_em_utf8,
    lote,
    pronta,
)
from sqlalchemy import select, update

from persistence import tabelas
from persistence.banco import Banco

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

NOME_ACENTUADO = {"nomeProfissional": "João Conceição"}
CARTEIRA = "CARTEIRA77"


class Bancada:
    """Um prestador em homologação e os comandos que falam dele."""

    def __init__(self, mesa: Mesa, terminal: Terminal) -> None:
        self.mesa = mesa
        self._terminal = terminal

    def relatorio(self, *opcoes: str, em_json: bool = True) -> Any:
        saida = self._terminal(
            "homologacao", "report", "--registro-ans", REGISTRO, "--prestador", CODIGO,
            *(("--json",) if em_json else ()), *opcoes,
        )  # fmt: skip
        assert saida.codigo == 0, saida.erro
        return saida.dados if em_json else saida.texto

    def liberar(self) -> Saida:
        return self._terminal(
            "homologacao", "liberar", "--registro-ans", REGISTRO, "--prestador", CODIGO
        )

    def hashes(self, *opcoes: str) -> Saida:
        return self._terminal("prestador", "hash", "--registro-ans", REGISTRO, *opcoes)


@pytest.fixture
def bancada(
    nova_url: Callable[[bool], str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> Iterator[Bancada]:
    """A recepção e o terminal diante da mesma base, com um prestador em homologação."""
    url = nova_url(True)
    banco = Banco.abrir(url)
    mesa = abrir_mesa(banco, prestador={"homologacao": True})
    yield Bancada(mesa, Terminal(monkeypatch, capsys, tmp_path).usar(url))
    banco.fechar()


def _com_tipo_errado(guias: int = 1, *posicoes: int) -> bytes:
    mensagem = lote(guias=guias)
    for posicao in posicoes or range(guias):
        achar(mensagem, "tipoConsulta", posicao).text = "9"
    achar(mensagem, "numeroCarteira").text = CARTEIRA
    return pronta(mensagem)


def test_em_homologacao_tudo_e_conferido_com_serie_propria(bancada: Bancada) -> None:
    """Em homologação há recibo e protocolo, de outra série, e erros como os de verdade."""
    assert bancada.mesa.enviar_lote().protocolo == "900000000001"
    assert bancada.mesa.enviar(_com_tipo_errado()).palavra == "SchemaInvalido"


def test_sem_mensagens(bancada: Bancada) -> None:
    """De quem nada enviou o veredito é que nada enviou."""
    relatorio = bancada.relatorio()
    assert (
        relatorio["veredito"],
        relatorio["falhas"],
        relatorio["aceitas"],
    ) == ("sem_mensagens", [], [])


def test_so_acertos(bancada: Bancada) -> None:
    """Quem só teve mensagens aceitas está pronto, e vê em que serviços e versões."""
    bancada.mesa.enviar_lote("1")
    bancada.mesa.enviar_lote("2")
    bancada.mesa.enviar_lote("3", versao="4.01.00")
    bancada.mesa.perguntar("900000000001")
    relatorio = bancada.relatorio()
    assert relatorio["veredito"] == "pronto"
    assert [(a["servico"], a["versao"], a["mensagens"]) for a in relatorio["aceitas"]] == [
        ("tissLoteGuias", "4.01.00", 1),
        ("tissLoteGuias", EM_VIGOR, 2),
        ("tissSolicitacaoStatusProtocolo", EM_VIGOR, 1),
    ]


def test_erros_por_tipo(bancada: Bancada) -> None:
    """Os erros se contam por tipo: os de esquema por campo e regra, os demais pela chave."""
    mesa = bancada.mesa
    mesa.enviar(_com_tipo_errado(3))
    mesa.enviar(_com_tipo_errado(2, 1))
    mesa.enviar(pronta(com(lote(), {"hash": "0" * 32}), selar=False))
    falhas = {(f["erro"], f["campo"]): f for f in bancada.relatorio()["falhas"]}
    assert {tipo: f["mensagens"] for tipo, f in falhas.items()} == {
        ("esquema", "tipoConsulta"): 2,
        ("hash", None): 1,
    }
    do_esquema = falhas["esquema", "tipoConsulta"]
    assert do_esquema["exemplo"] == "guia 2 (nº 1002), tipoConsulta"
    assert do_esquema["regra"] == "código que não existe na lista da versão"
    assert do_esquema["primeira"] < do_esquema["ultima"]


def test_exemplo_nao_traz_dados_de_pacientes(bancada: Bancada) -> None:
    """O relatório não repete carteira nem valor errado."""
    mensagem = com(lote(), {"numeroCarteira": CARTEIRA, "tipoConsulta": "VALOR77"})
    bancada.mesa.enviar(pronta(mensagem))
    for texto in (repr(bancada.relatorio()), bancada.relatorio(em_json=False)):
        assert CARTEIRA not in texto
        assert "VALOR77" not in texto


def test_erro_por_corrigir(bancada: Bancada) -> None:
    """Um erro sem mensagem aceita depois dele deixa o veredito em aberto."""
    bancada.mesa.enviar_lote()
    bancada.mesa.enviar(_com_tipo_errado())
    relatorio = bancada.relatorio()
    assert relatorio["veredito"] == "a_corrigir"
    assert [f["corrigida"] for f in relatorio["falhas"]] == [False]


def test_erro_corrigido(bancada: Bancada) -> None:
    """Um erro seguido de mensagem aceita do mesmo serviço está corrigido; de outro, não."""
    bancada.mesa.enviar(_com_tipo_errado())
    bancada.mesa.perguntar("1")
    assert bancada.relatorio()["veredito"] == "a_corrigir"
    bancada.mesa.enviar_lote()
    relatorio = bancada.relatorio()
    assert (relatorio["veredito"], [True]) == (
        "pronto",
        [f["corrigida"] for f in relatorio["falhas"]],
    )


def test_regra_recusada_tambem_e_erro(bancada: Bancada) -> None:
    """Um lote que uma regra recusa aparece com a chave da regra e as guias."""
    mensagem = lote(guias=2)
    for posicao in range(2):
        achar(mensagem, "numeroGuiaPrestador", posicao).text = "7"
    bancada.mesa.enviar(pronta(mensagem))
    [falha] = bancada.relatorio()["falhas"]
    assert falha["erro"] == "guia-repetida-no-lote"
    assert "Guia 2 (nº 7)" in falha["exemplo"]


def test_desvios_tolerados_sao_ressalvas(bancada: Bancada) -> None:
    """Hash em outra leitura ou em maiúsculas, e login desleixado, deixam ressalvas."""
    mesa = bancada.mesa
    mesa.dar_login("clinica", "Segredo#1")
    mensagem = com(lote(login=" clinica ", senha="Segredo#1"), NOME_ACENTUADO)
    senha = achar(mensagem, "senhaPrestador")
    senha.text = (senha.text or "").upper()
    mesa.enviar(com_hash_em_utf8(mensagem))
    em_maiusculas = lote(numero="2", login="clinica", senha="Segredo#1")
    em_maiusculas[-1].text = (em_maiusculas[-1].text or "").upper()
    mesa.enviar(pronta(em_maiusculas, selar=False))
    relatorio = bancada.relatorio()
    assert relatorio["veredito"] == "com_ressalvas"
    assert relatorio["desvios"] == {
        "hash em maiúsculas": 1,
        "login com espaços nas pontas": 1,
        "senha em maiúsculas": 1,
    }
    assert {v["leitura"]: v["mensagens"] for v in relatorio["hash"]} == {
        "literal, UTF-8": 1,
        "oficial": 1,
    }


def test_desde_um_dia(bancada: Bancada) -> None:
    """Com --desde só conta o que veio daí em diante."""
    bancada.mesa.enviar(_com_tipo_errado())
    ontem = datetime.now(UTC) - timedelta(days=2)
    with bancada.mesa.banco.escrita() as conn:
        conn.execute(update(tabelas.mensagem).values(recebida_em=ontem))
    bancada.mesa.enviar_lote()
    hoje = (datetime.now(UTC) - timedelta(days=1)).date().isoformat()
    assert bancada.relatorio("--desde", hoje)["falhas"] == []
    assert len(bancada.relatorio()["falhas"]) == 1


def test_texto_para_pessoas(bancada: Bancada) -> None:
    """O texto diz o que conseguiu, o que falta e o veredito por último."""
    bancada.mesa.enviar_lote()
    bancada.mesa.enviar(_com_tipo_errado())
    texto = bancada.relatorio(em_json=False)
    assert "conseguiu:" in texto
    assert "tipoConsulta: código que não existe" in texto
    assert texto.strip().splitlines()[-1] == "veredito: ainda há erros por corrigir"


def test_liberar_encerra(bancada: Bancada) -> None:
    """Liberado, o prestador passa à série de verdade; liberar outra vez é recusado."""
    assert bancada.liberar().codigo == 0
    assert bancada.relatorio()["homologacao"] is False
    assert bancada.mesa.enviar_lote().protocolo == "10000001"
    assert bancada.liberar().codigo == 1


def test_lote_de_teste_nao_atrapalha_o_de_verdade(bancada: Bancada) -> None:
    """O mesmo número, e até a mesma mensagem, depois de liberado é um lote de verdade."""
    dados = pronta(lote())
    assert bancada.mesa.enviar(dados).recibo.protocolo == "900000000001"
    bancada.liberar()
    resposta = bancada.mesa.enviar(dados)
    assert (resposta.recibo.protocolo, resposta.resultado.repetida) == ("10000001", False)
    assert bancada.mesa.protocolo("10000001").homologacao is False
    with bancada.mesa.banco.leitura() as conn:
        vivos = conn.execute(select(tabelas.lote.c.vivo).order_by(tabelas.lote.c.id)).scalars()
        assert list(vivos) == [False, True]


def test_liberar_um_nao_toca_no_outro(bancada: Bancada) -> None:
    """Outro prestador em homologação continua nela."""
    bancada.mesa.outro_prestador("OUTRO", homologacao=True)
    bancada.liberar()
    with bancada.mesa.banco.leitura() as conn:
        t = tabelas.prestador.c
        assert conn.execute(select(t.homologacao).where(t.codigo == "OUTRO")).scalar_one()


@pytest.mark.parametrize("comando", ["report", "liberar"])
@pytest.mark.parametrize(
    ("registro", "codigo", "trecho"),
    [("123456", CODIGO, "não há operadora"), (REGISTRO, "NINGUEM", "não há prestador")],
)
def test_quem_nao_ha(
    bancada: Bancada, comando: str, registro: str, codigo: str, trecho: str
) -> None:
    """Operadora ou prestador que não há é dito, e o comando sai com 1."""
    saida = bancada._terminal(
        "homologacao", comando, "--registro-ans", registro, "--prestador", codigo
    )
    assert saida.codigo == 1
    assert trecho in saida.erro


def test_leituras_do_hash_por_prestador(bancada: Bancada) -> None:
    """Contam-se as leituras de cada prestador, e à parte os hashes que não conferiram."""
    mesa = bancada.mesa
    mesa.enviar_lote("1")
    mesa.enviar(com_hash_em_utf8(com(lote(numero="2"), NOME_ACENTUADO)))
    mesa.enviar(pronta(com(lote(numero="3"), {"hash": "0" * 32}), selar=False))
    variantes = bancada.hashes("--json").dados["variantes"]
    assert {v["leitura"]: v["mensagens"] for v in variantes} == {
        "oficial": 1,
        "literal, UTF-8": 1,
        None: 1,
    }
    assert {CODIGO} == {v["prestador"] for v in variantes}


def test_leituras_de_um_so_prestador(bancada: Bancada) -> None:
    """Com --codigo só entra esse prestador."""
    bancada.mesa.outro_prestador("OUTRO")
    bancada.mesa.enviar_lote()
    assert bancada.hashes("--json", "--codigo", "OUTRO").dados["variantes"] == []
    assert "oficial" in bancada.hashes("--codigo", CODIGO).texto
