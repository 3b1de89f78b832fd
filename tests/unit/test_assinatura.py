"""Assinaturas íntegras, feitas por três programas, em todas as formas que se aceitam."""

from __future__ import annotations

import hashlib
from base64 import b64decode
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Literal

import certificados as icp
import pytest
from acceptance.mensagens import lote
from acceptance.numeros import novo_lote
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from security.assinaturas import oficina, xmlsec1
from security.assinaturas.adulteracoes import com_xades
from signxml.algorithms import CanonicalizationMethod, SignatureConstructionMethod
from signxml.signer import XMLSigner

from dominio.lote import TipoGuia
from dominio.transacoes import NS_TISS
from mensagem import contrato
from mensagem.assinatura import (
    AssinaturaInvalida,
    ChaveDeAssinatura,
    Grafia,
    Motivo,
    Politica,
    Qualificacao,
    assinar,
    verificar,
)
from mensagem.parse import Limites, parse
from prestador.mensagem_xml import elemento, selar

if TYPE_CHECKING:
    from pathlib import Path

    from certificados import TipoDeChave

    from mensagem.assinatura import Verificada

T = f"{{{NS_TISS}}}"
C14N = {"exclusiva": oficina.EXC, "inclusiva": oficina.INC}
INSTANTE = datetime(2026, 3, 20, 13, 0, tzinfo=UTC)
ENVELOPES = {
    "sozinha": "{}",
    "no envelope": (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>{}</s:Body>'
        "</s:Envelope>"
    ),
    "no envelope com prefixos sem uso": (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns="urn:padrao"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:tiss="'
        + NS_TISS
        + '"><s:Header/><s:Body xml:lang="pt-BR">\n {} </s:Body></s:Envelope>'
    ),
}
Prefixo = Literal["ans"] | None
FORMAS = pytest.mark.parametrize("c14n", C14N)
PREFIXOS = pytest.mark.parametrize("prefixo", ["ans", None], ids=["com prefixo", "ns padrão"])
LUGARES = pytest.mark.parametrize("lugar", ENVELOPES)


def titular() -> icp.Par:
    return icp.intermediaria().titular()


def chave(par: icp.Par | None = None) -> ChaveDeAssinatura:
    return ChaveDeAssinatura.carregar((par or titular()).pkcs12(), icp.SENHA)


def ler(dados: bytes | str, lugar: str = "sozinha") -> etree._Element:
    """A mensagem como a recepção a leria."""
    texto = dados.decode() if isinstance(dados, bytes) else dados
    raiz = parse(ENVELOPES[lugar].format(texto).encode(), Limites())
    return raiz if lugar == "sozinha" else raiz[-1][0]


def integra(mensagem: etree._Element) -> Verificada:
    verificada = verificar(mensagem)
    assert verificada is not None
    assert verificada.certificado == titular().certificado
    assert not verificada.lida.findall("{*}Signature")
    return verificada


# --- quem assina ------------------------------------------------------------------------------


@LUGARES
@PREFIXOS
@FORMAS
@pytest.mark.parametrize("com_prefixo", [True, False], ids=["ds:", "ds padrão"])
def test_do_xmlsec1_em_ds_signature(
    tmp_path: Path, c14n: str, prefixo: Prefixo, lugar: str, *, com_prefixo: bool
) -> None:
    """A assinatura do xmlsec1 vale como ele a fez, só ou num envelope que declara outras coisas."""
    mensagem = etree.tostring(lote(prefixo=prefixo))
    assinada = xmlsec1.assinar(mensagem, titular(), tmp_path, C14N[c14n], prefixo=com_prefixo)
    recebida = ler(assinada.partition(b"?>\n")[2] or assinada, lugar)
    # como na recepção: o esquema quer outro nome, e conferi-lo não muda o que se assinou
    contrato.esquema(recebida, "4.03.00")
    assert integra(recebida).grafia is Grafia.DS_SIGNATURE


@LUGARES
@FORMAS
@pytest.mark.parametrize("grafia", ["Signature", "Signatures"])
def test_do_xmlsec1_com_o_nome_do_contrato(
    tmp_path: Path, c14n: str, lugar: str, grafia: str
) -> None:
    """Renomeado o elemento para o do padrão TISS, a assinatura do xmlsec1 continua a valer."""
    assinada = xmlsec1.assinar(
        etree.tostring(lote()), titular(), tmp_path, C14N[c14n], prefixo=True
    )
    dados = assinada.partition(b"?>\n")[2].replace(b"ds:Signature ", f"ans:{grafia} ".encode())
    dados = dados.replace(b"</ds:Signature>", f"</ans:{grafia}>".encode())
    assert integra(ler(dados, lugar)).grafia == f"ans:{grafia}"


@LUGARES
@PREFIXOS
@pytest.mark.parametrize(
    "forma",
    [
        CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
        CanonicalizationMethod.CANONICAL_XML_1_0,
        CanonicalizationMethod.CANONICAL_XML_1_1,
        CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0_WITH_COMMENTS,
    ],
    ids=lambda f: f.name,
)
def test_da_signxml(forma: CanonicalizationMethod, prefixo: Prefixo, lugar: str) -> None:
    """A assinatura da signxml vale em cada forma canônica, só ou num envelope."""
    par = titular()
    assinada = XMLSigner(method=SignatureConstructionMethod.enveloped, c14n_algorithm=forma).sign(
        lote(prefixo=prefixo), key=par.chave, cert=[par.certificado]
    )
    integra(ler(etree.tostring(assinada), lugar))


@LUGARES
@PREFIXOS
@FORMAS
@pytest.mark.parametrize("xades", [False, True], ids=["simples", "XAdES"])
def test_nossa(c14n: Literal["exclusiva"], prefixo: Prefixo, lugar: str, *, xades: bool) -> None:
    """A nossa vale em cada forma, com e sem propriedades, só ou num envelope."""
    propriedades = Qualificacao(INSTANTE) if xades else None
    assinada = assinar(lote(prefixo=prefixo), chave(), c14n=c14n, xades=propriedades)
    assert integra(ler(etree.tostring(assinada), lugar)).grafia is Grafia.ANS_SIGNATURE


@FORMAS
def test_do_xmlsec1_na_mensagem_em_arquivo(tmp_path: Path, c14n: str) -> None:
    """Num mensagemTISS, onde o contrato pede ds:Signature, a assinatura do xmlsec1 vale."""
    arquivo = selar(
        elemento("mensagemTISS", {"cabecalho": {"Padrao": "4.03.00"}, "epilogo": {"hash": ""}})
    )
    assinada = xmlsec1.assinar(
        etree.tostring(arquivo), titular(), tmp_path, C14N[c14n], prefixo=True
    )
    assert integra(parse(assinada, Limites())).grafia is Grafia.DS_SIGNATURE


@pytest.mark.parametrize("tipo", ["rsa2048", "rsa3072", "ec256", "ec384", "ec521"])
def test_cada_tipo_de_chave(tipo: TipoDeChave) -> None:
    """RSA de 2048 bits ou mais e as três curvas do NIST valem."""
    par = icp.intermediaria().titular(tipo=tipo)
    verificada = verificar(ler(etree.tostring(assinar(lote(), chave(par)))))
    assert verificada is not None
    assert verificada.certificado == par.certificado
    assert verificada.algoritmo == ("RSA-SHA256" if tipo.startswith("rsa") else "ECDSA-SHA256")


@pytest.mark.parametrize("prefixo", ["ans", None])
def test_prefixo_da_mensagem_declarado_no_envelope(prefixo: Prefixo) -> None:
    """Um envelope que toma para si a declaração do prefixo não muda o que se assinou."""
    for c14n in ("exclusiva", "inclusiva"):
        texto = etree.tostring(assinar(lote(prefixo=prefixo), chave(), c14n=c14n)).decode()  # type: ignore[arg-type]
        declaracao = f' xmlns:ans="{NS_TISS}"' if prefixo else f' xmlns="{NS_TISS}"'
        assert texto.startswith(f"<{'ans:' if prefixo else ''}loteGuiasWS{declaracao}")
        sem = texto.replace(declaracao, "", 1)
        raiz = parse(
            f"<e:Envelope{declaracao} xmlns:e='urn:e'>{sem}</e:Envelope>".encode(), Limites()
        )
        integra(raiz[0])


def test_prefixos_pedidos_na_exclusiva() -> None:
    """Na lista de prefixos da forma exclusiva contam os da mensagem, não os do envelope."""
    mensagem = lote()
    lista = (
        f'<ds:Transform Algorithm="{oficina.EXC}"><ec:InclusiveNamespaces xmlns:ec="{oficina.EXC}"'
        ' PrefixList="ans s tiss"/></ds:Transform>'
    )
    dados = etree.tostring(
        mensagem, method="c14n", exclusive=True, inclusive_ns_prefixes=["ans", "s", "tiss"]
    )
    oficina.forjar(mensagem, titular(), oficina.Ref(dados, "", (oficina.ENVELOPED, lista)))
    for lugar in ENVELOPES:
        integra(ler(etree.tostring(mensagem), lugar))


def test_so_enveloped_e_c14n_inclusiva() -> None:
    """Sem canonicalização dita, vale a C14N 1.0 inclusiva, como manda o XML-DSig."""
    mensagem = lote()
    ref = oficina.Ref(etree.tostring(mensagem, method="c14n"), "", (oficina.ENVELOPED,))
    verificada = integra(ler(etree.tostring(oficina.forjar(mensagem, titular(), ref))))
    assert verificada.canonicalizacao == "inclusiva 1.0"


def test_espaco_em_volta_da_assinatura_entra_no_assinado() -> None:
    """Numa mensagem indentada, as quebras de linha em volta da assinatura são do conteúdo."""
    mensagem = lote()
    mensagem[-1].tail = "\n  \n"
    assinada = oficina.forjar(mensagem, titular())
    mensagem[-2].tail, mensagem[-1].tail = "\n  ", "\n"
    for lugar in ENVELOPES:
        integra(ler(etree.tostring(assinada), lugar))


def test_ordem_dos_certificados_nao_importa() -> None:
    """O certificado que assinou acha-se onde quer que esteja entre os enviados."""
    ac, raiz = icp.intermediaria(), icp.raiz()
    enviados = oficina.x509(raiz, ac, titular())
    verificada = integra(oficina.forjar(lote(), titular(), keyinfo=enviados))
    assert verificada.certificados_enviados == (
        raiz.certificado, ac.certificado, titular().certificado,
    )  # fmt: skip


@pytest.mark.parametrize("sobra", [oficina.key_value, oficina.der_key_value])
def test_chave_repetida_fora_do_certificado(sobra: object) -> None:
    """KeyValue ao lado do certificado aceita-se quando é a mesma chave."""
    tudo = oficina.x509(titular()) + sobra(titular())  # type: ignore[operator]
    integra(oficina.forjar(lote(), titular(), keyinfo=tudo))


@pytest.mark.parametrize("opcoes", [{"ate": icp.VENCEU}, {"assina": False}, {"usos": False}])
def test_validade_e_usos_nao_se_julgam_aqui(opcoes: dict[str, object]) -> None:
    """Certificado vencido ou sem o uso de assinatura não quebra a integridade."""
    par = icp.intermediaria().titular(**opcoes)  # type: ignore[arg-type]
    verificada = verificar(oficina.forjar(lote(), par))
    assert verificada is not None
    assert verificada.certificado == par.certificado


# --- o que se sabe dela -----------------------------------------------------------------------


def test_o_que_se_sabe_de_uma_assinatura() -> None:
    """Algoritmos, forma, propriedades e certificados ficam ditos."""
    politica = Politica("2.16.76.1.7.1.6.2.4", hashlib.sha256(b"x").digest(), "http://politica")
    assinada = assinar(lote(), chave(), xades=Qualificacao(INSTANTE, politica))
    verificada = integra(ler(etree.tostring(assinada)))
    assert verificada.algoritmo == "RSA-SHA256"
    assert verificada.digest == "SHA-256"
    assert verificada.canonicalizacao == "exclusiva"
    assert not verificada.sha1
    assert verificada.certificados_enviados == (
        titular().certificado, icp.intermediaria().certificado,
    )  # fmt: skip
    assert verificada.xades is not None
    assert verificada.xades.assinada_em == INSTANTE
    assert verificada.xades.politica == politica.oid
    assert verificada.xades.nomeia_certificado


@pytest.mark.parametrize("v2", [False, True])
def test_hora_com_fuso(*, v2: bool) -> None:
    """A hora da assinatura guarda o fuso em que foi dita."""
    verificada = integra(com_xades(v2=v2))
    assert verificada.xades is not None
    esperada = datetime(2026, 3, 20, 10, 0, tzinfo=timezone(timedelta(hours=-3)))
    assert verificada.xades.assinada_em == esperada


def test_o_que_se_le_e_a_propria_arvore_recebida() -> None:
    """Na forma exclusiva lê-se a árvore recebida, sem cópia nem segunda leitura."""
    mensagem = ler(etree.tostring(assinar(lote(), chave())), "no envelope")
    assert integra(mensagem).lida is mensagem


# --- o que se lê é o que se assinou -----------------------------------------------------------

_TEXTO = st.text(
    st.characters(
        codec="utf-8", categories=("L", "N", "P", "S", "Zs"), include_characters="\t\n&<>\"'"
    ),
    max_size=12,
)
_NOMES = st.sampled_from(["observacao", "valor", "nome", "guia"])
_ELEMENTOS = st.recursive(
    st.tuples(_NOMES, _TEXTO, _TEXTO),
    lambda filhos: st.tuples(_NOMES, st.lists(filhos, min_size=1, max_size=3), _TEXTO),
    max_leaves=8,
)


def _montar(pai: etree._Element, partes: tuple[str, str | list[object], str], espaco: str) -> None:
    nome, conteudo, atributo = partes
    filho = etree.SubElement(pai, espaco + nome)
    if atributo:
        filho.set("a", atributo)
    if isinstance(conteudo, str):
        filho.text = (
            etree.CDATA(conteudo) if "&" in conteudo and "]]>" not in conteudo else conteudo
        )
        return
    for parte in conteudo:
        _montar(filho, parte, espaco)  # type: ignore[arg-type]


def _valores(raiz: etree._Element) -> list[tuple[object, ...]]:
    # texto nenhum e texto vazio são o mesmo; o que vem depois da raiz não é dela
    return [
        (e.tag, e.text or "", "" if e is raiz else e.tail or "", dict(e.attrib))
        for e in raiz.iter()
    ]


@settings(max_examples=150, deadline=None)
@given(
    st.lists(_ELEMENTOS, max_size=4),
    st.sampled_from(["ans", None]),
    st.sampled_from(list(C14N)),
    st.sampled_from(list(ENVELOPES)),
)
def test_arvore_lida_canonicaliza_no_que_foi_digerido(
    partes: list[tuple[str, str, str]],
    prefixo: Prefixo,
    c14n: Literal["exclusiva"],
    lugar: str,
) -> None:
    """A árvore recebida, sem a assinatura, dá os bytes do resumo e os valores de os ler de novo."""
    mensagem = elemento("loteGuiasWS", {"cabecalho": "x"}, prefixo=prefixo)
    for parte in partes:
        _montar(mensagem, parte, T)  # type: ignore[arg-type]
    texto = etree.tostring(assinar(mensagem, chave(), c14n=c14n), encoding="utf-8")
    recebida = ler(texto.partition(b"?>\n")[2] or texto, lugar)
    esperado = b64decode(next(recebida.iter(f"{{{oficina.DS}}}DigestValue")).text or "")
    lida = integra(recebida).lida
    # só a raiz de um documento se canonicaliza certo na forma inclusiva; ver mensagem.assinatura
    assert c14n == "exclusiva" or lida.getparent() is None
    bytes_ = etree.tostring(lida, method="c14n", exclusive=c14n == "exclusiva", with_comments=False)
    assert hashlib.sha256(bytes_).digest() == esperado
    assert _valores(etree.fromstring(bytes_)) == _valores(lida)


def test_lote_de_cem_guias() -> None:
    """Um lote grande assinado lê-se inteiro."""
    mensagem = lote(guias=100, tipo=TipoGuia.SADT, numero=novo_lote())
    lida = integra(ler(etree.tostring(assinar(mensagem, chave())), "no envelope")).lida
    assert len(lida.findall(f".//{T}guiaSP-SADT")) == 100


@FORMAS
def test_documento_maior_que_o_limite_comum(c14n: Literal["exclusiva"]) -> None:
    """Um documento anexado, que passa do limite comum de um valor, assina-se e confere-se."""
    mensagem = elemento("envioDocumentoWS", {"documento": "A" * 11_000_000})
    texto = etree.tostring(assinar(mensagem, chave(), c14n=c14n)).decode()
    dados = ENVELOPES["no envelope"].format(texto).encode()
    recebida = parse(dados, Limites(texto_longo=True))
    assert len(integra(recebida[-1][0]).lida.findtext(f"{T}documento") or "") == 11_000_000


def test_assinar_duas_vezes_e_recusado() -> None:
    """Uma mensagem já assinada não se assina por cima."""
    with pytest.raises(AssinaturaInvalida) as recusada:
        assinar(assinar(lote(), chave()), chave())
    assert recusada.value.motivo is Motivo.REPETIDA
