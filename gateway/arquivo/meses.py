"""O trabalho das partes mensais: as dos meses que vêm fazem-se, as vencidas largam-se."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from persistence import particoes

if TYPE_CHECKING:
    from datetime import datetime

    from gateway.secoes.arquivo import Arquivo
    from persistence.banco import Banco


def cuidar(banco: Banco, agora: datetime, ajustes: Arquivo) -> str | None:
    """Faz os meses que faltam e larga os que já nada guardam; num banco por partir, nada.

    Conta o estado do banco, e não o ajuste: quem o partiu e tirou o ajuste continua a precisar dos
    meses que vêm.

    Returns:
        O que se fez, ou ``None`` se nada havia.
    """
    prazo = max(
        ajustes.retention_accepted, ajustes.retention_refused, ajustes.retention_unauthenticated
    )
    particoes.tirar_condicoes(banco, agora)
    feitos = particoes.fazer_meses(banco, agora)
    largadas = particoes.largar(banco, agora, timedelta(days=prazo))
    ditos = [f"meses feitos: {len(feitos)}"] if feitos else []
    ditos += [f"partes largadas: {len(largadas)}"] if largadas else []
    return "; ".join(ditos) or None
