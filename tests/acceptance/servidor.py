"""Um gateway de verdade, como processo, para os testes de aceitação."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.error import HTTPError, URLError

from acceptance import viveiro
from integration import banco_de_teste
from sqlalchemy.engine import make_url

from handlers.credenciais import verificador
from persistence import operadoras, prestadores
from persistence.banco import Banco
from persistence.cifra import Cifra
from persistence.esquema import atualizar
from prestador.cliente import Cliente
from prestador.valores import Identificado, identificado

if TYPE_CHECKING:
    from persistence.operadoras import Operadora
    from persistence.prestadores import Prestador

REGISTRO = "999999"
CODIGO = "013950"
CNPJ = "11222333000181"
LOGIN = "hospital"
SENHA = "Exemplo#2026"
HOSPITAL: Identificado = identificado("cnpj", CNPJ, codigo=CODIGO, nome="Hospital São Lázaro")
_ESPERA = 60.0


class Resposta(NamedTuple):
    """Uma resposta HTTP inteira."""

    status: int
    cabecalhos: dict[str, str]
    corpo: bytes


class Servidor:
    """``tiss-gateway serve`` num processo, com banco próprio e um prestador cadastrado.

    Args:
        url: banco já vazio; o esquema é criado aqui.
        pasta: onde ficam o registro e o que mais o processo escrever.
        ambiente: variáveis a mais.
    """

    def __init__(self, url: str, pasta: Path, **ambiente: str) -> None:
        self.url = url
        self.pasta = pasta
        self.registro = pasta / "gateway.log"
        self.porta = _porta_livre()
        endereco = make_url(url)
        arquivo = Path(endereco.database or "")
        if endereco.get_backend_name() == "sqlite" and not arquivo.exists():
            shutil.copy(banco_de_teste.sqlite_migrado(), arquivo)
        # as chaves são as que o processo cria na sua pasta
        self.banco = Banco.abrir(url, cifra=Cifra(pasta / "chaves" / "arquivo.chaves"))
        atualizar(self.banco)
        self.operadora, self.prestador = self._cadastrar()
        limpo = {k: v for k, v in os.environ.items() if not k.startswith("TISS_GATEWAY_")}
        self._ambiente = limpo | {
            "TISS_GATEWAY_DATABASE__URL": url,
            "TISS_GATEWAY_SERVER__PORT": str(self.porta),
            **ambiente,
        }
        self.processo: viveiro.Processo | subprocess.Popen[bytes] | None = None

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.porta}"

    def _cadastrar(self) -> tuple[Operadora, Prestador]:
        with self.banco.escrita() as conn:
            operadora = operadoras.adicionar(
                conn, registro_ans=REGISTRO, cnpj="45123987000170", nome="Operadora Exemplo"
            )
            prestador = prestadores.adicionar(
                conn, operadora.id, codigo=CODIGO, cnpj=CNPJ, nome="Hospital São Lázaro",
                cnes="7654321",
            )  # fmt: skip
            prestadores.adicionar_credencial(conn, prestador, LOGIN, verificador(SENHA))
        return operadora, prestador

    def iniciar(self, *opcoes: str) -> Servidor:
        with self.registro.open("ab") as saida:
            self.processo = viveiro.abrir(
                ["serve", *opcoes], env=self._ambiente, cwd=self.pasta, stdout=saida
            )
        fim = time.monotonic() + _ESPERA
        while time.monotonic() < fim:
            assert self.processo.poll() is None, self.registro.read_text("utf-8", "replace")
            try:
                if self.pegar("/health/live").status == 200:
                    return self
            except (URLError, ConnectionError, TimeoutError):
                time.sleep(0.05)
        raise AssertionError("o gateway não subiu")

    def parar(self) -> int:
        """Para com SIGTERM, como um serviço do sistema faria; devolve o código de saída."""
        assert self.processo is not None
        if self.processo.poll() is None:
            self.processo.send_signal(signal.SIGTERM)
        try:
            return self.processo.wait(timeout=40)
        except subprocess.TimeoutExpired:
            self.processo.kill()
            self.processo.wait()
            raise

    def encerrar(self) -> None:
        if self.processo is not None and self.processo.poll() is None:
            self.parar()
        self.banco.fechar()

    def cliente(self, versao: str, **opcoes: Any) -> Cliente:
        credenciais = {"login": LOGIN, "senha": SENHA} | opcoes
        return Cliente(self.base, versao, REGISTRO, HOSPITAL, **credenciais)

    def pegar(self, caminho: str) -> Resposta:
        try:
            with urllib.request.urlopen(self.base + caminho, timeout=30) as r:
                return Resposta(r.status, {k.lower(): v for k, v in r.headers.items()}, r.read())
        except HTTPError as erro:
            with erro:
                cabecalhos = {k.lower(): v for k, v in erro.headers.items()}
                return Resposta(erro.code, cabecalhos, erro.read())

    def postar(
        self,
        corpo: bytes,
        versao: str = "4.03.00",
        servico: str = "tissLoteGuias",
        **cabecalhos: str,
    ) -> Resposta:
        nomes = {"Content-Type": "text/xml; charset=utf-8"} | {
            k.replace("_", "-"): v for k, v in cabecalhos.items()
        }
        return self.postar_em(f"/tiss/{versao}/{servico}", corpo, nomes)

    def postar_em(self, caminho: str, corpo: bytes, cabecalhos: dict[str, str]) -> Resposta:
        conexao = http.client.HTTPConnection("127.0.0.1", self.porta, timeout=60)
        try:
            conexao.request("POST", caminho, body=corpo, headers=cabecalhos)
            r = conexao.getresponse()
            return Resposta(r.status, {k.lower(): v for k, v in r.getheaders()}, r.read())
        finally:
            conexao.close()

    def cru(self, dados: bytes, *, espera: float = 30.0, meia: bool = False) -> bytes:
        """Escreve bytes num soquete e lê até o servidor fechar ou calar.

        Args:
            dados: o que escrever.
            espera: segundos de silêncio que encerram a leitura.
            meia: fecha o lado da escrita depois de escrever.
        """
        with socket.create_connection(("127.0.0.1", self.porta), timeout=espera) as s:
            s.sendall(dados)
            if meia:
                s.shutdown(socket.SHUT_WR)
            partes = []
            try:
                while parte := s.recv(65536):
                    partes.append(parte)
            except (TimeoutError, ConnectionResetError):
                pass
            return b"".join(partes)

    def linhas_do_registro(self) -> list[dict[str, Any]]:
        texto = self.registro.read_text("utf-8")
        return [json.loads(linha) for linha in texto.splitlines() if linha.startswith("{")]


def _porta_livre() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])
