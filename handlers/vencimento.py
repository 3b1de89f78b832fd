"""Quando uma senha vence, e o que se faz dela então."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from dominio import erros
from mensagem.recusa import Recusa

if TYPE_CHECKING:
    from datetime import datetime

    from persistence.acessos import PoliticaDeSenhas
    from persistence.prestadores import Credencial
    from persistence.remetente import Remetente

VENCIDA = "credencial-vencida"
"""Aviso: a senha já devia ter sido trocada."""

A_VENCER = "credencial-a-vencer"
"""Aviso: a senha vence em poucos dias."""

ANTECEDENCIA = timedelta(days=15)
"""Quanto antes de vencer se começa a avisar."""

_log = structlog.get_logger("credenciais")


def vence_em(credencial: Credencial, politica: PoliticaDeSenhas) -> datetime | None:
    """O instante em que a senha vence: o seu próprio, ou a idade que a operadora permite."""
    if credencial.expira_em is not None:
        return credencial.expira_em
    if politica.validade_dias == 0:
        return None
    desde = credencial.trocada_em or credencial.criada_em
    return desde + timedelta(days=politica.validade_dias)


class Vencimentos:
    """Confere o prazo das senhas que conferiram; uma instância por processo."""

    def __init__(self) -> None:
        self._ditas: dict[tuple[int, int, str], str] = {}

    def conferir(self, remetente: Remetente, agora: datetime, avisos: list[str]) -> None:
        """Avisa que a senha da credencial do remetente vence ou venceu.

        Raises:
            Recusa: LOGIN, se venceu e a operadora recusa; quem a ouve já provou a senha.
        """
        credencial, politica = remetente.credencial, remetente.senhas
        assert credencial is not None  # noqa: S101 - só se confere o prazo do que conferiu
        fim = vence_em(credencial, politica)
        if fim is None or agora < fim - ANTECEDENCIA:
            return
        aviso = VENCIDA if agora >= fim else A_VENCER
        avisos.append(aviso)
        self._dizer(remetente, credencial, aviso, agora, fim)
        if aviso == VENCIDA and politica.vencida == "recusa":
            raise Recusa(erros.LOGIN, "A senha venceu; peça uma nova à operadora.")

    def _dizer(
        self,
        remetente: Remetente,
        credencial: Credencial,
        aviso: str,
        agora: datetime,
        fim: datetime,
    ) -> None:
        """Registra uma vez por dia: uma mensagem por minuto encheria o registro."""
        qual = credencial.id, credencial.revisao, aviso
        hoje = agora.date().isoformat()
        if self._ditas.get(qual) == hoje:
            return
        self._ditas[qual] = hoje
        operadora, prestador = remetente.operadora, remetente.prestador_da_credencial
        _log.warning(
            "senha vencida" if aviso == VENCIDA else "senha a vencer",
            operadora=operadora.registro_ans if operadora else None,
            prestador=prestador.codigo if prestador else None,
            vence_em=fim.isoformat(),
        )
