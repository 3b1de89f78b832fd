"""As áreas do console: cada uma declara as suas páginas, quem as abre e o que vai ao menu."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.responses import Response

    from backoffice.console.papeis import Papel, Porta
    from backoffice.console.visita import Visita

_CAMINHO = re.compile(r"/|(/[a-z0-9_.-]+|/\{[a-z_]+\})+")
_METODOS = ("GET", "POST")


class Rota(NamedTuple):
    """Uma página, ou o que um formulário faz.

    Attributes:
        metodo: ``GET`` ou ``POST``; o que muda alguma coisa é sempre ``POST``.
        caminho: depois de ``/console``, como ``/lotes/{numero}``.
        para: papéis, dos quais basta um, ou uma ``Porta``.
        funcao: recebe a visita e dá a resposta; corre numa thread.
        pacientes: se mostra dados de pacientes, e por isso deixa um evento na auditoria.
        arquivos: se o formulário traz arquivos.
        area: nome da área.
    """

    metodo: str
    caminho: str
    para: frozenset[Papel] | Porta
    funcao: Callable[[Visita], Response]
    pacientes: bool
    arquivos: bool
    area: str

    @property
    def nome(self) -> str:
        """Como se diz na tabela de papéis: ``GET /lotes``."""
        return f"{self.metodo} {self.caminho}"


class Item(NamedTuple):
    """Uma linha do menu.

    Attributes:
        texto: o que se lê.
        caminho: a página, que está entre as rotas da área.
        ordem: lugar no menu.
        atalho: tecla depois de ``g``.
    """

    texto: str
    caminho: str
    ordem: int
    atalho: str | None


class RotaSemDono(ValueError):
    """A página não diz quem a pode abrir, ou o seu endereço não serve."""


class Area:
    """As páginas de um assunto.

    Args:
        nome: o do módulo e o da pasta dos modelos.
    """

    def __init__(self, nome: str) -> None:
        self.nome = nome
        self.rotas: list[Rota] = []
        self.menu: list[Item] = []

    def pagina(
        self,
        caminho: str,
        *,
        para: frozenset[Papel] | Porta,
        metodo: str = "GET",
        pacientes: bool = False,
        arquivos: bool = False,
    ) -> Callable[[Callable[[Visita], Response]], Callable[[Visita], Response]]:
        """Decorador: declara uma página.

        Args:
            caminho: depois de ``/console``; partes variáveis entre chaves.
            para: quem a pode abrir.
            metodo: ``GET`` ou ``POST``.
            pacientes: se mostra dados de pacientes; a que não auditar responde 500.
            arquivos: se o formulário traz arquivos.

        Raises:
            RotaSemDono: ninguém a pode abrir, ou o endereço ou o método não servem.
        """
        if not para or metodo not in _METODOS or not _CAMINHO.fullmatch(caminho):
            raise RotaSemDono(f"{metodo} {caminho}")

        def declarar(funcao: Callable[[Visita], Response]) -> Callable[[Visita], Response]:
            self.rotas.append(Rota(metodo, caminho, para, funcao, pacientes, arquivos, self.nome))
            return funcao

        return declarar

    def formulario(
        self, caminho: str, *, para: frozenset[Papel] | Porta, arquivos: bool = False
    ) -> Callable[[Callable[[Visita], Response]], Callable[[Visita], Response]]:
        """Decorador: declara o que um formulário faz (``POST``).

        Raises:
            RotaSemDono: ninguém o pode enviar, ou o endereço não serve.
        """
        return self.pagina(caminho, para=para, metodo="POST", arquivos=arquivos)

    def no_menu(self, texto: str, caminho: str, *, ordem: int, atalho: str | None = None) -> None:
        """Põe uma página da área no menu de quem a pode abrir."""
        self.menu.append(Item(texto, caminho, ordem, atalho))
