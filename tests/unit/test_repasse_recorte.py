from __future__ import annotations

import pytest
from lxml import etree

from dominio.transacoes import NS_TISS
from handlers.repasse.recorte import em_utf8, envelope_novo, recortar
from mensagem import envelope
from mensagem.envelope import Soap
from mensagem.parse import Limites, parse
from mensagem.recusa import Recusa

M = f'<ans:m xmlns:ans="{NS_TISS}" a="1>0" >\n <ans:v>São &amp; <![CDATA[<x>]]></ans:v>\n</ans:m >'
S11 = f'xmlns:s="{Soap.V11}"'
K = 'xmlns="urn:k" xmlns:k="urn:k"'


def _abrir(dados: bytes, charset: str | None = None) -> etree._Element:
    return envelope.abrir(parse(dados, Limites(), charset))


def _em(dados: bytes, charset: str | None = None) -> bytes:
    return recortar(dados, _abrir(dados, charset)).bruto


def _novo(dados: bytes) -> bytes:
    return envelope_novo(recortar(dados, _abrir(dados))).corpo


def _canonica(mensagem: etree._Element) -> bytes:
    return etree.tostring(mensagem, method="c14n", with_tail=False)


@pytest.mark.parametrize(
    "antes",
    [
        f"<s:Envelope {S11}><s:Body>",
        f"\n <s:Envelope {S11}><s:Body>\n  ",
        f"<s:Envelope {S11}><!-- <s:Body><ans:m/></s:Body> --><s:Body><!-- <ans:m> -->",
        f'<s:Envelope {S11}><s:Header><h:Body xmlns:h="urn:h"><h:m/></h:Body></s:Header><s:Body>',
        f"<s:Envelope {S11}><?pi <s:Body><ans:m?><s:Body a='>'>",
        f"<s:Envelope {S11}><s:Body><x:lote_Operation xmlns:x='urn:x'>",
    ],
)
def test_mensagem_sai_com_os_mesmos_bytes(antes: str) -> None:
    """O que envolve a mensagem, até comentários que a imitam, não muda os bytes recortados."""
    depois = "</x:lote_Operation>" if "_Operation" in antes else ""
    dados = f"{antes}{M}{depois}<!-- </ans:m> --></s:Body></s:Envelope>".encode()
    assert M.encode() == _em(dados)


@pytest.mark.parametrize("codificacao", ["UTF-8", "ISO-8859-1", "windows-1252", "latin1"])
def test_codificacao_declarada_mantem_se(codificacao: str) -> None:
    """O envelope novo declara a codificação recebida, e a mensagem vai nos bytes que vieram."""
    bruto = M.encode(codificacao)
    inicio = f'<?xml version="1.0" encoding="{codificacao}"?>\n<s:Envelope {S11}><s:Body>'
    novo = _novo(inicio.encode() + bruto + b"</s:Body></s:Envelope>")
    assert bruto in novo
    assert "São" in "".join(_abrir(novo).itertext())


def test_codificacao_do_http_mantem_se() -> None:
    """Sem declaração XML, a codificação que o HTTP disse é a que o envelope novo declara."""
    dados = f"<s:Envelope {S11}><s:Body>{M}</s:Body></s:Envelope>".encode("iso-8859-1")
    recorte = recortar(dados, _abrir(dados, "iso-8859-1"))
    novo = envelope_novo(recorte)
    assert M.encode("iso-8859-1") in novo.corpo
    assert "São" in "".join(_abrir(novo.corpo).itertext())


@pytest.mark.parametrize(
    ("codificacao", "declaracao"),
    [
        ("utf-16", '<?xml version="1.0" encoding="UTF-16"?>'),
        ("utf-16", ""),
        ("utf-16-le", '<?xml version="1.0" encoding="UTF-16LE"?>'),
        ("utf-16-be", '<?xml version="1.0" encoding="UTF-16BE"?>'),
        ("utf-8-sig", ""),
    ],
)
def test_outras_formas_de_unicode(codificacao: str, declaracao: str) -> None:
    """UTF-16 passa a UTF-8 e uma BOM fica de fora; a forma canônica é a mesma."""
    texto = f"{declaracao}<s:Envelope {S11}><s:Body>{M}</s:Body></s:Envelope>"
    dados = texto.encode(codificacao)
    assert M.encode() == _em(dados)
    assert _canonica(_abrir(dados)) == _canonica(_abrir(_novo(dados)))


@pytest.mark.parametrize(
    "dados",
    [
        f'<s:Envelope {S11} xmlns:xsi="http://i.exemplo/?a=1&amp;b=2"><s:Body>{M}</s:Body></s:Envelope>',
        f'<s:Envelope {S11} xmlns="urn:padrao"><s:Body xmlns:b="urn:b">{M}</s:Body></s:Envelope>',
        f'<Envelope xmlns="{Soap.V11}"><Body>{M}</Body></Envelope>',
        f'<s:Envelope {S11} xmlns:a="{NS_TISS}"><s:Body><a:m>1</a:m></s:Body></s:Envelope>',
        f"<s:Envelope {S11}><s:Body><k_Operation {K}>{M}</k_Operation></s:Body></s:Envelope>",
    ],
)
def test_forma_canonica_inclusiva_e_a_mesma(dados: str) -> None:
    """A mensagem vê os mesmos espaços de nomes que via: uma assinatura inclusiva ainda confere."""
    assert _canonica(_abrir(dados.encode())) == _canonica(_abrir(_novo(dados.encode())))


def test_de_soap_12_vai_em_soap_11() -> None:
    """O envelope novo é sempre SOAP 1.1, com um prefixo que a mensagem não usa para outra coisa."""
    dados = f'<soap:Envelope xmlns:soap="{Soap.V12}"><soap:Body>{M}</soap:Body></soap:Envelope>'
    novo = _novo(dados.encode())
    assert envelope.versao_soap(parse(novo, Limites())) is Soap.V11
    assert M.encode() in novo


def test_mensagem_sustenta_se_sem_o_envelope() -> None:
    """Prefixos que só o envelope declarava passam à mensagem, também os usados só em valores."""
    dados = (
        f'<s:Envelope {S11} xmlns:ans="{NS_TISS}" xmlns:xsi="urn:i" xmlns:nada="urn:n">'
        '<s:Body><ans:m><ans:v xsi:type="ans:st">1</ans:v></ans:m></s:Body></s:Envelope>'
    ).encode()
    sozinha = em_utf8(recortar(dados, _abrir(dados)))
    raiz = etree.fromstring(sozinha)
    assert raiz.nsmap == {"ans": NS_TISS, "xsi": "urn:i"}


def test_espaco_padrao_do_envelope_passa_a_mensagem() -> None:
    """O espaço de nomes padrão do envelope, se não é o do SOAP, é declarado na mensagem."""
    dados = f'<s:Envelope {S11} xmlns="{NS_TISS}"><s:Body><m><v>1</v></m></s:Body></s:Envelope>'
    sozinha = em_utf8(recortar(dados.encode(), _abrir(dados.encode())))
    assert f'<m xmlns="{NS_TISS}"><v>1</v></m>'.encode() == sozinha


def test_mensagem_que_se_basta_nao_muda() -> None:
    """Se a mensagem declara o que usa, sai com os bytes que vieram."""
    dados = f'<s:Envelope {S11} xmlns:xsi="urn:i"><s:Body>{M}</s:Body></s:Envelope>'.encode()
    assert M.encode() == em_utf8(recortar(dados, _abrir(dados)))


def test_mensagem_em_latin1_sai_em_utf8() -> None:
    """Uma mensagem em ISO-8859-1 sai em UTF-8, que é o que as respostas são."""
    texto = f'<?xml version="1.0" encoding="ISO-8859-1"?><s:Envelope {S11}><s:Body>{M}</s:Body>'
    dados = f"{texto}</s:Envelope>".encode("iso-8859-1")
    assert M.encode() == em_utf8(recortar(dados, _abrir(dados)))


def test_o_que_so_a_libxml2_le_e_recusado() -> None:
    """Um documento que a libxml2 lê mas outro leitor não recorta é XML malformado."""
    dados = f"<s:Envelope {S11}><s:Body>{M}</s:Body></s:Envelope>".encode()
    mensagem = _abrir(dados)
    with pytest.raises(Recusa):
        recortar(dados.replace(b"</s:Body>", b""), mensagem)
