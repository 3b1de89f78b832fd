"""O que um recurso não pode: cada recusa com o seu código, no arquivo, e nada pela metade."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from integration.recepcao import conferir_erro, conferir_falha
from integration.recurso import Recorrente, aceita, daqui_a, guia, item, recibo
from sqlalchemy import func, select

from dominio import erros
from dominio import erros_de_recurso as recusas
from dominio.situacao import StatusProtocolo as S
from persistence import tabelas
from persistence.regras import Ajuste, ajustar
from prestador.recursos import DoProtocolo
from prestador.valores import identificado

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from integration.recepcao import Mesa, Resposta

_TABELAS = ("recurso", "recurso_linha", "recurso_parcela", "protocolo", "historico")


def _contar(mesa: Mesa) -> dict[str, int]:
    with mesa.banco.leitura() as conn:
        return {
            nome: conn.execute(
                select(func.count()).select_from(tabelas.metadados.tables[nome])
            ).scalar_one()
            for nome in _TABELAS
        }


def _recusado(
    recorrente: Recorrente,
    enviar: Callable[[], Resposta],
    erro: erros.Erro,
    versao: str = "4.03.00",
) -> None:
    """Confere o código, que a recusa está no arquivo e que nada mais se gravou."""
    antes = _contar(recorrente.mesa)
    resposta = enviar()
    conferir_erro(resposta, erro, versao)
    assert recorrente.mesa.arquivada(resposta.id).erro == erro.chave
    assert _contar(recorrente.mesa) == antes


def _ajustar(recorrente: Recorrente, regra: str, ajuste: Ajuste) -> None:
    with recorrente.mesa.banco.escrita() as conn:
        ajustar(conn, recorrente.mesa.operadora.id, None, regra, ajuste)


@pytest.mark.parametrize("versao", ["3.05.00", "4.03.00"])
def test_protocolo_desconhecido(recorrente: Recorrente, versao: str) -> None:
    """De um protocolo que não há não se recorre."""
    protocolo = recorrente.analisado()
    novo = recorrente.novo(protocolo, item(recorrente.guia_de(protocolo), 1, "1.00"))
    outro = replace(novo, protocolo="99999999")
    _recusado(
        recorrente,
        lambda: recorrente.enviar(outro, versao=versao),
        erros.PROTOCOLO_NAO_ENCONTRADO,
        versao,
    )


@pytest.mark.parametrize("versao", ["4.01.00", "4.03.00"])
def test_protocolo_de_outro_prestador(recorrente: Recorrente, versao: str) -> None:
    """O lote de outro tem o seu código em cada versão."""
    protocolo = recorrente.analisado()
    recorrente.mesa.outro_prestador("999001")
    novo = recorrente.novo(protocolo, item(recorrente.guia_de(protocolo), 1, "1.00"))
    outro = identificado("codigo", "999001")
    _recusado(
        recorrente,
        lambda: recorrente.enviar(novo, quem=outro, versao=versao),
        recusas.LOTE_ALHEIO,
        versao,
    )


def test_contratado_que_nao_e_quem_envia(recorrente: Recorrente) -> None:
    """A guia de recurso que diz outro prestador não alcança o lote."""
    protocolo = recorrente.analisado()
    recorrente.mesa.outro_prestador("999001")
    novo = recorrente.novo(protocolo, item(recorrente.guia_de(protocolo), 1, "1.00"))
    outro = identificado("codigo", "999001")
    _recusado(recorrente, lambda: recorrente.enviar(novo, de=outro), recusas.LOTE_ALHEIO)


def test_protocolo_de_outro_lote(recorrente: Recorrente) -> None:
    """O número do lote tem de ser o do protocolo, zeros à esquerda à parte."""
    protocolo = recorrente.analisado()
    contesta = item(recorrente.guia_de(protocolo), 1, "30.00")
    novo = recorrente.novo(protocolo, contesta, lote="9999")
    _recusado(recorrente, lambda: recorrente.enviar(novo), erros.LOTE_NAO_ENCONTRADO)
    com_zeros = f"00{recorrente.lote_de(protocolo)}"
    outro = replace(novo, lote=com_zeros, protocolo=f"000{protocolo}")
    assert recibo(recorrente.enviar(outro)).erro is None


def test_ainda_nao_analisado(recorrente: Recorrente) -> None:
    """Antes de a análise se finalizar não há o que contestar."""
    protocolo = recorrente.cobranca.lote(["100.00"])
    for status in (None, S.EM_ANALISE):
        if status is not None:
            recorrente.cobranca.andar(protocolo, status)
        novo = recorrente.novo(protocolo, item(recorrente.guia_de(protocolo), 1, "1.00"))
        _recusado(
            recorrente, lambda novo=novo: recorrente.enviar(novo), recusas.SITUACAO_DO_PROTOCOLO
        )


def test_depois_do_prazo(recorrente: Recorrente, no_instante: Callable[[datetime], None]) -> None:
    """O prazo corre do pagamento; no último dia ainda se recorre, no seguinte não."""
    protocolo = recorrente.analisado({(1, 1): ("30.00",), (1, 2): ("10.00",)})
    numero = recorrente.guia_de(protocolo)
    no_instante(daqui_a(365))
    assert recorrente.aceito(protocolo, item(numero, 2, "1.00"))
    recorrente.cobranca.liberar(protocolo)
    hoje = daqui_a(0)
    recorrente.cobranca.pago(protocolo, data=hoje.date())
    no_instante(hoje.replace(hour=12) + (daqui_a(60) - daqui_a(0)))
    assert recorrente.aceito(protocolo, item(numero, 1, "1.00"), numero="R-NO-PRAZO")
    no_instante(hoje.replace(hour=12) + (daqui_a(61) - daqui_a(0)))
    novo = recorrente.novo(protocolo, guia(numero))
    _recusado(recorrente, lambda: recorrente.enviar(novo), recusas.PRAZO_DO_RECURSO)
    _ajustar(recorrente, "recurso-prazo", Ajuste(tolerancia=90))
    assert recorrente.recorrer(protocolo, guia(numero)).erro is None


def test_acima_do_saldo_por_um_centavo(recorrente: Recorrente) -> None:
    """O saldo inteiro contesta-se; um centavo a mais, não."""
    protocolo = recorrente.analisado()
    numero = recorrente.guia_de(protocolo)
    demais = recorrente.novo(protocolo, item(numero, 1, "30.01"))
    _recusado(recorrente, lambda: recorrente.enviar(demais), recusas.SALDO)
    nada = recorrente.novo(protocolo, item(numero, 1, "0.00"))
    _recusado(recorrente, lambda: recorrente.enviar(nada), recusas.SALDO)
    assert recorrente.aceito(protocolo, item(numero, 1, "30.00"))


def test_mesma_chave_duas_vezes(recorrente: Recorrente) -> None:
    """Repetida no recurso, 2908; aberta noutro recurso, 2904."""
    protocolo = recorrente.analisado()
    numero = recorrente.guia_de(protocolo)
    dobrado = recorrente.novo(protocolo, item(numero, 1, "10.00"), item(numero, 1, "10.00"))
    _recusado(recorrente, lambda: recorrente.enviar(dobrado), recusas.LINHA_REPETIDA)
    recorrente.aceito(protocolo, item(numero, 1, "10.00"))
    outro = recorrente.novo(protocolo, item(numero, 1, "20.00"))
    _recusado(recorrente, lambda: recorrente.enviar(outro), recusas.RECURSO_ABERTO)


def test_nivel_de_cima_so_alcanca_o_que_sobra(recorrente: Recorrente) -> None:
    """A guia contesta o que os itens abertos deixaram, e depois nada."""
    protocolo = recorrente.analisado()
    numero = recorrente.guia_de(protocolo)
    recorrente.aceito(protocolo, item(numero, 1, "10.00"))
    da_guia = recorrente.aceito(protocolo, guia(numero))
    assert recorrente.recurso(da_guia).recursado == Decimal("20.00")
    do_protocolo = recorrente.novo(protocolo, DoProtocolo("1705"))
    _recusado(recorrente, lambda: recorrente.enviar(do_protocolo), recusas.SALDO)


def test_quinhentos_e_um_caracteres(recorrente: Recorrente) -> None:
    """A justificativa longa demais nem é lida: falha de esquema, no arquivo."""
    protocolo = recorrente.analisado()
    longa = guia(recorrente.guia_de(protocolo), justificativa="a" * 501)
    antes = _contar(recorrente.mesa)
    resposta = recorrente.enviar(recorrente.novo(protocolo, longa))
    conferir_falha(resposta, erros.ESQUEMA)
    assert recorrente.mesa.arquivada(resposta.id).erro == erros.ESQUEMA.chave
    assert _contar(recorrente.mesa) == antes


def test_justificativa_em_branco(recorrente: Recorrente) -> None:
    """Só espaços não justificam; a operadora pode aceitá-los, com uma observação."""
    protocolo = recorrente.analisado()
    em_branco = guia(recorrente.guia_de(protocolo), justificativa="   ")
    novo = recorrente.novo(protocolo, em_branco)
    _recusado(recorrente, lambda: recorrente.enviar(novo), recusas.JUSTIFICATIVA)
    _ajustar(recorrente, "recurso-justificativa", Ajuste(nivel="critica"))
    dado = recibo(recorrente.enviar(novo, sequencial="2"))
    assert dado.observacao == recusas.JUSTIFICATIVA.texto


@pytest.mark.parametrize("versao", ["4.02.00", "4.03.00"])
def test_guia_que_nao_e_do_lote(recorrente: Recorrente, versao: str) -> None:
    """A guia de outro lote, ou com outro número da operadora, tem o seu código."""
    protocolo = recorrente.analisado()
    numero = recorrente.guia_de(protocolo)
    for contesta in (guia("NAO-HA"), guia(numero, numero_operadora="OUTRA")):
        novo = recorrente.novo(protocolo, contesta)
        _recusado(
            recorrente,
            lambda novo=novo: recorrente.enviar(novo, versao=versao),
            recusas.GUIA_ALHEIA,
            versao,
        )


@pytest.mark.parametrize(
    "troca", [{"sequencial": 9}, {"tabela": "00"}, {"procedimento": "99999999"}, {"codigo": "2607"}]
)
def test_objeto_sem_glosa(recorrente: Recorrente, troca: dict[str, str | int]) -> None:
    """Sequencial, tabela, procedimento e código têm de ser os do item glosado."""
    protocolo = recorrente.analisado()
    contesta = replace(item(recorrente.guia_de(protocolo), 1, "1.00"), **troca)
    novo = recorrente.novo(protocolo, contesta)
    _recusado(recorrente, lambda: recorrente.enviar(novo), recusas.OBJETO_SEM_GLOSA)


def test_objeto_diferente_do_que_se_contesta(recorrente: Recorrente) -> None:
    """O objetoRecurso tem de ser o do ramo que veio."""
    protocolo = recorrente.analisado()
    for contesta, objeto in (
        (DoProtocolo("1705"), "2"),
        (guia(recorrente.guia_de(protocolo)), "1"),
    ):
        novo = recorrente.novo(protocolo, contesta)
        _recusado(
            recorrente,
            lambda novo=novo, objeto=objeto: recorrente.enviar(novo, objetoRecurso=objeto),
            recusas.OBJETO_DO_RECURSO,
        )


def test_registro_de_outra_operadora(recorrente: Recorrente) -> None:
    """A guia de recurso é da operadora do destino."""
    protocolo = recorrente.analisado()
    novo = recorrente.novo(protocolo, guia(recorrente.guia_de(protocolo)))
    _recusado(
        recorrente, lambda: recorrente.enviar(novo, registroANS="123456"), erros.OPERADORA_DA_GUIA
    )


@pytest.mark.parametrize(
    ("regra", "erro"),
    [
        ("recurso-canal", recusas.CANAL_DO_RECURSO),
        ("recurso-nao-faturado", recusas.NAO_FATURADO),
        ("recurso-antes-do-pagamento", recusas.ANTES_DO_PAGAMENTO),
        ("recurso-nivel", recusas.NIVEL_DA_GLOSA),
    ],
)
def test_regras_que_a_operadora_liga(recorrente: Recorrente, regra: str, erro: erros.Erro) -> None:
    """Desligadas de início, recusam quando a operadora as liga."""
    protocolo = recorrente.analisado()
    _ajustar(recorrente, regra, Ajuste(nivel="recusa"))
    novo = recorrente.novo(protocolo, guia(recorrente.guia_de(protocolo)))
    _recusado(recorrente, lambda: recorrente.enviar(novo), erro)
    _ajustar(recorrente, regra, Ajuste())
    assert recibo(recorrente.enviar(novo, sequencial="2")).erro is None


def test_codigo_que_a_versao_da_pergunta_nao_tem(recorrente: Recorrente) -> None:
    """A resposta que não cabe na versão diz em que versão perguntar."""
    protocolo = recorrente.analisado(codigo="3300")
    numero = recorrente.aceito(
        protocolo, item(recorrente.guia_de(protocolo), 1, "30.00", codigo="3300")
    )
    recorrente.decidir(numero, aceita(1, "30.00"))
    erro = recorrente.perguntar(numero, versao="4.02.00").erro
    assert erro is not None
    assert erro.codigo == "5028"
    assert "4.03.00" in (erro.descricao or "")
    assert recorrente.perguntar(numero).acatado == Decimal("30.00")


def test_lote_nao_numerico_responde_a_situacao(mesa: Mesa) -> None:
    """Um lote com letras não cabe no recibo final: a resposta é a situação final."""
    recorrente = Recorrente.em(mesa)
    protocolo = recorrente.analisado()
    with mesa.banco.escrita() as conn:
        conn.execute(tabelas.lote.update().values(numero="LOTE-A"))
    numero = recorrente.aceito(protocolo, guia(recorrente.guia_de(protocolo)), lote="LOTE-A")
    recorrente.decidir(numero, aceita(1, "30.00"))
    assert recorrente.perguntar(numero).status == 3


def test_zeros_no_numero_do_recurso_quando_a_operadora_os_usa(mesa: Mesa) -> None:
    """Com zeros nos protocolos, o recurso tem doze algarismos."""
    recorrente = Recorrente.em(mesa)
    with mesa.banco.escrita() as conn:
        conn.execute(tabelas.operadora.update().values(largura_protocolo=8))
    protocolo = recorrente.analisado()
    dado = recorrente.recorrer(protocolo, guia(recorrente.guia_de(protocolo)))
    assert (len(dado.numero or ""), dado.protocolo) == (12, str(protocolo))
    assert recorrente.perguntar(int(dado.numero or 0)).numero == dado.numero
