from __future__ import annotations

import gc
import tracemalloc
from datetime import UTC, date, datetime, time
from decimal import Decimal
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dominio import dinheiro, documentos, terminologia, textos
from dominio.competencia import (
    agora,
    competencia,
    competencia_valida,
    dia,
    hora,
    ler_data,
    ler_hora,
)
from dominio.lote import Beneficiario, Guia, Identificacao, Lote, TipoGuia
from dominio.numeros import INICIO_DA_SERIE, MAIOR_PROTOCOLO, formatar, natural, protocolo
from handlers.lote_guias.campos import ler_numero

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CENTAVOS = st.integers(min_value=-(10**14), max_value=10**14)


# --- dinheiro ---------------------------------------------------------------------------------


@given(CENTAVOS)
def test_centavos_e_reais_vao_e_voltam(valor: int) -> None:
    """Centavos viram reais e voltam a ser os mesmos centavos."""
    assert valor == dinheiro.centavos(dinheiro.reais(valor))


@given(CENTAVOS)
def test_reais_tem_sempre_duas_casas_e_nunca_sao_float(valor: int) -> None:
    """Um valor em reais é Decimal de duas casas, e o seu texto também as tem."""
    reais = dinheiro.reais(valor)
    assert (Decimal, -2) == (type(reais), reais.as_tuple().exponent)
    assert str(reais) == dinheiro.texto(reais)
    assert type(dinheiro.centavos(reais)) is int


@given(CENTAVOS, st.integers(min_value=1, max_value=9))
def test_fracao_de_centavo_e_recusada(valor: int, milesimos: int) -> None:
    """O que passa de duas casas não se arredonda às escondidas."""
    with pytest.raises(ValueError, match="mais de duas casas"):
        dinheiro.centavos(dinheiro.reais(valor) + Decimal(milesimos).scaleb(-3))


@pytest.mark.parametrize(
    ("reais", "centavos"), [("10", 1000), ("10.5", 1050), ("10.5000", 1050), ("-0.01", -1)]
)
def test_zeros_a_direita_nao_contam(reais: str, centavos: int) -> None:
    """Casas a mais que são zero não mudam o valor."""
    assert centavos == dinheiro.centavos(Decimal(reais))


@pytest.mark.parametrize(
    ("valor", "digitos", "esperado"),
    [
        ("99999999.99", 10, True), ("100000000.00", 10, False), ("-99999999.99", 10, True),
        ("99999.99", 7, True), ("100000.00", 7, False), ("0", 2, True),
    ],
)  # fmt: skip
def test_cabe_no_decimal_da_versao(valor: str, digitos: int, esperado: bool) -> None:
    """Cabe o que tem, com os centavos, no máximo os dígitos do tipo, de um sinal ou de outro."""
    assert esperado is dinheiro.cabe(Decimal(valor), digitos)


def test_maior_total_e_o_maior_que_cabe_em_dez_digitos() -> None:
    """O maior total tem dez dígitos; um centavo a mais não cabe."""
    assert dinheiro.cabe(dinheiro.MAIOR_TOTAL, 10)
    assert not dinheiro.cabe(dinheiro.MAIOR_TOTAL + dinheiro.reais(1), 10)
    assert dinheiro.texto(dinheiro.ZERO) == "0.00"


# --- números de protocolo ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("digitado", "esperado"),
    [
        ("10000001", 10000001), ("000010000001", 10000001), (" 10000001\n", 10000001),
        ("999999999999", MAIOR_PROTOCOLO), ("1000000000001", None), ("0000010000001", None),
        ("+1234", None), ("-1234", None), ("12a4", None), ("12.4", None), ("", None), ("  ", None),
        ("١٢٣", None), ("12²", None), ("1_000", None), ("1e3", None),
    ],
)  # fmt: skip
def test_leitura_de_protocolo(digitado: str, esperado: int | None) -> None:
    """Um protocolo tem de 1 a 12 dígitos e compara-se como número; o resto não é protocolo."""
    assert esperado == protocolo(digitado)


@pytest.mark.parametrize(
    ("texto", "esperado"),
    [
        ("0", 0), ("007", 7), ("9" * 18, 10**18 - 1), ("9" * 19, None), ("9" * 5000, None),
        (" 7", None), ("-7", None), ("٧", None), ("²", None), ("", None),
    ],
)  # fmt: skip
def test_leitura_de_um_natural(texto: str, esperado: int | None) -> None:
    """Só algarismos, e não mais do que cabem num inteiro do banco; o resto não é um número."""
    assert esperado == natural(texto)


@given(st.integers(min_value=INICIO_DA_SERIE, max_value=MAIOR_PROTOCOLO), st.integers(0, 12))
def test_protocolo_escrito_e_lido_e_o_mesmo(numero: int, largura: int) -> None:
    """Com ou sem zeros à esquerda, o número emitido lê-se de volta e cabe em 12 posições."""
    escrito = formatar(numero, largura)
    assert numero == protocolo(escrito)
    assert max(largura, len(str(numero))) == len(escrito)
    assert len(escrito) <= 12


# --- CPF e CNPJ -------------------------------------------------------------------------------


@pytest.mark.parametrize("cpf", ["52998224725", "11144477735", "12345678909", "00000000191"])
def test_cpf_certo(cpf: str) -> None:
    """CPF de dígitos verificadores certos é aceito."""
    assert documentos.cpf_valido(cpf)


@pytest.mark.parametrize(
    "cpf",
    [
        "52998224726",
        "52998224735",
        "11111111111",
        "529.982.247-25",
        "5299822472",
        "",
        "5299822472٥",
    ],
)
def test_cpf_errado(cpf: str) -> None:
    """Dígito errado, repetição, pontuação, tamanho e algarismos de outra escrita são recusados."""
    assert not documentos.cpf_valido(cpf)


@pytest.mark.parametrize("cnpj", ["11222333000181", "00000000000191", "12ABC34501DE35"])
def test_cnpj_certo(cnpj: str) -> None:
    """CNPJ certo é aceito, também o alfanumérico do exemplo oficial, 12.ABC.345/01DE-35."""
    assert documentos.cnpj_valido(cnpj)


@pytest.mark.parametrize(
    "cnpj",
    [
        "11222333000180", "11222333000191", "12ABC34501DE36", "12abc34501de35", "00000000000000",
        "12ABC34501DEA5", "12.ABC.345/01DE-35", "1122233300018", "", "12ÃBC34501DE35",
    ],
)  # fmt: skip
def test_cnpj_errado(cnpj: str) -> None:
    """Dígito errado, minúsculas, letra nos verificadores, pontuação e tamanho são recusados."""
    assert not documentos.cnpj_valido(cnpj)


@given(st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=12, max_size=12))
def test_digitos_calculados_validam(base: str) -> None:
    """Uma base qualquer com os dígitos que se calculam dela é um CNPJ; com outros, não é."""
    digitos = documentos.digitos_cnpj(base)
    trocados = f"{(int(digitos) + 1) % 100:02d}"
    assert documentos.cnpj_valido(base + digitos) is (len(set(base + digitos)) > 1)
    assert not documentos.cnpj_valido(base + trocados)


# --- competência, datas e horas ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "esperada"),
    [(date(2026, 11, 22), "202611"), (date(2027, 1, 1), "202701"), (date(999, 2, 1), "099902")],
)
def test_competencia_de_uma_data(data: date, esperada: str) -> None:
    """A competência é ano e mês em seis dígitos."""
    assert esperada == competencia(data)


@pytest.mark.parametrize(
    ("texto", "esperado"),
    [
        ("202601", True), ("202612", True), ("202600", False), ("202613", False),
        ("20261", False), ("2026-1", False), ("2026011", False), ("", False),
        ("２０２６０１", False),
    ],
)  # fmt: skip
def test_forma_de_competencia(texto: str, esperado: bool) -> None:
    """Competência tem seis algarismos e mês de 01 a 12."""
    assert esperado is competencia_valida(texto)


@pytest.mark.parametrize(
    "texto",
    ["2026-03-20", "2026-03-20Z", "2026-03-20-03:00", "2026-03-20+14:00", "\n 2026-03-20 "],
)
def test_fuso_da_data_nao_muda_o_dia(texto: str) -> None:
    """A data vale como está escrita, com ou sem fuso e com espaços em volta."""
    assert date(2026, 3, 20) == ler_data(texto)


@pytest.mark.parametrize("texto", ["-2026-03-20", "2026-02-30", "20/03/2026", "", "0000-01-01"])
def test_data_que_nao_se_pode_guardar(texto: str) -> None:
    """Ano negativo ou zero, dia que não existe e outras formas são recusados."""
    with pytest.raises(ValueError, match=r".+"):
        ler_data(texto)


@given(st.integers(10_000, 9_999_999), st.integers(1, 12), st.integers(1, 28))
def test_ano_depois_de_9999_e_recusado(ano: int, mes: int, dia_: int) -> None:
    """Um ano que o calendário do programa não tem nunca se lê como outro."""
    with pytest.raises(ValueError, match=r".+"):
        ler_data(f"{ano}-{mes:02d}-{dia_:02d}")


@pytest.mark.parametrize(
    ("texto", "esperada"),
    [
        ("10:11:12", time(10, 11, 12)), ("10:11:12Z", time(10, 11, 12)),
        ("10:11:12.999999-03:00", time(10, 11, 12)), ("24:00:00", time(0)),
        ("24:00:00.000Z", time(0)), (" 00:00:00\n", time(0)), ("23:59:59.9", time(23, 59, 59)),
    ],
)  # fmt: skip
def test_leitura_de_hora(texto: str, esperada: time) -> None:
    """A hora perde fração e fuso; 24:00:00 é a meia-noite."""
    assert esperada == ler_hora(texto)


@pytest.mark.parametrize("texto", ["25:00:00", "24:00:01", "10h30", "", "10:60:00"])
def test_hora_que_nao_existe(texto: str) -> None:
    """O que não é hora do dia é recusado."""
    with pytest.raises(ValueError, match=r".+"):
        ler_hora(texto)


def test_dia_e_hora_sao_os_de_sao_paulo() -> None:
    """Um instante em UTC mostra-se com o dia e a hora de São Paulo, sem fração."""
    instante = datetime(2026, 3, 1, 2, 30, 15, 999999, tzinfo=UTC)
    assert (date(2026, 2, 28), time(23, 30, 15)) == (dia(instante), hora(instante))


def test_horario_de_verao_antigo_conta() -> None:
    """Um instante do tempo do horário de verão tem a hora que então se usava."""
    assert time(22, 0) == hora(datetime(2018, 12, 1, 0, 0, tzinfo=UTC))


def test_agora_tem_fuso() -> None:
    """O instante atual vem em UTC."""
    assert UTC is agora().tzinfo


# --- textos -----------------------------------------------------------------------------------


@given(st.text())
def test_transliterado_sempre_existe_em_iso_8859_1(texto: str) -> None:
    """Qualquer texto transliterado pode entrar no hash."""
    assert textos.cabe_em_latin1(textos.transliterar(texto))
    textos.transliterar(texto).encode("iso-8859-1")


@given(st.text(st.characters(max_codepoint=0xFF)))
def test_texto_em_iso_8859_1_nao_muda(texto: str) -> None:
    """O que já existe em ISO-8859-1 fica como está."""
    assert texto == textos.transliterar(texto)


@given(st.text(), st.integers(1, 500))
def test_texto_de_mensagem_cabe_no_campo(texto: str, tamanho: int) -> None:
    """O texto para um campo nunca passa do tamanho e continua em ISO-8859-1."""
    pronto = textos.para_mensagem(texto, tamanho)
    assert len(pronto) <= tamanho
    assert textos.cabe_em_latin1(pronto)


@pytest.mark.parametrize(
    ("texto", "esperado"),
    [
        ("10–20", "10-20"), ("“sim”", '"sim"'), ("D’Ávila", "D'Ávila"), ("100 €", "100 EUR"),
        ("fim…", "fim..."), ("Łódź", "?ódz"), ("Škoda", "Skoda"), ("ﬁm", "fim"), ("日", "?"),
        ("cœur", "coeur"), ("São", "São"),
    ],
)  # fmt: skip
def test_troca_pelo_mais_proximo(texto: str, esperado: str) -> None:
    """Cada caractere de fora vira o mais próximo, ou um ponto de interrogação."""
    assert esperado == textos.transliterar(texto)


@pytest.mark.parametrize(("texto", "esperado"), [("ação ÿ", True), ("–", False), ("", True)])
def test_cabe_em_latin1(texto: str, esperado: bool) -> None:
    """Cabe o que tem todos os caracteres até U+00FF."""
    assert esperado is textos.cabe_em_latin1(texto)


# --- lote -------------------------------------------------------------------------------------


def test_informado_do_lote_e_a_soma_das_guias() -> None:
    """O valor informado de um lote é a soma exata das suas guias; sem guias, zero."""
    guia = Guia(
        "1", None, None, None, Beneficiario("1", "N"), Identificacao("codigo", "1"), None,
        None, None, None, None, None, Decimal("0.10"), (),
    )  # fmt: skip
    guias = (guia, guia._replace(informado=Decimal("0.20")))
    assert Decimal("0.30") == Lote("1", TipoGuia.SADT, guias).informado
    assert Decimal(0) == Lote("1", TipoGuia.SADT, ()).informado


# --- terminologia -----------------------------------------------------------------------------


@pytest.fixture
def memoria_limpa() -> Iterator[None]:
    funcoes = (
        terminologia._pacote, terminologia.descricao_glosa, terminologia.descricao_procedimento
    )  # fmt: skip
    for funcao in funcoes:
        funcao.cache_clear()
    yield
    for funcao in funcoes:
        funcao.cache_clear()


@pytest.mark.usefixtures("memoria_limpa")
def test_sem_o_pacote_nao_ha_descricao(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sem o pacote de terminologia nada falha: só não há descrição."""

    def falta(nome: str) -> None:
        raise ModuleNotFoundError(nome)

    monkeypatch.setattr(terminologia, "import_module", falta)
    assert not terminologia.disponivel()
    assert terminologia.descricao_glosa("5014") is None
    assert terminologia.descricao_procedimento("22", "10101012") is None


@pytest.mark.usefixtures("memoria_limpa")
def test_pacote_sem_a_linha_ou_sem_o_texto(monkeypatch: pytest.MonkeyPatch) -> None:
    """Código que o pacote não tem, ou tem sem texto, fica sem descrição."""
    pacote = SimpleNamespace(
        glosa={"1": {"descricao": ""}, "2": {"descricao": "dois"}}.get,
        tuss=SimpleNamespace(
            lookup=lambda codigo, tabela: [{"termo": ""}] if (codigo, tabela) == ("1", "22") else []
        ),
    )
    monkeypatch.setattr(terminologia, "import_module", lambda _nome: pacote)
    assert [terminologia.descricao_glosa(c) for c in ("1", "2", "3")] == [None, "dois", None]
    assert [terminologia.descricao_procedimento("22", c) for c in ("1", "2")] == [None, None]


@pytest.mark.usefixtures("memoria_limpa")
def test_descricoes_oficiais_vem_do_pacote() -> None:
    """Com o pacote instalado, glosa e procedimento têm o texto oficial; o inventado, nenhum."""
    pytest.importorskip("tiss", reason="o extra terminologia não está instalado")
    assert terminologia.disponivel()
    assert "HASH" in (terminologia.descricao_glosa("5014") or "").upper()
    assert "onsulta" in (terminologia.descricao_procedimento("22", "10101012") or "")
    assert terminologia.descricao_glosa("9999") is None
    assert terminologia.descricao_procedimento("22", "99999999") is None


@pytest.mark.parametrize("ler", [ler_data, ler_hora, ler_numero])
def test_texto_enorme_nao_fica_na_memoria(ler: Callable[[str], object]) -> None:
    """Um valor com megabytes de espaços, que o esquema aceita, lê-se e não se guarda."""
    certo = {ler_data: "2026-03-20", ler_hora: "10:00:00"}.get(ler, "1.50")
    gc.collect()
    tracemalloc.start()
    try:
        for espacos in range(5):
            ler(" " * (1_000_000 + espacos) + certo)
        guardados, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert guardados < 500_000
