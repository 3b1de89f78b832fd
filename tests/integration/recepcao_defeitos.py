"""Mensagens com um só defeito, pelo que se pode responder a cada um."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from integration.recepcao import STATUS, Q, achar, com, lote, pronta, status
from lxml import etree

from dominio import erros
from prestador.valores import identificado

if TYPE_CHECKING:
    from collections.abc import Callable

    from dominio.erros import Erro

CANARIO = "CANARIO77"
"""Valor errado que nenhuma resposta e nenhum detalhe do arquivo pode repetir."""


class Caso(NamedTuple):
    """Uma mensagem com um só defeito e o erro que se espera dela."""

    nome: str
    erro: Erro
    montar: Callable[[str], bytes]

    def __str__(self) -> str:
        return self.nome


def _bruta(troca: Callable[[bytes], bytes]) -> Callable[[str], bytes]:
    return lambda versao: troca(pronta(lote(versao=versao)))


def trocada(**trocas: str) -> Callable[[str], bytes]:
    """Um lote com o texto de elementos trocado e o hash refeito; ``__`` separa o caminho."""
    caminhos = {nome.replace("__", "/"): texto for nome, texto in trocas.items()}
    return lambda versao: pronta(com(lote(versao=versao), caminhos))


def sem_selo(**trocas: str) -> Callable[[str], bytes]:
    caminhos = {nome.replace("__", "/"): texto for nome, texto in trocas.items()}
    return lambda versao: pronta(com(lote(versao=versao), caminhos), selar=False)


def _com_origem_de_operadora(versao: str) -> bytes:
    mensagem = lote(versao=versao)
    origem = achar(mensagem, "cabecalho/origem")
    origem.clear()
    etree.SubElement(origem, f"{Q}registroANS").text = "123123"
    return pronta(mensagem)


def _com_destino_de_prestador(versao: str) -> bytes:
    mensagem = lote(versao=versao)
    destino = achar(mensagem, "cabecalho/destino")
    destino.clear()
    prestador = etree.SubElement(destino, f"{Q}identificacaoPrestador")
    etree.SubElement(prestador, f"{Q}codigoPrestadorNaOperadora").text = CANARIO
    return pronta(mensagem)


def _com_cabecalho_obrigatorio(dados: bytes) -> bytes:
    bloco = (
        b'<soapenv:Header><x:y xmlns:x="urn:x" soapenv:mustUnderstand="1"/></soapenv:Header>'
        b"<soapenv:Body>"
    )
    return dados.replace(b"<soapenv:Body>", bloco)


def _com_pi(dados: bytes) -> bytes:
    return dados.replace(b"<ans:numeroLote>", b"<ans:numeroLote><?x CANARIO77?>")


_DTD = b'<!DOCTYPE x [<!ENTITY c "CANARIO77">]><soapenv'
SEMPRE_FALHA = (
    Caso("corpo vazio", erros.CORPO_VAZIO, _bruta(lambda _: b"")),
    Caso("malformado", erros.XML_MALFORMADO, _bruta(lambda d: d[:-9] + b"<CANARIO77")),
    Caso("dtd", erros.DTD_RECUSADA, _bruta(lambda d: d.replace(b"<soapenv", _DTD, 1))),
    Caso("instrução em valor", erros.PI_EM_VALOR, _bruta(_com_pi)),
    Caso(
        "codificação",
        erros.CODIFICACAO_XML,
        _bruta(lambda d: d.replace(b'encoding="UTF-8"', b'encoding="CANARIO77"')),
    ),
    Caso("sem envelope", erros.ENVELOPE, lambda v: etree.tostring(lote(versao=v))),
    Caso(
        "dois filhos no Body",
        erros.ENVELOPE,
        _bruta(lambda d: d.replace(b"</soapenv:Body>", b"<CANARIO77/></soapenv:Body>")),
    ),
    Caso("mustUnderstand", erros.MUST_UNDERSTAND, _bruta(_com_cabecalho_obrigatorio)),
    Caso(
        "raiz desconhecida",
        erros.RAIZ_DESCONHECIDA,
        _bruta(lambda d: d.replace(b"loteGuiasWS", b"CANARIO77")),
    ),
    Caso("outro serviço", erros.OUTRO_SERVICO, lambda v: pronta(status("1", versao=v))),
    Caso("esquema", erros.ESQUEMA, trocada(numeroLote=CANARIO * 3)),
    Caso(
        "identificador do cabeçalho",
        erros.IDENTIFICADOR_DO_CABECALHO,
        sem_selo(sequencialTransacao="CANARIO77Ω"),
    ),
)
"""O que nunca responde ``mensagemErro``, por não haver cabeçalho confiável."""

SEM_OPERADORA = (
    Caso("operadora desconhecida", erros.DESTINATARIO, trocada(destino__registroANS="770077")),
    Caso("destino que é prestador", erros.DESTINATARIO, _com_destino_de_prestador),
)
"""Também é sempre falha: sem operadora não há política nem quem assine a resposta."""

CONFORME_A_POLITICA = (
    Caso("versão", erros.VERSAO, trocada(Padrao=CANARIO)),
    Caso(
        "remetente",
        erros.REMETENTE,
        lambda v: pronta(lote(versao=v, quem=identificado("codigo", CANARIO))),
    ),
    Caso("origem de operadora", erros.REMETENTE, _com_origem_de_operadora),
    Caso("hash", erros.HASH, sem_selo(hash="77" * 16)),
    Caso("hash sem forma", erros.HASH, sem_selo(hash=CANARIO)),
)
"""O que é falha ou ``mensagemErro``, conforme operadora e prestador."""

SEMPRE_MENSAGEM = (
    Caso("tipo de transação", erros.TIPO_TRANSACAO, trocada(tipoTransacao=STATUS.tipo_pedido)),
)
TODOS = SEMPRE_FALHA + SEM_OPERADORA + CONFORME_A_POLITICA + SEMPRE_MENSAGEM
