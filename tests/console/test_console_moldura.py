"""A moldura: páginas de erro, cabeçalhos, cookies em https, arquivos da casa, recados, menu."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest
from console.navegador import Navegador, Pagina

from backoffice.console import criar, registro, seguranca
from backoffice.console.area import Area, RotaSemDono
from backoffice.console.estaticos import endereco, todos
from backoffice.console.paginas import lotes
from backoffice.console.papeis import LEITURA, Porta
from persistence import sessoes
from persistence.erros import BancoIndisponivel
from persistence.tokens import Escopo

if TYPE_CHECKING:
    from collections.abc import Callable

    from console.navegador import Console
    from starlette.responses import Response

    from backoffice.console.area import Rota
    from backoffice.console.visita import Visita


def _trocar(
    console: Console,
    monkeypatch: pytest.MonkeyPatch,
    funcao: Callable[[Visita], Response],
    **campos: object,
) -> None:
    """Põe outra função na lista de lotes."""

    def rotas() -> tuple[Rota, ...]:
        return tuple(
            r._replace(funcao=funcao, **campos) if r.nome == "GET /lotes" else r for r in reais
        )

    reais = registro.rotas()
    monkeypatch.setattr(registro, "rotas", rotas)
    console.aplicacao = criar(console.casa)


def test_endereco_que_nao_ha_diz_se_sem_dizer_mais(console: Console) -> None:
    """404 com o menu de sempre fora, o código da resposta na página, e nada em cache."""
    pagina = console.navegador().abrir("/nao-ha/isto")
    assert pagina.status == 404
    assert pagina.cabecalhos["x-correlation-id"] in pagina.texto
    assert pagina.cabecalhos["cache-control"] == "no-store"


def test_metodo_errado_e_405(console: Console) -> None:
    """O que só se envia não se abre."""
    assert console.da_operadora().pedir("GET", "/sair").status == 405


def test_erro_nosso_nao_mostra_o_texto_da_excecao(
    console: Console, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """500 com o código que está no registro; do erro, só o tipo."""

    def quebrar(_v: Visita) -> Response:
        raise RuntimeError("carteira 00123")

    _trocar(console, monkeypatch, quebrar)
    pagina = console.da_operadora().abrir("/lotes")
    registrado = capsys.readouterr().out
    assert pagina.status == 500
    assert "00123" not in pagina.corpo.decode() + registrado
    assert pagina.cabecalhos["x-correlation-id"] in registrado
    assert "RuntimeError" in registrado


def test_sem_banco_pede_que_se_tente_de_novo(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    """503 com Retry-After."""

    def cair(_v: Visita) -> Response:
        raise BancoIndisponivel

    _trocar(console, monkeypatch, cair)
    pagina = console.da_operadora().abrir("/lotes")
    assert (pagina.status, pagina.cabecalhos["retry-after"]) == (503, "5")


@pytest.mark.parametrize("erro", [BancoIndisponivel, RuntimeError])
def test_formulario_que_falha_nao_diz_o_que_nao_sabe(
    console: Console, monkeypatch: pytest.MonkeyPatch, erro: type[Exception]
) -> None:
    """A falha pode vir depois de gravar: manda-se ver; quem só abriu uma página tenta de novo."""

    def cair(*_: object, **__: object) -> None:
        raise erro

    ana = console.da_operadora()
    ana.abrir("/minha-conta")
    monkeypatch.setattr(sessoes, "encerrar_todas", cair)
    monkeypatch.setattr(sessoes, "abertas", cair)
    feito = ana.enviar("/minha-conta/sessoes")
    assert "pode ter sido feito ou não: veja antes de repetir" in feito.texto
    visto = ana.abrir("/minha-conta")
    assert "Tente de novo" in visto.texto
    assert "feito" not in visto.texto


def test_pagina_de_pacientes_que_nao_audita_nao_sai(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Esquecer o evento é um erro que se vê, não uma fuga que se descobre depois."""
    _trocar(console, monkeypatch, lotes.lista, pacientes=True)
    assert console.da_operadora().abrir("/lotes").status == 500


def test_em_https_os_cookies_sao_do_proprio_endereco(console: Console) -> None:
    """``__Host-`` e Secure, e o navegador passa a só usar https."""
    console.criar_usuario("ana@x.br")
    navegador = _Https(console.aplicacao)
    pagina = console.entrar(navegador, "ana@x.br")
    assert pagina.caminho == "/inicio"
    assert set(navegador.cookies) == {"__Host-tiss-sessao"}
    assert navegador.seguros
    assert all("secure" in c and "path=/;" in c + ";" for c in navegador.seguros)
    assert pagina.cabecalhos["strict-transport-security"].startswith("max-age=")


def test_estaticos_guardam_se_e_paginas_nao(console: Console) -> None:
    """Com a versão no endereço guardam-se por um ano, em gzip a quem o aceita; o resto não há."""
    ninguem = console.navegador()
    for nome, arquivo in todos().items():
        caminho = endereco(nome).removeprefix("/console")
        resposta = ninguem.pedir("GET", caminho, cabecalhos={"accept-encoding": "gzip"})
        assert "immutable" in resposta.cabecalhos["cache-control"]
        assert gzip.decompress(resposta.corpo) == arquivo.dados
        sem_versao = ninguem.pedir("GET", f"/estatico/{nome}")
        assert sem_versao.cabecalhos["cache-control"] == "no-store"
        assert sem_versao.corpo == arquivo.dados
    for nome in ("console.py", "../visita.py", "vendor/", "%2e%2e/casa.py"):
        assert ninguem.pedir("GET", f"/estatico/{nome}").status == 404, nome


def test_primeira_pintura_cabe_em_cem_mil_bytes(console: Console) -> None:
    """A página de entrada com tudo o que ela pede, como viaja."""
    ninguem = console.navegador()
    total = len(ninguem.abrir("/entrar").corpo)
    total += sum(len(a.comprimido) for a in todos().values())
    assert total < 100_000


def test_nenhuma_pagina_traz_programa_nem_estilo_dentro(console: Console) -> None:
    """A política não os deixaria correr: o que os tivesse estaria quebrado."""
    ana = console.da_operadora()
    for rota in registro.rotas():
        if rota.metodo == "GET" and "{" not in rota.caminho and rota.para is not Porta.PUBLICA:
            pagina = ana.pedir("GET", rota.caminho)
            if "html" in pagina.cabecalhos.get("content-type", ""):
                arvore = pagina.arvore
                assert not arvore.xpath("//@style | //@*[starts-with(name(), 'on')]"), rota.nome
                assert not arvore.xpath("//script[not(@src)]"), rota.nome


def test_menu_so_leva_aonde_se_pode_ir(console: Console) -> None:
    """Cada linha do menu de cada papel abre-se a esse papel."""
    for escopo in Escopo:
        pessoa = console.da_operadora(escopo)
        pagina = pessoa.abrir("/inicio")
        for caminho in pagina.arvore.xpath("//nav[@class='menu']//a/@href"):
            assert pessoa.abrir(str(caminho).removeprefix("/console")).status == 200, caminho


def test_atalhos_do_menu_nao_se_repetem() -> None:
    """Duas páginas que a mesma pessoa vê não têm a mesma tecla."""
    for portal in (False, True):
        teclas = [
            item.atalho
            for item, rota in registro.menu()
            if item.atalho and item.caminho.startswith("/portal") is portal
        ]
        assert len(teclas) == len(set(teclas))


def test_duas_areas_nao_declaram_o_mesmo_endereco(monkeypatch: pytest.MonkeyPatch) -> None:
    """A repetição é um erro ao carregar o programa."""
    repetida = Area("repetida")
    repetida.pagina("/lotes", para=LEITURA)(lotes.lista)
    todas = registro.areas()
    monkeypatch.setattr(registro, "areas", lambda: (*todas, repetida))
    with pytest.raises(RotaSemDono):
        registro.rotas.__wrapped__()


class _Https(Navegador):
    """Um navegador que chega por https, como um proxy de confiança o diria."""

    def __init__(self, aplicacao: object) -> None:
        super().__init__(aplicacao)
        self.seguros: list[str] = []
        interna = aplicacao

        async def com_https(escopo: dict[str, object], receber: object, enviar: object) -> None:
            escopo["extensions"] = {seguranca.EXTENSAO: {"base": "https://teste"}}
            await interna(escopo, receber, enviar)  # type: ignore[operator]

        self._aplicacao = com_https

    def _um(self, metodo: str, caminho: str, corpo: bytes, extras: dict[str, str]) -> Pagina:
        return super()._um(metodo, caminho, corpo, {"origin": "https://teste", **extras})

    def _cookie(self, texto: str) -> None:
        self.seguros.append(texto.lower())
        super()._cookie(texto)
