"""``message check``: tudo o que está errado numa mensagem, sem a receber."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, NoReturn

import pytest
from integration.arquivos import bytes_de, lote_em_arquivo
from integration.assinadas import lote_assinado, titular
from integration.comandos import Terminal
from integration.recepcao import Q, achar, assinatura, com, com_hash_em_utf8, lote, pronta, status
from lxml import etree

from dominio.versoes import VERSOES
from prestador.mensagem_xml import envelope, selar

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from integration.comandos import Saida


@pytest.fixture
def conferir(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Callable[..., Saida]:
    """Grava mensagens em arquivos e as confere, sem banco algum e com a rede fechada."""
    terminal = Terminal(monkeypatch, capsys, tmp_path).usar("sqlite:///nao/ha/banco.db")

    def fechada(*_args: object, **_opcoes: object) -> NoReturn:
        raise AssertionError("tentou usar a rede")

    monkeypatch.setattr(socket, "socket", fechada)

    def chamar(*mensagens: bytes, opcoes: tuple[str, ...] = ("--json",)) -> Saida:
        nomes = []
        for posicao, dados in enumerate(mensagens):
            arquivo = tmp_path / f"mensagem{posicao}.xml"
            arquivo.write_bytes(dados)
            nomes.append(str(arquivo))
        saida = terminal("message", "check", *opcoes, *nomes)
        assert not (tmp_path / "nao").exists(), "criou um banco"
        return saida

    return chamar


def _passos(saida: Saida, posicao: int = 0) -> dict[str, bool | None]:
    return {p["nome"]: p["certo"] for p in saida.dados["arquivos"][posicao]["passos"]}


@pytest.mark.parametrize("versao", VERSOES)
@pytest.mark.parametrize(
    ("forma", "montar"),
    [
        ("SOAP 1.1", lambda v: pronta(lote(versao=v))),
        ("SOAP 1.2", lambda v: envelope(lote(versao=v), soap="1.2")),
        ("mensagem de web service", lambda v: etree.tostring(lote(versao=v))),
        ("arquivo", lambda v: bytes_de(lote_em_arquivo(versao=v))),
    ],
    ids=["soap 1.1", "soap 1.2", "ws", "arquivo"],
)
def test_mensagem_certa_em_cada_forma(
    conferir: Callable[..., Saida], versao: str, forma: str, montar: Callable[[str], bytes]
) -> None:
    """Uma mensagem certa sai com 0 e todas as verificações feitas, em qualquer forma."""
    saida = conferir(montar(versao))
    [dados] = saida.dados["arquivos"]
    assert (saida.codigo, dados["certa"]) == (0, True)
    assert (forma, versao, "tissLoteGuias") == (dados["forma"], dados["versao"], dados["servico"])
    nomes = ("leitura", "transação", "versão", "esquema", "contrato", "hash", "regras")
    assert dict.fromkeys(nomes, True) == _passos(saida)


def test_varios_arquivos_de_uma_vez(conferir: Callable[..., Saida]) -> None:
    """Cada arquivo tem o seu relatório, e um errado basta para sair com 1."""
    saida = conferir(pronta(lote()), b"<x/>", pronta(status("1")))
    assert saida.codigo == 1
    assert [d["certa"] for d in saida.dados["arquivos"]] == [True, False, True]
    assert "1 de 3" in saida.erro


def test_erro_de_esquema_diz_o_que_cabia(conferir: Callable[..., Saida]) -> None:
    """Um erro de esquema diz guia, campo, regra e o que o esquema aceita ali."""
    mensagem = lote(guias=2)
    achar(mensagem, "tipoConsulta", 1).text = "9"
    [erro] = conferir(pronta(mensagem)).dados["arquivos"][0]["erros"]
    assert (erro["guia"], erro["numero_guia"], erro["campo"]) == (2, "1002", "tipoConsulta")
    assert erro["esperado"].startswith("um de 1, 2, 3")


def test_tudo_de_uma_vez(conferir: Callable[..., Saida]) -> None:
    """Esquema, contrato e hash errados na mesma mensagem aparecem juntos."""
    mensagem = com(lote(), {"tipoConsulta": "9", "tipoTransacao": "CANCELA_GUIA"})
    passos = _passos(conferir(pronta(mensagem, selar=False)))
    assert {nome: certo for nome, certo in passos.items() if certo is False} == {
        "esquema": False,
        "contrato": False,
        "hash": False,
    }


@pytest.mark.parametrize(
    ("dados", "passo"),
    [
        (b"", "leitura"),
        (b"<a", "leitura"),
        (b'<!DOCTYPE a []><a xmlns="urn:x"/>', "leitura"),
        (b"<a/>", "transação"),
        (b'<a xmlns="urn:x"/>', "transação"),
        (pronta(com(lote(), {"Padrao": "9.99.99"})), "versão"),
        (pronta(com(lote(), {"destino/registroANS": "12"})), "esquema"),
    ],
    ids=["vazio", "malformado", "dtd", "sem espaço", "outra raiz", "versão", "esquema"],
)
def test_passo_que_falha_e_o_que_se_diz(
    conferir: Callable[..., Saida], dados: bytes, passo: str
) -> None:
    """A verificação que falha é nomeada, e as de antes dela deram certo."""
    saida = conferir(dados)
    assert saida.codigo == 1
    assert next(nome for nome, certo in _passos(saida).items() if certo is False) == passo


def test_hash_em_cada_leitura(conferir: Callable[..., Saida]) -> None:
    """Um hash de outra leitura é errado, e o relatório diz qual leitura o dá."""
    mensagem = com(lote(), {"nomeProfissional": "João Conceição"})
    saida = conferir(com_hash_em_utf8(mensagem))
    hashes = saida.dados["arquivos"][0]["hashes"]
    assert _passos(saida)["hash"] is False
    assert hashes[0]["nome"] == "oficial"
    assert [(h["nome"], h["informado"]) for h in hashes if h["informado"]] == [
        ("literal, UTF-8", True)
    ]


def test_regras_que_nao_precisam_de_banco(conferir: Callable[..., Saida]) -> None:
    """As regras do lote dizem, todas, em que guias falham."""
    mensagem = lote(guias=3)
    for guia in mensagem.iter(f"{Q}numeroGuiaPrestador"):
        guia.text = "7"
    achar(mensagem, "dataAtendimento").text = "2999-01-01"
    passos = conferir(pronta(mensagem)).dados["arquivos"][0]["passos"]
    textos = [p["texto"] for p in passos if p["nome"] == "regras" and p["certo"] is False]
    assert any("mais de uma vez" in t for t in textos)
    assert any("data posterior" in t for t in textos)


def test_executante_desconhecido_nao_e_erro_aqui(conferir: Callable[..., Saida]) -> None:
    """Sem cadastro não se julga quem executa nem quem envia."""
    mensagem = com(
        lote(), {"codigoPrestadorNaOperadora": "NINGUEM", "cabecalho/destino/registroANS": "123456"}
    )
    passos = conferir(pronta(mensagem)).dados["arquivos"][0]["passos"]
    assert not [p for p in passos if "executante" in p["texto"].lower()]


def test_assinatura_e_conferida(conferir: Callable[..., Saida]) -> None:
    """Diz-se se a assinatura é íntegra; uma que nada assina é um erro."""
    inventada = lote()
    inventada.append(assinatura("Signature", "AAAA"))
    saida = conferir(pronta(inventada))
    assert (saida.codigo, _passos(saida)["assinatura"]) == (1, False)
    boa = conferir(lote_assinado(titular()))
    assert (boa.codigo, _passos(boa)["assinatura"]) == (0, True)


def test_texto_para_pessoas(conferir: Callable[..., Saida]) -> None:
    """Sem --json o relatório é texto, com o que cabia em cada lugar."""
    mensagem = com(lote(), {"tipoConsulta": "9"})
    saida = conferir(pronta(mensagem), opcoes=())
    assert saida.codigo == 1
    for trecho in ("com erros", "esquema: ERRADO", "tipoConsulta", "cabe: um de 1, 2, 3", "hash"):
        assert trecho in saida.texto


def test_arquivo_que_nao_ha(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Um arquivo que não se pode ler é mau uso, dito numa linha."""
    saida = Terminal(monkeypatch, capsys, tmp_path)("message", "check", "nao-ha.xml")
    assert saida.codigo == 2
    assert len(saida.erro.strip().splitlines()) == 1


def test_arquivo_selado_por_outro(conferir: Callable[..., Saida]) -> None:
    """Um mensagemTISS com conteúdo mudado depois de selado tem só o hash errado."""
    mensagem = selar(lote_em_arquivo())
    achar(mensagem, "sequencialTransacao").text = "2"
    passos = _passos(conferir(bytes_de(mensagem)))
    assert [n for n, certo in passos.items() if certo is False] == ["hash"]
