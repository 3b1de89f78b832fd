from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from integration.cobranca import Cobranca, de_guia, de_item, glosa, reais
from sqlalchemy import select, update

from dominio.analise import Politica
from dominio.impedimento import Impedimento
from dominio.lote import TipoGuia
from dominio.situacao import StatusProtocolo
from handlers import analise
from handlers.analise import PedidoDeFinalizacao, QualGuia, ResultadoDeGuia, ResultadoDeItem
from persistence import (
    analises,
    glosas,
    partes_pagas,
    politicas_de_cobranca,
    protocolos,
    resultados,
    tabelas,
)
from persistence.politicas_de_cobranca import PoliticaDeCobranca

if TYPE_CHECKING:
    from collections.abc import Callable


_S = StatusProtocolo


def _politica(casa: Cobranca, valores: Politica) -> None:
    with casa.banco.escrita() as conn:
        politicas_de_cobranca.gravar(conn, casa.operadora, PoliticaDeCobranca(valores))


def _totais(linha: object) -> tuple[str, ...]:
    return tuple(str(getattr(linha, nome)) for nome in ("processado", "liberado", "glosa"))


def _impedimento(chamar: Callable[[], object]) -> Impedimento:
    with pytest.raises(Impedimento) as erro:
        chamar()
    return erro.value


def test_registrar_poe_em_analise_sem_mostrar_valores(casa: Cobranca) -> None:
    """Resultados registrados levam o protocolo a em análise, e os seus valores seguem zerados."""
    numero = casa.lote(["60.00", "40.00"])
    feito = casa.registrar(numero, de_guia(1, de_item(1, "60.00", glosa("20.00"))))
    protocolo = casa.protocolo(numero)
    assert (feito.status, feito.estado, feito.revisao) == (_S.EM_ANALISE, "em-curso", 1)
    assert casa.situacoes(numero) == [1, 2]
    assert _totais(protocolo) == _totais(casa.guias(numero)[0]) == ("0.00",) * 3
    assert not protocolo.analise_visivel


def test_finalizar_soma_itens_guias_e_protocolo(casa: Cobranca) -> None:
    """Glosas de item, guia e protocolo somam-se para cima e tiram do liberado, e tudo se mostra."""
    numero = casa.lote(["60.00", "40.00"], ["10.00"])
    casa.registrar(
        numero,
        de_guia(
            1,
            de_item(1, "60.00", glosa("20.00"), glosa("1.50", "1714")),
            de_item(2, "40.00"),
            glosas=(glosa("5.00"),),
        ),
        de_guia(2, de_item(1, "10.00")),
        glosas=(glosa("1.00"),),
    )
    feito = casa.finalizar(numero)
    assert [_totais(i) for i in casa.itens(numero)] == [
        ("60.00", "38.50", "21.50"),
        ("40.00", "40.00", "0.00"),
        ("10.00", "10.00", "0.00"),
    ]
    assert [_totais(g) for g in casa.guias(numero)] == [
        ("100.00", "73.50", "26.50"),
        ("10.00", "10.00", "0.00"),
    ]
    assert _totais(feito.valores) == _totais(casa.protocolo(numero)) == ("110.00", "82.50", "27.50")
    assert casa.protocolo(numero).analise_visivel
    assert casa.situacoes(numero) == [1, 2, 5]


def test_guia_sem_nada_liberado_fica_em_4_e_o_protocolo_em_5(casa: Cobranca) -> None:
    """Cada guia tem a sua situação: a toda glosada encerra-se, a outra aguarda liberação."""
    numero = casa.lote(["10.00"], ["20.00"])
    casa.registrar(numero, de_guia(1, de_item(1, "10.00", glosa("10.00"))))
    casa.finalizar(numero, completar=True)
    assert [int(g.status) for g in casa.guias(numero)] == [4, 5]
    assert casa.protocolo(numero).status is _S.ANALISADO


def test_nada_liberado_encerra_o_protocolo_e_solta_o_numero_do_lote(casa: Cobranca) -> None:
    """Sem nada liberado o protocolo passa a 4, e o número do lote pode ser usado de novo."""
    numero = casa.lote(["10.00"])
    casa.registrar(numero, de_guia(1, de_item(1, "10.00", glosa("10.00"))))
    assert casa.finalizar(numero).status is _S.ENCERRADO_SEM_PAGAMENTO
    assert casa.situacoes(numero) == [1, 2, 4]


def test_mesma_chave_e_conteudo_nao_gravam_de_novo(casa: Cobranca) -> None:
    """O pedido repetido responde a mesma revisão, ainda depois de a análise se finalizar."""
    numero = casa.lote(["10.00"])
    resultado = de_guia(1, de_item(1, "10.00"))
    primeiro = casa.registrar(numero, resultado, chave="c1")
    repetido = casa.registrar(numero, resultado, chave="c1")
    casa.finalizar(numero)
    depois = casa.registrar(numero, resultado, chave="c1")
    assert not primeiro.repetido
    assert repetido.repetido
    assert depois.repetido
    assert primeiro.revisao == repetido.revisao == depois.revisao == 1


def test_mesma_chave_com_outro_conteudo_e_conflito(casa: Cobranca) -> None:
    """A chave já usada não serve a outro resultado nem a outro protocolo."""
    numero, outro = casa.lote(["10.00"]), casa.lote(["10.00"])
    resultado = de_guia(1, de_item(1, "10.00"))
    casa.registrar(numero, resultado, chave="c1")
    diferente = de_guia(1, de_item(1, "10.00", glosa("1.00")))
    assert _impedimento(lambda: casa.registrar(numero, diferente, chave="c1")).chave == (
        "chave-reusada"
    )
    assert _impedimento(lambda: casa.registrar(outro, resultado, chave="c1")).chave == (
        "chave-reusada"
    )


def test_guia_registrada_de_novo_troca_a_anterior_inteira(casa: Cobranca) -> None:
    """O resultado novo de uma guia tira o anterior com as suas glosas, e as outras ficam."""
    numero = casa.lote(["10.00", "5.00"], ["20.00"])
    casa.registrar(
        numero,
        de_guia(1, de_item(1, "10.00", glosa("3.00")), de_item(2, "5.00")),
        de_guia(2, de_item(1, "20.00", glosa("2.00"))),
    )
    casa.registrar(numero, de_guia(1, de_item(1, "10.00"), de_item(2, "5.00", glosa("1.00"))))
    casa.finalizar(numero)
    assert [str(i.glosa) for i in casa.itens(numero)] == ["0.00", "1.00", "2.00"]


def test_revisao_antiga_e_recusada(casa: Cobranca) -> None:
    """Quem leu uma revisão que já mudou não registra nem finaliza sobre ela."""
    numero = casa.lote(["10.00"])
    casa.registrar(numero, de_guia(1, de_item(1, "10.00")), revisao=0)
    repetir = de_guia(1, de_item(1, "10.00", glosa("1.00")))
    assert _impedimento(lambda: casa.registrar(numero, repetir, revisao=0)).chave == (
        "revisao-antiga"
    )
    assert _impedimento(lambda: casa.finalizar(numero, revisao=0)).chave == "revisao-antiga"
    assert casa.finalizar(numero, revisao=1).revisao == 2


def test_sem_resultado_de_tudo_nao_se_finaliza(casa: Cobranca) -> None:
    """Cada guia ou item sem resultado é dito, com o lugar; completar libera-os como informados."""
    numero = casa.lote(["10.00", "5.00"], ["20.00"])
    casa.registrar(numero, de_guia(1, de_item(1, "10.00")))
    falta = _impedimento(lambda: casa.finalizar(numero))
    assert falta.chave == "resultado-incompleto"
    assert [falta.lugar[1:], *(outro.lugar[1:] for outro in falta.outros)] == [(1, 2), (2, None)]
    assert _totais(casa.finalizar(numero, completar=True).valores) == ("35.00", "35.00", "0.00")


def test_finalizar_de_novo_responde_o_mesmo(casa: Cobranca) -> None:
    """Finalizar o já finalizado nada muda nem acrescenta ao histórico."""
    numero = casa.lote(["10.00"])
    primeiro = casa.finalizar(numero, completar=True)
    segundo = casa.finalizar(numero)
    assert segundo == primeiro._replace(repetido=True)
    assert casa.situacoes(numero) == [1, 2, 5]


@pytest.mark.parametrize(
    ("politica", "item", "chave"),
    [
        (Politica.PADRAO, ("10.00", "9.00", ()), "equacao-de-valores"),
        (Politica.PADRAO, ("10.00", "11.00", ()), "liberado-acima"),
        (Politica.PADRAO, ("10.00", "-1.00", (glosa("11.00"),)), "valor-negativo"),
        (Politica.PADRAO, ("10.00", "11.00", (glosa("-1.00"),)), "valor-negativo"),
        (Politica.PADRAO, ("10.001", "10.001", ()), "valor-invalido"),
        (Politica.PADRAO, ("NaN", "10.00", ()), "valor-invalido"),
        (Politica.PADRAO, ("sNaN", "10.00", (glosa("sNaN"),)), "valor-invalido"),
        (Politica.PADRAO, ("100000000.00", "100000000.00", ()), "valor-grande"),
        (Politica.PADRAO, ("1E+999999", "1.00", (glosa("1E+999999"),)), "valor-grande"),
        (Politica.PADRAO, ("10.00", "9.00", (glosa("1.00", "9999"),)), "codigo-desconhecido"),
        (Politica.SOBRE_INFORMADO, ("8.00", "7.00", (glosa("1.00"),)), "equacao-de-valores"),
        (Politica.A_PARTE, ("10.00", "9.00", (glosa("1.00"),)), "equacao-de-valores"),
    ],
)
def test_resultado_que_nao_serve_e_recusado(
    casa: Cobranca, politica: Politica, item: tuple[str, str, tuple[object, ...]], chave: str
) -> None:
    """Sinal, tamanho, código ou equação errados recusam o registro, que nada grava."""
    _politica(casa, politica)
    numero = casa.lote(["10.00"])
    processado, liberado, das_glosas = item
    dito = ResultadoDeItem(Decimal(processado), Decimal(liberado), 1, glosas=das_glosas)  # type: ignore[arg-type]
    recusa = _impedimento(lambda: casa.registrar(numero, de_guia(1, dito)))
    assert (recusa.chave, recusa.lugar) == (chave, (numero, 1, 1))
    assert casa.situacoes(numero) == [1]


@pytest.mark.parametrize(
    ("politica", "informado", "item", "totais"),
    [
        (Politica.SOBRE_INFORMADO, "135.00", ("110.00", "0.00", "135.00"), "135.00"),
        (Politica.COM_SINAL, "0.00", ("84.24", "84.24", "-84.24"), "-84.24"),
        (Politica.A_PARTE, "0.00", ("70.00", "70.00", "122.00"), "122.00"),
        (Politica.LIVRE, "50.00", ("1.00", "2.00", "3.00"), "3.00"),
    ],
)
def test_politicas_das_operadoras_fecham_as_suas_contas(
    casa: Cobranca, politica: Politica, informado: str, item: tuple[str, str, str], totais: str
) -> None:
    """As contas em que a glosa passa do processado, é negativa ou corre à parte são aceitas."""
    _politica(casa, politica)
    numero = casa.lote([informado])
    processado, liberado, valor = item
    dito = ResultadoDeItem(reais(processado), reais(liberado), 1, glosas=(glosa(valor),))
    casa.registrar(numero, de_guia(1, dito))
    assert _totais(casa.finalizar(numero).valores) == (processado, liberado, totais)


def test_codigo_que_a_versao_do_lote_nao_tem_e_recusado(casa: Cobranca) -> None:
    """Um código só de 4.03.00 não serve a um lote de 3.05.00, e serve a um de 4.03.00."""
    resultado = de_guia(1, de_item(1, "10.00", glosa("1.00", "3209")))
    antigo, novo = casa.lote(["10.00"], versao="3.05.00"), casa.lote(["10.00"])
    assert _impedimento(lambda: casa.registrar(antigo, resultado)).chave == (
        "codigo-de-outra-versao"
    )
    assert casa.registrar(novo, resultado).revisao == 1


def test_valor_de_item_que_a_versao_nao_comporta_e_recusado(casa: Cobranca) -> None:
    """Antes de 4.02.00 um item vai até 999999.99; depois, até 99999999.99."""
    resultado = de_guia(1, de_item(1, "1000000.00"))
    antigo, novo = casa.lote(["1.00"], versao="4.01.00"), casa.lote(["1.00"], versao="4.02.00")
    assert _impedimento(lambda: casa.registrar(antigo, resultado)).chave == "valor-grande"
    assert casa.registrar(novo, resultado).revisao == 1


def test_todos_os_defeitos_vem_de_uma_vez(casa: Cobranca) -> None:
    """Quem manda vários resultados errados recebe todos os motivos no mesmo pedido."""
    numero = casa.lote(["10.00"], ["10.00"])
    recusa = _impedimento(
        lambda: casa.registrar(
            numero,
            de_guia(1, de_item(1, "10.00", glosa("1.00", "0000"))),
            de_guia(2, de_item(1, "10.001")),
        )
    )
    assert recusa.chave == "codigo-desconhecido"
    assert {o.chave for o in recusa.outros} == {"valor-invalido"}
    assert {o.lugar.guia for o in recusa.outros} == {2}


@pytest.mark.parametrize(
    ("qual", "itens", "chave"),
    [
        (QualGuia(3), (), "guia-ausente"),
        (QualGuia(None, "nenhuma"), (), "guia-ausente"),
        (QualGuia(None, None, "nenhuma"), (), "guia-ausente"),
        (QualGuia(), (), "guia-ausente"),
        (QualGuia(1), (de_item(9, "1.00"),), "item-ausente"),
        (QualGuia(1), (de_item(1, "1.00"), de_item(1, "1.00")), "item-repetido"),
        (QualGuia(1), (de_item(1, "1.00", grau="01"),), "soma-dos-graus"),
    ],
)
def test_guia_ou_item_que_nao_ha_e_recusado(
    casa: Cobranca, qual: QualGuia, itens: tuple[ResultadoDeItem, ...], chave: str
) -> None:
    """O que o lote não tem, ou vem duas vezes, recusa o pedido."""
    numero = casa.lote(["10.00"])
    recusa = _impedimento(lambda: casa.registrar(numero, ResultadoDeGuia(qual, itens)))
    assert recusa.chave == chave


def test_mesma_guia_duas_vezes_no_pedido_e_recusada(casa: Cobranca) -> None:
    """A mesma guia dita pela posição e pelo número é a mesma guia."""
    numero = casa.lote(["10.00"])
    numero_dela = casa.guias(numero)[0].numero_prestador
    outra = ResultadoDeGuia(QualGuia(numero_prestador=numero_dela))
    assert _impedimento(lambda: casa.registrar(numero, de_guia(1), outra)).chave == (
        "guia-repetida"
    )


def test_guia_achada_por_cada_um_dos_seus_numeros(casa: Cobranca) -> None:
    """A guia acha-se pelo número da operadora ou do prestador, e o item pelo sequencial."""
    numero = casa.lote(["10.00"], ["20.00"])
    da_operadora = casa.guias(numero)[0].numero_operadora
    do_prestador = casa.guias(numero)[1].numero_prestador
    item = ResultadoDeItem(reais("10.00"), reais("9.00"), sequencial=1, glosas=(glosa("1.00"),))
    outro = ResultadoDeItem(reais("20.00"), reais("18.00"), sequencial=1, glosas=(glosa("2.00"),))
    casa.registrar(
        numero,
        ResultadoDeGuia(QualGuia(numero_operadora=da_operadora), (item,)),
        ResultadoDeGuia(QualGuia(numero_prestador=do_prestador), (outro,)),
    )
    casa.finalizar(numero)
    assert [str(g.glosa) for g in casa.guias(numero)] == ["1.00", "2.00"]


def test_protocolo_de_outra_operadora_nao_existe(casa: Cobranca) -> None:
    """Para outra operadora, o protocolo é como se não houvesse."""
    numero = casa.lote(["10.00"])

    def finalizar_de_fora() -> None:
        with casa.banco.escrita() as conn:
            analise.finalizar(conn, casa.operadora + 1, PedidoDeFinalizacao(numero), casa.autor())

    assert _impedimento(finalizar_de_fora).natureza == "ausente"


def test_guia_cancelada_nao_se_analisa_nem_se_soma(casa: Cobranca) -> None:
    """A guia cancelada fica como está; nomeá-la é recusado."""
    numero = casa.lote(["10.00"], ["20.00"])
    with casa.banco.escrita() as conn:
        lote = casa.protocolo(numero).lote_id or 0
        partes_pagas.mudar_guias(conn, casa.protocolo(numero).id, lote, [1], _S.CANCELADO)
    assert _impedimento(lambda: casa.registrar(numero, de_guia(1))).chave == "guia-cancelada"
    casa.finalizar(numero, completar=True)
    assert [_totais(g) for g in casa.guias(numero)] == [
        ("0.00", "0.00", "0.00"),
        ("20.00", "20.00", "0.00"),
    ]
    assert [int(g.status) for g in casa.guias(numero)] == [9, 5]
    assert _totais(casa.protocolo(numero)) == ("20.00", "20.00", "0.00")


def test_valores_ditos_da_guia_que_nao_somam_sao_recusados(casa: Cobranca) -> None:
    """O total que a análise diz da guia tem de ser a soma, e a recusa diz quanto soma."""
    numero = casa.lote(["10.00"])
    casa.registrar(numero, de_guia(1, de_item(1, "10.00"), liberado=reais("9.00")))
    recusa = _impedimento(lambda: casa.finalizar(numero))
    assert recusa.chave == "soma-da-guia"
    assert "liberado 10.00" in recusa.texto


def test_glosas_acima_do_que_ha_sao_recusadas(casa: Cobranca) -> None:
    """Uma glosa de guia ou de protocolo que deixaria o liberado negativo não se finaliza."""
    da_guia, do_protocolo = casa.lote(["10.00"]), casa.lote(["10.00"])
    casa.registrar(da_guia, de_guia(1, de_item(1, "10.00"), glosas=(glosa("10.01"),)))
    casa.registrar(do_protocolo, de_guia(1, de_item(1, "10.00")), glosas=(glosa("10.01"),))
    assert _impedimento(lambda: casa.finalizar(da_guia)).lugar.guia == 1
    assert _impedimento(lambda: casa.finalizar(do_protocolo)).chave == "glosa-acima"


def test_item_repartido_por_graus_de_participacao(casa: Cobranca) -> None:
    """Cada grau da equipe tem os seus valores, e o item é a soma deles."""
    numero = casa.lote(["100.00"], graus="00,01")
    partes = [
        de_item(1, "70.00", glosa("20.00"), grau="00", informado=reais("70.00")),
        de_item(1, "30.00", grau="01", informado=reais("30.00")),
    ]
    casa.registrar(numero, de_guia(1, *partes))
    casa.finalizar(numero)
    assert _totais(casa.itens(numero)[0]) == ("100.00", "80.00", "20.00")
    protocolo = casa.protocolo(numero)
    with casa.banco.leitura() as conn:
        (guia,) = resultados.ler(conn, protocolo.id, protocolo.lote_id or 0)
        (guardada,) = glosas.do_protocolo(conn, protocolo.id)
    assert [(i.grau, str(i.valores.liberado)) for i in guia.itens] == [
        ("00", "50.00"),
        ("01", "30.00"),
    ]
    assert (guardada.guia_posicao, guardada.item_posicao, guardada.grau) == (1, 1, "00")


@pytest.mark.parametrize(
    ("graus", "informado", "chave"),
    [("02", "100.00", "grau-invalido"), ("00", "99.99", "soma-dos-graus")],
)
def test_grau_que_o_item_nao_tem_ou_que_nao_soma_e_recusado(
    casa: Cobranca, graus: str, informado: str, chave: str
) -> None:
    """O grau tem de ser da equipe do item, e os informados dos graus somam o do item."""
    numero = casa.lote(["100.00"], graus="00,01")
    parte = de_item(1, "50.00", grau=graus, informado=reais(informado))
    assert _impedimento(lambda: casa.registrar(numero, de_guia(1, parte))).chave == chave


def test_completar_odontologia_com_valor_unitario(casa: Cobranca) -> None:
    """Na guia odontológica cujo total é quantidade x valor, completar libera esse total."""
    numero = casa.lote(["20.00"], tipo=TipoGuia.ODONTO)
    casa.finalizar(numero, completar=True)
    assert _totais(casa.protocolo(numero)) == ("20.00", "20.00", "0.00")


def test_reabrir_esconde_os_valores_e_guarda_os_resultados(casa: Cobranca) -> None:
    """Reaberto, o protocolo volta a 2 com valores zerados; finalizar de novo dá os mesmos."""
    numero = casa.lote(["10.00"], ["20.00"])
    casa.registrar(numero, de_guia(1, de_item(1, "10.00", glosa("10.00"))))
    antes = casa.finalizar(numero, completar=True)
    reaberta = casa.reabrir(numero, "recebida documentação")
    assert (reaberta.rodada, reaberta.estado, reaberta.status) == (2, "em-curso", _S.EM_ANALISE)
    assert reaberta.revisao > antes.revisao
    assert not casa.protocolo(numero).analise_visivel
    assert [_totais(g) for g in casa.guias(numero)] == [("0.00",) * 3] * 2
    assert [int(g.status) for g in casa.guias(numero)] == [2, 2]
    depois = casa.finalizar(numero)
    assert depois.valores == antes.valores
    assert casa.situacoes(numero) == [1, 2, 5, 2, 5]
    with casa.banco.leitura() as conn:
        historico = protocolos.historico(conn, casa.protocolo(numero).id)
        rodadas = analises.rodadas(conn, casa.protocolo(numero).id)
    assert (historico[3].motivo, historico[3].quem) == ("recebida documentação", "ana")
    assert [r.estado for r in rodadas] == ["reaberta", "finalizada"]


def test_voltar_a_analisar_por_outra_porta_e_reabrir(casa: Cobranca) -> None:
    """O protocolo que outro caminho leva de 5 a 2 esconde os valores e aceita resultados novos."""
    numero = casa.lote(["10.00"])
    casa.registrar(numero, de_guia(1, de_item(1, "10.00", glosa("1.00"))), observacao="obs")
    casa.finalizar(numero)
    casa.andar(numero, _S.EM_ANALISE)
    assert not casa.protocolo(numero).analise_visivel
    assert _totais(casa.protocolo(numero)) == ("0.00",) * 3
    feito = casa.registrar(numero, de_guia(1, de_item(1, "10.00", glosa("2.00"))))
    assert feito.rodada == 2
    assert _totais(casa.finalizar(numero).valores) == ("10.00", "8.00", "2.00")
    with casa.banco.leitura() as conn:
        rodadas = analises.rodadas(conn, casa.protocolo(numero).id)
    assert [(r.estado, r.observacao) for r in rodadas] == [
        ("reaberta", "obs"),
        ("finalizada", "obs"),
    ]


def test_reabrir_precisa_de_motivo_e_da_situacao_certa(casa: Cobranca) -> None:
    """Sem motivo não se reabre; nem o que está em análise, nem o que já se liberou."""
    em_analise, liberado = casa.lote(["10.00"]), casa.liberado(["10.00"])
    assert _impedimento(lambda: casa.reabrir(em_analise)).chave == "situacao"
    assert _impedimento(lambda: casa.reabrir(liberado)).chave == "situacao"
    assert _impedimento(lambda: casa.reabrir(liberado, " ")).chave == "motivo-ausente"


def test_encerrado_nao_se_reabre_se_o_numero_do_lote_ja_e_de_outro(casa: Cobranca) -> None:
    """Reabrir um 4 cujo número de lote foi usado de novo é conflito, e nada muda."""
    numero = casa.lote(["10.00"])
    casa.registrar(numero, de_guia(1, de_item(1, "10.00", glosa("10.00"))))
    casa.finalizar(numero)
    casa.lote(["10.00"])
    with casa.banco.escrita() as conn:
        conn.execute(update(tabelas.lote).where(tabelas.lote.c.vivo).values(numero="1"))
    assert _impedimento(lambda: casa.reabrir(numero)).chave == "numero-ocupado"
    assert casa.situacoes(numero) == [1, 2, 4]


@pytest.mark.parametrize(
    "situacoes", [(_S.AGUARDANDO_INFORMACAO,), (_S.CANCELADO,), (_S.EM_ANALISE, _S.ANALISADO)]
)
def test_so_se_analisa_o_recebido_ou_em_analise(
    casa: Cobranca, situacoes: tuple[StatusProtocolo, ...]
) -> None:
    """Fora de 1 e 2 não se registram resultados nem se finaliza."""
    numero = casa.lote(["10.00"])
    casa.andar(numero, *situacoes)
    assert _impedimento(lambda: casa.registrar(numero, de_guia(1))).chave == "situacao"
    assert _impedimento(lambda: casa.finalizar(numero, completar=True)).chave == "situacao"


def test_resultado_depois_de_finalizar_pede_reabertura(casa: Cobranca) -> None:
    """Finalizada a análise, um resultado novo é conflito até se reabrir."""
    numero = casa.lote(["10.00"])
    casa.finalizar(numero, completar=True)
    recusa = _impedimento(lambda: casa.registrar(numero, de_guia(1, de_item(1, "10.00"))))
    assert (recusa.chave, recusa.natureza) == ("analise-finalizada", "conflito")


def test_analise_finalizada_aparece_na_ordem_das_mudancas(casa: Cobranca) -> None:
    """Registrar e finalizar marcam o protocolo como alterado, para quem segue as mudanças."""

    def alteracao() -> int:
        with casa.banco.leitura() as conn:
            colunas = tabelas.protocolo.c
            consulta = select(colunas.alteracao).where(colunas.numero == numero)
            return int(conn.execute(consulta).scalar_one())

    numero = casa.lote(["10.00"])
    vistas = [alteracao()]
    casa.registrar(numero, de_guia(1, de_item(1, "10.00")))
    vistas.append(alteracao())
    casa.finalizar(numero)
    vistas.append(alteracao())
    assert vistas == sorted(set(vistas))


@pytest.mark.parametrize("texto", ["x" * 501, "a\x00b", "a\x1fb"])
def test_texto_que_nao_cabe_numa_mensagem_e_recusado(casa: Cobranca, texto: str) -> None:
    """Observação grande demais ou com caractere de controle não se grava."""
    numero = casa.lote(["10.00"])
    recusa = _impedimento(lambda: casa.registrar(numero, de_guia(1, observacao=texto)))
    assert recusa.chave == "texto-invalido"
