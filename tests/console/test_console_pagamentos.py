"""Quem paga libera, cria o pagamento com a prévia, confirma e estorna pelo console."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

import pytest
from console.idor import conferir_alheio
from console.navegador import Console
from integration.cobranca import Cobranca, de_guia, de_item, glosa
from integration.exemplos import Cadastro

from backoffice.console.paginas import pagamentos
from dominio.situacao import StatusProtocolo
from persistence import operadoras, partes_pagas
from persistence.tokens import Escopo

if TYPE_CHECKING:
    from collections.abc import Iterator

    from console.navegador import Navegador, Pagina
    from integration.recepcao import Mesa

HOJE = datetime(2026, 3, 20, 15, 0, tzinfo=UTC)
CODIGO = "013950"


class Cena(NamedTuple):
    """Um lote analisado, com 20,00 de glosa em 120,00, e quem paga."""

    console: Console
    casa: Cobranca
    lote: int
    ana: Navegador

    def liberar(self) -> Pagina:
        """Libera o lote pela página."""
        self.ana.abrir("/pagamentos/liberacao")
        return self.ana.enviar("/pagamentos/liberacao", numero=self.lote, acao="liberar")

    def criar(self, **campos: str) -> Pagina:
        """Libera e cria o pagamento de tudo o que há."""
        self.liberar()
        self.ana.abrir("/pagamentos/novo", prestador=CODIGO)
        return self.ana.preencher(1, **campos)


@pytest.fixture
def cena(mesa_em_sqlite: Mesa) -> Iterator[Cena]:
    """Analisado e por liberar."""
    mesa = mesa_em_sqlite
    casa = Cobranca(mesa.banco, Cadastro(mesa.operadora, mesa.prestador))
    lote = casa.lote(["120.00"])
    casa.registrar(lote, de_guia(1, de_item(1, "120.00", glosa("20.00"))))
    casa.finalizar(lote)
    with ThreadPoolExecutor(2) as executor:
        console = Console(mesa, executor, relogio=lambda: HOJE)
        yield Cena(console, casa, lote, console.da_operadora(Escopo.LEITURA, Escopo.PAGAMENTO))


def test_libera_e_retira_a_liberacao(cena: Cena) -> None:
    """O lote analisado passa a liberado, e volta com o motivo."""
    assert "Liberado para pagamento." in cena.liberar().texto
    assert cena.casa.protocolo(cena.lote).status is StatusProtocolo.LIBERADO
    cena.ana.abrir("/pagamentos/liberacao", quais="liberados")
    pagina = cena.ana.enviar(
        "/pagamentos/liberacao", numero=cena.lote, acao="retirar", motivo="conferir de novo"
    )
    assert "Liberação retirada." in pagina.texto
    assert cena.casa.protocolo(cena.lote).status is StatusProtocolo.ANALISADO


def test_previsao_soma_por_dia(cena: Cena) -> None:
    """O liberado espera-se no último dia útil do mês."""
    cena.liberar()
    pagina = cena.ana.abrir("/pagamentos/previsao")
    (linha,) = pagina.linhas("previsao")
    assert linha[0] == "31/03/2026"
    assert linha[4] == "R$ 100,00"
    assert linha[5] == "Pagar"


def test_cria_ve_a_previa_e_confirma(cena: Cena) -> None:
    """Da escolha dos protocolos ao pagamento confirmado, com o lote pago."""
    pagina = cena.criar()
    assert "confira a prévia" in pagina.texto
    assert "100,00" in pagina.texto
    assert cena.ana.abrir("/pagamentos").linhas("pagamentos")[0][4] == "R$ 100,00"
    cena.ana.abrir("/pagamentos/1")
    pagina = cena.ana.preencher(0, data="2026-03-31")
    assert "Pagamento confirmado." in pagina.texto
    assert cena.casa.protocolo(cena.lote).status is StatusProtocolo.PAGO
    pdf = cena.ana.abrir("/pagamentos/1", formato="pdf")
    assert pdf.corpo.startswith(b"%PDF-")


@pytest.mark.parametrize(("outros", "pagos"), [({}, 3), ({"outros": ""}, 1)])
def test_o_que_nao_se_escolhe_um_a_um_paga_se_todo_ou_nada(
    cena: Cena, monkeypatch: pytest.MonkeyPatch, outros: dict[str, str], pagos: int
) -> None:
    """De um prestador com muitos lotes mostram-se os primeiros, e os outros vão juntos."""
    monkeypatch.setattr(pagamentos, "_A_ESCOLHER", 1)
    casa = cena.casa
    casa.liberado(["40.00"])
    casa.liberado(["60.00"])
    cena.liberar()
    pagina = cena.ana.abrir("/pagamentos/novo", prestador=CODIGO)
    assert len(pagina.linhas("a-pagar")) == 1
    assert "E mais 2" in pagina.texto
    assert "R$ 200,00 liberados por pagar" in pagina.texto
    cena.ana.preencher(1, **outros)
    with casa.banco.leitura() as conn:
        assert len(partes_pagas.do_pagamento(conn, 1)) == pagos


def test_debito_digitado_desce_o_liquido(cena: Cena) -> None:
    """Um débito a mais aparece na prévia e no líquido."""
    campos = {
        "indicador-1": "1", "tipo-1": "07", "descricao-1": "Acerto", "valor-1": "10,50",
    }  # fmt: skip
    pagina = cena.criar(**campos)
    assert "Acerto" in pagina.texto
    assert "89,50" in pagina.texto


def test_estorno_devolve_o_lote_a_liberado(cena: Cena) -> None:
    """Estornado inteiro, com motivo, o lote volta a liberado."""
    cena.criar()
    cena.ana.preencher(0, data="2026-03-31")
    pagina = cena.ana.preencher(0, motivo="conta errada")
    assert "Pagamento estornado." in pagina.texto
    assert cena.casa.protocolo(cena.lote).status is StatusProtocolo.LIBERADO


def test_cancelado_deixa_pagar_de_novo(cena: Cena) -> None:
    """O previsto cancela-se com motivo, e as guias vão a outro."""
    cena.criar()
    pagina = cena.ana.preencher(1, motivo="data errada")
    assert "Pagamento cancelado." in pagina.texto
    assert cena.ana.abrir("/pagamentos/novo", prestador=CODIGO).linhas("a-pagar")


def test_sobre_uma_pagina_velha_nada_se_confirma(cena: Cena) -> None:
    """Quem confirma o que outro já confirmou noutro dia vê o conflito."""
    cena.criar()
    rui = cena.console.da_operadora(Escopo.LEITURA, Escopo.PAGAMENTO, nome="Rui")
    rui.abrir("/pagamentos/1")
    rui.preencher(0, data="2026-03-30")
    pagina = cena.ana.preencher(0, data="2026-03-31")
    assert pagina.status == 422
    assert pagina.arvore.xpath("//*[@role='alert']")


@pytest.mark.parametrize(
    ("campos", "campo"),
    [
        ({"data": ""}, "data"),
        ({"valor-1": "x"}, "valor-1"),
        ({"valor-1": "-5", "descricao-1": "a", "tipo-1": "07"}, "valor-1"),
        ({"valor-1": "5", "descricao-1": "", "tipo-1": "07"}, "descricao-1"),
        ({"valor-1": "5", "descricao-1": "a", "tipo-1": ""}, "tipo-1"),
    ],
)
def test_o_que_esta_errado_fica_no_campo(cena: Cena, campos: dict[str, str], campo: str) -> None:
    """Nada se cria com um campo que não serve."""
    pagina = cena.criar(**campos)
    assert pagina.status == 422
    assert campo in pagina.erros()
    assert cena.ana.abrir("/pagamentos").linhas("pagamentos") == []


def test_prestador_que_nao_ha(cena: Cena) -> None:
    """O código errado diz-se no campo."""
    pagina = cena.ana.abrir("/pagamentos/novo", prestador="000000")
    assert pagina.erros() == {"prestador": "não há prestador com este código"}


def test_pagamento_de_outra_operadora_nao_existe(cena: Cena) -> None:
    """Nem a página, nem confirmar, cancelar ou estornar."""
    cena.criar()
    with cena.console.mesa.banco.escrita() as conn:
        outra = operadoras.adicionar(
            conn, registro_ans="888888", cnpj="11222333000181", nome="Outra Operadora"
        )
    alheia = cena.console.da_operadora(operadora=outra)
    conferir_alheio(alheia, "/pagamentos/{}", 1)
    for fim, campos in (
        ("confirmacao", {"data": "2026-03-31"}),
        ("cancelamento", {"motivo": "x"}),
        ("estorno", {"motivo": "x"}),
    ):
        conferir_alheio(alheia, f"/pagamentos/{{}}/{fim}", 1, revisao="0", **campos)
