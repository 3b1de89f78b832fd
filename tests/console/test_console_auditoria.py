"""Quem administra procura na auditoria quem fez o quê."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dominio.competencia import dia
from persistence import auditoria, operadoras
from persistence.tokens import Escopo

if TYPE_CHECKING:
    import pytest
    from console.navegador import Console

CAMINHO = "/configuracao/auditoria"


def _registrar(console: Console, operadora_id: int, *acoes: str, quem: str = "token x") -> None:
    with console.mesa.banco.escrita() as conn:
        for acao in acoes:
            auditoria.registrar(
                conn, operadora_id=operadora_id, quem=quem, porta="api", acao=acao,
                alvo_tipo="protocolo", alvo="77", carteira=["00000000000000001"],
            )  # fmt: skip


def test_cada_acesso_aparece_com_o_nome_de_quem_o_fez(console: Console) -> None:
    """Do mais novo ao mais velho; quem abriu um lote tem nome, e a carteira não aparece."""
    numero = console.mesa.enviar_lote("1").protocolo
    rui = console.da_operadora(Escopo.LEITURA, nome="Rui Inventado")
    _registrar(console, console.mesa.operadora.id, "exportar")
    rui.abrir(f"/lotes/{numero}")
    pagina = console.da_operadora(Escopo.ADMIN).abrir(CAMINHO)
    primeira, *_ = [linha for linha in pagina.linhas("eventos") if linha[5] == numero]
    assert primeira[1].startswith("Rui Inventado usuario")
    assert primeira[2:6] == ["Console", "ler", "protocolo", numero]
    assert ["API", "exportar", "protocolo", "77"] in [x[2:6] for x in pagina.linhas("eventos")]
    assert "00000000000000001" not in pagina.texto


def test_filtros_escolhem_e_a_lista_continua(
    console_nos_dois: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cada filtro tira o que não é; o link Mais leva aos mais velhos; de outra não há nada."""
    console = console_nos_dois
    ana = console.da_operadora(Escopo.ADMIN)
    with console.mesa.banco.escrita() as conn:
        outra = operadoras.adicionar(
            conn, registro_ans="888888", cnpj="11222333000181", nome="Outra Operadora"
        )
    _registrar(console, outra.id, "espiar")
    _registrar(console, console.mesa.operadora.id, *(f"acao{n}" for n in range(5)))
    hoje = dia(console.relogio())
    for filtro, quantos in (
        ({"alvo": "77"}, 5), ({"acao": "acao3"}, 1), ({"quem": "token x", "porta": "cli"}, 0),
        ({"acao": "espiar"}, 0), ({"alvo": "77", "de": hoje, "ate": hoje}, 5),
        ({"alvo": "77", "ate": "2020-01-01"}, 0),
    ):  # fmt: skip
        assert len(ana.abrir(CAMINHO, **filtro).linhas("eventos")) == quantos, filtro
    monkeypatch.setattr("backoffice.console.paginas.auditoria.POR_PAGINA", 3)
    pagina = ana.abrir(CAMINHO, quem="token x")
    vistos = [linha[3] for linha in pagina.linhas("eventos")]
    (seguinte,) = pagina.arvore.xpath("//tr[@class='mais']//a/@href")
    resto = ana.abrir(str(seguinte).removeprefix("/console")).linhas("eventos")
    assert vistos + [linha[3] for linha in resto] == [f"acao{n}" for n in range(4, -1, -1)]


def test_filtro_torto_diz_se_no_campo(console: Console) -> None:
    """Uma data que não é data volta com o erro, e a lista continua a mostrar-se."""
    pagina = console.da_operadora(Escopo.ADMIN).abrir(CAMINHO, de="ontem")
    assert set(pagina.erros()) == {"de"}
