"""O console diante de um banco de teste, aberto como um navegador sem programas o abriria.

``Console`` convida e faz entrar; ``Navegador`` guarda cookies, segue redirecionamentos, lê a
página e envia os seus formulários com o que eles trazem, o CSRF inclusive.
"""

from __future__ import annotations

import asyncio
import itertools
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, unquote, urlencode, urljoin, urlsplit

from integration.recepcao import SERVICOS_FEITOS
from lxml import html

from backoffice.console import RAIZ, Ajustes, Casa, criar
from dominio.competencia import agora
from handlers import contas as casos_de_contas
from handlers import usuarios as casos_de_usuarios
from handlers.credenciais import Credenciais
from handlers.recepcao import Recepcao
from persistence import contas
from persistence.tokens import Escopo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from concurrent.futures import Executor
    from datetime import datetime

    from integration.recepcao import Mesa

    from handlers.envio_documentos import Deposito
    from persistence.operadoras import Operadora
    from persistence.prestadores import Prestador

SENHA = "Console#2026"
LOGIN = "11222333000181"
"""CNPJ inventado, com dígitos verificadores que conferem."""
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_BASE = "http://teste"
_EMAILS = itertools.count(1)


class Pagina(NamedTuple):
    """Uma resposta.

    Attributes:
        status: situação HTTP da última, depois dos redirecionamentos.
        caminho: onde se ficou, com a consulta.
        cabecalhos: da última resposta.
        corpo: bytes.
    """

    status: int
    caminho: str
    cabecalhos: dict[str, str]
    corpo: bytes

    @property
    def arvore(self) -> html.HtmlElement:
        """A página."""
        return html.fromstring(self.corpo.decode("utf-8"))

    @property
    def texto(self) -> str:
        """O que se lê na página, com espaços simples."""
        principal = self.arvore.xpath("//main")
        raiz = principal[0] if principal else self.arvore
        return " ".join(" ".join(raiz.itertext()).split())

    @property
    def titulo(self) -> str:
        """O ``h1``."""
        return " ".join(self.arvore.xpath("//h1")[0].text_content().split())

    def erros(self) -> dict[str, str]:
        """Campo -> erro que a página mostra junto dele."""
        achados = self.arvore.xpath("//span[@class='erro']")
        return {e.get("id").removesuffix("-erro"): e.text_content() for e in achados}

    def linhas(self, tabela: str) -> list[list[str]]:
        """O que cada linha de uma tabela diz, pelo id dela, sem a que continua a lista."""
        return [
            [" ".join(c.text_content().split()) for c in linha.xpath("./td|./th")]
            for linha in self.arvore.xpath(f"//table[@id='{tabela}']/tbody/tr")
            if linha.get("class") not in ("mais", "vazia")
        ]

    def formularios(self) -> list[html.FormElement]:
        """Os formulários da página."""
        return list(self.arvore.forms)


class Navegador:
    """Um navegador de uma pessoa.

    Args:
        aplicacao: o console.
        endereco: de onde a pessoa navega.
    """

    def __init__(self, aplicacao: Any, endereco: str = "192.0.2.7") -> None:
        self._aplicacao = aplicacao
        self._endereco = endereco
        self.cookies: dict[str, str] = {}
        self.pagina: Pagina | None = None

    def abrir(self, caminho: str, *, seguir: bool = True, **consulta: Any) -> Pagina:
        """Abre uma página; o caminho é o que vem depois de ``/console``."""
        if consulta:
            caminho += "?" + urlencode(consulta, doseq=True)
        return self._guardar(self.pedir("GET", caminho, seguir=seguir))

    def enviar(self, caminho: str, *, seguir: bool = True, **campos: Any) -> Pagina:
        """Envia um formulário com o CSRF da página que está aberta."""
        tudo = {"csrf": self.csrf(), **campos}
        corpo = urlencode(tudo, doseq=True).encode()
        return self._guardar(self.pedir("POST", caminho, corpo=corpo, seguir=seguir))

    def enviar_arquivos(
        self, caminho: str, arquivos: Iterable[tuple[str, str, bytes]], **campos: str
    ) -> Pagina:
        """Envia um formulário com arquivos: campo, nome e conteúdo de cada um."""
        limite = "limite-do-formulario"
        partes = b""
        for nome, valor in {"csrf": self.csrf(), **campos}.items():
            partes += (
                f'--{limite}\r\nContent-Disposition: form-data; name="{nome}"\r\n\r\n{valor}\r\n'
            ).encode()
        for campo, nome, dados in arquivos:
            partes += (
                f'--{limite}\r\nContent-Disposition: form-data; name="{campo}"; '
                f'filename="{nome}"\r\nContent-Type: application/octet-stream\r\n\r\n'
            ).encode()
            partes += dados + b"\r\n"
        partes += f"--{limite}--\r\n".encode()
        tipo = f"multipart/form-data; boundary={limite}"
        pagina = self.pedir("POST", caminho, corpo=partes, cabecalhos={"content-type": tipo})
        return self._guardar(pagina)

    def preencher(self, numero: int = 0, **campos: Any) -> Pagina:
        """Preenche e envia o formulário de certo número da página aberta, sem contar o de sair."""
        assert self.pagina is not None
        forms = [f for f in self.pagina.formularios() if not (f.action or "").endswith("/sair")]
        forma = [f for f in forms if f.get("method") != "dialog"][numero]
        valores = {n: v for n, v in forma.form_values() if n not in campos}
        for nome in campos:
            assert nome in forma.fields, f"não há o campo {nome}"
        alvo = urljoin(f"{_BASE}{RAIZ}{self.pagina.caminho}", forma.action or "")
        caminho = urlsplit(alvo).path.removeprefix(RAIZ)
        corpo = urlencode({**valores, **campos}, doseq=True)
        if forma.method == "GET":
            return self._guardar(self.pedir("GET", f"{caminho}?{corpo}"))
        return self._guardar(self.pedir("POST", caminho, corpo=corpo.encode()))

    def csrf(self) -> str:
        """O da página aberta."""
        if self.pagina is None:
            self.abrir("/entrar")
        assert self.pagina is not None
        achados = self.pagina.arvore.xpath("//input[@name='csrf']/@value")
        return str(achados[0]) if achados else ""

    def pedir(
        self,
        metodo: str,
        caminho: str,
        *,
        corpo: bytes = b"",
        cabecalhos: dict[str, str] | None = None,
        seguir: bool = True,
    ) -> Pagina:
        """Faz um pedido e segue até cinco redirecionamentos."""
        resposta = self._um(metodo, caminho, corpo, cabecalhos or {})
        for _ in range(5):
            destino = resposta.cabecalhos.get("location")
            if not seguir or destino is None or resposta.status not in (303, 308):
                return resposta
            # um redirecionamento nunca leva a outra casa
            assert destino.startswith(RAIZ), destino
            resposta = self._um("GET", destino.removeprefix(RAIZ), b"", {})
        raise AssertionError("redirecionamentos sem fim")

    def _guardar(self, pagina: Pagina) -> Pagina:
        if pagina.cabecalhos.get("content-type", "").startswith("text/html"):
            self.pagina = pagina
        return pagina

    def _um(self, metodo: str, caminho: str, corpo: bytes, extras: dict[str, str]) -> Pagina:
        so_caminho, _, consulta = f"{RAIZ}{caminho}".partition("?")
        nomes = {"host": "teste"}
        if metodo == "POST":
            nomes |= {"origin": _BASE, "content-type": "application/x-www-form-urlencoded"}
        if self.cookies:
            nomes["cookie"] = "; ".join(f"{n}={v}" for n, v in self.cookies.items())
        nomes |= {k.lower(): v for k, v in extras.items() if v}
        for tirado in [k.lower() for k, v in extras.items() if not v]:
            nomes.pop(tirado, None)
        escopo = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": metodo,
            "scheme": "http", "path": unquote(so_caminho), "raw_path": quote(so_caminho).encode(),
            "query_string": consulta.encode(), "root_path": "", "client": (self._endereco, 1),
            "server": ("teste", 80),
            "headers": [(k.encode(), v.encode("latin-1")) for k, v in nomes.items()],
        }  # fmt: skip
        enviados = asyncio.run(_chamar(self._aplicacao, escopo, corpo))
        cabecalhos: dict[str, str] = {}
        for nome, valor in enviados[0]["headers"]:
            if nome == b"set-cookie":
                self._cookie(valor.decode("latin-1"))
            else:
                cabecalhos[nome.decode()] = valor.decode("latin-1")
        dados = b"".join(evento.get("body", b"") for evento in enviados[1:])
        pagina = Pagina(enviados[0]["status"], caminho, cabecalhos, dados)
        # um impresso tem a sua, mais estreita
        politica = cabecalhos["content-security-policy"]
        assert politica == CSP or "script-src" not in politica, politica
        assert politica.startswith("default-src 'none'")
        assert cabecalhos["x-content-type-options"] == "nosniff"
        return pagina

    def _cookie(self, texto: str) -> None:
        par, *atributos = [parte.strip() for parte in texto.split(";")]
        ditos = {a.lower() for a in atributos}
        assert "httponly" in ditos
        nome, _, valor = par.partition("=")
        if "max-age=0" in ditos:
            self.cookies.pop(nome, None)
        else:
            assert any(a.startswith("samesite=") for a in ditos)
            self.cookies[nome] = valor.strip('"')


class Console:
    """O console de um banco.

    Args:
        mesa: o banco com a sua recepção e a sua operadora.
        executor: threads em que as páginas se fazem.
        relogio: instante atual.
        ajustes: os do console.
        deposito: onde ficam documentos e notas.
    """

    def __init__(
        self,
        mesa: Mesa,
        executor: Executor,
        relogio: Callable[[], datetime] = agora,
        ajustes: Ajustes | None = None,
        deposito: Deposito | None = None,
    ) -> None:
        self.mesa = mesa
        self.relogio = relogio
        self.casa = Casa(
            mesa.banco, executor, relogio, mesa.recepcao, ajustes=ajustes or Ajustes(),
            deposito=deposito, ensaiar=lambda banco: Recepcao(
                banco, SERVICOS_FEITOS, Credenciais(banco)
            ),
        )  # fmt: skip
        self.aplicacao = criar(self.casa)

    def navegador(self, endereco: str = "192.0.2.7") -> Navegador:
        """Um navegador em que ninguém entrou."""
        return Navegador(self.aplicacao, endereco)

    def da_operadora(
        self, *escopos: Escopo, operadora: Operadora | None = None, nome: str = "Ana"
    ) -> Navegador:
        """Entra alguém da operadora com certos escopos, ou com todos."""
        dona = operadora or self.mesa.operadora
        email = f"pessoa{next(_EMAILS)}@operadora.exemplo.br"
        self.criar_usuario(email, *escopos, operadora=dona, nome=nome)
        navegador = self.navegador()
        self.entrar(navegador, email, operadora=dona)
        return navegador

    def do_prestador(
        self, prestador: Prestador | None = None, *, login: str = LOGIN, endereco: str = "192.0.2.8"
    ) -> Navegador:
        """Entra quem fala por um prestador, com os termos aceitos e o prestador escolhido."""
        por_quem = prestador or self.mesa.prestador
        self.criar_conta(por_quem, login=login)
        navegador = self.navegador(endereco)
        pagina = self.entrar(navegador, login)
        if pagina.titulo == "Termos de uso":
            pagina = navegador.enviar("/termos", resposta="aceito")
        if pagina.titulo.startswith("Por quem"):
            nomes = pagina.arvore.xpath("//form[input[@name='acesso']]")
            forma = next(f for f in nomes if por_quem.nome in f.text_content())
            navegador.enviar("/escolher", acesso=forma.fields["acesso"])
        return navegador

    def entrar(
        self,
        navegador: Navegador,
        login: str,
        senha: str = SENHA,
        operadora: Operadora | None = None,
    ) -> Pagina:
        """Preenche a página de entrada."""
        navegador.abrir("/entrar")
        registro = "" if operadora is None else operadora.registro_ans
        return navegador.enviar("/entrar", login=login, senha=senha, operadora=registro)

    def criar_usuario(
        self,
        email: str,
        *escopos: Escopo,
        operadora: Operadora | None = None,
        nome: str = "Ana",
        senha: str = SENHA,
    ) -> None:
        """Convida alguém da operadora e cria a sua senha."""
        dona = operadora or self.mesa.operadora
        with self.mesa.banco.escrita() as conn:
            feito = casos_de_usuarios.convidar(
                conn, dona.id, email=email, nome=nome, escopos=set(escopos or Escopo),
                agora=self.relogio(),
            )  # fmt: skip
            casos_de_usuarios.aceitar(conn, feito.texto, senha, self.relogio())

    def convidar_conta(
        self, prestador: Prestador | None = None, *, login: str = LOGIN, tipo: str = "Hospital"
    ) -> str:
        """Convida quem fala por um prestador e dá o texto do convite."""
        with self.mesa.banco.escrita() as conn:
            return casos_de_contas.convidar(
                conn, prestador or self.mesa.prestador, login=login, tipo=tipo, nome="Bia",
                email="bia@hospital.exemplo.br", agora=self.relogio(),
            ).texto  # fmt: skip

    def criar_conta(
        self, prestador: Prestador | None = None, *, login: str = LOGIN, senha: str = SENHA
    ) -> None:
        """Convida quem fala por um prestador; a conta nova ganha a senha, a que há, o acesso."""
        texto = self.convidar_conta(prestador, login=login)
        with self.mesa.banco.escrita() as conn:
            conta = contas.por_login(conn, casos_de_contas.login_normal(login))
            assert conta is not None
            if conta.trocada_em is None:
                casos_de_contas.aceitar(conn, texto, senha, self.relogio())
            else:
                casos_de_contas.juntar(conn, texto, conta, self.relogio())


async def _chamar(aplicacao: Any, escopo: dict[str, Any], corpo: bytes) -> list[Any]:
    enviados: list[Any] = []
    pedidos = iter([{"type": "http.request", "body": corpo, "more_body": False}])

    async def receber() -> Any:
        if (primeiro := next(pedidos, None)) is not None:
            return primeiro
        return await asyncio.Event().wait()

    async def enviar(evento: Any) -> None:
        enviados.append(evento)

    await aplicacao(escopo, receber, enviar)
    return enviados
