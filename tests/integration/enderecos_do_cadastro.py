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
    ("POST", "/beneficiarios/busca"): Escopo.CONTEUDO,
}
"""Método e caminho, como o OpenAPI o escreve, e o escopo."""
