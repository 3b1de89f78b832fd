from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gateway.aplicacao import ASSUNTOS
from gateway.configuracao import VARIAVEL, ConfiguracaoInvalida, carregar
from gateway.secoes.repasse import EXECUTADOS

if TYPE_CHECKING:
    from pathlib import Path

    from gateway.configuracao import Configuracao


@pytest.fixture
def arquivo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """O arquivo de configuração em vigor, vazio."""
    caminho = tmp_path / "tiss-gateway.toml"
    caminho.touch()
    monkeypatch.setenv(VARIAVEL, str(caminho))
    return caminho


def _com(arquivo: Path, texto: str) -> Configuracao:
    arquivo.write_text(texto, "utf-8")
    return carregar()


def test_espelham_se_os_servicos_que_o_gateway_executa() -> None:
    """A lista de serviços que se podem espelhar é a dos assuntos do gateway."""
    assert frozenset(a.servico for a in ASSUNTOS) == EXECUTADOS


def test_endereco_troca_a_versao_nas_tres_formas(arquivo: Path) -> None:
    """O modelo do endereço aceita a versão em qualquer das formas que se encontram em campo."""
    texto = (
        '[repasse.tissLoteAnexo]\nurl = "https://n.exemplo/{versao}/{versao_compacta}/s{sufixo}"'
    )
    ajuste = _com(arquivo, texto).repasse.root["tissLoteAnexo"]
    assert ajuste.endereco("4.03.00") == "https://n.exemplo/4.03.00/40300/sV4_03_00"


def test_variavel_de_ambiente_vale_sobre_o_arquivo(
    arquivo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Uma variável muda uma chave de um serviço e deixa as outras do arquivo."""
    monkeypatch.setenv("TISS_GATEWAY_REPASSE__tissLoteGuias__TIMEOUT", "2.5")
    texto = '[repasse.tissLoteGuias]\nurl = "http://n.exemplo"\ntimeout = 9\nmodo = "espelha"'
    ajuste = _com(arquivo, texto).repasse.root["tissLoteGuias"]
    assert (ajuste.timeout, ajuste.modo, ajuste.url) == (2.5, "espelha", "http://n.exemplo")


def test_so_variaveis_bastam(arquivo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Um serviço pode ser repassado só por variáveis de ambiente."""
    monkeypatch.setenv("TISS_GATEWAY_REPASSE__TISSLOTEANEXO__URL", "http://n.exemplo")
    assert list(_com(arquivo, "").repasse.root) == ["tissLoteAnexo"]


@pytest.mark.parametrize(
    ("texto", "erro"),
    [
        ('[repasse.tissNada]\nurl = "http://n"', "tissNada não é um serviço do padrão"),
        ('[repasse.tissLoteAnexo]\nmodo = "repassa"', "tissLoteAnexo.url: falta"),
        ('[repasse.tissLoteAnexo]\nurl = "ftp://n"', "não é um endereço http"),
        ('[repasse.tissLoteAnexo]\nurl = "http://n:99999"', "não é um endereço http"),
        ('[repasse.tissLoteAnexo]\nurl = "http://eu:senha@n"', "não pode ter usuário"),
        ('[repasse.tissLoteAnexo]\nurl = "http://n/{v}"', "url só aceita {versao}"),
        ('[repasse.tissLoteAnexo]\nurl = "http://n"\nca = "nada.pem"', "ca não é um arquivo"),
        ('[repasse.tissLoteAnexo]\nurl = "http://n"\ntimeout = 0', "timeout: está abaixo"),
        ('[repasse.tissLoteAnexo]\nurl = "http://n"\nnada = 1', "nada: chave desconhecida"),
        ('[repasse.tissLoteAnexo]\nurl = "http://n"\nmodo = "espelha"', "só se espelha"),
    ],
)
def test_secao_errada_e_dita_numa_linha(arquivo: Path, texto: str, erro: str) -> None:
    """Cada engano na seção é um erro de uma linha que diz o que é e onde."""
    with pytest.raises(ConfiguracaoInvalida) as invalida:
        _com(arquivo, texto)
    assert erro in str(invalida.value)
    assert "\n" not in str(invalida.value)
    assert "senha@" not in str(invalida.value)
