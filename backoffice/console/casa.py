"""O que o console tem à mão: o banco, as threads, o relógio, os ajustes, quem recebe mensagens."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from backoffice.api.envio import LimitesDoEnvio
from handlers.entrada import Entrada

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from concurrent.futures import Executor
    from datetime import datetime

    from backoffice.api.mensagens import QuemRecebe
    from backoffice.console.area import Rota
    from handlers.envio_documentos import Deposito
    from handlers.recepcao import Recepcao
    from persistence.banco import Banco


AREA_DE_ENTRADA = "entrada"
"""A área cujos formulários conferem senhas."""


def _qualquer(_url: str) -> None:
    """Serve qualquer destino; o gateway tem a sua política."""


@dataclass(frozen=True, slots=True)
class Ajustes:
    """O que se pode ajustar.

    Attributes:
        ociosa: quanto uma sessão dura sem uso.
        maxima: quanto dura ao todo.
        exigir_segundo_fator: se quem é da operadora tem de o configurar.
        ajuda: endereço da ajuda no rodapé; vazio, não há.
    """

    ociosa: timedelta = timedelta(minutes=20)
    maxima: timedelta = timedelta(hours=10)
    exigir_segundo_fator: bool = False
    ajuda: str = ""


@dataclass(frozen=True, slots=True)
class Casa:
    """O que as páginas usam.

    Attributes:
        banco: onde tudo está.
        executor: threads em que as páginas se fazem.
        lentas: as dos envios de arquivos e as de conferir senhas, que não fazem esperar as páginas;
            sem elas, as mesmas.
        relogio: instante atual em UTC.
        recepcao: quem recebe as mensagens enviadas em arquivo.
        limites: o que se aceita de um envio de arquivos.
        ajustes: os do console.
        deposito: onde ficam os documentos e os arquivos das notas.
        ensaiar: faz uma recepção sobre um banco em que nada fica, para conferir de novo.
        repassados: serviços que outro sistema responde, e que não se ensaiam.
        conferir_destino: levanta ``ValueError``, com o motivo, se a uma URL não se mandam avisos.
        configuracao: a do gateway, seção -> chave -> valor, sem segredos.
        vencem: quando vence cada certificado que é do gateway, pelo uso.
        entrada: confere senhas e códigos.
    """

    banco: Banco
    executor: Executor
    relogio: Callable[[], datetime]
    recepcao: QuemRecebe
    limites: LimitesDoEnvio = field(default_factory=LimitesDoEnvio)
    ajustes: Ajustes = field(default_factory=Ajustes)
    deposito: Deposito | None = None
    ensaiar: Callable[[Banco], Recepcao] | None = None
    repassados: frozenset[str] = frozenset()
    conferir_destino: Callable[[str], object] = _qualquer
    configuracao: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    vencem: Mapping[str, datetime] = field(default_factory=dict)
    lentas: tuple[Executor, Executor] | None = None
    entrada: Entrada = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "entrada", Entrada(self.banco))

    def threads(self, rota: Rota) -> Executor:
        """Em que threads se faz uma página."""
        if self.lentas is not None and rota.metodo == "POST":
            envios, entradas = self.lentas
            if rota.arquivos:
                return envios
            if rota.area == AREA_DE_ENTRADA:
                return entradas
        return self.executor
