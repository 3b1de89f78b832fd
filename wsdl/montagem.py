"""Monta o WSDL de um serviço numa versão.

Os nomes e espaços de nomes são os dos arquivos da ANS; o que eles deixam vazio, o endereço do
serviço e o do esquema, é preenchido. Fonte: arquivos WSDL do componente de comunicação.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lxml import etree

from dominio.transacoes import NS_TISS
from dominio.versoes import compacta, sufixo, tem_forma

if TYPE_CHECKING:
    from dominio.transacoes import Transacao

_WSDL = "http://schemas.xmlsoap.org/wsdl/"
_SOAP = "http://schemas.xmlsoap.org/wsdl/soap/"
_XS = "http://www.w3.org/2001/XMLSchema"
_TRANSPORTE = "http://schemas.xmlsoap.org/soap/http"
_FALHA = "TissFault"


class ServicoInexistente(LookupError):
    """A versão não tem o serviço, ou o que se deu não é uma versão."""

    def __init__(self, servico: str, versao: str) -> None:
        super().__init__(f"a versão {versao} não tem o serviço {servico}")
        self.servico = servico
        self.versao = versao


def nome_arquivo(transacao: Transacao, versao: str) -> str:
    """Nome do arquivo WSDL da ANS, como ``tissLoteGuiasV4_03_00.wsdl``.

    Raises:
        ServicoInexistente: se a versão não tem o serviço.
    """
    _confere(transacao, versao)
    return f"{transacao.servico}{sufixo(versao)}.wsdl"


def documento(transacao: Transacao, versao: str, endereco: str) -> bytes:
    """WSDL 1.1 de um serviço, document/literal sobre SOAP 1.1.

    Args:
        transacao: linha da tabela de transações.
        versao: na forma do elemento ``Padrao``.
        endereco: URL do serviço, sem a parte depois de ``?``; o esquema é importado de
            ``<endereco>?xsd=tissWebServices<versão>.xsd``.

    Returns:
        O documento em UTF-8.

    Raises:
        ServicoInexistente: se a versão não tem o serviço.
    """
    _confere(transacao, versao)
    tns = f"http://www.ans.gov.br/tiss/ws/tipos/{transacao.nome.lower()}/{compacta(versao)}"
    raiz = etree.Element(
        f"{{{_WSDL}}}definitions",
        name=transacao.nome,
        targetNamespace=tns,
        nsmap={None: _WSDL, "soap": _SOAP, "tns": tns, "ans": NS_TISS},
    )
    _tipos(raiz, f"{endereco}?xsd=tissWebServices{sufixo(versao)}.xsd")
    _mensagens(raiz, transacao, versao)
    _porta(raiz, transacao.nome)
    _ligacao(raiz, transacao.nome)
    _servico(raiz, transacao.nome, endereco)
    etree.indent(raiz)
    return etree.tostring(raiz, xml_declaration=True, encoding="UTF-8")


def _confere(transacao: Transacao, versao: str) -> None:
    if not tem_forma(versao) or not transacao.existe_em(versao):
        raise ServicoInexistente(transacao.servico, versao)


def _filho(pai: etree._Element, nome: str, uri: str = _WSDL, /, **atributos: str) -> etree._Element:
    return etree.SubElement(pai, f"{{{uri}}}{nome}", atributos)


def _tipos(raiz: etree._Element, local: str) -> None:
    esquema = etree.SubElement(_filho(raiz, "types"), f"{{{_XS}}}schema", nsmap={None: _XS})
    _filho(esquema, "import", _XS, namespace=NS_TISS, schemaLocation=local)


def _mensagens(raiz: etree._Element, transacao: Transacao, versao: str) -> None:
    for mensagem, parte, elemento in (
        (f"{transacao.nome}_Request", transacao.parte_pedido, transacao.raiz_pedido),
        (
            f"{transacao.nome}_Response",
            transacao.parte_resposta,
            transacao.elemento_resposta_wsdl(versao),
        ),
        ("tissFault", "tissFault", "tissFaultWS"),
    ):
        pai = _filho(raiz, "message", name=mensagem)
        _filho(pai, "part", name=parte, element=f"ans:{elemento}")


def _porta(raiz: etree._Element, nome: str) -> None:
    porta = _filho(raiz, "portType", name=f"{nome}_PortType")
    operacao = _filho(porta, "operation", name=f"{nome}_Operation")
    _filho(operacao, "input", message=f"tns:{nome}_Request")
    _filho(operacao, "output", message=f"tns:{nome}_Response")
    _filho(operacao, "fault", name=_FALHA, message="tns:tissFault")


def _ligacao(raiz: etree._Element, nome: str) -> None:
    ligacao = _filho(raiz, "binding", name=f"{nome}_Binding", type=f"tns:{nome}_PortType")
    _filho(ligacao, "binding", _SOAP, style="document", transport=_TRANSPORTE)
    operacao = _filho(ligacao, "operation", name=f"{nome}_Operation")
    _filho(operacao, "operation", _SOAP, soapAction="")
    for sentido in ("input", "output"):
        _filho(_filho(operacao, sentido), "body", _SOAP, use="literal")
    _filho(_filho(operacao, "fault", name=_FALHA), "fault", _SOAP, name=_FALHA, use="literal")


def _servico(raiz: etree._Element, nome: str, endereco: str) -> None:
    servico = _filho(raiz, "service", name=nome)
    porta = _filho(servico, "port", name=f"{nome}_Port", binding=f"tns:{nome}_Binding")
    _filho(porta, "address", _SOAP, location=endereco)
