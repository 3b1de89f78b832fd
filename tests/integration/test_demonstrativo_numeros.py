"""Os números dos demonstrativos, sobre análises e pagamentos inventados.

Cada exemplo é uma operadora nova; o que o web service e o arquivo dizem compara-se com o banco.
"""

from __future__ import annotations

import itertools
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from integration.cobranca import AGORA, ZERO, de_guia, de_item
from integration.demonstrativo import Balcao, lida
from integration.recepcao import EU, Q, abrir_mesa
from validador import validar_resposta

from dominio.analise import Glosa
from dominio.dinheiro import reais
from dominio.lote import TipoGuia
from dominio.pagamento import Desconto, Indicador, Nivel, TipoLancamento
from dominio.versoes import VERSOES
from handlers import pagamento
from handlers.demonstrativo import PedidoDeAnalise, PedidoDePagamento, Tipo, em_arquivo, mes
from handlers.pagamento import Alvo
from persistence import pagamentos, partes_pagas
from prestador.retorno import ler_demonstrativos

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lxml import etree

    from handlers.demonstrativo import Pedido
    from persistence.banco import Banco
    from prestador.demonstrativos import AnaliseDeConta, RetornoDeDemonstrativo

_contador = itertools.count(1)
_ITENS = st.lists(st.tuples(st.integers(1, 99_999), st.integers(0, 100)), min_size=1, max_size=3)
_LOTES = st.lists(
    st.tuples(
        st.booleans(),
        st.lists(_ITENS, min_size=1, max_size=3),
        st.integers(0, 3),
        st.integers(0, 2),
    ),
    min_size=1,
    max_size=3,
)
_COMUNS: dict[str, Any] = {
    "deadline": None,
    "derandomize": True,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large],
}


def _soma(valores: Iterable[Decimal]) -> Decimal:
    return sum(valores, ZERO)


class _Exemplo:
    """Lotes médicos e odontológicos, com glosas nos três níveis, pagos em até três dias."""

    def __init__(self, banco: Banco, lotes: Any, versao: str) -> None:
        n = next(_contador)
        self.registro = f"{n:06d}"
        self.balcao = Balcao(abrir_mesa(banco, operadora={"registro_ans": self.registro}))
        self.balcao.casa.prefixo = f"d{n}-"
        self.balcao.todos_os_itens()
        self.versao = versao
        self.numeros = [self._lote(*lote) for lote in lotes]
        self._pagar()

    def _lote(self, odonto: bool, guias: Any, da_guia: int, do_protocolo: int) -> int:
        casa = self.balcao.casa
        numero = casa.lote(
            *[[f"{reais(valor)}" for valor, _ in itens] for itens in guias],
            tipo=TipoGuia.ODONTO if odonto else TipoGuia.SADT,
        )
        resultados = []
        for posicao, itens in enumerate(guias, 1):
            linhas = []
            for n, (valor, porcento) in enumerate(itens, 1):
                cortado = reais(valor * porcento // 100)
                partes = (Glosa("1705", cortado),) if cortado else ()
                linhas.append(de_item(n, f"{reais(valor)}", *partes))
            sobra = _soma(i.liberado for i in linhas)
            proprias = (Glosa("1706", reais(da_guia)),) if 0 < reais(da_guia) <= sobra else ()
            resultados.append(de_guia(posicao, *linhas, glosas=proprias))
        restante = _soma(i.liberado for r in resultados for i in r.itens) - _soma(
            g.valor for r in resultados for g in r.glosas
        )
        do_nivel = reais(do_protocolo)
        glosas = (Glosa("1714", do_nivel),) if 0 < do_nivel < restante else ()
        casa.registrar(numero, *resultados, glosas=glosas)
        casa.finalizar(numero)
        return numero

    def _pagar(self) -> None:
        casa = self.balcao.casa
        for n, numero in enumerate(self.numeros):
            if casa.protocolo(numero).liberado <= 0:
                continue
            casa.liberar(numero)
            if n % 3 == 2:
                continue
            descontos = (
                Desconto(
                    Indicador.DEBITO if n else Indicador.CREDITO,
                    TipoLancamento.AJUSTE_ANTERIOR,
                    "Ajuste",
                    reais(1),
                    Nivel.DEMONSTRATIVO if n % 2 else Nivel.DATA,
                ),
            )
            feito = casa.pago(Alvo(numero), data=date(2026, 3, 10 + n), descontos=descontos)
            if n % 2:
                casa.estornar(feito)

    def analises(self) -> RetornoDeDemonstrativo:
        """O que o web service diz das análises, igual ao que diz o arquivo."""
        por_soap = self.balcao.analise(
            *self.numeros, versao=self.versao, registro_ans=self.registro
        )
        pedido = PedidoDeAnalise(EU.identificacao, tuple(str(n) for n in self.numeros))
        assert self._arquivo(pedido) == por_soap
        return por_soap

    def pagamento(self, tipo: Tipo) -> tuple[RetornoDeDemonstrativo, etree._Element] | None:
        """O mesmo dos pagamentos de março; nada, se não há."""
        resposta = self.balcao.resposta_pagamento(
            "202603", tipo=tipo.value, versao=self.versao, registro_ans=self.registro
        )
        por_soap = lida(resposta)
        if por_soap.erro is not None:
            assert por_soap.erro.codigo == "5016"
            return None
        pedido = PedidoDePagamento(EU.identificacao, tipo, *mes("202603"))
        assert self._arquivo(pedido) == por_soap
        return por_soap, resposta.raiz

    def _arquivo(self, pedido: Pedido) -> RetornoDeDemonstrativo:
        m = self.balcao.mesa
        dados = em_arquivo(
            m.banco, m.operadora, m.prestador, pedido, agora=AGORA, versao=self.versao
        )
        raiz = validar_resposta(dados, self.versao)
        [corpo] = raiz.iterfind(f"{Q}operadoraParaPrestador/*")
        return ler_demonstrativos(corpo)


def _conferir_analise(exemplo: _Exemplo, analise: AnaliseDeConta) -> None:
    casa = exemplo.balcao.casa
    numero = int(analise.protocolo)
    protocolo, guias, itens = casa.protocolo(numero), casa.guias(numero), casa.itens(numero)
    for dito, guardado in (
        (analise.valores, protocolo),
        *zip((g.valores for g in analise.guias), guias, strict=True),
    ):
        assert (dito.informado, dito.processado, dito.liberado, dito.glosa) == (
            guardado.informado, guardado.processado, guardado.liberado, guardado.glosa,
        )  # fmt: skip
    assert analise.geral == analise.valores
    assert analise.situacao == int(protocolo.status.em(exemplo.versao))
    for dita, guia in zip(analise.guias, guias, strict=True):
        dela = [i for i in itens if i.guia_posicao == guia.posicao]
        assert [
            (i.valores.informado, i.valores.processado, i.valores.liberado, i.valores.glosa)
            for i in dita.itens
        ] == [(i.item.valor_total, i.processado, i.liberado, i.glosa) for i in dela]
        assert dita.valores.processado == _soma(i.valores.processado for i in dita.itens)
    assert analise.valores.informado == _soma(g.valores.informado for g in analise.guias)
    assert analise.valores.processado == _soma(g.valores.processado for g in analise.guias)


def _conferir_pagamentos(exemplo: _Exemplo) -> None:
    """Os dois tipos juntos são o que o banco diz que se pagou e se descontou."""
    m = exemplo.balcao.mesa
    lidos = [p for tipo in (Tipo.PAGAMENTO, Tipo.ODONTO) if (p := exemplo.pagamento(tipo))]
    liberado = liquido = ZERO
    for retorno, raiz in lidos:
        d = retorno.pagamento
        assert d is not None
        assert d.liquido == d.bruto - d.debitos + d.creditos
        for p in d.pagamentos:
            assert p.liquido == p.bruto - p.debitos + p.creditos
            assert p.bruto == _soma(valor for _, valor in p.protocolos)
        assert d.bruto == _soma(p.bruto for p in d.pagamentos)
        for relacao in raiz.iter(Q + "relacaoProtocolos"):
            guias = relacao.findall(f"{Q}guiasDoLote")
            for nome in ("valorProcessado", "valorLiberado", "valorGlosa") if guias else ():
                das_guias = _soma(Decimal(g.findtext(f"{Q}{nome}Guia") or "") for g in guias)
                assert das_guias == Decimal(relacao.findtext(Q + nome) or "")
        liberado += d.bruto
        liquido += d.liquido
    with m.banco.leitura() as conn:
        feitos = pagamentos.do_periodo(conn, m.operadora.id, m.prestador.id, *mes("202603"))
        partes = [p for feito in feitos for p in partes_pagas.do_pagamento(conn, feito.id)]
        do_banco = [pagamento.ler(conn, m.operadora.id, feito.id) for feito in feitos]
    assert liberado == _soma(p.valores.liberado for p in partes)
    assert liquido == _soma(f.liquido.liquido for f in do_banco)


def _conferir(banco: Banco, lotes: Any, versao: str) -> None:
    exemplo = _Exemplo(banco, lotes, versao)
    for analise in exemplo.analises().analises:
        _conferir_analise(exemplo, analise)
    _conferir_pagamentos(exemplo)


@settings(max_examples=40, **_COMUNS)
@given(lotes=_LOTES, versao=st.sampled_from(VERSOES))
def test_numeros_do_web_service_e_do_arquivo_sao_os_do_banco(
    no_sqlite: Banco, lotes: Any, versao: str
) -> None:
    """Em cada nível, de item a líquido, o que se demonstra é o que está gravado, ao centavo."""
    _conferir(no_sqlite, lotes, versao)


@settings(max_examples=8, **_COMUNS)
@given(lotes=_LOTES, versao=st.sampled_from(VERSOES))
def test_numeros_do_web_service_e_do_arquivo_sao_os_do_postgresql(
    no_postgres: Banco, lotes: Any, versao: str
) -> None:
    """O mesmo no outro banco."""
    _conferir(no_postgres, lotes, versao)
