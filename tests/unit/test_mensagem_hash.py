from __future__ import annotations

import csv
import hashlib
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from mensagens import PASTA, VETORES, Linha, Q, achar, lote, manifesto, status

import tiss_xsd
from dominio.lote import TipoGuia
from dominio.transacoes import NS_TISS
from dominio.versoes import VERSOES
from mensagem import envelope, hash_tiss
from mensagem.hash_tiss import Modo
from mensagem.parse import Limites, parse

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NOMES = {
    "literal/iso-8859-1": "oficial",
    "literal/utf-8": "literal, UTF-8",
    "leaf-trimmed/iso-8859-1": "sem espaços nas pontas, ISO-8859-1",
    "leaf-trimmed/utf-8": "sem espaços nas pontas, UTF-8",
    "line-feeds-removed/iso-8859-1": "sem quebras de linha, ISO-8859-1",
    "entities-kept-escaped/iso-8859-1": "literal, & e < escapados, ISO-8859-1",
    "entities-kept-escaped/utf-8": "literal, & e < escapados, UTF-8",
    "literal/windows-1252": "literal, Windows-1252",
    "literal/iso-8859-1 with ? for missing characters": "literal, ISO-8859-1 com ? nos demais",
}
"""Como os vetores chamam cada leitura -> como o programa a chama."""

MANIFESTO = manifesto()
SEM_TISS = {
    "18_soap_envelope_status.xml",
    "22_mensagemTISS_signed.xml",
    "23_ws_status_signature_ans_namespace.xml",
}
"""Vetores em que o pacote tiss conta o cabeçalho do envelope ou a assinatura."""
SEM_TISS_HASH = SEM_TISS | {"03_ws_status_attributes_comments.xml"}
"""O pacote tiss-hash conta também os comentários."""
FORA_DE_LATIN1 = "20_ws_lote_outside_latin1.xml"


def linhas(nome: str) -> list[dict[str, str]]:
    if not VETORES.is_dir():
        return []
    with (VETORES / nome).open(encoding="utf-8", newline="") as arquivo:
        return list(csv.DictReader(arquivo, delimiter=";"))


VETOR = linhas("vectors.csv")
VARIANTE = linhas("variants.csv")
com_vetores = pytest.mark.skipif(not VETOR, reason="não há ../shared/tiss/hash_vectors aqui")


def abrir(pasta: Path, nome: str) -> etree._Element:
    raiz = parse((pasta / nome).read_bytes(), Limites())
    return raiz if envelope.versao_soap(raiz) is None else envelope.abrir(raiz)


def com_hash(mensagem: etree._Element, valor: str) -> etree._Element:
    next(mensagem.iter(Q + "hash")).text = valor
    return mensagem


# --- vetores que acompanham o projeto ---------------------------------------------------------


@com_vetores
def test_todos_os_vetores_sao_lidos() -> None:
    """Os 24 vetores e as variantes de cada um estão nas tabelas e na pasta."""
    arquivos = {v["file"] for v in VETOR}
    assert len(arquivos) == 24
    assert arquivos == {v["file"] for v in VARIANTE} == {p.name for p in VETORES.glob("*.xml")}


@com_vetores
@pytest.mark.parametrize("vetor", VETOR, ids=lambda v: v["file"])
def test_hash_oficial_de_cada_vetor(vetor: dict[str, str]) -> None:
    """O hash calculado é o do vetor, ou não há hash quando o texto não cabe em ISO-8859-1."""
    mensagem = abrir(VETORES, vetor["file"])
    if vetor["expected_md5"] == "-":
        with pytest.raises(UnicodeEncodeError):
            hash_tiss.calcular(mensagem)
    else:
        assert vetor["expected_md5"] == hash_tiss.calcular(mensagem)


@com_vetores
@pytest.mark.parametrize("linha", VARIANTE, ids=lambda v: f"{v['file'][:2]}-{v['variant']}")
def test_cada_variante_e_reconhecida(linha: dict[str, str]) -> None:
    """O hash de cada leitura conhecida é aceito com o nome dela, ou de uma igual no arquivo."""
    if linha["md5"] == "-":
        with pytest.raises(UnicodeEncodeError):
            hash_tiss.calcular(abrir(VETORES, linha["file"]))
        return
    iguais = {
        NOMES[v["variant"]]
        for v in VARIANTE
        if (v["file"], v["md5"]) == (linha["file"], linha["md5"])
    }
    mensagem = com_hash(abrir(VETORES, linha["file"]), linha["md5"])
    obtida = hash_tiss.conferir(mensagem, Modo.TOLERANT)
    assert obtida.confere
    assert obtida.variante in iguais
    if "oficial" in iguais:
        assert obtida.variante == "oficial"


@com_vetores
@pytest.mark.parametrize("vetor", VETOR, ids=lambda v: v["file"])
def test_modo_strict_so_aceita_o_hash_oficial(vetor: dict[str, str]) -> None:
    """Com rigor, passa só o vetor que traz o hash oficial, em maiúsculas ou minúsculas."""
    mensagem = abrir(VETORES, vetor["file"])
    esperado = hash_tiss.informado(mensagem).lower() == vetor["expected_md5"]
    obtida = hash_tiss.conferir(mensagem, Modo.STRICT)
    assert esperado is obtida.confere
    assert esperado is (obtida.motivo is None)


@com_vetores
def test_vetores_que_o_strict_recusa() -> None:
    """Os recusados com rigor são o do hash em UTF-8, o errado e o de fora de ISO-8859-1."""
    recusados = {
        v["file"][:2]
        for v in VETOR
        if not hash_tiss.conferir(abrir(VETORES, v["file"]), Modo.STRICT).confere
    }
    assert recusados == {"06", "17", "20"}


@com_vetores
@pytest.mark.parametrize("vetor", VETOR, ids=lambda v: v["file"])
def test_modo_off_aceita_todo_vetor(vetor: dict[str, str]) -> None:
    """Sem conferência, todo vetor passa."""
    assert hash_tiss.conferir(abrir(VETORES, vetor["file"]), Modo.OFF).confere


@com_vetores
@pytest.mark.parametrize("numero", ["06", "20"])
def test_hash_sobre_utf_8_e_aceito_e_nomeado(numero: str) -> None:
    """No modo tolerante, o hash sobre UTF-8 passa e a variante diz qual foi."""
    nome = next(v["file"] for v in VETOR if v["file"].startswith(numero))
    obtida = hash_tiss.conferir(abrir(VETORES, nome), Modo.TOLERANT)
    assert obtida == (True, "literal, UTF-8", None)


@com_vetores
def test_vetor_21_e_invalido_no_esquema_e_tem_hash() -> None:
    """Um elemento vazio a mais não muda o hash, embora o esquema o recuse."""
    mensagem = abrir(VETORES, "21_ws_empty_element.xml")
    assert not tiss_xsd.esquema("4.01.00").valida(mensagem)
    assert hash_tiss.conferir(mensagem, Modo.STRICT).confere


# --- mensagens deste repositório --------------------------------------------------------------


def test_manifesto_cobre_a_pasta() -> None:
    """Cada arquivo da pasta está no manifesto, e os que não são de hash errado são válidos."""
    assert {m.arquivo for m in MANIFESTO} == {p.name for p in PASTA.glob("*.xml")}


@pytest.mark.parametrize("linha", MANIFESTO, ids=lambda m: m.arquivo)
def test_mensagem_do_manifesto_segue_o_esquema(linha: Linha) -> None:
    """O que cada arquivo tem de especial não está no esquema, que todos seguem."""
    assert tiss_xsd.esquema("3.05.00").valida(abrir(PASTA, linha.arquivo))


@pytest.mark.parametrize("linha", MANIFESTO, ids=lambda m: m.arquivo)
def test_hash_oficial_de_cada_mensagem(linha: Linha) -> None:
    """O hash calculado é o do manifesto, ou não existe quando o texto não cabe."""
    mensagem = abrir(PASTA, linha.arquivo)
    if linha.oficial == "-":
        with pytest.raises(UnicodeEncodeError):
            hash_tiss.calcular(mensagem)
    else:
        assert linha.oficial == hash_tiss.calcular(mensagem)


@pytest.mark.parametrize("linha", MANIFESTO, ids=lambda m: m.arquivo)
def test_modo_tolerante_nomeia_a_variante(linha: Linha) -> None:
    """No modo tolerante passa toda leitura conhecida, com o seu nome, e nenhuma outra."""
    obtida = hash_tiss.conferir(abrir(PASTA, linha.arquivo), Modo.TOLERANT)
    esperada = None if linha.variante == "-" else linha.variante
    assert (esperada is not None, esperada) == (obtida.confere, obtida.variante)


@pytest.mark.parametrize("linha", MANIFESTO, ids=lambda m: m.arquivo)
def test_modo_strict_nomeia_a_variante_que_recusa(linha: Linha) -> None:
    """Com rigor só passa a leitura oficial; a recusa de outra diz qual era."""
    obtida = hash_tiss.conferir(abrir(PASTA, linha.arquivo), Modo.STRICT)
    assert (linha.variante == "oficial") is obtida.confere
    if linha.variante not in {"oficial", "-"}:
        assert linha.variante in (obtida.motivo or "")


@pytest.mark.parametrize("linha", MANIFESTO, ids=lambda m: m.arquivo)
def test_modo_off_aceita_toda_mensagem(linha: Linha) -> None:
    """Sem conferência passa tudo, mas a variante que conferir fica dita."""
    obtida = hash_tiss.conferir(abrir(PASTA, linha.arquivo), Modo.OFF)
    assert obtida.confere
    assert (None if linha.variante == "-" else linha.variante) == obtida.variante


@pytest.mark.parametrize(
    ("arquivo", "motivo"),
    [
        ("hash-vazio.xml", "o elemento hash está vazio"),
        ("hash-de-outra-forma.xml", "o hash não tem 32 dígitos hexadecimais"),
        ("hash-errado.xml", "o hash não confere: o MD5 dos valores, em ISO-8859-1, é outro"),
    ],
)
@pytest.mark.parametrize("modo", [Modo.STRICT, Modo.TOLERANT])
def test_motivo_de_cada_recusa(arquivo: str, motivo: str, modo: Modo) -> None:
    """A recusa diz se o hash está vazio, tem outra forma ou não confere."""
    assert motivo == hash_tiss.conferir(abrir(PASTA, arquivo), modo).motivo


# --- o que entra e o que não entra ------------------------------------------------------------


@pytest.mark.parametrize("nome", ["Signature", "Signatures"])
@pytest.mark.parametrize("espaco", [Q, "{http://www.w3.org/2000/09/xmldsig#}"])
def test_assinatura_da_mensagem_nao_entra(nome: str, espaco: str) -> None:
    """A assinatura da mensagem fica fora do hash; Signatures só existe no espaço TISS."""
    mensagem = status()
    antes = hash_tiss.calcular(mensagem)
    etree.SubElement(
        etree.SubElement(mensagem, espaco + nome), espaco + "SignatureValue"
    ).text = "x"
    fora = not (nome == "Signatures" and espaco != Q)
    assert fora is (antes == hash_tiss.calcular(mensagem))


def test_assinatura_de_guia_entra() -> None:
    """O que assina uma guia é conteúdo dela e entra no hash."""
    mensagem = lote()
    antes = hash_tiss.calcular(mensagem)
    assinatura = etree.SubElement(achar(mensagem, "guiaSP-SADT"), Q + "assinaturaDigitalGuia")
    etree.SubElement(assinatura, Q + "Signature").text = "x"
    assert antes != hash_tiss.calcular(mensagem)


def test_texto_de_elemento_com_filhos_nao_entra() -> None:
    """Só elementos sem filhos dão texto: o que está entre eles não conta."""
    mensagem = status()
    antes = hash_tiss.calcular(mensagem)
    achar(mensagem, "cabecalho").text = "solto"
    achar(mensagem, "Padrao").tail = "solto"
    assert antes == hash_tiss.calcular(mensagem)


def test_hash_de_mensagem_em_arquivo_fica_no_epilogo() -> None:
    """Em mensagemTISS o hash lê-se do epílogo, que não entra no cálculo."""
    arquivo = etree.fromstring(
        f'<mensagemTISS xmlns="{Q[1:-1]}"><cabecalho><Padrao>a</Padrao></cabecalho>'
        f"<epilogo><hash>{hashlib.md5(b'a').hexdigest()}</hash></epilogo></mensagemTISS>"
    )
    assert hash_tiss.conferir(arquivo, Modo.STRICT) == (True, "oficial", None)


def test_mensagem_sem_hash_e_recusada() -> None:
    """Sem elemento hash não há o que conferir: recusa-se, salvo no modo off."""
    mensagem = status()
    mensagem.remove(mensagem[-1])
    assert hash_tiss.informado(mensagem) == ""
    assert not hash_tiss.conferir(mensagem, Modo.TOLERANT).confere
    assert hash_tiss.conferir(mensagem, Modo.OFF).confere


def test_valor_com_cdata_e_um_valor_so() -> None:
    """Um valor partido por CDATA conta como um: só as suas pontas se aparam."""
    raiz = parse(b"<m><a> x <![CDATA[ y ]]> z </a></m>", Limites())
    assert hash_tiss.valores(raiz) == [" x  y  z "]
    assert hash_tiss.conteudo(raiz) == " x  y  z "


# --- outros programas -------------------------------------------------------------------------


def oraculo(modulo: str, funcao: str) -> Callable[[bytes], str]:
    achado = pytest.importorskip(modulo, reason=f"o pacote {modulo} não está instalado")
    calcula: Callable[[bytes], str] = getattr(achado, funcao)
    return calcula


@com_vetores
@pytest.mark.parametrize("vetor", VETOR, ids=lambda v: v["file"])
def test_pacote_tiss_concorda_com_os_vetores(vetor: dict[str, str]) -> None:
    """O pacote tiss dá o hash oficial, salvo onde conta envelope ou assinatura."""
    calcula = oraculo("tiss", "hash_epilogo")
    dados = (VETORES / vetor["file"]).read_bytes()
    if vetor["file"] == FORA_DE_LATIN1:
        with pytest.raises(ValueError, match="ISO-8859-1"):
            calcula(dados)
    else:
        concorda = hash_tiss.calcular(abrir(VETORES, vetor["file"])) == calcula(dados)
        assert (vetor["file"] not in SEM_TISS) is concorda


@com_vetores
@pytest.mark.parametrize("vetor", VETOR, ids=lambda v: v["file"])
def test_pacote_tiss_hash_e_a_leitura_em_utf_8(vetor: dict[str, str]) -> None:
    """O pacote tiss-hash dá a variante em UTF-8, salvo onde conta o que não é conteúdo."""
    dado = oraculo("tiss_hash", "hash_tiss")((VETORES / vetor["file"]).read_bytes())
    obtida = hash_tiss.conferir(com_hash(abrir(VETORES, vetor["file"]), dado), Modo.TOLERANT)
    esperado = vetor["file"] not in SEM_TISS_HASH
    assert esperado is (obtida.variante in {"oficial", "literal, UTF-8"})


@pytest.mark.parametrize("versao", VERSOES)
@pytest.mark.parametrize("tipo", TipoGuia)
def test_pacotes_concordam_em_lotes_inventados(tipo: TipoGuia, versao: str) -> None:
    """Em lotes dos cinco tipos os dois pacotes dão o hash oficial e o em UTF-8."""
    mensagem = lote(tipo, versao, guias=2)
    dados = etree.tostring(mensagem)
    utf8 = hashlib.md5(hash_tiss.conteudo(mensagem).encode()).hexdigest()
    assert hash_tiss.calcular(mensagem) == oraculo("tiss", "hash_epilogo")(dados)
    assert utf8 == oraculo("tiss_hash", "hash_tiss")(dados)


@given(
    st.lists(st.text(st.sampled_from("ab é&<>\n\t "), max_size=6), min_size=1, max_size=8),
    st.sampled_from(["", " ", "\n  ", "<!-- x -->", "<?p x?>", "&#32;", "<![CDATA[ ]]>"]),
)
def test_caminho_curto_so_vale_onde_da_o_mesmo_hash(textos: list[str], entre: str) -> None:
    """Onde os bytes se dizem compactos, o caminho curto dá o hash do caminho longo."""
    corpo = entre.join(f"<v>{escape(t)}</v>" for t in textos)
    dados = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<m xmlns="{NS_TISS}"> <cabecalho>{corpo}'
        f"</cabecalho>{entre}<hash/></m>"
    ).encode()
    raiz = etree.fromstring(dados, etree.XMLParser(remove_comments=True))
    if hash_tiss.compacta(dados):
        assert hash_tiss.calcular(raiz, compacta=True) == hash_tiss.calcular(raiz)
    else:
        assert entre or any(t.isspace() for t in textos)
