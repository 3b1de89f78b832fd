"""O começo da operadora: o que chegou, por quem se espera, há quanto tempo, o que se recusa."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from integration.recepcao import abrir_mesa, achar, com, lote, pronta

from dominio.competencia import agora, dia
from dominio.lote import TipoGuia
from dominio.situacao import StatusProtocolo
from persistence import tabelas
from persistence.tokens import Escopo

if TYPE_CHECKING:
    from console.navegador import Console
    from integration.recepcao import Mesa

S = StatusProtocolo


def _recusar(mesa: Mesa) -> None:
    mensagem = lote(TipoGuia.CONSULTA)
    achar(mensagem, "dataAtendimento").text = "31/12/2025"
    mesa.enviar(pronta(mensagem))


def test_diz_o_que_chegou_e_por_quem_se_espera(console_nos_dois: Console) -> None:
    """As contagens são as do banco, e cada uma leva à lista filtrada."""
    mesa = console_nos_dois.mesa
    mesa.enviar_lote("1")
    mesa.transitar(mesa.enviar_lote("2").protocolo, S.EM_ANALISE)
    mesa.transitar(mesa.enviar_lote("3").protocolo, S.AGUARDANDO_INFORMACAO)
    velho = mesa.enviar_lote("4").protocolo
    with mesa.banco.escrita() as conn:
        conn.execute(
            tabelas.protocolo.update()
            .where(tabelas.protocolo.c.numero == int(velho or 0))
            .values(recebido_em=agora() - timedelta(days=10))
        )
    _recusar(mesa)
    ana = console_nos_dois.da_operadora(Escopo.LEITURA)
    pagina = ana.abrir("/inicio")
    assert {linha[0]: linha[1] for linha in pagina.linhas("recebidos")} == {
        "Recebido": "1", "Em análise": "1", "Aguardando informação complementar": "1",
    }  # fmt: skip
    esperas = {linha[0]: (linha[1], linha[3]) for linha in pagina.linhas("esperas")}
    desde = f"{dia(agora() - timedelta(days=10)):%d/%m/%Y}"
    assert esperas["Recebido pela operadora: por analisar"] == ("2", desde)
    assert esperas["Aguardando informação complementar pelo prestador: informação"][0] == "1"
    ditos = pagina.arvore.xpath("//svg/@aria-label")
    assert any("pelo prestador: informação: 1" in dito for dito in ditos)
    assert any("até 2 dias: 3; de 2 a 7: 0; de 7 a 15: 1" in dito for dito in ditos)
    [motivo] = pagina.linhas("motivos")
    assert motivo[1] == "1"
    [caminho] = pagina.arvore.xpath("//table[@id='motivos']//a/@href")
    assert len(ana.abrir(str(caminho).removeprefix("/console")).linhas("mensagens")) == 1
    ana.abrir("/inicio")
    assert ana.pagina is not None
    [filtrada] = ana.pagina.arvore.xpath(
        "//table[@id='recebidos']//a[contains(., 'análise')]/@href"
    )
    assert len(ana.abrir(str(filtrada).removeprefix("/console")).linhas("lotes")) == 1


def test_taxa_de_glosa_e_a_do_mes(console_nos_dois: Console) -> None:
    """Do que se analisou, a parte glosada; o que ainda não se analisou não entra."""
    mesa = console_nos_dois.mesa
    analisado = mesa.enviar_lote("1").protocolo
    mesa.enviar_lote("2")
    p = tabelas.protocolo.c
    with mesa.banco.escrita() as conn:
        conn.execute(
            tabelas.protocolo.update()
            .where(p.numero == int(analisado or 0))
            .values(analise_visivel=True, informado=Decimal(100), glosa=Decimal(25))
        )
    pagina = console_nos_dois.da_operadora(Escopo.LEITURA).abrir("/inicio")
    dito = next(d for d in pagina.arvore.xpath("//svg/@aria-label") if "se glosou" in d)
    assert "25,0" in dito


def test_quem_nao_le_lotes_ve_so_o_menu(console: Console) -> None:
    """Sem leitura não há painel, e o menu só tem o que se pode abrir."""
    console.mesa.enviar_lote("1")
    pagina = console.da_operadora(Escopo.PAGAMENTO).abrir("/inicio")
    assert not pagina.arvore.xpath("//table")
    assert not pagina.arvore.xpath("//nav//a[@href='/console/lotes']")


def test_vazio_diz_que_nao_ha_nada(console: Console) -> None:
    """Uma operadora que ainda não recebeu nada vê quadros que o dizem."""
    texto = console.da_operadora(Escopo.LEITURA).abrir("/inicio").texto
    assert "Ainda não chegou nada hoje." in texto
    assert "Ainda não há contas analisadas" in texto


def test_outra_operadora_nao_conta(console: Console) -> None:
    """O painel é só da operadora de quem entrou."""
    outra = abrir_mesa(
        console.mesa.banco,
        operadora={"registro_ans": "888888", "cnpj": "11222333000181", "nome": "Outra"},
    )
    outra.enviar_lote("9", registro_ans="888888")
    outra.enviar(pronta(com(lote(registro_ans="888888"), {"numeroLote": "8"}), selar=False))
    pagina = console.da_operadora(Escopo.LEITURA).abrir("/inicio")
    assert pagina.linhas("esperas") == []
    assert pagina.linhas("motivos") == []
