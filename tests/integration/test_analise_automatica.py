from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from integration.cobranca import HOJE, Cobranca, de_guia, de_item, glosa, reais
from sqlalchemy import update

from dominio.analise import Politica
from dominio.impedimento import Impedimento
from handlers.analise import automatica, regras
from handlers.analise.regras import Acao
from persistence import politicas_de_cobranca, precos, protocolos, tabelas
from persistence.politicas_de_cobranca import PoliticaDeCobranca
from persistence.precos import Preco, Procura

if TYPE_CHECKING:
    from handlers.analise.automatica import Automatica

DESDE = date(2026, 1, 1)
CODIGO = "40300001"
"""Código do primeiro item de cada guia inventada."""


@pytest.fixture
def casa(casa: Cobranca) -> Cobranca:
    """A operadora que analisa, com preço para o primeiro item."""
    _precos(casa, Preco("22", CODIGO, DESDE, reais("8.00")))
    return casa


def _precos(casa: Cobranca, *novos: Preco) -> None:
    with casa.banco.escrita() as conn:
        precos.gravar(conn, casa.operadora, novos)


def _regra(casa: Cobranca, chave: str, acao: Acao, codigo: str | None = None) -> None:
    with casa.banco.escrita() as conn:
        regras.ajustar(conn, casa.operadora, {chave: (acao, codigo)})


def _analisar(casa: Cobranca, numero: int, *, finaliza: bool = True) -> Automatica:
    with casa.banco.escrita() as conn:
        return automatica.analisar(
            conn, casa.operadora, numero, casa.autor("robô"), finaliza=finaliza
        )


def _item(casa: Cobranca, numero: int) -> tuple[str, str, str]:
    item = casa.itens(numero)[0]
    return str(item.processado), str(item.liberado), str(item.glosa)


@pytest.mark.parametrize(
    ("valor", "campos", "esperado"),
    [
        ("8.00", {}, ("8.00", "8.00", "0.00")),
        ("7.00", {}, ("7.00", "7.00", "0.00")),
        ("10.00", {}, ("10.00", "8.00", "2.00")),
        ("30.00", {"quantidade": Decimal(3)}, ("30.00", "24.00", "6.00")),
        (
            "30.00",
            {"quantidade": Decimal(3), "fator": Decimal("0.70")},
            ("30.00", "16.80", "13.20"),
        ),
        ("9.00", {"quantidade": Decimal("1.0007")}, ("9.00", "8.01", "0.99")),
    ],
)
def test_glosa_o_que_passa_de_preco_quantidade_e_fator(
    casa: Cobranca, valor: str, campos: dict[str, Decimal], esperado: tuple[str, str, str]
) -> None:
    """Libera-se até preço x quantidade x fator, ao centavo; o informado a menos fica como veio."""
    numero = casa.lote([valor], **campos)
    feita = _analisar(casa, numero)
    assert (feita.analise.estado, feita.guias, feita.apontamentos) == ("finalizada", 1, ())
    assert _item(casa, numero) == esperado


@pytest.mark.parametrize("politica", list(Politica))
def test_corte_de_preco_fecha_em_qualquer_politica(casa: Cobranca, politica: Politica) -> None:
    """A glosa automática obedece à equação de cada política, e sempre se finaliza."""
    with casa.banco.escrita() as conn:
        politicas_de_cobranca.gravar(conn, casa.operadora, PoliticaDeCobranca(politica))
    numero = casa.lote(["10.00"])
    _analisar(casa, numero)
    assert _item(casa, numero)[1:] == ("8.00", "2.00")


def test_sem_preco_fica_para_uma_pessoa(casa: Cobranca) -> None:
    """O código sem preço deixa a guia por decidir; as outras têm resultado, e nada se mostra."""
    _regra(casa, "duplicado", Acao.DESLIGADA)
    numero = casa.lote(["8.00", "5.00"], ["8.00"])
    feita = _analisar(casa, numero)
    assert (feita.analise.estado, feita.guias) == ("em-curso", 1)
    assert [(a.guia_posicao, a.item_posicao, a.regra) for a in feita.apontamentos] == [
        (1, 2, "sem-preco")
    ]
    with pytest.raises(Impedimento) as erro:
        casa.finalizar(numero, completar=True)
    assert (erro.value.chave, erro.value.lugar.guia) == ("espera-pessoa", 1)
    casa.registrar(numero, de_guia(1, de_item(1, "8.00"), de_item(2, "5.00", glosa("5.00"))))
    assert str(casa.finalizar(numero).valores.liberado) == "16.00"


def test_o_que_uma_pessoa_registrou_fica(casa: Cobranca) -> None:
    """A análise automática não toca na guia que já tem resultado."""
    _regra(casa, "duplicado", Acao.DESLIGADA)
    numero = casa.lote(["10.00"], ["10.00"])
    casa.registrar(numero, de_guia(2, de_item(1, "10.00", glosa("9.00"))))
    assert _analisar(casa, numero).guias == 1
    assert [str(g.glosa) for g in casa.guias(numero)] == ["2.00", "9.00"]


def test_sem_preco_com_glosa_tira_tudo(casa: Cobranca) -> None:
    """Se a operadora escolhe glosar o código sem preço, nada dele se libera."""
    _regra(casa, "sem-preco", Acao.GLOSA)
    numero = casa.lote(["8.00", "5.00"])
    _analisar(casa, numero)
    assert [str(i.liberado) for i in casa.itens(numero)] == ["8.00", "0.00"]


def test_critica_libera_o_informado_e_so_se_ve_ao_finalizar(casa: Cobranca) -> None:
    """A regra em crítica não tira dinheiro, e a crítica aparece quando a análise se finaliza."""
    _regra(casa, "preco-maior", Acao.CRITICA, "1705")
    numero = casa.lote(["10.00"])
    lote = casa.protocolo(numero).lote_id or 0

    def criticas() -> list[tuple[str, str, int | None]]:
        with casa.banco.leitura() as conn:
            return [(c.regra, c.codigo, c.item_posicao) for c in protocolos.criticas(conn, lote)]

    _analisar(casa, numero, finaliza=False)
    assert criticas() == []
    casa.finalizar(numero)
    assert _item(casa, numero) == ("10.00", "10.00", "0.00")
    assert criticas() == [("analise.preco-maior", "1705", 1)]
    casa.reabrir(numero)
    assert criticas() == []


def test_procedimento_duplicado_no_lote(casa: Cobranca) -> None:
    """O mesmo procedimento para a mesma carteira repetido noutra guia é um só; despesas não."""
    _regra(casa, "duplicado", Acao.GLOSA)
    procedimentos, despesas = (
        casa.lote(["8.00"], ["8.00"]),
        casa.lote(["8.00"], ["8.00"], despesa=True),
    )
    _analisar(casa, procedimentos)
    _analisar(casa, despesas)
    assert [str(g.liberado) for g in casa.guias(procedimentos)] == ["8.00", "0.00"]
    assert [str(g.liberado) for g in casa.guias(despesas)] == ["8.00", "8.00"]


@pytest.mark.parametrize(
    ("acao", "liberado", "regras_vistas"),
    [
        (Acao.DESLIGADA, "8.00", []),
        (Acao.GLOSA, "0.00", []),
        (Acao.CRITICA, "8.00", ["sem-autorizacao"]),
    ],
)
def test_guia_sem_senha(
    casa: Cobranca, acao: Acao, liberado: str, regras_vistas: list[str]
) -> None:
    """A guia sem senha segue o que a operadora escolheu."""
    _regra(casa, "sem-autorizacao", acao)
    numero = casa.lote(["8.00"])
    with casa.banco.escrita() as conn:
        conn.execute(update(tabelas.guia).values(senha=None))
    feita = _analisar(casa, numero)
    assert str(casa.guias(numero)[0].liberado) == liberado
    assert [a.regra for a in feita.apontamentos] == regras_vistas


def test_preco_vale_na_data_do_atendimento(casa: Cobranca) -> None:
    """Entre preços vale o vigente no dia do item, e o que começou depois entre dois vigentes."""
    dia = {n: date(2026, n, 15) for n in range(1, 7)}
    with casa.banco.escrita() as conn:
        gravados = precos.gravar(
            conn,
            casa.operadora,
            [
                Preco("22", "1", dia[1], reais("1.00"), dia[2]),
                Preco("22", "1", dia[3], reais("3.00")),
                Preco("22", "1", dia[4], reais("4.00"), dia[5]),
                Preco("19", "1", dia[1], reais("9.00")),
            ],
        )
        assert gravados == 4
        procuras = [Procura("22", "1", d) for d in (*dia.values(), HOJE)]
        achados = precos.vigentes(conn, casa.operadora, procuras)
        assert precos.vigentes(conn, casa.operadora + 1, procuras) == {}
    assert {p.data: str(v) for p, v in achados.items()} == {
        dia[1]: "1.00",
        dia[2]: "1.00",
        dia[3]: "3.00",
        dia[4]: "4.00",
        dia[5]: "4.00",
        dia[6]: "3.00",
    }


def test_mesmo_comeco_troca_o_preco(casa: Cobranca) -> None:
    """Importar outra vez o mesmo código com o mesmo começo atualiza o valor."""
    _precos(casa, Preco("22", CODIGO, DESDE, reais("6.00")))
    numero = casa.lote(["10.00"])
    _analisar(casa, numero)
    assert _item(casa, numero) == ("10.00", "6.00", "4.00")


@pytest.mark.parametrize(
    ("chave", "codigo", "recusa"),
    [("nenhuma", None, "regra-desconhecida"), ("sem-preco", "3209", "codigo-desconhecido")],
)
def test_ajuste_que_nao_serve_e_recusado(
    casa: Cobranca, chave: str, codigo: str | None, recusa: str
) -> None:
    """Não se ajusta uma regra que não há, nem com código que alguma versão não tenha."""
    with pytest.raises(Impedimento) as erro:
        _regra(casa, chave, Acao.GLOSA, codigo)
    assert erro.value.chave == recusa
