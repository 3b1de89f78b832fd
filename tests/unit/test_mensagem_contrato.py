from __future__ import annotations

from datetime import UTC, datetime

import pytest
from lxml import etree
from mensagens import (
    INSTANTE,
    LOTE,
    PRESTADOR,
    REGISTRO,
    STATUS,
    Q,
    achar,
    cabecalho_lido,
    lote,
    status,
)
from validador import arvore

import tiss_xsd
from dominio import erros
from dominio.lote import Identificacao
from dominio.transacoes import NS_TISS, TRANSACOES, Transacao
from dominio.versoes import VERSOES
from mensagem import cabecalho, contrato
from mensagem.recusa import Recusa, RegraRecusada
from prestador.cabecalho import senha_md5
from prestador.valores import Identificado, identificado

DS = "{http://www.w3.org/2000/09/xmldsig#}"
IDENTIFICADOS = [
    PRESTADOR,
    identificado("cnpj", "11222333000181", codigo="013950"),
    identificado("cpf", "52998224725"),
]


# --- leitura do cabeçalho ---------------------------------------------------------------------


@pytest.mark.parametrize("versao", VERSOES)
@pytest.mark.parametrize("prestador", IDENTIFICADOS, ids=lambda p: p.identificacao.forma)
def test_cabecalho_lido(prestador: Identificado, versao: str) -> None:
    """Tipo, sequencial, origem, destino, versão e credenciais leem-se como vieram."""
    obtido = cabecalho.ler(lote(versao=versao, prestador=prestador, login="Clínica "))
    esperado = cabecalho.Cabecalho(
        "ENVIO_LOTE_GUIAS", "1", prestador.identificacao, REGISTRO, versao, "Clínica ",
        senha_md5("segredo"),
    )  # fmt: skip
    assert esperado == obtido


def test_cabecalho_sem_credenciais() -> None:
    """Sem loginSenhaPrestador não há login nem senha, nem vazios."""
    obtido = cabecalho.ler(lote())
    assert (obtido.login, obtido.senha) == (None, None)


def test_cabecalho_com_direcoes_trocadas() -> None:
    """Uma origem que é operadora e um destino que é prestador não se confundem."""
    mensagem = lote()
    origem, destino = achar(mensagem, "origem"), achar(mensagem, "destino")
    origem.tag, destino.tag = destino.tag, origem.tag
    obtido = cabecalho.ler(mensagem)
    assert (obtido.origem, obtido.destino, obtido.registro_da_origem) == (None, None, REGISTRO)


def test_cabecalho_nao_mostra_credenciais() -> None:
    """A representação de um cabeçalho, que pode chegar a um log, não tem login nem senha."""
    obtido = cabecalho.ler(lote(login="canario"))
    assert "canario" not in f"{obtido!r} {obtido}"
    assert senha_md5("segredo") not in repr(obtido)


@pytest.mark.parametrize(
    ("texto", "esperado"), [("4.03.00", "4.03.00"), (" 4.02.00\n", "4.02.00"), ("", "")]
)
def test_versao_declarada(texto: str, esperado: str) -> None:
    """A versão declarada lê-se sem os espaços em volta; vazia quando falta."""
    mensagem = status()
    achar(mensagem, "Padrao").text = texto
    assert esperado == cabecalho.padrao(mensagem)
    achar(mensagem, "cabecalho").remove(achar(mensagem, "Padrao"))
    assert not cabecalho.padrao(mensagem)


@pytest.mark.parametrize(
    "xml",
    [
        "<m/>",
        "<m><cabecalho/></m>",
        "<m><cabecalho><origem><identificacaoPrestador/></origem></cabecalho></m>",
        (
            "<m><cabecalho><origem><identificacaoPrestador><outro/></identificacaoPrestador>"
            "</origem></cabecalho></m>"
        ),
    ],
)
def test_cabecalho_que_nao_se_le(xml: str) -> None:
    """De um cabeçalho que falta ou tem outra forma não se tira nada."""
    mensagem = etree.fromstring(xml.replace("<m", f'<m xmlns="{NS_TISS}"', 1))
    assert cabecalho.ler_se_houver(mensagem) is None


def test_cabecalho_que_se_le_antes_do_esquema() -> None:
    """Um cabeçalho legível lê-se ainda que a mensagem não siga o esquema."""
    mensagem = lote()
    mensagem.remove(achar(mensagem, "loteGuias"))
    assert cabecalho.ler(lote()) == cabecalho.ler_se_houver(mensagem)


# --- cabeçalho da resposta --------------------------------------------------------------------


@pytest.mark.parametrize("prestador", IDENTIFICADOS, ids=lambda p: p.identificacao.forma)
def test_cabecalho_da_resposta(prestador: Identificado) -> None:
    """A resposta troca origem e destino, ecoa o sequencial e usa a hora de São Paulo."""
    pedido = cabecalho_lido("X", "4.03.00", origem=prestador.identificacao)
    instante = datetime(2026, 3, 1, 1, 2, 3, 999999, tzinfo=UTC)
    obtido = arvore(cabecalho.de_resposta(pedido, "TIPO", "999998", "4.03.00", instante))
    textos = [(etree.QName(e).localname, e.text) for e in obtido.iter() if len(e) == 0]
    forma = {"codigo": "codigoPrestadorNaOperadora", "cnpj": "CNPJ", "cpf": "CPF"}
    assert textos == [
        ("tipoTransacao", "TIPO"),
        ("sequencialTransacao", "0042"),
        ("dataRegistroTransacao", "2026-02-28"),
        ("horaRegistroTransacao", "22:02:03"),
        ("registroANS", "999998"),
        (forma[prestador.identificacao.forma], prestador.identificacao.valor),
        ("Padrao", "4.03.00"),
    ]


def test_resposta_a_quem_se_disse_operadora() -> None:
    """A quem se apresentou com registro ANS responde-se ao registro que deu."""
    pedido = cabecalho_lido("X", "4.03.00", origem=None, registro_da_origem="999997")
    obtido = arvore(cabecalho.de_resposta(pedido, "TIPO", REGISTRO, "4.03.00", INSTANTE))
    assert "999997" == obtido.findtext(f"{Q}destino/{Q}registroANS")  # noqa: SIM300


# --- contrato ---------------------------------------------------------------------------------


@pytest.mark.parametrize("transacao", TRANSACOES, ids=lambda t: t.servico)
def test_transacao_pela_raiz(transacao: Transacao) -> None:
    """Cada raiz de pedido dá a sua transação, esperada ou não."""
    raiz = etree.Element(Q + transacao.raiz_pedido)
    assert transacao is contrato.transacao(raiz, None)
    assert transacao is contrato.transacao(raiz, transacao)


@pytest.mark.parametrize(
    ("raiz", "erro", "trecho"),
    [
        (f"{Q}mensagemTISS", erros.RAIZ_DESCONHECIDA, "não é uma mensagem"),
        (f"{Q}protocoloRecebimentoWS", erros.RAIZ_DESCONHECIDA, "não é uma mensagem"),
        (f"{Q}canario", erros.RAIZ_DESCONHECIDA, "não é uma mensagem"),
        ("canario", erros.RAIZ_DESCONHECIDA, "não é uma mensagem"),
        ("{urn:canario}loteGuiasWS", erros.RAIZ_DESCONHECIDA, "não é uma mensagem"),
        ("loteGuiasWS", erros.RAIZ_DESCONHECIDA, f'sem o espaço de nomes "{NS_TISS}"'),
        (f"{Q}loteGuiasWS", erros.OUTRO_SERVICO, "outro serviço"),
    ],
)
def test_raiz_recusada(raiz: str, erro: erros.Erro, trecho: str) -> None:
    """Raiz que não é de pedido, sem espaço de nomes ou de outro serviço é recusada."""
    with pytest.raises(Recusa) as recusada:
        contrato.transacao(etree.Element(raiz), STATUS)
    assert erro is recusada.value.erro
    assert trecho in recusada.value.texto
    assert "canario" not in recusada.value.texto


@pytest.mark.parametrize("versao", VERSOES)
@pytest.mark.parametrize("com_endereco", [True, False])
def test_versao_da_mensagem(versao: str, com_endereco: bool) -> None:
    """A versão é a declarada, igual à do endereço quando o endereço tem uma."""
    assert versao == contrato.versao(status(versao), versao if com_endereco else None)


@pytest.mark.parametrize(
    ("padrao", "endereco", "trecho"),
    [
        ("4.02.00", "4.03.00", "Este endereço é o da versão 4.03.00"),
        ("9.99.99", "4.03.00", "Este endereço é o da versão 4.03.00"),
        ("9.99.99", None, "Versões instaladas: 3.05.00, "),
        ("9.99.99", "9.99.99", "Versões instaladas: 3.05.00, "),
        ("04.03.00", None, "Versões instaladas: 3.05.00, "),
        ("", None, "Falta o elemento Padrao"),
    ],
)
def test_versao_recusada(padrao: str, endereco: str | None, trecho: str) -> None:
    """Versão que não é a do endereço, que não há ou que falta sem endereço é recusada."""
    mensagem = status()
    achar(mensagem, "Padrao").text = padrao
    with pytest.raises(Recusa) as recusada:
        contrato.versao(mensagem, endereco)
    assert recusada.value.erro is erros.VERSAO
    assert trecho in recusada.value.texto
    assert "9.99.99" not in recusada.value.texto or endereco == "9.99.99"


def test_sem_padrao_vale_o_endereco_para_o_esquema_falar() -> None:
    """Sem Padrao, vale a versão do endereço, e é o esquema que diz o que falta."""
    mensagem = status()
    achar(mensagem, "Padrao").tag = Q + "versaoPadrao"
    assert "4.03.00" == contrato.versao(mensagem, "4.03.00")  # noqa: SIM300
    with pytest.raises(Recusa) as recusada:
        contrato.esquema(mensagem, "4.03.00")
    assert "versaoPadrao era o nome" in recusada.value.texto


@pytest.mark.parametrize(
    ("campos", "nome"),
    [
        ({"sequencial": "1–2"}, "sequencialTransacao"),
        ({"origem": Identificacao("codigo", "Ω1")}, "origem"),
        ({"login": "€"}, "loginPrestador"),
    ],
)
def test_identificador_fora_de_iso_8859_1(campos: dict[str, object], nome: str) -> None:
    """Um identificador do cabeçalho que não caberia no hash da resposta é recusado por nome."""
    with pytest.raises(Recusa) as recusada:
        contrato.identificadores(cabecalho_lido("X", "4.03.00", **campos))
    assert recusada.value.erro is erros.IDENTIFICADOR_DO_CABECALHO
    assert f"Campo: {nome}." in recusada.value.texto


@pytest.mark.parametrize("campos", [{"login": "Clínica ção"}, {"origem": None}, {}])
def test_identificadores_que_cabem(campos: dict[str, object]) -> None:
    """Identificadores com acentos, ou que faltam, passam."""
    contrato.identificadores(cabecalho_lido("X", "4.03.00", **campos))


@pytest.mark.parametrize("transacao", TRANSACOES, ids=lambda t: t.servico)
def test_tipo_de_transacao(transacao: Transacao) -> None:
    """Só o tipo do serviço passa; a recusa diz qual se esperava."""
    contrato.tipo_de_transacao(cabecalho_lido(transacao.tipo_pedido, "4.03.00"), transacao)
    outro = next(t.tipo_pedido for t in TRANSACOES if t is not transacao)
    with pytest.raises(Recusa) as recusada:
        contrato.tipo_de_transacao(cabecalho_lido(outro, "4.03.00"), transacao)
    assert recusada.value.erro is erros.TIPO_TRANSACAO
    assert f"Esperava-se {transacao.tipo_pedido}." in recusada.value.texto


@pytest.mark.parametrize("nome", [f"{Q}Signature", f"{Q}Signatures", f"{DS}Signature"])
def test_assinatura_da_mensagem(nome: str) -> None:
    """Uma assinatura filha da raiz é da mensagem, em qualquer dos dois espaços."""
    mensagem = lote()
    assert not contrato.tem_assinatura(mensagem)
    etree.SubElement(mensagem, nome)
    assert contrato.tem_assinatura(mensagem)


def test_assinatura_de_guia_nao_e_da_mensagem() -> None:
    """A assinatura de uma guia não faz assinada a mensagem."""
    mensagem = lote()
    guia = achar(mensagem, "guiaSP-SADT")
    etree.SubElement(etree.SubElement(guia, f"{Q}assinaturaDigitalGuia"), f"{DS}Signature")
    assert not contrato.tem_assinatura(mensagem)


def test_texto_da_recusa() -> None:
    """O texto de uma recusa é o do erro, com o motivo quando há; a exceção só diz a chave."""
    assert "Hash inválido." == Recusa(erros.HASH).texto  # noqa: SIM300
    completa = RegraRecusada(erros.LOTE_REPETIDO, "Lote 12.", [{"a": 1}])
    assert completa.texto == f"{erros.LOTE_REPETIDO.texto} Lote 12."
    assert (str(completa), completa.detalhes) == ("lote-repetido", [{"a": 1}])


def test_versoes_instaladas_sao_as_conhecidas() -> None:
    """As versões que o contrato oferece são as da tabela."""
    assert list(VERSOES) == list(tiss_xsd.versoes())
    assert LOTE is contrato.transacao(lote(), LOTE)
