"""Pacotes que se leem e não se instalam: incompletos, com ligações para fora, de outras formas."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

import pytest
from _esquemas.referencia import oficial
from pacotes import MONITORAMENTO, conjunto, em_zip, recusado, trocado, zipado

if TYPE_CHECKING:
    from pathlib import Path

# --- conjuntos --------------------------------------------------------------------------------


@pytest.mark.parametrize("nome", sorted(conjunto()))
def test_falta_um_arquivo(nome: str, tmp_path: Path) -> None:
    """Um conjunto a que falta um dos sete arquivos é recusado com o nome dele."""
    arquivos = conjunto()
    del arquivos[nome]
    assert f"falta {nome}" in recusado(em_zip(tmp_path / "p.zip", arquivos), tmp_path)


@pytest.mark.parametrize("arquivos", [{}, {"leia.txt": b"x"}, MONITORAMENTO])
def test_pacote_sem_troca_de_mensagens(arquivos: dict[str, bytes], tmp_path: Path) -> None:
    """Um pacote só de outras coisas é recusado; se são esquemas, são nomeados."""
    motivo = recusado(em_zip(tmp_path / "p.zip", arquivos), tmp_path)
    assert "não tem esquemas da troca de mensagens" in motivo
    assert ("tissMonitoramento" in motivo) is (arquivos is MONITORAMENTO)


def test_mesmo_nome_com_dois_conteudos(tmp_path: Path) -> None:
    """O mesmo nome duas vezes no zip, com conteúdos diferentes, é recusado."""
    saida = io.BytesIO(zipado(conjunto()))
    with zipfile.ZipFile(saida, "a") as arquivo, pytest.warns(UserWarning, match="Duplicate"):
        arquivo.writestr("tissV4_04_00.xsd", b"<outro/>")
    (tmp_path / "p.zip").write_bytes(saida.getvalue())
    motivo = recusado(tmp_path / "p.zip", tmp_path)
    assert "dois conteúdos de tissV4_04_00.xsd" in motivo


def test_mesma_versao_com_dois_conteudos(tmp_path: Path) -> None:
    """A mesma versão em dois lugares, com conteúdos diferentes, é recusada."""
    outro = trocado("tiss", "</schema>", "<!-- --></schema>")
    arquivos = {f"a/{n}": c for n, c in conjunto().items()}
    arquivos |= {f"b/{n}": c for n, c in outro.items()}
    motivo = recusado(em_zip(tmp_path / "p.zip", arquivos), tmp_path)
    assert motivo == "o pacote traz dois conteúdos da versão 4.04.00: em a e em b"


# --- esquemas ---------------------------------------------------------------------------------

INCLUI = '<include schemaLocation="tissSimpleTypesV4_04_00.xsd"/>'
IMPORTA = (
    '<import namespace="http://www.w3.org/2000/09/xmldsig#" '
    'schemaLocation="xmldsig-core-schema.xsd"/>'
)


@pytest.mark.parametrize(
    ("antes", "depois", "motivo"),
    [
        (INCLUI, '<include schemaLocation="http://exemplo.invalid/x.xsd"/>', "endereço de rede"),
        (INCLUI, '<include schemaLocation="//exemplo.invalid/x.xsd"/>', "endereço de rede"),
        (INCLUI, '<include schemaLocation="file:///etc/hostname"/>', "endereço de rede"),
        (INCLUI, '<include schemaLocation="tissMaisV4_04_00.xsd"/>', "não está no conjunto"),
        (INCLUI, '<include schemaLocation="../x.xsd"/>', "não está no conjunto"),
        (INCLUI, '<include schemaLocation="/etc/hostname"/>', "não está no conjunto"),
        (INCLUI, "<include/>", "não está no conjunto"),
        (INCLUI, INCLUI.replace("include", "redefine"), "redefine outro esquema"),
        (INCLUI, '<include schemaLocation="xmldsig-core-schema.xsd"/>', "de modo errado"),
        (IMPORTA, IMPORTA.replace("xmldsig#", "outro#"), "espaço de nomes desconhecido"),
        (IMPORTA, IMPORTA.replace("xmldsig-core-schema", "a"), "não está no conjunto"),
        (
            IMPORTA,
            IMPORTA + '<import namespace="urn:x" schemaLocation="xmldsig-core-schema.xsd"/>',
            "espaço de nomes desconhecido",
        ),
        (
            'targetNamespace="http://www.ans.gov.br/padroes/tiss/schemas"',
            'targetNamespace="urn:x"',
            "não declara o espaço de nomes",
        ),
        ("</schema>", "", "não é XML bem formado"),
        ('type="ans:epilogo"', 'type="ans:nenhum"', "não compilam"),
    ],
)
def test_esquema_recusado(antes: str, depois: str, motivo: str, tmp_path: Path) -> None:
    """Ligações para fora, outros espaços de nomes e esquemas quebrados são recusados."""
    pacote_ = em_zip(tmp_path / "p.zip", trocado("tiss", antes, depois))
    assert motivo in recusado(pacote_, tmp_path)


def test_arquivo_que_nao_e_esquema(tmp_path: Path) -> None:
    """Um XML qualquer com nome de esquema é recusado."""
    arquivos = conjunto() | {"tissGuiasV4_04_00.xsd": b"<x/>"}
    motivo = recusado(em_zip(tmp_path / "p.zip", arquivos), tmp_path)
    assert motivo == "tissGuiasV4_04_00.xsd não é um esquema XML"


@pytest.mark.parametrize(
    "dtd",
    [
        "<!DOCTYPE schema>",
        '<!DOCTYPE schema [<!ENTITY a "b">]>',
        '<!DOCTYPE schema SYSTEM "http://exemplo.invalid/x.dtd">',
        '<!DOCTYPE schema [<!ENTITY a SYSTEM "file:///etc/hostname">]>',
    ],
)
@pytest.mark.parametrize("nome", ["tiss", "xmldsig-core-schema.xsd"])
def test_dtd_recusada(nome: str, dtd: str, tmp_path: Path) -> None:
    """DTD é recusada em todo arquivo, também num esquema de assinaturas que não é o da ANS."""
    arquivos = trocado(nome, "?>", f"?>{dtd}")
    assert "tem DTD" in recusado(em_zip(tmp_path / "p.zip", arquivos), tmp_path)


def test_esquema_de_assinaturas_da_ans_com_um_byte_a_mais(tmp_path: Path) -> None:
    """O DOCTYPE só é tolerado no arquivo que a ANS publica, byte por byte."""
    nome = "xmldsig-core-schema.xsd"
    conteudo = (oficial("4.03.00") / nome).read_bytes()
    pacote_ = em_zip(tmp_path / "p.zip", conjunto() | {nome: conteudo + b"\n"})
    assert f"{nome} tem DTD" == recusado(pacote_, tmp_path)


# --- formas -----------------------------------------------------------------------------------

HASH = '<element name="hash" type="string"/>\n        '
ASSINA = '<element name="Signature" type="ans:Signature" minOccurs="0"/>'
LOTE = '<element name="loteGuias" type="ans:ctm_guiaLote"/>\n        '


@pytest.mark.parametrize(
    ("nome", "antes", "depois", "motivo"),
    [
        ("tissWebServices", '<element name="loteGuiasWS">', '<element name="loteNovoWS">',
         "falta a mensagem loteGuiasWS"),
        ("tissWebServices", LOTE + HASH, LOTE,
         "loteGuiasWS não começa por cabecalho, loteGuias e hash"),
        ("tissWebServices", LOTE, LOTE.replace('"loteGuias"', '"lote"'),
         "loteGuiasWS não começa por cabecalho, loteGuias e hash"),
        ("tissWebServices", LOTE + HASH, LOTE + HASH.replace('"string"', '"token"'),
         "loteGuiasWS tem cabecalho ou hash de outro tipo"),
        ("tissWebServices", LOTE + HASH, LOTE + HASH.replace("/>", ' minOccurs="0"/>'),
         "loteGuiasWS dispensa cabecalho, loteGuias ou hash"),
        ("tissWebServices", LOTE + HASH, LOTE + HASH + '<element name="selo" type="string"/>',
         "loteGuiasWS exige também selo"),
        ("tissWebServices", LOTE + HASH + ASSINA,
         LOTE + HASH + '<choice><element name="selo" type="string"/></choice>' + ASSINA,
         "loteGuiasWS exige também (grupo)"),
        ("tissWebServices", 'type="ans:st_tissFault"', 'type="string"', "tissFaultWS"),
        ("tiss", '<element name="Padrao" type="ans:dm_versao"/>',
         '<element name="versaoPadrao" type="ans:dm_versao"/>',
         "cabecalhoTransacao exige também versaoPadrao e não exige Padrao"),
        ("tiss", '<element name="Padrao" type="ans:dm_versao"/>',
         '<element name="Padrao" type="string"/>', "Padrao não é do tipo dm_versao"),
        ("tiss", '"loginSenhaPrestador"', '"login"', "não tem loginSenhaPrestador"),
        ("tiss", '<element name="horaRegistroTransacao" type="ans:st_hora"/>', "",
         "identificacaoTransacao não exige horaRegistroTransacao"),
        ("tiss", '<element name="registroANS" type="ans:st_registroANS"/>',
         '<element name="registro" type="ans:st_registroANS"/>', "origem não aceita registroANS"),
        ("tissSimpleTypes", '<enumeration value="ENVIO_LOTE_GUIAS"/>', "",
         "dm_tipoTransacao não tem ENVIO_LOTE_GUIAS"),
        ("tissSimpleTypes", '<enumeration value="HashInvalido"/>', "",
         "st_tissFault não tem HashInvalido"),
        ("tissSimpleTypes", '<enumeration value="4.04.00"/>', "",
         "os nomes dos arquivos dizem 4.04.00, mas dm_versao não a tem"),
    ],
)  # fmt: skip
def test_forma_desconhecida(
    nome: str, antes: str, depois: str, motivo: str, tmp_path: Path
) -> None:
    """Uma versão de outras formas é recusada com o que tem de diferente."""
    texto = recusado(em_zip(tmp_path / "p.zip", trocado(nome, antes, depois)), tmp_path)
    assert texto.startswith("a versão 4.04.00 não tem as formas que o gateway conhece: ")
    assert motivo in texto


def test_ct_de_identificacao_sem_uma_das_formas(tmp_path: Path) -> None:
    """A identificação do prestador tem de aceitar as três formas."""
    arquivos = trocado("tissComplexTypes", '<element name="CPF"', '<element name="CPFNovo"')
    texto = recusado(em_zip(tmp_path / "p.zip", arquivos), tmp_path)
    assert "origem/identificacaoPrestador não aceita CPF" in texto


def test_muitas_diferencas_cabem_numa_linha(tmp_path: Path) -> None:
    """De muitas diferenças dizem-se as primeiras e quantas são as outras."""
    arquivos = conjunto()
    nome = "tissWebServicesV4_04_00.xsd"
    arquivos[nome] = arquivos[nome].replace(b'name="hash"', b'name="resumo"')
    texto = recusado(em_zip(tmp_path / "p.zip", arquivos), tmp_path)
    assert texto.endswith("; e mais 21")
