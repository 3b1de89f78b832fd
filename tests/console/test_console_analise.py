"""Quem analisa faz no console o que a API faz: item a item, até finalizar, e também desfazer."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest
from console.idor import conferir_alheio
from integration.cobranca import Cobranca, de_guia, de_item, glosa
from integration.exemplos import Cadastro
from integration.recepcao import abrir_mesa

from dominio.analise import Politica
from dominio.situacao import StatusProtocolo
from handlers.analise.regras import Acao, ajustar
from persistence import auditoria, politicas_de_cobranca, protocolos
from persistence.politicas_de_cobranca import PoliticaDeCobranca
from persistence.tokens import Escopo

if TYPE_CHECKING:
    from typing import Any

    from console.navegador import Console, Navegador, Pagina

S = StatusProtocolo


class Cena(NamedTuple):
    """Quem analisa, e onde se fazem os lotes."""

    console: Console
    casa: Cobranca
    ana: Navegador

    def abrir(self, numero: int, guia: int | None = None) -> Pagina:
        """A página da análise, ou de uma guia dela."""
        return self.ana.abrir(f"/analise/{numero}" + (f"/guias/{guia}" if guia else ""))

    def guardar(self, numero: int, guia: int, acao: str = "seguir", **ditos: str) -> Pagina:
        """Preenche o formulário da guia que está aberta: ``processado_1``, ``valor_1_1``."""
        assert self.ana.pagina is not None
        arvore = self.ana.pagina.arvore
        (forma,) = [f for f in arvore.forms if "folha-de-analise" in (f.get("class") or "")]
        campos: dict[str, Any] = {}
        for nome, valor in forma.form_values():
            campos.setdefault(nome, []).append(valor)
        novos = {nome.replace("_", "-"): valor for nome, valor in ditos.items()}
        assert novos.keys() - {"chave", "revisao"} <= campos.keys() | {"linha"}, novos
        return self.ana.enviar(f"/analise/{numero}/guias/{guia}", **campos | novos, acao=acao)

    def formulario(self, numero: int, fim: str, **campos: str) -> Pagina:
        """Envia um dos formulários da análise com a revisão que a página mostra."""
        pagina = self.abrir(numero)
        revisao = str(pagina.arvore.xpath("//input[@name='revisao']/@value")[0])
        return self.ana.enviar(f"/analise/{numero}/{fim}", **{"revisao": revisao, **campos})

    def valores(self, numero: int) -> tuple[StatusProtocolo, str, str, str]:
        """O que o prestador vê do protocolo."""
        with self.casa.banco.leitura() as conn:
            p = protocolos.por_numero(conn, self.casa.operadora, numero)
        assert p is not None
        return p.status, str(p.processado), str(p.liberado), str(p.glosa)


@pytest.fixture
def cena(console: Console) -> Cena:
    """Uma operadora sem preços, e quem a pode ler e analisar."""
    mesa = console.mesa
    casa = Cobranca(mesa.banco, Cadastro(mesa.operadora, mesa.prestador))
    return Cena(console, casa, console.da_operadora(Escopo.LEITURA, Escopo.ANALISE))


# --- a fila -------------------------------------------------------------------------------------


def test_fila_mostra_o_mais_velho_primeiro_e_filtra(cena: Cena) -> None:
    """Quem espera o quê, há quantos dias, com quem está e o que falta de cada um."""
    velho, novo = cena.casa.lote(["10.00"], ["20.00"]), cena.casa.lote(["30.00"])
    espera = cena.casa.lote(["40.00"])
    cena.console.mesa.transitar(str(espera), S.AGUARDANDO_INFORMACAO)
    cena.casa.registrar(velho, de_guia(1, de_item(1, "10.00")))
    um, outro = cena.ana.abrir("/analise").linhas("fila")
    assert [int(um[0]), int(outro[0])] == [velho, novo]
    assert um[6:9] == ["2", "1", "0"]
    assert um[9:12] == ["R$ 30,00", "Em análise", "ana"]
    assert outro[10:12] == ["Recebido", "—"]
    so_recebidos = cena.ana.abrir("/analise", situacao="1").linhas("fila")
    assert [int(linha[0]) for linha in so_recebidos] == [novo]
    (parado,) = cena.ana.abrir("/analise", situacao="8").linhas("fila")
    assert int(parado[0]) == espera
    assert cena.ana.abrir("/analise", prestador="999").linhas("fila") == []
    assert cena.ana.abrir("/analise", de="31/02/2026").erros() == {
        "de": "é uma data, como 31/03/2026"
    }


def test_fila_continua_de_onde_ficou(cena: Cena, monkeypatch: pytest.MonkeyPatch) -> None:
    """A última linha leva aos lotes seguintes, com os filtros de antes."""
    monkeypatch.setattr("backoffice.console.paginas.analise._MOSTRADOS", 2)
    numeros = [cena.casa.lote() for _ in range(3)]
    pagina = cena.ana.abrir("/analise", situacao="1")
    assert [int(linha[0]) for linha in pagina.linhas("fila")] == numeros[:2]
    (mais,) = pagina.arvore.xpath("//tr[@class='mais']//a/@href")
    seguinte = cena.ana.abrir(mais.removeprefix("/console"))
    assert [int(linha[0]) for linha in seguinte.linhas("fila")] == numeros[2:]


# --- guia por guia ------------------------------------------------------------------------------


def test_do_primeiro_item_a_finalizacao(cena: Cena) -> None:
    """Guarda-se cada guia e passa-se à seguinte; o prestador só vê os valores no fim."""
    numero = cena.casa.lote(["100.00", "50.00"], ["30.00"])
    cena.abrir(numero, 1)
    pagina = cena.guardar(
        numero, 1, processado_1="100,00", liberado_1="80,00", codigo_1_1="1705",
        valor_1_1="20,00", texto_1_1="Acima da tabela.", processado_2="50,00", liberado_2="50,00",
        paga_2="0,5", observacao="Conferida.",
    )  # fmt: skip
    assert "Guia 1 guardada." in pagina.texto
    assert "Sem resultado" in pagina.titulo
    assert cena.valores(numero) == (S.EM_ANALISE, "0.00", "0.00", "0.00")
    pagina = cena.guardar(numero, 2, acao="informada")
    assert "Guia 2 guardada. Todas as outras têm resultado." in pagina.texto
    linhas = pagina.linhas("guias")
    assert [linha[6:] for linha in linhas] == [
        ["R$ 150,00", "R$ 20,00", "R$ 130,00", "Pronta"],
        ["R$ 30,00", "R$ 0,00", "R$ 30,00", "Pronta"],
    ]
    volta = cena.abrir(numero, 1)
    valor = "//input[@name='{}']/@value"
    assert volta.arvore.xpath(valor.format("texto-1-1")) == ["Acima da tabela."]
    assert volta.arvore.xpath(valor.format("paga-2")) == ["0,5"]
    assert volta.arvore.xpath(valor.format("codigo-1-2")) == [""]
    feita = cena.formulario(numero, "finalizacao")
    assert "Análise finalizada; o prestador já a vê." in feita.texto
    assert cena.valores(numero) == (S.ANALISADO, "180.00", "160.00", "20.00")
    fechada = cena.abrir(numero, 1)
    assert not fechada.arvore.xpath("//input[@name='linha']")
    assert "1705: R$ 20,00 Acima da tabela." in fechada.texto
    assert "Conferida." in fechada.texto


def test_item_aceito_como_informado_guarda_so_ele(cena: Cena) -> None:
    """O resto da guia fica por decidir, e a página continua nela."""
    numero = cena.casa.lote(["100.00", "50.00"])
    cena.abrir(numero, 1)
    pagina = cena.guardar(numero, 1, acao="informado-2")
    assert "Em parte" in pagina.titulo
    assert pagina.arvore.xpath("//input[@name='liberado-2']/@value") == ["50,00"]
    assert pagina.arvore.xpath("//input[@name='liberado-1']/@value") == [""]
    recusa = cena.formulario(numero, "finalizacao")
    assert recusa.status == 409
    assert "Falta o resultado" in recusa.texto
    assert "finalizada" in cena.formulario(numero, "finalizacao", completar="sim").texto
    assert cena.valores(numero)[1:] == ("150.00", "150.00", "0.00")


def test_guia_grande_analisa_se_em_partes(cena: Cena, monkeypatch: pytest.MonkeyPatch) -> None:
    """Guardar os itens de uma página não tira o que se decidiu dos das outras."""
    for modulo in ("folha_de_analise", "paginas.analise_guia"):
        monkeypatch.setattr(f"backoffice.console.{modulo}.POR_PAGINA", 2)
    numero = cena.casa.lote(["10.00", "20.00", "30.00"])
    cena.abrir(numero, 1)
    pagina = cena.guardar(numero, 1, acao="informada")
    assert pagina.arvore.xpath("//input[@name='linha']/@value") == ["3"]
    assert "Todas as outras" in cena.guardar(numero, 1, acao="informada").texto
    assert cena.abrir(numero).linhas("guias")[0][-2:] == ["R$ 60,00", "Pronta"]


@pytest.mark.parametrize(
    ("ditos", "campo"),
    [
        ({"processado_1": "abc"}, "processado-1"),
        ({"processado_1": "10,00"}, "liberado-1"),
        ({"valor_1_1": "5,00"}, "codigo-1-1"),
        ({"paga_1": "-1", "processado_1": "1,00", "liberado_1": "1,00"}, "paga-1"),
        ({"processado_1": "10,00", "liberado_1": "5,00"}, "item-1"),
        ({"processado_1": "10,00", "liberado_1": "5,00", "codigo_1_1": "0000",
          "valor_1_1": "5,00"}, "item-1"),
        ({"codigo_guia_1": "0000"}, "guia"),
        ({"observacao": "x" * 501}, "observacao"),
    ],
)  # fmt: skip
def test_o_que_nao_serve_diz_se_no_campo_e_fica_escrito(
    cena: Cena, ditos: dict[str, str], campo: str
) -> None:
    """O erro vai junto do campo, ou do item, e nada do que se escreveu se perde."""
    numero = cena.casa.lote(["100.00"])
    cena.abrir(numero, 1)
    pagina = cena.guardar(numero, 1, **ditos)
    assert pagina.status == 422
    assert campo in pagina.erros()
    for nome, valor in ditos.items():
        achados = pagina.arvore.xpath(f"//*[@name='{nome.replace('_', '-')}']")
        assert (achados[0].get("value") or (achados[0].text or "").strip()) == valor
    assert cena.valores(numero)[0] is S.RECEBIDO


def test_o_que_outra_pessoa_mudou_nao_se_grava_por_cima(cena: Cena) -> None:
    """Avisa-se, fica o que se escreveu, e guardar de novo grava sobre o que há agora."""
    numero = cena.casa.lote(["100.00"], ["50.00"])
    cena.abrir(numero, 1)
    cena.casa.registrar(numero, de_guia(2, de_item(1, "50.00")))
    pagina = cena.guardar(numero, 1, processado_1="70,00", liberado_1="70,00")
    assert pagina.status == 409
    assert "Outra pessoa mudou esta análise" in pagina.texto
    assert pagina.arvore.xpath("//input[@name='liberado-1']/@value") == ["70,00"]
    assert "Guia 1 guardada." in cena.guardar(numero, 1).texto


def test_o_mesmo_formulario_duas_vezes_grava_uma(cena: Cena) -> None:
    """A chave escondida no formulário faz da repetição a mesma resposta."""
    numero = cena.casa.lote(["100.00"])
    cena.abrir(numero, 1)
    aberta = cena.ana.pagina
    cena.guardar(numero, 1, acao="informada")
    revisao = _revisao(cena.abrir(numero))
    cena.ana.pagina = aberta
    assert "Guia 1 guardada." in cena.guardar(numero, 1, acao="informada").texto
    assert _revisao(cena.abrir(numero)) == revisao


def test_item_repartido_pelos_graus(cena: Cena) -> None:
    """Cada grau tem a sua linha, com a parte do informado que quem analisa diz."""
    numero = cena.casa.lote(["100.00"], graus="00,01")
    pagina = cena.abrir(numero, 1)
    (link,) = pagina.arvore.xpath("//a[starts-with(text(), 'por grau')]/@href")
    pagina = cena.ana.abrir(link.removeprefix("/console"))
    assert pagina.arvore.xpath("//input[@name='linha']/@value") == ["1g00", "1g01"]
    partes = {
        "informado_1g00": "70,00", "processado_1g00": "70,00", "liberado_1g00": "70,00",
        "informado_1g01": "30,00", "processado_1g01": "30,00", "liberado_1g01": "10,00",
        "codigo_1g01_1": "1705", "valor_1g01_1": "20,00",
    }  # fmt: skip
    assert cena.guardar(numero, 1, **partes | {"informado_1g00": ""}).status == 422
    assert "Guia 1 guardada." in cena.guardar(numero, 1, **partes).texto
    assert cena.abrir(numero).linhas("guias")[0][6:9] == ["R$ 100,00", "R$ 20,00", "R$ 80,00"]
    assert cena.abrir(numero, 1).arvore.xpath("//input[@name='linha']/@value") == ["1g00", "1g01"]


def test_politica_livre_deixa_dizer_cada_total(cena: Cena) -> None:
    """Os totais do item e da guia são os que quem analisa escreve."""
    with cena.casa.banco.escrita() as conn:
        politicas_de_cobranca.gravar(
            conn, cena.casa.operadora, PoliticaDeCobranca(valores=Politica.LIVRE)
        )
    numero = cena.casa.lote(["100.00"])
    cena.abrir(numero, 1)
    cena.guardar(
        numero, 1, processado_1="90,00", liberado_1="85,00", glosa_1="-3,00", guia_liberado="84,00"
    )  # fmt: skip
    assert cena.abrir(numero).linhas("guias")[0][6:9] == ["R$ 90,00", "R$ -3,00", "R$ 84,00"]


# --- o lote inteiro -----------------------------------------------------------------------------


def test_automatica_deixa_o_que_nao_sabe_para_uma_pessoa(cena: Cena) -> None:
    """Sem preço, a guia espera decisão e diz porquê; decidida, a análise finaliza-se."""
    numero = cena.casa.lote(["100.00"])
    pagina = cena.formulario(numero, "automatica", finalizar="sim")
    assert "0 com resultado agora, 1 à espera de decisão." in pagina.texto
    (achado,) = pagina.linhas("achados")
    assert achado[2:4] == ["Decidir", "1801"]
    assert pagina.linhas("guias")[0][-1] == "Espera decisão"
    assert cena.formulario(numero, "finalizacao", completar="sim").status == 409
    assert "O código não tem preço" in cena.abrir(numero, 1).texto
    cena.guardar(numero, 1, acao="informada")
    assert "finalizada" in cena.formulario(numero, "finalizacao").texto


def test_automatica_finaliza_se_nada_fica(cena: Cena) -> None:
    """Com as regras a decidir tudo, um pedido só chega ao fim."""
    with cena.casa.banco.escrita() as conn:
        ajustar(conn, cena.casa.operadora, {"sem-preco": (Acao.CRITICA, None)})
    numero = cena.casa.lote(["100.00"])
    pagina = cena.formulario(numero, "automatica", finalizar="sim")
    assert "1 com resultado agora. A análise foi finalizada." in pagina.texto
    assert cena.valores(numero) == (S.ANALISADO, "100.00", "100.00", "0.00")


def test_desfaz_se_uma_guia_ou_tudo(cena: Cena) -> None:
    """Até finalizar volta-se atrás; o que se desfez deixa de somar."""
    numero = cena.casa.lote(["100.00"], ["50.00"])
    cena.casa.registrar(numero, de_guia(1, de_item(1, "100.00")), de_guia(2, de_item(1, "50.00")))
    pagina = cena.abrir(numero, 1)
    revisao = _revisao(pagina)
    pagina = cena.ana.enviar(f"/analise/{numero}/guias/1/descarte", revisao=revisao)
    assert "O resultado da guia foi desfeito." in pagina.texto
    assert [x[-1] for x in cena.abrir(numero).linhas("guias")] == ["Sem resultado", "Pronta"]
    velha = cena.ana.enviar(f"/analise/{numero}/descarte", revisao=revisao)
    assert velha.status == 409
    cena.formulario(numero, "descarte")
    assert [x[-1] for x in cena.abrir(numero).linhas("guias")] == ["Sem resultado"] * 2


def test_glosas_e_observacao_do_lote_inteiro(cena: Cena) -> None:
    """Somam-se ao que as guias deram, e tiram-se deixando o campo vazio."""
    numero = cena.casa.lote(["100.00"])
    cena.casa.registrar(numero, de_guia(1, de_item(1, "100.00")))
    pagina = cena.abrir(numero)
    ocultos = {"revisao": _revisao(pagina)}
    ocultos["chave"] = str(pagina.arvore.xpath("//input[@name='chave']/@value")[0])
    ditos = {"codigo-lote-1": "1705", "valor-lote-1": "7,00", "texto-lote-1": "Capa em falta"}
    campos = ocultos | ditos | {"observacao": "Ver capa."}
    assert cena.ana.enviar(f"/analise/{numero}", **campos | {"valor-lote-1": "x"}).status == 422
    feita = cena.ana.enviar(f"/analise/{numero}", **campos)
    assert "Glosas do lote guardadas." in feita.texto
    cena.formulario(numero, "finalizacao")
    assert cena.valores(numero) == (S.ANALISADO, "100.00", "93.00", "7.00")
    assert "Glosa 1705: R$ 7,00 Capa em falta" in cena.abrir(numero).texto


def test_reabre_se_com_motivo(cena: Cena) -> None:
    """Sem motivo diz-se no campo; com ele os resultados voltam para se corrigirem."""
    numero = cena.casa.lote(["100.00"])
    cena.casa.registrar(numero, de_guia(1, de_item(1, "100.00", glosa("20.00"))))
    cena.casa.finalizar(numero)
    assert "motivo" in cena.formulario(numero, "reabertura", motivo="").erros()
    pagina = cena.formulario(numero, "reabertura", motivo="Valor trocado")
    assert "Análise reaberta" in pagina.texto
    assert cena.valores(numero) == (S.EM_ANALISE, "0.00", "0.00", "0.00")
    assert cena.abrir(numero, 1).arvore.xpath("//input[@name='valor-1-1']/@value") == ["20,00"]


# --- quem pode ----------------------------------------------------------------------------------


def test_quem_so_le_ve_e_nao_decide(cena: Cena) -> None:
    """A mesma página sem formulários; e quem só analisa grava sem ver o que não pode ler."""
    numero = cena.casa.lote(["100.00"])
    cena.casa.registrar(numero, de_guia(1, de_item(1, "100.00")))
    so_le = cena.console.da_operadora(Escopo.LEITURA)
    for fim in ("", "/guias/1"):
        pagina = so_le.abrir(f"/analise/{numero}{fim}")
        assert "R$ 100,00" in pagina.texto
        assert not pagina.arvore.xpath("//main//form")
    so_analisa = cena.console.da_operadora(Escopo.ANALISE)
    so_analisa.abrir("/inicio")
    recusa = so_analisa.enviar(f"/analise/{numero}/finalizacao", revisao="0")
    assert recusa.status == 409
    assert "R$" not in recusa.texto
    feita = so_analisa.enviar(f"/analise/{numero}/finalizacao", revisao="1")
    assert "Análise finalizada" in feita.texto


def test_cada_ato_e_cada_leitura_ficam_na_auditoria(cena: Cena) -> None:
    """Quem viu a guia, quem a registrou e quem finalizou."""
    numero = cena.casa.lote(["100.00"])
    cena.abrir(numero, 1)
    cena.guardar(numero, 1, acao="informada")
    cena.formulario(numero, "finalizacao")
    with cena.casa.banco.leitura() as conn:
        eventos = auditoria.listar(conn, cena.casa.operadora)
    feitos = {(e.acao, e.alvo) for e in eventos if e.alvo_tipo == "analise"}
    assert feitos >= {
        ("ler", f"{numero}/1"), ("ler", str(numero)), ("registrar", str(numero)),
        ("finalizar", str(numero)),
    }  # fmt: skip


def test_o_que_e_de_outra_operadora_nao_existe(cena: Cena) -> None:
    """Nenhum endereço da análise diz nada de um lote alheio, nem de uma guia que não há."""
    outra = abrir_mesa(
        cena.casa.banco,
        operadora={
            "registro_ans": "888888", "cnpj": "11222333000181", "nome": "Outra",
            "inicio_serie": 500,
        },
    )  # fmt: skip
    alheio = outra.enviar_lote("9", registro_ans="888888").protocolo
    for fim in ("", "/guias/1"):
        conferir_alheio(cena.ana, f"/analise/{{}}{fim}", alheio)
        conferir_alheio(cena.ana, f"/analise/{{}}{fim}", alheio, linha="1", chave="x")
        conferir_alheio(cena.ana, f"/analise/{{}}{fim}/descarte", alheio, revisao="0")
    for fim in ("automatica", "finalizacao", "reabertura"):
        conferir_alheio(cena.ana, f"/analise/{{}}/{fim}", alheio, motivo="x", revisao="0")
    numero = cena.casa.lote(["1.00"])
    assert cena.ana.abrir(f"/analise/{numero}/guias/2").status == 404
    assert cena.ana.abrir(f"/analise/{numero}/guias/x").status == 404


def _revisao(pagina: Pagina) -> str:
    return str(pagina.arvore.xpath("//input[@name='revisao']/@value")[0])
