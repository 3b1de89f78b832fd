from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from lxml import etree
from mensagens import Q, achar, lote, status

from dominio import erros
from dominio.lote import TipoGuia
from dominio.transacoes import NS_TISS
from dominio.versoes import VERSOES
from mensagem import contrato
from mensagem.erros_de_esquema import LIMITE, NA_FALHA, explicar, para_arquivo, resumo
from mensagem.recusa import Recusa

if TYPE_CHECKING:
    from collections.abc import Callable

    from mensagem.erros_de_esquema import ErroDeEsquema

CANARIO = "CANARIO52998224725"
XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
V = "4.03.00"
PREFIXOS = ["ans", None, "qualquer"]


def com(campo: str, valor: str, mensagem: etree._Element | None = None) -> etree._Element:
    """Uma mensagem em que o primeiro elemento de um nome tem outro valor."""
    nova = lote() if mensagem is None else mensagem
    achar(nova, campo).text = valor
    return nova


def unico(mensagem: etree._Element, versao: str = V) -> ErroDeEsquema:
    achados = explicar(mensagem, versao)
    assert len(achados) == 1, [str(a) for a in achados]
    return achados[0]


@pytest.mark.parametrize(
    ("campo", "valor", "regra"),
    [
        ("valorTotalGeral", "123456789.01", "tem mais de 10 dígitos"),
        ("valorTotalGeral", "1.234", "tem mais de 2 casas decimais"),
        ("valorTotalGeral", "1,23", "não é um número com ponto decimal"),
        ("valorTotalGeral", "R$ 1.23", "não é um número com ponto decimal"),
        ("quantidadeExecutada", "1.5", "não é um número inteiro"),
        ("numeroCarteira", "1" * 21, "tem mais de 20 caracteres"),
        ("numeroCarteira", "", "está vazio"),
        ("atendimentoRN", "", "está vazio"),
        ("registroANS", "", "está vazio"),
        ("dataExecucao", "", "está vazio"),
        ("valorTotalGeral", " ", "está vazio"),
        ("unidadeMedida", "9999", "deve ter 3 caracteres"),
        ("unidadeMedida", "999", "código que não existe na lista da versão"),
        ("atendimentoRN", "X", "código que não existe na lista da versão"),
        ("registroANS", "12345", "não tem a forma que o padrão pede"),
        ("dataExecucao", "20/03/2026", "não é uma data que exista, na forma AAAA-MM-DD"),
        ("dataExecucao", "2026-02-30", "não é uma data que exista, na forma AAAA-MM-DD"),
        ("horaInicial", "10h30", "não é uma hora que exista, na forma HH:MM:SS"),
    ],
)
def test_regra_de_valor(campo: str, valor: str, regra: str) -> None:
    """Cada faceta do esquema tem a sua frase, no campo em que falhou."""
    obtido = unico(com(campo, valor))
    assert (campo, regra) == (obtido.campo, obtido.regra)


@pytest.mark.parametrize(
    ("estraga", "campo", "regra"),
    [
        (
            lambda m: achar(m, "dadosBeneficiario").clear(),
            "dadosBeneficiario", "falta numeroCarteira",
        ),
        (
            lambda m: achar(m, "dadosBeneficiario").remove(achar(m, "numeroCarteira")),
            "atendimentoRN", "não é esperado aqui; esperava-se numeroCarteira",
        ),
        (
            lambda m: etree.SubElement(achar(m, "loteGuias"), Q + "numeroLote"),
            "numeroLote", "não é esperado aqui",
        ),
        (
            lambda m: etree.SubElement(achar(m, "numeroCarteira"), Q + "numeroCarteira"),
            "numeroCarteira", "tem elementos onde só cabe um valor",
        ),
        (
            lambda m: achar(m, "dadosBeneficiario").set(CANARIO, CANARIO),
            "dadosBeneficiario", "tem um atributo que o padrão não prevê",
        ),
        (
            lambda m: achar(m, "numeroCarteira").set(CANARIO, CANARIO),
            "numeroCarteira", "tem um atributo que o padrão não prevê",
        ),
        (
            lambda m: achar(m, "numeroCarteira").set(f"{XSI}type", CANARIO),
            "numeroCarteira", "tem um xsi:type que não serve a este elemento",
        ),
        (
            lambda m: achar(m, "numeroCarteira").set(f"{XSI}type", "ans:st_data"),
            "numeroCarteira", "tem um xsi:type que não serve a este elemento",
        ),
        (
            lambda m: achar(m, "dadosBeneficiario").set(f"{XSI}nil", "true"),
            "dadosBeneficiario", "tem xsi:nil, mas nenhum elemento do padrão pode ser nulo",
        ),
        (
            lambda m: setattr(achar(m, "dadosBeneficiario"), "text", CANARIO),
            "dadosBeneficiario", "tem texto solto onde só cabem elementos",
        ),
        (
            lambda m: setattr(achar(m, "numeroCarteira"), "tail", CANARIO),
            "dadosBeneficiario", "tem texto solto onde só cabem elementos",
        ),
        (
            lambda m: setattr(achar(m, "Padrao"), "tag", Q + "versaoPadrao"),
            "elemento desconhecido",
            "o elemento da versão chama-se Padrao; versaoPadrao era o nome nas versões 2.x",
        ),
        (
            lambda m: setattr(achar(m, "Padrao"), "tag", "Padrao"),
            "Padrao", f'o elemento está sem o espaço de nomes "{NS_TISS}"',
        ),
    ],
)  # fmt: skip
def test_regra_de_estrutura(
    estraga: Callable[[etree._Element], object], campo: str, regra: str
) -> None:
    """Cada defeito de estrutura tem a sua frase, no elemento em que está."""
    mensagem = lote()
    estraga(mensagem)
    obtido = unico(mensagem)
    assert (campo, regra) == (obtido.campo, obtido.regra)


def test_nil_sem_valor_e_nomeado() -> None:
    """Um elemento nulo e vazio é dito nulo, e não vazio."""
    mensagem = com("numeroCarteira", "")
    achar(mensagem, "numeroCarteira").set(f"{XSI}nil", "true")
    assert "xsi:nil" in unico(mensagem).regra


@pytest.mark.parametrize("prefixo", PREFIXOS)
@pytest.mark.parametrize("tipo", TipoGuia)
def test_cento_e_uma_guias(tipo: TipoGuia, prefixo: str | None) -> None:
    """A guia 101 diz que um lote tem no máximo cem."""
    obtido = unico(lote(tipo, guias=101, itens=1, prefixo=prefixo))
    assert (obtido.guia, obtido.numero_guia) == (101, "1101")
    assert obtido.regra == "um lote tem no máximo 100 guias"


def test_guias_de_dois_tipos() -> None:
    """Uma guia de outro tipo diz que o lote tem um tipo só."""
    mensagem = lote()
    achar(mensagem, "guiasTISS").append(achar(lote(TipoGuia.CONSULTA), "guiaConsulta"))
    obtido = unico(mensagem)
    assert (obtido.guia, obtido.campo) == (2, "guiaConsulta")
    assert obtido.regra == "um lote tem guias de um só tipo"


@pytest.mark.parametrize(
    ("raiz", "esperado"),
    [
        (
            f'<m:{CANARIO} xmlns:m="{NS_TISS}"/>',
            "elemento desconhecido: não é uma mensagem do padrão",
        ),
        ("<loteGuiasWS/>", f'loteGuiasWS: a mensagem está sem o espaço de nomes "{NS_TISS}"'),
    ],
)
def test_raiz_que_nao_e_mensagem(raiz: str, esperado: str) -> None:
    """Uma raiz desconhecida ou sem espaço de nomes é dita como tal."""
    assert esperado == str(unico(etree.fromstring(raiz)))


@pytest.mark.parametrize("prefixo", PREFIXOS)
def test_guia_e_item_sao_nomeados(prefixo: str | None) -> None:
    """A frase diz a posição e o número da guia, o item e o campo, com qualquer prefixo."""
    mensagem = lote(guias=3, itens=4, prefixo=prefixo)
    guia = achar(mensagem, "guiaSP-SADT", 1)
    achar(guia, "dataExecucao", 2).text = "ontem"
    esperado = (
        "guia 2 (nº 1002), item 3, dataExecucao: não é uma data que exista, na forma AAAA-MM-DD"
    )
    assert esperado == str(unico(mensagem))


@pytest.mark.parametrize("prefixo", PREFIXOS)
def test_item_de_despesa_e_nomeado(prefixo: str | None) -> None:
    """Uma despesa é dita pelo seu próprio sequencial."""
    mensagem = lote(guias=1, itens=6, prefixo=prefixo)
    achar(achar(mensagem, "despesa", 1), "unidadeMedida").text = "?"
    assert unico(mensagem).item == "2"


def test_item_odontologico_e_nomeado() -> None:
    """O item de odontologia, cujo grupo tem o nome da lista, é dito pelo seu sequencial."""
    mensagem = lote(TipoGuia.ODONTO, itens=3)
    achar(mensagem, "valorProc", 2).text = "x"
    assert (unico(mensagem).guia, unico(mensagem).item) == (1, "3")


def test_cabecalho_nao_tem_guia_nem_item() -> None:
    """Um erro fora das guias diz só o campo."""
    esperado = "tipoTransacao: código que não existe na lista da versão"
    assert esperado == str(unico(com("tipoTransacao", CANARIO)))


def test_sequencial_ilegivel_da_lugar_a_posicao() -> None:
    """Um sequencial que não é número não se repete: vale a posição do item."""
    mensagem = lote(itens=5)
    achar(mensagem, "sequencialItem", 1).text = CANARIO
    obtido = unico(mensagem)
    assert "2" == obtido.item  # noqa: SIM300
    assert CANARIO not in str(obtido)


@pytest.mark.parametrize("numero", ["José–1", "<b>", "1" * 21, "", "  "])
def test_numero_de_guia_ilegivel_nao_se_repete(numero: str) -> None:
    """Um número de guia fora da forma comum fica de fora da frase."""
    mensagem = com("numeroGuiaPrestador", numero, com("numeroCarteira", ""))
    obtidos = explicar(mensagem, V)
    assert {None} == {o.numero_guia for o in obtidos}
    assert str(obtidos[-1]).startswith("guia 1, numeroCarteira")


# --- quantos erros ----------------------------------------------------------------------------


def test_quinhentos_erros_dao_cinquenta_no_arquivo_e_tres_na_frase() -> None:
    """De quinhentos valores errados guardam-se cinquenta e dizem-se três, e que há mais."""
    mensagem = lote(guias=100, itens=5)
    valores = list(mensagem.iter(Q + "valorUnitario"))
    assert 500 == len(valores)  # noqa: SIM300
    for valor in valores:
        valor.text = CANARIO
    achados = explicar(mensagem, V)
    assert (LIMITE, NA_FALHA) == (50, 3)
    assert len(achados) == len(para_arquivo(achados)) == 50
    frase = resumo(achados)
    assert 3 == frase.count("valorUnitario")  # noqa: SIM300
    assert frase.endswith("; e mais 47 ou mais.")


def test_dois_erros_do_mesmo_valor_contam_como_um() -> None:
    """Um valor que falha em duas facetas é dito uma vez."""
    assert unico(com("unidadeMedida", CANARIO)).regra == "deve ter 3 caracteres"


@pytest.mark.parametrize(
    ("quantos", "fim"), [(1, "caracteres."), (3, "caracteres."), (4, "; e mais 1.")]
)
def test_frase_diz_quantos_faltam(quantos: int, fim: str) -> None:
    """Até três erros a frase os diz todos; depois diz quantos ficaram."""
    mensagem = lote(guias=quantos)
    for carteira in mensagem.iter(Q + "numeroCarteira"):
        carteira.text = "1" * 21
    frase = resumo(explicar(mensagem, V))
    assert frase.endswith(fim)
    assert min(quantos, 3) == frase.count("guia ")


def test_arquivo_guarda_so_o_que_ha() -> None:
    """No arquivo cada erro leva os seus campos preenchidos, e nada mais."""
    esperado = [
        {
            "guia": 1,
            "numero_guia": "1001",
            "campo": "numeroCarteira",
            "regra": "está vazio",
        }
    ]
    assert esperado == para_arquivo(explicar(com("numeroCarteira", ""), V))


# --- nada da mensagem -------------------------------------------------------------------------


@pytest.mark.parametrize("versao", VERSOES)
@pytest.mark.parametrize("tipo", TipoGuia)
def test_nenhum_valor_aparece(tipo: TipoGuia, versao: str) -> None:
    """Com um canário em cada valor, um por vez, nenhuma frase o repete."""
    molde = lote(tipo, versao, itens=2)
    folhas = sum(1 for e in molde.iter() if len(e) == 0)
    vistos = 0
    for posicao in range(folhas):
        mensagem = etree.fromstring(etree.tostring(molde))
        folha = [e for e in mensagem.iter() if len(e) == 0][posicao]
        if folha.tag == f"{Q}numeroGuiaPrestador":
            continue
        folha.text = f"<{CANARIO}>'{CANARIO}').\n( {{x}}{CANARIO}, y ) is not" * 9
        achados = explicar(mensagem, versao)
        vistos += bool(achados)
        assert CANARIO not in resumo(achados) + repr(para_arquivo(achados))
    assert vistos > folhas // 2


@pytest.mark.parametrize("espaco", [Q, "", "{urn:canario}"])
@pytest.mark.parametrize("onde", ["cabecalho", "guiasTISS", "dadosBeneficiario", "hash"])
def test_nome_desconhecido_nao_aparece(onde: str, espaco: str) -> None:
    """O nome de um elemento que o padrão não conhece não se repete."""
    mensagem = lote()
    novo = etree.SubElement(achar(mensagem, onde), espaco + CANARIO)
    novo.set(CANARIO, CANARIO)
    novo.text = CANARIO
    achados = explicar(mensagem, V)
    assert achados
    assert CANARIO not in resumo(achados) + repr(para_arquivo(achados))
    assert "canario" not in resumo(achados)


def test_recusa_do_contrato_leva_frase_e_lista() -> None:
    """A recusa por esquema tem a frase para quem enviou e a lista para o arquivo."""
    mensagem = com("numeroCarteira", "", com("horaInicial", CANARIO))
    with pytest.raises(Recusa) as recusada:
        contrato.esquema(mensagem, V)
    obtida = recusada.value
    assert obtida.erro is erros.ESQUEMA
    assert obtida.texto == (
        "A mensagem não segue o esquema da versão. "
        "Erros: guia 1 (nº 1001), numeroCarteira: está vazio; "
        "guia 1 (nº 1001), item 1, horaInicial: não é uma hora que exista, na forma HH:MM:SS."
    )
    assert [d["campo"] for d in obtida.detalhes] == ["numeroCarteira", "horaInicial"]


@pytest.mark.parametrize("versao", VERSOES)
def test_mensagem_valida_passa_no_contrato(versao: str) -> None:
    """Uma mensagem que segue o esquema não é recusada, nem tem o que explicar."""
    contrato.esquema(status(versao), versao)
    assert explicar(status(versao), versao) == []
