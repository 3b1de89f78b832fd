"""Os demonstrativos de pagamento e de pagamento odontológico pedidos por web service."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from integration.cobranca import AGORA, de_guia, de_item, glosa, reais
from integration.demonstrativo import Balcao
from integration.recepcao import CODIGO, EU, Q, conferir_erro
from sqlalchemy import update

from dominio import erros
from dominio.analise import Valores
from dominio.lote import TipoGuia
from dominio.pagamento import Desconto, Forma, Indicador, Nivel, TipoLancamento, TipoPagamento
from dominio.versoes import VERSOES
from handlers.demonstrativo import (
    DemonstrativoPagamento,
    PedidoDePagamento,
    Tipo,
    emitir,
    mes,
)
from handlers.pagamento import Alvo
from persistence import demonstrativos, lancamentos, partes_pagas, tabelas
from persistence.partes_pagas import Parte
from prestador.demonstrativos import ODONTO, PAGAMENTO

if TYPE_CHECKING:
    from integration.recepcao import AbrirMesa
    from lxml import etree

    from prestador.demonstrativos import DemonstrativoDePagamento

FIM_DE_MARCO = date(2026, 3, 31)


def _um(balcao: Balcao, periodo: date | str = "202603", **opcoes: Any) -> DemonstrativoDePagamento:
    pagamento = balcao.pagamento(periodo, **opcoes).pagamento
    assert pagamento is not None
    return pagamento


def _textos(raiz: etree._Element, nome: str) -> list[str]:
    return [e.text or "" for e in raiz.iter(Q + nome)]


def _lancar(balcao: Balcao, *descontos: Desconto) -> None:
    with balcao.mesa.banco.escrita() as conn:
        lancamentos.incluir(
            conn,
            balcao.mesa.operadora.id,
            balcao.mesa.prestador.id,
            descontos,
            origem="pessoa",
            quem="ana",
            agora=AGORA,
        )


@pytest.mark.parametrize("versao", VERSOES)
@pytest.mark.parametrize("tipo", [PAGAMENTO, ODONTO])
def test_pagamento_diz_os_valores_em_todas_as_versoes(
    balcao: Balcao, tipo: str, versao: str
) -> None:
    """Médico ou odontológico, por data ou competência, o pagamento soma o que se pagou."""
    de = TipoGuia.ODONTO if tipo == ODONTO else TipoGuia.SADT
    numero = balcao.casa.liberado(["60.00", "10.00"], ["30.00"], tipo=de)
    balcao.casa.pago(numero)
    por_mes = _um(balcao, tipo=tipo, versao=versao)
    assert (por_mes.bruto, por_mes.liquido) == (reais("100.00"), reais("100.00"))
    assert [p.protocolos for p in por_mes.pagamentos] == [((str(numero), reais("100.00")),)]
    assert _um(balcao, FIM_DE_MARCO, tipo=tipo, versao=versao).bruto == reais("100.00")


def test_tipo_da_transacao_segue_o_que_se_pediu(balcao: Balcao) -> None:
    """Também o erro diz, no cabeçalho, que demonstrativo se pediu."""
    ditos = {
        tipo: balcao.resposta_pagamento("202603", tipo=tipo).raiz.findtext(f".//{Q}tipoTransacao")
        for tipo in (PAGAMENTO, ODONTO)
    }
    assert ditos == {PAGAMENTO: "DEMONSTRATIVO_PAGAMENTO", ODONTO: "DEMONSTRATIVO_ODONTOLOGIA"}


def test_data_prevista_acha_o_que_se_pagou_noutro_dia(balcao: Balcao) -> None:
    """Quem pergunta pela data que esperava acha o pagamento, com o dia em que se fez."""
    balcao.casa.pago(balcao.casa.liberado(["60.00"]), data=date(2026, 4, 2))
    [pago] = _um(balcao, FIM_DE_MARCO).pagamentos
    assert pago.data == date(2026, 4, 2)


def test_competencia_e_o_mes_em_que_se_pagou(balcao: Balcao) -> None:
    """O previsto para março e pago em abril é da competência de abril."""
    balcao.casa.pago(balcao.casa.liberado(["60.00"]), data=date(2026, 4, 2))
    conferir_erro(balcao.resposta_pagamento("202603"), erros.DEMONSTRATIVO_VAZIO)
    assert _um(balcao, "202604").bruto == reais("60.00")


@pytest.mark.parametrize("versao", VERSOES)
@pytest.mark.parametrize("periodo", ["202602", "202613", date(2026, 3, 30)], ids=str)
def test_sem_pagamento_no_periodo_responde_5016(
    balcao: Balcao, periodo: date | str, versao: str
) -> None:
    """Sem pagamento feito, ou num mês que não existe, responde-se 5016."""
    balcao.casa.pagar(balcao.casa.liberado(["60.00"]))
    resposta = balcao.resposta_pagamento(periodo, versao=versao)
    conferir_erro(resposta, erros.DEMONSTRATIVO_VAZIO, versao)


def test_previsto_ainda_nao_se_demonstra(balcao: Balcao) -> None:
    """O pagamento previsto só aparece depois de feito."""
    balcao.casa.pagar(balcao.casa.liberado(["60.00"]))
    conferir_erro(balcao.resposta_pagamento(FIM_DE_MARCO), erros.DEMONSTRATIVO_VAZIO)


def test_pagamento_de_outro_prestador_nao_aparece(balcao: Balcao) -> None:
    """Cada prestador só vê o que se pagou a ele."""
    outro = balcao.mesa.outro_prestador("2", cnpj="11444777000161")
    balcao.casa.pago(balcao.casa.liberado(["60.00"], prestador=outro), prestador="2")
    conferir_erro(balcao.resposta_pagamento("202603"), erros.DEMONSTRATIVO_VAZIO)


def test_liquido_e_o_liberado_menos_debitos_mais_creditos(balcao: Balcao) -> None:
    """Campos 31 e 42: os totais das datas e do demonstrativo fecham ao centavo."""
    _lancar(
        balcao,
        Desconto(
            Indicador.DEBITO,
            TipoLancamento.DESCONTO_FINANCEIRO,
            "Tarifa",
            reais("3.10"),
            Nivel.DATA,
        ),
        Desconto(
            Indicador.CREDITO, TipoLancamento.AJUSTE_ANTERIOR, "Acerto", reais("1.00"), Nivel.DATA
        ),
        Desconto(
            Indicador.DEBITO,
            TipoLancamento.DETERMINACAO_JUDICIAL,
            "Ordem",
            reais("20.00"),
            Nivel.DEMONSTRATIVO,
        ),
    )
    balcao.casa.pago(balcao.casa.liberado(["100.00"]))
    d = _um(balcao)
    [data] = d.pagamentos
    assert (data.bruto, data.debitos, data.creditos, data.liquido) == tuple(
        map(reais, ("100.00", "3.10", "1.00", "97.90"))
    )
    assert (d.bruto, d.debitos, d.creditos, d.liquido) == tuple(
        map(reais, ("100.00", "23.10", "1.00", "77.90"))
    )
    raiz = balcao.resposta_pagamento("202603").raiz
    [geral] = raiz.iter(Q + "debitosCreditosDemonstrativo")
    assert geral.findtext(f"{Q}tipoDebitoCredito") == "09"
    assert _textos(raiz, "descricaoDbCr") == ["Tarifa", "Acerto", "Ordem"]


def test_dados_bancarios_e_forma_saem_no_pagamento(balcao: Balcao) -> None:
    """Forma, banco, agência e conta são os do pagamento."""
    balcao.casa.pago(
        balcao.casa.liberado(["60.00"]),
        forma=Forma.DEPOSITO,
        banco="041",
        agencia="12",
        conta="9-1",
    )
    raiz = balcao.resposta_pagamento("202603").raiz
    nomes = ("formaPagamento", "banco", "agencia", "nrContaCheque")
    assert [_textos(raiz, n) for n in nomes] == [["1"], ["041"], ["12"], ["9-1"]]


def test_medico_e_odontologico_do_mesmo_pagamento_repartem_os_debitos(balcao: Balcao) -> None:
    """Um pagamento com os dois tipos reparte os seus débitos, e os líquidos somam o depósito."""
    _lancar(
        balcao,
        Desconto(Indicador.DEBITO, TipoLancamento.IRRF, "Retenção", reais("10.01"), Nivel.DATA),
    )
    medico = balcao.casa.liberado(["70.00"])
    odonto = balcao.casa.liberado(["30.00"], tipo=TipoGuia.ODONTO)
    feito = balcao.casa.pago(medico, odonto)
    dois = [_um(balcao, tipo=tipo) for tipo in (PAGAMENTO, ODONTO)]
    assert [d.bruto for d in dois] == [reais("70.00"), reais("30.00")]
    assert [d.debitos for d in dois] == [reais("7.01"), reais("3.00")]
    assert sum(d.liquido for d in dois) == feito.liquido.liquido


def test_protocolo_pago_em_partes_aparece_em_cada_data(balcao: Balcao) -> None:
    """Guias do mesmo protocolo pagas em dias diferentes saem cada uma na sua data."""
    numero = balcao.casa.liberado(["60.00"], ["40.00"])
    balcao.casa.pago(Alvo(numero, (1,)), data=date(2026, 3, 10))
    balcao.casa.pago(Alvo(numero, (2,)), data=date(2026, 3, 20))
    assert [(p.data.day, p.bruto) for p in _um(balcao).pagamentos] == [
        (10, reais("60.00")),
        (20, reais("40.00")),
    ]


def test_mais_de_cem_guias_pagas_de_um_protocolo_vao_em_dois_grupos(balcao: Balcao) -> None:
    """As 100 guias e o recurso de uma delas são duas relações do mesmo protocolo."""
    numero = balcao.casa.liberado(*[["1.00"]] * 100)
    feito = balcao.casa.pago(numero)
    protocolo = balcao.mesa.protocolo(str(numero))
    recurso = balcao.mesa.protocolo(str(balcao.casa.lote()))
    valores = Valores(reais("5.00"), reais("5.00"), reais("3.00"), reais("2.00"))
    parte = Parte(
        protocolo.id, protocolo.lote_id or 0, 1, valores, TipoPagamento.RECURSO, recurso.id
    )
    with balcao.mesa.banco.escrita() as conn:
        partes_pagas.incluir(conn, feito.pagamento.id, [parte])
    raiz = balcao.resposta_pagamento("202603").raiz
    relacoes = list(raiz.iter(Q + "relacaoProtocolos"))
    assert [len(r.findall(f"{Q}guiasDoLote")) for r in relacoes] == [100, 1]
    assert {r.findtext(f"{Q}numeroProtocolo") for r in relacoes} == {str(numero)}
    assert sorted(_textos(raiz, "tipoPagamento"))[-2:] == ["1", "2"]
    assert sum(Decimal(t) for r in relacoes for t in _textos(r, "valorLiberado")) == reais("103.00")
    assert _um(balcao).bruto == reais("103.00")


def test_estorno_nao_muda_o_emitido_e_desconta_no_seguinte(balcao: Balcao) -> None:
    """O demonstrativo do que se estornou continua o mesmo; o seguinte traz o débito 08."""
    numero, outro = balcao.casa.liberado(["60.00"]), balcao.casa.liberado(["100.00"])
    feito = balcao.casa.pago(numero)
    antes = _um(balcao)
    balcao.casa.estornar(feito)
    assert _um(balcao) == antes
    balcao.casa.pago(outro, data=date(2026, 4, 30))
    seguinte = _um(balcao, "202604")
    assert (seguinte.bruto, seguinte.debitos, seguinte.liquido) == tuple(
        map(reais, ("100.00", "60.00", "40.00"))
    )
    raiz = balcao.resposta_pagamento("202604").raiz
    assert _textos(raiz, "tipoDebitoCredito") == ["08"]


def test_enquanto_nada_muda_o_numero_e_o_mesmo(balcao: Balcao) -> None:
    """Pedido de novo, o número é o mesmo; um pagamento a mais no mês dá outro."""
    balcao.casa.pago(balcao.casa.liberado(["60.00"]))
    primeiro = _um(balcao)
    assert _um(balcao) == primeiro
    balcao.casa.pago(balcao.casa.liberado(["40.00"]), data=date(2026, 3, 15))
    assert _um(balcao).numero != primeiro.numero


# --- odontologia ------------------------------------------------------------------------------


def _odonto_glosado(balcao: Balcao) -> int:
    numero = balcao.casa.lote(
        ["60.00", "40.00"], tipo=TipoGuia.ODONTO, dente="11", face="O", franquia=reais("5.00")
    )
    balcao.casa.registrar(
        numero, de_guia(1, de_item(1, "60.00", glosa("10.00")), glosas=(glosa("2.00", "1706"),))
    )
    balcao.casa.finalizar(numero, completar=True)
    balcao.casa.liberar(numero)
    return numero


@pytest.mark.parametrize("versao", VERSOES)
def test_odontologico_diz_procedimentos_franquia_e_glosas(balcao: Balcao, versao: str) -> None:
    """Cada procedimento tem dente, franquia e glosas; a da guia inteira vai na observação."""
    balcao.casa.pago(_odonto_glosado(balcao))
    raiz = balcao.resposta_pagamento("202603", tipo=ODONTO, versao=versao).raiz
    assert _textos(raiz, "codDente") == ["11", "11"]
    assert _textos(raiz, "valorFranquia") == ["5.00", "5.00"]
    assert _textos(raiz, "valorGlosaEstorno") == ["10.00", "0.00"]
    assert _textos(raiz, "codigosGlosa") == ["1705"]
    assert _textos(raiz, "observacaoGuia") == ["Glosas da guia: 1706 R$ 2,00."]
    assert _textos(raiz, "valorTotalLiberadoGuia") == ["88.00"]
    assert _textos(raiz, "valoFranquiaPorDemonstrativo") == ["10.00"]
    assert _textos(raiz, "codigoPrestador") == [CODIGO]


def test_odontologico_reanalisado_tem_outro_numero_e_diz_o_mesmo_em_toda_forma(
    balcao: Balcao,
) -> None:
    """Depois do estorno e de outra análise, o XML e o valor são os mesmos, com número novo.

    O pago da guia não muda; os procedimentos, que eram os da análise, repartem-no.
    """
    numero = _odonto_glosado(balcao)
    feito = balcao.casa.pago(numero)
    antes = _um(balcao, tipo=ODONTO)
    balcao.casa.estornar(feito)
    balcao.casa.retirar(numero)
    balcao.casa.reabrir(numero)
    balcao.casa.registrar(numero, de_guia(1, de_item(1, "20.00"), de_item(2, "1.00")))
    balcao.casa.finalizar(numero)
    raiz = balcao.resposta_pagamento("202603", tipo=ODONTO).raiz
    [valor] = emitir(
        balcao.mesa.banco,
        balcao.mesa.operadora,
        balcao.mesa.prestador,
        PedidoDePagamento(EU.identificacao, Tipo.ODONTO, *mes("202603")),
        agora=AGORA,
    ).demonstrativos
    assert isinstance(valor, DemonstrativoPagamento)
    [guia] = valor.pagamentos[0].protocolos[0].guias
    assert _textos(raiz, "valorLiberado") == [str(i.valores.liberado) for i in guia.itens]
    assert _textos(raiz, "numeroDemonstrativo") == [valor.cabecalho.numero] != [antes.numero]
    assert _um(balcao, tipo=ODONTO).bruto == antes.bruto
    with balcao.mesa.banco.leitura() as conn:
        velho = demonstrativos.ler(conn, balcao.mesa.operadora.id, int(antes.numero))
        assert velho is not None
        assert b"<ans:codigosGlosa>" in demonstrativos.corpo(conn, velho)


def test_odontologico_estornado_antes_de_se_pedir_soma_o_que_se_pagou(balcao: Balcao) -> None:
    """Pedido só depois do estorno, os procedimentos repartem o que se pagou da guia."""
    numero = _odonto_glosado(balcao)
    feito = balcao.casa.pago(numero)
    balcao.casa.estornar(feito)
    balcao.casa.retirar(numero)
    balcao.casa.reabrir(numero)
    raiz = balcao.resposta_pagamento("202603", tipo=ODONTO).raiz
    liberados = [Decimal(t) for t in _textos(raiz, "valorLiberado")]
    assert sum(liberados) == Decimal(_textos(raiz, "valorTotalLiberadoGuia")[0]) == reais("88.00")


def test_pessoa_fisica_na_odontologia_diz_o_cpf(nova_mesa: AbrirMesa) -> None:
    """Sem CNPJ, a escolha do padrão é o CPF."""
    balcao = Balcao(nova_mesa(prestador={"cnpj": None, "cpf": "52998224725"}))
    balcao.casa.pago(balcao.casa.liberado(["60.00"], tipo=TipoGuia.ODONTO))
    raiz = balcao.resposta_pagamento("202603", tipo=ODONTO).raiz
    assert _textos(raiz, "cpfContratado") == ["52998224725"]


def test_liberado_que_a_odontologia_nao_comporta_em_versao_nenhuma(balcao: Balcao) -> None:
    """Só sete dígitos cabem no liberado de um procedimento, em qualquer versão."""
    balcao.casa.pago(balcao.casa.liberado(["100000.00"], tipo=TipoGuia.ODONTO))
    resposta = balcao.resposta_pagamento("202603", tipo=ODONTO)
    conferir_erro(resposta, erros.NAO_CABE_NA_VERSAO)
    assert "Nenhuma versão" in resposta.texto


def test_cnpj_com_letras_da_operadora_so_cabe_na_versao_nova(balcao: Balcao) -> None:
    """O CNPJ alfanumérico da operadora só se diz desde 4.03.00."""
    balcao.casa.pago(balcao.casa.liberado(["60.00"]))
    with balcao.mesa.banco.escrita() as conn:
        conn.execute(update(tabelas.operadora).values(cnpj="12ABC34501DE35"))
    conferir_erro(
        balcao.resposta_pagamento("202603", versao="4.02.00"), erros.NAO_CABE_NA_VERSAO, "4.02.00"
    )
    assert _um(balcao).bruto == reais("60.00")
