"""Os documentos dizem o que o código faz: tabelas do README, ligações, arquivos de exemplo."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

from dominio.erros import TissFault
from dominio.transacoes import POR_RAIZ, matriz
from dominio.versoes import VERSOES
from gateway import metricas
from gateway.aplicacao import ASSUNTOS
from gateway.configuracao import Configuracao
from gateway.linha_de_comando import comando
from mensagem import contrato, envelope
from mensagem.cabecalho import padrao
from mensagem.hash_tiss import Modo, conferir
from mensagem.parse import Limites, parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import BaseModel

RAIZ = Path(__file__).resolve().parents[2]
README = (RAIZ / "README.md").read_text("utf-8")
LEIAME = (RAIZ / "LEIAME.md").read_text("utf-8")
EXEMPLOS = sorted((RAIZ / "docs" / "primeiro-lote").glob("*.xml"))
_COMUNS = {"--config", "--json", "--help"}
_LIGACAO = re.compile(r"\]\(([^)\s]+)\)")
_CERCA = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
_PASTA_DE_UMA_MAQUINA = re.compile(r"(?<![\w.:/$}])/(?:work|root|home|Users)/\w")
# a expressão não pode conter ela própria o endereço de um registro de pacotes
_REGISTRO_DE_PACOTES = re.compile(
    r"\b(?:pypi|pythonhosted|npmjs|yarnpkg|packagist|rubygems|crates|docker)\.(?:org|com|io)\b"
)


def _tabela(texto: str, primeiro_titulo: str) -> list[dict[str, str]]:
    """Linhas da única tabela Markdown cujo primeiro título é o dado, por título."""
    linhas = texto.splitlines()
    [inicio] = [n for n, linha in enumerate(linhas) if linha.startswith(f"| {primeiro_titulo} |")]
    titulos = _celulas(linhas[inicio])
    dados = []
    for linha in linhas[inicio + 2 :]:
        if not linha.startswith("|"):
            break
        dados.append(dict(zip(titulos, _celulas(linha), strict=True)))
    return dados


def _celulas(linha: str) -> list[str]:
    return [celula.strip() for celula in linha.strip().strip("|").split("|")]


def _codigo(celula: str) -> str:
    assert celula.startswith("`"), f"esperava-se código: {celula}"
    return celula.strip("`")


def _ajustes() -> Iterator[tuple[str, str]]:
    """Cada chave com o seu padrão, como ``config check`` o mostra."""
    for secao, campo in Configuracao.model_fields.items():
        padroes: BaseModel = campo.default
        for chave, valor in padroes.model_dump(mode="json").items():
            yield f"{secao}.{chave}", json.dumps(valor, ensure_ascii=False)


def _folhas(grupo: click.Group, antes: str = "") -> Iterator[tuple[str, click.Command]]:
    for nome, filho in grupo.commands.items():
        if isinstance(filho, click.Group):
            yield from _folhas(filho, f"{antes}{nome} ")
        else:
            yield f"{antes}{nome}", filho


def _arquivos_do_projeto() -> list[Path]:
    """O que o git guarda, ou guardaria no próximo commit."""
    if shutil.which("git") is None or not (RAIZ / ".git").exists():
        pytest.skip("só num clone com git se sabe o que é do projeto")
    saida = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=RAIZ,
        check=True,
        capture_output=True,
        text=True,
    )
    caminhos = (RAIZ / nome for nome in saida.stdout.split("\0") if nome)
    return [caminho for caminho in caminhos if caminho.is_file()]


def _markdowns() -> list[Path]:
    return [caminho for caminho in _arquivos_do_projeto() if caminho.suffix == ".md"]


def _lugares(proibido: re.Pattern[str]) -> list[str]:
    achados = []
    for caminho in _arquivos_do_projeto():
        texto = caminho.read_text("utf-8", errors="replace")
        for numero, linha in enumerate(texto.splitlines(), 1):
            if proibido.search(linha):
                achados.append(f"{caminho.relative_to(RAIZ)}:{numero}")
    return achados


# --- as tabelas do README ---------------------------------------------------------------------


def test_configuracao_do_readme_e_a_do_codigo() -> None:
    """O README lista cada chave da configuração com o padrão que o código tem."""
    ditas = {_codigo(x["Key"]): _codigo(x["Default"]) for x in _tabela(README, "Key")}
    assert dict(_ajustes()) == ditas


def test_variavel_de_cada_chave_esta_no_readme() -> None:
    """Cada chave traz a variável de ambiente que vale por cima do arquivo."""
    for linha in _tabela(README, "Key"):
        secao, _, chave = _codigo(linha["Key"]).partition(".")
        esperada = f"TISS_GATEWAY_{secao.upper()}__{chave.upper()}"
        assert esperada == _codigo(linha["Variable"])


def test_comandos_do_readme_sao_os_da_linha_de_comando() -> None:
    """O README lista cada comando, com todas as suas opções e nenhuma outra."""
    esperados = {
        nome: {o for p in folha.params for o in p.opts if o.startswith("--")} - _COMUNS
        for nome, folha in _folhas(comando)
    }
    ditos = {
        _codigo(linha["Command"]): set(re.findall(r"--[a-z0-9-]+", linha["Options"]))
        for linha in _tabela(README, "Command")
    }
    assert esperados == ditos


def test_matriz_do_readme_e_a_do_dominio() -> None:
    """O README diz em que versões cada serviço pode ser usado, como a tabela de transações."""
    ditas = {
        _codigo(linha["Service"]): tuple(v for v in VERSOES if linha[v] == "yes")
        for linha in _tabela(README, "Service")
    }
    assert matriz() == ditas


def test_servicos_oferecidos_no_readme_sao_os_que_tem_assunto() -> None:
    """O README diz oferecido o serviço que o gateway executa, e descrito o que só serve o WSDL."""
    executados = {assunto.servico for assunto in ASSUNTOS}
    esperados = {s: "offered" if s in executados else "described" for s in matriz()}
    ditos = {_codigo(x["Service"]): x["State"] for x in _tabela(README, "Service")}
    assert esperados == ditos


def test_falhas_do_readme_sao_as_do_padrao() -> None:
    """O README explica as sete palavras de tissFault."""
    ditas = {_codigo(linha["`tissFault`"]) for linha in _tabela(README, "`tissFault`")}
    assert {str(palavra) for palavra in TissFault} == ditas


def test_metricas_do_readme_sao_as_expostas() -> None:
    """O README lista cada métrica do gateway com o nome exposto."""
    corpo, _ = metricas.texto()
    tipos = re.findall(r"^# TYPE (tiss_\w+) (\w+)$", corpo.decode(), re.MULTILINE)
    expostas = {nome for nome, _ in tipos if not nome.endswith("_created")}
    assert expostas == {_codigo(linha["Metric"]) for linha in _tabela(README, "Metric")}


def test_leiame_usa_os_comandos_do_readme() -> None:
    """Cada comando do LEIAME é um do README, que tem o resto."""
    cercas = _CERCA.findall(LEIAME)
    assert len(cercas) >= 3
    comandos = {linha for cerca in cercas for linha in cerca.splitlines()[1:-1]}
    assert comandos <= set(README.splitlines())


# --- os exemplos ------------------------------------------------------------------------------


@pytest.mark.parametrize("arquivo", EXEMPLOS, ids=lambda a: a.name)
def test_exemplo_e_uma_mensagem_valida(arquivo: Path) -> None:
    """As mensagens que o README manda enviar seguem o esquema e trazem o hash oficial."""
    mensagem = envelope.abrir(parse(arquivo.read_bytes(), Limites()))
    assert contrato.transacao(mensagem, None) in POR_RAIZ.values()
    contrato.esquema(mensagem, padrao(mensagem))
    assert conferir(mensagem, Modo.STRICT).confere


def test_exemplos_sao_os_que_o_readme_envia() -> None:
    """Cada arquivo de exemplo é enviado por um comando do README, ao endereço da sua versão."""
    enviados = re.findall(r"@(docs/\S+\.xml) http://127\.0\.0\.1:8080/tiss/(\S+?)/(\S+)", README)
    esperados = []
    for arquivo in EXEMPLOS:
        mensagem = envelope.abrir(parse(arquivo.read_bytes(), Limites()))
        transacao = contrato.transacao(mensagem, None)
        caminho = arquivo.relative_to(RAIZ).as_posix()
        esperados.append((caminho, padrao(mensagem), transacao.servico))
    assert esperados == sorted(enviados)


# --- o repositório ----------------------------------------------------------------------------


def test_ligacoes_relativas_existem() -> None:
    """Toda ligação relativa de um documento leva a um arquivo do projeto."""
    do_projeto = set(_arquivos_do_projeto())
    quebradas = []
    for documento in _markdowns():
        texto = _CERCA.sub("", documento.read_text("utf-8"))
        for alvo in _LIGACAO.findall(texto):
            caminho = alvo.partition("#")[0]
            if "://" in alvo or not caminho:
                continue
            if (documento.parent / caminho).resolve() not in do_projeto:
                quebradas.append(f"{documento.relative_to(RAIZ)}: {alvo}")
    assert not quebradas


def test_nenhum_arquivo_cita_pasta_de_uma_maquina() -> None:
    """Nenhum arquivo do projeto traz o caminho absoluto da máquina de alguém."""
    assert not _lugares(_PASTA_DE_UMA_MAQUINA)


def test_nenhum_arquivo_cita_um_registro_de_pacotes() -> None:
    """Nenhum arquivo do projeto prende a instalação ao endereço de um registro de pacotes."""
    assert not _lugares(_REGISTRO_DE_PACOTES)


@pytest.mark.parametrize("pasta", ["work", "root", "home", "Users"])
def test_pasta_de_uma_maquina_e_reconhecida(pasta: str) -> None:
    """O que se procura nos arquivos seria achado se lá estivesse."""
    assert _PASTA_DE_UMA_MAQUINA.search(f"cd /{pasta}/ana")


@pytest.mark.parametrize("nome", ["pypi", "npmjs", "docker"])
def test_registro_de_pacotes_e_reconhecido(nome: str) -> None:
    """O endereço que se procura nos arquivos seria achado se lá estivesse."""
    assert _REGISTRO_DE_PACOTES.search(f"https://{nome}.org/simple")


# --- as versões travadas ----------------------------------------------------------------------


def _travadas() -> list[str]:
    texto = (RAIZ / "requirements.lock").read_text("utf-8")
    return [p for p in texto.replace("\\\n", " ").splitlines() if p and not p.startswith("#")]


def test_cada_dependencia_travada_tem_versao_e_hash() -> None:
    """Toda dependência está presa a uma versão e a ao menos um SHA-256."""
    travadas = _travadas()
    assert travadas
    forma = re.compile(r"[\w.\[\]-]+==[^\s;]+(?: ;[^\\]*?)?(?:\s+--hash=sha256:[0-9a-f]{64})+\s*")
    assert not [linha for linha in travadas if not forma.fullmatch(linha)]


def test_versoes_travadas_nao_dizem_de_onde_vem() -> None:
    """O arquivo de versões não traz endereço nem opção de índice: isso é de cada máquina."""
    assert not [p for p in _travadas() if "://" in p or p.startswith("-")]


def test_dependencias_diretas_estao_travadas() -> None:
    """Tudo o que pyproject.toml pede está no arquivo de versões."""
    projeto = (RAIZ / "pyproject.toml").read_text("utf-8")
    pedidas = re.findall(r'^    "([\w-]+)(?:\[\w+\])?[<>=]=', projeto, re.MULTILINE)
    assert len(pedidas) > 10
    travadas = {linha.partition("==")[0].lower() for linha in _travadas()}
    assert {nome.lower() for nome in pedidas} - travadas == set()
