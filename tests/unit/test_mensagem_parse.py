from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from lxml import etree
from mensagens import lote

from dominio import erros
from dominio.transacoes import NS_TISS
from mensagem.parse import MIB, Limites, charset_aceito, parse
from mensagem.recusa import Recusa

if TYPE_CHECKING:
    from pathlib import Path

    from dominio.erros import Erro

CANARIO = "CANARIO-52998224725"
LIMITES = Limites()


def ler(dados: bytes | str, charset: str | None = None) -> etree._Element:
    return parse(dados.encode() if isinstance(dados, str) else dados, LIMITES, charset)


def recusa(dados: bytes | str, charset: str | None = None, limites: Limites = LIMITES) -> Recusa:
    with pytest.raises(Recusa) as recusada:
        parse(dados.encode() if isinstance(dados, str) else dados, limites, charset)
    return recusada.value


# --- DTD e entidades --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "dados",
    [
        "<!DOCTYPE a><a/>",
        '<!DOCTYPE a SYSTEM "a.dtd"><a/>',
        '<?xml version="1.0"?>\n<!-- <a> --><!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
        '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
        '<!DOCTYPE a [<!ENTITY x "y">]><a b="&x;"/>',
        '<!DOCTYPE a [<!ATTLIST a b CDATA "y">]><a/>',
        '<!DOCTYPE a [<!ENTITY % p SYSTEM "file:///etc/passwd">%p;]><a/>',
    ],
)
@pytest.mark.parametrize("codificacao", ["utf-8", "utf-16"])
def test_dtd_e_recusada(dados: str, codificacao: str) -> None:
    """Nenhuma forma de DOCTYPE é aceita, em nenhuma codificação."""
    assert erros.DTD_RECUSADA is recusa(dados.encode(codificacao)).erro


def test_dtd_depois_de_um_longo_comentario_em_utf_16() -> None:
    """Uma DTD longe do começo, onde não se procura antes de ler, é recusada depois."""
    dados = f"<!--{'x' * 70_000}--><!DOCTYPE a><a/>"
    assert erros.DTD_RECUSADA is recusa(dados.encode("utf-16")).erro


def test_entidades_que_se_multiplicam_nao_se_expandem() -> None:
    """Entidades umas dentro de outras são recusadas antes de construir a árvore."""
    niveis = "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(9))
    dados = f'<!DOCTYPE a [<!ENTITY e0 "{"x" * 100}">{niveis}]><a b="&e9;">&e9;</a>'
    assert erros.DTD_RECUSADA is recusa(dados).erro
    assert erros.DTD_RECUSADA is recusa(dados.replace(' b="&e9;"', "").encode("utf-16")).erro


def test_entidade_externa_nao_le_arquivo(tmp_path: Path) -> None:
    """Uma entidade externa é recusada e o arquivo que ela aponta não aparece em lugar nenhum."""
    segredo = tmp_path / "segredo.txt"
    segredo.write_text(CANARIO, encoding="utf-8")
    obtida = recusa(f'<!DOCTYPE a [<!ENTITY x SYSTEM "{segredo.as_uri()}">]><a>&x;</a>')
    assert obtida.erro is erros.DTD_RECUSADA
    assert CANARIO not in repr((obtida.texto, obtida.args, obtida.detalhes))


def test_entidade_nao_declarada_e_malformada() -> None:
    """Uma referência sem declaração não some em silêncio: o XML é malformado."""
    assert erros.XML_MALFORMADO is recusa("<a>1&nbsp;2</a>").erro


def test_xinclude_nao_e_seguido() -> None:
    """Um XInclude é só um elemento: não se lê o que ele aponta."""
    raiz = ler('<a xmlns:i="http://www.w3.org/2001/XInclude"><i:include href="/etc/hosts"/></a>')
    assert [len(filho) for filho in raiz] == [0]


# --- comentários, instruções, CDATA -----------------------------------------------------------


def test_comentario_dentro_de_valor_nao_parte_o_texto() -> None:
    """Um comentário no meio de um valor some e o texto lê-se inteiro."""
    assert ler("<a>1<!-- nada -->2</a>").text == "12"


@pytest.mark.parametrize(
    "dados",
    [
        "<a>1<?x y?>2</a>", "<a><?x y?>2</a>", "<a>1<?x y?></a>", "<a><?x?>1<?y?></a>",
        '<?xml version="1.0"?><m><a>1<?x y?>2</a></m>', "<m><b/><a>1<?x y?>2</a></m>",
        "\ufeff<a>1<?x y?>2</a>",
    ],
)  # fmt: skip
@pytest.mark.parametrize("codificacao", ["utf-8", "utf-16"])
def test_instrucao_dentro_de_valor_e_recusada(dados: str, codificacao: str) -> None:
    """Uma instrução de processamento que partiria um valor é recusada em toda codificação."""
    dados = dados.removeprefix("\ufeff") if codificacao == "utf-16" else dados
    assert erros.PI_EM_VALOR is recusa(dados.encode(codificacao)).erro


@pytest.mark.parametrize("codificacao", ["utf-8", "utf-16"])
def test_instrucao_entre_elementos_some(codificacao: str) -> None:
    """Instruções entre elementos, antes e depois da raiz não ficam na árvore."""
    raiz = ler("<?p q?><m>\n<?x y?>\n<a>1</a><?z?><b>2</b></m><?f?>".encode(codificacao))
    assert [e.tag for e in raiz] == ["a", "b"]
    assert b"<?" not in etree.tostring(raiz)


def test_cdata_le_se_com_o_resto_do_valor() -> None:
    """CDATA e texto de um valor leem-se juntos."""
    assert ler("<a>1 &lt; <![CDATA[2 & 3]]> &#233;</a>").text == "1 < 2 & 3 é"


# --- codificação ------------------------------------------------------------------------------


@pytest.mark.parametrize("charset", [None, "utf-8", "iso-8859-1"])
def test_bom_de_utf_8(charset: str | None) -> None:
    """Uma marca de ordem de bytes decide por UTF-8, diga o HTTP o que disser."""
    assert ler("\ufeff<a>é</a>".encode(), charset).text == "é"


@pytest.mark.parametrize("antes", [b"\n", b"  \r\n\t"])
def test_espaco_antes_da_declaracao(antes: bytes) -> None:
    """Espaço antes da declaração XML é perdoado."""
    assert ler(antes + b'<?xml version="1.0" encoding="ISO-8859-1"?><a>\xe9</a>').text == "é"


@pytest.mark.parametrize("charset", [None, "utf-8", "UTF-8", "windows-1252", "klingon"])
@pytest.mark.parametrize("aspas", ['"', "'"])
def test_declaracao_vence_o_cabecalho_http(charset: str | None, aspas: str) -> None:
    """A codificação declarada no XML vale, e o charset do HTTP nem é olhado."""
    declaracao = f"<?xml version={aspas}1.0{aspas} encoding={aspas}ISO-8859-1{aspas}?>"
    assert ler((declaracao + "<a>é</a>").encode("iso-8859-1"), charset).text == "é"


@pytest.mark.parametrize("declaracao", ["", '<?xml version="1.0"?>'])
@pytest.mark.parametrize("charset", ["iso-8859-1", "ISO-8859-1", "latin1", "windows-1252"])
def test_charset_vale_sem_codificacao_declarada(declaracao: str, charset: str) -> None:
    """Sem codificação declarada vale a do cabeçalho HTTP."""
    assert ler((declaracao + "<a>é</a>").encode("iso-8859-1"), charset).text == "é"


def test_sem_declaracao_nem_charset_e_utf_8() -> None:
    """Sem dizer nada, é UTF-8: bytes que não o são fazem um XML malformado."""
    assert ler("<a>é</a>").text == "é"
    assert erros.XML_MALFORMADO is recusa("<a>é</a>".encode("iso-8859-1")).erro


@pytest.mark.parametrize(
    "nome", ["klingon", "UTF-7", "EBCDIC-CP-US", "IBM037", "UTF-32", "UCS-4", "Shift_JIS", "x" * 60]
)
@pytest.mark.parametrize("charset", [None, "utf-8"])
def test_codificacao_declarada_que_nao_se_aceita(nome: str, charset: str | None) -> None:
    """Codificações fora da lista, declaradas no XML, são recusadas como tais."""
    dados = f'<?xml version="1.0" encoding="{nome}"?><a>+ADw-b+AD4-</a>'
    assert erros.CODIFICACAO_XML is recusa(dados, charset).erro


@pytest.mark.parametrize("nome", ["klingon", "utf-7", "utf-32", "ibm037", "cp500"])
def test_charset_do_http_que_nao_se_aceita(nome: str) -> None:
    """Um charset do HTTP fora da lista é recusado com 415."""
    obtida = recusa("<a/>", nome)
    assert (obtida.erro, obtida.erro.http) == (erros.CHARSET, 415)


@pytest.mark.parametrize("codificacao", ["utf-32", "utf-32-le", "utf-32-be", "cp037", "cp500"])
@pytest.mark.parametrize("nome", [None, "utf-8", "UTF-32"])
@pytest.mark.parametrize("charset", [None, "utf-8"])
def test_bytes_de_outra_familia(codificacao: str, nome: str | None, charset: str | None) -> None:
    """Bytes em UTF-32 ou EBCDIC são recusados, declarem o que declararem."""
    declaracao = f'<?xml version="1.0" encoding="{nome}"?>' if nome else '<?xml version="1.0"?>'
    obtida = recusa((declaracao + "<a/>").encode(codificacao), charset)
    assert obtida.erro in {erros.CODIFICACAO_XML, erros.XML_MALFORMADO}


@pytest.mark.parametrize("codificacao", ["utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("charset", [None, "utf-8", "utf-16"])
def test_utf_16_e_aceito(codificacao: str, charset: str | None) -> None:
    """UTF-16 lê-se com marca de ordem ou com declaração, diga o HTTP o que disser."""
    dados = '<?xml version="1.0" encoding="UTF-16"?><a>é – 1</a>'.encode(codificacao)
    assert ler(dados, charset).text == "é – 1"


def test_utf_16_com_outra_codificacao_declarada() -> None:
    """Uma codificação desconhecida declarada em UTF-16 é recusada como nas outras."""
    dados = '<?xml version="1.0" encoding="klingon"?><a/>'.encode("utf-16")
    assert erros.CODIFICACAO_XML is recusa(dados).erro


def test_caractere_que_o_xml_nao_tem() -> None:
    """Bytes de controle fazem um XML malformado."""
    assert erros.XML_MALFORMADO is recusa(b"<a>\x00</a>").erro
    assert erros.XML_MALFORMADO is recusa("<a>&#1;</a>").erro


@pytest.mark.parametrize(("nome", "aceito"), [("UTF-8", True), ("Latin1", True), ("utf-7", False)])
def test_lista_de_codificacoes(nome: str, aceito: bool) -> None:
    """A lista das codificações aceitas não distingue maiúsculas."""
    assert aceito is charset_aceito(nome)


# --- limites ----------------------------------------------------------------------------------


def test_corpo_vazio() -> None:
    """Um corpo sem bytes é recusado com 400."""
    obtida = recusa(b"")
    assert (obtida.erro, obtida.erro.http) == (erros.CORPO_VAZIO, 400)


@pytest.mark.parametrize(
    ("limites", "erro"),
    [
        (Limites(tamanho=27), erros.GRANDE_DEMAIS),
        (Limites(marcas=3), erros.MARCAS_DEMAIS),
        (Limites(atributos=1), erros.MARCAS_DEMAIS),
    ],
)
def test_um_a_mais_que_o_limite(limites: Limites, erro: Erro) -> None:
    """Um byte, um < ou um = além do limite recusa a mensagem com 413."""
    dados = b'<a b="1"><c d="2"/><e/></a>\n'
    assert (len(dados), dados.count(b"<"), dados.count(b"=")) == (28, 4, 2)
    obtida = recusa(dados, limites=limites)
    assert (erro, 413) == (obtida.erro, obtida.erro.http)
    assert parse(dados, Limites(28, 4, 2)).tag == "a"


def test_limites_de_costume() -> None:
    """De costume: 16 MiB, um milhão de marcas e cem mil sinais de igual."""
    assert (
        LIMITES.tamanho,
        LIMITES.marcas,
        LIMITES.atributos,
    ) == (16 * 1024 * 1024, 1_000_000, 100_000)
    assert MIB == 2**20


def test_profundidade_demais() -> None:
    """Trezentos elementos uns dentro de outros são recusados; cem, não."""
    assert erros.XML_MALFORMADO is recusa("<a>" * 300 + "</a>" * 300).erro
    assert ler("<a>" * 100 + "</a>" * 100).tag == "a"


@pytest.mark.parametrize(
    "dados", ["   \n", "<a><b>", "<a>", "<a></b>", "ola", "<a/><b/>", "<p:a/>", '<a b="1" b="2"/>']
)
def test_malformado_diz_onde(dados: str) -> None:
    """XML truncado, vazio ou mal fechado é recusado com linha e coluna."""
    obtida = recusa(dados)
    assert obtida.erro is erros.XML_MALFORMADO
    assert "Linha 1, coluna " in obtida.texto or "Linha 2, coluna " in obtida.texto


@pytest.mark.parametrize(
    "dados",
    [
        f"<a>{CANARIO}", f"<{CANARIO}></a>", f"<a>&{CANARIO};</a>",
        f'<a b="{CANARIO}" b="{CANARIO}"/>',
        f'<?xml version="1.0" encoding="{CANARIO}"?><a/>', f"<a>{CANARIO}<?{CANARIO} x?></a>",
        f'<!DOCTYPE {CANARIO} [<!ENTITY x "{CANARIO}">]><a>&x;</a>', f"<{CANARIO}:a/>",
        f'<a xmlns:x="{CANARIO} {CANARIO}"><b></a>',
    ],
)  # fmt: skip
def test_recusa_nao_repete_valores(dados: str) -> None:
    """Nem o texto nem os argumentos de uma recusa trazem o que veio na mensagem."""
    obtida = recusa(dados)
    assert CANARIO not in repr((obtida.texto, obtida.motivo, obtida.args, obtida.detalhes))
    assert obtida.__cause__ is None
    assert obtida.__suppress_context__ or obtida.__context__ is None


# --- xmlns:x="URI URI.xsd" --------------------------------------------------------------------

URI_DUPLA = f"{NS_TISS} {NS_TISS}/tissV4_03_00.xsd"


def test_espaco_de_nomes_duplo_sem_uso() -> None:
    """Um prefixo declarado com duas URI e não usado não estorva a leitura."""
    raiz = ler(f'<a xmlns="{NS_TISS}" xmlns:sch="{URI_DUPLA}"><b>1</b></a>')
    assert [f"{{{NS_TISS}}}a", f"{{{NS_TISS}}}b"] == [e.tag for e in raiz.iter()]


def test_espaco_de_nomes_duplo_usado_nos_elementos() -> None:
    """Elementos do espaço de duas URI passam ao espaço do padrão."""
    dados = etree.tostring(lote(prefixo="sch")).replace(
        f'xmlns:sch="{NS_TISS}"'.encode(), f'xmlns:sch="{URI_DUPLA}"'.encode()
    )
    esperado = [(e.tag, e.text) for e in lote().iter()]
    assert esperado == [(e.tag, e.text) for e in ler(dados).iter()]


def test_espaco_de_nomes_duplo_depois_de_outra_mensagem_malformada() -> None:
    """O erro de uma mensagem anterior não conta contra a seguinte."""
    recusa("<a><b></a>")
    assert ler(f'<a xmlns:sch="{URI_DUPLA}"/>').tag == "a"


@pytest.mark.parametrize("nome", ["Signature", "Signatures", "assinaturaDigitalGuia"])
@pytest.mark.parametrize("codificacao", ["utf-8", "utf-16"])
def test_espaco_de_nomes_duplo_em_mensagem_assinada(nome: str, codificacao: str) -> None:
    """Uma mensagem assinada, inteira ou por guia, não se conserta."""
    dados = f'<s:a xmlns:s="{URI_DUPLA}"><s:{nome}/></s:a>'.encode(codificacao)
    assert erros.XML_MALFORMADO is recusa(dados).erro


def test_palavra_signature_num_valor_nao_e_assinatura() -> None:
    """Só um elemento é assinatura: a palavra num valor não impede o conserto."""
    assert ler(f'<s:a xmlns:s="{URI_DUPLA}">Signature</s:a>').text == "Signature"


@pytest.mark.parametrize("resto", ["<z:b/></s:a>", "<b></s:a>", "<b>", "&x;</s:a>"])
def test_espaco_de_nomes_duplo_e_outro_erro(resto: str) -> None:
    """Havendo qualquer outro erro, o XML é malformado."""
    assert erros.XML_MALFORMADO is recusa(f'<s:a xmlns:s="{URI_DUPLA}">{resto}').erro


def test_muitos_espacos_de_nomes_duplos_nao_escondem_outro_erro() -> None:
    """Centenas de declarações erradas não escondem um prefixo que ninguém declarou."""
    declaracoes = f'<a xmlns:s="{URI_DUPLA}"/>' * 200
    assert erros.XML_MALFORMADO is recusa(f"<m>{declaracoes}<z:b/></m>").erro


def test_elemento_com_mais_de_cem_atributos() -> None:
    """Um elemento com atributos demais é recusado antes do esquema, que os listaria todos."""
    de_mais = b"<a " + b" ".join(b'x%d=""' % n for n in range(101)) + b"/>"
    assert recusa(de_mais).erro is erros.MARCAS_DEMAIS
    assert parse(b"<a " + b" ".join(b'x%d=""' % n for n in range(100)) + b"/>", LIMITES).tag == "a"


# --- espaços de nomes ---------------------------------------------------------------------------


@pytest.mark.parametrize("codificacao", ["utf-8", "utf-16"])
def test_mais_de_cem_espacos_de_nomes_em_vigor(codificacao: str) -> None:
    """Espaços de nomes demais ao mesmo tempo são recusados, num elemento ou encaixados."""

    def juntos(quantos: int) -> bytes:
        declaracoes = " ".join(f"xmlns:p{n}='u'" for n in range(quantos))
        return f"<a {declaracoes}/>".encode(codificacao)

    def encaixados(quantos: int) -> bytes:
        abrem = "".join(f'<a xmlns:p{n}="u">' for n in range(quantos))
        return f"{abrem}{'</a>' * quantos}".encode(codificacao)

    for fazer in (juntos, encaixados):
        assert recusa(fazer(101)).erro is erros.MARCAS_DEMAIS
        assert ler(fazer(100)).tag == "a"


def test_o_mesmo_espaco_declarado_em_cada_elemento() -> None:
    """Quem declara o espaço de nomes em cada elemento não passa do limite: um de cada vez."""
    filhos = '<a xmlns="urn:x"/>' * 300
    assert len(ler(f"<m>{filhos}</m>")) == 300


@pytest.mark.parametrize("codificacao", ["utf-8", "utf-16", "iso-8859-1"])
@pytest.mark.parametrize("declaracao", ["xmlns", "xmlns:p", "xmlns:p \n", f"xmlns:{'p' * 400}"])
@pytest.mark.parametrize("aspas", ['"', "'"])
def test_endereco_de_espaco_de_nomes_longo(codificacao: str, declaracao: str, aspas: str) -> None:
    """Um endereço de mais de 256 caracteres é recusado, escreva-se como se escrever."""

    def com(tamanho: int) -> bytes:
        inicio = f'<?xml version="1.0" encoding="{codificacao}"?>'
        valor = f"{aspas}{'u' * tamanho}{aspas}"
        return f"{inicio}<a {declaracao}={valor}/>".encode(codificacao)

    assert recusa(com(257)).erro is erros.MARCAS_DEMAIS
    assert etree.QName(ler(com(256))).localname == "a"


def test_endereco_longo_escrito_em_referencias() -> None:
    """Referências de caractere não disfarçam o tamanho do endereço."""
    assert recusa(f'<a xmlns:p="{"&#117;" * 257}"/>').erro is erros.MARCAS_DEMAIS


def test_endereco_duplo_e_longo_nao_se_conserta() -> None:
    """O conserto de ``URI URI.xsd`` também não aceita endereço enorme."""
    assert recusa(f'<s:a xmlns:s="{"u" * 300} x"><s:b/></s:a>').erro is erros.MARCAS_DEMAIS


@pytest.mark.parametrize("uri", ["}x", "x} y"])
def test_espaco_de_nomes_com_chaves_e_malformado(uri: str) -> None:
    """Um espaço de nomes que o leitor não consegue dizer é um XML malformado, não um erro nosso."""
    assert recusa(f'<s:a xmlns:s="{uri}"><s:b/></s:a>').erro is erros.XML_MALFORMADO
