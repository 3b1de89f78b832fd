"""O mapa de funções: toda linha tem estado, e o que se diz pronto tem teste que existe."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest

RAIZ = Path(__file__).resolve().parents[2]
DOCUMENTO = RAIZ / "docs" / "features.md"
MAPA = RAIZ.parent / "shared" / "features.md"
_LINHA = re.compile(r"^\| (?!Linha|-)([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
_TESTE = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
_NO_MAPA = re.compile(r"^\| ([A-Z][0-9]+) \|", re.MULTILINE)
_SECAO_DO_MAPA = re.compile(r"^#{3,4} ([78](?:\.[0-9]+)+) ", re.MULTILINE)
_OPERACAO_DO_MAPA = re.compile(r"^\| (tiss\w+)_Operation \|", re.MULTILINE)


class Linha(NamedTuple):
    """Uma linha do documento."""

    id: str
    o_que: str
    estado: str
    nota: str

    @property
    def testes(self) -> list[tuple[str, str]]:
        return _TESTE.findall(self.nota)


LINHAS = [Linha(*achado) for achado in _LINHA.findall(DOCUMENTO.read_text("utf-8"))]


def test_cada_linha_tem_uma_identificacao_so_sua() -> None:
    """Nenhuma identificação se repete, e nenhuma linha da tabela escapa à leitura."""
    texto = DOCUMENTO.read_text("utf-8").splitlines()
    de_tabela = [x for x in texto if x.startswith("| ") and not x.startswith("| Linha")]
    assert len(de_tabela) == len(LINHAS)
    assert [i for i, vezes in Counter(x.id for x in LINHAS).items() if vezes > 1] == []


@pytest.mark.skipif(not MAPA.is_file(), reason="o mapa de funções não está ao lado do projeto")
def test_toda_linha_do_mapa_esta_no_documento() -> None:
    """Toda linha, seção e operação do mapa de funções tem a sua linha aqui."""
    mapa = MAPA.read_text("utf-8")
    esperadas = {*_NO_MAPA.findall(mapa), *_SECAO_DO_MAPA.findall(mapa)}
    esperadas |= {f"8.1 {nome}" for nome in _OPERACAO_DO_MAPA.findall(mapa)}
    assert len(esperadas) > 250
    assert sorted(esperadas - {x.id for x in LINHAS}) == []


def test_estados_sao_tres() -> None:
    """O estado de uma linha é funciona, depois ou fora, e o resumo os conta certo."""
    contados = Counter(x.estado for x in LINHAS)
    assert set(contados) == {"funciona", "depois", "fora"}
    resumo = (
        f"São {len(LINHAS)} linhas: {contados['funciona']} funcionam, {contados['depois']} vêm "
        f"depois, {contados['fora']} ficam fora."
    )
    assert resumo in DOCUMENTO.read_text("utf-8")


def test_o_que_funciona_cita_teste_e_o_que_fica_fora_diz_por_que() -> None:
    """Não se diz pronto sem teste, nem fora ou depois sem palavra."""
    assert [x.id for x in LINHAS if x.estado == "funciona" and not x.testes] == []
    sem_palavra = [x.id for x in LINHAS if x.estado != "funciona" and not _sem_testes(x.nota)]
    assert sem_palavra == []
    assert [x.id for x in LINHAS if x.estado == "fora" and x.testes] == []


def test_todo_teste_citado_existe() -> None:
    """Cada teste nomeado no documento está no arquivo nomeado."""
    definidos: dict[str, set[str]] = {}
    for caminho, _ in {t for x in LINHAS for t in x.testes}:
        arquivo = RAIZ / caminho
        texto = arquivo.read_text("utf-8") if arquivo.is_file() else ""
        definidos[caminho] = set(re.findall(r"^def (test_\w+)\(", texto, re.MULTILINE))
    citados = [(x.id, c, nome) for x in LINHAS for c, nome in x.testes]
    assert [t for t in citados if t[2] not in definidos[t[1]]] == []
    # nada com cara de teste escapa à forma que se confere
    assert DOCUMENTO.read_text("utf-8").count("::test_") == len(citados)


def _sem_testes(nota: str) -> str:
    return _TESTE.sub("", nota).strip(" ,:;")
