"""Análise, pagamento e importações pelo servidor de verdade, nos dois bancos."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from acceptance.mensagens import envelopado, status
from acceptance.test_api import _Q, _dados, _lote, _pedir, _token
from validador import validar_resposta

from dominio.formatos_de_nota import MAIOR_ARQUIVO

if TYPE_CHECKING:
    from acceptance.servidor import Resposta, Servidor


class _Quem:
    """Quem pede, com um token de todos os escopos."""

    def __init__(self, gateway: Servidor) -> None:
        self._gateway = gateway
        self._bearer = f"Bearer {_token(gateway)}"

    def __call__(self, metodo: str, caminho: str, corpo: Any = None, **cabecalhos: str) -> Resposta:
        dados = corpo if isinstance(corpo, bytes) else json.dumps(corpo or {}).encode()
        nomes = {"Content_Type": "application/json", "If_Match": "*", **cabecalhos}
        if metodo == "GET":
            return _pedir(self._gateway, caminho, Authorization=self._bearer)
        return _pedir(
            self._gateway, caminho, metodo=metodo, corpo=dados, Authorization=self._bearer, **nomes
        )


def _situacao(gateway: Servidor, protocolo: str) -> str | None:
    resposta = gateway.postar(
        envelopado(status(protocolo)), servico="tissSolicitacaoStatusProtocolo"
    )
    raiz = validar_resposta(resposta.corpo, "4.03.00")
    return next(raiz.iter(f"{_Q}statusProtocolo")).text


def test_conta_vai_de_recebida_a_paga(gateway: Servidor) -> None:
    """O lote de um ERP analisa-se e paga-se por HTTP, com a nota fiscal num arquivo grande."""
    protocolo, quem = _lote(gateway), _Quem(gateway)
    caminho = f"/protocolos/{protocolo}"
    _dados(quem("POST", f"{caminho}/analise/finalizacao", {"completar": True}))
    assert _situacao(gateway, protocolo) == "5"
    _dados(quem("POST", f"{caminho}/liberacao"))
    pedido = {
        "prestador": _dados(quem("GET", caminho))["prestador"]["codigo"],
        "dataPrevista": "2026-03-31", "forma": "3", "protocolos": [{"protocolo": protocolo}],
    }  # fmt: skip
    pago = _dados(quem("POST", "/pagamentos", pedido, Idempotency_Key=f"p{protocolo}"))
    nota = {"numero": "1", "serie": "A", "valor": pago["brutos"]["liberado"],
            "emissao": "2026-03-20"}  # fmt: skip
    feita = _dados(quem("POST", f"/pagamentos/{pago['id']}/notas", nota))
    arquivo = b"%PDF-" + b"x" * (MAIOR_ARQUIVO - 5)
    no_arquivo = f"/notas/{feita['id']}/arquivo"
    _dados(quem("PUT", f"{no_arquivo}?nome=nota.pdf", arquivo))
    assert quem("GET", no_arquivo).corpo == arquivo
    _dados(quem("POST", f"/pagamentos/{pago['id']}/confirmacao", {"data": "2026-03-31"}))
    assert _situacao(gateway, protocolo) == "6"


def test_importacao_com_progresso_nao_prende_o_servidor(gateway: Servidor) -> None:
    """O arquivo maior do que um pedido comum responde em linhas, e o servidor segue de pé."""
    quem = _Quem(gateway)
    linhas = [{"protocolo": str(n), "guias": [], "observacao": "x" * 400} for n in range(1, 3001)]
    corpo = "\n".join(json.dumps(linha) for linha in linhas).encode()
    assert len(corpo) > 1_048_576
    resposta = quem(
        "POST", "/importacoes/analises?parcial=true", corpo, Accept="application/x-ndjson",
        Content_Type="application/x-ndjson",
    )  # fmt: skip
    lidas = [json.loads(linha) for linha in resposta.corpo.splitlines()]
    assert lidas[0] == {"lidos": 100}
    assert lidas[-1]["relatorio"]["lidos"] == 3000
    assert quem("GET", "/situacoes").status == 200
