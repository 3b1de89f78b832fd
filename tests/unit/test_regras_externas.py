"""As regras da própria operadora, que pacotes instalados anunciam."""

from __future__ import annotations

import re
import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest
from exame_de_lote import exame, guia

from dominio.erros import Erro, Nivel
from handlers.lote_guias.regras import REGRAS, todas
from handlers.regras import Achado, Regra, externas

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CONTRIBUTING = (Path(__file__).resolve().parents[2] / "CONTRIBUTING.md").read_text("utf-8")


def _regra(**campos: Any) -> Regra[Any]:
    padrao: dict[str, Any] = {
        "chave": "exemplo.senha",
        "texto": "A guia não traz senha.",
        "glosas": (("3.05.00", "1403"),),
        "nivel": Nivel.CRITICA,
        "corrigir": "Informe a senha da autorização.",
    }
    return Regra(Erro(**{**padrao, **campos}), lambda _exame, _limite: [Achado(1)])


@pytest.fixture
def anunciar(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Faz de conta que um pacote anuncia os objetos dados, por nome."""

    def anunciar_(**objetos: Any) -> None:
        modulo = ModuleType("regras_de_exemplo")
        for nome, objeto in objetos.items():
            setattr(modulo, nome, objeto)
        monkeypatch.setitem(sys.modules, "regras_de_exemplo", modulo)
        pontos = [EntryPoint(n, f"regras_de_exemplo:{n}", externas.GRUPO) for n in objetos]

        def entry_points(*, group: str) -> list[EntryPoint]:
            return pontos if group == externas.GRUPO else []

        monkeypatch.setattr(externas.metadata, "entry_points", entry_points)
        externas.externas.cache_clear()

    yield anunciar_
    externas.externas.cache_clear()


def test_sem_pacotes_so_ha_as_do_gateway(anunciar: Callable[..., None]) -> None:
    """Sem nada anunciado, as regras são as do gateway."""
    anunciar()
    assert todas() == REGRAS


def test_regra_anunciada_vem_depois_das_do_gateway(anunciar: Callable[..., None]) -> None:
    """As anunciadas seguem as do gateway, por ordem de chave."""
    z, a = _regra(chave="exemplo.z"), _regra(chave="exemplo.a")
    anunciar(z=z, a=a)
    assert todas() == (*REGRAS, a, z)


@pytest.mark.parametrize(
    ("objeto", "motivo"),
    [
        ("uma frase", "não é uma Regra"),
        (_regra(chave="x"), "a chave é de 3 a 60"),
        (_regra(chave="Exemplo_Senha"), "a chave é de 3 a 60"),
        (_regra(chave="hash"), "a chave já é de um erro do gateway"),
        (_regra(nivel=Nivel.MENSAGEM), "o nível não é de regra"),
        (_regra(texto="Texto Δ."), "texto e corrigir"),
        (_regra(texto="x" * 201), "texto e corrigir"),
        (_regra(corrigir=""), "texto e corrigir"),
        (_regra(glosas=(("3.05.00", "9999"),)), "o código não existe em 3.05.00"),
        (_regra(glosas=(("3.05.00", "3308"),)), "o código não existe em 3.05.00"),
    ],
)
def test_regra_que_nao_serve_e_recusada(
    anunciar: Callable[..., None], objeto: object, motivo: str
) -> None:
    """O que não é uma regra utilizável em todas as versões é dito pelo nome e pelo motivo."""
    anunciar(senha=objeto)
    with pytest.raises(externas.RegraExternaInvalida, match=f"regra senha .*{motivo}"):
        todas()


def test_duas_regras_com_a_mesma_chave(anunciar: Callable[..., None]) -> None:
    """A segunda regra de uma chave é recusada."""
    anunciar(primeira=_regra(), segunda=_regra())
    with pytest.raises(externas.RegraExternaInvalida, match="a chave já é de outra regra"):
        todas()


def test_pacote_que_nao_carrega(
    anunciar: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Um pacote quebrado é dito pelo nome, sem o texto do seu erro."""
    anunciar(senha=_regra())
    monkeypatch.delitem(sys.modules, "regras_de_exemplo")
    with pytest.raises(externas.RegraExternaInvalida, match=r"não carrega \(ModuleNotFoundError\)"):
        todas()


@pytest.mark.parametrize(
    ("chave", "guardado", "versao", "esperado"),
    [
        ("exemplo.senha", "9", "4.03.00", "1403"),
        ("prazo-de-envio", "3161", "3.05.00", "3091"),
        ("desinstalada", "1308", "3.05.00", "1308"),
        ("desinstalada", "3308", "4.02.00", None),
    ],
)
def test_codigo_de_uma_critica_guardada(
    anunciar: Callable[..., None], chave: str, guardado: str, versao: str, esperado: str | None
) -> None:
    """Vale o código da regra na versão; sem a regra, o guardado, se a versão o tem."""
    anunciar(senha=_regra())
    assert esperado == externas.codigo(chave, guardado, versao)


def test_exemplo_da_documentacao_funciona(anunciar: Callable[..., None]) -> None:
    """O exemplo de CONTRIBUTING.md é uma regra que se instala e acha o que diz achar."""
    [exemplo] = re.findall(r"```python\n(.*?SENHA_EXIGIDA.*?)```", CONTRIBUTING, re.DOTALL)
    nomes: dict[str, Any] = {}
    exec(compile(exemplo, "exemplo", "exec"), nomes)  # noqa: S102 - o texto é do projeto
    regra = nomes["SENHA_EXIGIDA"]
    anunciar(senha=regra)
    assert todas()[-1] is regra
    achados = list(regra.conferir(exame(guia(senha="A1"), guia(senha=None)), None))
    assert [a.guia for a in achados] == [2]
