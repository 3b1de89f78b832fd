"""Pedir demonstrativos à recepção, de lotes que a operadora analisou e pagou."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from integration.cobranca import HOJE, Cobranca
from integration.exemplos import Cadastro
from integration.recepcao import EM_VIGOR, EU, REGISTRO, Mesa, pronta

from dominio.transacoes import POR_SERVICO
from persistence import demonstrativos
from prestador import mensagem_xml
from prestador.cabecalho import cabecalho
from prestador.demonstrativos import (
    PAGAMENTO,
    RetornoDeDemonstrativo,
    corpo_analise,
    corpo_pagamento,
)
from prestador.retorno import ler_demonstrativos

if TYPE_CHECKING:
    from datetime import date

    from integration.recepcao import Resposta
    from lxml import etree

    from prestador.valores import Corpo, Identificado

TRANSACAO = POR_SERVICO["tissSolicitacaoDemonstrativoRetorno"]


@dataclass(frozen=True)
class Balcao:
    """Uma mesa de recepção com a cobrança da mesma operadora."""

    mesa: Mesa

    @cached_property
    def casa(self) -> Cobranca:
        """O lado da operadora."""
        return Cobranca(self.mesa.banco, Cadastro(self.mesa.operadora, self.mesa.prestador))

    def todos_os_itens(self) -> None:
        """Deixa o prestador ver também os itens sem glosa."""
        with self.mesa.banco.escrita() as conn:
            demonstrativos.mostrar_todos(
                conn, self.mesa.operadora.id, self.mesa.prestador.id, todos=True
            )

    def pedir(
        self, corpo: Corpo, *, versao: str = EM_VIGOR, quem: Identificado = EU, **opcoes: Any
    ) -> Resposta:
        """Envia um pedido."""
        dados = pronta(mensagem(corpo, versao=versao, quem=quem, **opcoes))
        return self.mesa.enviar(dados, versao=versao, servico=TRANSACAO.servico)

    def analise(
        self, *numeros: int | str, versao: str = EM_VIGOR, quem: Identificado = EU, **opcoes: Any
    ) -> RetornoDeDemonstrativo:
        """Pede a análise de protocolos."""
        return lida(self.resposta_analise(*numeros, versao=versao, quem=quem, **opcoes))

    def resposta_analise(
        self, *numeros: int | str, versao: str = EM_VIGOR, quem: Identificado = EU, **opcoes: Any
    ) -> Resposta:
        """Pede a análise de protocolos e dá a resposta inteira."""
        corpo = corpo_analise(versao, quem, [str(n) for n in numeros], HOJE)
        return self.pedir(corpo, versao=versao, quem=quem, **opcoes)

    def pagamento(
        self,
        periodo: date | str,
        *,
        tipo: str = PAGAMENTO,
        versao: str = EM_VIGOR,
        quem: Identificado = EU,
        **opcoes: Any,
    ) -> RetornoDeDemonstrativo:
        """Pede o pagamento de um dia ou competência."""
        return lida(self.resposta_pagamento(periodo, tipo=tipo, versao=versao, quem=quem, **opcoes))

    def resposta_pagamento(
        self,
        periodo: date | str,
        *,
        tipo: str = PAGAMENTO,
        versao: str = EM_VIGOR,
        quem: Identificado = EU,
        **opcoes: Any,
    ) -> Resposta:
        """Pede o pagamento e dá a resposta inteira."""
        corpo = corpo_pagamento(versao, quem, periodo, HOJE, tipo=tipo)
        return self.pedir(corpo, versao=versao, quem=quem, **opcoes)


def lida(resposta: Resposta) -> RetornoDeDemonstrativo:
    """O que a resposta diz; uma falha não é resposta."""
    assert not resposta.resultado.falha, resposta.texto
    return ler_demonstrativos(resposta.raiz[1])


def mensagem(
    corpo: Corpo,
    *,
    versao: str = EM_VIGOR,
    quem: Identificado = EU,
    sequencial: str = "1",
    registro_ans: str = REGISTRO,
) -> etree._Element:
    """Uma ``solicitacaoDemonstrativoRetornoWS`` selada."""
    topo = cabecalho(TRANSACAO.tipo_pedido, versao, quem, registro_ans, sequencial=sequencial)
    return mensagem_xml.mensagem_ws(TRANSACAO, topo, corpo)
