"""Endereços: os próprios, os que se encontram em campo, a página, a saúde e as métricas."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from acceptance.mensagens import envelopado, lote
from validador import validar_resposta

from dominio.transacoes import TRANSACOES
from dominio.versoes import VERSOES

if TYPE_CHECKING:
    from acceptance.servidor import Servidor

_XML = {"Content-Type": "text/xml"}


@pytest.mark.parametrize(
    "caminho",
    [
        "/tiss/4.03.00/tissLoteGuias",
        "/tiss/4.03.00/tissLoteGuias/",
        "/tiss/tissLoteGuias",
        "/tissLoteGuiasV4_03_00",
        "/tissLoteGuiasV4_03_00.svc",
        "/tissLoteGuiasV4_03_00.asmx",
        "/tiss/4.03.00/tissLoteGuias.svc",
    ],
)
def test_o_mesmo_servico_em_cada_nome(gateway: Servidor, caminho: str) -> None:
    """Cada forma de endereço do serviço recebe o lote."""
    resposta = gateway.postar_em(caminho, envelopado(lote()), _XML)
    assert resposta.status == 200
    raiz = validar_resposta(resposta.corpo, "4.03.00")
    assert raiz.find(".//{*}numeroProtocolo") is not None


@pytest.mark.parametrize("acao", ['""', "", '"urn:qualquer"', "http://inventado/acao"])
def test_soapaction_nao_importa(gateway: Servidor, acao: str) -> None:
    """SOAPAction vazio, com aspas ou inventado é aceito."""
    resposta = gateway.postar(envelopado(lote()), SOAPAction=acao)
    assert resposta.status == 200


def test_pagina_publica_lista_servicos_versoes_e_operadoras(gateway: Servidor) -> None:
    """A página inicial, em português, tem todos os serviços e ligações de WSDL que existem."""
    for caminho in ("/", "/tiss/"):
        pagina = gateway.pegar(caminho)
        texto = pagina.corpo.decode()
        assert pagina.status == 200
        assert 'lang="pt-BR"' in texto
        assert "999999: Operadora Exemplo" in texto
        assert all(t.servico in texto for t in TRANSACOES)
    ligacoes = re.findall(r'href="([^"]+\?wsdl)"', texto)
    assert len(ligacoes) == sum(t.utilizavel_em(v) for t in TRANSACOES for v in VERSOES)
    assert gateway.pegar(ligacoes[0].removeprefix(gateway.base)).status == 200


def test_saude_e_prontidao(gateway: Servidor) -> None:
    """Com o banco de pé e em dia, vivo e pronto respondem 200."""
    assert gateway.pegar("/health/live").status == 200
    assert gateway.pegar("/health/ready").status == 200


def _contador(gateway: Servidor) -> float:
    texto = gateway.pegar("/metrics").corpo.decode()
    return sum(
        float(linha.rpartition(" ")[2])
        for linha in texto.splitlines()
        if linha.startswith("tiss_mensagens_total{") and 'desfecho="respondida"' in linha
    )


def test_metricas_somam_todos_os_processos(gateway: Servidor) -> None:
    """Vinte mensagens contam vinte, qualquer que seja o processo que responda."""
    antes = _contador(gateway)
    for _ in range(20):
        assert gateway.postar(envelopado(lote())).status == 200
    assert _contador(gateway) - antes == 20


def test_resposta_traz_a_correlacao_do_registro(gateway: Servidor) -> None:
    """O cabeçalho de correlação é o da linha de registro e o da mensagem arquivada."""
    resposta = gateway.postar(envelopado(lote()))
    correlacao = resposta.cabecalhos["x-correlation-id"]
    linhas = [x for x in gateway.linhas_do_registro() if x.get("correlacao") == correlacao]
    assert [x["event"] for x in linhas] == ["mensagem"]
    assert linhas[0]["desfecho"] == "respondida"


def test_arquivo_de_esquema_que_nao_existe_e_404(gateway: Servidor) -> None:
    """Só arquivos do padrão são servidos."""
    base = "/tiss/4.03.00/tissLoteGuias?xsd="
    assert gateway.pegar(base + "tissWebServicesV4_03_00.xsd").status == 200
    for nome in ("../../pyproject.toml", "%2e%2e/x", "nada.xsd", "/etc/passwd"):
        assert gateway.pegar(base + nome).status == 404


def test_metodo_que_nao_existe_e_405(gateway: Servidor) -> None:
    """PUT num serviço responde 405 com os métodos que há."""
    resposta = gateway.cru(
        b"PUT /tiss/4.03.00/tissLoteGuias HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
        espera=3,
    )
    assert resposta.startswith(b"HTTP/1.1 405")
    assert b"allow: GET, HEAD, POST" in resposta
