"""Cada conferência por que uma mensagem passou ao chegar: o veredito e quanto demorou."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from handlers.etapas import NOMES, Etapa, ler

if TYPE_CHECKING:
    from persistence.mensagens import MensagemGuardada


class Linha(NamedTuple):
    """Uma conferência.

    Attributes:
        nome: como se lê.
        passou: falso se nela se recusou ou falhou; ausente se não se chegou a fazer.
        microssegundos: quanto demorou; ausente se não se fez.
        achado: o que se soube dela.
    """

    nome: str
    passou: bool | None
    microssegundos: int | None
    achado: str

    @property
    def tempo(self) -> str:
        """``0,81 ms``; vazio se não se fez."""
        if self.microssegundos is None:
            return ""
        milesimos = f"{self.microssegundos / 1000:.2f}".replace(".", ",")
        return f"{milesimos}\N{NO-BREAK SPACE}ms"


def linhas(guardada: MensagemGuardada, motivo: str | None) -> list[Linha]:
    """As conferências, pela ordem; vazio numa mensagem de antes de se guardarem.

    Args:
        guardada: a mensagem.
        motivo: por que se recusou, em palavras.
    """
    feitas = ler(guardada.etapas)
    if not feitas:
        return []
    achados = _achados(guardada)
    todas = [
        Linha(
            NOMES[f.etapa],
            f.passou,
            f.microssegundos,
            achados.get(f.etapa, "") if f.passou else motivo or "",
        )
        for f in feitas
    ]
    if feitas[-1].passou:
        return todas
    ordem = list(Etapa)
    depois = ordem[ordem.index(feitas[-1].etapa) + 1 :]
    ja = {f.etapa for f in feitas}
    return todas + [Linha(NOMES[etapa], None, None, "") for etapa in depois if etapa not in ja]


def _achados(m: MensagemGuardada) -> dict[Etapa, str]:
    """O que se anotou de cada uma."""
    ditos = {
        Etapa.TRANSACAO: m.servico,
        Etapa.VERSAO: m.versao,
        Etapa.CONTRATO: m.tipo_transacao,
        Etapa.ASSINATURA: m.assinatura or "não veio assinada",
        Etapa.HASH: m.hash_variante,
        Etapa.CREDENCIAIS: "provou-se quem enviou" if m.autenticada else "",
    }
    return {etapa: dito for etapa, dito in ditos.items() if dito}
