"""Os demonstrativos e os impressos pela API: as mesmas cifras que o prestador recebe por SOAP."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from impressos_lidos import cifras, paginas, textos_do_html, textos_do_pdf
from integration.cobranca import Cobranca, de_guia, de_item, glosa
from integration.demonstrativo import Balcao
from integration.exemplos import outra_operadora
from integration.recepcao import CODIGO, EM_VIGOR
from lxml import etree
from sqlalchemy import select
from validador import validar_resposta

from dominio.lote import TipoGuia
from dominio.pagamento import Desconto, Indicador, TipoLancamento
from dominio.situacao import StatusProtocolo
from persistence import partes_pagas, politicas_de_cobranca, tabelas
from persistence.tokens import Escopo

if TYPE_CHECKING:
    from integration.api import Api, Resposta
    from integration.recepcao import Mesa

_S = StatusProtocolo
DIA = date(2026, 3, 31)


@pytest.fixture
def casa(balcao: Balcao) -> Cobranca:
    """O lado da operadora."""
    return balcao.casa


def _analisado(casa: Cobranca) -> int:
    """Um lote de duas guias, com glosa num dos três itens, liberado."""
    numero = casa.lote(["100.00", "50.00"], ["1234.56"])
    casa.registrar(
        numero,
        de_guia(1, de_item(1, "100.00", glosa("30.00")), de_item(2, "50.00")),
        de_guia(2, de_item(1, "1234.56")),
    )
    casa.finalizar(numero)
    casa.liberar(numero)
    return numero


def _reter_inss(casa: Cobranca, percentual: str = "11") -> None:
    with casa.banco.escrita() as conn:
        politicas_de_cobranca.gravar_retencoes(
            conn, casa.operadora, None, {TipoLancamento.INSS: Decimal(percentual)}
        )


def _html(resposta: Resposta) -> list[str]:
    assert resposta.status == 200
    assert resposta.cabecalhos["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in resposta.cabecalhos["content-security-policy"]
    return textos_do_html(resposta.corpo)


def _pdf(resposta: Resposta) -> list[str]:
    assert resposta.status == 200
    assert resposta.cabecalhos["content-type"] == "application/pdf"
    assert resposta.cabecalhos["x-content-type-options"] == "nosniff"
    return textos_do_pdf(resposta.corpo)


def _json(resposta: Resposta) -> Any:
    assert resposta.status == 200, resposta.corpo
    assert resposta.cabecalhos["cache-control"] == "no-store"
    return json.loads(resposta.corpo)


def _par(textos: list[str], rotulo: str) -> str:
    return textos[textos.index(rotulo) + 1]


def _acessos(mesa: Mesa) -> list[tuple[str, str, dict[str, Any]]]:
    a = tabelas.auditoria.c
    with mesa.banco.leitura() as conn:
        linhas = conn.execute(select(a.alvo_tipo, a.alvo, a.detalhes).order_by(a.id))
        return [(tipo, alvo, detalhes) for tipo, alvo, detalhes in linhas]


# --- análise de conta ---------------------------------------------------------------------------


def test_analise_de_um_protocolo_em_quatro_formatos(api: Api, casa: Cobranca) -> None:
    """JSON, XML, HTML e PDF do mesmo protocolo: o mesmo número e os mesmos totais."""
    numero = _analisado(casa)
    lida = _json(api.pegar("/demonstrativos/analise", protocolo=numero))
    [feito] = lida["demonstrativos"]
    totais = {"informado": "1384.56", "processado": "1384.56", "glosado": "30.00",
              "liberado": "1354.56"}  # fmt: skip
    assert feito["geral"] == feito["conta"]["valores"] == totais
    assert feito["conta"]["situacao"]["codigo"] == 3
    na_pagina = _html(api.pegar("/demonstrativos/analise", protocolo=numero, formato="html"))
    no_papel = _pdf(api.pegar("/demonstrativos/analise", protocolo=numero, formato="pdf"))
    for textos in (na_pagina, no_papel):
        assert _par(textos, "2 - Nº") == feito["cabecalho"]["numero"]
        assert _par(textos, "46 - Valor liberado geral (R$)") == "1.354,56"
    assert cifras(na_pagina) == cifras(no_papel)
    arquivo = api.pegar("/demonstrativos/analise", protocolo=numero, formato="xml")
    assert arquivo.cabecalhos["content-type"] == "application/xml"
    assert f'filename="analise-{numero}.xml"' in arquivo.cabecalhos["content-disposition"]
    raiz = validar_resposta(arquivo.corpo, EM_VIGOR)
    assert [e.text for e in raiz.iter("{*}numeroDemonstrativo")] == [feito["cabecalho"]["numero"]]
    assert [e.text for e in raiz.iter("{*}valorLiberadoGeral")] == ["1354.56"]


def test_a_api_mostra_o_demonstrativo_que_o_prestador_recebeu(
    api: Api, casa: Cobranca, balcao: Balcao
) -> None:
    """O que saiu por SOAP volta pela API com o mesmo número, e o contrário."""
    numero = _analisado(casa)
    raiz = balcao.resposta_analise(numero).raiz
    [por_soap] = [e.text for e in raiz.iter("{*}numeroDemonstrativo")]
    [feito] = _json(api.pegar("/demonstrativos/analise", protocolo=numero))["demonstrativos"]
    assert feito["cabecalho"]["numero"] == por_soap
    casa.pago(numero)
    [pago] = _json(api.pegar("/demonstrativos/analise", protocolo=numero))["demonstrativos"]
    assert pago["cabecalho"]["numero"] != por_soap
    raiz = balcao.resposta_analise(numero).raiz
    assert [e.text for e in raiz.iter("{*}numeroDemonstrativo")] == [pago["cabecalho"]["numero"]]


def test_varios_protocolos_dao_um_arquivo_com_cada_demonstrativo(api: Api, casa: Cobranca) -> None:
    """Dois protocolos prontos e um por analisar: dois demonstrativos, e o que falta se diz."""
    prontos = [_analisado(casa), _analisado(casa)]
    falta = casa.lote(["10.00"])
    pedido = [*prontos, falta]
    lida = _json(api.pegar("/demonstrativos/analise", protocolo=pedido))
    assert [int(d["conta"]["numero"]) for d in lida["demonstrativos"]] == prontos
    assert str(falta) in lida["ausentes"]
    resposta = api.pegar("/demonstrativos/analise", protocolo=pedido, formato="pdf")
    lidas = paginas(resposta.corpo)
    assert [p.textos[-1] for p in lidas] == ["Pág. 1/1"] * 2
    assert [_par(p.textos, "10 - Número do protocolo") for p in lidas] == [str(n) for n in prontos]


def test_acha_se_um_protocolo_do_mes_e_gera_se_a_sua_analise(api: Api, casa: Cobranca) -> None:
    """A lista de uma competência traz número, lote, situação e valores; daí sai o demonstrativo."""
    numero = _analisado(casa)
    [achado] = _json(api.pegar("/protocolos", competencia="03/2026"))["protocolos"]
    assert (achado["numeroProtocolo"], achado["competencia"]) == (str(numero), "202603")
    assert achado["sequencial"] is None
    [feito] = _json(api.pegar("/demonstrativos/analise", protocolo=achado["numeroProtocolo"]))[
        "demonstrativos"
    ]
    conta = feito["conta"]
    assert conta["numeroLote"] == achado["numeroLotePrestador"]
    assert conta["valores"] == achado["valores"]
    assert conta["situacao"] == achado["situacao"]
    assert _json(api.pegar("/protocolos", competencia="04/2026"))["protocolos"] == []


def test_protocolo_por_analisar_ainda_nao_tem_demonstrativo(api: Api, casa: Cobranca) -> None:
    """Pedido só, responde 409 com a situação em que está."""
    numero = casa.lote(["10.00"])
    problema = api.pegar("/demonstrativos/analise", protocolo=numero).problema(409)
    assert (problema["motivo"], problema["situacao"]) == ("nao-analisado", 1)
    assert "Recebido" in problema["detail"]


def test_analise_de_protocolos_de_prestadores_diferentes(api: Api, casa: Cobranca) -> None:
    """Um demonstrativo é de um só prestador: pedir de dois é engano de quem pede."""
    outro = Balcao(api.mesa).mesa.outro_prestador("99", cnpj="12ABC34501DE35")
    pedido = [_analisado(casa), casa.lote(["10.00"], prestador=outro)]
    assert api.pegar("/demonstrativos/analise", protocolo=pedido).campos() == {"protocolo"}


@pytest.mark.parametrize("protocolo", [["1"] * 31, ["abc"], []])
def test_protocolos_que_nao_servem(api: Api, protocolo: list[str]) -> None:
    """Nenhum, mais de 30, ou um que não é número: 422 com o campo."""
    campos = api.pegar("/demonstrativos/analise", protocolo=protocolo).campos()
    assert {campo.split(".")[0] for campo in campos} == {"protocolo"}


def test_versao_que_nao_existe(api: Api, casa: Cobranca) -> None:
    """Uma versão que o projeto não tem é 422, com as que tem."""
    resposta = api.pegar("/demonstrativos/analise", protocolo=_analisado(casa), versao="9.99.99")
    assert resposta.campos() == {"versao"}
    assert "4.03.00" in resposta.problema(422)["detail"]


def test_demonstrativo_antigo_continua_a_achar_se(api: Api, casa: Cobranca) -> None:
    """Depois de outro emitido, o primeiro ainda se lê pelo seu número, com o que dizia."""
    numero = _analisado(casa)
    [feito] = _json(api.pegar("/demonstrativos/analise", protocolo=numero))["demonstrativos"]
    antigo = feito["cabecalho"]["numero"]
    casa.pago(numero)
    _json(api.pegar("/demonstrativos/analise", protocolo=numero))
    resposta = api.pegar(f"/demonstrativos/emitidos/000{antigo}")
    raiz = etree.fromstring(resposta.corpo)
    assert next(raiz.iter("{*}numeroDemonstrativo")).text == antigo
    assert next(raiz.iter("{*}situacaoProtocolo")).text == "3"
    api.pegar("/demonstrativos/emitidos/1").problema(404)


def test_accept_escolhe_o_formato(api: Api, casa: Cobranca) -> None:
    """Sem o campo, vale o Accept; o de um navegador dá HTML, e o de qualquer coisa, JSON."""
    numero = _analisado(casa)
    token = api.token()
    for aceita, tipo in (
        ("application/pdf", "application/pdf"),
        ("text/html,application/xhtml+xml;q=0.9", "text/html; charset=utf-8"),
        ("application/xml", "application/xml"),
        ("*/*", "application/json"),
    ):
        resposta = api.pedir(
            "GET", f"/demonstrativos/analise?protocolo={numero}", token=token,
            cabecalhos={"accept": aceita},
        )  # fmt: skip
        assert resposta.cabecalhos["content-type"] == tipo


# --- pagamento ------------------------------------------------------------------------------------


def test_pagamento_por_data_e_por_competencia(api: Api, casa: Cobranca) -> None:
    """Por data feita, data prevista ou mês, o mesmo líquido: 31 = 23 - 29 + 30."""
    _reter_inss(casa)
    numero = _analisado(casa)
    casa.pago(numero, data=date(2026, 3, 30), data_prevista=DIA)
    pedidos = ({"data": "2026-03-30"}, {"data": "2026-03-31"}, {"competencia": "03/2026"})
    for periodo in pedidos:
        campos = {"prestador": CODIGO, **periodo}
        feito = _json(api.pegar("/demonstrativos/pagamento", **campos))
        assert feito["liquido"] == {
            "bruto": "1354.56", "debitos": "149.00", "creditos": "0.00", "liquido": "1205.56"
        }  # fmt: skip
        na_pagina = _html(api.pegar("/demonstrativos/pagamento", formato="html", **campos))
        no_papel = _pdf(api.pegar("/demonstrativos/pagamento", formato="pdf", **campos))
        assert cifras(na_pagina) == cifras(no_papel)
        for textos in (na_pagina, no_papel):
            assert _par(textos, "15 - Número do protocolo") == str(numero)
            assert _par(textos, "23 - Valor liberado por data (R$)") == "1.354,56"
            assert _par(textos, "29 - Total demais débitos por data (R$)") == "149,00"
            assert _par(textos, "31 - Valor final a receber por data (R$)") == "1.205,56"
            assert _par(textos, "42 - Valor final a receber (R$)") == "1.205,56"
        validar_resposta(
            api.pegar("/demonstrativos/pagamento", formato="xml", **campos).corpo, EM_VIGOR
        )


def test_pagamento_odontologico(api: Api, casa: Cobranca) -> None:
    """O que se pagou de odontologia sai no seu demonstrativo, e não no outro."""
    numero = casa.liberado(["80.00"], tipo=TipoGuia.ODONTO)
    casa.pago(numero)
    campos = {"prestador": CODIGO, "competencia": "202603"}
    feito = _json(api.pegar("/demonstrativos/pagamento-odonto", **campos))
    assert feito["liquido"]["liquido"] == "80.00"
    na_pagina = _html(api.pegar("/demonstrativos/pagamento-odonto", formato="html", **campos))
    no_papel = _pdf(api.pegar("/demonstrativos/pagamento-odonto", formato="pdf", **campos))
    assert cifras(na_pagina) == cifras(no_papel)
    assert "Demonstrativo de pagamento - tratamento odontológico" in no_papel
    api.pegar("/demonstrativos/pagamento", **campos).problema(404)


def test_periodo_e_data_ou_competencia(api: Api) -> None:
    """Nenhuma das duas, ou as duas, é 422."""
    for periodo in ({}, {"data": "2026-03-31", "competencia": "202603"}):
        resposta = api.pegar("/demonstrativos/pagamento", prestador=CODIGO, **periodo)
        assert resposta.campos() == {"data"}


def test_sem_pagamento_nao_ha_o_que_demonstrar(api: Api) -> None:
    """Um mês sem pagamentos, ou um prestador que não há, é 404."""
    for prestador in (CODIGO, "nenhum"):
        campos = {"prestador": prestador, "competencia": "202603"}
        api.pegar("/demonstrativos/pagamento", **campos).problema(404)
        assert api.pegar("/demonstrativos/inss", **campos).status == (
            200 if prestador == CODIGO else 404
        )


# --- capa e relatório -----------------------------------------------------------------------------


def test_capa_diz_de_quem_e_o_lote_e_o_que_traz(api: Api, casa: Cobranca) -> None:
    """Operadora, prestador, lote, competência, as guias com os seus números e o total."""
    numero = casa.lote(["100.00", "50.00"], ["1234.56"])
    na_pagina = _html(api.pegar(f"/protocolos/{numero}/capa", formato="html"))
    no_papel = _pdf(api.pegar(f"/protocolos/{numero}/capa", formato="pdf"))
    assert cifras(na_pagina) == cifras(no_papel) == ["150,00", "1.234,56", "1.384,56"]
    guias = casa.guias(numero)
    for textos in (na_pagina, no_papel):
        assert textos[0] == "Capa de lote"
        assert _par(textos, "Código na operadora") == CODIGO
        assert _par(textos, "Competência") == "03/2026"
        assert _par(textos, "Tipo de guia") == "SP/SADT"
        assert _par(textos, "Situação do protocolo") == "1 - Recebido"
        for guia in guias:
            assert guia.numero_prestador in textos
            assert guia.numero_operadora in textos
        assert {"S1", "00123", "10/03/2026"} <= set(textos)
        assert "Recebido por - data e assinatura" in textos


def test_totais_da_capa_contam_as_glosas_depois_da_analise(api: Api, casa: Cobranca) -> None:
    """Guias e itens com glosas são zero enquanto a análise corre, e os dela quando acaba."""
    numero = casa.lote(["100.00", "50.00"], ["10.00"], ["20.00"])
    casa.registrar(
        numero,
        de_guia(1, de_item(1, "100.00", glosa("30.00")), de_item(2, "50.00", glosa("0.00"))),
        de_guia(2, de_item(1, "10.00"), glosas=(glosa("0.00", "1308"),)),
        de_guia(3, de_item(1, "20.00")),
    )
    totais = {"guiasApresentadas": 3, "itensApresentados": 4}
    nada = {**totais, "guiasComGlosas": 0, "itensComGlosas": 0}
    assert _json(api.pegar(f"/protocolos/{numero}/capa"))["totais"] == nada
    casa.finalizar(numero)
    com = {**totais, "guiasComGlosas": 2, "itensComGlosas": 2}
    assert _json(api.pegar(f"/protocolos/{numero}/capa"))["totais"] == com
    textos = _pdf(api.pegar(f"/protocolos/{numero}/capa", formato="pdf"))
    rotulos = ("Guias apresentadas", "Guias com glosas", "Itens apresentados", "Itens com glosas")
    assert [_par(textos, rotulo) for rotulo in rotulos] == ["3", "2", "4", "2"]


def test_relatorio_traz_itens_glosas_e_totais(api: Api, casa: Cobranca) -> None:
    """Cada item com os seus quatro valores e códigos, cada guia e o protocolo com os seus."""
    numero = _analisado(casa)
    na_pagina = _html(api.pegar(f"/protocolos/{numero}/relatorio", formato="html"))
    no_papel = _pdf(api.pegar(f"/protocolos/{numero}/relatorio", formato="pdf"))
    esperado = [
        "100,00", "100,00", "70,00", "30,00",
        "50,00", "50,00", "50,00", "0,00",
        "150,00", "150,00", "120,00", "30,00",
        "1.234,56", "1.234,56", "1.234,56", "0,00",
        "1.234,56", "1.234,56", "1.234,56", "0,00",
        "1.384,56", "1.384,56", "1.354,56", "30,00",
    ]  # fmt: skip
    assert cifras(na_pagina) == cifras(no_papel) == esperado
    assert na_pagina.count("1705") == no_papel.count("1705") == 1


def test_guia_cancelada_nao_esta_na_capa(api: Api, casa: Cobranca) -> None:
    """A capa traz as guias que valem; a de um protocolo cancelado inteiro, as que ele trazia."""
    numero = casa.lote(["100.00"], ["10.00"])
    protocolo = casa.protocolo(numero)
    with casa.banco.escrita() as conn:
        assert protocolo.lote_id is not None
        partes_pagas.mudar_guias(conn, protocolo.id, protocolo.lote_id, [1], _S.CANCELADO)
    uma = _json(api.pegar(f"/protocolos/{numero}/capa"))
    assert [g["valores"]["informado"] for g in uma["guias"]] == ["10.00"]
    casa.andar(numero, _S.CANCELADO)
    textos = _html(api.pegar(f"/protocolos/{numero}/capa", formato="html"))
    assert _par(textos, "Situação do protocolo") == "9 - Cancelado"
    assert _par(textos, "Guias apresentadas") == "2"


def test_homologacao_se_diz_no_impresso(api: Api, casa: Cobranca) -> None:
    """A capa de um lote de homologação não se confunde com a de um real."""
    numero = casa.lote(["100.00"], homologacao=True)
    assert _html(api.pegar(f"/protocolos/{numero}/capa", formato="html"))[0] == (
        "Capa de lote - homologação"
    )


# --- INSS -------------------------------------------------------------------------------------


def test_declaracao_de_inss_soma_as_retencoes_do_mes(api: Api, casa: Cobranca) -> None:
    """Dois pagamentos de março e um de abril: a de março tem os seus dois, e as bases deles."""
    _reter_inss(casa)
    casa.pago(casa.liberado(["100.00"]), data=date(2026, 3, 1))
    estornado = casa.pago(casa.liberado(["200.50"]), data=DIA)
    casa.pago(casa.liberado(["1000.00"]), data=date(2026, 4, 1))
    casa.estornar(estornado)
    campos = {"prestador": CODIGO, "competencia": "03/2026"}
    lida = _json(api.pegar("/demonstrativos/inss", **campos))
    assert (lida["base"], lida["retido"]) == ("300.50", "33.06")
    assert [r["valor"] for r in lida["retidas"]] == ["11.00", "22.06"]
    assert [r["estornadoEm"] is None for r in lida["retidas"]] == [True, False]
    na_pagina = _html(api.pegar("/demonstrativos/inss", formato="html", **campos))
    no_papel = _pdf(api.pegar("/demonstrativos/inss", formato="pdf", **campos))
    assert cifras(na_pagina) == cifras(no_papel)
    assert cifras(no_papel) == ["100,00", "11,00", "200,50", "22,06", "300,50", "33,06"]
    assert _par(no_papel, "Mês") == "03/2026"
    assert any("R$ 33,06" in texto for texto in na_pagina)


def test_so_o_inss_entra_na_declaracao(api: Api, casa: Cobranca) -> None:
    """Outros tributos retidos do mesmo pagamento ficam de fora; um mês sem INSS o diz."""
    with casa.banco.escrita() as conn:
        politicas_de_cobranca.gravar_retencoes(
            conn, casa.operadora, None, {TipoLancamento.IRRF: Decimal("1.5")}
        )
    casa.pago(casa.liberado(["100.00"]))
    campos = {"prestador": CODIGO, "competencia": "202603"}
    lida = _json(api.pegar("/demonstrativos/inss", **campos))
    assert (lida["retidas"], lida["retido"]) == ([], "0.00")
    textos = _pdf(api.pegar("/demonstrativos/inss", formato="pdf", **campos))
    assert "Não houve retenção de INSS nos pagamentos de 03/2026." in textos


def test_previa_impressa_diz_o_que_a_api_diz(api: Api, casa: Cobranca) -> None:
    """Bases, lotes com a taxa rateada, débitos e líquido: as mesmas cifras em JSON, HTML e PDF."""
    _reter_inss(casa)
    tarifa = Desconto(Indicador.DEBITO, TipoLancamento.DESCONTO_FINANCEIRO, "Taxa", Decimal("3.01"))
    criado = casa.pagar(casa.liberado(["100.00"]), casa.liberado(["200.00"]), descontos=(tarifa,))
    caminho = f"/pagamentos/{criado.pagamento.id}/previa"
    lida = _json(api.pegar(caminho))
    assert [lote["valorTaxaAdministrativa"] for lote in lida["lotes"]] == ["1.00", "2.01"]
    na_pagina = _html(api.pegar(caminho, formato="html"))
    no_papel = _pdf(api.pegar(caminho, formato="pdf"))
    assert cifras(na_pagina) == cifras(no_papel)
    assert _par(no_papel, "Valor base (R$)") == "300,00"
    assert _par(no_papel, "INSS (R$)") == "33,00"
    assert _par(no_papel, "Valor líquido (R$)") == "267,00"
    assert _par(no_papel, "Valor final a receber (R$)") == "263,99"
    assert {"1,00", "2,01", "3,01"} <= set(cifras(no_papel))
    assert "Prévia de pagamento" in " ".join(no_papel)
    casa.confirmar(criado)
    assert "Relatório de pagamento" in " ".join(_pdf(api.pegar(caminho, formato="pdf")))


# --- quem vê, e o que fica anotado ------------------------------------------------------------


def test_cada_impresso_com_dados_de_pacientes_se_audita(api: Api, casa: Cobranca) -> None:
    """Antes de os dados saírem fica quem os pediu, de quê e em que formato."""
    numero = _analisado(casa)
    casa.pago(numero)
    periodo = {"prestador": CODIGO, "competencia": "202603"}
    feito = _json(api.pegar("/demonstrativos/analise", protocolo=numero))
    dado = feito["demonstrativos"][0]["cabecalho"]["numero"]
    pago = _json(api.pegar("/demonstrativos/pagamento", **periodo))["cabecalho"]["numero"]
    api.pegar(f"/protocolos/{numero}/capa", formato="pdf")
    api.pegar(f"/demonstrativos/emitidos/{dado}")
    anotados = [(tipo, alvo, d.get("formato")) for tipo, alvo, d in _acessos(api.mesa)]
    assert anotados == [
        ("demonstrativo", dado, "json"),
        ("demonstrativo", pago, "json"),
        ("protocolo", str(numero), "pdf"),
        ("demonstrativo", dado, None),
    ]


def test_de_outra_operadora_nada_existe(api: Api, casa: Cobranca) -> None:
    """Protocolo, prestador e demonstrativo de outra operadora respondem 404, sem nada emitir."""
    numero = _analisado(casa)
    casa.pago(numero)
    [feito] = _json(api.pegar("/demonstrativos/analise", protocolo=numero))["demonstrativos"]
    alheia = outra_operadora(casa.banco)
    token = api.token(Escopo.LEITURA, operadora=alheia)
    for endereco in (
        f"/demonstrativos/analise?protocolo={numero}",
        f"/demonstrativos/pagamento?prestador={CODIGO}&competencia=202603",
        f"/demonstrativos/pagamento-odonto?prestador={CODIGO}&competencia=202603",
        f"/demonstrativos/inss?prestador={CODIGO}&competencia=202603",
        f"/demonstrativos/emitidos/{feito['cabecalho']['numero']}",
        f"/protocolos/{numero}/capa",
        f"/protocolos/{numero}/relatorio",
    ):
        api.pedir("GET", endereco, token=token).problema(404)


def test_formato_que_nao_ha(api: Api, casa: Cobranca) -> None:
    """A capa não tem XML: o padrão não a prevê."""
    numero = _analisado(casa)
    assert api.pegar(f"/protocolos/{numero}/capa", formato="xml").campos() == {"formato"}
    assert api.pegar("/demonstrativos/analise", protocolo=numero, formato="doc").campos() == {
        "formato"
    }
