"""Uma resposta: cabeçalho, corpo, hash, conferência pelo esquema da versão e bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lxml import etree

import tiss_xsd
from dominio.textos import para_mensagem
from dominio.transacoes import NS_TISS, Transacao
from dominio.versoes import ordem
from mensagem import arquivo, hash_tiss
from mensagem.cabecalho import Cabecalho, de_resposta

if TYPE_CHECKING:
    from datetime import datetime

    from dominio.erros import Erro
    from mensagem.assinatura import Assinante

_Q = f"{{{NS_TISS}}}"
_CABECALHO_DO_ARQUIVO = b'<?xml version="1.0" encoding="ISO-8859-1"?>\n'


class RespostaInvalida(Exception):
    """Uma resposta nossa não passou na própria conferência; nunca pode sair."""


def elemento(nome: str, *filhos: etree._Element | None, texto: str | None = None) -> etree._Element:
    """Elemento do espaço de nomes TISS; filhos ``None`` são omitidos."""
    novo = etree.Element(_Q + nome, nsmap={"ans": NS_TISS})
    for filho in filhos:
        if filho is not None:
            novo.append(filho)
    if texto is not None:
        novo.text = texto
    return novo


def opcional(nome: str, texto: str | None) -> etree._Element | None:
    """Elemento com texto, ou nada quando o texto falta."""
    return None if texto is None else elemento(nome, texto=texto)


def motivo(codigo: str, descricao: str, nome: str = "mensagemErro") -> etree._Element:
    """``ct_motivoGlosa``: código e descrição de até 500 caracteres."""
    return elemento(
        nome,
        elemento("codigoGlosa", texto=codigo),
        elemento("descricaoGlosa", texto=para_mensagem(descricao, 500)),
    )


def corpo_de_erro(transacao: Transacao, versao: str, erro: Erro, texto: str) -> etree._Element:
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
    corpo: etree._Element,
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
        corpo: elemento ``transacao.corpo_resposta``.
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
    selo = elemento("hash")
    if em_arquivo:
        no_arquivo = arquivo.corpo_de_resposta(transacao, corpo, versao)
        raiz = elemento(
            "mensagemTISS",
            cabecalho,
            elemento(arquivo.RESPOSTA, no_arquivo),
            elemento("epilogo", selo),
        )
    else:
        raiz = elemento(transacao.raiz_resposta, cabecalho, corpo, selo)
    try:
        selo.text = hash_tiss.calcular(raiz, compacta=True)
    except UnicodeEncodeError as erro:
        raise RespostaInvalida("texto fora de ISO-8859-1 na resposta") from erro
    if assinar_com is not None:
        assinar_com.assinar(raiz, agora)
    esquema = tiss_xsd.esquema(versao)
    if not esquema.valida(raiz):
        lugares = [e.caminho for e in esquema.erros(raiz, 5)]
        raise RespostaInvalida(f"{transacao.raiz_resposta} {versao}: {lugares}")
    if em_arquivo:
        return _CABECALHO_DO_ARQUIVO + etree.tostring(
            raiz, encoding="iso-8859-1", xml_declaration=False
        )
    return etree.tostring(raiz, encoding="utf-8")
