"""A pasta em que se instala, e o que o resto sabe de uma versão que não veio com o projeto."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import pytest
from pacotes import NOVA, conjunto, em_zip

import tiss_xsd
import wsdl
from dominio.erros import ERROS
from dominio.listas import codigos, listas
from dominio.transacoes import POR_SERVICO, servicos_da_versao
from dominio.versoes import VERSOES, referencia
from tiss_xsd.instalacao import INSTALADO

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def dados(tmp_path: Path) -> Iterator[Path]:
    """A pasta de dados dos esquemas; ao fim o processo volta aos embutidos."""
    yield tmp_path / "dados" / "esquemas"
    tiss_xsd.usar_pasta(None)


# --- a pasta de dados -------------------------------------------------------------------------


def instalado(tmp_path: Path, dados: Path) -> Path:
    """Instala a versão nova e devolve a pasta do conjunto."""
    tiss_xsd.instalar(em_zip(tmp_path / "p.zip", conjunto()), dados)
    return dados / NOVA / (dados / NOVA / "atual").read_text()


def test_arquivo_mexido_depois_de_instalado(tmp_path: Path, dados: Path) -> None:
    """A conferência nomeia o arquivo que mudou, e instalar o mesmo pacote conserta."""
    lugar = instalado(tmp_path, dados)
    with (lugar / "tissV4_04_00.xsd").open("ab") as arquivo:
        arquivo.write(b"<!-- -->")
    tiss_xsd.usar_pasta(dados)
    (defeito,) = tiss_xsd.conferir(NOVA)

    de_novo = tiss_xsd.instalar(tmp_path / "p.zip", dados)
    tiss_xsd.usar_pasta(dados)

    assert "tissV4_04_00.xsd" in defeito
    assert [(v.versao, v.feito) for v in de_novo.versoes] == [(NOVA, INSTALADO)]
    assert not tiss_xsd.conferir(NOVA)


def test_so_o_dono_entra_na_pasta_de_dados(tmp_path: Path, dados: Path) -> None:
    """As pastas criadas, a de dados incluída, são só do dono."""
    instalado(tmp_path, dados)

    assert {0o700} == {p.stat().st_mode & 0o777 for p in (dados, dados.parent, dados / NOVA)}


def test_a_procedencia_do_pacote_fica_gravada(tmp_path: Path, dados: Path) -> None:
    """Junto dos arquivos ficam o nome e o resumo do pacote de que vieram."""
    lugar = instalado(tmp_path, dados)
    registro = json.loads((lugar / "procedencia.json").read_text("utf-8"))

    esperado = hashlib.sha256((tmp_path / "p.zip").read_bytes()).hexdigest()
    assert (registro["pacote"], registro["sha256"]) == ("p.zip", esperado)


@pytest.mark.parametrize("defeito", ["arquivo", "aponta", "registro", "nome", "falta"])
def test_pasta_estragada_e_um_erro(defeito: str, tmp_path: Path, dados: Path) -> None:
    """Uma pasta que não se entende impede o uso, em vez de esquecer em silêncio o instalado."""
    lugar = instalado(tmp_path, dados)
    registro = lugar / "procedencia.json"
    if defeito == "aponta":
        (dados / NOVA / "atual").write_text("outro")
    elif defeito == "registro":
        registro.write_text("{")
    elif defeito == "nome":
        registro.write_text(registro.read_text().replace("tissV4_04_00.xsd", "../x.xsd"))
    elif defeito == "falta":
        registro.unlink()
    usada = tmp_path / "p.zip" if defeito == "arquivo" else dados
    with pytest.raises(tiss_xsd.PastaInvalida):
        tiss_xsd.usar_pasta(usada)

    assert tiss_xsd.versoes() == VERSOES


def test_sobras_na_pasta_nao_sao_versoes(tmp_path: Path, dados: Path) -> None:
    """Uma versão cuja instalação não chegou ao fim, e o que não é versão, não contam."""
    instalado(tmp_path, dados)
    (dados / "4.05.00" / "meio").mkdir(parents=True)
    (dados / "rascunho").mkdir()
    tiss_xsd.usar_pasta(dados)

    assert (*VERSOES, NOVA) == tiss_xsd.versoes()


# --- o que os outros sabem de uma versão que não veio com o projeto ---------------------------


@pytest.mark.parametrize(
    ("versao", "esperada"),
    [
        ("4.04.00", "4.03.00"),
        ("4.01.01", "4.01.00"),
        ("3.04.01", "3.05.00"),
        *zip(VERSOES, VERSOES, strict=True),
    ],
)
def test_tabelas_que_valem_para_cada_versao(versao: str, esperada: str) -> None:
    """Para uma versão de fora valem as tabelas da mais nova antes dela, senão da mais antiga."""
    assert esperada == referencia(versao)
    assert listas(esperada) == listas(versao)
    assert codigos("dm_tipoGlosa", esperada) == codigos("dm_tipoGlosa", versao)
    assert {e.glosa(esperada) for e in ERROS.values()} == {e.glosa(versao) for e in ERROS.values()}


@pytest.mark.parametrize(("versao", "quantos"), [("3.04.01", 11), (NOVA, 12)])
def test_wsdl_de_versao_de_fora(versao: str, quantos: int) -> None:
    """Toda versão tem WSDL de cada serviço que existia nela, com o seu nome no espaço de nomes."""
    servicos = servicos_da_versao(versao)
    assert len(servicos) == quantos
    texto = wsdl.documento(POR_SERVICO["tissLoteGuias"], versao, "http://exemplo.invalid/x")
    assert f'/v{versao.replace(".", "")}"'.encode() in texto
