"""Os endereços da API que falam de recursos de glosa, cada um com o escopo que exige."""

from __future__ import annotations

from persistence.tokens import Escopo

DE_RECURSO = {
    ("GET", "/recursos"): Escopo.LEITURA,
    ("GET", "/recursos/{numero}"): Escopo.LEITURA,
    ("GET", "/recursos/{numero}/resposta"): Escopo.LEITURA,
    ("POST", "/recursos/{numero}/analise"): Escopo.ANALISE,
    ("POST", "/recursos/{numero}/decisoes"): Escopo.ANALISE,
    ("POST", "/recursos/{numero}/finalizacao"): Escopo.ANALISE,
    ("POST", "/recursos/{numero}/reabertura"): Escopo.ANALISE,
    ("GET", "/recursaveis"): Escopo.LEITURA,
    ("GET", "/recursaveis/{numero}"): Escopo.LEITURA,
    ("POST", "/recursos/{numero}/documentos"): Escopo.ANALISE,
    ("GET", "/rascunhos-de-recurso"): Escopo.LEITURA,
    ("POST", "/rascunhos-de-recurso"): Escopo.ANALISE,
    ("GET", "/rascunhos-de-recurso/{rascunho}"): Escopo.LEITURA,
    ("PUT", "/rascunhos-de-recurso/{rascunho}"): Escopo.ANALISE,
    ("DELETE", "/rascunhos-de-recurso/{rascunho}"): Escopo.ANALISE,
    ("POST", "/rascunhos-de-recurso/{rascunho}/envio"): Escopo.ANALISE,
    ("POST", "/rascunhos-de-recurso/{rascunho}/anexos"): Escopo.ANALISE,
    ("GET", "/rascunhos-de-recurso/{rascunho}/anexos/{anexo}"): Escopo.CONTEUDO,
    ("DELETE", "/rascunhos-de-recurso/{rascunho}/anexos/{anexo}"): Escopo.ANALISE,
    ("GET", "/politica-de-anexos"): Escopo.LEITURA,
    ("PUT", "/politica-de-anexos"): Escopo.ADMIN,
    ("POST", "/importacoes/recursos"): Escopo.ANALISE,
}
"""Método e caminho, como o OpenAPI o escreve, e o escopo."""
