"""Um lote: guias, itens, críticas, histórico, documentos, impressos e mudanças de situação."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from console.idor import conferir_alheio
from integration import documento
from integration.recepcao import abrir_mesa, lote, pronta
from integration.regras import apresentar
from security import canario
from security.canario import marcar

from dominio.competencia import agora, dia
from dominio.lote import TipoGuia
from dominio.situacao import StatusProtocolo
from persistence import auditoria
from persistence.tokens import Escopo

if TYPE_CHECKING:
    from console.navegador import Console, Navegador

S = StatusProtocolo
PAGINAS = ("", "/guias/1", "/criticas", "/historico", "/documentos", "/capa", "/relatorio")


@pytest.fixture
def ana(console: Console) -> Navegador:
    """Quem lê lotes, vê conteúdos e analisa."""
    return console.da_operadora(Escopo.LEITURA, Escopo.CONTEUDO, Escopo.ANALISE)


def _eventos(console: Console) -> list[tuple[str, str, str]]:
    with console.mesa.banco.leitura() as conn:
        todos = auditoria.listar(conn, console.mesa.operadora.id, limite=1000)
    return [(e.acao, e.alvo_tipo, e.alvo) for e in todos if e.porta == "console"]


def test_mostra_guias_itens_e_valores(console: Console, ana: Navegador) -> None:
    """Do lote vai-se a cada guia e dela à seguinte; os números são os que se enviaram."""
    numero = console.mesa.enviar_lote("7", tipo=TipoGuia.SADT, guias=2, itens=3).protocolo
    pagina = ana.abrir(f"/lotes/{numero}")
    assert pagina.titulo == f"Lote {numero} Recebido"
    hoje = f"{dia(agora()):%d/%m/%Y}"
    for dito in (f"Data de inclusão {hoje}", f"Data de envio {hoje}", "Origem Web service"):
        assert dito in pagina.texto
    guias = pagina.linhas("guias")
    assert [linha[0] for linha in guias] == ["1", "2"]
    assert all(linha[-1] == "Recebido" and linha[5].startswith("R$") for linha in guias)
    primeira = ana.abrir(f"/lotes/{numero}/guias/1")
    itens = primeira.linhas("itens")
    assert (len(itens), len(primeira.linhas("despesas"))) == (2, 1)
    assert [linha[0] for linha in itens] == [str(n + 1) for n in range(len(itens))]
    [seguinte] = primeira.arvore.xpath("//a[@rel='next']/@href")
    assert ana.abrir(str(seguinte).removeprefix("/console")).arvore.xpath("//a[@rel='prev']")


def test_zeros_a_esquerda_levam_ao_mesmo_lote(console: Console, ana: Navegador) -> None:
    """O número com zeros é o mesmo número."""
    numero = console.mesa.enviar_lote("7").protocolo
    assert ana.abrir(f"/lotes/0000{numero}").titulo == f"Lote {numero} Recebido"


def test_criticas_dizem_onde_e_o_que(console: Console, ana: Navegador) -> None:
    """Um lote repetido em procedimentos traz as críticas, cada uma com a guia a que leva."""
    apresentar(console.mesa, "1")
    numero = apresentar(console.mesa, "2").protocolo
    pagina = ana.abrir(f"/lotes/{numero}/criticas")
    linhas = pagina.linhas("criticas")
    assert linhas
    assert linhas[0][0].startswith("Guia 1")
    assert linhas[0][1] == "1308"
    assert f"Ver críticas ({len(linhas)})" in pagina.texto


def test_dados_de_pacientes_deixam_evento(console: Console, ana: Navegador) -> None:
    """Cada página com canários do paciente deixa um evento; as outras não os mostram."""
    numero = console.mesa.enviar(pronta(marcar(lote(TipoGuia.SADT)))).recibo.protocolo
    for fim in PAGINAS:
        antes = len(_eventos(console))
        corpo = ana.abrir(f"/lotes/{numero}{fim}").corpo
        mostra = any(forma in corpo for forma in canario.CARTEIRA.formas)
        assert mostra is (fim in ("", "/guias/1", "/capa", "/relatorio")), fim
        if mostra:
            assert len(_eventos(console)) > antes, fim


def test_impressos_em_html_e_pdf(console: Console, ana: Navegador) -> None:
    """A capa abre-se no navegador e em PDF, com o número do protocolo."""
    numero = console.mesa.enviar_lote("7").protocolo
    assert numero in ana.abrir(f"/lotes/{numero}/capa").corpo.decode()
    em_pdf = ana.abrir(f"/lotes/{numero}/capa", formato="pdf")
    assert em_pdf.cabecalhos["content-type"] == "application/pdf"
    assert em_pdf.corpo.startswith(b"%PDF-")


def test_documentos_listam_se_e_baixam_se(console: Console, ana: Navegador) -> None:
    """O documento do lote aparece com o nome e o conteúdo é o que se enviou."""
    numero = console.mesa.enviar_lote("7").protocolo
    conteudo = b"%PDF-1.4\nexame inventado\n%%EOF\n"
    recibo = documento.mandar(console.mesa, conteudo, protocolo=numero)
    pagina = ana.abrir(f"/lotes/{numero}/documentos")
    [caminho] = pagina.arvore.xpath("//table[@id='documentos']//a/@href")
    assert str(caminho).endswith(str(int(recibo.protocolo)))
    baixado = ana.abrir(str(caminho).removeprefix("/console"))
    assert baixado.corpo == conteudo
    assert baixado.cabecalhos["content-disposition"].startswith("attachment;")
    assert ("ler", "documento", str(int(recibo.protocolo))) in _eventos(console)
    so_le = console.da_operadora(Escopo.LEITURA)
    assert not so_le.abrir(f"/lotes/{numero}/documentos").arvore.xpath("//tbody//a")


# --- mudar a situação ---------------------------------------------------------------------------


def test_muda_a_situacao_com_motivo_e_fica_no_historico(console: Console, ana: Navegador) -> None:
    """Oferecem-se só as passagens que não mudam valores; a feita fica no histórico com quem."""
    numero = console.mesa.enviar_lote("7").protocolo
    pagina = ana.abrir(f"/lotes/{numero}")
    assert pagina.arvore.xpath("//select[@id='para']/option/@value") == ["2", "8", "9"]
    depois = ana.preencher(para="2", motivo="Conferir em papel")
    assert depois.titulo == f"Lote {numero} Em análise"
    assert "Situação: Em análise." in depois.texto
    assert "Situação: Em análise." not in ana.abrir(f"/lotes/{numero}").texto
    ultima = ana.abrir(f"/lotes/{numero}/historico").linhas("historico")[-1]
    assert ultima[1:3] == ["Recebido", "Em análise"]
    assert ultima[3].startswith("usuario ")
    assert ultima[4] == "Conferir em papel"
    assert ("mudar-situacao", "protocolo", numero) in _eventos(console)


def test_quem_viu_estado_antigo_nao_muda(console: Console, ana: Navegador) -> None:
    """Se o lote mudou depois de aberta a página, nada se faz."""
    numero = console.mesa.enviar_lote("7").protocolo
    ana.abrir(f"/lotes/{numero}")
    console.mesa.transitar(numero, S.AGUARDANDO_INFORMACAO)
    assert ana.preencher(para="2", motivo="x").status == 409
    assert console.mesa.protocolo(numero).status is S.AGUARDANDO_INFORMACAO


@pytest.mark.parametrize("visto", ["", "x", "9" * 5000])
def test_quem_nao_diz_o_que_viu_nao_muda(console: Console, ana: Navegador, visto: str) -> None:
    """Um contador que não se entende não é o de nenhum estado, por mais algarismos que tenha."""
    numero = console.mesa.enviar_lote("7").protocolo
    pagina = ana.enviar(f"/lotes/{numero}/situacao", para="2", motivo="x", visto=visto)
    assert pagina.status == 409
    assert console.mesa.protocolo(numero).status is S.RECEBIDO


@pytest.mark.parametrize(("para", "motivo"), [("", "x"), ("77", "x"), ("2", ""), ("2", "a" * 501)])
def test_mudanca_incompleta_diz_o_que_falta(
    console: Console, ana: Navegador, para: str, motivo: str
) -> None:
    """Sem situação nova ou sem motivo nada muda."""
    numero = console.mesa.enviar_lote("7").protocolo
    ana.abrir(f"/lotes/{numero}")
    assert ana.enviar(f"/lotes/{numero}/situacao", para=para, motivo=motivo).status == 422
    assert console.mesa.protocolo(numero).status is S.RECEBIDO


def test_passagem_de_outro_caso_de_uso_se_recusa(console: Console, ana: Navegador) -> None:
    """Analisar ou pagar não se faz por aqui, ainda que se force o formulário."""
    numero = console.mesa.enviar_lote("7").protocolo
    console.mesa.transitar(numero, S.EM_ANALISE)
    pagina = ana.abrir(f"/lotes/{numero}")
    [visto] = pagina.arvore.xpath("//input[@name='visto']/@value")
    campos = {"para": "5", "motivo": "x", "visto": str(visto)}
    assert ana.enviar(f"/lotes/{numero}/situacao", **campos).status == 409
    assert console.mesa.protocolo(numero).status is S.EM_ANALISE


def test_quem_nao_analisa_nao_ve_o_formulario(console: Console) -> None:
    """O que não se pode fazer não se oferece."""
    numero = console.mesa.enviar_lote("7").protocolo
    pagina = console.da_operadora(Escopo.LEITURA).abrir(f"/lotes/{numero}")
    assert not pagina.arvore.xpath("//select[@id='para']")


# --- o que é de outro ---------------------------------------------------------------------------


def test_lote_de_outra_operadora_nao_existe(console: Console) -> None:
    """Cada endereço com o número de um lote alheio responde como a um que nunca houve."""
    outra = abrir_mesa(
        console.mesa.banco,
        operadora={
            "registro_ans": "888888", "cnpj": "11222333000181", "nome": "Outra",
            "inicio_serie": 500,
        },
    )  # fmt: skip
    alheio = outra.enviar_lote("9", registro_ans="888888").protocolo
    ana = console.da_operadora()
    for fim in (*PAGINAS, "/documentos/1"):
        conferir_alheio(ana, f"/lotes/{{}}{fim}", alheio)
    conferir_alheio(ana, "/lotes/{}/situacao", alheio, para="2", motivo="x", visto="0")


def test_guia_e_documento_que_nao_ha(console: Console, ana: Navegador) -> None:
    """Posições fora do lote e números que não são números são 404."""
    numero = console.mesa.enviar_lote("7").protocolo
    for fim in ("guias/0", "guias/2", "guias/x", "guias/-1", "documentos/5", "documentos/%2e%2e"):
        assert ana.abrir(f"/lotes/{numero}/{fim}").status == 404, fim
    assert ana.abrir("/lotes/99999999999999999999").status == 404
