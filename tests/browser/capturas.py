"""``python -m browser.capturas PASTA``: uma imagem de cada página do console, com a demonstração.

Sobe ``tiss-gateway demo --keep``, entra pelos dois logins que ele diz e anda pelos links: da
primeira página de cada rota que se acha guarda-se uma imagem. Uma rota nova aparece sozinha.
"""

from __future__ import annotations

import io
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urljoin, urlsplit

from browser.aba import CHROMIUM
from PIL import Image
from playwright.sync_api import sync_playwright

from backoffice.console import RAIZ, registro

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page, StorageState

_LARGURA, _ALTURA, _MAIS_ALTA = 1280, 800, 1500
_TELEFONE = {"width": 390, "height": 844}
_CORES = 48
_TAMBEM = (
    "inicio", "lotes", "lotes-numero", "analise-numero-guias-posicao", "portal",
    "portal-envio", "portal-lotes-numero", "portal-recursos",
)  # fmt: skip
"""As que se guardam também no telefone e no escuro."""


class _Rota(NamedTuple):
    nome: str
    padrao: re.Pattern[str]


def main(pasta: Path) -> None:
    """Guarda as imagens e o índice delas.

    Args:
        pasta: onde ficam; as imagens que já há apagam-se.
    """
    pasta.mkdir(parents=True, exist_ok=True)
    for velha in pasta.glob("*.png"):
        velha.unlink()
    with subprocess.Popen(
        [sys.executable, "-u", "-m", "gateway", "demo", "--keep"],
        stdout=subprocess.PIPE, text=True,
    ) as demo:  # fmt: skip
        dito = ""
        for linha in demo.stdout or ():
            dito += linha
            if "Ctrl+C para parar" in linha:
                break
        try:
            achado = re.search(r"Console em (http://\S+)/console/", dito)
            if achado is None:
                raise SystemExit(dito)
            logins = re.findall(r": (\S+), senha (\S+)", dito)
            _fotografar(achado[1], logins, pasta)
        finally:
            demo.send_signal(signal.SIGINT)
    _indice(pasta)


def _fotografar(base: str, logins: list[tuple[str, str]], pasta: Path) -> None:
    with sync_playwright() as programa:
        chromium = programa.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox"] if os.geteuid() == 0 else []
        )
        rotas = _rotas()
        for login, senha in logins:
            cookies = _entrar(chromium, base, login, senha, pasta)
            contexto = chromium.new_context(
                viewport={"width": _LARGURA, "height": _ALTURA}, locale="pt-BR",
                storage_state=cookies,
            )  # fmt: skip
            enderecos = dict(_andar(contexto.new_page(), base, rotas, pasta))
            contexto.close()
            for sufixo, opcoes in (
                ("telefone", {"viewport": _TELEFONE}),
                ("escuro", {"color_scheme": "dark"}),
            ):
                contexto = chromium.new_context(locale="pt-BR", storage_state=cookies, **opcoes)
                page = contexto.new_page()
                for nome in _TAMBEM:
                    if nome in enderecos:
                        page.goto(enderecos[nome])
                        _guardar(page, pasta / f"{nome}-{sufixo}.png")
                contexto.close()
        chromium.close()


def _rotas() -> list[_Rota]:
    """As páginas, as de endereço fixo antes das outras, que também o aceitariam."""
    declaradas = [r.caminho for r in registro.rotas() if r.metodo == "GET"]
    return [
        _Rota(
            re.sub(r"[^a-z]+", "-", caminho.replace("{", "")).strip("-") or "raiz",
            re.compile(RAIZ + re.sub(r"\{[a-z_]+\}", "[^/]+", caminho)),
        )
        for caminho in sorted(declaradas, key=lambda c: c.count("{"))
    ]


def _entrar(chromium: Browser, base: str, login: str, senha: str, pasta: Path) -> StorageState:
    contexto = chromium.new_context(viewport={"width": _LARGURA, "height": _ALTURA}, locale="pt-BR")
    page = contexto.new_page()
    page.goto(f"{base}{RAIZ}/entrar")
    _guardar(page, pasta / "entrar.png")
    page.get_by_label("Login").fill(login)
    page.get_by_label("Senha").fill(senha)
    page.get_by_role("button", name="Entrar").click()
    page.wait_for_load_state()
    if page.url.endswith("/termos"):
        _guardar(page, pasta / "termos.png")
        page.locator("button[value=aceito]").click()
        page.wait_for_load_state()
    feito = contexto.storage_state()
    contexto.close()
    return feito


def _andar(page: Page, base: str, rotas: list[_Rota], pasta: Path) -> Iterator[tuple[str, str]]:
    """Nome e endereço de cada página que se acha, depois de guardada."""
    fila, vistas = [f"{base}{RAIZ}/"], {"entrar", "raiz"}
    while fila:
        endereco = fila.pop(0)
        resposta = page.request.get(endereco)
        if not resposta.ok or not resposta.headers.get("content-type", "").startswith("text/html"):
            continue
        page.goto(endereco)
        rota = _da(page.url, rotas)
        if rota is not None and rota not in vistas:
            vistas.add(rota)
            _guardar(page, pasta / f"{rota}.png")
            yield rota, page.url
        for link in page.locator("a[href]").evaluate_all("l => l.map(a => a.getAttribute('href'))"):
            alvo = urljoin(page.url, link)
            nome = _da(alvo, rotas)
            if nome is not None and nome not in vistas and alvo not in fila:
                fila.append(alvo)


def _da(endereco: str, rotas: list[_Rota]) -> str | None:
    caminho = urlsplit(endereco).path
    return next((r.nome for r in rotas if r.padrao.fullmatch(caminho)), None)


def _guardar(page: Page, arquivo: Path) -> None:
    with Image.open(io.BytesIO(page.screenshot(full_page=True))) as inteira:
        cortada = inteira.convert("RGB").crop(
            (0, 0, inteira.width, min(inteira.height, _MAIS_ALTA))
        )
        # poucas cores bastam ao que é quase só texto, e a imagem fica num terço
        cortada.quantize(_CORES, dither=Image.Dither.NONE).save(arquivo, optimize=True)


def _indice(pasta: Path) -> None:
    nomes = sorted(arquivo.name for arquivo in pasta.glob("*.png"))
    linhas = [
        "# Telas do console",
        "",
        "Feitas por `make screenshots`, com os dados de `make demo`.",
        "",
    ]
    linhas += [f"- [{nome.removesuffix('.png')}]({nome})" for nome in nomes]
    (pasta / "LEIAME.md").write_text("\n".join(linhas) + "\n", "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
