from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from integration.cobranca import HOJE, Cobranca, de_guia, de_item, glosa, reais

from dominio.impedimento import Impedimento
from dominio.pagamento import Desconto, Forma, Indicador, TipoLancamento
from dominio.situacao import StatusProtocolo
from handlers import pagamento
from handlers.pagamento import Alvo, notas
from handlers.pagamento.notas import DadosDaNota
from persistence import lancamentos, pagamentos, politicas_de_cobranca, prestadores
from persistence.politicas_de_cobranca import PoliticaDeCobranca

if TYPE_CHECKING:
    from collections.abc import Callable

    from handlers.pagamento import PagamentoAtual

_S = StatusProtocolo
D, C = Indicador.DEBITO, Indicador.CREDITO


def _impedimento(chamar: Callable[[], object]) -> Impedimento:
    with pytest.raises(Impedimento) as erro:
        chamar()
    return erro.value


def _situacoes(casa: Cobranca, numero: int) -> list[int]:
    return [int(g.status) for g in casa.guias(numero)]


def _liquido(feito: PagamentoAtual) -> tuple[str, ...]:
    return tuple(str(valor) for valor in feito.liquido)


def _lancados(feito: PagamentoAtual) -> list[tuple[str, str, str, str]]:
    return [
        (x.desconto.indicador.value, x.desconto.tipo.value, str(x.desconto.valor), x.origem)
        for x in feito.lancamentos
    ]


def _retencoes(casa: Cobranca, **percentuais: str) -> None:
    with casa.banco.escrita() as conn:
        politicas_de_cobranca.gravar_retencoes(
            conn,
            casa.operadora,
            None,
            {TipoLancamento[nome]: Decimal(valor) for nome, valor in percentuais.items()},
        )


def _politica(casa: Cobranca, **campos: object) -> None:
    with casa.banco.escrita() as conn:
        politicas_de_cobranca.gravar(
            conn,
            casa.operadora,
            PoliticaDeCobranca(**campos),  # type: ignore[arg-type]
        )


def test_liberar_e_retirar_a_liberacao(casa: Cobranca) -> None:
    """Liberar leva 5 a 3 e dá a data prevista; retirar volta a 5; as encerradas ficam em 4."""
    numero = casa.lote(["10.00"], ["20.00"])
    casa.registrar(numero, de_guia(1, de_item(1, "10.00", glosa("10.00"))))
    casa.finalizar(numero, completar=True)
    with casa.banco.escrita() as conn:
        liberado = pagamento.liberar(conn, casa.operadora, numero, casa.autor())
    assert (liberado.data_prevista, str(liberado.liberado)) == (date(2026, 3, 31), "20.00")
    assert _situacoes(casa, numero) == [4, 3]
    casa.retirar(numero)
    assert _situacoes(casa, numero) == [4, 5]
    assert casa.situacoes(numero) == [1, 2, 5, 3, 5]


def test_liberar_de_novo_nada_muda(casa: Cobranca) -> None:
    """Liberar o liberado responde o mesmo, sem outra linha no histórico."""
    numero = casa.liberado(["10.00"])
    casa.liberar(numero)
    assert casa.situacoes(numero) == [1, 2, 5, 3]


def test_sem_analise_finalizada_nao_se_libera(casa: Cobranca) -> None:
    """Um protocolo levado a 5 sem análise não tem o que liberar."""
    numero = casa.lote(["10.00"])
    casa.andar(numero, _S.EM_ANALISE, _S.ANALISADO)
    assert _impedimento(lambda: casa.liberar(numero)).chave == "sem-analise"


def test_liberado_por_outra_porta_sem_analise_nao_se_paga(casa: Cobranca) -> None:
    """Um protocolo levado a 3 sem análise finalizada não tem valores que pagar."""
    numero = casa.lote(["10.00"])
    casa.andar(numero, _S.EM_ANALISE, _S.ANALISADO, _S.LIBERADO)
    assert _impedimento(lambda: casa.pagar(numero)).chave == "sem-analise"


def test_previa_soma_o_que_se_paga(casa: Cobranca) -> None:
    """A prévia traz cada protocolo com os seus quatro valores e o líquido a receber."""
    numero = casa.lote(["60.00"], ["40.00"])
    casa.registrar(numero, de_guia(1, de_item(1, "60.00", glosa("10.00"))))
    casa.finalizar(numero, completar=True)
    casa.liberar(numero)
    previa = casa.pagar(numero, casa.liberado(["5.00"]))
    assert [(p.guias, *map(str, p.valores)) for p in previa.protocolos] == [
        (2, "100.00", "100.00", "90.00", "10.00"),
        (1, "5.00", "5.00", "5.00", "0.00"),
    ]
    assert _liquido(previa) == ("95.00", "0.00", "0.00", "95.00")
    assert previa.pagamento.estado == "previsto"


def test_confirmar_paga_guias_e_protocolo(casa: Cobranca) -> None:
    """Confirmado o pagamento de todas as guias, elas e o protocolo passam a 6."""
    numero = casa.liberado(["60.00"], ["40.00"])
    feito = casa.pago(numero, data=date(2026, 4, 1))
    assert (feito.pagamento.estado, feito.pagamento.data) == ("confirmado", date(2026, 4, 1))
    assert _situacoes(casa, numero) == [6, 6]
    assert casa.situacoes(numero) == [1, 2, 5, 3, 6]


def test_pagar_por_guia_so_leva_o_protocolo_a_6_na_ultima(casa: Cobranca) -> None:
    """Com uma guia paga o protocolo fica em 3; passa a 6 quando a última se paga."""
    numero = casa.liberado(["60.00"], ["40.00"])
    casa.pago(Alvo(numero, (2,)))
    assert (_situacoes(casa, numero), int(casa.protocolo(numero).status)) == ([3, 6], 3)
    casa.pago(numero)
    assert (_situacoes(casa, numero), int(casa.protocolo(numero).status)) == ([6, 6], 6)


def test_pagar_guia_a_guia_soma_o_mesmo_que_o_lote(casa: Cobranca) -> None:
    """Uma glosa do protocolo reparte-se pelas guias, e pagar uma a uma soma o liberado dele."""
    numero = casa.lote(["10.00"], ["10.00"], ["10.00"], ["5.00"])
    casa.registrar(
        numero,
        de_guia(4, de_item(1, "5.00", glosa("5.00"))),
        glosas=(glosa("0.50"), glosa("0.51", "1714")),
    )
    casa.finalizar(numero, completar=True)
    casa.liberar(numero)
    partes = [casa.pago(Alvo(numero, (n,))).brutos for n in (3, 1, 2)]
    assert [str(p.liberado) for p in partes] == ["9.67", "9.66", "9.66"]
    assert sum(p.liberado for p in partes) == casa.protocolo(numero).liberado
    assert sum(p.glosa for p in partes) == casa.protocolo(numero).glosa - reais("5.00")
    assert casa.protocolo(numero).status is _S.PAGO


def test_guia_num_pagamento_nao_entra_noutro(casa: Cobranca) -> None:
    """A guia presa num pagamento previsto não vai a outro, até aquele se cancelar."""
    numero = casa.liberado(["60.00"], ["40.00"])
    primeiro = casa.pagar(Alvo(numero, (1,)))
    recusa = _impedimento(lambda: casa.pagar(numero))
    assert (recusa.chave, recusa.lugar) == ("guia-ja-paga", (numero, 1, None))
    casa.cancelar(primeiro)
    assert str(casa.pagar(numero).brutos.liberado) == "100.00"


def test_guia_paga_nao_se_paga_de_novo(casa: Cobranca) -> None:
    """Pedir outra vez o que já se pagou é conflito."""
    numero = casa.liberado(["60.00"])
    casa.pago(numero)
    assert _impedimento(lambda: casa.pagar(numero)).chave == "nao-liberado"


def test_criar_repetido_com_a_chave_da_o_mesmo_pagamento(casa: Cobranca) -> None:
    """A chave repetida devolve o pagamento que criou; com outro conteúdo, é conflito."""
    numero = casa.liberado(["60.00"])
    primeiro = casa.pagar(numero, chave="c")
    repetido = casa.pagar(numero, chave="c")
    assert (repetido.pagamento.id, repetido.repetido) == (primeiro.pagamento.id, True)
    outro = _impedimento(lambda: casa.pagar(numero, chave="c", forma=Forma.CARTEIRA))
    assert outro.chave == "chave-reusada"


def test_confirmar_repetido_nada_muda(casa: Cobranca) -> None:
    """Confirmar outra vez com a mesma data responde o mesmo; com outra, é conflito."""
    numero = casa.liberado(["60.00"])
    feito = casa.pago(numero)
    assert casa.confirmar(feito) == feito._replace(repetido=True)
    outra = _impedimento(lambda: casa.confirmar(feito, data=date(2026, 5, 1)))
    assert outra.chave == "estado-do-pagamento"
    assert casa.situacoes(numero) == [1, 2, 5, 3, 6]


def test_so_se_paga_o_que_se_pode(casa: Cobranca) -> None:
    """Homologação, outro prestador, não liberado, guia que não há e pedido vazio são recusados."""
    with casa.banco.escrita() as conn:
        outro = prestadores.adicionar(
            conn, casa.operadora, codigo="2", nome="Outro", cpf="52998224725"
        )
    numero = casa.liberado(["10.00"], ["20.00"])
    analisado = casa.lote(["10.00"])
    casa.finalizar(analisado, completar=True)
    casos = {
        "homologacao": casa.liberado(["10.00"], homologacao=True),
        "de-outro-prestador": casa.liberado(["10.00"], prestador=outro),
        "nao-liberado": analisado,
        "guia-ausente": Alvo(numero, (3,)),
        "protocolo-ausente": 999,
        "nada-a-pagar": Alvo(numero, ()),
    }
    for chave, alvo in casos.items():
        assert _impedimento(lambda alvo=alvo: casa.pagar(alvo)).chave == chave  # type: ignore[misc]
    assert _impedimento(lambda: casa.pagar(numero, prestador="x")).chave == "prestador-ausente"
    assert _impedimento(lambda: casa.pagar(numero, banco="00001")).chave == "dados-bancarios"


def test_pagamento_de_outra_operadora_nao_existe(casa: Cobranca) -> None:
    """O pagamento de uma operadora não se lê nem se confirma por outra."""
    feito = casa.pagar(casa.liberado(["10.00"]))
    with casa.banco.escrita() as conn:
        chave = feito.pagamento.id
        fora = casa.operadora + 1
        assert _impedimento(lambda: pagamento.ler(conn, fora, chave)).natureza == "ausente"
        tentar = lambda: pagamento.confirmar(conn, fora, chave, casa.autor(), data=HOJE)  # noqa: E731
        assert _impedimento(tentar).natureza == "ausente"


def test_bloqueado_depois_da_previa_nao_se_confirma(casa: Cobranca) -> None:
    """Um protocolo que saiu de 3 entre a prévia e a confirmação não se paga."""
    numero = casa.liberado(["10.00"])
    previsto = casa.pagar(numero)
    casa.andar(numero, _S.BLOQUEIO_JUDICIAL)
    assert _impedimento(lambda: casa.confirmar(previsto)).chave == "nao-liberado"


def test_com_pagamento_previsto_nao_se_retira_a_liberacao(casa: Cobranca) -> None:
    """Enquanto um pagamento prende o protocolo, ele não volta a 5."""
    numero = casa.liberado(["10.00"])
    previsto = casa.pagar(numero)
    assert _impedimento(lambda: casa.retirar(numero)).chave == "com-pagamento-previsto"
    casa.cancelar(previsto)
    casa.retirar(numero)
    assert int(casa.protocolo(numero).status) == 5


def test_debitos_creditos_retencoes_e_tarifa(casa: Cobranca) -> None:
    """Ao líquido chegam os tributos, a tarifa do banco e o que a operadora lança."""
    _retencoes(casa, IRRF="1.2", ISS="0")
    _politica(casa, tarifa_bancaria=reais("3.50"), bancos_sem_tarifa=("041", "748"))
    descontos = (
        Desconto(C, TipoLancamento.AJUSTE_ANTERIOR, "Acerto", reais("10.00")),
        Desconto(D, TipoLancamento.DETERMINACAO_JUDICIAL, "Ofício", reais("1.00")),
    )
    previa = casa.pagar(
        casa.liberado(["181.24"]),
        forma=Forma.DEPOSITO,
        banco="001",
        agencia="1234",
        conta="5-6",
        descontos=descontos,
    )
    feito = casa.confirmar(previa)
    esperado = [
        ("2", "08", "10.00", "pessoa"),
        ("1", "09", "1.00", "pessoa"),
        ("1", "01", "2.17", "retencao"),
        ("1", "07", "3.50", "tarifa"),
    ]
    assert _lancados(previa) == _lancados(feito) == esperado
    assert _liquido(previa) == _liquido(feito) == ("181.24", "6.67", "10.00", "184.57")


@pytest.mark.parametrize(("forma", "numero"), [(Forma.DEPOSITO, "041"), (Forma.BOLETO, "001")])
def test_banco_conveniado_e_outras_formas_nao_pagam_tarifa(
    casa: Cobranca, forma: Forma, numero: str
) -> None:
    """A tarifa é só do depósito fora dos bancos da operadora."""
    _politica(casa, tarifa_bancaria=reais("3.50"), bancos_sem_tarifa=("041", "748"))
    assert _lancados(casa.pagar(casa.liberado(["9.00"]), forma=forma, banco=numero)) == []


def test_retencao_do_prestador_vale_em_lugar_da_da_operadora(casa: Cobranca) -> None:
    """O percentual do prestador, ainda que zero, toma o lugar do da operadora."""
    _retencoes(casa, IRRF="1.5", ISS="2")
    with casa.banco.escrita() as conn:
        politicas_de_cobranca.gravar_retencoes(
            conn,
            casa.operadora,
            casa.cadastro.prestador.id,
            {TipoLancamento.IRRF: Decimal(0), TipoLancamento.ISS: Decimal(5)},
        )
    assert _lancados(casa.pagar(casa.liberado(["100.00"]))) == [("1", "02", "5.00", "retencao")]


@pytest.mark.parametrize(
    ("valor", "descricao"),
    [("0.00", "x"), ("-1.00", "x"), ("1.001", "x"), ("1.00", "x" * 41), ("1.00", " ")],
)
def test_lancamento_que_nao_cabe_no_demonstrativo_e_recusado(
    casa: Cobranca, valor: str, descricao: str
) -> None:
    """Débito ou crédito tem valor positivo, ao centavo, e descrição de 1 a 40 caracteres."""
    ruim = Desconto(D, TipoLancamento.ISS, descricao, reais(valor))
    numero = casa.liberado(["10.00"])
    assert _impedimento(lambda: casa.pagar(numero, descontos=(ruim,))).chave == (
        "lancamento-invalido"
    )


def test_debitos_acima_do_pago_nao_se_confirmam(casa: Cobranca) -> None:
    """Um pagamento de líquido negativo fica por confirmar."""
    debito = Desconto(D, TipoLancamento.DESCONTO_FINANCEIRO, "Adiantamento", reais("10.01"))
    previsto = casa.pagar(casa.liberado(["10.00"]), descontos=(debito,))
    assert str(previsto.liquido.liquido) == "-0.01"
    assert _impedimento(lambda: casa.confirmar(previsto)).chave == "liquido-negativo"


def test_estorno_volta_a_3_e_vira_debito_08_no_proximo(casa: Cobranca) -> None:
    """O estornado pode pagar-se outra vez, e o próximo pagamento desconta o que se pagou."""
    _retencoes(casa, IRRF="1.5")
    numero = casa.liberado(["100.00"])
    pago = casa.pago(numero)
    estornado = casa.estornar(pago)
    assert (estornado.pagamento.estado, _liquido(estornado)) == ("estornado", _liquido(pago))
    assert casa.situacoes(numero) == [1, 2, 5, 3, 6, 3]
    assert _situacoes(casa, numero) == [3]
    proximo = casa.pago(numero, casa.liberado(["50.00"]))
    assert _lancados(proximo) == [
        ("1", "08", "100.00", "estorno"),
        ("2", "08", "1.50", "estorno"),
        ("1", "01", "2.25", "retencao"),
    ]
    assert str(proximo.liquido.liquido) == "49.25"
    recebido = pago.liquido.liquido + proximo.liquido.liquido
    assert recebido == reais("150.00") - reais("2.25") == reais("147.75")


def test_estorno_que_nao_cabe_no_proximo_continua_a_espera(casa: Cobranca) -> None:
    """O débito 08 desconta-se até onde o pagamento dá; o resto fica para o seguinte."""
    pago = casa.pago(casa.liberado(["100.00"]))
    casa.estornar(pago)
    segundo = casa.pago(casa.liberado(["30.00"]))
    terceiro = casa.pago(casa.liberado(["90.00"]))
    assert _lancados(segundo) == [("1", "08", "30.00", "estorno")]
    assert _lancados(terceiro) == [("1", "08", "70.00", "estorno")]
    assert str(terceiro.liquido.liquido) == "20.00"
    with casa.banco.leitura() as conn:
        assert lancamentos.pendentes(conn, casa.operadora, casa.cadastro.prestador.id) == ()


def test_estorno_de_uma_guia_deixa_as_outras_pagas(casa: Cobranca) -> None:
    """Estornada uma guia, só ela volta a 3, e o protocolo com ela; o resto segue pago."""
    numero = casa.liberado(["60.00"], ["40.00"])
    pago = casa.pago(numero)
    parcial = casa.estornar(pago, Alvo(numero, (2,)))
    assert parcial.pagamento.estado == "confirmado"
    assert (_situacoes(casa, numero), int(casa.protocolo(numero).status)) == ([6, 3], 3)
    assert str(casa.pagar(numero).brutos.liberado) == "40.00"
    fim = casa.estornar(parcial)
    assert fim.pagamento.estado == "estornado"


def test_estorno_do_que_nao_se_pagou_e_recusado(casa: Cobranca) -> None:
    """Não se estorna um previsto, uma guia de fora, a já estornada, nem sem motivo."""
    numero = casa.liberado(["60.00"], ["40.00"])
    previsto = casa.pagar(Alvo(numero, (1,)))
    assert _impedimento(lambda: casa.estornar(previsto)).chave == "estado-do-pagamento"
    pago = casa.confirmar(previsto)
    assert _impedimento(lambda: casa.estornar(pago, Alvo(numero, (2,)))).chave == "guia-ausente"
    assert _impedimento(lambda: casa.estornar(pago, Alvo(1))).chave == "guia-ausente"
    casa.estornar(pago)
    assert _impedimento(lambda: casa.estornar(pago)).chave == "estado-do-pagamento"


def test_pago_reanalisado_depois_de_estorno(casa: Cobranca) -> None:
    """Só depois de estornado e retirado se reabre um lote pago, e o novo valor é o que se paga."""
    numero = casa.liberado(["60.00"])
    pago = casa.pago(numero)
    assert _impedimento(lambda: casa.reabrir(numero)).chave == "situacao"
    casa.estornar(pago)
    casa.retirar(numero)
    casa.reabrir(numero)
    casa.registrar(numero, de_guia(1, de_item(1, "60.00", glosa("20.00"))))
    casa.finalizar(numero)
    casa.liberar(numero)
    assert str(casa.pago(numero).brutos.liberado) == "40.00"
    assert casa.situacoes(numero) == [1, 2, 5, 3, 6, 3, 5, 2, 5, 3, 6]


def test_pagamentos_acham_se_pela_data_feita_e_pela_prevista(casa: Cobranca) -> None:
    """O demonstrativo acha o pagamento pelo dia, pelo dia previsto ou pela competência."""
    feito = casa.pago(casa.liberado(["60.00"]), data=date(2026, 4, 2))
    quem = casa.cadastro.prestador.id
    with casa.banco.leitura() as conn:

        def no_dia(dia: date) -> list[int]:
            return [p.id for p in pagamentos.da_data(conn, casa.operadora, quem, dia)]

        assert no_dia(date(2026, 4, 2)) == no_dia(date(2026, 3, 31)) == [feito.pagamento.id]
        assert no_dia(date(2026, 4, 1)) == []
        abril = (date(2026, 4, 1), date(2026, 4, 30))
        assert pagamentos.do_periodo(conn, casa.operadora, quem, *abril) == (feito.pagamento,)
        assert pagamentos.do_periodo(conn, casa.operadora + 1, quem, *abril) == ()


def test_previsao_soma_o_liberado_por_data(casa: Cobranca) -> None:
    """Prevê-se o liberado ainda não pago: na data do pagamento previsto, ou no fim do mês."""
    numero = casa.liberado(["60.00"], ["40.00"], ["5.00"])
    casa.liberado(["10.00"], homologacao=True)
    analisado = casa.lote(["7.00"])
    casa.finalizar(analisado, completar=True)
    casa.pago(Alvo(numero, (3,)))
    previsto = casa.pagar(Alvo(numero, (2,)), data_prevista=date(2026, 3, 20))
    with casa.banco.leitura() as conn:
        linhas = pagamento.prever(conn, casa.operadora, HOJE)
    assert [(p.data, p.protocolo, str(p.liberado), p.pagamento_id) for p in linhas] == [
        (date(2026, 3, 20), numero, "40.00", previsto.pagamento.id),
        (date(2026, 3, 31), numero, "60.00", None),
    ]


def _nota(valor: str = "60.00", **campos: str) -> DadosDaNota:
    return DadosDaNota(**{"numero": "123", "serie": "1"} | campos, valor=reais(valor), emissao=HOJE)


def test_nota_fiscal_aceita_deixa_confirmar(casa: Cobranca) -> None:
    """De pessoa jurídica espera-se a nota: sem ela aceita não se confirma o pagamento."""
    _politica(casa, exige_nota="pessoa-juridica")
    previsto = casa.pagar(casa.liberado(["60.00"]))
    assert previsto.nota == "aguardando"
    assert _impedimento(lambda: casa.confirmar(previsto)).chave == "nota-pendente"
    with casa.banco.escrita() as conn:
        nota = notas.incluir(conn, casa.operadora, previsto.pagamento.id, _nota(), casa.autor())
        notas.enviar(conn, casa.operadora, nota.id, casa.autor())
        assert pagamento.ler(conn, casa.operadora, previsto.pagamento.id).nota == "em-analise"
        notas.decidir(conn, casa.operadora, nota.id, casa.autor(), aceitar=True)
    assert casa.confirmar(previsto).nota == "aceita"


def test_nota_recusada_pode_ser_trocada(casa: Cobranca) -> None:
    """Recusada com motivo, dá lugar a outra; antes disso só cabe uma por pagamento."""
    previsto = casa.pagar(casa.liberado(["60.00"]))
    chave = previsto.pagamento.id
    with casa.banco.escrita() as conn:
        nota = notas.incluir(conn, casa.operadora, chave, _nota(), casa.autor())
        repetir = lambda: notas.incluir(conn, casa.operadora, chave, _nota(), casa.autor())  # noqa: E731
        assert _impedimento(repetir).chave == "nota-existente"
        notas.enviar(conn, casa.operadora, nota.id, casa.autor())
        sem_motivo = lambda: notas.decidir(  # noqa: E731
            conn, casa.operadora, nota.id, casa.autor(), aceitar=False
        )
        assert _impedimento(sem_motivo).chave == "motivo-ausente"
        recusada = notas.decidir(
            conn, casa.operadora, nota.id, casa.autor(), aceitar=False, motivo="ilegível"
        )
        assert (recusada.estado, recusada.motivo) == ("recusada", "ilegível")
        assert notas.incluir(conn, casa.operadora, chave, _nota(), casa.autor()).id != nota.id


def test_nota_enviada_nao_se_edita_nem_exclui(casa: Cobranca) -> None:
    """O rascunho edita-se e exclui-se; depois de enviado, não."""
    previsto = casa.pagar(casa.liberado(["60.00"]))
    with casa.banco.escrita() as conn:
        casa_e_nota = (conn, casa.operadora)
        nota = notas.incluir(*casa_e_nota, previsto.pagamento.id, _nota(), casa.autor())
        assert notas.editar(*casa_e_nota, nota.id, _nota(numero="124")).numero == "124"
        notas.excluir(*casa_e_nota, nota.id)
        nota = notas.incluir(*casa_e_nota, previsto.pagamento.id, _nota(), casa.autor())
        notas.enviar(*casa_e_nota, nota.id, casa.autor())
        for tentar in (
            lambda: notas.editar(*casa_e_nota, nota.id, _nota()),
            lambda: notas.excluir(*casa_e_nota, nota.id),
            lambda: notas.enviar(*casa_e_nota, nota.id, casa.autor()),
        ):
            assert _impedimento(tentar).chave == "estado-da-nota"


@pytest.mark.parametrize(
    ("dados", "chave"),
    [
        (_nota("59.99"), "valor-da-nota"),
        (_nota(numero=""), "dados-da-nota"),
        (_nota(serie="123456"), "dados-da-nota"),
    ],
)
def test_nota_que_nao_e_do_pagamento_e_recusada(
    casa: Cobranca, dados: DadosDaNota, chave: str
) -> None:
    """O valor da nota é o bruto do pagamento; número e série não faltam."""
    previsto = casa.pagar(casa.liberado(["60.00"]))
    with casa.banco.escrita() as conn:
        tentar = lambda: notas.incluir(  # noqa: E731
            conn, casa.operadora, previsto.pagamento.id, dados, casa.autor()
        )
        assert _impedimento(tentar).chave == chave
