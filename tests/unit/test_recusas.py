"""O catálogo de recusas é o que as tabelas dizem, e cada erro diz o que corrigir."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from dominio.erros import ERROS, Erro
from dominio.listas import codigos
from dominio.versoes import VERSOES
from gateway.comandos.recusas import catalogo
from gateway.linha_de_comando import comando
from handlers.lote_guias.regras import REGRAS
from handlers.recurso_glosa.regras import REGRAS as DE_RECURSO

CATALOGO = (Path(__file__).resolve().parents[2] / "docs" / "recusas.md").read_text("utf-8")


def _linha(chave: str) -> list[str]:
    [linha] = [x for x in CATALOGO.splitlines() if x.startswith(f"| `{chave}` |")]
    return [celula.strip() for celula in linha.strip("|").split("|")]


def test_arquivo_e_o_que_o_comando_escreve() -> None:
    """``docs/recusas.md`` é, byte por byte, o que ``regras doc`` escreve hoje."""
    escrito = CliRunner().invoke(comando, ["regras", "doc"])
    assert escrito.exit_code == 0
    assert escrito.output == CATALOGO == catalogo(REGRAS, DE_RECURSO)


@pytest.mark.parametrize("erro", ERROS.values(), ids=lambda e: e.chave)
def test_todo_erro_diz_o_que_corrigir(erro: Erro) -> None:
    """Cada erro tem uma frase inteira, em ISO-8859-1, que diz o que muda quem enviou."""
    assert erro.corrigir[:1].isupper()
    assert erro.corrigir.endswith(".")
    assert len(erro.corrigir) <= 200
    erro.corrigir.encode("iso-8859-1")


@pytest.mark.parametrize("erro", ERROS.values(), ids=lambda e: e.chave)
def test_catalogo_tem_cada_erro_com_os_seus_codigos(erro: Erro) -> None:
    """Cada erro está uma vez no catálogo, com a causa, o que corrigir e todo código que ele usa."""
    celulas = _linha(erro.chave)
    assert celulas[-2:] == [erro.texto, erro.corrigir]
    ditos = celulas[-3].replace(",", " ").split()
    usados = {erro.glosa(versao) for versao in VERSOES}
    assert usados == set(ditos) & set(codigos("dm_tipoGlosa", VERSOES[-1]))


def test_catalogo_diz_que_niveis_sao_fixos() -> None:
    """O catálogo marca como fixas as regras cujo nível a operadora não muda."""
    todas = (*REGRAS, *DE_RECURSO)
    fixas = {r.chave for r in todas if _linha(r.chave)[1].endswith("fixo")}
    assert {r.chave for r in todas if r.fixa} == fixas
