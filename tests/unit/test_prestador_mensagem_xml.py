"""A mensagem montada pelo prestador: hash, prefixos, cabeçalho e envelope."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime

import pytest
from lxml import etree

from dominio.lote import TipoGuia
from dominio.transacoes import NS_TISS, POR_SERVICO
from mensagem import hash_tiss
from prestador import mensagem_xml
from prestador.cabecalho import cabecalho
from prestador.lotes import corpo_lote
from prestador.valores import Corpo, identificado

PRESTADOR = identificado("codigo", "013950")
LOTE = POR_SERVICO["tissLoteGuias"]
NS = {"t": NS_TISS}


def _cabecalho(**opcoes: str) -> Corpo:
    return cabecalho(
        LOTE.tipo_pedido,
        "4.03.00",
        PRESTADOR,
        "999999",
        agora=datetime(2026, 3, 20, 8, 9, 10, tzinfo=UTC),
        **opcoes,
    )


def _mensagem(prefixo: str | None = "ans") -> etree._Element:
    corpo = corpo_lote(
        TipoGuia.INTERNACAO,
        "4.03.00",
        prestador=PRESTADOR,
        registro_ans="999999",
        hoje=date(2026, 3, 20),
    )
    return mensagem_xml.mensagem_ws(LOTE, _cabecalho(), corpo, prefixo=prefixo)


def test_hash_e_o_md5_das_folhas_em_iso_8859_1() -> None:
    """O hash é o MD5 dos textos das folhas, fora o próprio, em ISO-8859-1."""
    mensagem = _mensagem()
    textos = [e.text or "" for e in mensagem.iter() if len(e) == 0][:-1]
    esperado = hashlib.md5("".join(textos).encode("iso-8859-1"), usedforsecurity=False).hexdigest()
    assert esperado == mensagem.findtext("t:hash", namespaces=NS)


@pytest.mark.parametrize("prefixo", ["ans", "sch", None])
def test_prefixo_nao_muda_o_hash(prefixo: str | None) -> None:
    """Com qualquer prefixo, ou sem ele, a mensagem é a mesma."""
    mensagem = _mensagem(prefixo)
    assert prefixo == mensagem.prefix
    assert hash_tiss.informado(_mensagem()) == hash_tiss.informado(mensagem)


@pytest.mark.parametrize("soap", ["1.1", "1.2"])
@pytest.mark.parametrize("codificacao", ["UTF-8", "ISO-8859-1"])
def test_envelope_leva_a_mensagem_inteira(
    soap: mensagem_xml.VersaoSoap, codificacao: mensagem_xml.Codificacao
) -> None:
    """O envelope, relido, traz no Body a mensagem com os mesmos textos e o hash certo."""
    mensagem = _mensagem()
    dados = mensagem_xml.envelope(mensagem, soap=soap, codificacao=codificacao)
    corpo = etree.fromstring(dados).find(f"{{{mensagem_xml.ENVELOPES[soap]}}}Body")
    assert corpo is not None
    (dentro,) = corpo
    assert etree.tostring(mensagem, method="c14n2") == etree.tostring(dentro, method="c14n2")
    assert hash_tiss.conferir(dentro, hash_tiss.Modo.STRICT).confere


def test_envelope_escreve_na_codificacao_pedida() -> None:
    """Um til sai com um byte em ISO-8859-1 e dois em UTF-8."""
    mensagem = mensagem_xml.elemento("loteGuias", {"numeroLote": "ã"})
    assert b">\xe3<" in mensagem_xml.envelope(mensagem, codificacao="ISO-8859-1")
    assert b">\xc3\xa3<" in mensagem_xml.envelope(mensagem)


def test_cabecalho_leva_a_senha_como_md5_minusculo() -> None:
    """A senha em texto claro nunca aparece; vai o MD5 dela em hexadecimal minúsculo."""
    corpo = _cabecalho(login="clinica", senha="password")
    assert corpo["loginSenhaPrestador"] == {
        "loginPrestador": "clinica",
        "senhaPrestador": "5f4dcc3b5aa765d61d8327deb882cf99",
    }


def test_cabecalho_recusa_login_sem_senha() -> None:
    """Login e senha são um grupo só no padrão."""
    with pytest.raises(ValueError, match="juntos"):
        _cabecalho(login="clinica")


def test_cabecalho_sem_login_nao_tem_o_grupo() -> None:
    """Sem credencial, o cabeçalho acaba em Padrao."""
    assert list(_cabecalho()) == ["identificacaoTransacao", "origem", "destino", "Padrao"]


@pytest.mark.parametrize(
    ("forma", "campo"),
    [("codigo", "codigoPrestadorNaOperadora"), ("cnpj", "CNPJ"), ("cpf", "CPF")],
)
def test_origem_segue_a_forma_de_identificacao(forma: str, campo: str) -> None:
    """Código, CNPJ e CPF vão cada um no seu elemento."""
    corpo = cabecalho("ENVIO_LOTE_GUIAS", "4.03.00", identificado(forma, "52998224725"), "999999")
    assert corpo["origem"] == {"identificacaoPrestador": {campo: "52998224725"}}


def test_forma_de_identificacao_desconhecida_e_recusada() -> None:
    """Só há três formas de identificar um prestador."""
    with pytest.raises(ValueError, match="rg"):
        identificado("rg", "1")


def test_selar_recusa_mensagem_sem_lugar_para_o_hash() -> None:
    """Sem elemento hash não há o que preencher, e isso é dito."""
    with pytest.raises(ValueError, match="hash"):
        mensagem_xml.selar(mensagem_xml.elemento("loteGuiasWS", {"cabecalho": {}}))
