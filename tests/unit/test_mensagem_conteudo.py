from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from lxml import etree
from mensagens import PASTA, Q, achar, lote

from dominio.lote import TipoGuia
from mensagem.conteudo import digest_da_mensagem, digest_do_lote
from mensagem.parse import Limites, parse
from prestador.mensagem_xml import envelope

if TYPE_CHECKING:
    from collections.abc import Callable

TIPOS = pytest.mark.parametrize("tipo", TipoGuia)


def digest(mensagem: etree._Element) -> str:
    return digest_do_lote(achar(mensagem, "loteGuias"))


def relido(mensagem: etree._Element) -> etree._Element:
    return parse(etree.tostring(mensagem), Limites())


@TIPOS
def test_prefixo_nao_conta(tipo: TipoGuia) -> None:
    """O mesmo lote com outro prefixo, ou nenhum, tem o mesmo digest."""
    digests = {digest(relido(lote(tipo, prefixo=p))) for p in ("ans", "outro", None)}
    assert {digest(lote(tipo))} == digests


@TIPOS
def test_espaco_entre_elementos_comentario_e_instrucao_nao_contam(tipo: TipoGuia) -> None:
    """Espaços entre elementos, comentários e instruções não mudam o digest."""
    mensagem = lote(tipo)
    enfeitada = etree.tostring(mensagem, pretty_print=True)
    enfeitada = enfeitada.replace(b"<ans:guiasTISS>", b"<!-- a --><?b c?>\n<ans:guiasTISS>")
    assert digest(mensagem) == digest(parse(enfeitada, Limites()))


@TIPOS
def test_assinatura_de_guia_nao_conta(tipo: TipoGuia) -> None:
    """Assinada, assinada de novo ou sem assinatura, a guia é a mesma."""
    digests = set()
    for valor in (None, "um", "outro"):
        mensagem = lote(tipo)
        if valor is not None:
            assinatura = etree.SubElement(achar(mensagem, tipo), Q + "assinaturaDigitalGuia")
            etree.SubElement(assinatura, Q + "Signature").text = valor
        digests.add(digest(mensagem))
    assert len(digests) == 1


def test_cabecalho_e_hash_nao_contam() -> None:
    """O mesmo lote noutra mensagem, com outro sequencial e hash, tem o mesmo digest."""
    outra = lote(login="clinica")
    achar(outra, "sequencialTransacao").text = "2"
    assert digest(lote()) == digest(outra)


@pytest.mark.parametrize("codificacao", ["UTF-8", "ISO-8859-1"])
@pytest.mark.parametrize("soap", ["1.1", "1.2"])
def test_mensagem_como_foi_recebida(codificacao: str, soap: str) -> None:
    """O digest tira-se também dos bytes recebidos, com envelope e em qualquer codificação."""
    dados = envelope(lote(), soap=soap, codificacao=codificacao)  # type: ignore[arg-type]
    assert digest(lote()) == digest_da_mensagem(dados)


def test_mensagem_cuja_codificacao_so_o_http_disse() -> None:
    """Bytes sem declaração, recebidos com charset no HTTP, leem-se de novo com ele."""
    dados = etree.tostring(lote(), encoding="iso-8859-1", xml_declaration=False)
    assert digest(lote()) == digest_da_mensagem(dados, "iso-8859-1")


def test_mensagem_sem_lote() -> None:
    """Uma mensagem de outro assunto não tem digest de lote."""
    assert digest_da_mensagem((PASTA / "acentos-em-utf-8.xml").read_bytes()) is None


@pytest.mark.parametrize(
    "muda",
    [
        lambda m: setattr(achar(m, "numeroCarteira"), "text", "outra"),
        lambda m: setattr(achar(m, "senha"), "text", f"{achar(m, 'senha').text} "),
        lambda m: setattr(achar(m, "senha"), "tag", Q + "codValidacao"),
        lambda m: achar(m, "dadosAutorizacao").remove(achar(m, "senha")),
        lambda m: achar(m, "guiasTISS").append(achar(m, "guiaSP-SADT")),
        lambda m: achar(m, "guiasTISS").remove(achar(m, "guiaSP-SADT")),
        lambda m: achar(m, "procedimentosExecutados").append(achar(m, "procedimentoExecutado")),
        lambda m: setattr(achar(m, "numeroLote"), "text", "2"),
    ],
    ids=["texto", "espaco-no-valor", "nome", "falta", "ordem-de-guias", "menos-uma-guia",
         "ordem-de-itens", "numero"],
)  # fmt: skip
def test_mudanca_de_conteudo_conta(muda: Callable[[etree._Element], object]) -> None:
    """Texto, nome, falta e ordem de elementos mudam o digest."""
    mensagem = lote(guias=2, itens=5)
    muda(mensagem)
    assert digest(lote(guias=2, itens=5)) != digest(mensagem)


def test_texto_que_passa_de_um_elemento_a_outro_conta() -> None:
    """O mesmo texto repartido de outro modo entre elementos é outro conteúdo."""
    mensagem = lote()
    um, outro = achar(mensagem, "numeroGuiaPrestador"), achar(mensagem, "numeroGuiaOperadora")
    um.text, outro.text = f"{um.text}{(outro.text or '')[0]}", (outro.text or "")[1:]
    assert digest(lote()) != digest(mensagem)
