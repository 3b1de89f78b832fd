"""Pacotes perigosos ou quebrados, que não se instalam."""

from __future__ import annotations

import io
import os
import random
import stat
import time
import zipfile
from typing import TYPE_CHECKING

import pytest
from pacotes import conjunto, em_pasta, recusado, zipado

import tiss_xsd
from tiss_xsd import pacote

if TYPE_CHECKING:
    from pathlib import Path

MIB = 1_048_576


def zip_recusado(conteudo: bytes, tmp_path: Path) -> str:
    caminho = tmp_path / "p.zip"
    caminho.write_bytes(conteudo)
    return recusado(caminho, tmp_path)


def com_bits(bits: int) -> bytes:
    """Um zip cujo índice diz os bits dados da primeira entrada."""
    conteudo = bytearray(zipado(conjunto()))
    indice = conteudo.index(b"PK\x01\x02")
    conteudo[indice + 8 : indice + 10] = bits.to_bytes(2, "little")
    return bytes(conteudo)


def com_tipo(tipo: int) -> bytes:
    """Um zip com uma entrada de um tipo de arquivo Unix."""
    saida = io.BytesIO()
    with zipfile.ZipFile(saida, "w") as arquivo:
        entrada = zipfile.ZipInfo("tissV4_04_00.xsd")
        entrada.external_attr = (tipo | 0o644) << 16
        arquivo.writestr(entrada, "/etc/hostname")
    return saida.getvalue()


# --- zips perigosos ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "nome",
    [
        "../fora.xsd",
        "a/../../fora.xsd",
        "/etc/fora.xsd",
        "a\\fora.xsd",
        "..\\fora.xsd",
        "C:/fora.xsd",
        "c:fora.xsd",
        "a/\x1b[2Jfora.xsd",
        "a\nb.xsd",
    ],
)
def test_nome_que_sai_da_pasta(nome: str, tmp_path: Path) -> None:
    """Um nome com ``..``, absoluto, de outro sistema ou com caracteres de controle é recusado."""
    assert "sai da pasta" in zip_recusado(zipado(conjunto() | {nome: b"x"}), tmp_path)


def test_nome_perigoso_num_zip_de_dentro(tmp_path: Path) -> None:
    """Os nomes dos zips de dentro são conferidos do mesmo modo."""
    dentro = zipado({"../fora.xsd": b"x"})
    assert "sai da pasta" in zip_recusado(zipado(conjunto() | {"n.zip": dentro}), tmp_path)


@pytest.mark.parametrize("tipo", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_entrada_que_nao_e_arquivo(tipo: int, tmp_path: Path) -> None:
    """Ligações simbólicas e dispositivos num zip são recusados."""
    assert "não é um arquivo comum" in zip_recusado(com_tipo(tipo), tmp_path)


@pytest.mark.parametrize("bits", [0x1, 0x41, 0x2000])
def test_zip_cifrado(bits: int, tmp_path: Path) -> None:
    """Um zip com senha é recusado sem a pedir."""
    assert "está cifrado" in zip_recusado(com_bits(bits), tmp_path)


@pytest.mark.parametrize("compressao", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_compressao_incomum(compressao: int, tmp_path: Path) -> None:
    """Só se aceitam as duas compressões dos pacotes publicados."""
    conteudo = zipado(conjunto(), compressao)
    assert "compressão que não é aceita" in zip_recusado(conteudo, tmp_path)


def test_entrada_que_cresce_demais(tmp_path: Path) -> None:
    """Uma entrada pequena que se abre em muitos megabytes é recusada sem ser aberta."""
    conteudo = zipado({"tissV4_04_00.xsd": b" " * (3 * MIB)})
    assert "cresce mais de 100 vezes" in zip_recusado(conteudo, tmp_path)


def test_soma_grande_demais(tmp_path: Path) -> None:
    """Muitas entradas que sozinhas passariam são recusadas pela soma."""
    conteudo = zipado({f"{n}.txt": bytes(MIB) for n in range(65)})
    assert len(conteudo) < MIB
    assert "mais de 67108864 bytes" in zip_recusado(conteudo, tmp_path)


def test_soma_conta_os_zips_de_dentro(tmp_path: Path) -> None:
    """A soma é a de todos os níveis: repartir a bomba por vários zips não a esconde."""
    dentro = zipado({f"{n}.txt": bytes(MIB) for n in range(33)})
    conteudo = zipado({"a.zip": dentro, "b.zip": dentro})
    assert "mais de 67108864 bytes" in zip_recusado(conteudo, tmp_path)


@pytest.mark.parametrize("repartidas", [False, True])
def test_entradas_demais(repartidas: bool, tmp_path: Path) -> None:
    """Mais de 2.000 entradas, num zip ou somadas, são recusadas."""
    nomes = {f"{n}.txt": b"" for n in range(1001 if repartidas else 2001)}
    conteudo = zipado(nomes)
    if repartidas:
        conteudo = zipado({"a.zip": conteudo, "b.zip": conteudo})
    assert "mais de 2000 entradas" in zip_recusado(conteudo, tmp_path)


@pytest.mark.parametrize("forma", ["indice", "zip64"])
def test_indice_grande_demais_nao_e_aberto(forma: str, tmp_path: Path) -> None:
    """Um índice com entradas sem conta é recusado antes de o módulo as ler todas."""
    conteudo = zipado(conjunto())
    if forma == "indice":
        fim = conteudo.rindex(b"PK\x05\x06")
        tamanho = (2 * MIB).to_bytes(4, "little")
        conteudo = conteudo[: fim + 12] + tamanho + conteudo[fim + 16 :]
    else:
        fim = conteudo.rindex(b"PK\x05\x06")
        conteudo = conteudo[:fim] + b"PK\x06\x07" + bytes(16) + conteudo[fim:]
    assert "entradas demais" in zip_recusado(conteudo, tmp_path)


def test_zips_fundos_demais(tmp_path: Path) -> None:
    """Um zip no quarto nível abaixo do pacote é recusado."""
    conteudo = zipado(conjunto())
    for nivel in range(4):
        conteudo = zipado({f"n{nivel}.zip": conteudo})
    assert "zips demais" in zip_recusado(conteudo, tmp_path)


def test_esquema_grande_demais(tmp_path: Path) -> None:
    """Um arquivo de esquema de mais de 4 MiB é recusado."""
    grande = os.urandom(5 * MIB)
    assert "o limite é 4194304" in zip_recusado(
        zipado(conjunto() | {"tissV4_04_00.xsd": grande}), tmp_path
    )


def test_pacote_grande_demais(tmp_path: Path) -> None:
    """Um zip de mais de 16 MiB é recusado sem ser lido."""
    with (tmp_path / "p.zip").open("wb") as arquivo:
        arquivo.truncate(pacote.MAIOR_PACOTE + 1)
    assert "o limite é 16777216" in recusado(tmp_path / "p.zip", tmp_path)


def test_tamanho_mentido(tmp_path: Path) -> None:
    """Uma entrada maior do que o índice diz não é lida além disso, e é recusada."""
    conteudo = bytearray(zipado(conjunto()))
    indice = conteudo.index(b"PK\x01\x02")
    conteudo[indice + 24 : indice + 28] = (100).to_bytes(4, "little")
    assert "não é um zip íntegro" in zip_recusado(bytes(conteudo), tmp_path)


@pytest.mark.parametrize("conteudo", [b"", b"<schema/>", b"PK\x03\x04" + bytes(100)])
def test_nao_e_zip(conteudo: bytes, tmp_path: Path) -> None:
    """O que não é um zip é recusado."""
    assert zip_recusado(conteudo, tmp_path) == "o pacote não é um zip"


def test_zip_de_dentro_que_nao_e_zip(tmp_path: Path) -> None:
    """Um arquivo .zip que não é zip é recusado com o seu nome."""
    conteudo = zipado(conjunto() | {"a/n.zip": b"nada"})
    assert zip_recusado(conteudo, tmp_path) == "a/n.zip não é um zip"


@pytest.mark.parametrize("corte", [0.5, 0.9])
def test_zip_cortado(corte: float, tmp_path: Path) -> None:
    """Um zip a que falta o fim, como o de uma cópia interrompida, é recusado."""
    conteudo = zipado(conjunto())
    assert "não é um zip" in zip_recusado(conteudo[: int(len(conteudo) * corte)], tmp_path)


def test_zip_estragado_no_meio(tmp_path: Path) -> None:
    """Um zip cujos dados não conferem com o índice é recusado."""
    conteudo = bytearray(zipado(conjunto()))
    meio = len(conteudo) // 2
    conteudo[meio : meio + 64] = bytes(64)
    assert "não é um zip íntegro" in zip_recusado(bytes(conteudo), tmp_path)


def test_bomba_custa_pouco(tmp_path: Path) -> None:
    """Recusar a pior das bombas leva pouco tempo."""
    dentro = zipado({f"{n}.txt": bytes(MIB) for n in range(30)})
    conteudo = zipado({f"{n}.zip": dentro for n in range(100)})
    inicio = time.perf_counter()
    zip_recusado(conteudo, tmp_path)
    assert time.perf_counter() - inicio < 5


def test_bytes_estragados_so_dao_recusas(tmp_path: Path) -> None:
    """De mil zips estragados ao acaso, cada um é lido ou recusado, sem outro erro."""
    sorteio = random.Random(7)
    pequeno = {"tissAssinaturaDigital_v1.01.xsd": b"<a/>"}
    inteiro = zipado({"n.zip": zipado(pequeno)} | pequeno)
    recusas = 0
    for _ in range(1000):
        conteudo = bytearray(inteiro)
        for _ in range(sorteio.randint(1, 4)):
            conteudo[sorteio.randrange(len(conteudo))] = sorteio.randrange(256)
        (tmp_path / "p.zip").write_bytes(conteudo)
        try:
            pacote.abrir(tmp_path / "p.zip")
        except tiss_xsd.PacoteRecusado:
            recusas += 1
    assert recusas > 500


# --- pastas -----------------------------------------------------------------------------------


@pytest.mark.parametrize("para", ["arquivo", "pasta"])
def test_ligacao_simbolica_na_pasta(para: str, tmp_path: Path) -> None:
    """Uma pasta com ligações simbólicas é recusada: levariam para fora dela."""
    caminho = em_pasta(tmp_path / "pacote", conjunto())
    fora = tmp_path if para == "pasta" else tmp_path / "pacote" / "tissV4_04_00.xsd"
    (caminho / "tissMais.xsd").symlink_to(fora)
    assert "não é um arquivo comum" in recusado(caminho, tmp_path)


def test_tubo_na_pasta(tmp_path: Path) -> None:
    """Um tubo na pasta é recusado sem ser lido, o que nunca acabaria."""
    caminho = em_pasta(tmp_path / "pacote", conjunto())
    os.mkfifo(caminho / "tissMais.xsd")
    assert "não é um arquivo comum" in recusado(caminho, tmp_path)


def test_pasta_com_arquivos_demais(tmp_path: Path) -> None:
    """Uma pasta qualquer, dada por engano, é recusada pelo número de arquivos."""
    caminho = em_pasta(tmp_path / "pacote", {f"{n}.txt": b"" for n in range(2001)})
    assert "mais de 2000 entradas" in recusado(caminho, tmp_path)


@pytest.mark.parametrize("que", ["nada", "tubo", "pai"])
def test_caminho_que_nao_se_le(que: str, tmp_path: Path) -> None:
    """Um caminho que não existe, ou que não é arquivo nem pasta, é ilegível, e não recusado."""
    caminho = tmp_path / "p.zip"
    if que == "tubo":
        os.mkfifo(caminho)
    elif que == "pai":
        caminho.write_bytes(b"")
        caminho /= "dentro"
    with pytest.raises(tiss_xsd.PacoteIlegivel):
        tiss_xsd.instalar(caminho, tmp_path / "dados")
