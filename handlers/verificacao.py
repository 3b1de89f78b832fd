"""Conferir uma mensagem sem a receber: nada se grava e ninguém precisa estar cadastrado.

Ao contrário da recepção, que para na primeira verificação que falha, aqui se diz tudo o que está
errado de uma vez.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, Protocol

from lxml import etree

import tiss_xsd
from dominio import erros
from dominio.transacoes import NS_TISS
from mensagem import arquivo, contrato, envelope, hash_tiss
from mensagem import cabecalho as cabecalho_tiss
from mensagem.assinatura import AssinaturaInvalida
from mensagem.assinatura import verificar as verificar_assinatura
from mensagem.detalhado import ErroDetalhado, detalhar
from mensagem.parse import Limites, parse
from mensagem.recusa import Recusa

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from dominio.transacoes import Transacao
    from mensagem.cabecalho import Cabecalho

_Q = f"{{{NS_TISS}}}"


class Falta(NamedTuple):
    """Uma regra do assunto em que a mensagem falha.

    Attributes:
        chave: da regra.
        texto: em português, com as guias.
        grave: se a regra recusa; as demais só avisam.
    """

    chave: str
    texto: str
    grave: bool


class Regras(Protocol):
    """As regras de um serviço que não precisam de banco."""

    def __call__(
        self, corpo: etree._Element, versao: str, registro_ans: str, hoje: date
    ) -> Sequence[Falta]:
        """Cada regra em que um corpo, já conferido pelo esquema, falha."""


class Passo(NamedTuple):
    """Uma verificação feita.

    Attributes:
        nome: da verificação.
        certo: ``None`` quando não se pôde fazer, ou só há o que avisar.
        texto: o que se achou.
    """

    nome: str
    certo: bool | None
    texto: str = ""


class Leitura(NamedTuple):
    """Um hash que o conteúdo pode ter, conforme como se lê.

    Attributes:
        nome: ``oficial`` ou o desvio.
        hash: em hexadecimal.
        informado: se é o que a mensagem traz.
    """

    nome: str
    hash: str
    informado: bool


@dataclass(slots=True)
class Verificacao:
    """O que se achou numa mensagem.

    Attributes:
        forma: ``SOAP 1.1``, ``SOAP 1.2``, ``arquivo`` ou ``mensagem de web service``.
        servico: da tabela de transações.
        versao: a declarada.
        passos: na ordem em que a recepção os faria.
        erros: de esquema, com o que se esperava.
        hashes: cada leitura; a oficial é a primeira.
    """

    forma: str | None = None
    servico: str | None = None
    versao: str | None = None
    passos: list[Passo] = field(default_factory=list)
    erros: list[ErroDetalhado] = field(default_factory=list)
    hashes: list[Leitura] = field(default_factory=list)

    @property
    def certa(self) -> bool:
        """Se nenhuma verificação falhou."""
        return all(passo.certo is not False for passo in self.passos)


def verificar(
    dados: bytes, hoje: date, regras: Mapping[str, Regras], limites: Limites | None = None
) -> Verificacao:
    """Confere uma mensagem em qualquer das suas formas.

    Args:
        dados: envelope SOAP, mensagem de web service sem envelope, ou ``mensagemTISS``.
        hoje: data de São Paulo, para regras de calendário.
        regras: serviço -> regras que não precisam de banco.
        limites: o que se aceita ler.
    """
    v = Verificacao()
    mensagem = _abrir(v, dados, limites or Limites())
    if mensagem is not None:
        _conferir(v, mensagem, hoje, regras)
    return v


def _abrir(v: Verificacao, dados: bytes, limites: Limites) -> etree._Element | None:
    try:
        raiz = parse(dados, limites)
        soap = envelope.versao_soap(raiz)
        if soap is not None:
            v.forma = "SOAP 1.2" if soap is envelope.Soap.V12 else "SOAP 1.1"
            raiz = envelope.abrir(raiz)
        elif etree.QName(raiz).localname == "mensagemTISS":
            v.forma = "arquivo"
        else:
            v.forma = "mensagem de web service"
    except Recusa as recusa:
        v.passos.append(Passo("leitura", certo=False, texto=recusa.texto))
        return None
    v.passos.append(Passo("leitura", certo=True))
    return raiz


def _conferir(
    v: Verificacao, mensagem: etree._Element, hoje: date, regras: Mapping[str, Regras]
) -> None:
    em_arquivo = v.forma == "arquivo"
    try:
        transacao = (
            arquivo.transacao(mensagem) if em_arquivo else contrato.transacao(mensagem, None)
        )
        v.servico = transacao.servico
        v.passos.append(Passo("transação", certo=True, texto=transacao.servico))
        v.versao = contrato.versao(mensagem, None)
        if not transacao.utilizavel_em(v.versao):
            raise Recusa(erros.SERVICO_SEM_VERSAO)
    except Recusa as recusa:
        nome = "transação" if v.servico is None else "versão"
        v.passos.append(Passo(nome, certo=False, texto=recusa.texto))
        _hash(v, mensagem)
        return
    v.passos.append(Passo("versão", certo=True, texto=v.versao))
    valida = _esquema(v, mensagem, v.versao)
    cabecalho = cabecalho_tiss.ler_se_houver(mensagem)
    if cabecalho is not None:
        _contrato(v, cabecalho, transacao)
    _hash(v, mensagem)
    _assinatura(v, mensagem)
    if not valida or cabecalho is None or cabecalho.destino is None:
        return
    corpo = arquivo.corpo(mensagem) if em_arquivo else mensagem.find(_Q + transacao.corpo_pedido)
    if transacao.servico in regras and corpo is not None:
        _regras(v, regras[transacao.servico](corpo, v.versao, cabecalho.destino, hoje))


def _assinatura(v: Verificacao, mensagem: etree._Element) -> None:
    """A integridade; a confiança no certificado é de cada operadora."""
    if not contrato.tem_assinatura(mensagem):
        return
    try:
        verificar_assinatura(mensagem)
    except AssinaturaInvalida as falha:
        v.passos.append(Passo("assinatura", certo=False, texto=falha.texto))
    else:
        v.passos.append(Passo("assinatura", certo=True, texto="íntegra"))


def _esquema(v: Verificacao, mensagem: etree._Element, versao: str) -> bool:
    na_grafia = contrato.com_a_grafia_do_esquema(mensagem)
    if tiss_xsd.esquema(versao).valida(na_grafia):
        v.passos.append(Passo("esquema", certo=True))
        return True
    v.erros = detalhar(na_grafia, versao)
    v.passos.append(Passo("esquema", certo=False, texto=f"erros: {len(v.erros)}"))
    return False


def _contrato(v: Verificacao, cabecalho: Cabecalho, transacao: Transacao) -> None:
    faltas = []
    for conferir in (
        partial(contrato.tipo_de_transacao, cabecalho, transacao),
        partial(contrato.identificadores, cabecalho),
    ):
        try:
            conferir()
        except Recusa as recusa:
            faltas.append(recusa.texto)
    if cabecalho.destino is None:
        faltas.append("O destino deve ser o registro ANS da operadora.")
    if cabecalho.origem is None:
        faltas.append("A origem deve ser um prestador.")
    v.passos.append(Passo("contrato", certo=not faltas, texto=" ".join(faltas)))


def _hash(v: Verificacao, mensagem: etree._Element) -> None:
    dito = hash_tiss.informado(mensagem).lower()
    v.hashes = [
        Leitura(nome, resumo, resumo == dito) for nome, resumo in hash_tiss.leituras(mensagem)
    ]
    conferencia = hash_tiss.conferir(mensagem, hash_tiss.Modo.STRICT)
    v.passos.append(Passo("hash", conferencia.confere, conferencia.motivo or ""))


def _regras(v: Verificacao, faltas: Sequence[Falta]) -> None:
    if not faltas:
        v.passos.append(Passo("regras", certo=True))
    for falta in faltas:
        v.passos.append(Passo("regras", False if falta.grave else None, falta.texto))
