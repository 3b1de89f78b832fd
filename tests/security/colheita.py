"""Tudo o que sai de um gateway de verdade, por porta, para depois se procurar nele."""

from __future__ import annotations

import contextlib
import http.client
import io
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from acceptance.servidor import Resposta
from security import canario
from sqlalchemy.engine import make_url
from validador import validar_resposta

from dominio.transacoes import POR_SERVICO
from dominio.versoes import VERSOES
from gateway.linha_de_comando import main

if TYPE_CHECKING:
    from collections.abc import Collection

    from acceptance.servidor import Servidor
    from lxml import etree
    from security.canario import Canario

NOVA = VERSOES[-1]
LOTE = POR_SERVICO["tissLoteGuias"]
TIPO = {"Content-Type": "text/xml; charset=utf-8"}


@dataclass
class Colheita:
    """Tudo o que saiu de um gateway.

    Attributes:
        servidor: o processo, ainda no ar.
        saidas: por porta, o nome do que se fez e os bytes que vieram.
        token: o que se usou na API.
        documento: o número do que se mandou.
        recusadas: quantos pedidos SOAP e em arquivo tiveram recusa.
    """

    servidor: Servidor
    saidas: dict[str, list[tuple[str, bytes]]] = field(default_factory=dict)
    token: str = ""
    documento: str = ""
    recusadas: int = 0

    @property
    def banco(self) -> str:
        """``sqlite`` ou ``postgresql``."""
        return make_url(self.servidor.url).get_backend_name()

    def guardar(self, porta: str, nome: str, *dados: bytes) -> None:
        """Junta o que saiu por uma porta."""
        self.saidas.setdefault(porta, []).append((nome, b"\0".join(dados)))

    def vistos(self, porta: str, canarios: Collection[Canario]) -> dict[str, str]:
        """Canário -> onde se viu primeiro, entre o que saiu por uma porta."""
        visto: dict[str, str] = {}
        for nome, dados in self.saidas[porta]:
            for achado in canario.achados(dados, canarios):
                visto.setdefault(achado, nome)
        return visto

    # --- mensagens ----------------------------------------------------------------------------

    def soap(
        self,
        nome: str,
        corpo: bytes,
        versao: str = NOVA,
        servico: str = LOTE.servico,
        **cabecalhos: str,
    ) -> etree._Element | None:
        """Manda um envelope e guarda o que se respondeu; a resposta passa pelo validador."""
        pedidos = TIPO | {k.replace("_", "-"): v for k, v in cabecalhos.items()}
        resposta = self.servidor.postar_em(f"/tiss/{versao}/{servico}", corpo, pedidos)
        recusa = resposta.status != 200 or b"mensagemErro" in resposta.corpo
        self.recusadas += recusa
        self.guardar("falhas" if recusa else "respostas", nome, resposta.corpo, nomes(resposta))
        if resposta.status == 404:
            return None
        raiz: etree._Element = validar_resposta(resposta.corpo, versao)
        return raiz

    def arquivo(self, nome: str, corpo: bytes, tipo: str = "application/xml") -> dict[str, Any]:
        """Manda mensagens em arquivo; as respostas que vêm dentro do JSON abrem-se."""
        resposta = self.servidor.postar_em("/api/v1/mensagens", corpo, {"Content-Type": tipo})
        dados: dict[str, Any] = json.loads(resposta.corpo)
        vieram = dados.get("mensagens", ())
        recusa = resposta.status != 200 or any(m["resultado"] != "respondida" for m in vieram)
        self.recusadas += recusa
        self.guardar("falhas" if recusa else "respostas", nome, resposta.corpo, nomes(resposta))
        return dados

    def api(
        self,
        porta: str,
        caminho: str,
        *,
        metodo: str = "GET",
        token: str | None = None,
        corpo: bytes | None = None,
        **cabecalhos: str,
    ) -> Resposta:
        """Faz um pedido à API e guarda o que veio."""
        pedidos = {k.replace("_", "-"): v for k, v in cabecalhos.items()}
        if token is not None:
            pedidos["Authorization"] = f"Bearer {token}"
        conexao = http.client.HTTPConnection("127.0.0.1", self.servidor.porta, timeout=60)
        with contextlib.closing(conexao):
            conexao.request(metodo, f"/api/v1{caminho}", body=corpo, headers=pedidos)
            r = conexao.getresponse()
            resposta = Resposta(r.status, dict(r.getheaders()), r.read())
        nome = f"{metodo} {caminho} {resposta.status}"
        self.guardar(porta, nome, resposta.corpo, nomes(resposta))
        return resposta

    # --- comandos -----------------------------------------------------------------------------

    def comando(self, *argumentos: str, porta: str = "comandos", entrada: str = "") -> str:
        """Executa um comando na pasta do gateway e dá a sua saída padrão."""
        saida, erros = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as ambiente:
            ambiente.chdir(self.servidor.pasta)
            ambiente.delenv("TISS_GATEWAY_CONFIG", raising=False)
            ambiente.setenv("TISS_GATEWAY_DATABASE__URL", self.servidor.url)
            ambiente.setattr("sys.stdin", io.StringIO(entrada))
            with (
                contextlib.redirect_stdout(saida),
                contextlib.redirect_stderr(erros),
                pytest.raises(SystemExit) as saiu,
            ):
                main(argumentos)
        nome = f"{' '.join(argumentos[:3])} -> {saiu.value.code}"
        self.guardar(porta, nome, saida.getvalue().encode(), erros.getvalue().encode())
        return saida.getvalue()


def nomes(resposta: Resposta) -> bytes:
    """Os cabeçalhos, para se procurar também neles."""
    return json.dumps(dict(resposta.cabecalhos)).encode()
