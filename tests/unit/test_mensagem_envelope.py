from __future__ import annotations

import pytest
from lxml import etree
from mensagens import Q, lote, status
from validador import validar_resposta

from dominio import erros
from dominio.erros import TissFault
from dominio.transacoes import NS_TISS
from dominio.versoes import VERSOES
from mensagem.envelope import Soap, abrir, falha, fechar, versao_soap
from mensagem.parse import Limites, parse
from mensagem.recusa import Recusa
from prestador.mensagem_xml import envelope

M = f'<m xmlns="{NS_TISS}"/>'


def montar(conteudo: str, soap: Soap = Soap.V11) -> etree._Element:
    return parse(f'<s:Envelope xmlns:s="{soap}">{conteudo}</s:Envelope>'.encode(), Limites())


def recusa(conteudo: str, soap: Soap = Soap.V11) -> Recusa:
    with pytest.raises(Recusa) as recusada:
        abrir(montar(conteudo, soap))
    return recusada.value


@pytest.mark.parametrize("versao", ["1.1", "1.2"])
def test_abre_as_duas_versoes(versao: str) -> None:
    """Os envelopes de SOAP 1.1 e 1.2 abrem-se e dão a mensagem que levam."""
    raiz = parse(envelope(status(), soap=versao), Limites())  # type: ignore[arg-type]
    assert {"1.1": Soap.V11, "1.2": Soap.V12}[versao] is versao_soap(raiz)
    assert f"{Q}solicitacaoStatusProtocoloWS" == abrir(raiz).tag


@pytest.mark.parametrize(
    ("conteudo", "motivo"),
    [
        ("", "Falta o Body."),
        ("<s:Header/>", "Falta o Body."),
        (f"<s:Body>{M}</s:Body><s:Body>{M}</s:Body>", "Há mais de um Body."),
        ("<s:Body/>", "O Body está vazio."),
        ("<s:Body>texto</s:Body>", "O Body está vazio."),
        (f"<s:Body>{M}{M}</s:Body>", "O Body tem mais de um elemento."),
        (f"<s:Body>texto{M}</s:Body>", "O Body tem texto solto."),
        (f"<s:Body>{M}texto</s:Body>", "O Body tem texto solto."),
        (f"<s:Body>{M}</s:Body>{M}", "Há um elemento que não é Header nem Body no Envelope."),
        (f"<Body>{M}</Body>", "Há um elemento que não é Header nem Body no Envelope."),
        ("<s:Body><a_Operation/></s:Body>", "O elemento da operação está vazio."),
        (f"<s:Body><a_Operation>{M}{M}</a_Operation></s:Body>", "O elemento da operação tem mais"),
    ],
)
@pytest.mark.parametrize("soap", Soap)
def test_envelope_de_outra_forma(conteudo: str, motivo: str, soap: Soap) -> None:
    """Cada defeito do envelope é recusado com o seu nome."""
    obtida = recusa(conteudo, soap)
    assert obtida.erro is erros.ENVELOPE
    assert motivo in obtida.texto


@pytest.mark.parametrize("dados", [M, "<Envelope/>", '<e:Envelope xmlns:e="urn:outro"/>'])
def test_sem_envelope(dados: str) -> None:
    """Uma raiz que não é Envelope de uma das duas versões é recusada."""
    raiz = parse(dados.encode(), Limites())
    assert versao_soap(raiz) is None
    with pytest.raises(Recusa, match="envelope") as recusada:
        abrir(raiz)
    assert "Falta o elemento Envelope" in recusada.value.texto


def test_operacao_em_volta_da_mensagem_e_aceita() -> None:
    """Um elemento com o nome da operação em volta da mensagem é tirado."""
    conteudo = f'<s:Body><o:tissLoteGuias_Operation xmlns:o="urn:o">{M}</o:tissLoteGuias_Operation>'
    assert f"{Q}m" == abrir(montar(f"{conteudo}</s:Body>")).tag


def test_espaco_e_instrucoes_em_volta_da_mensagem() -> None:
    """Espaços, comentários e instruções em volta da mensagem não contam."""
    assert f"{Q}m" == abrir(montar(f"\n<!-- a --><s:Body>\n<?x y?> {M}<!-- b -->\n</s:Body>\n")).tag


@pytest.mark.parametrize("valor", ["1", "true", " 1 "])
@pytest.mark.parametrize("soap", Soap)
def test_cabecalho_obrigatorio_e_recusado(valor: str, soap: Soap) -> None:
    """Um cabeçalho SOAP que se tem de entender, e não se entende, recusa a mensagem."""
    cabecalho = f'<s:Header><x s:mustUnderstand="{valor}"/></s:Header>'
    assert erros.MUST_UNDERSTAND is recusa(f"{cabecalho}<s:Body>{M}</s:Body>", soap).erro


@pytest.mark.parametrize("atributo", ['s:mustUnderstand="0"', 'mustUnderstand="1"', ""])
def test_cabecalho_dispensavel_e_ignorado(atributo: str) -> None:
    """Um cabeçalho SOAP que se pode ignorar é ignorado."""
    conteudo = f"<s:Header><x {atributo}/></s:Header><s:Body>{M}</s:Body>"
    assert f"{Q}m" == abrir(montar(conteudo)).tag


@pytest.mark.parametrize("soap", Soap)
def test_fechar_nao_toca_na_mensagem(soap: Soap) -> None:
    """Os bytes da mensagem vão no envelope tais como estavam, e abrem-se de volta."""
    mensagem = etree.tostring(lote(), encoding="utf-8")
    fechado = fechar(mensagem, soap)
    assert mensagem in fechado
    assert fechado.startswith(b'<?xml version="1.0" encoding="UTF-8"?>')
    aberta = abrir(parse(fechado, Limites()))
    assert [(e.tag, e.text) for e in lote().iter()] == [(e.tag, e.text) for e in aberta.iter()]


@pytest.mark.parametrize("soap", Soap)
@pytest.mark.parametrize("palavra", TissFault)
@pytest.mark.parametrize("versao", VERSOES)
def test_falha_com_palavra_e_valida(soap: Soap, palavra: TissFault, versao: str) -> None:
    """Cada falha tem a estrutura do seu SOAP e um tissFaultWS válido em toda versão."""
    bloco = validar_resposta(falha(palavra, "Não é assim: <a> & 'ção'.", soap, "Client"), versao)
    assert palavra == next(bloco.iter(f"{Q}tissFault")).text


@pytest.mark.parametrize(
    ("soap", "codigo", "esperado"),
    [
        (Soap.V11, "Client", "soap:Client"), (Soap.V11, "Server", "soap:Server"),
        (Soap.V11, "MustUnderstand", "soap:MustUnderstand"),
        (Soap.V12, "Client", "soap:Sender"), (Soap.V12, "Server", "soap:Receiver"),
        (Soap.V12, "MustUnderstand", "soap:MustUnderstand"),
    ],
)  # fmt: skip
def test_codigo_de_cada_soap(soap: Soap, codigo: str, esperado: str) -> None:
    """O código da falha tem o nome que a versão do SOAP lhe dá, com prefixo declarado."""
    bloco = validar_resposta(falha(TissFault.ESQUEMA, "x", soap, codigo), "4.03.00")
    caminho = "faultcode" if soap is Soap.V11 else f"{{{soap}}}Code/{{{soap}}}Value"
    assert esperado == bloco.findtext(caminho)


@pytest.mark.parametrize("soap", Soap)
def test_falha_do_proprio_soap_nao_tem_detalhe(soap: Soap) -> None:
    """A falha de MustUnderstand não leva tissFaultWS, e o texto é o que se deu."""
    bloco = validar_resposta(falha(None, "não entendo", soap, "MustUnderstand"), "4.03.00")
    assert list(bloco.iter(f"{Q}tissFaultWS")) == []
    assert "não entendo" in "".join(bloco.itertext())


@pytest.mark.parametrize("soap", Soap)
@pytest.mark.parametrize(
    "conteudo",
    [
        f"<s:Header/><s:Header/><s:Body>{M}</s:Body>",
        f"<s:Body>{M}</s:Body><s:Header/>",
        f"a<s:Body>{M}</s:Body>",
        f"<s:Header/>a<s:Body>{M}</s:Body>",
        f"<s:Body>{M}</s:Body>a",
        f"<s:Body>a{M}</s:Body>",
        f"<s:Body>{M}a</s:Body>",
    ],
)
def test_envelope_fora_de_forma(soap: Soap, conteudo: str) -> None:
    """Dois Header, um Header depois do Body, e texto entre as partes são recusados."""
    with pytest.raises(Recusa) as recusada:
        abrir(montar(conteudo, soap))
    assert recusada.value.erro is erros.ENVELOPE
