"""Conferência do que o sistema da operadora respondeu, antes de chegar a quem perguntou."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from dominio import erros
from dominio.erros import TissFault
from dominio.lote import Identificacao
from dominio.transacoes import NS_TISS, Transacao
from handlers.repasse.nucleo import Desfecho, NucleoFalhou, RespostaDoNucleo
from handlers.repasse.recorte import em_utf8, recortar
from mensagem import cabecalho as cabecalho_tiss
from mensagem import contrato, envelope, hash_tiss
from mensagem.cabecalho import FORMAS
from mensagem.parse import MIB, Limites, parse
from mensagem.recusa import Recusa

if TYPE_CHECKING:
    from lxml import etree

    from mensagem.cabecalho import Cabecalho
    from persistence.operadoras import Operadora
    from persistence.prestadores import Prestador

LIMITE = 16 * MIB
"""Bytes que se aceitam de uma resposta."""

_Q = f"{{{NS_TISS}}}"
_LIMITES = Limites(tamanho=LIMITE)
_DESTINO = f"{_Q}cabecalho/{_Q}destino/{_Q}identificacaoPrestador"
_SO_ERRO = (f"{_Q}mensagemErro", f"{_Q}codigoGlosa")


class Esperado(NamedTuple):
    """O que a resposta tem de ser para este pedido."""

    transacao: Transacao
    versao: str
    cabecalho: Cabecalho
    operadora: Operadora
    prestador: Prestador


class Conferida(NamedTuple):
    """Uma resposta que pode sair.

    Attributes:
        mensagem: bytes do elemento, como vieram.
        erro: se só diz que o pedido não foi aceito (``mensagemErro``).
    """

    mensagem: bytes
    erro: bool


def conferir(resposta: RespostaDoNucleo, esperado: Esperado) -> Conferida:
    """Confere envelope, raiz, esquema, cabeçalho e hash.

    Raises:
        NucleoFalhou: a resposta não é a deste pedido, ou não segue o padrão.
        Recusa: é uma falha SOAP com ``tissFaultWS``; leva a palavra dela e um texto nosso.
    """
    try:
        raiz = parse(resposta.corpo, _LIMITES, resposta.charset)
    except Recusa as recusa:
        raise _invalida(f"resposta ilegível: {recusa.erro.chave}") from None
    _conferir_falha(raiz)
    if resposta.http != 200:
        raise _invalida(f"HTTP {resposta.http} com uma mensagem que não é falha SOAP")
    try:
        mensagem = envelope.abrir(raiz)
    except Recusa as recusa:
        raise _invalida(f"envelope da resposta: {recusa.motivo or recusa.erro.chave}") from None
    if mensagem.tag != _Q + esperado.transacao.raiz_resposta:
        raise _invalida("a raiz da resposta não é a do serviço")
    if cabecalho_tiss.padrao(mensagem) != esperado.versao:
        raise _invalida("a resposta é de outra versão")
    try:
        contrato.esquema(mensagem, esperado.versao)
    except Recusa as recusa:
        lugares = tuple(str(d.get("caminho", "")) for d in recusa.detalhes[:5])
        raise _invalida("a resposta não segue o esquema da versão", lugares) from None
    _conferir_cabecalho(mensagem, esperado)
    if not hash_tiss.conferir(mensagem, hash_tiss.Modo.STRICT).confere:
        raise _invalida("o hash da resposta não confere")
    corpo = mensagem.find(_Q + esperado.transacao.corpo_resposta)
    so_erro = corpo is not None and len(corpo) > 0 and corpo[0].tag in _SO_ERRO
    try:
        return Conferida(em_utf8(recortar(resposta.corpo, mensagem)), so_erro)
    except Recusa as recusa:
        raise _invalida(f"resposta ilegível: {recusa.erro.chave}") from None


def _invalida(motivo: str, lugares: tuple[str, ...] = ()) -> NucleoFalhou:
    return NucleoFalhou(Desfecho.RESPOSTA_INVALIDA, motivo, lugares)


def _conferir_falha(raiz: etree._Element) -> None:
    soap = envelope.versao_soap(raiz)
    if soap is None:
        raise _invalida("a resposta não tem Envelope SOAP")
    falha = raiz.find(f"{{{soap}}}Body/{{{soap}}}Fault")
    if falha is None:
        return
    palavra = next((e.text for e in falha.iter(f"{_Q}tissFault", "tissFault")), None)
    try:
        fault = TissFault((palavra or "").strip())
    except ValueError:
        raise _invalida("falha SOAP sem palavra de tissFaultWS") from None
    raise Recusa(replace(erros.REPASSE_RECUSADO, fault=fault))


def _conferir_cabecalho(mensagem: etree._Element, esperado: Esperado) -> None:
    dito = cabecalho_tiss.ler(mensagem)
    if dito.tipo_transacao not in esperado.transacao.tipos_resposta:
        raise _invalida("o tipoTransacao da resposta não é do serviço")
    if dito.sequencial != esperado.cabecalho.sequencial:
        raise _invalida("o sequencialTransacao da resposta não é o do pedido")
    if dito.registro_da_origem != esperado.operadora.registro_ans:
        raise _invalida("a origem da resposta não é a operadora")
    if not _e_o_prestador(mensagem, esperado):
        raise _invalida("o destino da resposta não é o prestador")


def _e_o_prestador(mensagem: etree._Element, esperado: Esperado) -> bool:
    destino = mensagem.find(_DESTINO)
    if destino is None or not len(destino):
        return False
    dito = Identificacao(FORMAS[str(destino[0].tag)], destino[0].text or "")
    p = esperado.prestador
    registrados = {"codigo": p.codigo, "cnpj": p.cnpj, "cpf": p.cpf}
    return dito == esperado.cabecalho.origem or dito.valor == registrados[dito.forma]
