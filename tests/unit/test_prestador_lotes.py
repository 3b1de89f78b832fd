"""Os lotes inventados são válidos, coerentes e repetíveis em todas as versões."""

from __future__ import annotations

import time
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from lxml import etree

from dominio.lote import TipoGuia
from dominio.transacoes import NS_TISS, POR_SERVICO
from dominio.versoes import VERSOES
from mensagem import hash_tiss
from prestador import mensagem_xml
from prestador.cabecalho import cabecalho
from prestador.invencao import Inventor
from prestador.lotes import corpo_lote, corpo_status
from prestador.valores import identificado
from tiss_xsd import esquema

if TYPE_CHECKING:
    from prestador.valores import Corpo, Identificado

HOJE = date(2026, 3, 20)
REGISTRO = "999999"
LOTE = POR_SERVICO["tissLoteGuias"]
STATUS = POR_SERVICO["tissSolicitacaoStatusProtocolo"]
CNPJ = "11222333000181"
IDENTIFICADOS = (
    identificado("codigo", "013950"),
    identificado("cnpj", CNPJ, codigo="013950"),
    identificado("cpf", "52998224725"),
)
NS = {"t": NS_TISS}


def _corpo(
    tipo: TipoGuia, versao: str, *, guias: int = 1, itens: int = 5, semente: int = 1
) -> Corpo:
    return corpo_lote(
        tipo,
        versao,
        prestador=IDENTIFICADOS[1],
        registro_ans=REGISTRO,
        guias=guias,
        itens=itens,
        semente=semente,
        hoje=HOJE,
    )


def _mensagem(corpo: Corpo, versao: str, prestador: Identificado) -> etree._Element:
    cab = cabecalho(LOTE.tipo_pedido, versao, prestador, REGISTRO, login="clinica", senha="segredo")
    return mensagem_xml.mensagem_ws(LOTE, cab, corpo)


def _erros(versao: str, mensagem: etree._Element) -> list[str]:
    if esquema(versao).valida(mensagem):
        return []
    return [f"{e.caminho}: {e.texto}" for e in esquema(versao).erros(mensagem)]


def _soma(guia: etree._Element, caminho: str) -> Decimal:
    return sum((Decimal(e.text or "") for e in guia.iterfind(caminho, NS)), Decimal(0))


@pytest.mark.parametrize("tipo", TipoGuia)
@pytest.mark.parametrize("versao", VERSOES)
@pytest.mark.parametrize(("guias", "itens"), [(1, 1), (3, 7), (100, 5)])
def test_lote_inventado_e_valido(tipo: TipoGuia, versao: str, guias: int, itens: int) -> None:
    """Lotes de 1 a 100 guias, com várias sementes, seguem o esquema da sua versão."""
    for semente, prestador in enumerate(IDENTIFICADOS):
        corpo = corpo_lote(
            tipo, versao, prestador=prestador, registro_ans=REGISTRO, hoje=HOJE,
            guias=guias, itens=itens, semente=semente,
        )  # fmt: skip
        mensagem = _mensagem(corpo, versao, prestador)
        assert _erros(versao, mensagem) == []
        assert guias == len(mensagem.findall(f"t:loteGuias/t:guiasTISS/t:{tipo}", NS))


@pytest.mark.parametrize("versao", VERSOES)
@pytest.mark.parametrize("prestador", IDENTIFICADOS, ids=lambda p: p.identificacao.forma)
def test_consulta_de_status_e_valida(versao: str, prestador: Identificado) -> None:
    """A consulta de um protocolo segue o esquema em toda versão e forma de identificação."""
    cab = cabecalho(STATUS.tipo_pedido, versao, prestador, REGISTRO)
    corpo = corpo_status(versao, prestador, "10000001")
    assert _erros(versao, mensagem_xml.mensagem_ws(STATUS, cab, corpo)) == []


@pytest.mark.parametrize("versao", VERSOES)
@pytest.mark.parametrize("tipo", TipoGuia)
def test_mensagem_em_arquivo_e_valida_e_tem_o_mesmo_hash(tipo: TipoGuia, versao: str) -> None:
    """O mesmo lote em mensagemTISS segue o esquema e tem o hash da forma de web service."""
    cab = cabecalho(LOTE.tipo_pedido, versao, IDENTIFICADOS[0], REGISTRO)
    corpo = _corpo(tipo, versao)
    arquivo = mensagem_xml.mensagem_arquivo(LOTE, cab, corpo, prefixo=None)
    servico = mensagem_xml.mensagem_ws(LOTE, cab, corpo)
    assert _erros(versao, arquivo) == []
    assert hash_tiss.informado(servico) == hash_tiss.informado(arquivo)


@pytest.mark.parametrize("semente", range(20))
@pytest.mark.parametrize("versao", ["3.05.00", "4.03.00"])
@pytest.mark.parametrize(
    ("tipo", "total"),
    [
        (TipoGuia.SADT, "t:valorTotal"),
        (TipoGuia.INTERNACAO, "t:valorTotal"),
    ],
)
def test_totais_por_categoria_somam_os_itens(
    tipo: TipoGuia, versao: str, total: str, semente: int
) -> None:
    """Procedimentos e cada categoria de despesa somam o que a guia declara, e o geral as soma."""
    categorias = {
        "01": "valorGasesMedicinais", "02": "valorMedicamentos", "03": "valorMateriais",
        "05": "valorDiarias", "07": "valorTaxasAlugueis", "08": "valorOPME",
    }  # fmt: skip
    mensagem = _mensagem(
        _corpo(tipo, versao, guias=2, itens=12, semente=semente), versao, IDENTIFICADOS[1]
    )
    for guia in mensagem.iterfind(f".//t:{tipo}", NS):
        esperados = {"valorProcedimentos": _soma(guia, ".//t:procedimentoExecutado/t:valorTotal")}
        for despesa in guia.iterfind("t:outrasDespesas/t:despesa", NS):
            nome = categorias[despesa.findtext("t:codigoDespesa", namespaces=NS) or ""]
            valor = _soma(despesa, "t:servicosExecutados/t:valorTotal")
            esperados[nome] = esperados.get(nome, Decimal(0)) + valor
        esperados["valorTotalGeral"] = sum(esperados.values(), Decimal(0))
        declarados = guia.find(total, NS)
        assert declarados is not None
        assert len(guia.findall("t:outrasDespesas/t:despesa", NS)) == 4
        assert esperados == {etree.QName(e).localname: Decimal(e.text or "") for e in declarados}


@pytest.mark.parametrize("semente", range(20))
def test_total_de_honorarios_e_odonto_soma_os_itens(semente: int) -> None:
    """O total de honorários e os três totais da odontologia são as somas dos itens."""
    honorarios = _mensagem(
        _corpo(TipoGuia.HONORARIOS, "4.03.00", semente=semente), "4.03.00", IDENTIFICADOS[1]
    )
    assert _soma(honorarios, ".//t:valorTotalHonorarios") == _soma(
        honorarios, ".//t:procedimentoRealizado/t:valorTotal"
    )
    odonto = _mensagem(
        _corpo(TipoGuia.ODONTO, "4.03.00", semente=semente), "4.03.00", IDENTIFICADOS[1]
    )
    for total, item in (
        ("valorTotalProc", "valorProc"),
        ("valorTotalFranquia", "valorFranquia"),
        ("qtdTotalUS", "qtdUS"),
    ):
        assert _soma(odonto, f".//t:{total}") == _soma(odonto, f".//t:{item}")


@pytest.mark.parametrize("semente", range(20))
@pytest.mark.parametrize("tipo", [TipoGuia.SADT, TipoGuia.INTERNACAO, TipoGuia.HONORARIOS])
def test_valor_do_item_e_quantidade_vezes_unitario_vezes_fator(
    tipo: TipoGuia, semente: int
) -> None:
    """O total de cada item fica a menos de um centavo de quantidade vezes unitário vezes fator."""
    mensagem = _mensagem(
        _corpo(tipo, "4.03.00", itens=9, semente=semente), "4.03.00", IDENTIFICADOS[1]
    )
    itens = mensagem.xpath(".//*[t:quantidadeExecutada]", namespaces=NS)
    assert len(itens) == 9
    for item in itens:
        produto = Decimal(1)
        for fator in ("quantidadeExecutada", "valorUnitario", "reducaoAcrescimo"):
            produto *= Decimal(item.findtext(f"t:{fator}", namespaces=NS))
        assert abs(produto - Decimal(item.findtext("t:valorTotal", namespaces=NS))) < Decimal(
            "0.01"
        )


@pytest.mark.parametrize("tipo", TipoGuia)
@pytest.mark.parametrize("semente", range(20))
def test_datas_nao_passam_de_hoje_e_execucao_vem_depois_da_autorizacao(
    tipo: TipoGuia, semente: int
) -> None:
    """Salvo a validade da senha, toda data é passada, e nada se executa antes de autorizado."""
    mensagem = _mensagem(
        _corpo(tipo, "4.03.00", itens=6, semente=semente), "4.03.00", IDENTIFICADOS[1]
    )
    guia = mensagem.find(f".//t:{tipo}", NS)
    assert guia is not None
    datas: dict[str, list[date]] = {}
    for campo in guia.iter():
        nome = etree.QName(campo).localname
        if len(campo) == 0 and nome.startswith("data"):
            datas.setdefault(nome, []).append(date.fromisoformat(campo.text or ""))
    validade = datas.pop("dataValidadeSenha", [])
    todas = [d for lista in datas.values() for d in lista]
    assert todas
    assert max(todas) < HOJE
    execucoes = datas.get("dataExecucao", []) + datas.get("dataRealizacao", [])
    antes = [*datas.get("dataAutorizacao", []), *datas.get("dataInicioFaturamento", [])]
    depois = [*validade, *datas.get("dataFinalFaturamento", []), *datas.get("dataEmissaoGuia", [])]
    assert all(a <= e for a in antes for e in execucoes)
    assert all(e <= d for d in depois for e in execucoes)


@pytest.mark.parametrize("tipo", TipoGuia)
def test_numeros_de_guia_sao_distintos_no_lote_e_entre_lotes(tipo: TipoGuia) -> None:
    """Nenhum número de guia se repete, nem entre lotes de números diferentes."""
    numeros = [
        e.text
        for lote in ("1", "10", "11")
        for e in _mensagem(
            corpo_lote(
                tipo, "4.03.00", prestador=IDENTIFICADOS[1], registro_ans=REGISTRO,
                numero_lote=lote, guias=100, itens=1, hoje=HOJE,
            ),
            "4.03.00",
            IDENTIFICADOS[1],
        ).iterfind(".//t:numeroGuiaPrestador", NS)
    ]  # fmt: skip
    assert len(numeros) == 300
    assert len(numeros) == len(set(numeros))


@pytest.mark.parametrize("tipo", TipoGuia)
def test_mesma_semente_mesmos_bytes(tipo: TipoGuia) -> None:
    """A mesma semente dá os mesmos bytes; outra semente, outros."""
    um, outro, terceiro = (
        etree.tostring(
            mensagem_xml.elemento("loteGuias", _corpo(tipo, "4.02.00", guias=5, semente=semente))
        )
        for semente in (7, 7, 8)
    )
    assert um == outro
    assert um != terceiro


@pytest.mark.parametrize("semente", range(50))
def test_documentos_inventados_tem_digitos_verificadores(semente: int) -> None:
    """CPF, CNPJ e CNS inventados passam na conferência dos seus dígitos."""
    sorteio = Inventor(semente)
    cpf, cnpj, cns = sorteio.cpf(), sorteio.cnpj(), sorteio.cns()
    assert (len(cpf), len(cnpj), len(cns)) == (11, 14, 15)
    for tamanho in (9, 10):
        pesado = sum(int(d) * (tamanho + 1 - i) for i, d in enumerate(cpf[:tamanho]))
        assert int(cpf[tamanho]) == pesado * 10 % 11 % 10
    for tamanho in (12, 13):
        pesado = sum(int(d) * (i % 8 + 2) for i, d in enumerate(reversed(cnpj[:tamanho])))
        assert int(cnpj[tamanho]) == (0 if pesado % 11 < 2 else 11 - pesado % 11)
    assert sum(int(d) * (15 - i) for i, d in enumerate(cns)) % 11 == 0


def test_textos_tem_acentos_e_cabem_em_iso_8859_1() -> None:
    """Os lotes trazem acentos e referências, e tudo existe em ISO-8859-1."""
    texto = "".join(
        hash_tiss.conteudo(_mensagem(_corpo(tipo, versao, guias=20), versao, IDENTIFICADOS[1]))
        for tipo in TipoGuia
        for versao in ("3.05.00", "4.03.00")
    )
    texto.encode("iso-8859-1")
    assert {"ã", "ç", "é", "&"} <= set(texto)


@pytest.mark.parametrize(
    ("opcoes", "trecho"),
    [({"guias": 0}, "ao menos uma guia"), ({"itens": 0}, "ao menos um item")],
)
def test_lote_sem_guia_ou_item_e_recusado(opcoes: dict[str, int], trecho: str) -> None:
    """Um lote vazio não é lote: o construtor o recusa."""
    with pytest.raises(ValueError, match=trecho):
        _corpo(TipoGuia.SADT, "4.03.00", **opcoes)


def test_versao_desconhecida_e_recusada() -> None:
    """O construtor não adivinha o esquema de uma versão que não conhece."""
    with pytest.raises(ValueError, match=r"9\.99\.99"):
        _corpo(TipoGuia.SADT, "9.99.99")


def test_lote_de_cem_guias_monta_em_menos_de_um_segundo() -> None:
    """Inventar, montar, selar e serializar 100 guias leva bem menos que um segundo."""
    inicio = time.perf_counter()
    _mensagem(_corpo(TipoGuia.SADT, "4.03.00", guias=100, itens=5), "4.03.00", IDENTIFICADOS[1])
    assert time.perf_counter() - inicio < 1
