"""Assinaturas adulteradas: cada uma tem de ser recusada, e pela sua razão."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from security.assinaturas import mexidas, oficina
from security.assinaturas.adulteracoes import (
    ADULTERACOES,
    base,
    boa,
    com_certificados_nomeados,
    com_espacos,
    com_id,
    com_prefixos,
    com_xades,
    titular,
)

from mensagem.assinatura import AssinaturaInvalida, Motivo, canonica, verificar
from mensagem.parse import Limites, parse
from mensagem.recusa import Recusa

if TYPE_CHECKING:
    from collections.abc import Callable

MANIFESTO: dict[str, str] = json.loads(
    (Path(__file__).parent / "assinaturas" / "manifesto.json").read_text("utf-8")
)
MEXIDAS = 200
_INICIO = (
    b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:sem="urn:sem-uso">'
    b"<s:Body>"
)
_FIM = b"</s:Body></s:Envelope>"
_SEM_LIMITES = etree.XMLParser(huge_tree=True)


def _lida(dados: bytes, *, em_envelope: bool) -> etree._Element:
    # leitura sem o endurecimento, que já recusaria comentários e instruções
    if not em_envelope:
        return etree.fromstring(dados, _SEM_LIMITES)
    return etree.fromstring(_INICIO + dados + _FIM, _SEM_LIMITES)[0][0]


def test_o_manifesto_lista_cada_adulteracao() -> None:
    """Cada adulteração tem o seu motivo no manifesto, e nenhum motivo sobra sem adulteração."""
    assert MANIFESTO.keys() == ADULTERACOES.keys()
    assert len(MANIFESTO) >= 100
    assert set(MANIFESTO.values()) == {str(motivo) for motivo in Motivo}


@pytest.mark.parametrize("em_envelope", [False, True], ids=["sozinha", "no envelope"])
@pytest.mark.parametrize("nome", sorted(MANIFESTO))
def test_adulterada_e_recusada_pela_sua_razao(nome: str, *, em_envelope: bool) -> None:
    """Cada adulteração é recusada com o motivo do manifesto, só ou dentro de um envelope."""
    mensagem = _lida(etree.tostring(ADULTERACOES[nome]()), em_envelope=em_envelope)
    with pytest.raises(AssinaturaInvalida) as recusada:
        verificar(mensagem)
    assert str(recusada.value.motivo) == MANIFESTO[nome]


@pytest.mark.parametrize("nome", sorted(MANIFESTO))
def test_texto_da_recusa_nao_repete_a_mensagem(nome: str) -> None:
    """O texto mostrado a quem enviou depende só do motivo."""
    with pytest.raises(AssinaturaInvalida) as recusada:
        verificar(_lida(etree.tostring(ADULTERACOES[nome]()), em_envelope=False))
    assert str(recusada.value) == Motivo(MANIFESTO[nome]).texto


@pytest.mark.parametrize("fazer", [boa, com_id, com_xades])
@pytest.mark.parametrize("em_envelope", [False, True], ids=["sozinha", "no envelope"])
def test_sem_adulterar_a_mesma_mensagem_vale(
    fazer: Callable[[], etree._Element], *, em_envelope: bool
) -> None:
    """O que se adultera é íntegro antes de adulterado: a recusa vem da adulteração."""
    verificada = verificar(_lida(etree.tostring(fazer()), em_envelope=em_envelope))
    assert verificada is not None
    assert verificada.certificado == titular().certificado


def _assinada_sobre(mensagem: etree._Element, dados: bytes, passo: str) -> etree._Element:
    referencia = oficina.Ref(dados, "", (oficina.ENVELOPED, passo))
    return oficina.forjar(mensagem, titular(), referencia)


def test_no_limite_ainda_vale() -> None:
    """Oito prefixos, dezesseis espaços de nomes e dez certificados nomeados não são demais."""
    larga = com_espacos(base(), 15)
    for mensagem in (
        _assinada_sobre(
            m := com_espacos(base(), 8),
            etree.tostring(
                m,
                method="c14n",
                exclusive=True,
                inclusive_ns_prefixes=[f"p{n}" for n in range(8)],
            ),
            com_prefixos(oficina.EXC, 8),
        ),
        _assinada_sobre(larga, etree.tostring(larga, method="c14n"), oficina.INC),
        com_certificados_nomeados(10),
    ):
        assert verificar(_lida(etree.tostring(mensagem), em_envelope=False)) is not None


def test_prefixo_repetido_conta_uma_vez() -> None:
    """Uma lista que repete cem mil vezes um prefixo pede-o à libxml2 uma só vez."""
    transform = etree.fromstring(
        f'<ds:a xmlns:ds="{oficina.DS}">{com_prefixos(oficina.EXC, 1)}</ds:a>'
    )[0]
    transform[0].set("PrefixList", "ans " * 100_000)
    assert canonica.ler(transform).prefixos == ("ans",)


def test_espaco_redeclarado_em_cada_elemento_conta_uma_vez() -> None:
    """Quem declara o mesmo prefixo em cada elemento não passa do limite por isso."""
    fundo = "".join(f'<a:n{n} xmlns:a="urn:a">' for n in range(40))
    fim = "".join(f"</a:n{n}>" for n in reversed(range(40)))
    assert canonica.canonizar(etree.fromstring(fundo + fim), canonica.IMPLICITA)


@pytest.mark.parametrize("nome", ["rsa_sha1", "digest_sha1"])
def test_sha1_so_vale_com_licenca_e_fica_anotado(nome: str) -> None:
    """Com licença expressa, a assinatura com SHA-1 vale e diz que o usa."""
    verificada = verificar(ADULTERACOES[nome](), aceitar_sha1=True)
    assert verificada is not None
    assert verificada.sha1


@pytest.mark.parametrize("nome", sorted(n for n, m in MANIFESTO.items() if m != "sha1"))
def test_licenca_para_sha1_nao_abre_outra_porta(nome: str) -> None:
    """Aceitar SHA-1 não muda o motivo de nenhuma outra adulteração."""
    with pytest.raises(AssinaturaInvalida) as recusada:
        verificar(ADULTERACOES[nome](), aceitar_sha1=True)
    assert str(recusada.value.motivo) == MANIFESTO[nome]


def test_comentario_num_valor_le_se_como_foi_assinado() -> None:
    """Depois da leitura endurecida, 1<!-- -->001 é o 1001 que se assinou."""
    dados = etree.tostring(boa()).replace(b">1001<", b">1<!-- -->001<")
    verificada = verificar(parse(dados, Limites()))
    assert verificada is not None
    assert verificada.lida.findtext(".//{*}numeroLote") == "1001"


def test_o_que_nao_se_assinou_nao_se_le() -> None:
    """A árvore devolvida não tem a assinatura nem nada que ela trouxesse."""
    verificada = verificar(com_xades())
    assert verificada is not None
    assert not list(verificada.lida.iter("{*}Signature", "{*}Object", "{*}KeyInfo"))
    assert oficina.exclusiva(verificada.lida) == oficina.exclusiva(base_da_boa())


def base_da_boa() -> etree._Element:
    mensagem = boa()
    mensagem.remove(mensagem[-1])
    return mensagem


_ASSINADA = etree.tostring(com_xades())
_CANONICA = oficina.exclusiva(verificar(etree.fromstring(_ASSINADA)).lida)  # type: ignore[union-attr]


@settings(max_examples=400, deadline=None)
@given(st.integers(0, len(_ASSINADA) - 1), st.integers(0, 255))
def test_um_byte_trocado_nunca_muda_o_que_se_le(posicao: int, byte: int) -> None:
    """Trocado um byte qualquer, ou a mensagem é recusada ou o que se lê é o que se assinou."""
    dados = _ASSINADA[:posicao] + bytes([byte]) + _ASSINADA[posicao + 1 :]
    try:
        verificada = verificar(parse(dados, Limites()))
    except (Recusa, AssinaturaInvalida):
        return
    assert verificada is None or oficina.exclusiva(verificada.lida) == _CANONICA


@pytest.mark.parametrize("qual", range(5))
def test_nos_mexidos_nunca_mudam_o_que_se_le(qual: int) -> None:
    """Nós movidos, repetidos ou estragados ao acaso dão recusa, ou a leitura do que se assinou."""
    dados = mexidas.bases()[qual]
    original = verificar(etree.fromstring(dados))
    assert original is not None
    esperado = oficina.exclusiva(original.lida)
    acaso = Random(f"mexidas {qual}")
    recusadas = 0
    for _ in range(MEXIDAS):
        try:
            verificada = verificar(etree.fromstring(mexidas.mexer(dados, acaso)))
        except AssinaturaInvalida:
            recusadas += 1
            continue
        assert verificada is None or oficina.exclusiva(verificada.lida) == esperado
    assert recusadas > MEXIDAS // 3


def test_mensagem_sem_assinatura_nao_tem_veredito() -> None:
    """Sem assinatura alguma, não há o que verificar."""
    assert verificar(base()) is None
