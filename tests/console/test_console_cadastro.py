"""Quem administra muda as políticas da operadora, as regras e o calendário, e vê o que mudou."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from handlers.analise import regras as da_analise
from persistence import (
    auditoria,
    calendario,
    operadoras,
    politicas_de_anexos,
    politicas_de_cobranca,
    regras,
)

if TYPE_CHECKING:
    from console.navegador import Console, Navegador

    from persistence.operadoras import Operadora

PERIODO = {
    "competencia": "03/2031", "execucaoDe": "2031-03-01", "execucaoAte": "2031-03-31",
    "envioDe": "2031-03-01", "envioAte": "2031-04-05",
}  # fmt: skip


@pytest.fixture(scope="module")
def ana(casa: Console) -> Navegador:
    """Quem administra."""
    return casa.da_operadora()


@pytest.fixture(scope="module")
def alheia(casa: Console) -> Navegador:
    """Quem administra outra operadora."""
    with casa.mesa.banco.escrita() as conn:
        outra = operadoras.adicionar(
            conn, registro_ans="888888", cnpj="11222333000181", nome="Outra Operadora"
        )
    return casa.da_operadora(operadora=outra)


def _operadora(casa: Console) -> Operadora:
    with casa.mesa.banco.leitura() as conn:
        achada = operadoras.por_registro(conn, casa.mesa.operadora.registro_ans)
    assert achada is not None
    return achada


def test_muda_as_politicas_da_operadora(casa: Console, ana: Navegador) -> None:
    """O que se escolhe vale, o que se apaga deixa de valer, e a auditoria sabe quem foi."""
    ana.abrir("/cadastro")
    ana.preencher(0, hashModo="tolerant", padraoGuia="0001{AAAAMM}{8}", larguraProtocolo="9")
    pagina = ana.preencher(0, **{"desde-4.00.00": "2031-01-01", "falhaCom200": "sim"})
    assert "Cadastro mudado" in pagina.texto
    mudada = _operadora(casa)
    assert (mudada.hash_modo, mudada.largura_protocolo) == ("tolerant", 9)
    assert mudada.padrao_guia == "0001{AAAAMM}{8}"
    assert mudada.versoes_recusadas == {"4.00.00": date(2031, 1, 1)}
    assert mudada.falha_com_200
    ana.preencher(0, padraoGuia="", **{"desde-4.00.00": ""})
    assert _operadora(casa).padrao_guia is None
    assert _operadora(casa).versoes_recusadas == {}
    with casa.mesa.banco.leitura() as conn:
        feitos = auditoria.listar(conn, mudada.id, depois_de=0, limite=500)
    assert ("mudar", "operadora") in {(e.acao, e.alvo_tipo) for e in feitos}


@pytest.mark.parametrize(
    ("campo", "valor"),
    [
        ("nome", ""),
        ("larguraProtocolo", "13"),
        ("padraoGuia", "{ANO}"),
        ("desde-4.03.00", "31/02/2031"),
    ],
)
def test_politica_errada_diz_o_campo(ana: Navegador, campo: str, valor: str) -> None:
    """O erro fica no campo, e o que se digitou também."""
    ana.abrir("/cadastro")
    pagina = ana.preencher(0, **{campo: valor})
    assert pagina.status == 422
    assert set(pagina.erros()) == {campo}
    assert pagina.arvore.xpath(f"//input[@name='{campo}']/@value") == [valor]


def _linha(pagina_linhas: list[list[str]], chave: str) -> list[str]:
    (achada,) = [linha for linha in pagina_linhas if linha[0] == chave]
    return achada


def test_regra_ajusta_se_para_todos_e_para_um(casa: Console, ana: Navegador) -> None:
    """O ajuste do prestador vale por cima do da operadora, e vazio volta ao padrão."""
    (regra, *_) = [linha[0] for linha in ana.abrir("/cadastro/regras").linhas("regras")
                   if linha[2] == "Crítica"]  # fmt: skip
    ana.abrir(f"/cadastro/regras/{regra}")
    pagina = ana.preencher(0, nivel="nota", texto="Confira antes de enviar.")
    linha = _linha(pagina.linhas("regras"), regra)
    assert (linha[2], linha[4], linha[5]) == ("Nota", "operadora", "Confira antes de enviar.")
    ana.abrir(f"/cadastro/regras/{regra}", prestador="013950")
    pagina = ana.preencher(0, nivel="desligada")
    assert _linha(pagina.linhas("regras"), regra)[2:5:2] == ["Desligada", "prestador"]
    assert _linha(ana.abrir("/cadastro/regras").linhas("regras"), regra)[2] == "Nota"
    ana.abrir(f"/cadastro/regras/{regra}")
    ana.preencher(0, nivel="", texto="")
    with casa.mesa.banco.leitura() as conn:
        assert regras.ajustes(conn, casa.mesa.operadora.id, None).da_operadora == {}


def test_regra_que_nao_se_muda_assim(ana: Navegador, alheia: Navegador) -> None:
    """O nível fixo, o texto que não cabe em ISO-8859-1, e a regra ou o prestador que não há."""
    linhas = ana.abrir("/cadastro/regras").linhas("regras")
    fixa = next(linha[0] for linha in linhas if linha[2].endswith("fixo"))
    assert ana.enviar(f"/cadastro/regras/{fixa}", nivel="nota").status == 422
    livre = next(linha[0] for linha in linhas if not linha[2].endswith("fixo"))
    ana.abrir(f"/cadastro/regras/{livre}")
    assert set(ana.preencher(0, texto="preço em €").erros()) == {"texto"}
    assert ana.abrir("/cadastro/regras/nenhuma").status == 404
    assert alheia.abrir(f"/cadastro/regras/{livre}", prestador="013950").status == 404
    assert "prestador" in alheia.abrir("/cadastro/regras", prestador="013950").erros()


def test_calendario_gera_um_ano_e_apaga_um_periodo(ana: Navegador, alheia: Navegador) -> None:
    """Doze períodos, uma vez só; apaga-se o da operadora, nunca o de outra."""
    ana.abrir("/cadastro/calendario")
    pagina = ana.preencher(1, ano="2030", ultimoDia="5")
    assert len(pagina.linhas("periodos")) == 12
    numero = pagina.arvore.xpath("//form[contains(@action, '/apagar')]/@action")[0].split("/")[-2]
    repetido = ana.enviar("/cadastro/calendario/anos", ano="2030", ultimoDia="5")
    assert repetido.status == 422
    assert "já tem período" in repetido.texto
    alheia.abrir("/cadastro/calendario")
    assert alheia.enviar(f"/cadastro/calendario/{numero}/apagar").status == 404
    pagina = ana.enviar(f"/cadastro/calendario/{numero}/apagar")
    assert len(pagina.linhas("periodos")) == 11
    assert ana.abrir("/cadastro/calendario", competencia="02/2030").linhas("periodos")[0][0] == (
        "02/2030"
    )


def test_periodo_de_um_prestador(casa: Console, ana: Navegador) -> None:
    """Sem pagamento, paga-se no último dia útil do mês em que se acaba de receber."""
    ana.abrir("/cadastro/calendario/novo")
    pagina = ana.preencher(0, **PERIODO, prestador="013950")
    assert "Período criado." in pagina.texto
    with casa.mesa.banco.leitura() as conn:
        (feito,) = calendario.listar(conn, casa.mesa.operadora.id, competencia="203103")
    assert feito.prestador_id == casa.mesa.prestador.id
    assert feito.pagamento == date(2031, 4, 30)


@pytest.mark.parametrize(
    ("campo", "valor"),
    [
        ("execucaoAte", "2031-02-01"),
        ("envioAte", "2031-02-01"),
        ("pagamento", "2031-02-01"),
        ("competencia", "13/2031"),
        ("prestador", "000000"),
    ],
)
def test_periodo_errado_diz_o_campo(ana: Navegador, campo: str, valor: str) -> None:
    """Um dia final antes do inicial, um mês ou um prestador que não há."""
    ana.abrir("/cadastro/calendario/novo")
    pagina = ana.preencher(0, **(PERIODO | {campo: valor}))
    assert pagina.status == 422
    assert set(pagina.erros()) == {campo}


def test_politicas_de_cobranca(casa: Console, ana: Navegador) -> None:
    """A tarifa com vírgula e os bancos valem, e mostram-se como se digitam."""
    ana.abrir("/cadastro/cobranca")
    pagina = ana.preencher(0, exigeNota="todos", tarifaBancaria="8,50", bancosSemTarifa="001, 041")
    assert "Políticas mudadas." in pagina.texto
    with casa.mesa.banco.leitura() as conn:
        politica = politicas_de_cobranca.ler(conn, casa.mesa.operadora.id)
    assert (politica.exige_nota, politica.tarifa_bancaria) == ("todos", Decimal("8.50"))
    assert politica.bancos_sem_tarifa == ("001", "041")
    pagina = ana.preencher(0, tarifaBancaria="muito", bancosSemTarifa="x")
    assert set(pagina.erros()) == {"tarifaBancaria", "bancosSemTarifa"}


def test_retencao_do_prestador_vale_por_cima(casa: Console, ana: Navegador) -> None:
    """A da operadora lê-se ao lado da que só vale para um; somar mais de 100 não se grava."""
    ana.abrir("/cadastro/cobranca")
    ana.preencher(2, **{"retencao-01": "1,5", "retencao-02": "10"})
    guardado = ana.abrir("/cadastro/cobranca").arvore
    assert guardado.xpath("//input[@name='retencao-02']/@value") == ["10"]
    ana.abrir("/cadastro/cobranca", prestador="013950")
    assert "da operadora: 1,5" in ana.preencher(2, **{"retencao-02": "2"}).texto
    with casa.mesa.banco.leitura() as conn:
        valem = politicas_de_cobranca.retencoes(
            conn, casa.mesa.operadora.id, casa.mesa.prestador.id
        )
    assert {t.value: p for t, p in valem.items()} == {"01": Decimal("1.5"), "02": Decimal(2)}
    pagina = ana.preencher(2, **{"retencao-01": "60", "retencao-02": "60"})
    assert pagina.status == 422
    assert "somam mais do que o que se paga" in pagina.texto
    assert set(ana.preencher(2, **{"retencao-01": "x"}).erros()) == {"retencao-01"}


def test_regra_da_analise_e_anexos(casa: Console, ana: Navegador, alheia: Navegador) -> None:
    """O que a análise faz com o que acha, e que arquivos um recurso pode trazer."""
    ana.abrir("/cadastro/cobranca")
    ana.enviar("/cadastro/cobranca/regras/sem-autorizacao", acao="critica", codigo="1403")
    with casa.mesa.banco.leitura() as conn:
        regra = da_analise.da_operadora(conn, casa.mesa.operadora.id)["sem-autorizacao"]
    assert regra.acao == "critica"
    torta = ana.enviar("/cadastro/cobranca/regras/sem-autorizacao", acao="glosa", codigo="0000")
    assert torta.status == 422
    ana.abrir("/cadastro/anexos")
    ana.preencher(0, extensoes=["pdf", "png"], maiorMib="5")
    with casa.mesa.banco.leitura() as conn:
        politica = politicas_de_anexos.ler(conn, casa.mesa.operadora.id)
    assert politica == (("pdf", "png"), 5)
    assert set(ana.preencher(0, extensoes=[], maiorMib="31").erros()) == {"extensoes", "maiorMib"}
    assert alheia.abrir("/cadastro/cobranca", prestador="013950").status == 404
