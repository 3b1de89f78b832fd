"""Cada regra de um lote: o que a fere e o que, bem na beira, não a fere."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from exame_de_lote import HOJE, achados, exame, guia, item

from dominio.documentos import digitos_cnpj
from dominio.lote import Beneficiario, Documento, Identificacao, TipoGuia
from handlers.lote_guias.regras import REGRAS, beneficiarios, cadastro, datas, identidade, repeticao
from handlers.regras import Achado, Regra
from persistence.beneficiarios import Beneficiario as Cadastrado
from persistence.regras import ItemApresentado

if TYPE_CHECKING:
    from handlers.lote_guias.exame import Exame

OUTRO = Identificacao("codigo", "500001")
CNPJ = "11222333000181"
LETRAS = f"12ABC34501DE{digitos_cnpj('12ABC34501DE')}"


@pytest.mark.parametrize("regra", REGRAS, ids=lambda r: r.chave)
def test_lote_certo_nao_fere_regra_nenhuma(regra: Regra[Exame]) -> None:
    """Um lote sem defeito passa por toda regra."""
    assert achados(regra, exame(guia(), guia(numero_prestador="1002"))) == []


def test_chaves_nao_se_repetem() -> None:
    """Cada regra tem um nome só seu, que é o do seu erro."""
    assert len(REGRAS) == len({regra.chave for regra in REGRAS})


# --- identidade -------------------------------------------------------------------------------


def test_guia_de_outra_operadora() -> None:
    """A guia com outro registro ANS é achada pela posição."""
    do_exame = exame(guia(), guia(registro_ans="888888"))
    assert [Achado(2)] == achados(identidade.OPERADORA_DA_GUIA, do_exame)


@pytest.mark.parametrize(
    ("campos", "campo"),
    [
        ({"numero_prestador": "1\u0394"}, "numeroGuiaPrestador"),
        ({"numero_operadora": "\u0394"}, "numeroGuiaOperadora"),
        ({"senha": "\u0394"}, "senha"),
        ({"cod_validacao": "\u0394"}, "codValidacao"),
        ({"beneficiario": Beneficiario("\u0394", "N")}, "numeroCarteira"),
        ({"beneficiario": Beneficiario("1", "N", cns="\u0394")}, "numeroCNS"),
    ],
)
def test_identificador_fora_de_latin1(campos: dict[str, Any], campo: str) -> None:
    """Cada identificador que se ecoa é conferido, e o achado diz o campo."""
    do_exame = exame(guia(**campos))
    assert [Achado(1, detalhe=f"Campo: {campo}.")] == achados(identidade.IDENTIFICADORES, do_exame)


def test_numero_do_lote_fora_de_latin1() -> None:
    """O número do lote também se ecoa; o achado é do lote inteiro."""
    esperado = [Achado(detalhe="Campo: numeroLote.")]
    assert esperado == achados(identidade.IDENTIFICADORES, exame(numero="1\u0394"))


def test_identificador_com_letra_de_latin1_passa() -> None:
    """Ç e º existem em ISO-8859-1."""
    assert achados(identidade.IDENTIFICADORES, exame(guia(senha="Ç1º"))) == []


def test_executante_desconhecido() -> None:
    """O executante que não se resolveu é desconhecido; o resolvido, não."""
    do_exame = exame(guia(), guia(executante=OUTRO))
    assert [Achado(2)] == achados(identidade.EXECUTANTE_DESCONHECIDO, do_exame)


def test_executante_alheio() -> None:
    """O executante por quem não se pode enviar é alheio, e não desconhecido."""
    do_exame = exame(guia(executante=OUTRO), executantes={OUTRO: 8}, alheios=frozenset({OUTRO}))
    assert [Achado(1)] == achados(identidade.EXECUTANTE_ALHEIO, do_exame)
    assert achados(identidade.EXECUTANTE_DESCONHECIDO, do_exame) == []


# --- datas ------------------------------------------------------------------------------------

AMANHA = date(2026, 11, 23)


@pytest.mark.parametrize(
    "campos",
    [
        {"data_inicio": AMANHA},
        {"data_realizacao": AMANHA},
        {"data_fim": AMANHA},
        {"itens": (item(), item(data=AMANHA))},
    ],
)
def test_data_futura(campos: dict[str, Any]) -> None:
    """Qualquer data depois de hoje é achada."""
    assert [Achado(1)] == achados(datas.DATA_FUTURA, exame(guia(**campos)))


def test_data_de_hoje_nao_e_futura() -> None:
    """O próprio dia do recebimento passa."""
    assert achados(datas.DATA_FUTURA, exame(guia(data_fim=HOJE))) == []


def test_termino_previsto_de_tratamento_odontologico_pode_ser_futuro() -> None:
    """O término do tratamento odontológico pode ser uma previsão."""
    do_exame = exame(guia(data_fim=AMANHA), tipo=TipoGuia.ODONTO)
    assert achados(datas.DATA_FUTURA, do_exame) == []


def test_prazo_cala_se_sem_limite() -> None:
    """Sem um número de dias, o prazo não é conferido."""
    velha = guia(data_inicio=date(1990, 1, 1), data_realizacao=date(1990, 1, 1), itens=())
    assert achados(datas.PRAZO_DE_ENVIO, exame(velha)) == []


@pytest.mark.parametrize(("dias", "fere"), [(20, True), (21, False), (1_000_000, False)])
def test_prazo_conta_da_ultima_data_da_guia(dias: int, fere: bool) -> None:
    """O prazo acaba no fim do último dia dado, contado da data mais nova da guia."""
    do_exame = exame(guia(data_inicio=date(2026, 9, 1)))
    assert ([Achado(1)] if fere else []) == achados(datas.PRAZO_DE_ENVIO, do_exame, dias)


def test_guia_sem_data_nenhuma_nao_tem_prazo() -> None:
    """Sem data de atendimento não há de onde contar."""
    sem_data = guia(data_inicio=None, data_realizacao=None, itens=())
    assert achados(datas.PRAZO_DE_ENVIO, exame(sem_data), 1) == []


# --- repetição --------------------------------------------------------------------------------


def test_guia_repetida_no_lote() -> None:
    """A segunda guia do mesmo número é achada, a primeira não."""
    do_exame = exame(guia(), guia(numero_prestador="1002"), guia())
    assert [Achado(3)] == achados(repeticao.GUIA_REPETIDA, do_exame)


def _antes(**campos: Any) -> ItemApresentado:
    padrao = {
        "posicao": 1,
        "tabela": "22",
        "codigo": "40301010",
        "data": date(2026, 11, 1),
        "protocolo": 10000001,
        "prestador_id": 7,
    }
    return ItemApresentado(**{**padrao, **campos})


def _com_anteriores(*anteriores: ItemApresentado) -> Exame:
    return exame(procurar_itens=lambda: anteriores)


def test_guia_ja_apresentada_diz_o_protocolo() -> None:
    """O mesmo item na mesma data, em outro lote, é achado com o protocolo mais novo."""
    do_exame = _com_anteriores(_antes(), _antes(protocolo=10000009))
    esperado = [Achado(1, detalhe="Protocolo 10000009.")]
    assert esperado == achados(repeticao.GUIA_JA_APRESENTADA, do_exame)


def test_guia_ja_apresentada_por_outro_remetente_nao_diz_o_protocolo() -> None:
    """O protocolo de outro prestador não se diz a este."""
    do_exame = _com_anteriores(_antes(prestador_id=8))
    assert [Achado(1)] == achados(repeticao.GUIA_JA_APRESENTADA, do_exame)


@pytest.mark.parametrize(
    "campos", [{"codigo": "40301028"}, {"tabela": "18"}, {"data": date(2026, 11, 2)}]
)
def test_outro_item_da_mesma_guia_e_cobranca_complementar(campos: dict[str, Any]) -> None:
    """Outro item, ou o mesmo em outra data, não torna a guia repetida."""
    assert achados(repeticao.GUIA_JA_APRESENTADA, _com_anteriores(_antes(**campos))) == []


# --- cadastro ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("campo", "valor", "valido"),
    [
        ("cpfContratado", "52998224725", True),
        ("cpfContratado", "52998224724", False),
        ("cpfContratado", "11111111111", False),
        ("cnpjContratado", CNPJ, True),
        ("cnpjContratado", "11222333000180", False),
        ("cnpjLocalExecutante", LETRAS, True),
        ("cnpjLocalExecutante", "00000000000000", False),
    ],
)
def test_digito_verificador(campo: str, valor: str, valido: bool) -> None:
    """CPF e CNPJ, também com letras, são conferidos pelos dígitos."""
    do_exame = exame(guia(documentos=(Documento(campo, valor),)))
    esperado = [] if valido else [Achado(1, detalhe=f"Campo: {campo}.")]
    assert esperado == achados(cadastro.DIGITO_VERIFICADOR, do_exame)


def test_digito_verificador_diz_cada_campo_uma_vez_por_guia() -> None:
    """Vários documentos errados são um achado só, com os campos, e nunca os valores."""
    errados = (
        Documento("cpfContratado", "52998224724"),
        Documento("cpfContratado", "52998224723"),
        Documento("cnpjContratado", "11222333000180"),
    )
    do_exame = exame(guia(documentos=errados), guia(documentos=errados[:1]))
    esperado = [
        Achado(1, detalhe="Campo: cpfContratado, cnpjContratado."),
        Achado(2, detalhe="Campo: cpfContratado."),
    ]
    assert esperado == achados(cadastro.DIGITO_VERIFICADOR, do_exame)


@pytest.mark.parametrize(
    ("numero", "fere"), [("000000000001", False), ("1A", True), ("2026/1", True), ("²", True)]
)
def test_numero_de_lote_nao_numerico(numero: str, fere: bool) -> None:
    """Só algarismos cabem na resposta a um recurso."""
    esperado = [Achado()] if fere else []
    assert esperado == achados(cadastro.LOTE_NAO_NUMERICO, exame(numero=numero))


# --- beneficiário -----------------------------------------------------------------------------

ATENDIMENTO = date(2026, 11, 1)
VESPERA, SEGUINTE = date(2026, 10, 31), date(2026, 11, 2)


def _do_beneficiario(**campos: Any) -> Exame:
    cadastrados = {"00123": Cadastrado("00123", "Ana", **campos)}
    return exame(procurar_beneficiarios=lambda: cadastrados)


def test_carteira_desconhecida() -> None:
    """Com cadastro, a carteira que não está nele é achada; a que está, não."""
    do_exame = exame(
        guia(),
        guia(beneficiario=Beneficiario("999", "N")),
        procurar_beneficiarios=lambda: {"00123": Cadastrado("00123", "Ana")},
    )
    assert [Achado(2)] == achados(beneficiarios.CARTEIRA_DESCONHECIDA, do_exame)


def test_cadastro_que_nao_tem_nenhuma_das_carteiras() -> None:
    """Cadastro em que nenhuma carteira do lote se acha não é o mesmo que cadastro nenhum."""
    do_exame = exame(procurar_beneficiarios=dict)
    assert [Achado(1)] == achados(beneficiarios.CARTEIRA_DESCONHECIDA, do_exame)


@pytest.mark.parametrize(
    ("regra", "campos", "fere"),
    [
        (beneficiarios.CARTEIRA_VENCIDA, {"validade": VESPERA}, True),
        (beneficiarios.CARTEIRA_VENCIDA, {"validade": ATENDIMENTO}, False),
        (beneficiarios.EXCLUIDO, {"excluido_em": VESPERA}, True),
        (beneficiarios.EXCLUIDO, {"excluido_em": ATENDIMENTO}, False),
        (beneficiarios.NAO_INCLUIDO, {"incluido_em": SEGUINTE}, True),
        (beneficiarios.NAO_INCLUIDO, {"incluido_em": ATENDIMENTO}, False),
        (beneficiarios.SUSPENSO, {"suspenso_desde": ATENDIMENTO}, True),
        (beneficiarios.SUSPENSO, {"suspenso_desde": SEGUINTE}, False),
        (
            beneficiarios.SUSPENSO,
            {"suspenso_desde": VESPERA, "suspenso_ate": ATENDIMENTO},
            True,
        ),
        (beneficiarios.SUSPENSO, {"suspenso_desde": VESPERA, "suspenso_ate": VESPERA}, False),
    ],
)
def test_beneficiario_na_data_do_atendimento(
    regra: Regra[Exame], campos: dict[str, date], fere: bool
) -> None:
    """Cada regra vale até o seu último dia, inclusive, e fere no seguinte."""
    assert ([Achado(1)] if fere else []) == achados(regra, _do_beneficiario(**campos))


def test_cadastro_se_consulta_uma_vez() -> None:
    """As cinco regras do beneficiário e a guia repetida fazem cada uma das consultas uma vez."""
    vezes: list[str] = []

    def cadastrados() -> dict[str, Cadastrado]:
        vezes.append("cadastro")
        return {}

    def itens() -> tuple[ItemApresentado, ...]:
        vezes.append("itens")
        return ()

    do_exame = exame(procurar_beneficiarios=cadastrados, procurar_itens=itens)
    for regra in REGRAS:
        achados(regra, do_exame)
    assert sorted(vezes) == ["cadastro", "itens"]
