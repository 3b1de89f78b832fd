"""Uma resposta: cabeçalho, corpo, hash, conferência pelo esquema da versão e bytes."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, TypeAlias

from lxml import etree

import tiss_xsd
from dominio.versoes import ordem
from mensagem import arquivo, hash_tiss
from mensagem.cabecalho import Cabecalho, de_resposta
from mensagem.escrita import DECLARACAO, elemento, motivo
from mensagem.parse import parser_da_thread

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from dominio.erros import Erro
    from dominio.transacoes import Transacao
    from mensagem.assinatura import Assinante

    Corpo: TypeAlias = str | Sequence[str]
    """Um elemento em texto, de uma vez ou em pedaços que não partem marca nem referência."""

_CABECALHO_DO_ARQUIVO = b'<?xml version="1.0" encoding="ISO-8859-1"?>\n'
_SEM_ARVORE = 1_000_000
"""Caracteres a partir dos quais se confere em fluxo: a árvore ocuparia seis vezes isso."""


class RespostaInvalida(Exception):
    """Uma resposta nossa não passou na própria conferência; nunca pode sair."""


def corpo_de_erro(transacao: Transacao, versao: str, erro: Erro, texto: str) -> str:
    """Corpo da resposta que leva só um ``mensagemErro``, na forma que a versão tem.

    ``respostaElegibilidade`` chama ``codigoGlosa`` ao grupo desde 4.00.00, e ``reciboComunicacao``
    de 4.00.00 leva só o código.
    """
    codigo = erro.glosa(versao)
    if transacao.raiz_resposta == "reciboComunicacaoWS" and versao == "4.00.00":
        return elemento(transacao.corpo_resposta, elemento("codigoGlosa", texto=codigo))
    renomeado = transacao.raiz_resposta == "respostaElegibilidadeWS" and ordem(versao) >= (4,)
    nome = "codigoGlosa" if renomeado else "mensagemErro"
    return elemento(transacao.corpo_resposta, motivo(codigo, texto, nome))


def montar(
    transacao: Transacao,
    corpo: Corpo,
    pedido: Cabecalho,
    *,
    registro_ans: str,
    versao: str,
    agora: datetime,
    tipo: str | None = None,
    em_arquivo: bool = False,
    assinar_com: Assinante | None = None,
) -> bytes:
    """Mensagem de resposta: pronta para o envelope ou, em arquivo, o documento inteiro.

    Args:
        transacao: linha da tabela.
        corpo: elemento ``transacao.corpo_resposta``, com o prefixo ``ans`` por declarar.
        pedido: cabeçalho do pedido, de onde vêm sequencial e destino.
        registro_ans: da operadora que responde.
        versao: versão do pedido, que é a da resposta.
        agora: instante da resposta, em UTC.
        tipo: ``tipoTransacao``; por padrão o comum da transação.
        em_arquivo: se a resposta é um ``mensagemTISS``, em ISO-8859-1.
        assinar_com: quem assina a resposta, depois do hash; sem ele, vai sem assinatura.

    Raises:
        RespostaInvalida: se a resposta não passa no esquema da versão.
    """
    cabecalho = de_resposta(
        pedido, tipo or transacao.tipos_resposta[0], registro_ans, versao, agora
    )
    pedacos = [corpo] if isinstance(corpo, str) else list(corpo)
    raiz, fim = transacao.raiz_resposta, ""
    if em_arquivo:
        raiz = "mensagemTISS"
        pedacos = [
            f"<ans:{arquivo.RESPOSTA}>",
            *arquivo.corpo_de_resposta(transacao, pedacos, versao),
            f"</ans:{arquivo.RESPOSTA}><ans:epilogo>",
        ]
        fim = "</ans:epilogo>"
    # um CR por escapar lê-se como LF: o hash e os bytes têm de dizer o que se vai ler
    pedacos = [
        _sem_cr(pedaco) if "\r" in pedaco else pedaco
        for pedaco in (f"<ans:{raiz}{DECLARACAO}>{cabecalho}", *pedacos)
    ]
    fecho = f"{fim}</ans:{raiz}>"
    try:
        if assinar_com is not None:
            return _assinada(pedacos, fecho, versao, assinar_com, agora, em_arquivo=em_arquivo)
        if sum(map(len, pedacos)) > _SEM_ARVORE:
            return _em_fluxo(pedacos, fecho, versao, em_arquivo=em_arquivo)
        arvore = _lida(pedacos, fecho)
        _selar(arvore)
        _conferir(arvore, versao)
        pedacos.append(f"<ans:hash>{hash_tiss.informado(arvore)}</ans:hash>{fecho}")
        return _em_bytes("".join(pedacos), em_arquivo=em_arquivo)
    except UnicodeEncodeError as erro:
        raise RespostaInvalida("texto fora de ISO-8859-1 na resposta") from erro
    except etree.XMLSyntaxError:
        # a mensagem da libxml2 repetiria o que está no lugar do erro
        raise RespostaInvalida(f"{raiz} {versao}: não é XML") from None


def _sem_cr(pedaco: str) -> str:
    return pedaco.replace("\r\n", "\n").replace("\r", "\n")


def _lida(pedacos: Sequence[str], fecho: str) -> etree._Element:
    """A árvore da resposta, com o hash ainda vazio."""
    texto = f"{''.join(pedacos)}<ans:hash/>{fecho}"
    return etree.fromstring(texto.encode(), parser_da_thread())


def _selar(arvore: etree._Element) -> None:
    """Põe o hash no lugar dele, que é o último."""
    selo = arvore[-1] if not len(arvore[-1]) else arvore[-1][0]
    selo.text = hash_tiss.calcular(arvore, compacta=True)


def _conferir(arvore: etree._Element, versao: str) -> None:
    esquema = tiss_xsd.esquema(versao)
    if not esquema.valida(arvore):
        lugares = [e.caminho for e in esquema.erros(arvore, 5)]
        raise RespostaInvalida(f"{etree.QName(arvore).localname} {versao}: {lugares}")


def _assinada(
    pedacos: Sequence[str],
    fecho: str,
    versao: str,
    assinar_com: Assinante,
    agora: datetime,
    *,
    em_arquivo: bool,
) -> bytes:
    arvore = _lida(pedacos, fecho)
    _selar(arvore)
    assinar_com.assinar(arvore, agora)
    _conferir(arvore, versao)
    return _em_bytes(etree.tostring(arvore, encoding="unicode"), em_arquivo=em_arquivo)


def _em_fluxo(pedacos: list[str], fecho: str, versao: str, *, em_arquivo: bool) -> bytes:
    """O mesmo, de uma resposta de megabytes, sem a sua árvore."""
    resumo = hashlib.md5(usedforsecurity=False)
    for pedaco in pedacos:
        resumo.update(hash_tiss.valores_do_texto(pedaco).encode("iso-8859-1"))
    pedacos.append(f"<ans:hash>{resumo.hexdigest()}</ans:hash>{fecho}")
    esquema = tiss_xsd.esquema(versao)
    if not esquema.valida_pedacos(pedaco.encode() for pedaco in pedacos):
        _conferir(etree.fromstring("".join(pedacos), etree.XMLParser(huge_tree=True)), versao)
        raise RespostaInvalida(f"{versao}: fora do esquema")
    codificacao = "iso-8859-1" if em_arquivo else "utf-8"
    # pedaço a pedaço: o texto todo junto, e a sua cópia em bytes, ocupariam outro tanto
    bytes_ = b"".join([pedaco.encode(codificacao) for pedaco in pedacos])
    return _CABECALHO_DO_ARQUIVO + bytes_ if em_arquivo else bytes_


def _em_bytes(texto: str, *, em_arquivo: bool) -> bytes:
    if em_arquivo:
        return _CABECALHO_DO_ARQUIVO + texto.encode("iso-8859-1")
    return texto.encode()
