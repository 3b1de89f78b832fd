"""O alto do lote e do recurso, e de cada guia quem executou os itens e o valor previsto."""

from __future__ import annotations

from copy import deepcopy
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from integration.recepcao import lote, pronta
from sqlalchemy import update

from dominio.competencia import agora, dia
from dominio.lote import TipoGuia
from dominio.transacoes import NS_TISS
from persistence import precos, protocolos, tabelas
from persistence.precos import Preco
from persistence.tokens import Escopo

if TYPE_CHECKING:
    from console.navegador import Console, Navegador

_Q = f"{{{NS_TISS}}}"
NOMES = ("nomeProf", "nomeProfissional", "nomeProfExec", "nomeProfExec2")
CBOS = ("CBOS", "CBO", "cbosExec2")
GRAUS = ("grauPart", "grauParticipacao")


@pytest.fixture
def ana(console: Console) -> Navegador:
    """Quem lê lotes."""
    return console.da_operadora(Escopo.LEITURA)


def test_alto_do_lote_tem_os_campos_da_tela(console: Console, ana: Navegador) -> None:
    """Números, situações, datas, operadora, valores e origem, dos dois lados."""
    numero = console.mesa.enviar_lote("7", tipo=TipoGuia.SADT).protocolo
    hoje = f"{dia(agora()):%d/%m/%Y}"
    for navegador, onde in ((ana, "/lotes"), (console.do_prestador(), "/portal/lotes")):
        pagina = navegador.abrir(f"{onde}/{numero}")
        assert pagina.titulo == f"Lote {numero} Recebido"
        fichas = pagina.arvore.xpath("//dl[contains(@class, 'ficha')]/div")
        campos = {
            f.xpath("./dt")[0].text_content(): " ".join(f.xpath("./dd")[0].text_content().split())
            for f in fichas
        }
        assert campos["Nº do lote no prestador"] == "7"
        assert campos["Situação do lote"] == "Enviado à operadora"
        assert campos["Data de inclusão"].startswith(hoje)
        assert (campos["Data de fechamento"], campos["Data de envio"]) == (hoje, hoje)
        assert campos["Tipo de guia"] == "SP/SADT"
        assert console.mesa.operadora.nome in campos["Operadora"]
        assert campos["Origem"].startswith("Web service")
        assert {"Informado", "Processado", "Glosado", "Liberado"} <= set(campos)


@pytest.mark.parametrize("tipo", list(TipoGuia))
def test_guia_diz_quem_executou_cada_item(console: Console, ana: Navegador, tipo: TipoGuia) -> None:
    """Nome, ocupação e grau, como vieram na mensagem, ao lado do sequencial do item."""
    mensagem = lote(tipo, guias=2, itens=2)
    guia = deepcopy(mensagem.find(f".//{_Q}guiasTISS")[1])
    for solicitante in guia.findall(f"{_Q}dadosSolicitante"):
        solicitante.clear()
    ditos = {
        nomes: {e.text for nome in nomes for e in guia.iter(_Q + nome)}
        for nomes in (NOMES, CBOS, GRAUS)
    }
    numero = console.mesa.enviar(pronta(mensagem)).recibo.protocolo
    pagina = ana.abrir(f"/lotes/{numero}/guias/2")
    linhas = pagina.linhas("profissionais")
    assert {linha[2] for linha in linhas} == ditos[CBOS]
    assert {linha[1] for linha in linhas} - {"—"} == ditos[NOMES]
    assert {linha[4] for linha in linhas} - {"—"} == ditos[GRAUS]
    assert {linha[0] for linha in linhas} <= {item[0] for item in pagina.linhas("itens")}


def test_expurgada_a_mensagem_a_guia_mostra_o_resto(console: Console, ana: Navegador) -> None:
    """Sem os bytes não se sabe quem executou, e a página continua a mostrar os itens."""
    numero = console.mesa.enviar(pronta(lote(TipoGuia.INTERNACAO))).recibo.protocolo
    assert ana.abrir(f"/lotes/{numero}/guias/1").linhas("profissionais")
    with console.mesa.banco.escrita() as conn:
        conn.execute(update(tabelas.mensagem).values(pedido=None))
    pagina = ana.abrir(f"/lotes/{numero}/guias/1")
    assert pagina.linhas("profissionais") == []
    assert pagina.linhas("itens")


def test_valor_previsto_e_o_preco_do_dia(console: Console, ana: Navegador) -> None:
    """O preço que vigora no dia do item; o que não tem preço não tem valor previsto."""
    numero = console.mesa.enviar_lote("7", tipo=TipoGuia.SADT, itens=3).protocolo
    with console.mesa.banco.escrita() as conn:
        lido = protocolos.por_numero(conn, console.mesa.operadora.id, int(numero or 0))
        assert lido is not None
        assert lido.lote_id is not None
        item = protocolos.itens(conn, lido.lote_id)[0].item
        vespera = item.data - timedelta(days=1)
        todos = [
            Preco(item.tabela, item.codigo, date(2020, 1, 1), Decimal("80.00"), vespera),
            Preco(item.tabela, item.codigo, item.data, Decimal("123.45")),
        ]
        precos.gravar(conn, console.mesa.operadora.id, todos)
    linhas = ana.abrir(f"/lotes/{numero}/guias/1").linhas("itens")
    do_item = [linha for linha in linhas if linha[2].startswith(item.codigo)]
    assert {linha[10] for linha in do_item} == {"R$ 123,45"}
    assert {linha[10] for linha in linhas if linha not in do_item} <= {"—"}
