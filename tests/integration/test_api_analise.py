"""A análise e o pagamento pela API: a vida de um lote, e cada pedido que não se faz."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from integration.cobranca_na_api import Contas, guia, item

from dominio.analise import Politica
from dominio.lote import TipoGuia
from dominio.pagamento import TipoLancamento
from persistence import politicas_de_cobranca
from persistence.politicas_de_cobranca import PoliticaDeCobranca

if TYPE_CHECKING:
    from integration.api import Api
    from integration.recepcao import Mesa

    from persistence.operadoras import Operadora


@pytest.fixture
def contas(api: Api) -> Contas:
    """Quem analisa e paga."""
    return Contas(api)


def _informado(contas: Contas, numero: str, qual: int = 1) -> str:
    return str(contas.protocolo(numero)["guias"][qual - 1]["itens"][0]["valores"]["informado"])


def _com_politica(mesa: Mesa, **politica: Any) -> None:
    with mesa.banco.escrita() as conn:
        politicas_de_cobranca.gravar(conn, mesa.operadora.id, PoliticaDeCobranca(**politica))


def _reter(mesa: Mesa, **percentuais: Decimal) -> None:
    with mesa.banco.escrita() as conn:
        politicas_de_cobranca.gravar_retencoes(
            conn,
            mesa.operadora.id,
            None,
            {TipoLancamento[nome]: valor for nome, valor in percentuais.items()},
        )


def test_vida_de_um_lote_da_recepcao_ao_pagamento(contas: Contas) -> None:
    """O lote entra por SOAP, analisa-se e paga-se pela API, e a consulta SOAP vê cada passo."""
    numero = contas.lote(guias=2)
    assert contas.visto_pelo_prestador(numero).status == 1
    valor = _informado(contas, numero)
    parte = contas.registrar(numero, guia(1, item(1, valor, ("1705", "1.00")))).dados
    assert (parte["estado"], parte["situacao"]["codigo"]) == ("em-curso", 2)
    assert contas.visto_pelo_prestador(numero).status == 2
    final = contas.finalizar(numero, completar=True).dados
    visto = contas.visto_pelo_prestador(numero)
    assert (visto.status, str(visto.valores.glosa)) == (5, "1.00")
    assert str(visto.valores.liberado) == final["valores"]["liberado"]
    assert contas.liberar(numero).dados["valorLiberado"] == final["valores"]["liberado"]
    assert contas.visto_pelo_prestador(numero).status == 3
    pagamento = contas.pagar(numero).dados
    assert pagamento["totais"]["liquido"] == final["valores"]["liberado"]
    assert contas.confirmar(pagamento["id"]).dados["estado"] == "confirmado"
    assert contas.visto_pelo_prestador(numero).status == 6
    assert contas.estornar(pagamento["id"]).dados["estado"] == "estornado"
    assert contas.visto_pelo_prestador(numero).status == 3
    historico = contas.protocolo(numero)["historico"]
    assert [p["para"]["codigo"] for p in historico] == [1, 2, 5, 3, 6, 3]
    assert all(p["quem"].startswith("token ") for p in historico[1:])
    assert historico[-1]["motivo"] == "conta errada"


def test_ate_finalizar_o_prestador_nao_ve_resultados(contas: Contas) -> None:
    """Com a análise em curso, processado, glosa e liberado são zero na consulta SOAP."""
    numero = contas.lote()
    valor = _informado(contas, numero)
    assert contas.registrar(numero, guia(1, item(1, valor, ("1705", "2.50")))).status == 200
    visto = contas.visto_pelo_prestador(numero).valores
    assert (visto.processado, visto.glosa, visto.liberado) == (0, 0, 0)
    na_api = contas.api.pegar(f"/protocolos/{numero}/analise").dados
    [analisado] = na_api["guias"][0]["itens"]
    assert analisado["valores"]["glosado"] == "2.50"
    assert analisado["glosas"] == [
        {"codigo": "1705", "valor": "2.50", "texto": "acima do contratado"}
    ]


def test_resultados_vem_em_partes_e_a_guia_repetida_toma_o_lugar(contas: Contas) -> None:
    """Cada pedido traz as guias que traz; a que volta é trocada inteira."""
    numero = contas.lote(guias=2)
    um, dois = _informado(contas, numero), _informado(contas, numero, 2)
    contas.registrar(numero, guia(1, item(1, um, ("1705", "9.00"))))
    contas.registrar(numero, guia(2, item(1, dois)))
    contas.registrar(numero, guia(1, item(1, um, ("1705", "3.00"))))
    assert contas.finalizar(numero).dados["valores"]["glosado"] == "3.00"


def test_mesma_chave_nao_grava_de_novo_e_com_outro_conteudo_e_conflito(contas: Contas) -> None:
    """Repetido com a sua chave o pedido responde o mesmo; outro conteúdo com ela é 409."""
    numero = contas.lote()
    valor = _informado(contas, numero)
    feitos = [contas.registrar(numero, guia(1, item(1, valor)), chave="k").dados for _ in "ab"]
    assert [f["repetido"] for f in feitos] == [False, True]
    assert len({f["revisao"] for f in feitos}) == 1
    outro = contas.registrar(numero, guia(1, item(1, valor, ("1705", "1.00"))), chave="k")
    assert outro.problema(409)["motivo"] == "chave-reusada"


def test_etag_de_leitura_antiga_e_412(contas: Contas) -> None:
    """Quem leu antes de outro mudar não grava nem finaliza por cima."""
    numero = contas.lote()
    valor = _informado(contas, numero)
    lido = contas.registrar(numero, guia(1, item(1, valor))).cabecalhos["etag"]
    assert contas.registrar(numero, guia(1, item(1, valor)), visto=lido).status == 200
    assert contas.registrar(numero, visto=lido).problema(412)["motivo"] == "revisao-antiga"
    contas.finalizar(numero, visto=lido).problema(412)
    contas.finalizar(numero, visto="lixo").problema(412)
    atual = contas.api.pegar(f"/protocolos/{numero}/analise").cabecalhos["etag"]
    assert contas.finalizar(numero, visto=atual).status == 200


@pytest.mark.parametrize(
    "passo", ["analise/finalizacao", "analise/reabertura", "liberacao", "liberacao/retirada"]
)
def test_sem_if_match_nao_se_decide(contas: Contas, passo: str) -> None:
    """Os passos que mudam a situação exigem que se diga o que se leu."""
    numero = contas.lote()
    corpo = {"motivo": "x"} if passo.endswith(("reabertura", "retirada")) else {}
    contas.api.enviar("POST", f"/protocolos/{numero}/{passo}", corpo).problema(428)


def test_liberar_sobre_protocolo_que_mudou_e_412(contas: Contas) -> None:
    """A liberação confere o ETag do protocolo inteiro."""
    numero = contas.lote()
    antes = contas.api.pegar(f"/protocolos/{numero}").cabecalhos["etag"]
    contas.finalizar(numero, completar=True)
    contas.liberar(numero, visto=antes).problema(412)
    agora = contas.api.pegar(f"/protocolos/{numero}").cabecalhos["etag"]
    assert contas.liberar(numero, visto=agora).status == 200


def test_desfaz_se_uma_guia_sobre_a_revisao_lida(contas: Contas) -> None:
    """Sem `If-Match`, ou com o de antes, nada se tira; com o de agora sai só a guia dita."""
    numero = contas.lote(guias=2)
    feitas = [guia(n, item(1, _informado(contas, numero, n))) for n in (1, 2)]
    lido = contas.registrar(numero, *feitas).cabecalhos["etag"]
    caminho = f"/protocolos/{numero}/analise/descarte"
    assert contas.api.enviar("POST", caminho, {"guia": 1}).status == 428
    feito = contas.api.enviar("POST", caminho, {"guia": 1}, visto=lido)
    assert (feito.status, feito.dados["estado"]) == (200, "em-curso")
    assert contas.api.enviar("POST", caminho, {}, visto=lido).status == 412
    ficou = contas.api.pegar(f"/protocolos/{numero}/analise").dados["guias"]
    assert [g["guia"] for g in ficou] == [2]


def test_passo_fora_do_ciclo_e_409_com_as_situacoes_permitidas(contas: Contas) -> None:
    """Quem pede o que a situação não permite recebe as que ela permite."""
    numero = contas.lote()
    recusa = contas.liberar(numero).problema(409)
    assert recusa["motivo"] == "situacao"
    assert [p["codigo"] for p in recusa["permitidas"]] == [2, 8, 9]
    assert contas.reabrir(numero).problema(409)["motivo"] == "situacao"


def test_reaberta_a_analise_esconde_e_corrige(contas: Contas) -> None:
    """Reabrir volta a 2 e esconde os valores; corrigidos e finalizados, mostram-se os novos."""
    numero = contas.lote()
    valor = _informado(contas, numero)
    contas.registrar(numero, guia(1, item(1, valor, ("1705", "5.00"))))
    contas.finalizar(numero)
    assert contas.reabrir(numero).dados["rodada"] == 2
    assert contas.visto_pelo_prestador(numero).valores.glosa == 0
    contas.registrar(numero, guia(1, item(1, valor, ("1705", "4.00"))))
    contas.finalizar(numero)
    assert str(contas.visto_pelo_prestador(numero).valores.glosa) == "4.00"


def test_analise_automatica_deixa_para_uma_pessoa_o_que_nao_tem_preco(contas: Contas) -> None:
    """Sem tabela de preços, a guia fica por decidir, e a resposta diz qual."""
    numero = contas.lote()
    feita = contas.api.enviar("POST", f"/protocolos/{numero}/analise/automatica", {}).dados
    assert feita["guiasComResultado"] == 0
    [apontado] = feita["apontamentos"]
    assert (apontado["guia"], apontado["regra"], apontado["acao"]) == (1, "sem-preco", "pessoa")


@pytest.mark.parametrize(
    ("resultado", "motivo"),
    [
        (item(1, "10.00", ("9999", "1.00")), "codigo-desconhecido"),
        (item(1, "10.00", ("3291", "1.00")), "codigo-de-outra-versao"),
        (item(1, "-10.00"), "valor-negativo"),
        (item(1, "999999999.00"), "valor-grande"),
        (item(1, "10.001"), "valor-invalido"),
        (item(1, "10.00") | {"valorLiberado": "11.00"}, "liberado-acima"),
        (item(1, "10.00") | {"valorLiberado": "9.00"}, "equacao-de-valores"),
        (item(1, "10.00", ("1705", "1.00")) | {"valorGlosa": "2.00"}, "soma-das-glosas"),
        (item(1, "10.00") | {"grauParticipacao": "99"}, "soma-dos-graus"),
    ],
    ids=lambda v: v if isinstance(v, str) else "",
)
def test_resultado_ruim_e_422_com_o_lugar(
    contas: Contas, resultado: dict[str, Any], motivo: str
) -> None:
    """O que está errado vem com a guia e o item em que está, e nada se grava."""
    numero = contas.lote(versao="4.01.00")
    problema = contas.registrar(numero, guia(1, resultado)).problema(422)
    assert problema["motivo"] == motivo
    assert {(e["guia"], e["item"], e["motivo"]) for e in problema["erros"]} == {(1, 1, motivo)}
    contas.api.pegar(f"/protocolos/{numero}/analise").problema(404)


def test_todos_os_defeitos_vem_de_uma_vez(contas: Contas) -> None:
    """Um pedido com dois itens errados diz os dois lugares."""
    numero = contas.lote(guias=2)
    ruim = [guia(n, item(1, "10.00", ("9999", "1.00"))) for n in (1, 2)]
    erros = contas.registrar(numero, *ruim).problema(422)["erros"]
    assert [e["guia"] for e in erros] == [1, 2]


@pytest.mark.parametrize(
    ("dita", "motivo"),
    [
        (guia(9, item(1, "1.00")), "guia-ausente"),
        (guia(1, item(9, "1.00")), "item-ausente"),
        ({"numeroGuiaPrestador": "nenhuma"}, "guia-ausente"),
    ],
)
def test_guia_ou_item_que_nao_ha_e_404(contas: Contas, dita: dict[str, Any], motivo: str) -> None:
    """O resultado de uma guia ou item que o lote não tem não se grava."""
    numero = contas.lote()
    assert contas.registrar(numero, dita).problema(404)["motivo"] == motivo


def test_politica_que_permite_liberado_acima_do_processado(contas: Contas, mesa: Mesa) -> None:
    """Com a política livre, o mesmo resultado que a padrão recusa se grava."""
    numero = contas.lote()
    acima = guia(1, item(1, "10.00") | {"valorLiberado": "11.00"})
    contas.registrar(numero, acima).problema(422)
    _com_politica(mesa, valores=Politica.LIVRE)
    assert contas.registrar(numero, acima).status == 200


@pytest.mark.parametrize(
    ("corpo", "campos"),
    [
        ({"guias": [{"guia": 0}]}, {"guias.0.guia"}),
        ({"guias": [{"guia": 1, "x": 1}]}, {"guias.0.x"}),
        ({"guias": [{"itens": [{"item": 1}]}]},
         {"guias.0.itens.0.valorProcessado", "guias.0.itens.0.valorLiberado"}),
        ({"glosas": [{"codigo": "1705", "valor": 10.5}]}, {"glosas.0.valor"}),
        ({"glosas": [{"codigo": "1705", "valor": "NaN"}]}, {"glosas.0.valor"}),
        ({"glosas": [{"codigo": "1705", "valor": "1,00"}]}, {"glosas.0.valor"}),
        ([], {"corpo"}),
    ],
)  # fmt: skip
def test_campo_que_nao_serve_e_nomeado(contas: Contas, corpo: Any, campos: set[str]) -> None:
    """O problema diz o campo, com o caminho até ele, em português."""
    numero = contas.lote()
    resposta = contas.api.enviar("POST", f"/protocolos/{numero}/analise", corpo, chave="k")
    assert resposta.campos() == campos


def test_sem_chave_nao_se_registra(contas: Contas) -> None:
    """Falta o Idempotency-Key: 422 que o nomeia."""
    numero = contas.lote()
    resposta = contas.api.enviar("POST", f"/protocolos/{numero}/analise", {})
    assert resposta.campos() == {"Idempotency-Key"}


def test_corpo_que_nao_e_json_e_400(api: Api) -> None:
    """Bytes que não são JSON não se entendem."""
    cabecalhos = {"content-type": "application/json", "idempotency-key": "k"}
    api.pedir(
        "POST", "/protocolos/1/analise", token=api.token(), corpo=b"{", cabecalhos=cabecalhos
    ).problema(400)


def test_analise_de_protocolo_pago_e_409(contas: Contas) -> None:
    """O pago não se analisa nem se reabre; primeiro estorna-se."""
    numero = contas.liberado()
    contas.confirmar(contas.pagar(numero).dados["id"])
    assert contas.registrar(numero).problema(409)["motivo"] == "analise-finalizada"
    recusa = contas.reabrir(numero).problema(409)
    assert recusa["motivo"] == "situacao"
    assert [p["codigo"] for p in recusa["permitidas"]] == [3]


def test_pagar_o_que_nao_foi_liberado_e_409(contas: Contas) -> None:
    """Um protocolo analisado e não liberado não se paga."""
    numero = contas.lote()
    contas.finalizar(numero, completar=True)
    recusa = contas.pagar(numero).problema(409)
    assert recusa["motivo"] == "nao-liberado"
    assert 3 in [p["codigo"] for p in recusa["permitidas"]]


def test_o_protocolo_de_outra_operadora_nao_se_paga(contas: Contas, alheia: Operadora) -> None:
    """Nem existe: 404, como um número inventado, e ele fica como estava."""
    numero = contas.liberado()
    dela = contas.api.token(operadora=alheia)
    assert contas.pagar(numero, token=dela).status == 404
    assert contas.pagar("77").problema(404)["motivo"] == "protocolo-ausente"
    assert contas.protocolo(numero)["situacao"]["codigo"] == 3


@pytest.mark.parametrize("caminho", ["", "/notas"])
def test_pagamento_de_outra_operadora_e_404(
    contas: Contas, alheia: Operadora, caminho: str
) -> None:
    """O pagamento de outra operadora não existe para o token."""
    pagamento = contas.pagar(contas.liberado()).dados["id"]
    dela = contas.api.token(operadora=alheia)
    contas.api.pedir("GET", f"/pagamentos/{pagamento}{caminho}", token=dela).problema(404)
    passo = contas.api.enviar(
        "POST", f"/pagamentos/{pagamento}/confirmacao", {"data": "2026-03-31"}, visto="*",
        token=dela,
    )  # fmt: skip
    assert passo.status == 404
    assert contas.api.pedir("GET", "/pagamentos", token=dela).dados["pagamentos"] == []


def test_guia_a_guia_o_protocolo_so_fica_pago_no_fim(contas: Contas) -> None:
    """Paga uma das guias, o protocolo continua em 3; paga a outra, passa a 6."""
    numero = contas.liberado(guias=2)
    um = contas.pagar({"protocolo": numero, "guias": [1]}).dados
    contas.confirmar(um["id"])
    assert contas.visto_pelo_prestador(numero).status == 3
    assert [g["situacao"]["codigo"] for g in contas.protocolo(numero)["guias"]] == [6, 3]
    dois = contas.pagar(numero).dados
    assert dois["lotes"][0]["qtdGuias"] == 1
    contas.confirmar(dois["id"])
    assert contas.visto_pelo_prestador(numero).status == 6


def test_dois_que_pagam_ao_mesmo_tempo_so_um_consegue(contas: Contas) -> None:
    """Pedidos simultâneos prendem a guia uma vez; os outros recebem 409."""
    numero = contas.liberado()
    token = contas.api.token()
    largada = threading.Barrier(4)

    def pagar(n: int) -> Any:
        largada.wait(30)
        return contas.pagar(numero, chave=f"corrida-{n}", token=token)

    with ThreadPoolExecutor(4) as fila:
        respostas = list(fila.map(pagar, range(4)))
    assert sorted(r.status for r in respostas) == [200, 409, 409, 409]
    recusas = [r.problema(409)["motivo"] for r in respostas if r.status == 409]
    assert set(recusas) == {"guia-ja-paga"}
    assert len(contas.api.pegar("/pagamentos").dados["pagamentos"]) == 1


def test_confirmar_ao_mesmo_tempo_paga_uma_vez(contas: Contas) -> None:
    """Duas confirmações do mesmo pagamento deixam uma só passagem a 6."""
    numero = contas.liberado()
    pagamento = contas.pagar(numero).dados["id"]
    contas.api.pegar("/situacoes")
    with ThreadPoolExecutor(2) as fila:
        feitas = [fila.submit(contas.confirmar, pagamento) for _ in "ab"]
        assert sorted(f.result().dados["repetido"] for f in feitas) == [False, True]
    codigos = [p["para"]["codigo"] for p in contas.protocolo(numero)["historico"]]
    assert codigos.count(6) == 1


def test_mesma_chave_de_pagamento_da_o_mesmo(contas: Contas) -> None:
    """Repetido com a sua chave, o pedido dá o pagamento que já fez; com outro conteúdo, 409."""
    numero = contas.liberado()
    um, dois = (contas.pagar(numero, chave="p").dados for _ in "ab")
    assert (um["id"], dois["repetido"]) == (dois["id"], True)
    outro = contas.pagar(numero, chave="p", banco="041").problema(409)
    assert outro["motivo"] == "chave-reusada"


def test_previa_traz_bases_retencoes_e_lotes(contas: Contas, mesa: Mesa) -> None:
    """A prévia diz a base, cada tributo, o líquido e o que se paga de cada lote."""
    _reter(mesa, IRRF=Decimal("1.5"), ISS=Decimal(2))
    numero = contas.liberado()
    credito = {"indicador": "2", "tipo": "09", "descricao": "Sentença", "valor": "7.00"}
    previa = contas.pagar(numero, descontos=[credito]).dados
    bruto = Decimal(previa["brutos"]["liberado"])
    [base] = previa["bases"]
    irrf, iss = (Decimal(base[nome]) for nome in ("irrf", "iss"))
    assert irrf == (bruto * Decimal("0.015")).quantize(irrf)
    assert Decimal(base["valorBase"]) - irrf - iss == Decimal(base["valorLiquido"])
    assert base["pis"] == "0.00"
    assert Decimal(previa["totais"]["liquido"]) == bruto - irrf - iss + 7
    [lote] = previa["lotes"]
    assert lote["numeroProtocolo"] == numero
    assert lote["valores"]["liberado"] == str(bruto)
    assert contas.api.pegar(f"/pagamentos/{previa['id']}").dados == previa


def test_glosa_negativa_aparece_na_previa(contas: Contas, mesa: Mesa) -> None:
    """Com a política de sinal, o que se libera acima do apresentado é glosa negativa."""
    _com_politica(mesa, valores=Politica.COM_SINAL)
    numero = contas.lote()
    informado = _informado(contas, numero)
    acima = f"{float(informado) + 10:.2f}"
    contas.registrar(numero, guia(1, item(1, acima, ("1705", "-10.00")) | {"valorLiberado": acima}))
    assert contas.finalizar(numero).status == 200
    contas.liberar(numero)
    [lote] = contas.pagar(numero).dados["lotes"]
    assert (lote["valores"]["glosado"], lote["valores"]["liberado"]) == ("-10.00", acima)


def test_estorno_em_parte_vira_debito_08_no_seguinte(contas: Contas) -> None:
    """A guia estornada volta a 3 e o seu valor desconta-se do próximo pagamento."""
    numero = contas.liberado(guias=2)
    pagamento = contas.pagar(numero).dados
    contas.confirmar(pagamento["id"])
    parte = contas.estornar(pagamento["id"], [{"protocolo": numero, "guias": [1]}])
    assert parte.dados["estado"] == "confirmado"
    [espera] = contas.api.pegar("/lancamentos", prestador="013950").dados["lancamentos"]
    assert (espera["tipo"], espera["origem"]) == ("08", "estorno")
    seguinte = contas.pagar(contas.liberado(guias=3), numero).dados
    assert [x["valor"] for x in seguinte["lancamentos"]] == [espera["valor"]]


def test_lancamento_avulso_espera_o_proximo_pagamento(contas: Contas) -> None:
    """Um débito lançado entra na prévia seguinte, uma vez só, ainda que o pedido se repita."""
    debito = {
        "prestador": "013950", "indicador": "1", "tipo": "07", "descricao": "Multa",
        "valor": "3.00", "nivel": "demonstrativo",
    }  # fmt: skip
    for _ in "ab":
        lancados = contas.api.enviar("POST", "/lancamentos", debito, chave="l").dados
        assert [x["valor"] for x in lancados["lancamentos"]] == ["3.00"]
    outro = contas.api.enviar("POST", "/lancamentos", debito | {"valor": "4.00"}, chave="l")
    assert outro.problema(409)["motivo"] == "chave-reusada"
    previa = contas.pagar(contas.liberado()).dados
    assert previa["totais"]["debitos"] == "3.00"
    contas.confirmar(previa["id"])
    assert contas.api.pegar("/lancamentos", prestador="013950").dados["lancamentos"] == []


@pytest.mark.parametrize(
    ("mudanca", "motivo"),
    [
        ({"valor": "0.00"}, "lancamento-invalido"),
        ({"valor": "-1.00"}, "lancamento-invalido"),
        ({"descricao": "x" * 41}, "lancamento-invalido"),
        ({"prestador": "nenhum"}, "prestador-ausente"),
    ],
)
def test_lancamento_ruim_nao_se_grava(api: Api, mudanca: dict[str, str], motivo: str) -> None:
    """Valor que não é positivo, descrição grande demais ou prestador que não há."""
    debito = {
        "prestador": "013950", "indicador": "1", "tipo": "07", "descricao": "Multa",
        "valor": "3.00",
    }  # fmt: skip
    resposta = api.enviar("POST", "/lancamentos", debito | mudanca, chave="l")
    assert resposta.problema(resposta.status)["motivo"] == motivo
    assert resposta.status == (404 if motivo == "prestador-ausente" else 422)


def test_previsao_soma_o_liberado_por_data(contas: Contas) -> None:
    """A previsão traz os protocolos em 3 com o valor liberado, e soma cada data."""
    numeros = [contas.liberado(), contas.liberado()]
    contas.lote()
    previsao = contas.api.pegar("/previsao").dados
    assert [x["numeroProtocolo"] for x in previsao["linhas"]] == numeros
    assert {x["situacao"]["codigo"] for x in previsao["linhas"]} == {3}
    centavos = sum(int(x["valorLiberado"].replace(".", "")) for x in previsao["linhas"])
    [total] = previsao["totais"]
    assert int(total["valorLiberado"].replace(".", "")) == centavos
    liberado = contas.protocolo(numeros[0])["valores"]["liberado"]
    assert previsao["linhas"][0]["valorLiberado"] == liberado
    assert len(contas.api.pegar("/previsao", formato="csv").linhas) == 3
    contas.api.pegar("/previsao", prestador="nenhum").problema(404)


def test_tarifa_bancaria_so_de_banco_que_nao_e_da_lista(contas: Contas, mesa: Mesa) -> None:
    """O depósito num banco fora da lista paga a tarifa; o de um da lista, não."""
    _com_politica(mesa, tarifa_bancaria=Decimal("2.50"), bancos_sem_tarifa=("041", "748"))
    previas = [
        contas.pagar(contas.liberado(), forma="1", banco=banco).dados for banco in ("001", "041")
    ]
    assert [p["totais"]["debitos"] for p in previas] == ["2.50", "0.00"]
    [tarifa] = previas[0]["lancamentos"]
    assert (tarifa["tipo"], tarifa["origem"]) == ("07", "tarifa")


def test_lista_de_pagamentos_filtra_pagina_e_vira_planilha(contas: Contas) -> None:
    """Do mais novo ao mais velho, por estado, prestador e data; o cursor continua."""
    feitos = [contas.pagar(contas.liberado()).dados["id"] for _ in "abc"]
    contas.confirmar(feitos[0], data="2026-04-02")

    def ids(**consulta: Any) -> list[int]:
        dados = contas.api.pegar("/pagamentos", **consulta).dados
        return [p["id"] for p in dados["pagamentos"]]

    assert ids() == feitos[::-1]
    assert ids(estado="confirmado") == feitos[:1]
    assert ids(de="2026-04-01") == feitos[:1]
    assert ids(ate="2026-03-31") == feitos[:0:-1]
    assert ids(prestador="nenhum") == []
    pagina = contas.api.pegar("/pagamentos", limite=2).dados
    assert pagina["haMais"]
    assert ids(limite=2, cursor=pagina["proximo"]) == feitos[:1]
    linhas = contas.api.pegar("/pagamentos", formato="csv").linhas
    assert linhas[0][3] == "Situação"
    assert [linha[3] for linha in linhas[1:]] == ["Previsto", "Previsto", "Pagamento efetuado"]
    contas.api.pegar("/pagamentos", cursor="lixo").problema(422)


def test_cancelar_solta_as_guias(contas: Contas) -> None:
    """Cancelado o pagamento previsto, as guias pagam-se noutro; o confirmado não se cancela."""
    numero = contas.liberado()
    primeiro = contas.pagar(numero).dados["id"]
    assert contas.passo(primeiro, "cancelamento", motivo="banco errado").dados["estado"] == (
        "cancelado"
    )
    segundo = contas.pagar(numero).dados["id"]
    contas.confirmar(segundo)
    recusa = contas.passo(segundo, "cancelamento", motivo="x").problema(409)
    assert recusa["motivo"] == "estado-do-pagamento"


@pytest.mark.parametrize(
    ("campos", "nomeados"),
    [
        ({"forma": "9"}, {"forma"}),
        ({"dataPrevista": "31/03/2026"}, {"dataPrevista"}),
        ({"protocolos": []}, {"protocolos"}),
        ({"descontos": [{"indicador": "3", "tipo": "01", "descricao": "x", "valor": "1"}]},
         {"descontos.0.indicador"}),
        ({"descontos": [{"indicador": "1", "tipo": "10", "descricao": "x", "valor": "1"}]},
         {"descontos.0.tipo"}),
    ],
)  # fmt: skip
def test_pagamento_com_campo_que_nao_serve(
    contas: Contas, campos: dict[str, Any], nomeados: set[str]
) -> None:
    """Forma, data, lista vazia ou código que não existe: 422 que nomeia o campo."""
    assert contas.pagar("10000001", **campos).campos() == nomeados


def test_grau_de_participacao_reparte_o_item(contas: Contas) -> None:
    """O resultado de um item com equipe vem por grau, e a soma é a do item."""
    numero = contas.lote(tipo=TipoGuia.HONORARIOS, itens=1)
    [da_guia] = contas.protocolo(numero)["guias"]
    [do_item] = da_guia["itens"]
    graus = (do_item["graus"] or "").split(",")
    informado = do_item["valores"]["informado"]
    resultado = item(1, informado, ("1705", "1.00"), grauParticipacao=graus[0])
    feito = contas.registrar(numero, guia(1, resultado | {"valorInformado": informado}))
    assert feito.status == 200, feito.corpo.decode()
    contas.finalizar(numero)
    lida = contas.api.pegar(f"/protocolos/{numero}/analise").dados
    assert [i["grauParticipacao"] for i in lida["guias"][0]["itens"]] == graus[:1]
    assert json.dumps(lida).count('"1705"') == 1
