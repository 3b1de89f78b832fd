"""A API pelo servidor de verdade, nos dois bancos: entrada, documentos, situação, registro."""

from __future__ import annotations

import http.client
import json
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from acceptance.mensagens import envelopado, lote, status
from acceptance.numeros import novo_lote
from acceptance.servidor import Resposta, Servidor
from validador import validar_resposta

from dominio.competencia import agora
from dominio.transacoes import NS_TISS
from persistence import tokens
from persistence.tokens import Escopo

if TYPE_CHECKING:
    from collections.abc import Callable

_Q = f"{{{NS_TISS}}}"


def _token(gateway: Servidor, *escopos: Escopo) -> str:
    with gateway.banco.escrita() as conn:
        return tokens.criar(
            conn, gateway.operadora.id, nome="teste", escopos=escopos or tuple(Escopo),
            agora=agora(), validade=timedelta(hours=1), por_minuto=100_000,
        ).texto  # fmt: skip


def _pedir(
    gateway: Servidor,
    caminho: str,
    *,
    metodo: str = "GET",
    corpo: bytes | None = None,
    **cabecalhos: str,
) -> Resposta:
    conexao = http.client.HTTPConnection("127.0.0.1", gateway.porta, timeout=60)
    nomes = {k.replace("_", "-"): v for k, v in cabecalhos.items()}
    try:
        conexao.request(metodo, f"/api/v1{caminho}", body=corpo, headers=nomes)
        r = conexao.getresponse()
        return Resposta(r.status, {k.lower(): v for k, v in r.getheaders()}, r.read())
    finally:
        conexao.close()


def _lote(gateway: Servidor) -> str:
    """Envia um lote por SOAP e dá o seu protocolo."""
    resposta = gateway.postar(envelopado(lote(numero=novo_lote())))
    raiz = validar_resposta(resposta.corpo, "4.03.00")
    return next(raiz.iter(f"{_Q}numeroProtocolo")).text or ""


def _dados(resposta: Resposta) -> Any:
    assert resposta.status == 200, resposta.corpo.decode()
    return json.loads(resposta.corpo)


def test_lote_que_entra_por_soap_aparece_na_api(gateway: Servidor) -> None:
    """O protocolo dado ao prestador está na lista, inteiro no seu endereço, e vale o que vale."""
    protocolo = _lote(gateway)
    bearer = f"Bearer {_token(gateway)}"
    achados = _dados(_pedir(gateway, f"/protocolos?numero={protocolo}", Authorization=bearer))
    [linha] = achados["protocolos"]
    inteiro = _dados(_pedir(gateway, f"/protocolos/{protocolo}", Authorization=bearer))
    assert linha["numeroProtocolo"] == inteiro["numeroProtocolo"] == protocolo
    assert len(inteiro["guias"]) == linha["qtdGuias"]


def test_situacao_posta_pela_api_se_ve_na_consulta_soap(gateway: Servidor) -> None:
    """O que a operadora decide pela API é o que o prestador ouve ao perguntar."""
    protocolo = _lote(gateway)
    bearer = f"Bearer {_token(gateway, Escopo.LEITURA, Escopo.ANALISE)}"
    lido = _pedir(gateway, f"/protocolos/{protocolo}", Authorization=bearer)
    mudada = _pedir(
        gateway, f"/protocolos/{protocolo}/situacao", metodo="POST", Authorization=bearer,
        If_Match=lido.cabecalhos["etag"], Content_Type="application/json",
        corpo=json.dumps({"para": 2, "motivo": "auditoria médica"}).encode(),
    )  # fmt: skip
    assert mudada.status == 200, mudada.corpo.decode()
    perguntada = gateway.postar(
        envelopado(status(protocolo)), servico="tissSolicitacaoStatusProtocolo"
    )
    raiz = validar_resposta(perguntada.corpo, "4.03.00")
    assert next(raiz.iter(f"{_Q}statusProtocolo")).text == "2"


def test_mensagem_pela_api_nao_traz_a_senha(gateway: Servidor) -> None:
    """Os bytes do pedido vêm com a senha do prestador escondida."""
    protocolo = _lote(gateway)
    bearer = f"Bearer {_token(gateway, Escopo.CONTEUDO)}"
    lida = _pedir(gateway, f"/protocolos/{protocolo}/mensagem", Authorization=bearer)
    assert lida.status == 200
    assert b"senhaPrestador>***</" in lida.corpo


@pytest.mark.parametrize("em_pedacos", [False, True])
def test_grande_demais_ainda_a_enviar_recebe_o_413(gateway: Servidor, em_pedacos: bool) -> None:
    """Quem manda o corpo todo antes de ler recebe o problema, e não um corte da conexão."""
    bearer = f"Bearer {_token(gateway, Escopo.ANALISE)}"
    conexao = http.client.HTTPConnection("127.0.0.1", gateway.porta, timeout=60)
    grande = b" " * 20_000_000
    cabecalhos = {"Authorization": bearer, "Content-Type": "application/json"}
    try:
        conexao.request(
            "POST", "/api/v1/protocolos/10000001/situacao", headers=cabecalhos,
            body=iter([grande]) if em_pedacos else grande, encode_chunked=em_pedacos,
        )  # fmt: skip
        resposta = conexao.getresponse()
        assert resposta.status == 413
        assert resposta.getheader("content-type") == "application/problem+json"
        assert json.loads(resposta.read())["status"] == 413
    finally:
        conexao.close()


_SEM_TOKEN = {"/api/v1/mensagens", "/api/v1/usuarios/convites/aceite"}


def test_openapi_descreve_os_enderecos_e_o_token(gateway: Servidor) -> None:
    """O documento é OpenAPI 3, e só mensagens e o aceite de um convite dispensam o token."""
    documento = _dados(gateway.pegar("/api/v1/openapi.json"))
    assert documento["openapi"].startswith("3.")
    assert documento["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    for caminho, metodos in documento["paths"].items():
        assert caminho.startswith("/api/v1/")
        for operacao in metodos.values():
            assert ("security" in operacao) == (caminho not in _SEM_TOKEN)
            if "security" in operacao:
                [forma] = operacao["responses"]["422"]["content"]
                assert forma == "application/problem+json"


def test_pagina_de_documentos_nao_pede_nada_a_ninguem(gateway: Servidor) -> None:
    """A página é só texto: sem programas nem endereços de fora, e diz todos os da API."""
    pagina = gateway.pegar("/api/v1/docs")
    texto = pagina.corpo.decode()
    assert pagina.status == 200
    assert not re.search(r"<script|https?://|src=|@import|url\(", texto)
    assert pagina.cabecalhos["content-security-policy"].startswith("default-src 'none'")
    for caminho in _dados(gateway.pegar("/api/v1/openapi.json"))["paths"]:
        assert caminho in texto


@pytest.mark.parametrize("caminho", ["/redoc", "/docs/oauth2-redirect", "/protocolos/"])
def test_o_que_o_fastapi_traria_a_mais_nao_ha(gateway: Servidor, caminho: str) -> None:
    """Nem páginas de fora nem redirecionamentos para o Host de quem pede."""
    obtida = gateway.pegar(f"/api/v1{caminho}")
    assert obtida.status == 404
    assert obtida.cabecalhos["content-type"] == "application/problem+json"


def test_corpo_grande_num_endereco_sem_arquivos_e_413(gateway: Servidor) -> None:
    """Mais de um MiB de JSON não se lê: o tamanho anunciado basta para recusar."""
    resposta = gateway.cru(
        b"POST /api/v1/protocolos/1/situacao HTTP/1.1\r\nHost: x\r\n"
        b"Content-Type: application/json\r\nContent-Length: 1048577\r\n\r\n"
    )
    assert resposta.startswith(b"HTTP/1.1 413")
    assert b"application/problem+json" in resposta


def test_o_registro_nao_guarda_tokens_nem_pacientes(
    novo_servidor: Callable[..., Servidor],
) -> None:
    """Depois de ler um protocolo, nem o token nem as carteiras estão no registro."""
    servidor = novo_servidor().iniciar()
    protocolo = _lote(servidor)
    token = _token(servidor)
    lido = _dados(_pedir(servidor, f"/protocolos/{protocolo}", Authorization=f"Bearer {token}"))
    _pedir(servidor, "/protocolos", Authorization="Bearer tiss_errado")
    servidor.parar()
    registro = servidor.registro.read_text("utf-8")
    assert token.split("_", 2)[2] not in registro
    for guia in lido["guias"]:
        assert guia["beneficiario"]["carteira"] not in registro
