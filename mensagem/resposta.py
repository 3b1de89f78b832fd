"""Uma resposta: cabeçalho, corpo, hash, conferência pelo esquema da versão e bytes."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from lxml import etree

import tiss_xsd
from dominio.versoes import ordem
from mensagem import arquivo, hash_tiss
from mensagem.cabecalho import Cabecalho, de_resposta
from mensagem.escrita import DECLARACAO, elemento, motivo
from mensagem.parse import parser_da_thread

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from dominio.erros import Erro
    from dominio.transacoes import Transacao
    from mensagem.assinatura import Assinante

    Corpo: TypeAlias = str | Iterable[str]
    """Um elemento em texto; em pedaços, que não partem marca nem referência, se pode ser grande."""

_CABECALHO_DO_ARQUIVO = b'<?xml version="1.0" encoding="ISO-8859-1"?>\n'


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
    fim = ""
    pedacos: Iterable[str] = (corpo,) if isinstance(corpo, str) else corpo
    raiz = transacao.raiz_resposta
    if em_arquivo:
        raiz, fim = "mensagemTISS", "</ans:epilogo>"
        pedacos = (
            f"<ans:{arquivo.RESPOSTA}>",
            *arquivo.corpo_de_resposta(transacao, list(pedacos), versao),
            f"</ans:{arquivo.RESPOSTA}><ans:epilogo>",
        )
    escrita = _Escrita(f"<ans:{raiz}{DECLARACAO}>{cabecalho}", pedacos, f"{fim}</ans:{raiz}>")
    try:
        if assinar_com is not None:
            return _assinada(escrita, versao, assinar_com, agora, em_arquivo=em_arquivo)
        if not isinstance(corpo, str):
            return _em_fluxo(escrita, versao, em_arquivo=em_arquivo)
        texto = "".join(escrita)
        arvore = _lida(texto, escrita.fecho)
        _selar(arvore)
        _conferir(arvore, versao)
        selo = f"<ans:hash>{hash_tiss.informado(arvore)}</ans:hash>"
        return _em_bytes(f"{texto}{selo}{escrita.fecho}", em_arquivo=em_arquivo)
    except UnicodeEncodeError as erro:
        raise RespostaInvalida("texto fora de ISO-8859-1 na resposta") from erro
    except etree.XMLSyntaxError:
        # a mensagem da libxml2 repetiria o que está no lugar do erro
        raise RespostaInvalida(f"{raiz} {versao}: não é XML") from None


@dataclass(frozen=True, slots=True)
class _Escrita:
    """Uma resposta até ao hash, que se percorre uma vez, e o que vem depois dele."""

    inicio: str
    pedacos: Iterable[str]
    fecho: str

    def __iter__(self) -> Iterator[str]:
        yield self.inicio
        for pedaco in self.pedacos:
            # um CR por escapar lê-se como LF: o hash e os bytes têm de dizer o que se vai ler
            yield pedaco.replace("\r\n", "\n").replace("\r", "\n") if "\r" in pedaco else pedaco


def _lida(texto: str, fecho: str) -> etree._Element:
    """A árvore da resposta, com o hash ainda vazio."""
    return etree.fromstring(f"{texto}<ans:hash/>{fecho}".encode(), parser_da_thread())


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
    escrita: _Escrita, versao: str, assinar_com: Assinante, agora: datetime, *, em_arquivo: bool
) -> bytes:
    arvore = _lida("".join(escrita), escrita.fecho)
    _selar(arvore)
    assinar_com.assinar(arvore, agora)
    _conferir(arvore, versao)
    return _em_bytes(etree.tostring(arvore, encoding="unicode"), em_arquivo=em_arquivo)


def _em_fluxo(escrita: _Escrita, versao: str, *, em_arquivo: bool) -> bytes:
    """O mesmo, de uma resposta que pode ter megabytes: um pedaço de cada vez, sem árvore."""
    resumo = hashlib.md5(usedforsecurity=False)
    bruto = io.BytesIO()

    def utf8() -> Iterator[bytes]:
        """Cada pedaço como se lê, depois de entrar no hash e no que se vai enviar."""
        if em_arquivo:
            bruto.write(_CABECALHO_DO_ARQUIVO)
        for pedaco in escrita:
            resumo.update(hash_tiss.valores_do_texto(pedaco).encode("iso-8859-1"))
            yield anotado(pedaco)
        yield anotado(f"<ans:hash>{resumo.hexdigest()}</ans:hash>{escrita.fecho}")

    def anotado(pedaco: str) -> bytes:
        dados = pedaco.encode()
        bruto.write(pedaco.encode("iso-8859-1") if em_arquivo else dados)
        return dados

    lidos = utf8()
    if not tiss_xsd.esquema(versao).valida_pedacos(lidos):
        # só a árvore diz em que lugar
        for _ in lidos:
            pass
        _conferir(etree.fromstring(bruto.getvalue(), etree.XMLParser(huge_tree=True)), versao)
        raise RespostaInvalida(f"{versao}: fora do esquema")
    return bruto.getvalue()


def _em_bytes(texto: str, *, em_arquivo: bool) -> bytes:
    if em_arquivo:
        return _CABECALHO_DO_ARQUIVO + texto.encode("iso-8859-1")
    return texto.encode()
