"""Impressos: a mesma folha em HTML e PDF, com as cifras do valor e nada mais."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from datetime import date, time
from decimal import Decimal
from itertools import combinations
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from impressos_lidos import cifras, paginas, tamanhos, textos_do_html, textos_do_pdf

from backoffice.api import formas_de_demonstrativos as formas
from backoffice.impressos import analise_conta, formatos, html, pagamento, pdf
from backoffice.impressos.folha import (
    Assinaturas,
    Campo,
    Coluna,
    Ficha,
    Folha,
    Tabela,
    Texto,
)
from backoffice.impressos.papel import limpar
from dominio.analise import Glosa, Valores
from dominio.pagamento import (
    Desconto,
    Forma,
    Indicador,
    Liquido,
    TipoLancamento,
    TipoPagamento,
    apurar,
)
from dominio.situacao import StatusProtocolo
from handlers.demonstrativo import modelo
from handlers.demonstrativo.modelo import Tipo

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

DIA = date(2026, 3, 31)
UM = Valores(Decimal("192.00"), Decimal("192.00"), Decimal("70.00"), Decimal("122.00"))
CABECALHO = modelo.Cabecalho("419427", "Operadora Inventada", "11222333000181", "219911", DIA)
PESSOA = modelo.Contratado("013950", "Ana Lázaro", "8999999", None, "52998224725")
EMPRESA = modelo.Contratado("013950", "Clínica São Lázaro", "8999999", "11222333000181", None)


def _item(n: int = 1, valores: Valores = UM, **campos: Any) -> modelo.ItemDaConta:
    return modelo.ItemDaConta(
        **{
            "sequencial": n,
            "despesa": False,
            "data": date(2026, 3, 1),
            "tabela": "22",
            "codigo": "10101012",
            "descricao": "Consulta em consultório",
            "grau": None,
            "quantidade": Decimal("1.0000"),
            "quantidade_paga": Decimal("1.0000"),
            "valores": valores,
            "glosas": (Glosa("1004", valores.glosa),),
            "centro_consumo": None,
            **campos,
        }
    )


def _guia(n: int = 1, quantos: int = 1, **campos: Any) -> modelo.GuiaDaConta:
    return modelo.GuiaDaConta(
        **{
            "numero_prestador": f"{n:016d}",
            "numero_operadora": "000120240700002890",
            "senha": "123456789012345678",
            "nome_beneficiario": "Maria das Dores",
            "carteira": "00123456789012345",
            "inicio": date(2026, 3, 1),
            "hora_inicio": time(8, 5),
            "fim": None,
            "hora_fim": None,
            "situacao": StatusProtocolo.LIBERADO,
            "glosas": (),
            "itens": tuple(_item(i) for i in range(1, quantos + 1)),
            "valores": UM,
            "observacao": None,
            **campos,
        }
    )


def _analise(*guias: modelo.GuiaDaConta, **campos: Any) -> modelo.DemonstrativoAnalise:
    conta = modelo.Conta(
        "00000423", "00001994", date(2026, 3, 2), StatusProtocolo.LIBERADO, (), guias, UM
    )
    return modelo.DemonstrativoAnalise(
        **{
            "cabecalho": CABECALHO,
            "contratado": EMPRESA,
            "conta": conta,
            "geral": UM,
            "observacao": None,
            **campos,
        }
    )


def _pagamento(tipo: Tipo = Tipo.PAGAMENTO, **campos: Any) -> modelo.DemonstrativoPagamento:
    item = modelo.ItemPago(
        1, "22", "81000030", "Consulta odontológica", "11", None, "V", DIA, Decimal(1), UM,
        Decimal("2.00"), ("1705",),
    )  # fmt: skip
    guia = modelo.GuiaPaga(
        "G1", "O1", "S1", "00123", "Maria das Dores", TipoPagamento.INICIAL, UM,
        franquia=Decimal("2.00"), itens=(item,),
    )  # fmt: skip
    descontos = (
        Desconto(Indicador.DEBITO, TipoLancamento.INSS, "Retenção de INSS", Decimal("7.70")),
    )
    do_dia = modelo.PagamentoDaData(
        DIA, Forma.BOLETO, "041", "1234", "12345-6",
        (modelo.ProtocoloPago(DIA, "68494", "423", (guia,), UM, Decimal("2.00")),),
        UM, Decimal("2.00"), descontos, apurar(UM.liberado, descontos),
    )  # fmt: skip
    return modelo.DemonstrativoPagamento(
        **{
            "tipo": tipo,
            "cabecalho": CABECALHO,
            "contratado": EMPRESA,
            "inicio": DIA,
            "fim": DIA,
            "pagamentos": (do_dia,),
            "brutos": UM,
            "franquia": Decimal("2.00"),
            "descontos": (),
            "liquido": do_dia.liquido,
            "observacao": None,
            **campos,
        }
    )


def _numerados(textos: Iterable[str]) -> list[int]:
    achados = (re.match(r"([0-9]+) - [^0-9]", texto) for texto in textos)
    return [int(achado[1]) for achado in achados if achado]


def _par(textos: list[str], rotulo: str) -> str:
    """O texto que vem logo depois de um rótulo."""
    return textos[textos.index(rotulo) + 1]


def _folha(*blocos: Any, **campos: Any) -> Folha:
    base = {
        "titulo": "Teste",
        "nome": "teste",
        "cabecalho": (Campo("Operadora", "Operadora Inventada"),),
        "blocos": blocos,
        "emissao": DIA,
    }
    return Folha(**{**base, **campos})


# --- os campos do padrão --------------------------------------------------------------------


def test_analise_tem_os_campos_de_1_a_47() -> None:
    """Com uma guia e um item, cada campo do impresso aparece com o seu número e uma só vez."""
    textos = textos_do_html(html.escrever([analise_conta.montar(_analise(_guia()))]))
    assert _numerados(t for t in textos if not t.startswith("3 - Lib")) == list(range(1, 48))


def test_pagamento_tem_os_campos_de_1_a_50() -> None:
    """Com um débito em cada nível e observação, aparecem todos, os da guia depois do 20."""
    feito = _pagamento(
        descontos=_pagamento().pagamentos[0].descontos, observacao="Sem observações."
    )
    textos = textos_do_html(html.escrever([pagamento.montar(feito)]))
    ditos = [n for t in textos for n in _numerados([t]) if not re.match(r"[13] - (Bol|Ini|Déb)", t)]
    assert ditos == [*range(1, 21), *range(44, 51), *range(21, 44)]


def test_situacao_sai_com_o_codigo_do_padrao() -> None:
    """O campo 13 de um protocolo liberado é 3, diga a tela o que disser."""
    textos = textos_do_html(html.escrever([analise_conta.montar(_analise())]))
    assert _par(textos, "13 - Código da situação do protocolo") == "3 - Liberado para pagamento"


def test_liberado_geral_e_o_campo_46() -> None:
    """O valor da previsão de pagamento está no campo 46."""
    outro = UM._replace(liberado=Decimal("1234.56"))
    textos = textos_do_html(html.escrever([analise_conta.montar(_analise(geral=outro))]))
    assert _par(textos, "46 - Valor liberado geral (R$)") == "1.234,56"


def test_os_quatro_valores_imprimem_se_como_estao() -> None:
    """Informado zero com glosa maior que o processado sai assim mesmo, em cada nível."""
    estranhos = Valores(Decimal("0.00"), Decimal("70.00"), Decimal("70.00"), Decimal("122.00"))
    guia = _guia(valores=estranhos, itens=(_item(1, estranhos),))
    conta = _analise(guia).conta._replace(valores=estranhos)
    textos = textos_do_html(
        html.escrever([analise_conta.montar(_analise(conta=conta, geral=estranhos))])
    )
    assert cifras(textos) == ["0,00", "70,00", "70,00", "122,00"] * 4


def test_odonto_tem_franquia_e_nao_tem_numeros_de_outro_impresso() -> None:
    """O odontológico mostra procedimento, dente e franquia, sem os números do de pagamento."""
    folha = pagamento.montar(_pagamento(Tipo.ODONTO))
    textos = textos_do_html(html.escrever([folha]))
    assert "Dente ou região" in textos
    assert textos.count("Franquia (R$)") == 4
    assert max(_numerados(t for t in textos if not t.startswith(("3 - B", "1 - I")))) == 5


@pytest.mark.parametrize(("quem", "assina"), [(PESSOA, True), (EMPRESA, False)])
def test_so_a_pessoa_fisica_assina(quem: modelo.Contratado, assina: bool) -> None:
    """O demonstrativo de pessoa física tem onde assinar e carimbar; a jurídica manda nota."""
    for folha in (
        analise_conta.montar(_analise(contratado=quem)),
        pagamento.montar(_pagamento(contratado=quem)),
    ):
        textos = textos_do_pdf(pdf.escrever([folha]))
        assert ("Assinatura e carimbo do profissional" in textos) is assina


# --- formas brasileiras ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("valor", "texto"),
    [
        ("0", "0,00"), ("0.1", "0,10"), ("999.99", "999,99"), ("1234.5", "1.234,50"),
        ("-84.24", "-84,24"), ("99999999.99", "99.999.999,99"),
    ],
)  # fmt: skip
def test_reais(valor: str, texto: str) -> None:
    """Vírgula decimal, ponto de milhar, duas casas sempre."""
    assert formatos.reais(Decimal(valor)) == texto


@pytest.mark.parametrize(
    ("valor", "texto"),
    [("1.0000", "1"), ("0.5000", "0,5"), ("1234.5678", "1.234,5678"), ("10", "10")],
)
def test_quantidade(valor: str, texto: str) -> None:
    """Até quatro casas, sem os zeros do fim."""
    assert formatos.quantidade(Decimal(valor)) == texto


def test_datas_horas_e_cadastro() -> None:
    """Dia antes do mês, hora sem segundos, CNPJ e CPF pontuados, o que falta em branco."""
    assert formatos.data(date(2026, 3, 1)) == "01/03/2026"
    assert formatos.hora(time(8, 5, 59)) == "08:05"
    assert formatos.competencia("202603") == "03/2026"
    assert formatos.cadastro("12ABC34501DE35") == "12.ABC.345/01DE-35"
    assert formatos.cadastro("52998224725") == "529.982.247-25"
    assert [formatos.data(None), formatos.hora(None), formatos.cadastro(None)] == ["", "", ""]


# --- a mesma folha nas duas formas --------------------------------------------------------------

_REAIS = st.decimals(
    Decimal("-99999999.99"), Decimal("99999999.99"), places=2, allow_nan=False, allow_infinity=False
)
_VALORES = st.builds(Valores, _REAIS, _REAIS, _REAIS, _REAIS)
_TEXTOS = st.text("abcÀçãé<>&\"'()\\–“€ \n\t\x00\x85\xadΩ漢{}", max_size=60)
_ITENS = st.builds(
    lambda v, texto, glosas: _item(1, v, descricao=texto, glosas=glosas),
    _VALORES,
    _TEXTOS,
    st.lists(st.just(Glosa("1705", Decimal(1))), max_size=4).map(tuple),
)
_GUIAS = st.builds(
    lambda v, itens, texto: _guia(valores=v, itens=tuple(itens), nome_beneficiario=texto),
    _VALORES,
    st.lists(_ITENS, max_size=4),
    _TEXTOS,
)


def _brasileiro(valor: str) -> str:
    inteiro, _, centavos = valor.partition(".")
    sinal, algarismos = ("-", inteiro[1:]) if inteiro.startswith("-") else ("", inteiro)
    grupos = re.findall("[0-9]{1,3}", algarismos[::-1])
    return f"{sinal}{'.'.join(grupos)[::-1]},{centavos}"


def _quatro(objeto: dict[str, Any]) -> list[str]:
    return [objeto[nome] for nome in ("informado", "processado", "liberado", "glosado")]


def _todos_os_valores(objeto: Any) -> Iterator[list[str]]:
    if isinstance(objeto, dict):
        if "glosado" in objeto:
            yield _quatro(objeto)
        for dentro in objeto.values():
            yield from _todos_os_valores(dentro)
    elif isinstance(objeto, list):
        for dentro in objeto:
            yield from _todos_os_valores(dentro)


@settings(deadline=None, max_examples=60)
@given(guias=st.lists(_GUIAS, max_size=4), do_protocolo=_VALORES, geral=_VALORES, nome=_TEXTOS)
def test_analise_mostra_as_mesmas_cifras_em_toda_forma(
    guias: list[modelo.GuiaDaConta], do_protocolo: Valores, geral: Valores, nome: str
) -> None:
    """HTML, texto do PDF e JSON de qualquer análise têm os mesmos valores, todos os do modelo."""
    feito = _analise(*guias, geral=geral, contratado=EMPRESA._replace(nome=nome))
    feito = feito._replace(conta=feito.conta._replace(valores=do_protocolo))
    folha = analise_conta.montar(feito)
    no_html = cifras(textos_do_html(html.escrever([folha])))
    assert cifras(textos_do_pdf(pdf.escrever([folha]))) == no_html
    lido = json.loads(formas.analise(feito).model_dump_json(by_alias=True))
    no_json = [_brasileiro(v) for quatro in _todos_os_valores(lido) for v in quatro]
    assert sorted(no_html) == sorted(no_json)


@settings(deadline=None, max_examples=40)
@given(valores=_VALORES, total=_VALORES, franquia=_REAIS, debito=_REAIS, texto=_TEXTOS)
def test_pagamento_mostra_as_mesmas_cifras_em_toda_forma(
    valores: Valores, total: Valores, franquia: Decimal, debito: Decimal, texto: str
) -> None:
    """HTML, texto do PDF e JSON de qualquer pagamento têm os mesmos valores."""
    desconto = Desconto(Indicador.DEBITO, TipoLancamento.ISS, texto, debito)
    for tipo in (Tipo.PAGAMENTO, Tipo.ODONTO):
        feito = _pagamento(tipo, brutos=total, franquia=franquia, descontos=(desconto,))
        guia = feito.pagamentos[0].protocolos[0].guias[0]._replace(valores=valores)
        protocolo = feito.pagamentos[0].protocolos[0]._replace(guias=(guia,))
        do_dia = feito.pagamentos[0]._replace(
            protocolos=(protocolo,), liquido=Liquido(debito, debito, franquia, debito)
        )
        feito = feito._replace(pagamentos=(do_dia,))
        folha = pagamento.montar(feito)
        no_html = cifras(textos_do_html(html.escrever([folha])))
        assert cifras(textos_do_pdf(pdf.escrever([folha]))) == no_html
        lido = json.loads(formas.pagamento(feito).model_dump_json(by_alias=True))
        assert sorted(no_html) == sorted(_brasileiro(v) for v in _do_pagamento(lido))


def _do_pagamento(lido: dict[str, Any]) -> Iterator[str]:
    """Os valores que o impresso de um pagamento mostra, do JSON."""
    odonto = lido["tipo"] == "3"
    for nivel in (lido, *lido["pagamentos"]):
        yield from _quatro(nivel["brutos"])
        yield from (d["valor"] for d in nivel["descontos"])
        yield from (nivel["liquido"][nome] for nome in ("debitos", "creditos", "liquido"))
        yield from [nivel["franquia"]] * odonto
    for do_dia in lido["pagamentos"]:
        for protocolo in do_dia["protocolos"]:
            yield from _quatro(protocolo["valores"])
            yield from [protocolo["franquia"]] * odonto
            for guia in protocolo["guias"]:
                # o de pagamento não tem o informado da guia
                yield from _quatro(guia["valores"])[0 if odonto else 1 :]
                if odonto:
                    yield guia["franquia"]
                    for item in guia["itens"]:
                        yield from [*_quatro(item["valores"]), item["franquia"]]


# --- páginas -------------------------------------------------------------------------------------


def test_muitas_paginas_repetem_o_cabecalho_e_dizem_quantas_sao() -> None:
    """Cem guias de cinco itens: cada página tem o cabeçalho e o seu número do total."""
    folha = analise_conta.montar(_analise(*(_guia(n, 5) for n in range(1, 101))))
    lidas = paginas(pdf.escrever([folha]))
    assert len(lidas) > 30
    for n, pagina in enumerate(lidas, 1):
        assert pagina.textos[0] == "Demonstrativo de análise de conta"
        assert _par(pagina.textos, "3 - Nome da operadora") == "Operadora Inventada"
        assert pagina.textos[-1] == f"Pág. {n}/{len(lidas)}"


def test_tabela_que_passa_de_pagina_repete_os_seus_titulos() -> None:
    """Uma guia de 200 itens tem os rótulos das colunas em cada página em que há itens."""
    folha = analise_conta.montar(_analise(_guia(1, 200)))
    com_itens = [p for p in paginas(pdf.escrever([folha])) if "10101012" in p.textos]
    assert len(com_itens) > 2
    assert all("28 - Descrição" in pagina.textos for pagina in com_itens)
    assert sum(p.textos.count("10101012") for p in com_itens) == 200


@pytest.fixture(scope="module")
def apertadas() -> bytes:
    """Impressos com os maiores textos e valores em cada campo."""
    grande = Valores(*[Decimal("-99999999.99")] * 4)
    item = _item(1, grande, descricao="M" * 150, glosas=(Glosa("1705", Decimal(1)),) * 9)
    guia = _guia(itens=(item,) * 30, valores=grande, observacao="W" * 500, senha="W" * 20)
    longo = "Observação de muitas palavras. " * 15
    folhas = [
        analise_conta.montar(_analise(guia, geral=grande, observacao=longo)),
        pagamento.montar(_pagamento(Tipo.ODONTO, brutos=grande, franquia=grande[0])),
        pagamento.montar(_pagamento(brutos=grande, contratado=PESSOA, observacao=longo)),
    ]
    return pdf.escrever(folhas)


def test_nada_se_escreve_fora_das_margens(apertadas: bytes) -> None:
    """Tudo cai entre as margens, e acima do rodapé, em que só há o número da página."""
    # a margem é de 28,35 pontos, e o rodapé ocupa os 17 acima dela
    for pagina, (largura, _) in zip(paginas(apertadas), tamanhos(apertadas), strict=True):
        for escrito in pagina.escritos[:-1]:
            assert escrito.x >= 28.3, escrito
            assert escrito.fim <= largura - 28.3, escrito
            assert escrito.y > 45, escrito


def test_nada_se_escreve_por_cima_de_outra_coisa(apertadas: bytes) -> None:
    """Não há dois textos na mesma altura que se cruzem."""
    for pagina in paginas(apertadas):
        for um, outro in combinations(sorted(pagina.escritos), 2):
            if outro.x < um.fim:
                assert abs(um.y - outro.y) >= 0.7 * max(um.tamanho, outro.tamanho), (um, outro)


def test_cada_folha_conta_as_suas_paginas() -> None:
    """Três demonstrativos num arquivo: cada um começa em página nova e conta de 1."""
    folhas = [analise_conta.montar(_analise(*(_guia(n) for n in range(20)))) for _ in range(3)]
    numeros = [pagina.textos[-1] for pagina in paginas(pdf.escrever(folhas))]
    total = len(numeros) // 3
    assert total > 1
    assert numeros == [f"Pág. {n}/{total}" for n in range(1, total + 1)] * 3


def test_linha_mais_alta_que_a_pagina_continua_na_seguinte() -> None:
    """Uma célula que não cabe numa página reparte-se, sem perder nem repetir nada."""
    palavras = [f"p{n}" for n in range(3000)]
    tabela = Tabela(None, (Coluna("Nº", 1), Coluna("Texto", 2)), (("1", " ".join(palavras)),))
    lidas = paginas(pdf.escrever([_folha(tabela)]))
    assert len(lidas) > 1
    achadas = [p for pagina in lidas for t in pagina.textos for p in t.split() if p in palavras]
    assert achadas == palavras


def test_demonstrativo_vazio_ainda_e_um_impresso() -> None:
    """Sem guias, há uma página com o cabeçalho e os totais."""
    lidas = paginas(pdf.escrever([analise_conta.montar(_analise())]))
    assert [pagina.textos[-1] for pagina in lidas] == ["Pág. 1/1"]


def test_a_mesma_folha_da_os_mesmos_bytes() -> None:
    """O PDF de um demonstrativo não depende de quando se imprime."""
    folha = analise_conta.montar(_analise(_guia()))
    assert pdf.escrever([folha]) == pdf.escrever([folha])


# --- textos de fora ------------------------------------------------------------------------------


def test_html_nao_deixa_passar_marcacao() -> None:
    """Marcas em qualquer texto saem como texto, e a página não tem programa nem estilo em linha."""
    mau = "<script>alert(1)</script><img src=x onerror=y>\"'&"
    guia = _guia(nome_beneficiario=mau, senha=mau, observacao=mau)
    cada = (
        Texto(mau, mau),
        Assinaturas((mau,)),
        Tabela(mau, (Coluna(mau, 1),), ((mau,),)),
        Ficha(mau, (Campo(mau, mau),)),
    )
    for folha in (analise_conta.montar(_analise(guia)), _folha(*cada, titulo=mau)):
        dados = html.escrever([folha])
        lida = dados.decode()
        assert "<script" not in lida
        assert "<img" not in lida
        assert " style=" not in lida
        assert mau in textos_do_html(dados)


def test_a_politica_da_pagina_so_deixa_o_seu_estilo() -> None:
    """A política proíbe tudo, salvo o estilo cujo digest é o da própria página."""
    [estilo] = re.findall("<style>(.*?)</style>", html.escrever([_folha()]).decode(), re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(estilo.encode()).digest()).decode()
    politica = html.CABECALHOS["Content-Security-Policy"]
    assert f"style-src 'sha256-{digest}'" in politica
    assert politica.startswith("default-src 'none'")
    assert "unsafe" not in politica
    assert "url(" not in estilo


@pytest.mark.parametrize(
    ("cru", "limpo"),
    [
        ("Ação", "Ação"), ("a – “b”", 'a - "b"'), ("Łódź", "?ódz"), ("漢", "?"),
        ("a\n\tb\x00c\x85d", "a bc d"), ("so\xadma", "soma"), ("", ""),
    ],
)  # fmt: skip
def test_textos_do_pdf_ficam_em_iso_8859_1(cru: str, limpo: str) -> None:
    """O que a fonte não tem é trocado pelo mais próximo, e o que não se imprime, tirado."""
    assert limpar(cru) == limpo


def test_parenteses_e_barras_saem_como_estao() -> None:
    """Os caracteres que o PDF usa para si não mudam o texto nem o arquivo."""
    estranho = r"a) Tj ET \( {nb} %%EOF"
    folha = _folha(Ficha(None, (Campo("Campo", estranho, None),)))
    assert estranho in textos_do_pdf(pdf.escrever([folha]))
