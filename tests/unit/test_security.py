"""As promessas de segurança citam testes que existem."""

from __future__ import annotations

import re
from pathlib import Path

RAIZ = Path(__file__).resolve().parents[2]
DOCUMENTO = (RAIZ / "docs" / "security.md").read_text("utf-8")
_PROMESSAS = DOCUMENTO.partition("| Promessa | Teste |")[2].splitlines()[2:]
_TESTE = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def test_cada_promessa_tem_teste() -> None:
    """Nenhuma linha da tabela fica sem teste, nem se repete."""
    assert len(_PROMESSAS) > 15
    assert [x for x in _PROMESSAS if not _TESTE.search(x)] == []
    assert len(set(_PROMESSAS)) == len(_PROMESSAS)


def test_todo_teste_citado_existe() -> None:
    """Cada teste nomeado está no arquivo nomeado."""
    citados = _TESTE.findall(DOCUMENTO)
    assert len(citados) == DOCUMENTO.count("::test_")
    faltam = []
    for caminho, nome in citados:
        arquivo = RAIZ / caminho
        texto = arquivo.read_text("utf-8") if arquivo.is_file() else ""
        if f"def {nome}(" not in texto:
            faltam.append(f"{caminho}::{nome}")
    assert faltam == []
