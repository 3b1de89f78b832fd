"""As regras que recusam um lote entendido: o código, as guias citadas e nada gravado."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

import pytest
from integration.recepcao import (
    CNPJ,
    CODIGO,
    EM_VIGOR,
    EU,
    VAZIO,
    Q,
    achar,
    com,
    com_hash_em_utf8,
    conferir_erro,
    lote,
    pronta,
)

from dominio import erros
from dominio.competencia import FUSO
from dominio.lote import TipoGuia
from dominio.versoes import VERSOES
from persistence import prestadores, protocolos
from prestador.invencao import Inventor
from prestador.valores import identificado

if TYPE_CHECKING:
    from collections.abc import Callable

    from integration.recepcao import AbrirMesa, Mesa
    from lxml import etree

    from dominio.erros import Erro

SORTEIO = Inventor("regras da recepção")
CPF, CPF_ALHEIO = SORTEIO.cpf(), SORTEIO.cpf()
CNPJ_ALHEIO = SORTEIO.cnpj()
AMANHA = (datetime.now(FUSO).date() + timedelta(days=1)).isoformat()
HOJE = datetime.now(FUSO).date().isoformat()


class Regra(NamedTuple):
    """Um lote de três guias cuja segunda fere uma regra."""

    nome: str
    erro: Erro
    tipo: TipoGuia
    trocas: dict[str, str]

    def __str__(self) -> str:
        return self.nome

    def lote(self, versao: str = EM_VIGOR) -> bytes:
        """Os bytes, com o defeito só na segunda guia."""
        mensagem = lote(self.tipo, versao=versao, guias=3)
        com(achar(mensagem, self.tipo.value, 1), self.trocas)
        return pronta(mensagem)


C, S, I, H, D = TipoGuia  # noqa: E741
REGRAS = (
    Regra(
        "guia de outra operadora", erros.OPERADORA_DA_GUIA, C,
        {"cabecalhoConsulta/registroANS": "888888"},
    ),
    Regra("outra operadora em SADT", erros.OPERADORA_DA_GUIA, S,
          {"cabecalhoGuia/registroANS": "888888"}),
    Regra("outra operadora em odonto", erros.OPERADORA_DA_GUIA, D, {"registroANS": "888888"}),
    Regra("guia repetida", erros.GUIA_REPETIDA, C, {"numeroGuiaPrestador": "1001"}),
    Regra("guia repetida em odonto", erros.GUIA_REPETIDA, D, {"numeroGuiaPrestador": "1001"}),
    Regra("consulta amanhã", erros.DATA_FUTURA, C, {"dataAtendimento": AMANHA}),
    Regra("exame amanhã", erros.DATA_FUTURA, S, {"procedimentoExecutado/dataExecucao": AMANHA}),
    Regra("despesa amanhã", erros.DATA_FUTURA, S, {"servicosExecutados/dataExecucao": AMANHA}),
    Regra("alta amanhã", erros.DATA_FUTURA, I, {"dataFinalFaturamento": AMANHA}),
    Regra("honorário amanhã", erros.DATA_FUTURA, H, {"dataFimFaturamento": AMANHA}),
    Regra("dente amanhã", erros.DATA_FUTURA, D, {"dataRealizacao": AMANHA}),
    Regra("ano 10000", erros.DATA_INVALIDA, C, {"dataAtendimento": "10000-01-01"}),
    Regra("ano antes de Cristo", erros.DATA_INVALIDA, S,
          {"procedimentoExecutado/dataExecucao": "-0044-03-15"}),
    Regra("consulta de valor negativo", erros.VALOR_NEGATIVO, C, {"valorProcedimento": "-0.01"}),
    Regra("total negativo", erros.VALOR_NEGATIVO, S, {"valorTotalGeral": "-1.00"}),
    Regra("item negativo", erros.VALOR_NEGATIVO, I, {"procedimentoExecutado/valorTotal": "-1.00"}),
    Regra("unitário negativo", erros.VALOR_NEGATIVO, H,
          {"procedimentoRealizado/valorUnitario": "-1.00"}),
    Regra("despesa negativa", erros.VALOR_NEGATIVO, S, {"servicosExecutados/valorTotal": "-1.00"}),
    Regra("quantidade negativa", erros.VALOR_NEGATIVO, S,
          {"servicosExecutados/quantidadeExecutada": "-0.5"}),
    Regra("odonto negativo", erros.VALOR_NEGATIVO, D, {"valorProc": "-1.00"}),
    Regra("unidades negativas", erros.VALOR_NEGATIVO, D, {"qtdUS": "-1.00"}),
    Regra("executante desconhecido", erros.EXECUTANTE_DESCONHECIDO, C,
          {"contratadoExecutante/codigoPrestadorNaOperadora": "404404"}),
    Regra("executante desconhecido em honorários", erros.EXECUTANTE_DESCONHECIDO, H,
          {"codigonaOperadora": "404404"}),
    Regra("executante desconhecido em odonto", erros.EXECUTANTE_DESCONHECIDO, D,
          {"codigoProfExec": "404404"}),
)  # fmt: skip


@pytest.mark.parametrize("regra", REGRAS, ids=str)
def test_regra_recusa_o_lote_inteiro(mesa: Mesa, regra: Regra) -> None:
    """O defeito de uma guia recusa o lote, diz qual é a guia e não grava nada."""
    resposta = mesa.enviar(regra.lote())
    conferir_erro(resposta, regra.erro)
    assert "Guia 2" in resposta.texto
    assert mesa.contagens() == VAZIO


@pytest.mark.parametrize(
    "regra", {r.erro.chave: r for r in REGRAS}.values(), ids=lambda r: r.erro.chave
)
def test_codigo_da_regra_vale_em_cada_versao(mesa: Mesa, regra: Regra) -> None:
    """A recusa tem em cada versão um código que ela tem."""
    for versao in VERSOES:
        resposta = mesa.enviar(regra.lote(versao), versao=versao)
        conferir_erro(resposta, regra.erro, versao)


def test_recusa_de_regra_fica_no_arquivo_como_respondida(mesa: Mesa) -> None:
    """Um lote que a regra recusa foi entendido: é resposta, com a chave do erro e o texto."""
    resposta = mesa.enviar(REGRAS[0].lote())
    guardada = mesa.arquivada(resposta.id)
    assert ("respondida", 200, erros.OPERADORA_DA_GUIA.chave, {"texto": resposta.texto}) == (
        guardada.desfecho,
        guardada.http,
        guardada.erro,
        guardada.detalhes,
    )


@pytest.mark.parametrize("politica", ["fault", "mensagemErro"])
def test_regra_responde_mensagem_em_qualquer_politica(nova_mesa: AbrirMesa, politica: str) -> None:
    """A política de recusas é da mensagem; uma regra responde sempre ``mensagemErro``."""
    mesa = nova_mesa(operadora={"recusa": politica})
    conferir_erro(mesa.enviar(REGRAS[0].lote()), erros.OPERADORA_DA_GUIA)


def test_recusa_cita_as_primeiras_guias_e_conta_as_demais(mesa: Mesa) -> None:
    """Com muitas guias no mesmo erro, o texto cita cinco e diz quantas mais são."""
    mensagem = lote(guias=8)
    for posicao in range(7):
        achar(mensagem, "dataAtendimento", posicao).text = AMANHA
    resposta = mesa.enviar(pronta(mensagem))
    citadas = "Guias 1 (nº 1001), 2 (nº 1002), 3 (nº 1003), 4 (nº 1004), 5 (nº 1005) e mais 2."
    assert resposta.texto.endswith(citadas)


@pytest.mark.parametrize(
    ("campo", "seguinte"), [("valorFranquia", "autorizado"), ("valorTotalFranquia", None)]
)
def test_franquia_negativa_e_recusada(mesa: Mesa, campo: str, seguinte: str | None) -> None:
    """A franquia, do item ou da guia odontológica, também não pode ser negativa."""
    mensagem = lote(D)
    for antiga in list(mensagem.iter(Q + campo)):
        antiga.getparent().remove(antiga)  # type: ignore[union-attr]
    nova = mensagem.makeelement(Q + campo)
    nova.text = "-0.01"
    if seguinte is None:
        achar(mensagem, "valorTotalProc").addnext(nova)
    else:
        achar(mensagem, seguinte).addprevious(nova)
    conferir_erro(mesa.enviar(pronta(mensagem)), erros.VALOR_NEGATIVO)


# --- datas ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tipo", "trocas"),
    [
        (C, {"dataAtendimento": HOJE}),
        (S, {"procedimentoExecutado/dataExecucao": HOJE}),
        (D, {"dataTerminoTrat": AMANHA}),
        (H, {"dataEmissaoGuia": AMANHA}),
    ],
    ids=["consulta hoje", "exame hoje", "término previsto", "emissão"],
)
def test_datas_que_nao_sao_futuras(mesa: Mesa, tipo: TipoGuia, trocas: dict[str, str]) -> None:
    """O dia do recebimento vale, e datas que não são de atendimento podem vir depois dele."""
    assert mesa.enviar(pronta(com(lote(tipo), trocas))).recibo.protocolo == "10000001"


def test_hoje_e_o_dia_de_sao_paulo(mesa: Mesa, no_instante: Callable[[datetime], None]) -> None:
    """À 1h UTC ainda é véspera em São Paulo: o dia de UTC é futuro, e a véspera é a do envio."""
    no_instante(datetime(2026, 3, 20, 1, 0, tzinfo=UTC))
    de_utc = com(lote(), {"dataAtendimento": "2026-03-20"})
    conferir_erro(mesa.enviar(pronta(de_utc)), erros.DATA_FUTURA)
    recibo = mesa.enviar(pronta(com(lote(), {"dataAtendimento": "2026-03-19"}))).recibo
    assert date(2026, 3, 19) == recibo.data_envio


@pytest.mark.parametrize("fuso", ["Z", "-03:00"])
def test_fuso_da_data_nao_muda_o_dia_escrito(mesa: Mesa, fuso: str) -> None:
    """A data com fuso guarda o dia que está escrito."""
    recibo = mesa.enviar(pronta(com(lote(), {"dataAtendimento": f"2025-03-10{fuso}"}))).recibo
    assert date(2025, 3, 10) == recibo.guias[0].data_realizacao


# --- totais ---------------------------------------------------------------------------------------


def test_total_que_nao_cabe_na_resposta_e_recusado(mesa: Mesa) -> None:
    """A soma maior que o total do recibo recusa o lote e manda dividi-lo."""
    mensagem = lote(TipoGuia.SADT, guias=2)
    achar(mensagem, "valorTotalGeral", 0).text = "99999999.99"
    achar(mensagem, "valorTotalGeral", 1).text = "0.01"
    resposta = mesa.enviar(pronta(mensagem))
    conferir_erro(resposta, erros.TOTAL_NAO_CABE)
    assert resposta.texto.endswith("Divida o lote.")


def test_maior_total_possivel_e_aceito(mesa: Mesa) -> None:
    """A soma que enche o total do recibo passa."""
    mensagem = lote(TipoGuia.SADT, guias=2)
    achar(mensagem, "valorTotalGeral", 0).text = "99999999.98"
    achar(mensagem, "valorTotalGeral", 1).text = "0.01"
    assert str(mesa.enviar(pronta(mensagem)).recibo.valor_total) == "99999999.99"


# --- identificadores ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("campo", "tipo", "versao", "fora"),
    [
        ("numeroLote", C, EM_VIGOR, "7Ω"),
        ("numeroGuiaPrestador", C, EM_VIGOR, "7Ω"),
        ("numeroGuiaOperadora", S, EM_VIGOR, "7Ω"),
        ("numeroCarteira", H, EM_VIGOR, "7—8"),
        ("numeroCNS", C, "3.05.00", "7Ω"),
        ("senha", I, EM_VIGOR, "AUT…"),
        ("codValidacao", C, EM_VIGOR, "✓"),
    ],
)
def test_identificador_que_nao_se_pode_ecoar_e_recusado(
    mesa: Mesa, campo: str, tipo: TipoGuia, versao: str, fora: str
) -> None:
    """Um identificador fora de ISO-8859-1 não caberia no hash da resposta; diz-se qual campo."""
    mensagem = lote(tipo, versao=versao)
    if mensagem.find(f".//{Q}{campo}") is None:
        guia = achar(mensagem, tipo.value)
        guia.insert(1, guia.makeelement(Q + campo))
    com(mensagem, {campo: fora})
    resposta = mesa.enviar(com_hash_em_utf8(mensagem), versao=versao)
    conferir_erro(resposta, erros.IDENTIFICADOR_FORA_DE_LATIN1, versao)
    assert f"ampo: {campo}." in resposta.texto
    assert mesa.contagens() == VAZIO


def test_identificador_com_acento_e_ecoado(mesa: Mesa) -> None:
    """Acentos e sinais que existem em ISO-8859-1 voltam como vieram."""
    recibo = mesa.enviar(pronta(com(lote(), {"numeroLote": "ÇÃO&<1"}))).recibo
    assert recibo.numero_lote == "ÇÃO&<1"


# --- executante -----------------------------------------------------------------------------------


def _honorarios(executante: str) -> etree._Element:
    return lote(H, quem=identificado("codigo", CODIGO, codigo=executante))


def _executante(mesa: Mesa, numero: str | None) -> int | None:
    gravado = mesa.protocolo(numero)
    with mesa.banco.leitura() as conn:
        return protocolos.guias(conn, gravado.lote_id or 0)[0].executante_id


@pytest.mark.parametrize("tipo", list(TipoGuia))
def test_executante_alheio_e_recusado(mesa: Mesa, tipo: TipoGuia) -> None:
    """Não se envia guia de outro prestador sem a operadora o autorizar."""
    mesa.outro_prestador("500001", cnpj=CNPJ_ALHEIO)
    mensagem = lote(tipo, quem=identificado("codigo", "500001"))
    achar(mensagem, "origem/identificacaoPrestador/codigoPrestadorNaOperadora").text = CODIGO
    conferir_erro(mesa.enviar(pronta(mensagem)), erros.EXECUTANTE_ALHEIO)


@pytest.mark.parametrize("tipo", list(TipoGuia))
def test_executante_por_quem_se_envia_e_aceito(mesa: Mesa, tipo: TipoGuia) -> None:
    """Autorizado, o remetente envia: o protocolo é dele, a guia é do executante."""
    executante = mesa.outro_prestador("500001", cnpj=CNPJ_ALHEIO)
    with mesa.banco.escrita() as conn:
        prestadores.permitir_envio(conn, mesa.prestador.id, executante.id)
    mensagem = lote(tipo, quem=identificado("codigo", "500001"))
    achar(mensagem, "origem/identificacaoPrestador/codigoPrestadorNaOperadora").text = CODIGO
    numero = mesa.enviar(pronta(mensagem)).recibo.protocolo
    assert (mesa.prestador.id, executante.id) == (
        mesa.protocolo(numero).prestador_id,
        _executante(mesa, numero),
    )


def test_autorizacao_de_envio_nao_vale_ao_contrario(mesa: Mesa) -> None:
    """Quem envia por outro não dá ao outro o direito de enviar por ele."""
    outro = mesa.outro_prestador("500001", cnpj=CNPJ_ALHEIO)
    with mesa.banco.escrita() as conn:
        prestadores.permitir_envio(conn, outro.id, mesa.prestador.id)
    conferir_erro(mesa.enviar(pronta(_honorarios("500001"))), erros.EXECUTANTE_ALHEIO)


@pytest.mark.parametrize("tipo", [H, D])
@pytest.mark.parametrize(("forma", "valor"), [("cpf", CPF), ("cnpj", "12ABC34501DE35")])
def test_campo_de_codigo_pode_trazer_o_documento(
    nova_mesa: AbrirMesa, tipo: TipoGuia, forma: str, valor: str
) -> None:
    """Honorários e odonto só têm campo de código, em que o próprio CPF ou CNPJ também vale."""
    mesa = nova_mesa(prestador={"cnpj": None, forma: valor})
    quem = identificado("codigo", CODIGO, codigo=valor)
    numero = mesa.enviar(pronta(lote(tipo, quem=quem))).recibo.protocolo
    assert mesa.prestador.id == _executante(mesa, numero)


@pytest.mark.parametrize("tipo", [H, D])
def test_documento_alheio_no_campo_de_codigo_e_recusado(mesa: Mesa, tipo: TipoGuia) -> None:
    """O CPF de outro prestador no campo de código é um executante alheio."""
    mesa.outro_prestador("500001", cpf=CPF_ALHEIO)
    quem = identificado("codigo", CODIGO, codigo=CPF_ALHEIO)
    conferir_erro(mesa.enviar(pronta(lote(tipo, quem=quem))), erros.EXECUTANTE_ALHEIO)


def test_executante_dito_pelo_cnpj_e_o_remetente(mesa: Mesa) -> None:
    """Origem por código e executante pelo CNPJ do mesmo prestador são o mesmo."""
    mensagem = lote(C, quem=identificado("cnpj", CNPJ))
    origem = achar(mensagem, "origem/identificacaoPrestador")
    origem[0].tag, origem[0].text = f"{Q}codigoPrestadorNaOperadora", CODIGO
    numero = mesa.enviar(pronta(mensagem)).recibo.protocolo
    assert mesa.prestador.id == _executante(mesa, numero)


def test_executante_de_outra_operadora_e_desconhecido(mesa: Mesa, nova_mesa: AbrirMesa) -> None:
    """O código credenciado noutra operadora não é prestador nesta."""
    nova_mesa(operadora={"registro_ans": "888888"}, prestador={"codigo": "500001"})
    conferir_erro(mesa.enviar(pronta(_honorarios("500001"))), erros.EXECUTANTE_DESCONHECIDO)


def test_solicitante_e_local_nao_contam(mesa: Mesa) -> None:
    """Só o executante diz de quem é a guia: solicitante e local podem ser de qualquer um."""
    mesa.outro_prestador("500001", cnpj=CNPJ_ALHEIO)
    mensagem = com(_honorarios(EU.identificacao.valor), {"cnpjLocalExecutante": CNPJ_ALHEIO})
    assert mesa.enviar(pronta(mensagem)).recibo.protocolo == "10000001"
