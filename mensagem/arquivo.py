"""A mensagem em arquivo: ``mensagemTISS``, com o mesmo cabeçalho e corpo e o hash no epílogo."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lxml import etree

from dominio import erros
from dominio.transacoes import NS_TISS, TRANSACOES, Transacao
from mensagem.recusa import Recusa

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_Q = f"{{{NS_TISS}}}"
RAIZ = f"{_Q}mensagemTISS"
PEDIDO = f"{_Q}prestadorParaOperadora"
RESPOSTA = "operadoraParaPrestador"
_PROTOCOLOS = (f"{_Q}numeroProtocolo", f"{_Q}nrProtocoloRecursoGlosa")
_RECIBO = re.compile(r"(</?ans:)reciboDocumentos([ />])")
_ERRO_RENOMEADO = re.compile(
    "<ans:codigoGlosa>(<ans:codigoGlosa>([^<]*)</ans:codigoGlosa>.*?)</ans:codigoGlosa>", re.DOTALL
)
_POR_CORPO = {_Q + t.corpo_arquivo: t for t in TRANSACOES}


def transacao(mensagem: etree._Element) -> Transacao:
    """Transação da tabela pelo corpo de um ``mensagemTISS`` de prestador.

    Raises:
        Recusa: não é ``mensagemTISS``, é de operadora, ou não tem um corpo que se conheça.
    """
    nome = etree.QName(mensagem)
    if mensagem.tag != RAIZ:
        if nome.localname == "mensagemTISS" and not nome.namespace:
            raise Recusa(
                erros.RAIZ_DESCONHECIDA, f'A mensagem está sem o espaço de nomes "{NS_TISS}".'
            )
        raise Recusa(erros.RAIZ_DESCONHECIDA, "Um arquivo deve ser um mensagemTISS.")
    achada = next((t for f in _corpos(mensagem) if (t := _POR_CORPO.get(str(f.tag)))), None)
    if achada is None:
        raise Recusa(erros.RAIZ_DESCONHECIDA, "O mensagemTISS não traz uma transação de prestador.")
    return achada


def corpo(mensagem: etree._Element) -> etree._Element:
    """O elemento de corpo de um ``mensagemTISS`` que já passou pelo esquema."""
    return next(_corpos(mensagem))


def corpo_de_resposta(transacao_: Transacao, pedacos: Sequence[str], versao: str) -> list[str]:
    """Dá ao corpo da resposta de um web service os nomes que ele tem no arquivo.

    Só três coisas mudam: o nome do corpo, o do recibo de documentos e a forma do erro da
    elegibilidade, que no arquivo é ``mensagemErro`` e, em 4.00.00, só o código.

    Args:
        transacao_: linha da tabela.
        pedacos: o corpo em texto, de uma vez ou em pedaços que não partem marcas.
        versao: da resposta.
    """
    de, para = transacao_.corpo_resposta, transacao_.corpo_resposta_arquivo
    novos = [_RECIBO.sub(r"\1reciboDocumento\2", pedaco) for pedaco in pedacos]
    novos[0] = f"<ans:{para}{novos[0].removeprefix(f'<ans:{de}')}"
    fim = f"</ans:{de}>"
    if novos[-1].endswith(fim):
        novos[-1] = f"{novos[-1].removesuffix(fim)}</ans:{para}>"
    forma = r"<ans:codigoGlosa>\2</ans:codigoGlosa>"
    if versao != "4.00.00":
        forma = r"<ans:mensagemErro>\1</ans:mensagemErro>"
    novos[0] = _ERRO_RENOMEADO.sub(forma, novos[0])
    return novos


def protocolo(resposta: bytes) -> str | None:
    """O primeiro número de protocolo que uma resposta nossa diz, como ela o diz."""
    return next((e.text for e in etree.fromstring(resposta).iter(*_PROTOCOLOS)), None)


def _corpos(mensagem: etree._Element) -> Iterator[etree._Element]:
    return mensagem.iterfind(f"{PEDIDO}/*")
