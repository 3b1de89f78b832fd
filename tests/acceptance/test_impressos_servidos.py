"""Impressos pelo servidor de verdade, nos dois bancos."""

from __future__ import annotations

import http.client
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from acceptance.mensagens import envelopado, lote
from acceptance.numeros import novo_lote
from impressos_lidos import paginas, textos_do_html
from validador import validar_resposta

from dominio.competencia import agora
from persistence import tokens
from persistence.tokens import Escopo

if TYPE_CHECKING:
    from acceptance.servidor import Servidor


@pytest.mark.parametrize("impresso", ["capa", "relatorio"])
def test_capa_e_relatorio_de_um_lote_que_acaba_de_chegar(gateway: Servidor, impresso: str) -> None:
    """Recebido por SOAP, o lote já tem a sua capa e o seu relatório, em página e em papel."""
    raiz = validar_resposta(gateway.postar(envelopado(lote(numero=novo_lote()))).corpo, "4.03.00")
    numero = next(raiz.iter("{*}numeroProtocolo")).text or ""
    with gateway.banco.escrita() as conn:
        token = tokens.criar(
            conn, gateway.operadora.id, nome="teste", escopos=(Escopo.LEITURA,), agora=agora(),
            validade=timedelta(hours=1), por_minuto=1000,
        ).texto  # fmt: skip
    conexao = http.client.HTTPConnection("127.0.0.1", gateway.porta, timeout=60)
    lidos = {}
    try:
        for tipo in ("application/pdf", "text/html"):
            conexao.request(
                "GET", f"/api/v1/protocolos/{numero}/{impresso}",
                headers={"Authorization": f"Bearer {token}", "Accept": tipo},
            )  # fmt: skip
            resposta = conexao.getresponse()
            assert resposta.status == 200
            assert (resposta.getheader("content-type") or "").startswith(tipo)
            lidos[tipo] = resposta.read()
    finally:
        conexao.close()
    no_papel = [texto for p in paginas(lidos["application/pdf"]) for texto in p.textos]
    assert no_papel[-1] == "Pág. 1/1"
    for textos in (no_papel, textos_do_html(lidos["text/html"])):
        assert textos[textos.index("Número do protocolo") + 1] == numero
