"""Os recursos pela API: lista, página, respostas, e o que se recusa."""

from __future__ import annotations

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from integration.cancelamento import cancelar, de_guias
from integration.enderecos_de_recurso import DE_RECURSO
from integration.recurso import Recorrente, guia, item

from persistence import auditoria
from persistence.tokens import Escopo
from prestador.cancelamentos import GuiaACancelar
from prestador.recursos import DoProtocolo

if TYPE_CHECKING:
    from integration.api import Api, Resposta

    from persistence.operadoras import Operadora


# o que aqui se decide é igual nos dois bancos: basta num deles
_UM_BANCO = pytest.mark.parametrize("nova_url", ["sqlite"], indirect=True)


def _dita(linha: int, valor: str, **campos: Any) -> dict[str, Any]:
    return {
        "linha": linha,
        "valorAcatado": valor,
        "justificativa": "Conforme o contrato.",
        **campos,
    }


def _responder(
    api: Api, numero: int, *decisoes: dict[str, Any], chave: str = "k", **opcoes: Any
) -> Resposta:
    corpo = {"decisoes": list(decisoes), **opcoes.pop("campos", {})}
    return api.enviar("POST", f"/recursos/{numero}/decisoes", corpo, chave=chave, **opcoes)


def _duas_guias(recorrente: Recorrente) -> tuple[int, int]:
    """Um protocolo e um recurso: 30.00 de um item da guia 1, e a guia 2 inteira, de 5.00."""
    protocolo = recorrente.analisado({(1, 1): ("30.00",), (2, None): ("5.00",)}, guias=2)
    primeira, segunda = (recorrente.guia_de(protocolo, n) for n in (1, 2))
    return protocolo, recorrente.aceito(protocolo, item(primeira, 1, "30.00"), guia(segunda))


# --- quem entra ----------------------------------------------------------------------------------


@_UM_BANCO
def test_so_o_escopo_certo_entra_nos_recursos(api: Api) -> None:
    """Sem token é 401, com qualquer escopo que não o do endereço, 403; com ele, o que houver."""
    de = {escopo: api.token(escopo) for escopo in Escopo}
    for (metodo, modelo), certo in DE_RECURSO.items():
        caminho = re.sub(r"\{[a-z]+\}", "1", modelo)
        api.pedir(metodo, caminho).problema(401)
        for escopo, token in de.items():
            resposta = api.enviar(metodo, caminho, {}, chave="k", visto="*", token=token)
            assert (resposta.status != 403) == (escopo is certo), (metodo, caminho, escopo)
            assert resposta.status in {200, 403, 404, 422, 503}, (metodo, caminho, resposta.corpo)


# --- lista ----------------------------------------------------------------------------------------


def test_lista_tem_as_colunas_da_tela(recorrente: Recorrente, api: Api) -> None:
    """Status, recurso, protocolo, guia, data, objeto, origem, justificativa, itens e anexos."""
    protocolo, numero = _duas_guias(recorrente)
    do_item, da_guia = api.pegar("/recursos").dados["recursos"]
    assert (do_item["estado"]["texto"], do_item["estado"]["cor"]["nome"]) == ("PROTOCOLADO", "azul")
    assert (do_item["numeroRecurso"], do_item["numeroProtocolo"]) == (str(numero), str(protocolo))
    assert (do_item["objeto"], da_guia["objeto"]) == ("Itens", "Guia")
    assert do_item["numeroGuiaPrestador"] == recorrente.guia_de(protocolo)
    assert (do_item["origemTexto"], do_item["qtdItens"], do_item["qtdAnexos"]) == (
        "Via Webservice", 1, 0,
    )  # fmt: skip
    assert do_item["justificativas"] == ["O valor cobrado é o do contrato em vigor."]
    assert (do_item["valorRecursado"], do_item["valorAcatado"]) == ("30.00", None)
    titulos, primeira, _ = api.pegar("/recursos", formato="csv").linhas
    assert titulos[:10] == [
        "Status", "Recurso", "Protocolo", "Guia", "Data de solicitação", "Objeto de recurso",
        "Origem", "Justificativa", "Itens", "Anexos",
    ]  # fmt: skip
    assert (primeira[0], primeira[1], primeira[10]) == ("PROTOCOLADO", str(numero), "30,00")
    with recorrente.mesa.banco.escrita() as conn:
        dela = auditoria.de_titular(conn, recorrente.mesa.operadora.id, "00123")
    assert [(e.acao, e.alvo_tipo) for e in dela] == [
        ("ler", "recursos"), ("exportar", "recursos"),
    ]  # fmt: skip


def test_cada_filtro_de_recursos_separa_o_que_diz(recorrente: Recorrente, api: Api) -> None:
    """Números com ou sem zeros, guia, lote, estado, situação, objeto, origem, período e busca."""
    um, a = _duas_guias(recorrente)
    dois = recorrente.analisado()
    b = recorrente.aceito(dois, DoProtocolo("1705", "1000 vezes"))
    _responder(api, b, _dita(1, "0.00"))

    def achados(**consulta: Any) -> set[int]:
        dados = api.pegar("/recursos", **consulta).dados["recursos"]
        return {int(x["numeroRecurso"]) for x in dados}

    so_a: list[dict[str, Any]] = [
        {"recurso": f"{a:012d}"},
        {"protocolo": f"00{um}"},
        {"guia": f"00{recorrente.guia_de(um, 2)}"},
        {"lote": recorrente.lote_de(um)},
        {"estado": "protocolado"},
        {"status": 1},
        {"objeto": "item"},
        {"busca": recorrente.guia_de(um)},
        {"busca": str(a)},
    ]
    for filtro in so_a:
        assert achados(**filtro) == {a}, filtro
    assert achados(status=[1, 4]) == achados(origem="webservice") == {a, b}
    assert achados(busca="1000 v") == achados(objeto="protocolo") == {b}
    for nada in ({"prestador": "999"}, {"origem": "portal"}, {"homologacao": True},
                 {"solicitadoAte": "2020-01-01"}, {"solicitadoDe": "2999-01-01"}):  # fmt: skip
        assert achados(**nada) == set(), nada
    for ruim in ({"estado": "x"}, {"objeto": "lote"}, {"recurso": "A"}, {"cursor": "x"}, {"x": 1}):
        assert api.pegar("/recursos", **ruim).campos() == set(ruim), ruim


def test_lista_de_recursos_continua_pelo_cursor(recorrente: Recorrente, api: Api) -> None:
    """Um recurso vem inteiro numa página, e o cursor dá os que faltam, uma vez cada um."""
    _, primeiro = _duas_guias(recorrente)
    segundo = recorrente.aceito(recorrente.analisado(), DoProtocolo("1705"))
    pagina = api.pegar("/recursos", limite=1).dados
    assert [x["numeroRecurso"] for x in pagina["recursos"]] == [str(segundo)]
    assert pagina["haMais"]
    resto = api.pegar("/recursos", limite=1, cursor=pagina["proximo"]).dados
    assert [x["numeroRecurso"] for x in resto["recursos"]] == [str(primeiro)] * 2
    assert (resto["haMais"], resto["proximo"]) == (False, None)
    link = api.pegar("/recursos", limite=1).cabecalhos["link"]
    assert pagina["proximo"] in link


# --- página ---------------------------------------------------------------------------------------


def test_pagina_do_recurso_traz_cabecalho_linhas_e_historico(
    recorrente: Recorrente, api: Api
) -> None:
    """O cabeçalho da tela, cada linha com o pedido e o aceito, e o que se passou."""
    protocolo, numero = _duas_guias(recorrente)
    _responder(api, numero, _dita(1, "10.00"))
    resposta = api.pegar(f"/recursos/{numero:012d}")
    lido = resposta.dados
    assert resposta.cabecalhos["etag"] == f'"{lido["revisao"]}"'
    assert lido["valores"] == {
        "informado": "400.00", "glosado": "35.00", "liberado": "365.00", "recursado": "35.00",
        "acatado": "0.00",
    }  # fmt: skip
    assert (lido["nivel"], lido["sequencia"], lido["situacaoEnvio"], lido["origemTexto"]) == (
        "Guia e Eventos", 1, "Enviado", "Via Webservice",
    )  # fmt: skip
    assert (lido["loteOriginal"], lido["protocoloOriginal"], lido["protocoloRecursado"]) == (
        recorrente.lote_de(protocolo), str(protocolo), str(protocolo),
    )  # fmt: skip
    assert (lido["situacao"]["codigo"], lido["dataPagamento"]) == (2, None)
    do_item, da_guia = lido["linhas"]
    assert (do_item["estado"]["texto"], do_item["sequencialItem"], do_item["procedimento"]) == (
        "AUTORIZADO PARCIAL", 1, "40300001",
    )  # fmt: skip
    assert (do_item["valorRecursado"], do_item["valorAcatado"]) == ("30.00", "10.00")
    assert (do_item["dataProcedimento"], do_item["tabela"]) == ("2026-03-10", "22")
    assert do_item["glosa"]["codigo"] == "1705"
    assert do_item["justificativaOperadora"] == "Conforme o contrato."
    assert do_item["decididaPor"].startswith("token ")
    assert (da_guia["estado"]["texto"], da_guia["valorAcatado"]) == ("EM ANÁLISE", None)
    assert [p["para"]["codigo"] for p in lido["historico"]] == [1, 2, 2]
    assert [a["acao"] for a in lido["acoesPermitidas"]] == ["decisoes"]
    assert (lido["documentos"], lido["notasFiscais"]) == ([], [])


def test_pagina_diz_quando_se_pagou_e_as_notas(recorrente: Recorrente, api: Api) -> None:
    """Pago o acatado, traz a data e as notas do pagamento, e nada mais se pode fazer."""
    _, numero = _duas_guias(recorrente)
    _responder(api, numero, _dita(1, "10.00"), _dita(2, "5.00"))
    previsto = recorrente.cobranca.pagar(numero)
    nota = {"numero": "123", "serie": "A", "valor": "15.00", "emissao": "2026-03-20"}
    onde = f"/pagamentos/{previsto.pagamento.id}/notas"
    assert api.enviar("POST", onde, nota).status == 200
    [dita] = api.pegar(f"/recursos/{numero}").dados["notasFiscais"]
    assert (dita["numero"], dita["valor"], dita["estado"]) == ("123", "15.00", "rascunho")
    recorrente.cobranca.confirmar(previsto)
    lido = api.pegar(f"/recursos/{numero}").dados
    assert (lido["situacao"]["codigo"], lido["dataPagamento"]) == (6, "2026-03-31")
    assert lido["acoesPermitidas"] == []
    assert lido["valores"]["acatado"] == "15.00"


def test_recurso_de_outra_operadora_e_404(
    recorrente: Recorrente, api: Api, alheia: Operadora
) -> None:
    """Nem se lê nem se responde, e não aparece na lista; e o inventado, o mesmo."""
    _, numero = _duas_guias(recorrente)
    dela = api.token(operadora=alheia)
    assert api.pedir("GET", "/recursos", token=dela).dados["recursos"] == []
    for alvo in (numero, 77):
        assert api.pedir("GET", f"/recursos/{alvo}", token=dela).status == 404
        for passo in ("analise", "finalizacao"):
            feito = api.enviar("POST", f"/recursos/{alvo}/{passo}", visto="*", token=dela)
            assert feito.problema(404)["motivo"] == "recurso-ausente"
        recusa = _responder(api, alvo, _dita(1, "0.00"), token=dela)
        assert recusa.problema(404)["motivo"] == "recurso-ausente"
    assert [x.estado.value for x in recorrente.linhas(numero)] == ["protocolado"] * 2


@_UM_BANCO
def test_o_protocolo_de_um_lote_nao_e_um_recurso(recorrente: Recorrente, api: Api) -> None:
    """O número de um lote, nos endereços de recursos, não existe."""
    protocolo = recorrente.analisado()
    api.pegar(f"/recursos/{protocolo}").problema(404)
    assert _responder(api, protocolo, _dita(1, "0.00")).problema(404)["motivo"] == "recurso-ausente"


# --- respostas ------------------------------------------------------------------------------------


def test_da_analise_a_finalizacao(recorrente: Recorrente, api: Api) -> None:
    """Em análise, respondido sem fechar, o prestador nada vê; finalizado, vê tudo."""
    _, numero = _duas_guias(recorrente)
    em_analise = api.enviar("POST", f"/recursos/{numero}/analise").dados
    assert (em_analise["situacao"]["codigo"], em_analise["repetido"]) == (2, False)
    assert {x["texto"] for x in em_analise["linhas"]} == {"EM ANÁLISE"}
    assert api.enviar("POST", f"/recursos/{numero}/analise").dados["repetido"]
    cedo = api.enviar("POST", f"/recursos/{numero}/finalizacao", visto="*").problema(409)
    assert cedo["motivo"] == "recurso-por-responder"
    assert "1, 2" in cedo["detail"]
    assert [p["acao"] for p in cedo["permitidas"]] == ["decisoes"]
    feito = _responder(
        api, numero, _dita(1, "10.00"), _dita(2, "5.00"), campos={"finalizar": False}
    )
    assert [a["acao"] for a in feito.dados["acoesPermitidas"]] == ["decisoes", "finalizacao"]
    assert recorrente.perguntar(numero).status == 2
    fim = api.enviar(
        "POST", f"/recursos/{numero}/finalizacao", visto=feito.cabecalhos["etag"]
    ).dados
    assert (fim["situacao"]["codigo"], fim["valorAcatado"]) == (3, "15.00")
    de_novo = api.enviar("POST", f"/recursos/{numero}/finalizacao", visto=feito.cabecalhos["etag"])
    assert de_novo.dados == {**fim, "repetido": True}
    assert recorrente.perguntar(numero).acatado == Decimal("15.00")


def test_resposta_repetida_com_a_chave_e_a_mesma(recorrente: Recorrente, api: Api) -> None:
    """A chave torna o pedido repetível, mesmo depois de fechado; com outro conteúdo é 409."""
    _, numero = _duas_guias(recorrente)
    tudo = (_dita(1, "10.00"), _dita(2, "0.00"))
    um = _responder(api, numero, *tudo, visto='"0"').dados
    dois = _responder(api, numero, *tudo, visto='"0"').dados
    assert (um["repetido"], dois) == (False, {**um, "repetido": True})
    outra = _responder(api, numero, _dita(1, "11.00")).problema(409)
    assert outra["motivo"] == "chave-reusada"
    assert recorrente.linhas(numero)[0].acatado == Decimal("10.00")


def test_fechado_so_se_reabre_e_corrige(recorrente: Recorrente, api: Api) -> None:
    """Responder de novo é 409 com o endereço da reabertura; reaberto, corrige-se."""
    _, numero = _duas_guias(recorrente)
    _responder(api, numero, _dita(1, "10.00"), _dita(2, "0.00"))
    recusa = _responder(api, numero, _dita(1, "20.00"), chave="k2").problema(409)
    assert recusa["motivo"] == "recurso-fechado"
    assert recusa["permitidas"] == [
        {"acao": "reabertura", "endereco": f"POST /api/v1/recursos/{numero}/reabertura"}
    ]
    sem = api.enviar("POST", f"/recursos/{numero}/reabertura", {"motivo": "conta errada"})
    assert sem.status == 428
    reaberto = api.enviar(
        "POST", f"/recursos/{numero}/reabertura", {"motivo": "conta errada"}, visto="*"
    ).dados
    assert (reaberto["situacao"]["codigo"], reaberto["valorAcatado"]) == (2, "0.00")
    certo = _responder(api, numero, _dita(1, "20.00"), chave="k3").dados
    assert (certo["situacao"]["codigo"], certo["valorAcatado"]) == (3, "20.00")


def test_quem_leu_antes_nao_responde_por_cima(recorrente: Recorrente, api: Api) -> None:
    """Com o ETag de antes, 412; o cancelamento pelo prestador também o muda."""
    _, numero = _duas_guias(recorrente)
    lida = api.pegar(f"/recursos/{numero}").cabecalhos["etag"]
    _responder(api, numero, _dita(1, "10.00"))
    velho = _responder(api, numero, _dita(1, "20.00"), chave="k2", visto=lida)
    assert velho.problema(412)["motivo"] == "revisao-antiga"
    lida = api.pegar(f"/recursos/{numero}").cabecalhos["etag"]
    outro = recorrente.aceito(recorrente.analisado(), DoProtocolo("1705"))
    antes = api.pegar(f"/recursos/{outro}").cabecalhos["etag"]
    cancelar(
        recorrente.mesa,
        de_guias(GuiaACancelar(recorrente.recurso(outro).numero_guia, tipo="3")),
    )
    assert api.pegar(f"/recursos/{outro}").cabecalhos["etag"] != antes
    recusa = _responder(api, outro, _dita(1, "0.00"), chave="k4").problema(409)
    assert (recusa["motivo"], recusa.get("permitidas")) == ("recurso-fechado", None)


_NAO_SERVEM: list[tuple[dict[str, Any], str, int]] = [
    (_dita(1, "30.01"), "acatado-invalido", 422),
    (_dita(1, "-0.01"), "acatado-invalido", 422),
    (_dita(1, "1.001"), "acatado-invalido", 422),
    (_dita(1, "1.00", justificativa="x" * 501), "texto-invalido", 422),
    (_dita(1, "1.00", justificativa="a\u0000b"), "texto-invalido", 422),
    (_dita(1, "1.00", justificativa="  "), "recurso-sem-justificativa", 422),
    (_dita(9, "1.00"), "recurso-linha-ausente", 404),
    (_dita(1, "1.00", partes=[{"guia": 1, "item": 9, "valorAcatado": "1.00"}]),
     "acatado-invalido", 422),
    (_dita(1, "2.00", partes=[{"guia": 1, "item": 1, "valorAcatado": "1.00"}]),
     "acatado-invalido", 422),
]  # fmt: skip


def test_resposta_que_nao_serve_nao_se_grava(recorrente: Recorrente, api: Api) -> None:
    """Diz por quê, e nenhuma linha muda, nem a que vinha certa no mesmo pedido."""
    _, numero = _duas_guias(recorrente)
    for dita, motivo, status in _NAO_SERVEM:
        recusa = _responder(api, numero, _dita(2, "5.00"), dita)
        assert recusa.problema(status)["motivo"] == motivo, dita
    assert [x.estado.value for x in recorrente.linhas(numero)] == ["protocolado"] * 2


@_UM_BANCO
def test_campos_de_resposta_que_nao_servem(recorrente: Recorrente, api: Api) -> None:
    """Sem linhas, sem chave, com número em ponto flutuante, ou a mesma linha duas vezes."""
    _, numero = _duas_guias(recorrente)
    assert _responder(api, numero).campos() == {"decisoes"}
    assert _responder(api, numero, {"linha": 1, "valorAcatado": 1.5}).campos() == {
        "decisoes.0.valorAcatado"
    }
    sem_chave = api.enviar("POST", f"/recursos/{numero}/decisoes", {"decisoes": [_dita(1, "1.00")]})
    assert sem_chave.campos() == {"Idempotency-Key"}
    duas = _responder(api, numero, _dita(1, "1.00"), _dita(1, "2.00"))
    assert duas.problema(422)["motivo"] == "recurso-linha-repetida"


def test_quatro_que_respondem_ao_mesmo_tempo(recorrente: Recorrente, api: Api) -> None:
    """Sobre a mesma revisão só um responde; os outros leem de novo."""
    _, numero = _duas_guias(recorrente)
    token = api.token()
    largada = threading.Barrier(4)

    def responder(n: int) -> Resposta:
        largada.wait(30)
        return _responder(
            api, numero, _dita(1, f"{n}.00"), chave=f"corrida-{n}", visto='"0"', token=token
        )

    with ThreadPoolExecutor(4) as fila:
        respostas = list(fila.map(responder, range(4)))
    assert sorted(r.status for r in respostas) == [200, 412, 412, 412]
    [vencedor] = [n for n, r in enumerate(respostas) if r.status == 200]
    assert recorrente.linhas(numero)[0].acatado == Decimal(vencedor)
