"""O explorador das mensagens: a lista, o veredito de cada conferência, o XML e conferir de novo."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest
from console.idor import conferir_alheio
from integration.recepcao import abrir_mesa, achar, com, lote, pronta
from sqlalchemy import select

from backoffice.console.xml_legivel import legivel
from dominio.lote import TipoGuia
from persistence import auditoria, tabelas
from persistence.tokens import Escopo

if TYPE_CHECKING:
    from console.navegador import Console, Navegador

SENHA_DO_PRESTADOR = "Hospital#2026"


@pytest.fixture
def ana(console: Console) -> Navegador:
    """Quem lê e vê conteúdos."""
    return console.da_operadora(Escopo.LEITURA, Escopo.CONTEUDO)


def _com_campo_errado() -> bytes:
    """Um lote de duas guias em que a data de atendimento da segunda não é uma data."""
    mensagem = lote(TipoGuia.CONSULTA, guias=2)
    achar(mensagem, "dataAtendimento", 1).text = "31/12/2025"
    return pronta(mensagem)


def test_lista_mostra_aceitas_e_recusadas(console: Console, ana: Navegador) -> None:
    """Cada mensagem aparece com o seu desfecho e o motivo em palavras; os filtros escolhem."""
    console.mesa.enviar_lote("1")
    console.mesa.enviar(pronta(com(lote(numero="2"), {"Padrao": "9.99.99"})))
    linhas = ana.abrir("/mensagens").linhas("mensagens")
    assert {linha[4] for linha in linhas} == {"Respondida", "Recusada"} or len(linhas) == 1
    console.mesa.enviar(_com_campo_errado())
    recusadas = ana.abrir("/mensagens", desfecho="recusada").linhas("mensagens")
    assert recusadas
    assert all(linha[4] == "Recusada" and linha[5] != "—" for linha in recusadas)
    assert ana.abrir("/mensagens", prestador="outro").linhas("mensagens") == []
    assert ana.abrir("/mensagens", servico="tissCancelaGuia").linhas("mensagens") == []


def test_lista_continua_por_onde_parou(
    console_nos_dois: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    """O link Mais leva às mais velhas, sem repetir nem saltar."""
    ana = console_nos_dois.da_operadora(Escopo.LEITURA, Escopo.CONTEUDO)
    for n in range(5):
        console_nos_dois.mesa.enviar_lote(str(n + 1))
    monkeypatch.setattr("backoffice.console.paginas.mensagens_recebidas.POR_PAGINA", 2)
    vistas: list[str] = []
    pagina = ana.abrir("/mensagens")
    while True:
        vistas += pagina.arvore.xpath("//table[@id='mensagens']/tbody/tr/td[1]/a/@href")[:2]
        mais = pagina.arvore.xpath("//tr[@class='mais']//a/@href")
        if not mais:
            break
        vistas = [v for v in vistas if "depois=" not in v]
        pagina = ana.abrir(str(mais[0]).removeprefix("/console"))
    assert len(vistas) == len(set(vistas)) == 5


def test_aceita_mostra_conferencias_e_xml_sem_a_senha(console: Console, ana: Navegador) -> None:
    """Toda conferência certa, o XML em linhas, a senha escondida, e um evento por olhada."""
    console.mesa.dar_login("hospital", SENHA_DO_PRESTADOR)
    resposta = console.mesa.enviar(
        pronta(lote(TipoGuia.SADT, login="hospital", senha=SENHA_DO_PRESTADOR))
    )
    pagina = ana.abrir(f"/mensagens/{resposta.id}")
    conferencias = {linha[0]: linha[1] for linha in pagina.linhas("conferencias")}
    assert {"leitura", "transação", "versão", "esquema", "contrato", "hash"} <= set(conferencias)
    assert set(conferencias.values()) <= {"certo", "aviso"}
    assert "<ans:senhaPrestador>***</ans:senhaPrestador>" in pagina.texto
    assert "numeroProtocolo" in pagina.texto
    assert hashlib.md5(SENHA_DO_PRESTADOR.encode()).hexdigest() not in pagina.corpo.decode()
    with console.mesa.banco.leitura() as conn:
        eventos = auditoria.listar(conn, console.mesa.operadora.id, limite=1000)
    assert ("ler", "mensagem", resposta.id) in [(e.acao, e.alvo_tipo, e.alvo) for e in eventos]


def test_recusada_diz_o_que_o_prestador_deve_fazer_e_marca_o_lugar(
    console: Console, ana: Navegador
) -> None:
    """O motivo em palavras, o que corrigir, e no XML a marca no elemento da segunda guia."""
    resposta = console.mesa.enviar(_com_campo_errado())
    pagina = ana.abrir(f"/mensagens/{resposta.id}")
    assert "O que o prestador deve fazer:" in pagina.texto
    [marca] = pagina.arvore.xpath("//pre//mark")
    assert marca.text_content() == "<ans:dataAtendimento>31/12/2025</ans:dataAtendimento>"
    [frase] = marca.getparent().xpath("./strong/text()")
    assert frase.startswith("← guia 2")
    conferencias = {linha[0]: linha[1] for linha in pagina.linhas("conferencias")}
    assert conferencias["esquema"] == "errado"


def test_conferir_de_novo_compara_e_nada_grava(console: Console, ana: Navegador) -> None:
    """O desfecho de antes e o de agora; nem lote, nem mensagem a mais."""
    resposta = console.mesa.enviar(_com_campo_errado())
    antes = console.mesa.contagens()
    ana.abrir(f"/mensagens/{resposta.id}")
    pagina = ana.enviar(f"/mensagens/{resposta.id}/conferir")
    assert "Conferida de novo agora: o mesmo desfecho." in pagina.texto
    assert console.mesa.contagens() == antes
    with console.mesa.banco.leitura() as conn:
        quantas = len(conn.execute(select(tabelas.mensagem.c.id)).all())
    assert quantas == 1


def test_baixa_o_pedido_e_a_resposta(console: Console, ana: Navegador) -> None:
    """Os bytes como vieram e como saíram, para guardar."""
    recibo = console.mesa.enviar(pronta(lote()))
    assert b"loteGuias" in ana.abrir(f"/mensagens/{recibo.id}/pedido").corpo
    baixada = ana.abrir(f"/mensagens/{recibo.id}/resposta")
    assert b"protocoloRecebimento" in baixada.corpo
    assert baixada.cabecalhos["content-disposition"].startswith("attachment;")


def test_ilegivel_mostra_se_como_veio(console: Console, ana: Navegador) -> None:
    """O que não é XML aparece escapado, sem se executar nem quebrar a página."""
    feio = legivel(b"<a><script>alert(1)</script>", ())
    assert feio.linhas[0].texto == "<a><script>alert(1)</script>"
    assert not feio.cortada
    resposta = console.mesa.enviar(pronta(lote()))
    assert b"<script>" not in ana.abrir(f"/mensagens/{resposta.id}").corpo


def test_mensagem_de_outra_operadora_nao_existe(console: Console) -> None:
    """Nem a página, nem os bytes, nem conferir de novo."""
    outra = abrir_mesa(
        console.mesa.banco,
        operadora={"registro_ans": "888888", "cnpj": "11222333000181", "nome": "Outra"},
    )
    alheia = outra.enviar(pronta(lote(registro_ans="888888"))).id
    ana = console.da_operadora()
    for fim in ("", "/pedido", "/resposta"):
        conferir_alheio(ana, f"/mensagens/{{}}{fim}", alheia)
    conferir_alheio(ana, "/mensagens/{}/conferir", alheia, nada="1")
    assert ana.abrir("/mensagens").linhas("mensagens") == []
    assert ana.abrir("/mensagens/..%2f..%2fetc").status == 404
