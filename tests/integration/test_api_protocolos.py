"""``GET /api/v1/protocolos``: o que a lista diz, o que se filtra e o que se recusa."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from integration.api import Api, abrir_api

from dominio.competencia import agora, competencia, dia
from dominio.lote import TipoGuia
from dominio.situacao import StatusProtocolo

if TYPE_CHECKING:
    from collections.abc import Callable

    from integration.recepcao import AbrirMesa

S = StatusProtocolo
_INJECAO = "1' OR '1'='1"


def _numeros(api: Api, **consulta: object) -> list[str]:
    dados = api.pegar("/protocolos", **consulta).dados
    return [p["numeroProtocolo"] for p in dados["protocolos"]]


def test_lista_traz_as_colunas_da_manutencao_de_lotes(api: Api) -> None:
    """Sequencial, protocolo, lote, data, críticas, quantidade, tipo, situação, canal e valores."""
    recibo = api.mesa.enviar_lote("L7", tipo=TipoGuia.SADT, guias=2)
    [linha] = api.pegar("/protocolos").dados["protocolos"]
    guardado = api.mesa.protocolo(recibo.protocolo)
    assert linha["sequencial"] is None
    assert linha["numeroProtocolo"] == recibo.protocolo
    assert linha["numeroLotePrestador"] == "L7"
    assert linha["dataProtocolo"] == dia(guardado.recebido_em).isoformat()
    assert linha["competencia"] == competencia(dia(guardado.recebido_em))
    # o número de lote com letra é uma crítica
    assert linha["qtdCriticas"] == 1
    assert linha["qtdGuias"] == 2
    assert (linha["tipoGuia"], linha["tipoGuiaTexto"]) == ("guiaSP-SADT", "SP/SADT")
    assert linha["situacao"] == {
        "codigo": 1, "texto": "Recebido", "cor": {"nome": "azul", "hexadecimal": "#1d4ed8"},
    }  # fmt: skip
    assert (linha["canal"], linha["canalTexto"]) == ("soap", "Web service")
    assert linha["valores"] == {
        "informado": str(guardado.informado), "processado": "0.00", "glosado": "0.00",
        "liberado": "0.00",
    }  # fmt: skip
    assert linha["recebidoEm"].endswith("-03:00")


def test_numeros_saem_com_oito_algarismos_quando_se_pede(nova_mesa: AbrirMesa) -> None:
    """Com ``largura=8`` o protocolo ganha zeros à esquerda."""
    mesa = nova_mesa(operadora={"inicio_serie": 2012})
    mesa.enviar_lote("1")
    with abrir_api(mesa) as api:
        [linha] = api.pegar("/protocolos", largura=8).dados["protocolos"]
        [sem] = api.pegar("/protocolos").dados["protocolos"]
    assert linha["numeroProtocolo"] == "00002012"
    assert sem["numeroProtocolo"] == "2012"


@pytest.mark.parametrize(
    ("tipo", "nome"),
    [
        (TipoGuia.CONSULTA, "Consulta"),
        (TipoGuia.SADT, "SP/SADT"),
        (TipoGuia.INTERNACAO, "Resumo de internação"),
        (TipoGuia.HONORARIOS, "Honorários"),
        (TipoGuia.ODONTO, "Tratamento odontológico"),
    ],
)
def test_tipo_de_guia_tem_nome(api: Api, tipo: TipoGuia, nome: str) -> None:
    """Cada um dos cinco tipos de guia aparece pelo nome que se usa na tela."""
    api.mesa.enviar_lote("1", tipo=tipo)
    [linha] = api.pegar("/protocolos", tipoGuia=tipo.value).dados["protocolos"]
    assert linha["tipoGuiaTexto"] == nome


def test_cada_filtro_separa_o_que_diz(api: Api) -> None:
    """Número com e sem zeros, lote, prestador, tipo, situação, competência, período e origem."""
    um = api.mesa.enviar_lote("11", tipo=TipoGuia.CONSULTA).protocolo
    dois = api.mesa.enviar_lote("22", tipo=TipoGuia.SADT).protocolo
    api.mesa.transitar(dois, S.EM_ANALISE)
    hoje = dia(agora())
    mes, ano = f"{hoje:%m}", f"{hoje:%Y}"
    for consulta, esperados in (
        ({"numero": um}, {um}),
        ({"numero": f"0000{um}"}, {um}),
        ({"lote": "22"}, {dois}),
        ({"prestador": "013950"}, {um, dois}),
        ({"prestador": "outro"}, set()),
        ({"tipoGuia": "guiaSP-SADT"}, {dois}),
        ({"status": 2}, {dois}),
        ({"status": [1, 2]}, {um, dois}),
        ({"competencia": f"{ano}{mes}"}, {um, dois}),
        ({"competencia": f"{mes}/{ano}"}, {um, dois}),
        ({"competencia": "01/2001"}, set()),
        ({"recebidoDe": hoje.isoformat(), "recebidoAte": hoje.isoformat()}, {um, dois}),
        ({"recebidoAte": "2001-01-01"}, set()),
        ({"recebidoDe": "9999-12-31"}, set()),
        ({"recebidoDe": "0001-01-01", "recebidoAte": "9999-12-31"}, {um, dois}),
        ({"origem": "soap"}, {um, dois}),
        ({"origem": "upload"}, set()),
        ({"operadora": "999999"}, {um, dois}),
        ({"operadora": "99999-9"}, {um, dois}),
    ):
        assert set(_numeros(api, **consulta)) == esperados, consulta


def test_competencia_e_o_mes_de_sao_paulo(
    api: Api, no_instante: Callable[[datetime], None]
) -> None:
    """Um lote das 23h30 do último dia do mês em São Paulo é desse mês, embora não em UTC."""
    no_instante(datetime(2031, 2, 1, 2, 30, tzinfo=UTC))
    numero = api.mesa.enviar_lote("1").protocolo
    assert _numeros(api, competencia="203101") == [numero]
    assert _numeros(api, competencia="203102") == []


def test_homologacao_fica_fora_da_lista(nova_mesa: AbrirMesa) -> None:
    """Os protocolos de homologação só aparecem a quem os pede."""
    mesa = nova_mesa(prestador={"homologacao": True})
    numero = mesa.enviar_lote("1").protocolo
    with abrir_api(mesa) as api:
        assert _numeros(api) == []
        assert _numeros(api, homologacao="true") == [numero]


@pytest.mark.parametrize(
    ("consulta", "campo"),
    [
        ({"numero": "12a"}, "numero.0"),
        ({"numero": _INJECAO}, "numero.0"),
        ({"numero": "9" * 19}, "numero.0"),
        ({"status": "11"}, "status.0"),
        ({"status": "dois"}, "status.0"),
        ({"tipoGuia": "SADT"}, "tipoGuia"),
        ({"competencia": "202613"}, "competencia"),
        ({"competencia": "13/2026"}, "competencia"),
        ({"competencia": "000001"}, "competencia"),
        ({"recebidoDe": "2026-02-30"}, "recebidoDe"),
        ({"recebidoDe": "20260101"}, "recebidoDe"),
        ({"recebidoAte": "ontem"}, "recebidoAte"),
        ({"origem": "fax"}, "origem"),
        ({"homologacao": "talvez"}, "homologacao"),
        ({"limite": "0"}, "limite"),
        ({"limite": "501"}, "limite"),
        ({"limite": "9" * 40}, "limite"),
        ({"limite": "dez"}, "limite"),
        ({"largura": "13"}, "largura"),
        ({"formato": "xlsx"}, "formato"),
        ({"lote": "a\x00b"}, "lote"),
        ({"prestador": "x" * 61}, "prestador"),
        ({"operadora": "12345"}, "operadora"),
        ({"situacao": "1"}, "situacao"),
        ({"cursor": "lixo"}, "cursor"),
        ({"cursor": "x" * 5000}, "cursor"),
        ({"cursor": "cHwxfDI="[::-1]}, "cursor"),
        ({"cursor": "Z3wxfDI"}, "cursor"),
        ({"cursor": "cHwtNXwy"}, "cursor"),
        ({"cursor": "cHw5OTk5OTk5OTk5OTk5OTk5OTk5OTl8Mg"}, "cursor"),
        ({"cursor": "é"}, "cursor"),
    ],
)
def test_filtro_que_nao_serve_e_recusado_pelo_nome(
    api: Api, consulta: dict[str, str], campo: str
) -> None:
    """Um valor impossível, ou um campo que não existe, é 422 e diz em que campo está o erro."""
    resposta = api.pegar("/protocolos", **consulta)
    assert resposta.campos() == {campo}
    texto = resposta.problema(422)["erros"][0]["texto"]
    assert not set(texto.split()) & {"Input", "should", "be", "Field", "value"}
    assert _INJECAO not in resposta.corpo.decode()


@pytest.mark.parametrize("campo", ["lote", "prestador"])
@pytest.mark.parametrize("valor", [_INJECAO, "'; DROP TABLE protocolo; --", "%", "_", "\\", '"'])
def test_texto_de_sql_e_so_um_valor(api: Api, campo: str, valor: str) -> None:
    """Um filtro com SQL dentro não acha nada e não estraga nada."""
    numero = api.mesa.enviar_lote("1").protocolo
    assert _numeros(api, **{campo: valor}) == []
    assert _numeros(api) == [numero]


def test_csv_e_o_que_o_excel_brasileiro_abre(api: Api) -> None:
    """UTF-8 com BOM, ponto e vírgula, vírgula decimal e data dia/mês/ano; a lista vem inteira."""
    for numero in ("1", "2", "3"):
        api.mesa.enviar_lote(numero)
    resposta = api.pegar("/protocolos", formato="csv", limite=1)
    assert resposta.corpo.startswith(b"\xef\xbb\xbfSequencial;Protocolo;")
    titulos, *linhas = resposta.linhas
    assert [linha[titulos.index("Lote do prestador")] for linha in linhas] == ["1", "2", "3"]
    guardado = api.mesa.protocolo(linhas[0][1])
    assert linhas[0][titulos.index("Valor informado")] == str(guardado.informado).replace(".", ",")
    assert linhas[0][titulos.index("Data do protocolo")].startswith(
        f"{dia(guardado.recebido_em):%d/%m/%Y} "
    )
    assert resposta.cabecalhos["content-disposition"] == 'attachment; filename="protocolos.csv"'


def test_accept_pede_o_csv(api: Api) -> None:
    """``Accept: text/csv`` dá a planilha, e o campo ``formato`` vale mais do que ele."""
    aceita = {"accept": "text/csv, */*;q=0.1"}
    token = api.token()
    assert api.pedir("GET", "/protocolos", token=token, cabecalhos=aceita).linhas
    outra = api.pedir("GET", "/protocolos?formato=json", token=token, cabecalhos=aceita)
    assert outra.dados["protocolos"] == []


@pytest.mark.parametrize("comeco", ["=", "+", "-", "@"])
def test_celula_que_seria_formula_ganha_apostrofo(nova_mesa: AbrirMesa, comeco: str) -> None:
    """Um texto vindo do prestador que começaria uma fórmula não é fórmula na planilha."""
    mesa = nova_mesa(prestador={"nome": f"{comeco}HYPERLINK(1)"})
    mesa.enviar_lote("1")
    with abrir_api(mesa) as api:
        titulos, linha = api.pegar("/protocolos", formato="csv").linhas
    assert linha[titulos.index("Prestador")] == f"'{comeco}HYPERLINK(1)"


def test_legenda_tem_as_nove_situacoes_com_cor(api: Api) -> None:
    """As nove situações da tela e as três a mais do padrão têm nome e cor, nenhuma repetida."""
    legenda = api.pegar("/situacoes").dados["situacoes"]
    textos = {s["texto"] for s in legenda}
    assert textos >= {
        "Não enviado para a operadora", "Necessário ajuste no lote", "Em processamento",
        "Recebido", "Em análise", "Liberado para pagamento", "Encerrado sem pagamento",
        "Analisado e aguardando liberação", "Pagamento efetuado",
    }  # fmt: skip
    assert {s["codigo"] for s in legenda} == {None, 1, 2, 3, 4, 5, 6, 8, 9, 10}
    assert len({s["cor"]["nome"] for s in legenda}) == len(legenda) == 12
    assert len({s["cor"]["hexadecimal"] for s in legenda}) == 12


def test_ligacao_leva_a_continuacao_com_os_mesmos_filtros(api: Api) -> None:
    """``Link`` aponta a página seguinte, sem nome de máquina, e só quando já a há."""
    for numero in ("1", "2", "3"):
        api.mesa.enviar_lote(numero)
    primeira = api.pegar("/protocolos", limite=2, status=1)
    ligacao = primeira.cabecalhos["link"]
    assert ligacao.startswith("<?limite=2&status=1&cursor=")
    assert ligacao.endswith('>; rel="next"')
    segunda = api.pedir("GET", f"/protocolos{ligacao[1:].partition('>')[0]}", token=api.token())
    assert [p["numeroLotePrestador"] for p in segunda.dados["protocolos"]] == ["3"]
    assert "link" not in segunda.cabecalhos


def test_situacao_de_varios_lotes_pede_se_de_uma_vez(api: Api) -> None:
    """Os números dizem-se todos num pedido, com ou sem zeros, até cem; o que não há não vem."""
    um, dois, _ = (api.mesa.enviar_lote(str(n), semente=n).protocolo for n in (1, 2, 3))
    api.mesa.transitar(dois, S.EM_ANALISE)
    vistos = api.pegar("/protocolos", numero=[f"0000{um}", dois, "77"]).dados["protocolos"]
    assert {p["numeroProtocolo"]: p["situacao"]["codigo"] for p in vistos} == {um: 1, dois: 2}
    assert api.pegar("/protocolos", numero=["1"] * 101).campos() == {"numero"}


def test_linha_diz_situacao_do_lote_e_se_esta_faturado(api: Api) -> None:
    """As situações das telas: do lote, enviado; do protocolo, em análise e depois faturado."""
    numero = api.mesa.enviar_lote("1").protocolo
    vistas = []
    for situacao in (None, S.EM_ANALISE, S.ANALISADO, S.LIBERADO, S.PAGO):
        if situacao is not None:
            api.mesa.transitar(numero, situacao)
        [linha] = api.pegar("/protocolos").dados["protocolos"]
        assert linha["situacaoLote"] == "Enviado à operadora"
        vistas.append((linha["situacao"]["codigo"], linha["faturado"]))
    assert vistas == [(1, False), (2, False), (5, False), (3, True), (6, True)]
    titulos, celulas = api.pegar("/protocolos", formato="csv").linhas
    assert dict(zip(titulos, celulas, strict=True))["Situação do lote"] == "Enviado à operadora"


def test_acoes_da_linha_seguem_a_situacao_e_as_regras(api: Api) -> None:
    """Sem faturar não se oferece o recurso, se a operadora assim quer; nem o demonstrativo."""
    numero = api.mesa.enviar_lote("1").protocolo

    def oferecidas() -> tuple[set[str], set[str]]:
        [linha] = api.pegar("/protocolos").dados["protocolos"]
        inteiro = api.pegar(f"/protocolos/{numero}").dados
        return tuple({a["acao"] for a in p["acoes"]} for p in (linha, inteiro))  # type: ignore[return-value]

    sempre = {"detalhes", "relatorio", "capa", "situacao"}
    assert oferecidas() == (sempre, sempre)
    api.mesa.transitar(numero, S.EM_ANALISE, S.ANALISADO)
    com_tudo = sempre | {"demonstrativo", "glosas", "recurso"}
    assert oferecidas() == (com_tudo, com_tudo)
    api.enviar("PUT", "/regras/recurso-nao-faturado", {"nivel": "recusa"})
    sem_recurso = com_tudo - {"recurso"}
    assert oferecidas() == (sem_recurso, sem_recurso)
    api.mesa.transitar(numero, S.LIBERADO)
    assert oferecidas() == (com_tudo, com_tudo)
