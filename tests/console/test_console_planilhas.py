"""Quem administra envia preços e beneficiários em planilha, e sabe que linhas não servem."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from persistence import auditoria, beneficiarios, precos
from persistence.tokens import Escopo

if TYPE_CHECKING:
    from console.navegador import Console, Navegador, Pagina

PRECOS = "tabela;codigo;preco;inicio;fim\n"
PESSOAS = "carteira;nome;cns;validade;suspenso_desde;suspenso_ate;incluido_em;excluido_em\n"


@pytest.fixture(scope="module")
def ana(casa: Console) -> Navegador:
    """Quem administra e vê conteúdos."""
    return casa.da_operadora()


def _enviar(ana: Navegador, qual: str, texto: str | bytes, **campos: str) -> Pagina:
    dados = texto if isinstance(texto, bytes) else texto.encode()
    ana.abrir(f"/cadastro/{qual}")
    return ana.enviar_arquivos(f"/cadastro/{qual}", [("arquivo", "x.csv", dados)], **campos)


def _precos(casa: Console, codigo: str) -> list[Decimal]:
    with casa.mesa.banco.leitura() as conn:
        return [p.valor for p in precos.do_codigo(conn, casa.mesa.operadora.id, "22", codigo)]


def test_precos_enviados_mostram_se(casa: Console, ana: Navegador) -> None:
    """Com vírgula e em qualquer ordem de colunas; a página dá-os em reais."""
    pagina = _enviar(
        ana, "precos", "codigo;tabela;preco;fim;inicio\n10101012;22;1234,56;;01/01/2026\n"
    )
    assert "Preços gravados: 1." in pagina.texto
    assert _precos(casa, "10101012") == [Decimal("1234.56")]
    pagina = ana.abrir("/cadastro/precos", tabela="22", codigo="10101012")
    assert pagina.linhas("precos") == [["22", "10101012", "01/01/2026", "—", "R$ 1.234,56"]]


def test_linhas_recusadas_dizem_se_uma_a_uma(casa: Console, ana: Navegador) -> None:
    """Nada se grava, e cada linha diz o que corrigir; a pedido, grava-se o que serve."""
    planilha = f"{PRECOS}22;20101012;10;2026-01-01;\n22;20101013;dez;2026-01-01;\n99;1;1;;\n"
    pagina = _enviar(ana, "precos", planilha)
    assert pagina.status == 422
    assert "Nada foi gravado" in pagina.texto
    assert [linha[0] for linha in pagina.linhas("recusadas")] == ["3", "4"]
    assert pagina.linhas("recusadas")[0][1].startswith("preco:")
    assert _precos(casa, "20101012") == []
    pagina = _enviar(ana, "precos", planilha, parcial="sim")
    assert "Preços gravados: 1. Linhas recusadas: 2." in pagina.texto
    assert _precos(casa, "20101012") == [Decimal("10.00")]


@pytest.mark.parametrize(
    "texto", ["", "codigo;preco\n1;2\n", f'{PRECOS}"22;1;1;2026-01-01;\n' + "x" * 140_000]
)
def test_arquivo_que_nao_e_a_planilha(ana: Navegador, texto: str) -> None:
    """O vazio, o de outras colunas, o de aspas que não fecham: o erro fica no campo."""
    pagina = _enviar(ana, "precos", texto)
    assert pagina.status == 422
    assert set(pagina.erros()) == {"arquivo"}


def test_beneficiarios_em_iso_8859_1(casa: Console, ana: Navegador) -> None:
    """A planilha antiga lê-se, o novo e o atualizado contam-se, e a busca fica na auditoria."""
    planilha = f"{PESSOAS}0012;JOÃO DE TESTE;;31/12/2030;;;;\n".encode("iso-8859-1")
    assert "novos: 1; atualizados: 0" in _enviar(ana, "beneficiarios", planilha).texto
    assert "novos: 0; atualizados: 1" in _enviar(ana, "beneficiarios", planilha).texto
    with casa.mesa.banco.leitura() as conn:
        achados = beneficiarios.por_carteira(conn, casa.mesa.operadora.id, ["0012"])
    assert achados["0012"].validade == date(2030, 12, 31)
    ana.abrir("/cadastro/beneficiarios")
    pagina = ana.preencher(0, carteira="0012")
    assert "JOÃO DE TESTE" in pagina.texto
    assert "0012" not in pagina.caminho
    with casa.mesa.banco.leitura() as conn:
        eventos = auditoria.listar(conn, casa.mesa.operadora.id, depois_de=0, limite=500)
    assert ("ler", "beneficiario") in {(e.acao, e.alvo_tipo) for e in eventos}
    assert set(ana.enviar("/cadastro/beneficiarios/busca", carteira="9").erros()) == {"carteira"}


def test_recusa_nao_repete_dados_da_pessoa(ana: Navegador) -> None:
    """A linha recusada diz-se pelo número e pelo campo, nunca pelo que traz."""
    pagina = _enviar(ana, "beneficiarios", f"{PESSOAS}0013;MARIA DE TESTE;123;;;;;\n")
    assert pagina.linhas("recusadas") == [["2", "cns: são quinze algarismos"]]
    assert "MARIA" not in pagina.corpo.decode()


def test_quem_so_le_precos_nao_os_envia(casa: Console) -> None:
    """A página não oferece o que a pessoa não pode fazer."""
    bia = casa.da_operadora(Escopo.LEITURA)
    assert not bia.abrir("/cadastro/precos").arvore.xpath("//input[@type='file']")
    assert _enviar(bia, "precos", PRECOS).status == 403
