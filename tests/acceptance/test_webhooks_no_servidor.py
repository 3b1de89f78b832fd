"""Um webhook pelo servidor de verdade: pedido pela API, avisado do que entra por SOAP."""

from __future__ import annotations

import http.client
import json
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from acceptance.mensagens import envelopado, lote
from acceptance.numeros import novo_lote
from integration.avisos import Receptor

from dominio.competencia import agora
from persistence import tokens
from persistence.tokens import Escopo

if TYPE_CHECKING:
    from collections.abc import Callable

    from acceptance.servidor import Servidor

_ESPERA = 60.0


@pytest.fixture(params=["sqlite", "postgresql"])
def gateway(request: pytest.FixtureRequest, novo_servidor: Callable[..., Servidor]) -> Servidor:
    """Um gateway que pode avisar esta máquina, em cada um dos dois bancos."""
    url = None
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres").nova_base()
    listada = {
        "TISS_GATEWAY_WEBHOOKS__ALLOW_NETWORKS": '["127.0.0.0/8"]',
        "TISS_GATEWAY_WEBHOOKS__POLL_SECONDS": "1",
    }
    return novo_servidor(url, **listada).iniciar()


def _pedir(gateway: Servidor, metodo: str, caminho: str, corpo: Any = None) -> Any:
    with gateway.banco.escrita() as conn:
        texto = tokens.criar(
            conn, gateway.operadora.id, nome="teste", escopos=[Escopo.ADMIN], agora=agora(),
            validade=timedelta(hours=1),
        ).texto  # fmt: skip
    conexao = http.client.HTTPConnection("127.0.0.1", gateway.porta, timeout=60)
    nomes = {"Authorization": f"Bearer {texto}"}
    try:
        # sem corpo não vai Content-Length, como o curl faz
        conexao.putrequest(metodo, f"/api/v1{caminho}")
        conteudo = b"" if corpo is None else json.dumps(corpo).encode()
        if corpo is not None:
            nomes |= {"Content-Type": "application/json", "Content-Length": str(len(conteudo))}
        for nome, valor in nomes.items():
            conexao.putheader(nome, valor)
        conexao.endheaders(conteudo)
        resposta = conexao.getresponse()
        lido = json.loads(resposta.read())
        assert resposta.status == 200, lido
        return lido
    finally:
        conexao.close()


def test_lote_por_soap_chega_ao_sistema_da_operadora(gateway: Servidor) -> None:
    """Pedido o webhook pela API, o lote que entra é avisado, assinado, pelo processo que serve."""
    with Receptor() as receptor:
        criado = _pedir(gateway, "POST", "/webhooks", {"url": receptor.url})
        _pedir(gateway, "POST", f"/webhooks/{criado['id']}/teste")
        assert gateway.postar(envelopado(lote(numero=novo_lote()))).status == 200
        fim = time.monotonic() + _ESPERA
        while len(receptor.avisos) < 2:
            assert time.monotonic() < fim, "o aviso não chegou"
            time.sleep(0.1)
        assert [a.dados["evento"] for a in receptor.avisos] == [
            "webhook.teste", "protocolo.recebido",
        ]  # fmt: skip
        assert all(a.assinado_com(criado["segredo"]) for a in receptor.avisos)
    segredo = criado["segredo"]
    assert _pedir(gateway, "DELETE", f"/webhooks/{criado['id']}") == {"feito": True}
    assert segredo not in gateway.registro.read_text("utf-8")
