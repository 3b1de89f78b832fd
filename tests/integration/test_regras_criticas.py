"""O que as regras acham num lote aceito: onde se mostra, o que se guarda, quem o muda."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from integration.recepcao import (
    EM_VIGOR,
    VAZIO,
    Q,
    achar,
    conferir_erro,
    conferir_falha,
    lote,
    pronta,
)
from integration.regras import (
    TOTAIS,
    UNITARIOS,
    C,
    D,
    H,
    S,
    ajustar,
    com_item_errado,
    com_soma_errada,
    enviar,
    estragado,
    guardadas,
)

from dominio import criticas, erros
from dominio.dinheiro import ZERO
from dominio.erros import Erro, Nivel
from dominio.lote import TipoGuia
from dominio.situacao import StatusProtocolo
from dominio.versoes import VERSOES
from handlers.lote_guias import LoteGuias
from handlers.lote_guias.caso import VERSAO_VENCIDA
from handlers.lote_guias.regras import REGRAS
from handlers.regras import Achado, Regra
from persistence import mensagens
from prestador.respostas import Motivo
from prestador.valores import identificado

if TYPE_CHECKING:
    from collections.abc import Iterator

    from integration.recepcao import AbrirMesa, Mesa

    from handlers.lote_guias.exame import Exame

CADA_LOTE = pytest.mark.parametrize(
    ("tipo", "versao"), [(t, v) for t in TipoGuia for v in VERSOES], ids=str
)
CADA_VERSAO = pytest.mark.parametrize("versao", VERSOES)


@CADA_LOTE
def test_lote_certo_nao_tem_criticas(mesa: Mesa, tipo: TipoGuia, versao: str) -> None:
    """Um lote coerente, de qualquer tipo e versão, não recebe crítica nenhuma."""
    recibo = enviar(mesa, lote(tipo, versao=versao, guias=3, itens=6), versao)
    assert recibo.motivos == ()
    assert [(g.motivos, g.motivos_dos_itens) for g in recibo.guias] == [((), ())] * 3
    assert guardadas(mesa, recibo.protocolo) == ()


# --- onde se mostram --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tipo", "versao"), [(t, v) for t in TOTAIS if t is not C for v in VERSOES], ids=str
)
def test_critica_da_guia_sai_no_recibo_e_na_situacao(
    mesa: Mesa, tipo: TipoGuia, versao: str
) -> None:
    """A guia cuja soma não fecha leva 5042, e só ela, no recibo e depois na situação."""
    erro = criticas.SOMA_DA_GUIA
    esperado = [(), (Motivo("5042", erro.texto),), ()]
    recibo = enviar(mesa, com_soma_errada(tipo, versao=versao), versao)
    situacao = mesa.perguntar(recibo.protocolo or "", versao=versao).situacao
    assert esperado == [g.motivos for g in recibo.guias]
    assert esperado == [g.motivos for g in situacao.guias]
    assert [(2, None, erro.chave, "5042", "critica", erro.texto)] == [
        tuple(c) for c in guardadas(mesa, recibo.protocolo)
    ]


@pytest.mark.parametrize(("tipo", "versao"), [(t, v) for t in UNITARIOS for v in VERSOES], ids=str)
def test_critica_do_item_sai_no_recibo_e_na_situacao(
    mesa: Mesa, tipo: TipoGuia, versao: str
) -> None:
    """O item errado sai repetido, com o motivo e glosa de 0.00, no recibo e na situação."""
    resposta = mesa.enviar(pronta(com_item_errado(tipo, versao=versao)), versao=versao)
    recibo = resposta.recibo
    esperado = [(), ((1, Motivo("5042", criticas.SOMA_DO_ITEM.texto)),), ()]
    assert esperado == [g.motivos_dos_itens for g in recibo.guias]
    assert achar(resposta.raiz, "glosasProcedimento/valorGlosaProcedimento").text == "0.00"
    situacao = mesa.perguntar(recibo.protocolo or "", versao=versao).situacao
    assert esperado == [g.motivos_dos_itens for g in situacao.guias]


@CADA_VERSAO
def test_critica_do_lote_sai_no_recibo_e_na_primeira_guia_da_situacao(
    mesa: Mesa, versao: str
) -> None:
    """Lote não numérico: glosaProtocolo de 0.00 no recibo; a situação só tem lugar em guias."""
    texto = criticas.LOTE_NAO_NUMERICO.texto
    resposta = mesa.enviar(pronta(lote(numero="A1", guias=2, versao=versao)), versao=versao)
    recibo = resposta.recibo
    assert recibo.motivos == (Motivo("5007", texto),)
    assert achar(resposta.raiz, "glosaProtocolo/vlGlosaProtocolo").text == "0.00"
    situacao = mesa.perguntar(recibo.protocolo or "", versao=versao).situacao
    assert [g.motivos for g in situacao.guias] == [(Motivo("5007", f"Lote: {texto}"),), ()]


@pytest.mark.parametrize("enviada", VERSOES)
@pytest.mark.parametrize("perguntada", VERSOES)
def test_critica_se_diz_com_o_codigo_da_versao_que_pergunta(
    mesa: Mesa, enviada: str, perguntada: str
) -> None:
    """O que se achou numa versão é dito em outra com o código que essa tem."""
    ajustar(mesa, "prazo-de-envio", tolerancia=0)
    velho = estragado(C, {"dataAtendimento": "2020-01-02"}, guia=0, guias=1, versao=enviada)
    recibo = enviar(mesa, velho, enviada)
    situacao = mesa.perguntar(recibo.protocolo or "", versao=perguntada).situacao
    erro = criticas.FORA_DO_PRAZO
    assert [m.codigo for m in recibo.guias[0].motivos] == [erro.glosa(enviada)]
    assert [m.codigo for m in situacao.guias[0].motivos] == [erro.glosa(perguntada)]


def test_item_que_nao_cabe_na_versao_sobe_para_a_guia(mesa: Mesa) -> None:
    """Um item de valor grande demais para 3.05.00 é dito no motivo da guia, pela posição."""
    grande = {"procedimentoExecutado/valorUnitario": "1000000.00"}
    recibo = enviar(mesa, estragado(S, grande, guia=0, guias=1))
    [guia] = mesa.perguntar(recibo.protocolo or "", versao="3.05.00").situacao.guias
    esperado = Motivo("5042", f"Item 1: {criticas.SOMA_DO_ITEM.texto}")
    assert (guia.motivos, guia.motivos_dos_itens) == ((esperado,), ())


def test_consulta_que_repete_o_item_tem_descricao(nova_mesa: AbrirMesa) -> None:
    """O item de consulta vem sem descrição, que o eco exige: vale a da TUSS ou o código."""
    no_item = Regra(criticas.SOMA_DO_ITEM, lambda _exame, _limite: [Achado(1, 1)])
    mesa = nova_mesa(assuntos={LoteGuias.servico: LoteGuias([no_item])})
    resposta = mesa.enviar(pronta(lote(C)))
    assert achar(resposta.raiz, "procedimento/descricaoProcedimento").text


@CADA_VERSAO
def test_item_de_odontologia_se_repete(nova_mesa: AbrirMesa, versao: str) -> None:
    """O eco de um item de odontologia, com dente, face e região, é válido em toda versão."""
    nos_itens = Regra(
        criticas.SOMA_DO_ITEM, lambda _exame, _limite: [Achado(1, n) for n in range(1, 7)]
    )
    mesa = nova_mesa(assuntos={LoteGuias.servico: LoteGuias([nos_itens])})
    mensagem = lote(D, itens=6, versao=versao)
    dentes = [e.text for e in mensagem.iter(f"{Q}codDente")]
    resposta = mesa.enviar(pronta(mensagem), versao=versao)
    assert len(resposta.recibo.guias[0].motivos_dos_itens) == 6
    assert dentes == [e.text for e in resposta.raiz.iter(f"{Q}codDente")]


@CADA_VERSAO
def test_despesas_se_repetem(nova_mesa: AbrirMesa, versao: str) -> None:
    """O eco de procedimentos e despesas de SP/SADT é válido em toda versão, na ordem da guia."""
    em_todos = Regra(
        criticas.SOMA_DO_ITEM,
        lambda exame, _limite: [Achado(1, n) for n, _ in enumerate(exame.lote.guias[0].itens, 1)],
    )
    mesa = nova_mesa(assuntos={LoteGuias.servico: LoteGuias([em_todos])})
    recibo = enviar(mesa, lote(S, itens=9, versao=versao), versao)
    assert len(recibo.guias[0].motivos_dos_itens) == 9


def test_guia_cancelada_leva_as_suas_criticas_da_situacao(mesa: Mesa) -> None:
    """Se todo o lote é cancelado, a situação continua a mostrar as críticas das guias."""
    recibo = enviar(mesa, com_soma_errada(S))
    mesa.transitar(recibo.protocolo, StatusProtocolo.CANCELADO)
    situacao = mesa.perguntar(recibo.protocolo or "").situacao
    assert [len(g.motivos) for g in situacao.guias] == [0, 1, 0]


def test_critica_nao_muda_valores(mesa: Mesa) -> None:
    """Uma crítica não glosa nada: o protocolo entra com o informado e glosa zero."""
    recibo = enviar(mesa, com_soma_errada(S))
    gravado = mesa.protocolo(recibo.protocolo)
    assert (gravado.informado, gravado.glosa) == (recibo.valor_total, ZERO)


# --- níveis -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("nivel", "visivel", "gravada"),
    [
        ("critica", True, True),
        ("glosa", True, True),
        ("nota", False, True),
        ("desligada", False, False),
    ],
)
def test_nivel_decide_o_que_se_mostra_e_guarda(
    mesa: Mesa, nivel: str, visivel: bool, gravada: bool
) -> None:
    """Crítica e glosa saem no recibo e na situação; nota só se guarda; desligada, nem isso."""
    ajustar(mesa, "soma-da-guia", nivel=nivel)
    recibo = enviar(mesa, com_soma_errada(S))
    situacao = mesa.perguntar(recibo.protocolo or "").situacao
    assert [visivel] * 2 == [bool(r.guias[1].motivos) for r in (recibo, situacao)]
    assert ([nivel] if gravada else []) == [c.nivel for c in guardadas(mesa, recibo.protocolo)]


def test_nivel_recusa_nao_aceita_o_lote(mesa: Mesa) -> None:
    """Com o nível de recusa, a mesma falha recusa o lote, diz a guia, e nada fica."""
    ajustar(mesa, "soma-da-guia", nivel="recusa")
    resposta = mesa.enviar(pronta(com_soma_errada(S)))
    conferir_erro(resposta, criticas.SOMA_DA_GUIA)
    assert resposta.texto.endswith("Guia 2 (nº 1002).")
    assert mesa.contagens() == VAZIO


def test_regra_que_recusa_pode_so_criticar(mesa: Mesa) -> None:
    """A guia repetida no lote, por ajuste, entra com uma crítica."""
    ajustar(mesa, erros.GUIA_REPETIDA.chave, nivel="critica")
    recibo = enviar(mesa, estragado(C, {"numeroGuiaPrestador": "1001"}))
    assert [[m.codigo for m in g.motivos] for g in recibo.guias] == [[], ["1308"], []]


def test_executante_desconhecido_pode_so_criticar(mesa: Mesa) -> None:
    """Por ajuste, a guia de um executante que não se acha entra, sem prestador resolvido."""
    ajustar(mesa, erros.EXECUTANTE_DESCONHECIDO.chave, nivel="critica")
    trocas = {"contratadoExecutante/codigoPrestadorNaOperadora": "404404"}
    recibo = enviar(mesa, estragado(C, trocas))
    assert [[m.codigo for m in g.motivos] for g in recibo.guias] == [[], ["1203"], []]


def test_texto_da_operadora_vale_em_lugar_do_da_regra(mesa: Mesa) -> None:
    """A frase que a operadora escreveu é a que o prestador lê."""
    ajustar(mesa, "soma-da-guia", texto="Confira o total com o faturamento.")
    recibo = enviar(mesa, com_soma_errada(S))
    assert recibo.guias[1].motivos == (Motivo("5042", "Confira o total com o faturamento."),)


def test_ajuste_do_prestador_vale_por_cima(mesa: Mesa) -> None:
    """O que se mudou para um prestador vale só para ele, e por cima do da operadora."""
    outro = mesa.outro_prestador("500001")
    ajustar(mesa, "soma-da-guia", nivel="recusa", texto="Da operadora.")
    ajustar(mesa, "soma-da-guia", outro, nivel="nota")
    conferir_erro(
        mesa.enviar(pronta(com_soma_errada(S))),
        replace(criticas.SOMA_DA_GUIA, texto="Da operadora."),
    )
    de_outro = enviar(mesa, com_soma_errada(S, quem=identificado("codigo", "500001")))
    assert [(c.nivel, c.texto) for c in guardadas(mesa, de_outro.protocolo)] == [
        ("nota", "Da operadora.")
    ]


def test_ajuste_de_uma_operadora_nao_vale_em_outra(mesa: Mesa, nova_mesa: AbrirMesa) -> None:
    """O que uma operadora desliga continua ligado nas outras."""
    vizinha = nova_mesa(operadora={"registro_ans": "888888"})
    ajustar(vizinha, "soma-da-guia", nivel="desligada")
    assert enviar(mesa, com_soma_errada(S)).guias[1].motivos


def test_prazo_em_dias(mesa: Mesa) -> None:
    """Com um prazo de dias, a guia que passou dele é criticada; sem ele, nenhuma."""
    velho = {"dataAtendimento": "2020-01-02"}
    assert enviar(mesa, estragado(C, velho, numero="1")).guias[1].motivos == ()
    ajustar(mesa, "prazo-de-envio", tolerancia=90)
    recibo = enviar(mesa, estragado(C, velho, numero="2", semente=9))
    assert [[m.codigo for m in g.motivos] for g in recibo.guias] == [[], ["3161"], []]


# --- documentos -------------------------------------------------------------------------------


@CADA_VERSAO
@pytest.mark.parametrize(
    ("tipo", "caminho", "valor"),
    [
        (S, "codProfissional/cpfContratado", "52998224724"),
        (TipoGuia.INTERNACAO, "codProfissional/cpfContratado", "52998224724"),
        (H, "codProfissional/cpfContratado", "52998224724"),
    ],
)
def test_cpf_de_profissional_e_conferido(
    mesa: Mesa, tipo: TipoGuia, caminho: str, valor: str, versao: str
) -> None:
    """O CPF da equipe com dígito errado é criticado, sem que o texto o repita."""
    recibo = enviar(mesa, estragado(tipo, {caminho: valor}, versao=versao), versao)
    assert [[m.codigo for m in g.motivos] for g in recibo.guias] == [[], ["1206"], []]
    assert "Campo: cpfContratado." in (recibo.guias[1].motivos[0].descricao or "")
    assert valor not in (recibo.guias[1].motivos[0].descricao or "")


# --- repetição e falha ------------------------------------------------------------------------


def test_mesmo_lote_outra_vez_traz_as_mesmas_criticas(mesa: Mesa) -> None:
    """O lote repetido em mensagem nova recebe o protocolo de antes, com as críticas de antes."""
    primeiro = enviar(mesa, com_soma_errada(S, sequencial="1"))
    ajustar(mesa, "soma-da-guia", nivel="desligada")
    segundo = enviar(mesa, com_soma_errada(S, sequencial="2"))
    assert primeiro == segundo


def test_mesmo_lote_recebe_o_protocolo_ainda_que_hoje_fosse_recusado(mesa: Mesa) -> None:
    """Uma regra que passou a recusar não tira o protocolo de um lote já recebido."""
    primeiro = enviar(mesa, com_soma_errada(S, sequencial="1"))
    ajustar(mesa, "soma-da-guia", nivel="recusa")
    segundo = enviar(mesa, com_soma_errada(S, sequencial="2"))
    assert primeiro.protocolo == segundo.protocolo


class Defeituosa:
    """Uma regra da operadora que falha até ser curada."""

    def __init__(self) -> None:
        self.curada = False
        erro = Erro("exemplo.defeituosa", "Exemplo.", (("3.05.00", "1403"),), Nivel.CRITICA)
        self.regra = Regra(erro, self._conferir)

    def _conferir(self, exame: Exame, _limite: int | None) -> Iterator[Achado]:
        if not self.curada:
            raise ZeroDivisionError(exame.lote.guias[0].beneficiario.carteira)
        yield from ()


def test_regra_que_falha_nao_perde_o_lote(nova_mesa: AbrirMesa) -> None:
    """A falha de uma regra é erro nosso: a mensagem fica inteira no arquivo e nada se grava.

    Curada a regra, os mesmos bytes são recebidos.
    """
    defeituosa = Defeituosa()
    mesa = nova_mesa(assuntos={LoteGuias.servico: LoteGuias([*REGRAS, defeituosa.regra])})
    mesa.dar_login("hospital", "Exemplo#2026")
    dados = pronta(lote(S, guias=60, itens=9, login="hospital", senha="Exemplo#2026"))
    assert len(dados) > 65_536
    resposta = mesa.enviar(dados)
    conferir_falha(resposta, erros.INESPERADO)
    guardada = mesa.arquivada(resposta.id)
    with mesa.banco.leitura() as conn:
        assert dados == mensagens.bruta(conn, None, resposta.id)
    assert (guardada.desfecho, guardada.integral) == ("falha", True)
    assert mesa.contagens() == VAZIO
    defeituosa.curada = True
    assert len(mesa.enviar(dados).recibo.guias) == 60


def test_regras_da_operadora_se_ajustam_como_as_outras(nova_mesa: AbrirMesa) -> None:
    """A regra própria aparece no recibo com o seu código, e um ajuste a cala."""
    erro = Erro("exemplo.senha", "Sem senha.", (("3.05.00", "1403"),), Nivel.CRITICA)
    propria = Regra(erro, lambda _exame, _limite: [Achado(1)])
    mesa = nova_mesa(assuntos={LoteGuias.servico: LoteGuias([*REGRAS, propria])})
    primeiro = mesa.enviar_lote("1")
    ajustar(mesa, "exemplo.senha", nivel="desligada")
    segundo = mesa.enviar_lote("2", semente=5)
    assert primeiro.guias[0].motivos == (Motivo("1403", "Sem senha."),)
    assert segundo.guias[0].motivos == ()


# --- versão ---------------------------------------------------------------------------


@CADA_VERSAO
def test_versao_vencida_e_anotada_no_protocolo(mesa: Mesa, versao: str) -> None:
    """O lote numa versão que já não vigora é aceito e anotado; o em vigor, não."""
    recibo = mesa.enviar_lote(versao=versao)
    esperado = () if versao == EM_VIGOR else (VERSAO_VENCIDA,)
    assert esperado == mesa.protocolo(recibo.protocolo).avisos
    assert recibo.motivos == ()


def test_criticas_ficam_no_arquivo_com_a_mensagem(mesa: Mesa) -> None:
    """A mensagem arquivada traz as críticas e os avisos que o recibo teve."""
    resposta = mesa.enviar(pronta(lote(versao="4.02.00", numero="L-1")), versao="4.02.00")
    detalhes = mesa.arquivada(resposta.id).detalhes or {}
    assert [c["regra"] for c in detalhes["criticas"]] == ["numero-do-lote-nao-numerico"]
    assert detalhes["avisos"] == ["versao-vencida"]
    assert resposta.resultado.avisos == ("versao-vencida",)
