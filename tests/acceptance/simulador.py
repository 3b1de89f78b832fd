"""Um ``tiss-gateway simulate`` de verdade, como processo, para os testes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Self

from acceptance import viveiro

from gateway.simulador.cenarios import CABECALHO
from prestador.cliente import Cliente
from prestador.valores import Identificado, identificado

if TYPE_CHECKING:
    from pathlib import Path

REGISTRO = "999999"
CNPJ = "11222333000181"
HOSPITAL: Identificado = identificado("cnpj", CNPJ)
_ESPERA = 60.0


class Simulador:
    """Um ``tiss-gateway simulate`` numa porta livre, parado ao sair do ``with``."""

    def __init__(self, pasta: Path, *opcoes: str) -> None:
        self._registro = pasta / "registro"
        self._registro.parent.mkdir(exist_ok=True)
        limpo = {k: v for k, v in os.environ.items() if not k.startswith("TISS_GATEWAY_")}
        self.trabalho = pasta / "trabalho"
        self.trabalho.mkdir()
        with self._registro.open("wb") as saida:
            self.processo = viveiro.abrir(
                ["simulate", "--port", "0", *opcoes],
                env=limpo | {"TMPDIR": str(self.trabalho)}, cwd=self.trabalho, stdout=saida,
            )  # fmt: skip
        self.base = self._esperar()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_erro: object) -> None:
        self.parar(signal.SIGTERM)

    def _esperar(self) -> str:
        fim = time.monotonic() + _ESPERA
        while time.monotonic() < fim:
            linhas = self._registro.read_text("utf-8").splitlines()
            assert self.processo.poll() is None, linhas
            eventos = [json.loads(linha) for linha in linhas if linha.endswith("}")]
            if any(e["event"] == "processo pronto" for e in eventos):
                return str(next(e["endereco"] for e in eventos if e["event"] == "escutando"))
            time.sleep(0.05)
        self.processo.kill()
        raise AssertionError("o simulador não subiu")

    def parar(self, sinal: signal.Signals) -> int:
        if self.processo.poll() is None:
            self.processo.send_signal(sinal)
        try:
            return self.processo.wait(40)
        except subprocess.TimeoutExpired:
            self.processo.kill()
            raise

    def cliente(
        self, versao: str, cenario: str | None = None, quem: Identificado = HOSPITAL, **mais: str
    ) -> Cliente:
        cliente = Cliente(self.base, versao, REGISTRO, quem, **mais)  # type: ignore[arg-type]
        if cenario is not None:
            cliente._transporte.session.headers[CABECALHO] = cenario
        return cliente

    def postar(
        self, corpo: bytes, versao: str, servico: str = "tissLoteGuias", **cabecalhos: str
    ) -> tuple[int, bytes]:
        pedido = urllib.request.Request(
            f"{self.base}/tiss/{versao}/{servico}",
            corpo,
            {"Content-Type": "text/xml; charset=utf-8", **cabecalhos},
        )
        try:
            with urllib.request.urlopen(pedido, timeout=30) as r:
                return r.status, r.read()
        except urllib.error.HTTPError as erro:
            with erro:
                return erro.code, erro.read()
