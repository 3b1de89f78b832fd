"""O que se mede: cinco mensagens, e como fazer muitas delas sem montar cada uma.

Cada lote precisa do seu número e do seu hash. Montar um de 100 guias custa mais do que recebê-lo,
por isso monta-se um molde e troca-se nele o número, que é sempre do mesmo tamanho.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from bench.assinados import Assinadora
from dominio.lote import TipoGuia
from dominio.transacoes import POR_SERVICO
from mensagem import hash_tiss
from prestador.cabecalho import cabecalho
from prestador.lotes import corpo_lote, corpo_status
from prestador.mensagem_xml import envelope, mensagem_ws
from prestador.valores import identificado

if TYPE_CHECKING:
    from prestador.valores import Corpo

VERSAO = "4.03.00"
REGISTRO_ANS = "999999"
CODIGO = "013950"
CNPJ = "11222333000181"
LOGIN = "hospital"
SENHA = "Exemplo#2026"
PROCEDIMENTOS = 5
"""Procedimentos de cada guia de SP/SADT; sem outras despesas."""

_LOTES = POR_SERVICO["tissLoteGuias"]
_STATUS = POR_SERVICO["tissSolicitacaoStatusProtocolo"]
_MARCA = "918273645546"
"""Doze algarismos, o tamanho do número de lote, que nada mais na mensagem tem em seguida."""


@dataclass(frozen=True, slots=True)
class Caso:
    """Um tipo de mensagem a medir.

    Attributes:
        nome: como se pede na linha de comando.
        titulo: como sai na tabela.
        tipo: tipo das guias do lote enviado ou consultado.
        guias: quantas o lote tem.
        consulta: se é a pergunta pela situação do lote, e não o seu envio.
        simultaneas: mensagens ao mesmo tempo no gateway.
        alvo: quantas vezes o processador do piso o gateway pode gastar.
        assinado: se o lote vai assinado e a operadora exige que vá.
    """

    nome: str
    titulo: str
    tipo: TipoGuia
    guias: int
    consulta: bool
    simultaneas: int
    alvo: float
    assinado: bool = False

    @property
    def caminho(self) -> str:
        """Endereço do serviço no gateway."""
        return f"/tiss/{VERSAO}/{(_STATUS if self.consulta else _LOTES).servico}"

    @property
    def caminho_do_lote(self) -> str:
        """Endereço do envio do lote, também num caso que pergunta por ele."""
        return f"/tiss/{VERSAO}/{_LOTES.servico}"


CASOS: MappingProxyType[str, Caso] = MappingProxyType(
    {
        caso.nome: caso
        for caso in (
            Caso("consulta", "lote de 1 consulta", TipoGuia.CONSULTA, 1, False, 8, 3.0),
            Caso("status-1", "situação de 1 guia", TipoGuia.CONSULTA, 1, True, 8, 3.0),
            Caso("lote-100", "lote de 100 SP/SADT", TipoGuia.SADT, 100, False, 4, 1.25),
            Caso(
                "lote-100-assinado",
                "lote de 100 SP/SADT, assinado",
                TipoGuia.SADT,
                100,
                False,
                4,
                1.25,
                assinado=True,
            ),
            Caso("status-100", "situação de 100 guias", TipoGuia.SADT, 100, True, 8, 3.0),
        )
    }
)


class Molde:
    """Uma mensagem pronta em que só falta um número de doze algarismos.

    Args:
        servico: nome do serviço na tabela de transações.
        corpo: conteúdo do pedido, com a marca no lugar do número.
        assinado: se vai com a assinatura do prestador.
    """

    def __init__(self, servico: str, corpo: Corpo, *, assinado: bool = False) -> None:
        transacao = POR_SERVICO[servico]
        origem = identificado("codigo", CODIGO)
        topo = cabecalho(
            transacao.tipo_pedido, VERSAO, origem, REGISTRO_ANS, login=LOGIN, senha=SENHA
        )
        mensagem = mensagem_ws(transacao, topo, corpo)
        self._conteudo = hash_tiss.conteudo(mensagem).encode("iso-8859-1")
        hash_ = hash_tiss.informado(mensagem).encode()
        self._assinadora = Assinadora(mensagem, CNPJ) if assinado else None
        self._inicio, self._hash, self._fim = envelope(mensagem).rpartition(hash_)

    def com(self, numero: int) -> bytes:
        """O envelope com um número no lugar da marca e o hash que lhe cabe."""
        texto = f"{numero:012d}".encode()
        marca = _MARCA.encode()
        resumo = hashlib.md5(self._conteudo.replace(marca, texto), usedforsecurity=False)
        hash_, fim = resumo.hexdigest().encode(), self._fim
        if self._assinadora is not None:
            fim = self._assinadora.assinar(fim, ((marca, texto), (self._hash, hash_)))
        return self._inicio.replace(marca, texto) + hash_ + fim


def molde_de_lote(caso: Caso) -> Molde:
    """Molde do lote de um caso; o número é o do lote, que começa o de cada guia."""
    corpo = corpo_lote(
        caso.tipo,
        VERSAO,
        prestador=identificado("codigo", CODIGO),
        registro_ans=REGISTRO_ANS,
        numero_lote=_MARCA,
        guias=caso.guias,
        # um terço dos itens são despesas: sete dão cinco procedimentos
        itens=7,
    )
    if caso.tipo is TipoGuia.SADT:
        guias: Any = corpo["guiasTISS"]
        for guia in guias[caso.tipo.value]:
            _so_procedimentos(guia)
    return Molde(_LOTES.servico, corpo, assinado=caso.assinado)


def molde_de_status() -> Molde:
    """Molde da pergunta; o número é o do protocolo, em que zeros à esquerda não contam."""
    return Molde(_STATUS.servico, corpo_status(VERSAO, identificado("codigo", CODIGO), _MARCA))


def _so_procedimentos(guia: dict[str, Any]) -> None:
    del guia["outrasDespesas"]
    if len(guia["procedimentosExecutados"]["procedimentoExecutado"]) != PROCEDIMENTOS:
        raise ValueError("a guia inventada não tem os procedimentos que se medem")
    soma = guia["valorTotal"]["valorProcedimentos"]
    guia["valorTotal"] = {"valorProcedimentos": soma, "valorTotalGeral": soma}
