"""Um relógio que só anda quando se manda."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class Relogio:
    """Serve onde se pede quem diga o instante atual.

    Args:
        agora: onde começa; sem ele, no instante de agora.
    """

    def __init__(self, agora: datetime | None = None) -> None:
        self.agora = datetime.now(UTC) if agora is None else agora

    def __call__(self) -> datetime:
        return self.agora

    def andar(self, **quanto: float) -> None:
        """Adianta-o tanto quanto ``timedelta`` entende."""
        self.agora += timedelta(**quanto)
