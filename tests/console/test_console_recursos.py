"""Quem analisa responde a um recurso de glosa pelo console."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

import pytest
from console.idor import conferir_alheio
from console.navegador import Console
from integration.cobranca import Cobranca, de_guia, de_item, glosa
from integration.exemplos import Cadastro

from dominio.recurso import Nivel, Origem
from handlers.da_operadora import Autor
from handlers.recurso_glosa import rascunho
from handlers.recurso_glosa.digitacao import LinhaDigitada, completar
from handlers.recurso_glosa.posse import Quem
from persistence import operadoras, protocolos
from persistence.tokens import Escopo

if TYPE_CHECKING:
    from collections.abc import Iterator

    from console.navegador import Navegador, Pagina
    from integration.recepcao import Mesa

HOJE = datetime(2026, 4, 5, 15, 0, tzinfo=UTC)


class Cena(NamedTuple):
    """Um recurso de duas linhas, de 20,00 e 10,00, e quem o analisa."""

    console: Console
    recurso: int
    ana: Navegador

    def responder(self, acao: str = "fechar", **campos: str) -> Pagina:
        """Abre o recurso e responde as linhas dadas."""
        self.ana.abrir(f"/recursos/{self.recurso}")
        ditos = {nome.replace("_", "-"): valor for nome, valor in campos.items()}
        assert self.ana.pagina is not None
        arvore = self.ana.pagina.arvore
        ocultos = {
            nome: arvore.xpath(f"//input[@name='{nome}']/@value")[0]
            for nome in ("revisao", "chave")
        }
        return self.ana.enviar(f"/recursos/{self.recurso}/decisoes", acao=acao, **ocultos, **ditos)


@pytest.fixture
def cena(mesa_em_sqlite: Mesa) -> Iterator[Cena]:
    """O prestador contestou as duas glosas de uma guia."""
    mesa = mesa_em_sqlite
    casa = Cobranca(mesa.banco, Cadastro(mesa.operadora, mesa.prestador))
    numero = casa.lote(["100.00", "50.00"])
    resultado = de_guia(
        1, de_item(1, "100.00", glosa("20.00")), de_item(2, "50.00", glosa("10.00"))
    )
    casa.registrar(numero, resultado)
    casa.finalizar(numero)
    casa.liberar(numero)
    casa.pago(numero)
    quem = Quem(mesa.operadora, mesa.prestador, Origem.PORTAL, Autor("bia", HOJE))
    with mesa.banco.escrita() as conn:
        protocolo = protocolos.por_numero(conn, mesa.operadora.id, numero)
        assert protocolo is not None
        linhas = completar(
            conn, protocolo,
            [LinhaDigitada(Nivel.ITEM, "1705", "Valor da tabela.", 1, None, n) for n in (1, 2)],
        )  # fmt: skip
        feito = rascunho.criar(conn, quem, str(numero), linhas)
        recibo = rascunho.enviar(conn, quem, feito.id)
    with ThreadPoolExecutor(2) as executor:
        console = Console(mesa, executor, relogio=lambda: HOJE)
        ana = console.da_operadora(Escopo.LEITURA, Escopo.ANALISE)
        yield Cena(console, recibo.numero, ana)


def test_lista_mostra_as_colunas_do_manual(cena: Cena) -> None:
    """Status, recurso, protocolo, guia, datas, objeto, origem, justificativa, itens e valores."""
    (linha,) = cena.ana.abrir("/recursos", busca="Valor da tabela").linhas("recursos")
    assert linha[0] == "PROTOCOLADO"
    assert int(linha[1]) == cena.recurso
    assert linha[6:8] == ["Itens", "Via Portal"]
    assert linha[-2:] == ["R$ 30,00", "—"]
    assert cena.ana.abrir("/recursos", estado="negado").linhas("recursos") == []


def test_uma_parte_aceita_e_outra_negada(cena: Cena) -> None:
    """O aceito e o porquê ficam em cada linha, e o recurso se fecha."""
    pagina = cena.responder(
        acatado_1="20,00", acatado_2="0,00", justificativa_2="Não consta da tabela."
    )
    assert "Recurso respondido." in pagina.texto
    assert "Não consta da tabela." in pagina.texto
    (linha,) = cena.ana.abrir("/recursos").linhas("recursos")
    assert linha[0] == "AUTORIZADO PARCIAL"
    assert linha[-1] == "R$ 20,00"


def test_guardar_uma_linha_nao_fecha(cena: Cena) -> None:
    """Com uma linha por responder o recurso fica em análise, e o que se guardou volta à página."""
    pagina = cena.responder("guardar", acatado_1="5,00", justificativa_1="Só em parte.")
    assert "Respostas guardadas." in pagina.texto
    assert "Em análise" in pagina.titulo
    assert pagina.arvore.xpath("//input[@name='acatado-1']/@value") == ["5,00"]


def test_respondido_reabre_se_com_motivo(cena: Cena) -> None:
    """Reaberto, volta o formulário; o motivo fica no histórico."""
    cena.responder(acatado_1="20,00", acatado_2="10,00")
    pagina = cena.ana.preencher(0, motivo="valor trocado")
    assert "Recurso reaberto." in pagina.texto
    assert pagina.arvore.xpath("//input[@name='acatado-1']")


@pytest.mark.parametrize(
    ("campos", "campo"),
    [
        ({"acatado_1": "20,01"}, "acatado-1"),
        ({"acatado_1": "-1"}, "acatado-1"),
        ({"acatado_1": "tudo"}, "acatado-1"),
        ({"acatado_1": "10,00"}, "justificativa-1"),
        ({"acatado_1": "20,00", "justificativa_1": "x" * 501}, "justificativa-1"),
    ],
)
def test_resposta_errada_fica_no_campo(cena: Cena, campos: dict[str, str], campo: str) -> None:
    """Acima do recursado, negativo, em parte sem justificativa: nada se grava."""
    pagina = cena.responder(**campos)
    assert pagina.status == 422
    assert campo in pagina.erros()
    assert cena.ana.abrir("/recursos").linhas("recursos")[0][0] == "PROTOCOLADO"


def test_duas_pessoas_ao_mesmo_tempo(cena: Cena) -> None:
    """Quem responde sobre uma página velha recebe o conflito, e vale a primeira resposta."""
    cena.ana.abrir(f"/recursos/{cena.recurso}")
    outra = cena.console.da_operadora(Escopo.LEITURA, Escopo.ANALISE, nome="Rui")
    outra.abrir(f"/recursos/{cena.recurso}")
    outra.preencher(0)
    pagina = cena.ana.enviar(
        f"/recursos/{cena.recurso}/decisoes", acao="fechar", chave="outra", revisao="0",
        **{"acatado-1": "20,00", "acatado-2": "10,00"},
    )  # fmt: skip
    assert pagina.status == 422
    assert pagina.arvore.xpath("//*[@role='alert']")
    assert cena.ana.abrir("/recursos").linhas("recursos")[0][0] == "EM ANÁLISE"


def test_so_quem_analisa_ve_o_formulario(cena: Cena) -> None:
    """Quem só lê vê o recurso e o PDF, sem responder."""
    leitor = cena.console.da_operadora(Escopo.LEITURA)
    pagina = leitor.abrir(f"/recursos/{cena.recurso}")
    assert not pagina.arvore.xpath("//input[starts-with(@name, 'acatado')]")
    pdf = leitor.abrir(f"/recursos/{cena.recurso}", formato="pdf")
    assert pdf.corpo.startswith(b"%PDF-")


def test_recurso_de_outra_operadora_nao_existe(cena: Cena) -> None:
    """Nem a página, nem as respostas."""
    with cena.console.mesa.banco.escrita() as conn:
        outra = operadoras.adicionar(
            conn, registro_ans="888888", cnpj="11222333000181", nome="Outra Operadora"
        )
    alheia = cena.console.da_operadora(operadora=outra)
    conferir_alheio(alheia, "/recursos/{}", cena.recurso)
    for fim in ("analise", "decisoes", "finalizacao"):
        conferir_alheio(alheia, f"/recursos/{{}}/{fim}", cena.recurso, revisao="0")


def test_alto_do_recurso_tem_os_campos_da_tela(cena: Cena) -> None:
    """Números, datas, nível, origem, situação e valores, iguais dos dois lados."""
    bia = cena.console.do_prestador()
    campos = []
    for navegador, onde in ((cena.ana, "/recursos"), (bia, "/portal/recursos")):
        fichas = navegador.abrir(f"{onde}/{cena.recurso}").arvore.xpath(
            "//article[@class='folha']//dl[contains(@class, 'ficha')]/div"
        )
        textos = [
            [" ".join(x.text_content().split()) for x in f.xpath("./dt|./dd")] for f in fichas
        ]
        campos.append(dict(textos))
    da_operadora, do_prestador = campos
    assert da_operadora == do_prestador
    assert set(da_operadora) >= {
        "Nº guia prestador", "Data de inclusão", "Data de envio", "Nível do recurso",
        "Sequência do recurso", "Origem do recurso", "Situação do recurso", "Data da situação",
        "Data de pagamento", "Protocolo do recurso", "Operadora", "Lote original",
        "Protocolo original", "Protocolo recursado", "Valor informado (R$)", "Valor glosado (R$)",
        "Valor liberado (R$)", "Valor recursado (R$)", "Valor acatado (R$)",
    }  # fmt: skip
    assert da_operadora["Origem do recurso"] == "Via Portal"
    assert da_operadora["Valor recursado (R$)"] == "30,00"
