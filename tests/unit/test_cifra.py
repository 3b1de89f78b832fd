"""A cifra do arquivo e o arquivo das chaves."""

from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from persistence.cifra import (
    ChavesInvalidas,
    Cifra,
    NaoDecifrado,
    acrescentar,
    chave_de,
    cifrado,
    criar,
    nova,
)

if TYPE_CHECKING:
    from pathlib import Path

ONTEM = datetime.now(UTC) - timedelta(days=1)


@pytest.fixture
def arquivo(tmp_path: Path) -> Path:
    """Um arquivo com uma chave."""
    caminho = tmp_path / "chaves" / "arquivo.chaves"
    criar(caminho, nova(ONTEM))
    return caminho


def test_cifrado_volta_igual_e_diz_a_chave(arquivo: Path) -> None:
    """O que se cifra volta igual, não mostra o conteúdo e traz a identificação da chave."""
    cifra = Cifra(arquivo)
    dados = cifra.cifrar(b"<senhaPrestador>x</senhaPrestador>", "mensagem/1/pedido")
    assert cifrado(dados)
    assert b"senha" not in dados
    assert chave_de(dados) == cifra.em_uso()
    assert cifra.decifrar(dados, "mensagem/1/pedido") == b"<senhaPrestador>x</senhaPrestador>"


def test_o_mesmo_conteudo_nunca_se_cifra_igual(arquivo: Path) -> None:
    """Dois iguais não se reconhecem depois de cifrados."""
    cifra = Cifra(arquivo)
    assert cifra.cifrar(b"a", "c") != cifra.cifrar(b"a", "c")


@pytest.mark.parametrize("posicao", [9, 20, 21, -1], ids=["número", "número", "corpo", "etiqueta"])
def test_byte_trocado_nao_se_decifra(arquivo: Path, posicao: int) -> None:
    """Um bit trocado em qualquer parte é notado."""
    cifra = Cifra(arquivo)
    dados = bytearray(cifra.cifrar(b"conteudo", "c"))
    dados[posicao] ^= 1
    with pytest.raises(NaoDecifrado, match="alterado"):
        cifra.decifrar(bytes(dados), "c")


@pytest.mark.parametrize("contexto", ["mensagem/2/pedido", "mensagem/1/resposta"])
def test_conteudo_de_outra_linha_ou_coluna_nao_se_decifra(arquivo: Path, contexto: str) -> None:
    """O que se copiou de outra linha ou coluna é notado."""
    cifra = Cifra(arquivo)
    dados = cifra.cifrar(b"conteudo", "mensagem/1/pedido")
    with pytest.raises(NaoDecifrado):
        cifra.decifrar(dados, contexto)


def test_cortado_nao_se_decifra(arquivo: Path) -> None:
    """Um conteúdo cortado, mesmo antes de a cifra começar, é notado."""
    cifra = Cifra(arquivo)
    dados = cifra.cifrar(b"conteudo", "c")
    for tamanho in (5, 21, 30):
        with pytest.raises(NaoDecifrado):
            cifra.decifrar(dados[:tamanho], "c")


def test_arquivo_de_chaves_e_so_do_dono(arquivo: Path) -> None:
    """O arquivo nasce com 0600, e um que qualquer um alcança é recusado."""
    assert stat.S_IMODE(arquivo.stat().st_mode) == 0o600
    assert stat.S_IMODE(arquivo.parent.stat().st_mode) == 0o700
    arquivo.chmod(0o644)
    with pytest.raises(ChavesInvalidas, match="chmod 600"):
        Cifra(arquivo).em_uso()


def test_criar_nao_passa_por_cima(arquivo: Path) -> None:
    """Um arquivo que já existe nunca é trocado, e nada fica ao lado dele."""
    antes = arquivo.read_bytes()
    assert not criar(arquivo, nova(ONTEM))
    assert arquivo.read_bytes() == antes
    assert list(arquivo.parent.iterdir()) == [arquivo]


def test_chave_nova_vale_sem_reabrir_e_a_velha_ainda_decifra(arquivo: Path) -> None:
    """Acrescentada uma chave, o que vem se cifra com ela e o de antes ainda se lê."""
    cifra = Cifra(arquivo)
    antes = cifra.cifrar(b"antes", "c")
    outra = nova(datetime.now(UTC))
    acrescentar(arquivo, outra)
    depois = cifra.cifrar(b"depois", "c")
    assert chave_de(depois) == outra.id != chave_de(antes)
    assert (cifra.decifrar(antes, "c"), cifra.decifrar(depois, "c")) == (b"antes", b"depois")
    assert stat.S_IMODE(arquivo.stat().st_mode) == 0o600


def test_chave_adiada_so_cifra_na_hora_e_ja_decifra(arquivo: Path) -> None:
    """Uma chave para mais tarde ainda não cifra, mas já lê o que outro nó cifrou com ela."""
    cifra = Cifra(arquivo)
    velha = cifra.em_uso()
    acrescentar(arquivo, nova(datetime.now(UTC) + timedelta(hours=1)))
    assert cifra.em_uso() == velha
    assert len(cifra.chaves()) == 2
    cifra.exigir([c.id for c in cifra.chaves()])


def test_chave_errada_e_dita_pelo_nome(arquivo: Path, tmp_path: Path) -> None:
    """Com o arquivo de outro gateway, o erro diz que chave falta e o que fazer."""
    dados = Cifra(arquivo).cifrar(b"conteudo", "c")
    outro = tmp_path / "outro.chaves"
    criar(outro, nova(ONTEM))
    with pytest.raises(ChavesInvalidas, match=chave_de(dados)):
        Cifra(outro).decifrar(dados, "c")


def test_arquivo_perdido_e_dito(tmp_path: Path) -> None:
    """Sem o arquivo, o erro diz qual se procurou."""
    with pytest.raises(ChavesInvalidas, match=r"falta\.chaves"):
        Cifra(tmp_path / "falta.chaves").cifrar(b"x", "c")


def test_quem_ja_leu_as_chaves_nao_para_se_o_arquivo_some(arquivo: Path) -> None:
    """Um processo de pé continua a ler e a cifrar."""
    cifra = Cifra(arquivo)
    dados = cifra.cifrar(b"x", "c")
    arquivo.unlink()
    assert cifra.decifrar(dados, "c") == b"x"
    assert chave_de(cifra.cifrar(b"y", "c")) == chave_de(dados)


@pytest.mark.parametrize(
    ("texto", "esperado"),
    [
        ("", "nenhuma chave"),
        ("# só comentário\n", "nenhuma chave"),
        ("abc\n", "linha 1"),
        ("0011223344556677 2026-01-01T00:00:00+00:00 AAAA\n", "linha 1"),
        ("0011223344556677 ontem " + "A" * 43 + "=\n", "linha 1"),
        ("0011223344556677 2026-01-01T00:00:00+00:00 " + "A" * 43 + "=\n", "estragada"),
    ],
    ids=["vazio", "comentário", "uma palavra", "curta", "sem instante", "id de outra"],
)
def test_arquivo_estragado_e_recusado_sem_mostrar_o_segredo(
    tmp_path: Path, texto: str, esperado: str
) -> None:
    """Um arquivo que não se entende é recusado, e o texto não repete a linha."""
    arquivo = tmp_path / "c.chaves"
    arquivo.write_text(texto, "utf-8")
    arquivo.chmod(0o600)
    with pytest.raises(ChavesInvalidas, match=esperado) as erro:
        Cifra(arquivo).em_uso()
    assert "AAAA" not in str(erro.value)
