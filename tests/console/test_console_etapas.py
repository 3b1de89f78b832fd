"""A página de uma mensagem diz cada conferência feita ao chegar, o veredito e o tempo."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from integration.recepcao import achar, com, lote, pronta
from sqlalchemy import update

from handlers.etapas import NOMES, Etapa
from persistence import tabelas
from persistence.tokens import Escopo

if TYPE_CHECKING:
    from console.navegador import Console, Navegador


@pytest.fixture
def ana(console: Console) -> Navegador:
    """Quem vê o conteúdo das mensagens."""
    return console.da_operadora(Escopo.CONTEUDO)


def test_aceita_passou_por_todas_com_o_tempo_de_cada(console: Console, ana: Navegador) -> None:
    """Todas certas, cada uma com milissegundos, e o que se soube de algumas."""
    recebida = console.mesa.enviar(pronta(lote()))
    linhas = ana.abrir(f"/mensagens/{recebida.id}").linhas("etapas")
    assert [linha[0] for linha in linhas] == list(NOMES.values())
    assert {linha[1] for linha in linhas} == {"certo"}
    assert all(re.fullmatch(r"\d+,\d\d\sms", linha[2]) for linha in linhas)
    achados = {linha[0]: linha[3] for linha in linhas}
    assert achados[NOMES[Etapa.TRANSACAO]] == "tissLoteGuias"
    assert achados[NOMES[Etapa.HASH]] == "oficial"


def test_recusada_para_onde_se_recusou(console: Console, ana: Navegador) -> None:
    """No esquema o motivo; antes, certo; depois, não se fez."""
    mensagem = lote()
    achar(mensagem, "dataAtendimento", 0).text = "31/12/2025"
    recebida = console.mesa.enviar(pronta(mensagem))
    pagina = ana.abrir(f"/mensagens/{recebida.id}")
    vereditos = {linha[0]: linha[1] for linha in pagina.linhas("etapas")}
    assert vereditos[NOMES[Etapa.VERSAO]] == "certo"
    assert vereditos[NOMES[Etapa.ESQUEMA]] == "recusou-se"
    assert {vereditos[NOMES[e]] for e in (Etapa.HASH, Etapa.EXECUCAO)} == {"não se fez"}
    (do_esquema,) = [x for x in pagina.linhas("etapas") if x[1] == "recusou-se"]
    assert do_esquema[3] in pagina.texto.split("Por que se recusou:")[1]


def test_versao_que_nao_ha_diz_se_na_versao(console: Console, ana: Navegador) -> None:
    """A recusa fica na conferência que a fez."""
    recebida = console.mesa.enviar(pronta(com(lote(), {"Padrao": "9.99.99"})))
    vereditos = [x[:2] for x in ana.abrir(f"/mensagens/{recebida.id}").linhas("etapas")]
    assert [NOMES[Etapa.VERSAO], "recusou-se"] in vereditos


def test_mensagem_de_antes_nao_tem_tempos(console: Console, ana: Navegador) -> None:
    """Guardada sem etapas, a página mostra o que se confere agora e nada inventa."""
    recebida = console.mesa.enviar(pronta(lote()))
    with console.mesa.banco.escrita() as conn:
        conn.execute(update(tabelas.mensagem).values(etapas=None))
    pagina = ana.abrir(f"/mensagens/{recebida.id}")
    assert pagina.linhas("etapas") == []
    assert pagina.linhas("conferencias")
