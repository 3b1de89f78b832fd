"""Mutações de mensagens válidas: na árvore, com ou sem o hash refeito, e nos bytes."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

from hypothesis import strategies as st
from integration.recepcao import Q, assinatura
from lxml import etree

from prestador.mensagem_xml import envelope

if TYPE_CHECKING:
    from collections.abc import Callable

VALORES = (
    "", " ", "\n\t ", "0", "-0", "+1", "-1", ".5", "1.", "00000000000000000001", "0" * 5000 + "1",
    "99999999.99", "999999999999", "9" * 40, "1e5", "NaN", "INF", "0.001", "true", "S", "N",
    "0001-01-01", "9999-12-31", "9999-12-31Z", "10000-01-01", "-0001-01-01", "2024-02-29",
    "2026-03-02+14:00", "2026-03-02-14:00", "24:00:00", "23:59:60", "00:00:00.000000001Z",
    "23:59:59-14:00", "' OR '1'='1", '"; DROP TABLE lote; --', "%s%n%x", "{0.__class__}",
    "${jndi:x}",
    "\x85", "\xa0", "\x9f\x80", "é", "€", "Ω", "\U0001f600", "\u202e", "\ufeff", "\r\n", "a\rb",
    "A" * 300, "11222333000181", "52998224725", "013950", "999999", "4.03.00", "3.05.00",
    "ENVIO_LOTE_GUIAS", "SOLIC_STATUS_PROTOCOLO", "1", "2", "01", "10000001", "00010000001",
)  # fmt: skip
_ESPACOS = (
    None, "urn:outro", "http://www.w3.org/2000/09/xmldsig#", Q[1:-1], Q[1:-1] + "/",
    "http://schemas.xmlsoap.org/soap/envelope/",
)  # fmt: skip
_XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
_ATRIBUTOS = (
    (f"{_XSI}nil", "true"), (f"{_XSI}type", "ans:st_texto20"), (f"{_XSI}schemaLocation", "a b"),
    ("Id", "x"), ("href", "#x"), ("{http://www.w3.org/XML/1998/namespace}id", "x"),
    ("{http://schemas.xmlsoap.org/soap/envelope/}mustUnderstand", "1"),
)  # fmt: skip
_BYTES = (
    b"", b"\x00", b"\xff", b"<", b">", b"&", b"&#0;", b"&x;", b"]]>", b"<![CDATA[", b"<!--", b"-->",
    b"<?a?>", b'"', b"=", b"xmlns", b"/", b"\xc0\x80", b"<!DOCTYPE a>", b" ",
)  # fmt: skip
CODIFICACOES = ("UTF-8", "ISO-8859-1", "UTF-16", "windows-1252", "us-ascii")


class Mutacao(NamedTuple):
    """Uma mudança; os números escolhem, pelo resto da divisão, onde e com quê."""

    qual: str
    onde: int
    com: int


def _texto(alvo: etree._Element, com: int) -> None:
    alvo.text = VALORES[com % len(VALORES)]


def _texto_depois(alvo: etree._Element, com: int) -> None:
    alvo.tail = VALORES[com % len(VALORES)]


def _tirar(alvo: etree._Element, _com: int) -> None:
    pai = alvo.getparent()
    if pai is not None:
        pai.remove(alvo)


def _dobrar(alvo: etree._Element, com: int) -> None:
    pai = alvo.getparent()
    if pai is not None:
        pai.insert(com % (len(pai) + 1), etree.fromstring(etree.tostring(alvo, with_tail=False)))


def _trocar_de_lugar(alvo: etree._Element, com: int) -> None:
    if len(alvo) > 1:
        alvo.insert(com % len(alvo), alvo[-1])


def _espaco(alvo: etree._Element, com: int) -> None:
    espaco = _ESPACOS[com % len(_ESPACOS)]
    local = etree.QName(alvo).localname
    alvo.tag = local if espaco is None else f"{{{espaco}}}{local}"


def _nome(alvo: etree._Element, com: int) -> None:
    alvo.tag = Q + ("hash", "cabecalho", "Padrao", "x", "loteGuias", "_Operation")[com % 6]


def _atributo(alvo: etree._Element, com: int) -> None:
    nome, valor = _ATRIBUTOS[com % len(_ATRIBUTOS)]
    alvo.set(nome, valor)


def _assinar(alvo: etree._Element, com: int) -> None:
    nome = ("Signature", "assinaturaDigitalGuia", "assinaturaDigital")[com % 3]
    alvo.append(assinatura(nome, VALORES[com % len(VALORES)]))


_NA_ARVORE: dict[str, Callable[[etree._Element, int], None]] = {
    "texto": _texto,
    "texto depois": _texto_depois,
    "tirar": _tirar,
    "dobrar": _dobrar,
    "trocar de lugar": _trocar_de_lugar,
    "espaço": _espaco,
    "nome": _nome,
    "atributo": _atributo,
    "assinar": _assinar,
}
_numero = st.integers(0, 2**16)
# valores de folhas são onde a leitura dos assuntos pode tropeçar: pesam mais
NA_ARVORE = st.lists(
    st.builds(Mutacao, st.sampled_from([*_NA_ARVORE, "texto", "texto", "folha", "folha", "folha"]),
              _numero, _numero),
    min_size=1, max_size=4,
)  # fmt: skip
_DO_FIM = st.integers(1, 70)
"""A assinatura é o fim da mensagem: contados do fim, os elementos são quase todos dela."""
NA_ASSINATURA = st.lists(
    st.builds(Mutacao, st.sampled_from([*_NA_ARVORE, "folha"]), _DO_FIM.map(lambda n: -n), _numero),
    max_size=3,
)  # fmt: skip
NOS_BYTES = st.lists(
    st.builds(Mutacao, st.sampled_from(["pôr", "cortar", "trocar"]), st.integers(0, 2**20),
              _numero),
    max_size=3,
)  # fmt: skip


def mudar(mensagem: etree._Element, mutacoes: list[Mutacao]) -> etree._Element:
    """Aplica as mutações à árvore."""
    for qual, onde, com in mutacoes:
        alvos = list(mensagem.iter(etree.Element))
        if qual == "folha":
            folhas = [e for e in alvos if len(e) == 0]
            _texto(folhas[onde % len(folhas)], com)
        else:
            _NA_ARVORE[qual](alvos[onde % len(alvos)], com)
    return mensagem


def reselar(mensagem: etree._Element) -> None:
    """Refaz o hash, se ainda há onde pô-lo, para que a mensagem passe da conferência dele."""
    for lugar in (mensagem.find(f"{Q}hash"), mensagem.find(f"{Q}epilogo/{Q}hash")):
        if lugar is not None:
            fora = {f"{Q}hash", f"{Q}epilogo"}
            partes = [p for p in mensagem if p.tag not in fora and "Signature" not in str(p.tag)]
            folhas = [e.text or "" for p in partes for e in p.iter(etree.Element) if not len(e)]
            conteudo = "".join(folhas)
            try:
                dados = conteudo.encode("iso-8859-1")
            except UnicodeEncodeError:
                dados = conteudo.encode()
            lugar.text = hashlib.md5(dados).hexdigest()


def em_envelope(mensagem: etree._Element, codificacao: str) -> bytes:
    """Os bytes do envelope numa codificação do XML."""
    dados = envelope(mensagem)
    if codificacao == "UTF-8":
        return dados
    raiz = etree.fromstring(dados, etree.XMLParser(collect_ids=False))
    return etree.tostring(raiz, encoding=codificacao, xml_declaration=True)


def mudar_bytes(dados: bytes, mutacoes: list[Mutacao]) -> bytes:
    """Aplica as mutações aos bytes."""
    for qual, onde, com in mutacoes:
        aqui = onde % (len(dados) + 1)
        if qual == "cortar":
            dados = dados[:aqui] + dados[aqui + com % 40 :]
        else:
            sobra = 1 if qual == "trocar" else 0
            dados = dados[:aqui] + _BYTES[com % len(_BYTES)] + dados[aqui + sobra :]
    return dados
