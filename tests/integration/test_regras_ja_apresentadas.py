"""A guia já apresentada em outro lote: que lotes, guias e itens contam."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from integration.recepcao import achar, com, conferir_erro, lote, pronta
from integration.regras import H, S, ajustar, apresentar, enviar, guardadas

from dominio import criticas
from dominio.lote import TipoGuia
from dominio.situacao import StatusProtocolo
from dominio.versoes import VERSOES
from persistence import prestadores, tabelas
from persistence.regras import LOTES_POR_GUIA
from prestador.valores import identificado

if TYPE_CHECKING:
    from integration.recepcao import AbrirMesa, Mesa

    from prestador.respostas import Recibo

CHAVE = criticas.GUIA_JA_APRESENTADA.chave


def _achadas(recibo: Recibo) -> list[bool]:
    return [any(m.codigo == "1308" for m in guia.motivos) for guia in recibo.guias]


@pytest.mark.parametrize(("tipo", "versao"), [(t, v) for t in TipoGuia for v in VERSOES], ids=str)
def test_guia_apresentada_de_novo_em_outro_lote(mesa: Mesa, tipo: TipoGuia, versao: str) -> None:
    """Cada guia já apresentada leva 1308 com o protocolo de antes; a primeira vez, nenhuma."""
    primeiro = apresentar(mesa, "1", tipo, guias=3, versao=versao)
    segundo = apresentar(mesa, "2", tipo, guias=3, versao=versao)
    assert (_achadas(primeiro), _achadas(segundo)) == ([False] * 3, [True] * 3)
    assert [g.motivos[0].descricao for g in segundo.guias] == [
        f"{criticas.GUIA_JA_APRESENTADA.texto} Protocolo {primeiro.protocolo}."
    ] * 3


def test_entre_versoes_tambem_conta(mesa: Mesa) -> None:
    """A guia apresentada numa versão já está apresentada em outra."""
    apresentar(mesa, "1", versao="3.05.00")
    segundo = apresentar(mesa, "2")
    assert _achadas(segundo) == [True]


@pytest.mark.parametrize(
    "situacoes",
    [
        (StatusProtocolo.CANCELADO,),
        (StatusProtocolo.EM_ANALISE, StatusProtocolo.ENCERRADO_SEM_PAGAMENTO),
    ],
)
def test_lote_cancelado_ou_encerrado_nao_conta(
    mesa: Mesa, situacoes: tuple[StatusProtocolo, ...]
) -> None:
    """A guia de um lote em 4 ou 9 pode ser apresentada de novo."""
    primeiro = apresentar(mesa, "1")
    mesa.transitar(primeiro.protocolo, *situacoes)
    assert _achadas(apresentar(mesa, "2")) == [False]


def test_lote_reaberto_volta_a_contar(mesa: Mesa) -> None:
    """Um lote que saiu de 4 volta a ser uma apresentação."""
    primeiro = apresentar(mesa, "1")
    s = StatusProtocolo
    mesa.transitar(primeiro.protocolo, s.EM_ANALISE, s.ENCERRADO_SEM_PAGAMENTO, s.EM_ANALISE)
    assert _achadas(apresentar(mesa, "2")) == [True]


@pytest.mark.parametrize(
    "trocas",
    [
        {"numeroGuiaPrestador": "777"},
        {"dataAtendimento": "2020-01-02"},
        {"procedimento/codigoProcedimento": "99999999"},
    ],
)
def test_outra_guia_data_ou_item_nao_e_a_mesma(mesa: Mesa, trocas: dict[str, str]) -> None:
    """Número, data e procedimento têm de ser os mesmos."""
    apresentar(mesa, "1")
    assert _achadas(enviar(mesa, com(lote(), {"numeroLote": "2"} | trocas))) == [False]


def test_cobranca_complementar_nao_e_a_mesma(mesa: Mesa) -> None:
    """Basta um item em comum na mesma data; sem nenhum, é cobrança complementar."""
    apresentar(mesa, "1", tipo=S, itens=3)
    complementar, parcial = (com(lote(S, itens=3), {"numeroLote": numero}) for numero in ("2", "3"))
    for mensagem, poupados in ((complementar, 0), (parcial, 1)):
        datas = mensagem.findall(".//{*}guiasTISS//{*}dataExecucao")
        for data in datas[poupados:]:
            data.text = "2020-01-02"
    assert _achadas(enviar(mesa, complementar)) == [False]
    assert _achadas(enviar(mesa, parcial)) == [True]


def test_outro_tipo_de_guia_nao_e_a_mesma(mesa: Mesa) -> None:
    """O mesmo número em outro tipo de guia é outra guia."""
    apresentar(mesa, "1", tipo=S, itens=1)
    mensagem = com(lote(H, itens=1), {"numeroLote": "2"})
    [do_sadt] = lote(S, itens=1).findall(".//{*}procedimentoExecutado")
    com(
        mensagem,
        {
            campo: achar(do_sadt, campo).text or ""
            for campo in ("dataExecucao", "codigoTabela", "codigoProcedimento")
        },
    )
    assert _achadas(enviar(mesa, mensagem)) == [False]


def test_numero_de_guia_de_outro_prestador_nao_conta(mesa: Mesa) -> None:
    """Os números de guia são de cada prestador."""
    mesa.outro_prestador("500001")
    apresentar(mesa, "1")
    assert _achadas(apresentar(mesa, "1", quem=identificado("codigo", "500001"))) == [False]


def test_guia_de_outra_operadora_nao_conta(mesa: Mesa, nova_mesa: AbrirMesa) -> None:
    """O que se apresentou a uma operadora não se apresentou a outra."""
    vizinha = nova_mesa(operadora={"registro_ans": "888888"})
    apresentar(mesa, "1")
    assert _achadas(apresentar(vizinha, "2", registro_ans="888888")) == [False]


def test_homologacao_so_se_compara_com_homologacao(nova_mesa: AbrirMesa) -> None:
    """O lote de homologação não conta para o real, e conta para outro de homologação."""
    mesa = nova_mesa(prestador={"homologacao": True})
    apresentar(mesa, "1")
    assert _achadas(apresentar(mesa, "2")) == [True]
    executante = mesa.outro_prestador("500001")
    with mesa.banco.escrita() as conn:
        prestadores.permitir_envio(conn, executante.id, mesa.prestador.id)
    mensagem = com(lote(), {"numeroLote": "3"})
    achar(mensagem, "origem/identificacaoPrestador/codigoPrestadorNaOperadora").text = "500001"
    assert _achadas(enviar(mesa, mensagem)) == [False]


def test_guia_enviada_por_outro_conta_sem_dizer_o_protocolo(mesa: Mesa) -> None:
    """A guia do mesmo executante por outro remetente conta; o protocolo dele não se diz."""
    remetente = mesa.outro_prestador("500001")
    with mesa.banco.escrita() as conn:
        prestadores.permitir_envio(conn, remetente.id, mesa.prestador.id)
    mensagem = lote()
    achar(mensagem, "origem/identificacaoPrestador/codigoPrestadorNaOperadora").text = "500001"
    enviar(mesa, mensagem)
    [guia] = apresentar(mesa, "2").guias
    assert [m.descricao for m in guia.motivos] == [criticas.GUIA_JA_APRESENTADA.texto]


def test_recusada_por_ajuste_diz_a_guia_e_o_protocolo(mesa: Mesa) -> None:
    """Com o nível de recusa, o texto diz que guias e em que protocolo já estavam."""
    ajustar(mesa, CHAVE, nivel="recusa")
    primeiro = apresentar(mesa, "1", guias=2)
    resposta = mesa.enviar(pronta(com(lote(guias=2), {"numeroLote": "2"})))
    conferir_erro(resposta, criticas.GUIA_JA_APRESENTADA)
    assert f"Guias 1 (nº 1001), 2 (nº 1002). Protocolo {primeiro.protocolo}." in resposta.texto


def test_mesmo_lote_outra_vez_nao_se_acha_a_si_mesmo(mesa: Mesa) -> None:
    """Ainda que 1308 recuse, o mesmo lote em mensagem nova recebe o seu protocolo."""
    ajustar(mesa, CHAVE, nivel="recusa")
    primeiro = apresentar(mesa, "1", sequencial="1")
    assert primeiro == apresentar(mesa, "1", sequencial="2")


def test_desligada_nao_consulta_nem_acha(mesa: Mesa) -> None:
    """Desligada, a regra nada acha e nada guarda."""
    ajustar(mesa, CHAVE, nivel="desligada")
    apresentar(mesa, "1")
    segundo = apresentar(mesa, "2")
    assert guardadas(mesa, segundo.protocolo) == ()


def test_numero_repetido_sem_fim_olha_os_lotes_mais_novos(mesa: Mesa) -> None:
    """De um número de guia usado em muitos lotes, só os mais novos se olham."""
    apresentar(mesa, "0")
    for numero in range(1, LOTES_POR_GUIA + 1):
        trocas = {"numeroLote": str(numero), "dataAtendimento": f"2020-01-{numero:02}"}
        enviar(mesa, com(lote(), trocas))
    assert _achadas(apresentar(mesa, "99")) == [False]


def _guia_cancelada(mesa: Mesa, recibo: Recibo, posicao: int) -> None:
    lote_id = mesa.protocolo(recibo.protocolo).lote_id
    g = tabelas.guia.c
    with mesa.banco.escrita() as conn:
        conn.execute(
            tabelas.guia.update().where(g.lote_id == lote_id, g.posicao == posicao).values(status=9)
        )


def test_guia_cancelada_nao_conta(mesa: Mesa) -> None:
    """A guia cancelada de um lote vivo pode ser apresentada de novo."""
    primeiro = apresentar(mesa, "1", guias=2)
    _guia_cancelada(mesa, primeiro, 1)
    assert _achadas(apresentar(mesa, "2", guias=2)) == [False, True]


# --- custo ---


def _comandos(mesa: Mesa, mensagem: bytes) -> list[str]:
    """Comandos SQL que uma mensagem executou, pelo que o driver recebeu."""
    vistos: list[str] = []
    # a única que escreve
    with mesa.banco._de_escrever.avulsa() as conn:
        conexao: Any = conn.connection.driver_connection
    conexao.set_trace_callback(vistos.append)
    try:
        mesa.enviar(mensagem)
    finally:
        conexao.set_trace_callback(None)
    return vistos


def test_regras_custam_duas_consultas_por_lote(mesa: Mesa) -> None:
    """Um lote de muitas guias faz uma consulta de ajustes e uma de guias já apresentadas."""
    if mesa.banco.dialeto != "sqlite":
        pytest.skip("só o driver do SQLite mostra os comandos que recebe")
    vistos = _comandos(mesa, pronta(lote(S, guias=40)))
    lidos = [c for c in vistos if c.lstrip().upper().startswith("SELECT")]
    # a dos webhooks não é das regras
    consultas = [c for c in lidos if "FROM webhook" not in c]
    marcas = ("regra_ajuste", "json_each")
    assert [sum(marca in c for c in consultas) for marca in marcas] == [1, 1]
    assert len(consultas) == 2
