"""Uma aba de um Chromium de verdade: erros, pedidos para fora e acessibilidade vigiados."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from backoffice.console.pendencias import TERMOS
from handlers import contas as casos_de_contas
from handlers import usuarios as casos_de_usuarios
from persistence import contas
from persistence.tokens import Escopo

if TYPE_CHECKING:
    from acceptance.servidor import Servidor
    from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request

CHROMIUM = "/usr/bin/chromium"
SENHA = "Console#2026"
EMAIL = "ana@operadora.exemplo.br"
LOGIN = "11222333000181"
_AXE = Path(__file__).parent / "vendor" / "axe-4.14.1.min.js"
_REGRAS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


class Pessoas:
    """Um gateway no ar e quem entra nele.

    Args:
        servidor: o gateway.
    """

    def __init__(self, servidor: Servidor) -> None:
        self.servidor = servidor
        agora = datetime.now(UTC)
        with servidor.banco.escrita() as conn:
            feito = casos_de_usuarios.convidar(
                conn, servidor.operadora.id, email=EMAIL, nome="Ana Souza", escopos=set(Escopo),
                agora=agora,
            )  # fmt: skip
            casos_de_usuarios.aceitar(conn, feito.texto, SENHA, agora)
            convite = casos_de_contas.convidar(
                conn, servidor.prestador, login=LOGIN, tipo="Hospital", nome="Bia Lima",
                email="bia@hospital.exemplo.br", agora=agora,
            )  # fmt: skip
            conta = casos_de_contas.aceitar(conn, convite.texto, SENHA, agora)
            # os termos têm teste próprio, em tests/console
            contas.mudar(conn, conta, termos=TERMOS, termos_em=agora)


class Aba:
    """Uma aba; tudo o que ela reclama ou pede fica anotado.

    Args:
        contexto: cookies e opções próprios.
        casa: o gateway e quem entra nele.
    """

    def __init__(self, contexto: BrowserContext, casa: Pessoas) -> None:
        self.contexto = contexto
        self.casa = casa
        self.page: Page = contexto.new_page()
        self.page.set_default_timeout(15_000)
        self.reclamacoes: list[str] = []
        self.para_fora: list[str] = []
        self.page.on("console", self._do_console)
        self.page.on("pageerror", lambda erro: self.reclamacoes.append(str(erro)))
        self.page.on("request", self._do_pedido)

    def abrir(self, caminho: str) -> Page:
        """Abre uma página do console pelo que vem depois de ``/console`` e confere-a."""
        self.page.goto(f"{self.casa.servidor.base}/console{caminho}")
        self.conferir()
        return self.page

    def entrar_na_operadora(self) -> Page:
        """Entra a pessoa da operadora."""
        return self._entrar(EMAIL)

    def entrar_no_prestador(self) -> Page:
        """Entra quem fala pelo prestador."""
        return self._entrar(LOGIN)

    def conferir(self) -> None:
        """Depois de cada página: nada reclamou, nada saiu da máquina, e qualquer um a usa."""
        assert self.reclamacoes == []
        assert self.para_fora == []
        # o CDP avalia o programa sem passar pela política da página, que continua em vigor
        if not self.page.evaluate("typeof window.axe !== 'undefined'"):
            self.page.evaluate(_AXE.read_text("utf-8"))
        achados: list[dict[str, Any]] = self.page.evaluate(
            "regras => axe.run(document, {runOnly: {type: 'tag', values: regras}})"
            ".then(r => r.violations)",
            _REGRAS,
        )
        ditos = [
            f"{a['id']}: {a['help']}: {[n['html'][:200] for n in a['nodes'][:3]]}" for a in achados
        ]
        assert ditos == [], self.page.url

    def fechar(self) -> None:
        """Confere o que ficou por conferir e fecha."""
        self.contexto.close()
        assert self.reclamacoes == []
        assert self.para_fora == []

    def _entrar(self, login: str) -> Page:
        self.page.goto(f"{self.casa.servidor.base}/console/entrar")
        self.page.get_by_label("Login").fill(login)
        self.page.get_by_label("Senha").fill(SENHA)
        self.page.get_by_role("button", name="Entrar").click()
        self.page.wait_for_load_state()
        self.conferir()
        return self.page

    def _do_console(self, mensagem: ConsoleMessage) -> None:
        if mensagem.type in ("error", "warning"):
            self.reclamacoes.append(f"{mensagem.text} ({mensagem.location.get('url', '')})")

    def _do_pedido(self, pedido: Request) -> None:
        endereco = urlsplit(pedido.url)
        if endereco.scheme in ("http", "https", "ws") and endereco.hostname != "127.0.0.1":
            self.para_fora.append(pedido.url)
