from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlsplit

import pytest
import zeep
from _esquemas.referencia import oficial
from lxml import etree
from zeep.transports import Transport

import tiss_xsd
import wsdl
from dominio.transacoes import POR_SERVICO, TRANSACOES, Transacao, servicos_da_versao
from dominio.versoes import VERSOES, sufixo

WSDL = "{http://schemas.xmlsoap.org/wsdl/}"
SOAP = "{http://schemas.xmlsoap.org/wsdl/soap/}"
XS = "{http://www.w3.org/2001/XMLSchema}"
QNAMES = frozenset({"element", "message", "type", "binding"})

TODOS = [(v, t) for v in VERSOES for t in servicos_da_versao(v)]
UTILIZAVEIS = [(v, t) for v, t in TODOS if t.utilizavel_em(v)]


def nomes(casos: list[tuple[str, Transacao]]) -> list[str]:
    return [f"{versao}-{transacao.servico}" for versao, transacao in casos]


def endereco(transacao: Transacao, versao: str) -> str:
    return f"http://exemplo.invalid/tiss/{versao}/{transacao.servico}"


class No(NamedTuple):
    """Um elemento do WSDL com os nomes resolvidos, sem prefixos nem o que cada um preenche."""

    nome: str
    atributos: tuple[tuple[str, str], ...]
    filhos: tuple[No, ...]


def no(elemento: etree._Element) -> No:
    atributos = {str(k): resolve(elemento, str(k), str(v)) for k, v in elemento.attrib.items()}
    if elemento.tag == f"{SOAP}address":
        atributos.pop("location", None)
    if elemento.tag == f"{XS}import":
        atributos["schemaLocation"] = atributos["schemaLocation"].rpartition("?xsd=")[2]
    filhos = tuple(no(f) for f in elemento.iterchildren("*") if f.tag != f"{WSDL}documentation")
    return No(str(elemento.tag), tuple(sorted(atributos.items())), filhos)


def resolve(elemento: etree._Element, atributo: str, valor: str) -> str:
    if atributo not in QNAMES:
        return valor
    prefixo, _, local = valor.rpartition(":")
    return f"{{{elemento.nsmap[prefixo or None]}}}{local}"


@pytest.mark.parametrize(("versao", "transacao"), TODOS, ids=nomes(TODOS))
def test_igual_ao_da_ans(versao: str, transacao: Transacao) -> None:
    """O WSDL é o da ANS em nomes, mensagens, partes, portas, ligações, operações e falhas."""
    arquivo = oficial(versao) / wsdl.nome_arquivo(transacao, versao)
    esperado = no(etree.fromstring(arquivo.read_bytes()))

    assert esperado == no(
        etree.fromstring(wsdl.documento(transacao, versao, endereco(transacao, versao)))
    )


@pytest.mark.parametrize("versao", VERSOES)
def test_todos_os_arquivos_da_ans(versao: str) -> None:
    """Cada WSDL da ANS tem o seu na tabela: 11 em 3.05.00 e 12 depois."""
    esperado = {arquivo.name for arquivo in oficial(versao).glob("*.wsdl")}

    assert len(esperado) == (11 if versao == "3.05.00" else 12)
    assert esperado == {wsdl.nome_arquivo(t, versao) for t in servicos_da_versao(versao)}


@pytest.mark.parametrize("local", ["https://exemplo.invalid/tiss/x", "http://a/b?c=1&d=\"'<e>"])
def test_enderecos_sao_os_dados(local: str) -> None:
    """O endereço do serviço e o do esquema são os que se pediram, com qualquer caractere."""
    raiz = etree.fromstring(wsdl.documento(POR_SERVICO["tissLoteGuias"], "4.03.00", local))
    (servico,) = raiz.iter(f"{SOAP}address")
    (esquema,) = raiz.iter(f"{XS}import")

    assert local == servico.get("location")
    assert f"{local}?xsd=tissWebServicesV4_03_00.xsd" == esquema.get("schemaLocation")


@pytest.mark.parametrize(
    ("servico", "versao"),
    [("tissEnvioDocumentos", "3.05.00"), ("tissLoteGuias", "4.4"), ("tissLoteGuias", "")],
)
def test_servico_que_a_versao_nao_tem(servico: str, versao: str) -> None:
    """Um serviço fora da versão, ou o que não é uma versão, não tem WSDL nem nome."""
    with pytest.raises(wsdl.ServicoInexistente):
        wsdl.documento(POR_SERVICO[servico], versao, "http://exemplo.invalid/x")
    with pytest.raises(wsdl.ServicoInexistente):
        wsdl.nome_arquivo(POR_SERVICO[servico], versao)


def test_resposta_quebrada_de_envio_de_documentos() -> None:
    """Em 4.00.00 a resposta do envio de documentos nomeia um elemento que o esquema não tem."""
    transacao = POR_SERVICO["tissEnvioDocumentos"]
    elementos = {}
    for versao in ("4.00.00", "4.00.01"):
        raiz = etree.fromstring(wsdl.documento(transacao, versao, "http://exemplo.invalid/x"))
        (parte,) = raiz.iterfind(f"{WSDL}message[2]/{WSDL}part")
        esquema = etree.fromstring(tiss_xsd.ler(versao, f"tissWebServices{sufixo(versao)}.xsd"))
        declarados = {e.get("name") for e in esquema.iterchildren(f"{XS}element")}
        elementos[versao] = str(parte.get("element")).rpartition(":")[2] in declarados

    esperado = {"4.00.00": False, "4.00.01": True}
    assert esperado == elementos


class Servidor(Transport):
    """O que um cliente recebe ao pedir o WSDL e os esquemas, sem rede."""

    def __init__(self, transacao: Transacao, versao: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._transacao = transacao
        self._versao = versao
        self._endereco = endereco(transacao, versao)

    def load(self, url: str) -> bytes:
        base, _, pergunta = url.partition("?")
        assert base == self._endereco
        if pergunta == "wsdl":
            return wsdl.documento(self._transacao, self._versao, self._endereco)
        return tiss_xsd.publicado(self._versao, pergunta.removeprefix("xsd="), self._endereco)


@pytest.mark.parametrize(("versao", "transacao"), UTILIZAVEIS, ids=nomes(UTILIZAVEIS))
def test_zeep_carrega(versao: str, transacao: Transacao) -> None:
    """O zeep lê o WSDL e os esquemas sem ajuste nenhum e sabe chamar a operação."""
    local = endereco(transacao, versao)
    servidor = Servidor(transacao, versao)
    cliente = zeep.Client(f"{local}?wsdl", transport=servidor)  # type: ignore[no-untyped-call]

    (servico,) = cliente.wsdl.services.values()
    (porta,) = servico.ports.values()
    (operacao,) = porta.binding.all().values()

    assert (transacao.nome, f"{transacao.nome}_Operation") == (servico.name, operacao.name)
    assert urlsplit(local) == urlsplit(porta.binding_options["address"])
    assert transacao.raiz_pedido == operacao.input.body.qname.localname
    assert transacao.raiz_resposta == operacao.output.body.qname.localname


def test_toda_transacao_e_provada() -> None:
    """As provas acima passam por todas as transações da tabela."""
    assert set(TRANSACOES) == {t for _, t in UTILIZAVEIS}
