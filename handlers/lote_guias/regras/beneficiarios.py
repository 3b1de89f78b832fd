"""O beneficiário no cadastro da operadora; sem cadastro, estas regras calam-se."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dominio import criticas
from handlers.regras import Achado, Regra

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date

    from dominio.erros import Erro
    from handlers.lote_guias.exame import Exame
    from persistence.beneficiarios import Beneficiario


def _desconhecida(exame: Exame, _limite: int | None) -> Iterator[Achado]:
    if exame.beneficiarios is None:
        return
    for posicao, guia in enumerate(exame.lote.guias, 1):
        if guia.beneficiario.carteira not in exame.beneficiarios:
            yield Achado(posicao)


def _na_data(erro: Erro, falha: Callable[[Beneficiario, date], bool]) -> Regra[Exame]:
    """Regra sobre o beneficiário no dia do atendimento, que é o primeiro da guia."""

    def conferir(exame: Exame, _limite: int | None) -> Iterator[Achado]:
        if not exame.beneficiarios:
            return
        for posicao, guia in enumerate(exame.lote.guias, 1):
            quem = exame.beneficiarios.get(guia.beneficiario.carteira)
            dia = guia.data_realizacao or guia.data_inicio
            if quem is not None and dia is not None and falha(quem, dia):
                yield Achado(posicao)

    return Regra(erro, conferir)


def _vencida(quem: Beneficiario, dia: date) -> bool:
    return quem.validade is not None and dia > quem.validade


def _suspenso(quem: Beneficiario, dia: date) -> bool:
    if quem.suspenso_desde is None or dia < quem.suspenso_desde:
        return False
    return quem.suspenso_ate is None or dia <= quem.suspenso_ate


def _excluido(quem: Beneficiario, dia: date) -> bool:
    return quem.excluido_em is not None and dia > quem.excluido_em


def _nao_incluido(quem: Beneficiario, dia: date) -> bool:
    return quem.incluido_em is not None and dia < quem.incluido_em


CARTEIRA_DESCONHECIDA = Regra(criticas.CARTEIRA_DESCONHECIDA, _desconhecida)
CARTEIRA_VENCIDA = _na_data(criticas.CARTEIRA_VENCIDA, _vencida)
SUSPENSO = _na_data(criticas.BENEFICIARIO_SUSPENSO, _suspenso)
EXCLUIDO = _na_data(criticas.BENEFICIARIO_EXCLUIDO, _excluido)
NAO_INCLUIDO = _na_data(criticas.BENEFICIARIO_NAO_INCLUIDO, _nao_incluido)
