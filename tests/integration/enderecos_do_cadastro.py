"""Os endereços da API que administram, cada um com o escopo que exige."""

from __future__ import annotations

from persistence.tokens import Escopo

DO_CADASTRO = {
    **dict.fromkeys(
        (
            ("GET", "/operadora"),
            ("PATCH", "/operadora"),
            ("GET", "/prestadores"),
            ("POST", "/prestadores"),
            ("GET", "/prestadores/{codigo}"),
            ("PATCH", "/prestadores/{codigo}"),
            ("PUT", "/prestadores/{codigo}/envia-por/{executante}"),
            ("DELETE", "/prestadores/{codigo}/envia-por/{executante}"),
            ("GET", "/prestadores/{codigo}/credenciais"),
            ("POST", "/prestadores/{codigo}/credenciais"),
            ("DELETE", "/prestadores/{codigo}/credenciais/{login}"),
            ("GET", "/regras"),
            ("PUT", "/regras/{regra}"),
            ("PUT", "/beneficiarios"),
            ("POST", "/calendario"),
            ("POST", "/calendario/anos"),
            ("DELETE", "/calendario/{id}"),
            ("PATCH", "/cobranca"),
            ("PUT", "/precos"),
            ("PUT", "/retencoes"),
            ("PUT", "/analise/regras/{regra}"),
            ("GET", "/prestadores/{codigo}/demonstrativo"),
            ("PUT", "/prestadores/{codigo}/demonstrativo"),
            ("GET", "/usuarios"),
            ("POST", "/usuarios/convites"),
            ("PATCH", "/usuarios/{id}"),
            ("GET", "/webhooks"),
            ("POST", "/webhooks"),
            ("GET", "/webhooks/{id}"),
            ("PATCH", "/webhooks/{id}"),
            ("DELETE", "/webhooks/{id}"),
            ("POST", "/webhooks/{id}/segredo"),
            ("POST", "/webhooks/{id}/teste"),
            ("GET", "/webhooks/{id}/entregas"),
            ("POST", "/webhooks/{id}/entregas/{entrega}/reenvio"),
        ),
        Escopo.ADMIN,
    ),
    ("GET", "/calendario"): Escopo.LEITURA,
    ("PUT", "/protocolos/{numero}/guias/{guia}/numero-operadora"): Escopo.ANALISE,
    ("POST", "/relatorios/glosas"): Escopo.LEITURA,
    ("GET", "/relatorios/{id}"): Escopo.LEITURA,
    ("GET", "/relatorios/{id}/arquivo"): Escopo.LEITURA,
    ("GET", "/precos"): Escopo.LEITURA,
    ("GET", "/cobranca"): Escopo.LEITURA,
    ("GET", "/retencoes"): Escopo.LEITURA,
    ("GET", "/analise/regras"): Escopo.LEITURA,
    ("POST", "/beneficiarios/busca"): Escopo.CONTEUDO,
}
"""Método e caminho, como o OpenAPI o escreve, e o escopo."""
